#!/bin/sh
# cppcheck over the product's own code: no warning, nothing slow, nothing unportable that is not in
# cppcheck.txt, where each has its reason.
#
# Reads the compile commands of the build that GAPSEAL_BIN belongs to.
. "$(dirname "$0")/../lib.sh"
command -v cppcheck >/dev/null 2>&1 || skip_all "cppcheck is not installed: nothing was analysed"
build=$(dirname "$GAPSEAL_BIN")
[ -r "$build/compile_commands.json" ] || bail "no compile commands in $build: build it first"
version=$(cppcheck --version | sed 's/^Cppcheck *//')
jobs=$(nproc 2>/dev/null || echo 2)

python3 "$TOP/tests/static/findings.py" files "$TOP" "$build" >files || bail "no files to look at"
run cppcheck --quiet -j "$jobs" --project="$build/compile_commands.json" \
  --file-filter="$TOP/proto/*" --file-filter="$TOP/stub/*" --file-filter="$TOP/host/*" \
  --std=c11 --enable=warning,performance,portability --error-exitcode=3 \
  --template='{file}:{line}: {severity}: {message} [{id}]' \
  --suppressions-list="$TOP/tests/static/cppcheck.txt"
grep '^[^#]' "$TOP/tests/static/cppcheck.txt" | sed 's/^/# let be: /'
LAST=
if [ "$CODE" -eq 0 ] && [ ! -s err ]; then
  ok "cppcheck $version finds nothing in $(wc -l <files | tr -d ' ') files but what has its reason"
else
  not_ok "cppcheck $version finds nothing but what has its reason (cppcheck.txt)"
  sed "s|$TOP/||; s/^/#   /" out err | sort -u
fi
finish
