#!/bin/sh
# Installs the Debian packages that the tests want and that are missing, when run as root; otherwise names them.
# Exim conflicts with Postfix: it is only unpacked, into MAILOPS_TEST_EXIM, beside the user that its build wants.
set -eu
wanted='
  daemontools runit s6
  ucspi-tcp mailfront
  gcc libc6-dev g++ make python3 procps perl systemd
  postfix postfix-pcre postfix-cdb postfix-lmdb
  redis-server db5.3-util
  e2fsprogs util-linux bzip2 xz-utils
  groff zsh
'
missing=''
command -v dpkg-query >/dev/null 2>&1 || exit 0
for package in $wanted; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
exim=${MAILOPS_TEST_EXIM:-/var/cache/mailops-tests/exim}
command -v exim4 >/dev/null 2>&1 || [ -x "$exim/usr/sbin/exim4" ] || unpack='exim4-daemon-light exim4-base'
id Debian-exim >/dev/null 2>&1 || nobody='Debian-exim'
# The tcpserver that speaks IPv6 conflicts with the other one.
tcp6=${MAILOPS_TEST_TCP6:-/var/cache/mailops-tests/ucspi-tcp-ipv6}
[ -x "$tcp6/usr/bin/tcpserver" ] || unpack6='ucspi-tcp-ipv6'
# Where no compiler was there yet, npm has left out the addon of the greylisting store, or its package as a whole.
addon() {
  [ ! -f node_modules/better-sqlite3/build/Release/better_sqlite3.node ] || return 0
  if [ -d node_modules/better-sqlite3 ]; then npm rebuild better-sqlite3 >/dev/null; else npm ci >/dev/null; fi
}
if [ -z "$missing${unpack:-}${unpack6:-}${nobody:-}" ]; then addon; exit 0; fi
if [ "$(id -u)" -ne 0 ]; then
  echo "tests that need these Debian packages will be skipped:$missing ${unpack:-} ${unpack6:-}" >&2
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
if [ -n "$missing" ]; then
  # shellcheck disable=SC2086 # a list of package names
  apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi
[ -z "${nobody:-}" ] || useradd --system --user-group --no-create-home --shell /usr/sbin/nologin "$nobody"
# The libraries that a package depends on; of alternatives the first.
libraries_of() { dpkg-deb -f "$1" Depends | tr ',' '\n' | sed -n 's/^ *\(lib[^ (|]*\).*/\1/p'; }
# Unpacks packages into a directory, which other users than root must be able to enter, and installs what they link to.
# usage: unpack_into DIRECTORY PACKAGE...
unpack_into() {
  into=$1
  shift
  fresh=$(mktemp -d)
  for package; do
    # apt's own user fetches, and may not enter a directory of root's.
    (cd "$fresh" && apt-get download -qq -o APT::Sandbox::User=root "$package")
    dpkg -x "$fresh/$package"_*.deb "$fresh/root"
    # shellcheck disable=SC2046 # a list of package names
    apt-get install -y -qq --no-install-recommends $(libraries_of "$fresh/$package"_*.deb) >/dev/null
  done
  mkdir -p "$(dirname "$into")"
  mv "$fresh/root" "$into"
  chmod 755 "$into"
  rm -rf "$fresh"
}
# shellcheck disable=SC2086 # lists of package names
[ -z "${unpack:-}" ] || unpack_into "$exim" $unpack
[ -z "${unpack6:-}" ] || unpack_into "$tcp6" "$unpack6"
addon
