#!/bin/sh
# Every command, option and exit code of gapseal is in the manual, and the other way round.
. "$(dirname "$0")/../lib.sh"

manual=$TOP/docs/cli/gapseal.md
must gapseal --help
cp out help
cp help helps
for command in $(sed -n '/^commands:/,/^$/s/^  \([a-z][a-z]*\) .*/\1/p' help); do
  must gapseal help "$command"
  cat out >>helps
done
check "no help is wider than 80 columns" test -z "$(grep -nE '.{81}' helps)"
grep -o -- '--[a-z][a-z-]*' helps | sort -u >known
grep -o -- '--[a-z][a-z-]*' "$manual" | sort -u >written
check "the manual has every option, and no other" diff known written
sed -n '/^exit codes:/,$p' help | sed -n 's/^ *\([0-9][0-9]*\) .*/\1/p' >known
sed -n '/^## Exit codes/,$s/^| \([0-9][0-9]*\) |.*/\1/p' "$manual" >written
check "the manual has every exit code, and no other" diff known written
sed -n '/^commands:/,/^$/s/^  \([a-z][a-z]*\) .*/\1/p' help | while read -r command; do
  grep -q "\`$command[ \`]" "$manual" || echo "$command"
done >missing
check "the manual has every command" test ! -s missing
sed -n '/^commands:/,/^$/s/^  \([a-z][a-z]*\) .*/\1/p' help | while read -r command; do
  gapseal "$command" --help >"help.$command" 2>&1 && grep -q "usage: gapseal $command" "help.$command" &&
    grep -q "^example:" "help.$command" || echo "$command"
done >missing
check "every command explains itself, with an example" test ! -s missing
run gapseal help instal
LAST="gapseal help instal"
check "a near miss is explained" grep -q "did you mean: gapseal install" err
# Each exit code that a status leads to is one of those.
sed -n 's/^GS_STATUS([0-9]*, [A-Z_0-9]*, "[^"]*", [A-Z]*, \([0-9]*\),.*/\1/p' "$TOP/proto/status.def" |
  sort -nu >used
sed -n 's/^GSC_EXIT(\([0-9]*\),.*/\1/p' "$TOP/host/cli/exit_codes.def" | sort -n >named
grep -vxFf named used >nameless
check "every exit code of a status has a meaning" test ! -s nameless
finish
