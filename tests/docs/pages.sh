#!/bin/sh
# The tables in docs/cli and docs/man, and --help, against the definitions that the programs are built
# from; "--write" makes the tables again. Manual pages are linted where mandoc is installed.
cd "$(dirname "$0")/../.." || exit 1
GAPSEAL_BIN=${GAPSEAL_BIN:-build/release/bin}
if [ "${1:-}" = --write ]; then
  exec env GAPSEAL_BIN= python3 tests/docs/pages.py --write
fi
failed=0
GAPSEAL_BIN=$GAPSEAL_BIN python3 tests/docs/pages.py || failed=1
if ! command -v mandoc >/dev/null 2>&1; then
  echo "ok - manual pages without a warning # SKIP mandoc is not installed"
elif said=$(mandoc -T lint -W warning docs/man/*.[1-9]); then
  echo "ok - manual pages without a warning"
else
  failed=1
  echo "not ok - manual pages without a warning"
  echo "$said" | sed 's/^/#   /'
fi
exit $failed
