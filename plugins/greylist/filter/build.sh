#!/bin/sh
# Puts the per-connection filter in its place: compiled when a compiler is there, else (or with --perl) the Perl form.
# usage: build.sh [--perl] [TARGET]      TARGET is bin/mailops-greylist of the package unless told
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# npm makes the tarball from what stands in bin/: it goes to machines of all kinds, so it carries the Perl form.
case ${npm_command:-} in pack | publish) form=perl ;; *) form=c ;; esac
if [ "${1:-}" = --perl ]; then form=perl; shift; fi
target=${1:-$here/../../../bin/mailops-greylist}
new=$target.new.$$
trap 'rm -f "$new"' EXIT
compiler=${CC:-}
for each in cc gcc clang; do
  [ -n "$compiler" ] || ! command -v "$each" >/dev/null 2>&1 || compiler=$each
done
version=$(sed -n "s/^my \$VERSION = '\(.*\)';\$/\1/p" "$here/mailops-greylist.pl")
# usage: compile [FLAG...]
compile() {
  # shellcheck disable=SC2086 # flags and a compiler with options are lists of words
  $compiler ${CFLAGS:--O2 -fstack-protector-strong} -std=gnu11 -DVERSION="\"$version\"" "$@" -o "$new" \
    "$here/main.c" "$here/ask.c" "$here/dialog.c" ${LDFLAGS:-} && "$new" --version >/dev/null
}
# Static where the C library can be had so (Debian's libc6-dev): half the memory a deferred client, and no loader to run.
if [ "$form" = c ] && [ -n "$compiler" ] && { compile -static 2>/dev/null || compile; }
then
  [ "${npm_lifecycle_event:-}" = prepare ] || echo "built $target (C, $compiler)"
else
  cp "$here/mailops-greylist.pl" "$new"
  [ "${npm_lifecycle_event:-}" = prepare ] || echo "put $target in place (Perl)"
fi
# By rename: connections that start meanwhile find the old or the new one, whole.
chmod 755 "$new"
mv -f "$new" "$target"
