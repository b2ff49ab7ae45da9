#!/bin/sh
# What strangers do to a device that is left alone with them: refusals in thousands, to push the evidence out of
# its log (M07); and starts at which its random source says the same each time (H17).
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw1.bin 20000 one
image fw2.bin 20000 two
start_sim dev1 --slot-bytes 65536 --profile mcu
package small.gsp 1.0.0 1 1 fw1.bin --block-size 1024
package small2.gsp 2.0.0 2 1 fw2.bin --block-size 1024
must gapseal install small.gsp "$dev1"
stranger="python3 $TOP/tests/hostile/stranger.py"
stale=100 # proto/status.def

# -- a flood of refusals (M07) -----------------------------------------------------------------

must gapseal log "$dev1" --save before.gsl --json
entries=$(json 'len(d["entries"])')
first=$(json 'd["entries"][0]')
flash=$(sha256sum <dev1/flash)
expect_exit 0 $stranger dev1.sock refused 3000
check "each of 3,000 requests is refused for its nonce" test "$(cat out)" = "$stale"
LAST=
check "not a byte of flash for it" test "$flash" = "$(sha256sum <dev1/flash)"
must gapseal log "$dev1" --json
expect_json "len(d[\"entries\"]) == $entries" "d[\"entries\"][0] == $(echo "$first" | sed 's/null/None/g; s/true/True/g; s/false/False/g')"
# The next change that somebody was entitled to writes down how many there were, once.
must gapseal install small2.gsp "$dev1"
must gapseal log "$dev1" --save after.gsl --json
expect_json "[e[\"extra\"] for e in d[\"entries\"] if e[\"log_event\"] == \"refusals\"] == [3000]" \
  "len(d[\"entries\"]) <= $entries + 12"
expect_exit 0 gapseal-verify log after.gsl --maker maker.pub.pem
expect_exit 0 gapseal status "$dev1"

# -- two hosts at once (F10) -------------------------------------------------------------------

# While one sends, another one at the same device is turned away at once and told so; the first one ends well.
image fw3.bin 60000 three
package small3.gsp 3.0.0 3 1 fw3.bin --block-size 1024
gapseal install small3.gsp "port:exec:python3 $TOOLS/spoil_link.py dev1.sock slow" --json >first.out 2>first.err </dev/null &
sender=$!
wait_for 60 grep -q ' %' first.err || bail "the install gets going"
for try in 1 2 3 4 5; do
  expect_exit 20 gapseal install small.gsp "$dev1" --older --json
  expect_json 'd["written"] is False'
  err_has "the link was closed"
done
wait "$sender"
CODE=$?
expect_number "the first one ends with" "$CODE" -eq 0

# One that asked much and went without reading is no longer there: the next one is heard.
expect_exit 0 $stranger dev1.sock follows 50

# -- a random source that repeats (H17) --------------------------------------------------------

# The simulator with random numbers that are the same at each start: its nonces are not.
for start in 1 2 3 4; do
  stop_sim dev1
  LD_PRELOAD=$GAPSEAL_BIN/tests/same_random.so GAPSEAL_SAME_RANDOM=7 \
    ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" \
    gapseal-sim --dir dev1 --listen unix:dev1.sock >>dev1.log 2>&1 </dev/null &
  pid_dev1=$!
  pids="$pids $pid_dev1"
  wait_for 20 $stranger dev1.sock nonces 1 || bail "the device answers"
  expect_exit 0 $stranger dev1.sock nonces 50
  cat out >>nonces
done
LAST=
expect_number "nonces of four starts" "$(wc -l <nonces)" -eq 200
expect_number "different ones" "$(sort -u nonces | wc -l)" -eq 200
finish
