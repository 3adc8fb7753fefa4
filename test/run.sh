#!/bin/sh
# Runs vitest. As root some tests become another user, who has to start what is tested: from a clone in /root he cannot, and
# the tests run in a copy.
# usage: sh test/run.sh [VITEST ARGUMENT...]
set -eu
cd "$(dirname "$0")/.."
set -- node node_modules/vitest/vitest.mjs run "$@"
if [ "$(id -u)" -ne 0 ] || setpriv --reuid nobody --clear-groups test -r "$PWD/package.json" -a -x "$PWD/bin/run.js"; then exec "$@"; fi
echo "user nobody cannot read $PWD: the tests run in a copy" >&2
sh test/elsewhere.sh "$@"
