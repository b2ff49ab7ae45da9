#!/bin/sh
# Branch coverage of the core, by the unit tests, the vectors and the power cuts: 100 %, or it
# fails. What the rest has is told, and held to nothing: these are not all of its tests.
#
# Builds the preset "coverage" (gcc, no optimisation) into $GAPSEAL_COVERAGE_BUILD, build/coverage
# unless set. What is the core: core.txt.
. "$(dirname "$0")/../lib.sh"
command -v gcovr >/dev/null 2>&1 || skip_all "gcovr is not installed: no branch was counted"
command -v gcov >/dev/null 2>&1 || skip_all "gcov is not installed: no branch was counted"
build=${GAPSEAL_COVERAGE_BUILD:-$TOP/build/coverage}
jobs=$(nproc 2>/dev/null || echo 2)

must cmake -S "$TOP" --preset coverage -B "$build"
must cmake --build "$build" -j "$jobs"
# What earlier builds left, of files that moved, would be counted as well.
must ninja -C "$build" -t cleandead
find "$build" -name "*.gcno" | while read -r notes; do
  [ -e "${notes%.gcno}.o" ] || rm -f "$notes"
done
find "$build" -name '*.gcda' -exec rm -f {} + # of an earlier run, perhaps of other code
run ctest --test-dir "$build" -L '^(unit|vectors|powercut)$' -j "$jobs" --output-on-failure
programs=$(sed -n 's/^.* tests passed, .* failed out of \([0-9]*\)$/\1/p' out)
if [ "$CODE" -eq 0 ] && [ "${programs:-0}" -gt 0 ]; then
  ok "$programs test programs ran"
else
  not_ok "the test programs ran"
fi
must gcovr --root "$TOP" --object-directory "$build" --filter "$TOP/(proto|stub|host)/" \
  --json "$T/coverage.json" "$build"
LAST=
(cd "$TOP" && python3 tests/coverage/table.py tests/coverage/core.txt "$T/coverage.json") >table
result=$?
cat table
passed=$((passed + $(grep -c '^ok' table)))
[ "$result" -eq 0 ] || failed=$((failed + 1))
finish
