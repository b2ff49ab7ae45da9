#!/bin/sh
# Serial ports at the command line: which are asked, and what list says of them.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/serial_ports.sh"

make_keys
trust_acme

# -- which are asked ---------------------------------------------------------------------------

add_port ttyUSB0 16c0 0483 Acme "press service port" 0042-1187
start_line ttyUSB0
expect_exit 3 shown gapseal list
last_err "--probe asks the serial port here as well"
kill "$LINE_PID"
wait "$LINE_PID" 2>/dev/null
add_port ttyUSB1 0403 6001 FTDI "FT232R USB UART" A5XK3RJT
start_line ttyUSB0
start_device dev1 ttyUSB0
start_line ttyUSB1
other=$LINE_PID
expect_exit 3 shown gapseal list --json
expect_json 'd["code"] == "no-device"' 'len(d["devices"]) == 0' 'len(d["ports"]) == 2' \
  'd["ports"][0] == {"path": "/dev/ttyUSB0", "vendor": "16c0", "product": "0483", "maker": "Acme",
    "name": "press service port", "serial": "0042-1187", "known": None, "asked": False}' \
  'd["ports"][1]["known"] == "FTDI FT232"'
err_has "/dev/ttyUSB0: USB 16c0:0483 Acme press service port, serial number 0042-1187; not asked"
last_err "--probe asks the 2 serial ports here as well"
check "no port was opened" test ! -e ports.log
expect_exit 3 shown gapseal status
last_err "--probe asks the 2 serial ports here as well"

mkdir -p config/gapseal
printf '# of acme\n16C0:0483 press controller\n' >config/gapseal/usb-ids
expect_exit 0 shown gapseal list
out_has "serial:/dev/ttyUSB0  sn sn-dev1, runs nothing but its stub, floor 0; USB 16c0:0483 Acme"
err_has "/dev/ttyUSB1: USB 0403:6001 FTDI FT232R USB UART, serial number A5XK3RJT; not asked"
last_err "1 device found"
expect_exit 0 shown gapseal status --json
expect_json 'd["devices"][0]["link"] == "serial:/dev/ttyUSB0"'
# One port under two names is asked once.
expect_exit 0 shown gapseal list --port serial:/dev/ttyUSB0@921600 --json
expect_json 'len(d["devices"]) == 1' 'd["devices"][0]["link"] == "serial:/dev/ttyUSB0@921600"' \
  'd["devices"][0]["port"]["name"] == "press service port"'
kill -USR2 "$other"
wait_for 5 test -s ttyUSB1.json || bail "the line tells what it carried"
cp ttyUSB1.json out
LAST="the line of the other adapter"
expect_json 'd["ab"]["sent"] == 0'

expect_exit 0 shown gapseal list --probe --json
expect_json 'len(d["devices"]) == 2' 'd["devices"][1]["code"] == "no-device"' \
  'all(p["asked"] for p in d["ports"])'
err_has "no answer from a recovery stub on serial:/dev/ttyUSB1; USB 0403:6001"

for bad in 16c0:048 16c0-0483 16c0:04832 16c0:048g; do
  printf '\n%s\n' "$bad" >config/gapseal/usb-ids
  expect_exit 10 shown gapseal list --json
  err_has "usb-ids, line 2"
done
rm config/gapseal/usb-ids

# What an adapter says of itself cannot move the cursor, turn the text round or make up a line.
add_port ttyACM0 1209 0001 'Ev\033[31mil' '\0342\0200\0256gnp.exe\033]52;c;AAAA\007' 'x\rsn 0042-1187\0302\0233A'
start_line ttyACM0
expect_exit 3 shown gapseal list --json
err_has '/dev/ttyACM0: USB 1209:0001 Ev\x1b[31mil \xe2\x80\xaegnp.exe\x1b]52;c;AAAA\x07, serial number x\x0dsn 0042-1187\xc2\x9bA; not asked'
expect_json 'd["ports"][0]["known"] == "test id"'
check "no control byte is printed" sh -c '! LC_ALL=C grep -q "[[:cntrl:]]" err'

# -- what is on the line -----------------------------------------------------------------------

(while :; do
  printf 'U-Boot SPL 2023.01 (Jan 09 2023)\r\nTrying to boot from MMC1\r\nAT+CGMI\r\n'
  sleep 0.1
done >ttyACM0.dev) &
pids="$pids $!"
expect_exit 3 shown gapseal info port:serial:/dev/ttyACM0
err_has "no answer from a recovery stub on serial:/dev/ttyACM0 ("
err_has " bytes of other data seen)"
expect_exit 3 gapseal info "port:pty:ports/dev/ttyACM0"
err_has "no answer from a recovery stub on pty:ports/dev/ttyACM0 ("

finish
