#!/bin/sh
# Sixteen devices at once (J22), one of which fails in each way that devices have of failing, in the middle of
# the rest: all others are served, and each has its own line, receipt and exit code.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw1.bin 20000 one
package v1.gsp 1.0.0 1 1 fw1.bin
words=
n=1
while [ "$n" -le 16 ]; do
  case $n in
    5) start_sim "dev$n" --slot-bytes 65536 --maker-key stranger.pem ;;
    7) start_sim "dev$n" --slot-bytes 65536 --product com.acme.panel ;;
    *) start_sim "dev$n" --slot-bytes 65536 ;;
  esac
  words="$words port:unix:dev$n.sock"
  n=$((n + 1))
done
stop_sim dev11
# One goes in the middle of its own install, and its power does not come back.
stop_sim dev13
start_sim dev13 --die-after-bytes 9000

expect_exit 50 gapseal install v1.gsp $words --timeout 2 --json
expect_json 'len(d["devices"]) == 16' 'd["written"] is True' \
  '[x["exit"] for x in d["devices"]] == [0, 0, 0, 0, 18, 0, 12, 0, 0, 0, 3, 0, 20, 0, 0, 0]' \
  'len({x["receipt"] for x in d["devices"] if x["exit"] == 0}) == 12'
last_err "unix:dev5.sock [18]"
last_err "sn sn-dev7 [12]"
last_err "unix:dev11.sock [3]"
last_err "sn sn-dev13 [20]"
json '"\n".join(x["receipt"] for x in d["devices"] if x["exit"] == 0)' >receipts
LAST=
check "each receipt is of its own device" sh -c 'while read -r r; do
  gapseal-verify receipt "$r" --maker maker.pub.pem | grep -o "sn-dev[0-9]*" | head -n 1
done <receipts | sort -u | wc -l | grep -qx 12'
expect_exit 0 gapseal journal verify

# The same command again serves what failed for want of luck, and takes the rest as it is.
stop_sim dev13
start_sim dev11
start_sim dev13
expect_exit 50 gapseal install v1.gsp $words --timeout 2 --json
expect_json '[x["exit"] for x in d["devices"]] == [0, 0, 0, 0, 18, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0]' \
  'sum(x["already"] is True for x in d["devices"] if x["exit"] == 0) == 12'
finish
