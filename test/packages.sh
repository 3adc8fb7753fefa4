#!/bin/sh
# Installs the Debian packages that the tests want and that are missing, when run as root; otherwise names them.
set -eu
wanted='
  daemontools runit s6
  ucspi-tcp mailfront
  postfix postfix-pcre postfix-cdb postfix-lmdb
  e2fsprogs util-linux
'
missing=''
command -v dpkg-query >/dev/null 2>&1 || exit 0
for package in $wanted; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
  echo "tests that need these Debian packages will be skipped:$missing" >&2
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
# The tests start what they need themselves; a package must not start a daemon of its own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
apt-get update -qq
# shellcheck disable=SC2086 # a list of package names
apt-get install -y -qq --no-install-recommends $missing >/dev/null
