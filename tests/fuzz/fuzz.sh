#!/bin/sh
# Builds the fuzzers, gives each its corpus again, and runs each for some seconds.
#
#   sh tests/fuzz/fuzz.sh [NAME...]
#
# GAPSEAL_FUZZ_SECONDS  of each fuzzer; 4 unless set, or an hour of two cores shared with GAPSEAL_LONG=1
# GAPSEAL_FUZZ_BUILD    where to build; build/fuzz unless set
#
# What long campaigns find new stays in <build>/work/NAME; tests/tools/minimise_corpora.sh makes a corpus of it. An input
# that fails is kept in <build>/found, and the line says how to run it alone.

# -- one fuzzer, called below through xargs ---------------------------------------------------------

# --one BUILD TOP NAME SECONDS: prints its lines.
if [ "${1:-}" = --one ]; then
  build=$2 top=$3 name=$4 seconds=$5
  log=$build/log/$name
  mkdir -p "$build/work/$name" "$build/seeds/$name" "$top/tests/fuzz/corpus/$name"
  program=$build/bin/fuzz/fuzz_$name
  code=0
  GAPSEAL_FUZZ_SEEDS=$build/seeds/$name "$program" >"$log" 2>&1 || code=$?
  if [ "$code" -eq 0 ]; then
    "$program" -max_total_time="$seconds" -timeout=30 -rss_limit_mb=1500 -print_final_stats=1 \
      -artifact_prefix="$build/found/$name-" "$build/work/$name" "$top/tests/fuzz/corpus/$name" \
      "$build/seeds/$name" >>"$log" 2>&1 || code=$?
  fi
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  reached=$(sed -n 's/^#.*DONE *cov: \([0-9]*\) .*corp: \([0-9]*\).*/\1 edges, corpus \2/p' "$log")
  held=$(ls "$top/tests/fuzz/corpus/$name" | wc -l | tr -d ' ')
  if [ "$code" -eq 0 ] && [ "${runs:-0}" -gt "$held" ]; then
    echo "ok - $name: $runs executions, $reached ($held committed)"
    exit 0
  fi
  echo "not ok - $name: exit code $code after ${runs:-?} executions"
  grep -E 'does not hold|ERROR: |SUMMARY: |runtime error' "$log" | sed 's/^/#   /'
  tail -n 40 "$log" | grep -vE '^stat::|^#[0-9]+[[:space:]]' | cut -c -200 | sed 's/^/#   /'
  found=$(sed -n 's/.*Test unit written to //p' "$log")
  echo "#   alone: $program ${found:--runs=0 $top/tests/fuzz/corpus/$name $build/seeds/$name}"
  exit 0
fi

. "$(dirname "$0")/../lib.sh"
cd "$TOP" || exit 1

printf 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n);\n%s\n' \
  'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return d == 0 && n > 1; }' >"$T/probe.c"
clang -fsanitize=fuzzer,address,undefined "$T/probe.c" -o "$T/probe" >"$T/probe.log" 2>&1 ||
  skip_all "clang or its fuzzer runtime is not installed (clang, libclang-rt-dev): nothing was fuzzed"

build=${GAPSEAL_FUZZ_BUILD:-$TOP/build/fuzz}
configure() {
  cmake --preset fuzz -B "$build" && cmake --build "$build" --target fuzzers -j 2
}
begin=$(date +%s)
check "the fuzzers build" configure
[ "$failed" -eq 0 ] || finish
note "built in $(($(date +%s) - begin)) s"

names=${*:-$(ls "$build/bin/fuzz" | sed -n 's/^fuzz_//p')}
count=$(echo "$names" | wc -w)
expect_number "fuzzers" "$count" -gt 0
seconds=${GAPSEAL_FUZZ_SECONDS:-4}
if [ -n "${GAPSEAL_LONG:-}" ] && [ -z "${GAPSEAL_FUZZ_SECONDS:-}" ]; then
  seconds=$((7200 / count))
fi
[ -n "${GAPSEAL_LONG:-}" ] || rm -rf "$build/work"
mkdir -p "$build/log" "$build/found"
ASAN_OPTIONS=detect_leaks=1
UBSAN_OPTIONS=print_stacktrace=1
export ASAN_OPTIONS UBSAN_OPTIONS
echo "$names" | tr ' ' '\n' |
  xargs -P 2 -I NAME sh "$TOP/tests/fuzz/fuzz.sh" --one "$build" "$TOP" NAME "$seconds" >"$T/lines"
cat "$T/lines"
passed=$((passed + $(grep -c '^ok' "$T/lines")))
failed=$((failed + $(grep -c '^not ok' "$T/lines")))
expect_number "fuzzers that said something" "$(grep -cE '^(not )?ok' "$T/lines")" -eq "$count"
finish
