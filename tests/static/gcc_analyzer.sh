#!/bin/sh
# gcc's -fanalyzer over the product's own code: no finding that is not in gcc_analyzer.txt, where
# each has its reason.
#
# Builds the product without its tests, as it is shipped, into $GAPSEAL_ANALYZER_BUILD,
# build/analyzer unless set; always anew, as a file that is not compiled says nothing.
. "$(dirname "$0")/../lib.sh"
command -v gcc >/dev/null 2>&1 || skip_all "gcc is not installed: nothing was analysed"
echo 'int main(void) { return 0; }' >try.c
gcc -fanalyzer -c try.c -o try.o 2>/dev/null || skip_all "this gcc has no -fanalyzer: nothing was analysed"
version=$(gcc -dumpfullversion)
build=${GAPSEAL_ANALYZER_BUILD:-$TOP/build/analyzer}
jobs=$(nproc 2>/dev/null || echo 2)

must cmake --fresh -S "$TOP" -B "$build" -G Ninja -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DGAPSEAL_TESTS=OFF -DGAPSEAL_WERROR=OFF \
  -DCMAKE_C_FLAGS="-fanalyzer -fdiagnostics-plain-output -fdiagnostics-path-format=none"
must cmake --build "$build" --target clean
run cmake --build "$build" -j "$jobs" -- -k 0
cat out err >all
if [ "$CODE" -ne 0 ]; then
  LAST=
  not_ok "the product builds in $build"
  grep -A 3 'error:' all | sed -n 's/^/#   /; 1,40p'
  exit 1
fi
python3 "$TOP/tests/static/findings.py" files "$TOP" "$build" >files || bail "no files to look at"
python3 "$TOP/tests/static/findings.py" judge "$TOP" "$TOP/tests/static/gcc_analyzer.txt" <all >judged
code=$?
cat judged
LAST=
if [ "$code" -eq 0 ]; then
  ok "gcc $version -fanalyzer finds nothing in $(wc -l <files | tr -d ' ') files but what has its reason"
else
  not_ok "gcc $version -fanalyzer finds nothing but what has its reason (gcc_analyzer.txt)"
fi
finish
