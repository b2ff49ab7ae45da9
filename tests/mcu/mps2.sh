#!/bin/sh
# The stub as a bootloader on a Cortex-M3, and the host's whole job over its UART: real applications,
# linked for both slots, that work, hang, crash, idle and reject themselves.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/mcu/board.inc"
SLOT_A=0x21000000 SLOT_B=0x21080000
firmware mps2
make_keys
trust_acme
make_board dev1
power_on dev1

board_package v1.gsp 1.0.0 1 1 app_1
board_package v2.gsp 2.0.0 2 1 app_2
board_package hangs.gsp 3.0.0 5 1 app_hangs
board_package crashes.gsp 3.1.0 6 1 app_crashes
board_package idles.gsp 3.2.0 7 1 app_idles
board_package rejects.gsp 3.3.0 8 1 app_rejects
board_package v4.gsp 4.0.0 9 2 app_2

# What it is, and a first image.
expect_exit 0 gapseal list --port unix:dev1.sock --json
expect_json 'd["devices"][0]["serial"] == "sn-dev1"'
expect_exit 0 gapseal info "$dev1" --json
expect_json 'd["devices"][0]["slot_model"] == "two-link"'
expect_exit 0 gapseal check v1.gsp "$dev1"
expect_exit 0 gapseal install v1.gsp "$dev1" --json
expect_json 'd["exit"] == 0' 'd["devices"][0]["slot_a"]["release"] == 1'
receipt=$(gapseal receipt fetch "$dev1" 2>/dev/null)
expect_exit 0 gapseal-verify receipt "$receipt" --maker maker.pub.pem

# Installed over it; an application that runs hands over to the stub when a host asks.
hears dev1 "application 1.0.0 in slot A"
expect_exit 0 gapseal status "$dev1" --json
expect_json 'd["devices"][0]["held_in_stub"] is True'
expect_exit 0 gapseal install v2.gsp "$dev1" --json
expect_json 'd["devices"][0]["slot_b"]["release"] == 2'
expect_exit 0 gapseal rollback "$dev1"
hears dev1 "application 1.0.0 in slot A"
expect_exit 0 gapseal install v2.gsp "$dev1"
hears dev1 "application 2.0.0 in slot B"

# The other door: an application that takes a package from its line and updates through the engine.
# The image confirms itself, as its manifest lets it.
board_package updates.gsp 2.5.0 3 1 app_updates
facts self.json 2.6.0 4 1
sed -i 's/"name"/"confirm": "device", "name"/' self.json
must gapseal-sign pack self.json --image "$FW/bin/app_2_a.bin@$SLOT_A" --image "$FW/bin/app_2_b.bin@$SLOT_B" \
  --block-size 1024 -o self.gsp
must gapseal-sign sign --key release.pem --keyring acme.gsk self.gsp
expect_exit 0 gapseal install updates.gsp "$dev1"
hears dev1 "application 1.5.0 in slot A"
tells dev1 self.gsp "application 2.0.0 in slot B"
expect_exit 0 gapseal status "$dev1" --json
expect_json 'd["devices"][0]["state"] == "ready"' 'd["devices"][0]["slot_b"]["release"] == 4'
expect_exit 0 gapseal log "$dev1"
out_has "confirmed by the device"

# Refused: older, forged, for another board, from somebody else.
expect_exit 13 gapseal install v1.gsp "$dev1"
changed v4.gsp forged.gsp 120
BOARD=com.acme.ctrl.board-b board_package other-board.gsp 5.0.0 10 1 app_2
expect_exit 12 gapseal install other-board.gsp "$dev1"
facts stranger.json 5.0.0 10 1
must gapseal-sign pack stranger.json --image "$FW/bin/app_2_a.bin@$SLOT_A" \
  --image "$FW/bin/app_2_b.bin@$SLOT_B" --block-size 1024 -o stranger.gsp
must gapseal-sign sign --key other-release.pem --keyring other.gsk stranger.gsp
expect_exit 11 gapseal install stranger.gsp "$dev1"
expect_exit 11 gapseal install forged.gsp "$dev1"
expect_exit 0 gapseal status "$dev1" --json
expect_json 'd["devices"][0]["slot_b"]["release"] == 4' 'd["devices"][0]["state"] == "ready"'

# Images that do not work are taken back: by the watchdog, by a fault, by the watchdog that an image
# on trial cannot feed, by themselves. Each costs its attempts, and last-good runs.
for package in hangs crashes idles; do
  expect_exit 30 gapseal install "$package.gsp" "$dev1" --json
  expect_json 'd["code"] == "did-not-start"' 'd["decided_by"] == "device"'
  hears dev1 "application 2.0.0 in slot B"
done
expect_exit 30 gapseal install rejects.gsp "$dev1" --json
expect_json 'd["code"] == "rejected"'
hears dev1 "application 2.0.0 in slot B"

# Nothing that could start: the stub says so and takes any package at or above the floor.
power_off dev1
flip dev1/flash.bin 0x300
flip dev1/flash.bin 0x80300
power_on dev1
expect_exit 0 gapseal status "$dev1" --json
expect_json 'd["devices"][0]["runs_application"] is False' 'd["devices"][0]["held_in_stub"] is False'
expect_exit 0 gapseal log "$dev1"
out_has "[image-bad]"
expect_exit 0 gapseal install v4.gsp "$dev1"
hears dev1 "application 2.0.0 in slot A"
expect_exit 0 gapseal log "$dev1" --save dev1.gsl
expect_exit 0 gapseal-verify log dev1.gsl --maker maker.pub.pem

# What is left of the stack, 2.5 KiB of it, after all this; some is kept for interrupts.
board_package v5.gsp 5.0.0 10 2 app_1
expect_exit 0 gapseal check v5.gsp "$dev1"
used=$(stack_used dev1 "$FW/bin/stub_mps2")
expect_number "bytes of stack that were in use" "$used" -gt 512
expect_number "bytes of stack that were in use" "$used" -le 2304
finish
