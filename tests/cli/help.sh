#!/bin/sh
# What a person gets who asks, or who nearly remembers. That help and manual know the same things is
# tests/docs/pages.sh.
. "$(dirname "$0")/../lib.sh"

expect_exit 0 gapseal help
cp out overview
expect_exit 0 gapseal --help
check "help and --help are the same" cmp out overview
expect_exit 0 gapseal help install
cp out overview
expect_exit 0 gapseal install --help
check "of a command as well" cmp out overview
out_has "usage: gapseal install FILE.gsp"
err_empty
# What did not arrive was not given.
# full COMMAND...: with a standard output that takes nothing.
full() {
  "$@" >/dev/full
}
if [ -c /dev/full ]; then
  for program in gapseal gapseal-sign gapseal-verify gapseal-sim gapseal-ota; do
    for option in --help --version; do
      expect_exit 1 full "$program" "$option"
      err_has "be written"
    done
  done
else
  skip "a full disk behind --help" "no /dev/full here"
fi

expect_exit 0 gapseal -h
expect_exit 0 gapseal list -h
out_has "which devices answer"

# near SAYS PROGRAM WORDS...
near() {
  says=$1
  shift
  expect_exit 2 "$@"
  last_err "$says"
  out_empty
}
near "did you mean: gapseal install" gapseal instal x.gsp
near "did you mean: gapseal install" gapseal help instal
near "did you mean: --port" gapseal list --prot unix:x
near "did you mean: --json-lines" gapseal list --jsonlines
near "did you mean: --older" gapseal install x.gsp --oldre=yes
near "run: gapseal --help" gapseal frobnicate
near "write: gapseal show FILE.gsp" gapseal show
near "run: gapseal show --help" gapseal show x.gsp --older
near "gapseal --help" gapseal list --port
near "gapseal --help" gapseal
near "did you mean gapseal-sign keyring new?" gapseal-sign keyring nwe
near "did you mean --keyring?" gapseal-sign sign --keyrign x y.gsp
near "did you mean gapseal-verify package?" gapseal-verify pakcage x.gsp
near "did you mean --maker?" gapseal-verify log x.gsl --makre y
near "see gapseal-verify --help" gapseal-verify frobnicate x
near "did you mean --listen?" gapseal-sim --dir d --lisen unix:x
near "see --help" gapseal-sim --frobnicate
for program in gapseal gapseal-sign gapseal-verify gapseal-sim; do
  expect_exit 0 $program --version
  out_has "$program "
  out_has "built with "
  out_has "bed TLS "
  out_has "nanopb-"
done
finish
