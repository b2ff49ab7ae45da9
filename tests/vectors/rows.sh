#!/bin/sh
# proto/vectors/rows.md: each row is tried by something that is there. A table or a directory from
# which something was taken is noticed.
. "$(dirname "$0")/../lib.sh"
table=proto/vectors/rows.md

at_top python3 tests/vectors/rows.py || failed=$((failed + 1))
[ "$failed" -gt 0 ] || passed=$((passed + 1))

grep -v "^| B08 " "$TOP/$table" >"$T/table"
expect_exit 1 at_top python3 tests/vectors/rows.py "$T/table"
out_has "B08 stands 0 times in the table"
sed 's/no_cut_is_accepted/no_cut_is_taken/; s/`a34-\*`/`a99-*`/' "$TOP/$table" >"$T/table"
expect_exit 1 at_top python3 tests/vectors/rows.py "$T/table"
out_has "A02 names no_cut_is_taken in tests/unit/test_verify.c, which is not there"
out_has "A34 names a99-*, and there is no such vector"
mkdir "$T/vectors"
cp "$TOP"/proto/vectors/*.vec "$T/vectors"
rm "$T/vectors/d14-no-counter.vec"
expect_exit 1 at_top python3 tests/vectors/rows.py "$table" "$T/vectors"
out_has "D14 names d14-*, and there is no such vector"
finish
