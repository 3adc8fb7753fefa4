#!/bin/sh
# Runs a command in a copy of this tree, which every user can enter and read.
# usage: sh test/elsewhere.sh COMMAND [ARGUMENT...]
set -eu
cd "$(dirname "$0")/.."
copy=$(mktemp -d "${TMPDIR:-/tmp}/mailops-tests-XXXXXX")
trap 'rm -rf "$copy"' EXIT
trap 'exit 130' INT TERM
tar -c --exclude=./node_modules/.cache --exclude=./build . | tar -x -C "$copy"
chmod -R go=u-w "$copy"
cd "$copy"
"$@"
