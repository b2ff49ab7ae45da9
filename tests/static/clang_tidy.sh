#!/bin/sh
# clang-tidy over the product's own code, with the checks of .clang-tidy: no finding that is not in
# clang_tidy.txt, where each has its reason.
#
# Reads the compile commands of the build that GAPSEAL_BIN belongs to.
#
#   sh tests/static/clang_tidy.sh [FILE...]     some files only, as proto/signed.c
. "$(dirname "$0")/../lib.sh"
command -v clang-tidy >/dev/null 2>&1 || skip_all "clang-tidy is not installed: nothing was analysed"
build=$(dirname "$GAPSEAL_BIN")
[ -r "$build/compile_commands.json" ] || bail "no compile commands in $build: build it first"
version=$(clang-tidy --version | sed -n 's/.*version \([0-9.]*\).*/\1/p')
jobs=$(nproc 2>/dev/null || echo 2)

python3 "$TOP/tests/static/findings.py" files "$TOP" "$build" "$@" >files || bail "no files to look at"
mkdir said
# One file a process: clang-tidy carries some of what it assumed over to the next.
# shellcheck disable=SC2016
xargs -P "$jobs" -n 1 sh -c '
  name=$(echo "$2" | tr / _)
  clang-tidy -p "$1" --quiet --extra-arg=-Wno-unknown-warning-option "$0/$2" >"said/$name" 2>"said/$name.err" ||
    echo "$2" >>unfinished' "$TOP" "$build" <files || echo "(not all were begun)" >>unfinished
if [ -e unfinished ]; then
  LAST=
  not_ok "clang-tidy $version came to an end on every file"
  while read -r file; do
    echo "#   $file"
    name=said/$(echo "$file" | tr / _)
    [ ! -e "$name" ] || sed -n 's/^/#     /; 1,6p' "$name" "$name.err"
  done <unfinished
fi
cat said/*.c >all
python3 "$TOP/tests/static/findings.py" judge "$TOP" "$TOP/tests/static/clang_tidy.txt" <all >judged
code=$?
cat judged
LAST=
if [ "$code" -eq 0 ]; then
  ok "clang-tidy $version finds nothing in $(wc -l <files | tr -d ' ') files but what has its reason"
else
  not_ok "clang-tidy $version finds nothing but what has its reason (clang_tidy.txt)"
fi
finish
