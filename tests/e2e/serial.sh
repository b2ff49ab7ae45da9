#!/bin/sh
# serial: from end to end: libserialport on a line that looks like a USB adapter to it.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/serial_ports.sh"

make_keys
trust_acme
image fw.bin 100000 serial
package v1.gsp 1.0.0 1 1 fw.bin

add_port ttyUSB0 0403 6001 FTDI "FT232R USB UART" A5XK3RJT
start_line ttyUSB0 --baud 921600 --timer-ms 16
start_device dev1 ttyUSB0
expect_exit 0 shown gapseal install v1.gsp port:serial:/dev/ttyUSB0@921600 --json
expect_json 'd["devices"][0]["link"] == "serial:/dev/ttyUSB0@921600"'
check "the port was opened, and no modem line dropped" sh -c \
  'grep -q "^open /dev/ttyUSB0" ports.log && ! grep -v "^raise\|^open" ports.log'
expect_exit 0 shown gapseal status port:serial:/dev/ttyUSB0@921600 --json
expect_json 'd["devices"][0]["running"]["version"] == "1.0.0"'

# pull_plug.py RESULT [options of install]: the plug is pulled when a third was sent.
pulled() {
  result=$1
  shift
  python3 "$TOOLS/pull_plug.py" "$LINE_PID" $SHOWN gapseal install v2.gsp --json-lines "$@" \
    >"$result" 2>"$result.err" || { cat "$result.err"; bail "the plug is pulled in the middle"; }
  note "$(cat "$result")"
}
image fw2.bin 300000 serial-2
package v2.gsp 2.0.0 2 2 fw2.bin

# The adapter stays away: noticed within 2 s, and waiting for it costs next to nothing.
stop_line
start_line ttyUSB0 --baud 921600 --timer-ms 16 --sigusr1-ms 60000 --sigusr1-close
start_device dev1 ttyUSB0
pulled away.json port:serial:/dev/ttyUSB0@921600 --timeout 5
cp away.json out
LAST="gapseal install, the plug pulled"
expect_json 'd["exit"] == 20' 'd["noticed_s"] < 2' 'd["after_s"] > 4' 'd["cpu_s"] < 0.1 * d["after_s"]'
stop_line

# Where it may have come back cannot be found out: that is this computer's fault, and said.
start_line ttyUSB0 --baud 921600 --unplug 50000B:60000:close
start_device dev1 ttyUSB0
(
  wait_for 60 test ! -e "$PORTS/dev/ttyUSB0" || exit 1
  mv "$PORTS/sys/class/tty" "$PORTS/sys/class/aside" && : >"$PORTS/sys/class/tty"
) &
expect_exit 1 shown gapseal install v2.gsp port:serial:/dev/ttyUSB0@921600 --timeout 3 --json
expect_json 'd["code"] == "internal"' '"where it came back is not known" in d["what"]' \
  '"/sys/class/tty: Not a directory" in d["what"]'
rm "$PORTS/sys/class/tty"
mv "$PORTS/sys/class/aside" "$PORTS/sys/class/tty"
stop_line

# It comes back under another name, beside others: found by its serial number, finished by itself.
# Adapters of others are not asked, though one is of the same make and takes the name that was free.
add_port ttyUSB3 0403 6001 FTDI "FT232R USB UART" A5XK3RJT
add_port ttyUSB1 0403 6001 FTDI "FT232R USB UART" B7000001
add_port ttyACM0 2341 0043 Arduino "Uno" 7573530303
for other in ttyUSB1 ttyACM0; do
  start_line "$other"
  eval "line_$other=$LINE_PID"
done
start_line ttyUSB0 --baud 921600 --timer-ms 16 --unplug 100000B:800:close --next-link-a "$PORTS/dev/ttyUSB3"
start_device dev1 ttyUSB0
(
  wait_for 60 test ! -e "$PORTS/dev/ttyUSB0" || exit 1
  add_port ttyUSB0 0403 6001 FTDI "FT232R USB UART" B7000001
  mv "$PORTS/dev/ttyUSB1" "$PORTS/dev/ttyUSB0" && touch renamed
) &
expect_exit 0 shown gapseal install v2.gsp port:serial:/dev/ttyUSB0@921600 --json
check "another adapter has the old name" test -e renamed
expect_json 'd["transfer"]["reconnects"] >= 1' 'd["devices"][0]["link"] == "serial:/dev/ttyUSB3@921600"'
err_has "the adapter came back as /dev/ttyUSB3"
kill "$line_ttyUSB1" "$line_ttyACM0"
wait "$line_ttyUSB1" "$line_ttyACM0" 2>/dev/null
for other in ttyUSB1 ttyACM0; do
  cp "$other.json" out
  LAST="the line behind $other"
  expect_json 'd["ab"]["sent"] == 0'
done
finish
