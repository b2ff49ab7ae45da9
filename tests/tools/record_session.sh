#!/bin/sh
# Records tests/regression/session anew: a short install at a simulated device, with what is needed to
# run its host again. Only after a change that is meant; tests/regression/session.sh plays it.
#
#   sh tests/tools/record_session.sh
. "$(dirname "$0")/../lib.sh"

S=$TOP/tests/regression/session
mkdir -p "$S"
make_keys
trust_acme
image fw.bin 3000 session
package ctrl-1.0.0.gsp 1.0.0 1 1 fw.bin
start_sim dev1 --serial 0042-1187
ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0"
must env LD_PRELOAD="$GAPSEAL_BIN/tests/same_random.so" \
  gapseal install ctrl-1.0.0.gsp "$dev1" --trace install.jsonl
plain_session err >install.said
cp maker.pub.pem acme.gsk ctrl-1.0.0.gsp install.jsonl install.said "$S"
LAST=
check "it is short" test "$(size_of install.jsonl)" -lt 60000
finish
