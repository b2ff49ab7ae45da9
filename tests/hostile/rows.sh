#!/bin/sh
# tests/hostile/rows.md: each row is tried by something that is there. A table or a test from which something
# was taken, or that was renamed, is noticed.
. "$(dirname "$0")/../lib.sh"
table=tests/hostile/rows.md

at_top python3 tests/hostile/rows.py || failed=$((failed + 1))
[ "$failed" -gt 0 ] || passed=$((passed + 1))

grep -v "^| M09 " "$TOP/$table" >"$T/table"
expect_exit 1 at_top python3 tests/hostile/rows.py "$T/table"
out_has "M09 stands 0 times in the table"
sed 's/a_frame_that_never_ends/a_frame_that_ends/; s/records.sh: no person/records.sh: no name/; s/many.sh/few.sh/' "$TOP/$table" >"$T/table"
expect_exit 1 at_top python3 tests/hostile/rows.py "$T/table"
out_has "F04 names a_frame_that_ends in tests/unit/test_session_hostile.c, which is not there"
out_has "M10 names no name, computer or place is in it in tests/hostile/records.sh, which is not there"
out_has "J22 names tests/hostile/few.sh, which is not there"
mkdir "$T/attacks"
cp "$TOP"/tests/hostile/attacks_*.py "$T/attacks"
sed -i 's/"F13"/"F93"/' "$T/attacks/attacks_line.py"
sed -i 's/"M06"/"H16"/' "$T/attacks/attacks_evidence.py"
expect_exit 1 at_top python3 tests/hostile/rows.py "$table" "$T/attacks"
out_has "F13 names F13 in tests/hostile/attacks_line.py, which is not there"
out_has "H16 does not name its attacks in attacks_evidence.py"
finish
