#!/bin/sh
# Makes the committed corpus of fuzzers anew, from it, their seeds and what campaigns found.
#
#   sh tests/tools/minimise_corpora.sh [NAME...]
#
# An input stays where it reaches what no smaller one does, the smallest first, up to the bounds
# below. Inputs named found-* are regressions and always stay.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${GAPSEAL_FUZZ_BUILD:-build/fuzz}
MAX_BYTES=12288
MAX_INPUT=8192
MAX_FILES=40

for name in ${*:-$(ls "$build/bin/fuzz" | sed -n 's/^fuzz_//p')}; do
  corpus=tests/fuzz/corpus/$name
  all=$build/merged/$name
  rm -rf "$all"
  mkdir -p "$all" "$corpus" "$build/work/$name" "$build/seeds/$name"
  # Seeds are made anew in each run, so that what they reach needs no input here.
  GAPSEAL_FUZZ_SEEDS=$build/seeds/$name "$build/bin/fuzz/fuzz_$name" || exit 1
  cp "$build/seeds/$name"/* "$all"/ 2>/dev/null
  "$build/bin/fuzz/fuzz_$name" -merge=1 -timeout=30 "$all" "$corpus" "$build/work/$name" >"$all.log" 2>&1 || {
    tail -n 5 "$all.log"
    exit 1
  }
  for seed in "$build/seeds/$name"/*; do
    rm -f "$all/$(basename "$seed")"
  done
  find "$corpus" -type f ! -name 'found-*' -delete
  bytes=0
  files=0
  # Every n-th of them by size, so that the large ones have a share.
  find "$all" -type f -size -"$((MAX_INPUT / 1024))"k -printf '%s %p\n' | sort -n >"$all.sizes"
  total=$(wc -l <"$all.sizes")
  step=$(((total + MAX_FILES - 1) / MAX_FILES))
  awk -v step="${step:-1}" 'step <= 1 || NR % step == 0' "$all.sizes" | while read -r size path; do
    bytes=$((bytes + size))
    files=$((files + 1))
    [ "$bytes" -le "$MAX_BYTES" ] && [ "$files" -le "$MAX_FILES" ] || break
    cp "$path" "$corpus/$(sha256sum <"$path" | cut -c 1-16)"
  done
  echo "$name: $(ls "$corpus" | wc -l) inputs, $(du -bs "$corpus" | cut -f 1) bytes, of $total found"
done
