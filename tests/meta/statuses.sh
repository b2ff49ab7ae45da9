#!/bin/sh
# docs/status-codes.md against proto/status.def; "--write" makes the page.
cd "$(dirname "$0")/../.." && exec python3 tests/meta/statuses.py "$@"
