#!/bin/sh
# Which room may include what.
cd "$(dirname "$0")/../.." && exec python3 tests/meta/includes.py
