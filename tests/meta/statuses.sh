#!/bin/sh
# docs/status-codes.md and docs/exit-codes.md against their definitions; "--write" makes the pages.
cd "$(dirname "$0")/../.." && exec python3 tests/meta/statuses.py "$@"
