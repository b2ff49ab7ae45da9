#!/bin/sh
# Every example of README, documentation and manual pages, and every example line of --help, run as
# written; what is shown is what is said. examples.py says how, and what is passed over.
cd "$(dirname "$0")/../.." || exit 1
GAPSEAL_BIN=${GAPSEAL_BIN:-build/release/bin}
export GAPSEAL_BIN
pages=$(grep -lE '^(\$ |<!-- not run)' README.md docs/*.md docs/*/*.md docs/man/*.[1-9])
exec python3 tests/docs/examples.py $pages gapseal--help gapseal-sign--help gapseal-verify--help gapseal-sim--help
