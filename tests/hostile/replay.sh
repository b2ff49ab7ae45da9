#!/bin/sh
# What a host once said, said again by somebody else (F11, F12, E10): whatever needs this moment's
# nonce is refused for it, and flash is as it was.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw1.bin 60000 one
image fw2.bin 60000 two
image fw3.bin 60000 three
package v1.gsp 1.0.0 1 1 fw1.bin
package v2.gsp 2.0.0 2 1 fw2.bin
package v3.gsp 3.0.0 3 2 fw3.bin
replay="python3 $TOOLS/replay.py"
stale=100 # proto/status.def

flash_of() {
  sha256sum <"$1/flash"
}
healthy() {
  gapseal status "$1" --json 2>/dev/null | grep -q '"healthy":	true'
}
# replayed TRACE NAME [REQUEST...]: to the device NAME; what it said goes to said.
replayed() {
  trace=$1 name=$2
  shift 2
  LAST="replay $trace to $name $*"
  before=$(flash_of "$name")
  $replay host "$trace" "$name.sock" "$@" >said 2>said.err || not_ok "$LAST: $(tail -n 1 said.err)"
  after=$(flash_of "$name")
}
# says REQUEST STATUS: each such request got it, and there was one.
says() {
  if [ -n "$(sed -n "s/^$1 //p" said)" ] && [ -z "$(sed -n "s/^$1 //p" said | grep -vx "$2")" ]; then
    ok "$LAST: $1 gets $2"
  else
    not_ok "$LAST: $1 gets $2, not $(sed -n "s/^$1 //p" said | tr '\n' ' ')"
  fi
}
unchanged() {
  if [ -n "$before" ] && [ "$before" = "$after" ]; then
    ok "$LAST: flash is as it was"
  else
    not_ok "$LAST: flash changed"
  fi
}
# twin NAME: a device NAME_2 that is what NAME is now, and NAME again; only the nonces differ.
twin() {
  stop_sim "$1"
  [ ! -d "${1}_2" ] || stop_sim "${1}_2"
  rm -rf "${1}_2"
  cp -r "$1" "${1}_2"
  start_sim "$1"
  start_sim "${1}_2"
}

# E10: confirm, recorded at one start, said at another of the very same device.
start_sim dev
must gapseal install v1.gsp "$dev"
expect_exit 40 gapseal install v2.gsp "$dev" --stop-before confirm
twin dev
check "on trial and healthy" wait_for 20 healthy "$dev"
check "its twin as well" wait_for 20 healthy "$dev_2"
expect_exit 0 gapseal confirm "$dev" --trace confirm.jsonl
replayed confirm.jsonl dev_2
says confirm $stale
unchanged
replayed confirm.jsonl dev_2 confirm
says confirm $stale
unchanged
expect_exit 0 gapseal status "$dev_2" --json
expect_json 'd["state"] == "trial"'
# What was said a moment ago in the same session's device: its nonce is used up.
replayed confirm.jsonl dev
says confirm $stale
unchanged

# Reject, and the reboot after it.
expect_exit 0 gapseal reject "$dev_2" --trace reject.jsonl
replayed reject.jsonl dev_2
says reject $stale
says reboot $stale
unchanged

# Rollback, reboot and cancel, on a device where each would be taken.
twin dev
expect_exit 0 gapseal rollback "$dev" --trace rollback.jsonl
replayed rollback.jsonl dev_2
says rollback $stale
says reboot $stale
unchanged
expect_exit 0 gapseal status "$dev_2" --json
expect_json 'd["devices"][0]["running"]["release"] == 2' 'd["devices"][0]["rollback_promised"] is True'
expect_exit 0 gapseal reboot "$dev" --trace reboot.jsonl
starts=$(gapseal status "$dev_2" --json 2>/dev/null | grep '"boot_count"')
replayed reboot.jsonl dev_2
says reboot $stale
unchanged
LAST=
check "it did not start again" test "$starts" = "$(gapseal status "$dev_2" --json 2>/dev/null | grep '"boot_count"')"

# F11: a whole install, byte for byte, to the device it was recorded at: the package runs already or is
# older by then, and nothing that needs a nonce is taken.
expect_exit 0 gapseal install v3.gsp "$dev" --trace install.jsonl
replayed install.jsonl dev
says hello 0
says begin 126
says reboot $stale
says confirm $stale
unchanged
expect_exit 0 gapseal status "$dev" --json
expect_json 'd["devices"][0]["running"]["release"] == 3' 'd["state"] == "ready"'
# F12: single frames of it.
for frame in begin needs finish install confirm reboot; do
  replayed install.jsonl dev "$frame"
  case $frame in
    confirm | reboot) says "$frame" $stale ;;
    begin) says begin 128 ;;
    *) says "$frame" 120 ;;
  esac
  unchanged
done

# --older is asked for with the nonce: an image the device left comes back by no record.
start_sim late
must gapseal install v2.gsp "$late"
twin late
expect_exit 0 gapseal install v1.gsp "$late" --older --trace older.jsonl
replayed older.jsonl late_2
says begin $stale
says reboot $stale
unchanged
expect_exit 0 gapseal status "$late_2" --json
expect_json 'd["devices"][0]["running"]["release"] == 2'

# A newer package needs no nonce under an open policy, for its signature is what counts: a record of its
# install gets as far as the file would, and not past the reboot, which is stale.
start_sim next
must gapseal install v1.gsp "$next"
twin next
expect_exit 0 gapseal install v2.gsp "$next" --trace newer.jsonl
replayed newer.jsonl next_2
says begin 0
says reboot $stale
says confirm $stale
expect_exit 0 gapseal status "$next_2" --json
expect_json 'd["state"] == "staged"' 'd["devices"][0]["running"]["release"] == 1'
expect_exit 0 gapseal cancel "$next_2"
finish
