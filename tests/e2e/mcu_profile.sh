#!/bin/sh
# A small device: two-link slots, 1 KiB blocks and erase units.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
start_sim dev1 --profile mcu
release=1
for seed in one two three; do
  image a.bin 40000 "$seed-a"
  image b.bin 41000 "$seed-b"
  facts facts.json "$release.0.0" "$release" 1
  must gapseal-sign pack facts.json --image a.bin --image b.bin --block-size 1024 -o "v$release.gsp"
  must gapseal-sign sign --key release.pem --keyring acme.gsk "v$release.gsp"
  expect_exit 0 gapseal check "v$release.gsp" "$dev1"
  expect_exit 0 gapseal install "v$release.gsp" "$dev1" --json
  expect_json 'd["exit"] == 0' 'd["transfer"]["sent_bytes"] < 45000'
  release=$((release + 1))
done
must gapseal status "$dev1" --json
expect_json 'd["devices"][0]["running"]["release"] == 3'
expect_exit 0 gapseal rollback "$dev1"

# One image is not enough for a device whose free slot wants the other.
facts single.json 9.0.0 9 1
must gapseal-sign pack single.json --image a.bin --block-size 4096 -o large.gsp
must gapseal-sign sign --key release.pem --keyring acme.gsk large.gsp
expect_exit 12 gapseal check large.gsp "$dev1" --json
expect_json 'd["code"] == "block-size"'
finish
