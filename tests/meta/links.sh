#!/bin/sh
# Relative links of README.md and docs/.
cd "$(dirname "$0")/../.." && exec python3 tests/meta/links.py
