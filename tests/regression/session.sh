#!/bin/sh
# A session recorded once, played to the host of today: it must say what it said then, byte for byte, and
# come to the same end. Where that was changed on purpose: sh tests/tools/record_session.sh
. "$(dirname "$0")/../lib.sh"

cp "$TOP"/tests/regression/session/* .
must gapseal trust add maker.pub.pem
must gapseal trust add acme.gsk
ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0"
python3 "$TOOLS/replay.py" device install.jsonl dev1.sock >player.out 2>player.err &
player=$!
pids="$pids $player"
wait_for 20 grep -q ready player.out || bail "the player listens"
expect_exit 0 env LD_PRELOAD="$GAPSEAL_BIN/tests/same_random.so" \
  gapseal install ctrl-1.0.0.gsp port:unix:dev1.sock
plain_session err >said
LAST=
check "it says the same to a person" diff install.said said
wait "$player"
CODE=$?
sed 's/^/# /' player.err
expect_number "the host sent what was recorded" "$CODE" -eq 0
[ "$CODE" -eq 0 ] || note "where the host says something else on purpose: sh tests/tools/record_session.sh"
must gapseal-verify receipt "$(cat out)" --maker maker.pub.pem
finish
