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
expect_exit 0 gapseal -h
expect_exit 0 gapseal list -h
out_has "which devices answer"

# near WORDS... SAYS
near() {
  says=$1
  shift
  expect_exit 2 gapseal "$@"
  last_err "$says"
  out_empty
}
near "did you mean: gapseal install" instal x.gsp
near "did you mean: gapseal install" help instal
near "did you mean: --port" list --prot unix:x
near "did you mean: --json-lines" list --jsonlines
near "run: gapseal --help" frobnicate
near "write: gapseal show FILE.gsp" show
near "run: gapseal show --help" show x.gsp --older
near "gapseal --help" list --port
near "gapseal --help"
finish
