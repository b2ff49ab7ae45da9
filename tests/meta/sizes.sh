#!/bin/sh
# How large files and functions have become.
cd "$(dirname "$0")/../.." && exec python3 tests/meta/sizes.py
