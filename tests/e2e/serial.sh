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
check "no modem line was dropped" sh -c '[ -s modem.log ] && ! grep -v "^raise" modem.log'
expect_exit 0 shown gapseal status port:serial:/dev/ttyUSB0@921600 --json
expect_json 'd["devices"][0]["running"]["version"] == "1.0.0"'
finish
