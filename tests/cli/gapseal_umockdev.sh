#!/bin/sh
# Serial ports as umockdev describes them, another hand's picture of /sys and /dev: what list makes of
# adapters with all their texts, with some, and with none; of built-in ports; and of a line with
# something else on it.
. "$(dirname "$0")/../lib.sh"

command -v umockdev-run >/dev/null 2>&1 || skip_all "umockdev is not installed"
SHIM=$GAPSEAL_BIN/tests/serial_shim.so
ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0

# adapter NUMBER NAME MAJOR VENDOR PRODUCT, then attributes of the USB device on standard input
adapter() {
  usb=/devices/pci0000:00/0000:00:14.0/usb1/1-$1
  cat <<EOF
P: $usb
E: SUBSYSTEM=usb
E: DEVTYPE=usb_device
A: busnum=1
A: devnum=$1
A: idVendor=$4
A: idProduct=$5
EOF
  cat
  cat <<EOF

P: $usb/1-$1:1.0
E: SUBSYSTEM=usb
E: DEVTYPE=usb_interface

P: $usb/1-$1:1.0/$2
E: SUBSYSTEM=usb-serial

P: $usb/1-$1:1.0/$2/tty/$2
N: $2
E: DEVNAME=/dev/$2
E: SUBSYSTEM=tty
E: MAJOR=$3
E: MINOR=$1
A: dev=$3:$1
L: device=../../../$2

EOF
}

# built_in NUMBER TYPE: a place of the 8250 driver; type 0 is one without a chip.
built_in() {
  cat <<EOF
P: /devices/platform/serial8250/tty/ttyS$1
N: ttyS$1
E: DEVNAME=/dev/ttyS$1
E: SUBSYSTEM=tty
E: MAJOR=4
E: MINOR=$((64 + $1))
A: dev=4:$((64 + $1))
A: type=$2\\n
L: device=../../../serial8250

EOF
}

{
  adapter 1 ttyUSB0 188 0403 6001 <<'EOF'
A: manufacturer=FTDI\n
A: product=FT232R USB UART\n
A: serial=A5XK3RJT\n
EOF
  adapter 2 ttyUSB10 188 1a86 7523 <<'EOF'
A: product=USB Serial\n
EOF
  adapter 3 ttyACM0 166 16c0 0483 </dev/null
  # An escape sequence, an OSC 52 for the clipboard, a line end, C1 in UTF-8 and alone, too long a
  # name.
  adapter 4 ttyUSB2 188 dead beef <<'EOF'
H: manufacturer=1B5D35323B633B41414141070A
H: product=E280AE6578652E0D0A66616B653A2031206465766963650A
H: serial=C29B333141FF1B5B324A2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E0A
EOF
  printf 'P: /devices/platform/serial8250\nE: SUBSYSTEM=platform\nE: DRIVER=serial8250\n\n'
  built_in 0 4
  built_in 1 0
} >ports.umockdev

# under [options of umockdev-run] -- COMMAND...: the preloaded library comes first, for modem lines and
# for what umockdev's ports are links to.
under() {
  umockdev-run -d ports.umockdev "$@"
}
ask="LD_PRELOAD=$SHIM:\$LD_PRELOAD exec gapseal"
expect_exit 3 under -- sh -c "$ask list --json"
expect_json '[p["path"] for p in d["ports"]] == ["/dev/ttyACM0", "/dev/ttyS0", "/dev/ttyUSB0", "/dev/ttyUSB2", "/dev/ttyUSB10"]' \
  'not any(p["asked"] for p in d["ports"])' \
  'd["ports"][0]["vendor"] == "16c0" and d["ports"][0]["maker"] is None and d["ports"][0]["name"] is None' \
  'd["ports"][1]["vendor"] is None and d["ports"][1]["known"] is None' \
  'd["ports"][2]["maker"] == "FTDI" and d["ports"][2]["name"] == "FT232R USB UART" and d["ports"][2]["serial"] == "A5XK3RJT"' \
  'd["ports"][4]["known"] == "WCH CH340" and d["ports"][4]["serial"] is None' \
  'd["ports"][3]["maker"].startswith("\\x1b]52;c;AAAA\\x07")' \
  'd["ports"][3]["name"] == "\\xe2\\x80\\xaeexe.\\x0d"' \
  'd["ports"][3]["serial"].startswith("\\xc2\\x9b31A\\xff\\x1b[2J....")' \
  'len(d["ports"][3]["serial"]) < 160'
err_has "/dev/ttyS0: built in; not asked"
err_has "/dev/ttyACM0: USB 16c0:0483; not asked"
check "no control byte and no line of an adapter's making is printed" sh -c \
  '! LC_ALL=C grep -q "[[:cntrl:]]" err && ! grep -q "^fake" err out'
expect_exit 3 under -- sh -c "$ask list"
last_err "--probe asks the 5 serial ports here as well"

# A line with a boot loader's greeting on it: the port opens, and nobody there is ours.
cat >banner.script <<'EOF'
r 0 ^M^JU-Boot SPL 2023.01^M^J
r 100 Trying to boot from MMC1^M^J
EOF
expect_exit 3 under -s /dev/ttyUSB0=banner.script -- sh -c "$ask info port:serial:/dev/ttyUSB0"
err_has "no answer from a recovery stub on serial:/dev/ttyUSB0 ("
err_has " bytes of other data seen)"
finish
