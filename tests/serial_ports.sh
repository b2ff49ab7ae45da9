# Serial ports for script tests: read after lib.sh, as "$TOP/tests/serial_ports.sh". A port is a link to a pseudo terminal in $PORTS,
# and tests/tools/serial_shim.c lets a program see it as /dev/ttyUSB0 with an adapter behind it.
#
#   add_port ttyUSB0 0403 6001 FTDI "FT232R USB UART" A5XK3RJT
#   start_line ttyUSB0 --baud 921600           # sets $LINE_PID; the device's end is ttyUSB0.dev
#   expect_exit 0 shown gapseal info port:serial:/dev/ttyUSB0

PORTS=$T/ports
SHIM=$GAPSEAL_BIN/tests/serial_shim.so
mkdir -p "$PORTS/dev/serial/by-id" "$PORTS/sys/class/tty" "$PORTS/sys/devices" "$PORTS/var/lock"
[ -e "$SHIM" ] || bail "the preloaded library is built: $SHIM"
port_count=0

# add_port NAME VENDOR PRODUCT [MAKER [NAME [SERIAL]]]: an adapter in /sys; texts may hold any bytes
# but zeros, written as printf's %b does.
add_port() {
  port_count=$((port_count + 1))
  adapter=sys/devices/usb1/1-$port_count
  node=$adapter/1-$port_count:1.0/$1/tty/$1
  mkdir -p "$PORTS/$node"
  ln -sfn "../../../$1" "$PORTS/$node/device"
  ln -sfn "../../../$node" "$PORTS/sys/class/tty/$1"
  echo 1 >"$PORTS/$adapter/busnum"
  echo "$port_count" >"$PORTS/$adapter/devnum"
  echo "$2" >"$PORTS/$adapter/idVendor"
  echo "$3" >"$PORTS/$adapter/idProduct"
  [ -z "${4:-}" ] || printf '%b\n' "$4" >"$PORTS/$adapter/manufacturer"
  [ -z "${5:-}" ] || printf '%b\n' "$5" >"$PORTS/$adapter/product"
  [ -z "${6:-}" ] || printf '%b\n' "$6" >"$PORTS/$adapter/serial"
}

# start_line NAME [options of serial_line.py]: a line whose host end is /dev/NAME.
start_line() {
  line_name=$1
  shift
  rm -f "$line_name.dev"
  python3 "$TOOLS/serial_line.py" "$@" --link-a "$PORTS/dev/$line_name" --link-b "$line_name.dev" \
    --stats "$line_name.json" >"$line_name.up" 2>&1 &
  LINE_PID=$!
  pids="$pids $LINE_PID"
  wait_for 10 test -e "$line_name.dev" || bail "the line comes up"
}

# start_device NAME LINE: a simulated device at the other end.
start_device() {
  gapseal-sim --dir "$1" --serial "sn-$1" --provision acme.gsk --maker-key maker.pem \
    --listen "pty:$2.dev" >"$1.log" 2>&1 </dev/null &
  DEVICE_PID=$!
  pids="$pids $DEVICE_PID"
  wait_for 20 grep -q listening "$1.log" || bail "the simulator starts"
}

# stop_line: the last one that was started, and the device at its end.
stop_line() {
  kill "$LINE_PID" "$DEVICE_PID"
  wait "$LINE_PID" "$DEVICE_PID" 2>/dev/null
}

# shown COMMAND...: run so that it sees those ports, and no others. $SHOWN does it in the background,
# where the process number counts.
SHOWN="env LD_PRELOAD=$SHIM GAPSEAL_SHIM_ROOT=$PORTS GAPSEAL_SHIM_LOG=$T/ports.log
  ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0"
shown() {
  $SHOWN "$@"
}
