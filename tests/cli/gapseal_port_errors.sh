#!/bin/sh
# What keeps a serial port from being opened: the cause, and the command that ends it. Exit codes 2,
# 3, 5 and 6.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/serial_ports.sh"

make_keys
trust_acme
port=$PORTS/dev/ttyUSB2
add_port ttyUSB2 1a86 7523 "" "USB Serial"

# hold NAME HOW [WRAPPER...]: a program of that name has /dev/ttyUSB2. Sets holder, and pts, the
# device file behind it.
hold() {
  name=$1
  how=$2
  shift 2
  : >held
  "$@" python3 "$TOOLS/hold_port.py" "$name" "$how" >held 2>&1 &
  wrapper=$!
  pids="$pids $wrapper"
  wait_for 10 grep -q holding held || { cat held; bail "a program holds the port"; }
  read -r _ holder pts <held
  ln -sfn "$pts" "$port"
}
let_go() {
  kill "$holder"
  wait "$wrapper" 2>/dev/null
  rm -f "$port"
}

# -- what is not there -------------------------------------------------------------------------

hold nobody nothing
ln -s ../../ttyUSB2 "$PORTS/dev/serial/by-id/usb-Acme_here"
ln -s ../../ttyUSB7 "$PORTS/dev/serial/by-id/usb-Acme_gone"
expect_exit 3 shown gapseal info port:serial:/dev/ttyUSB7
err_has "serial:/dev/ttyUSB7: nobody is there"
last_err "serial ports that are there: /dev/ttyUSB2"
expect_exit 3 shown gapseal info port:serial:/dev/serial/by-id/usb-Acme_gone
err_has "it is a link to ../../ttyUSB7, and nothing is there"
expect_exit 3 shown gapseal info port:serial:/dev/serial/by-id/usb-Acme_here
err_has "no answer from a recovery stub on serial:/dev/serial/by-id/usb-Acme_here"
expect_exit 2 gapseal info "port:serial:$pts"
last_err "write pty:PATH instead of serial:PATH"
expect_exit 2 gapseal info port:serial:/dev/null
err_has "this computer knows no serial port of that name"
expect_exit 2 gapseal info port:serial:maker.pem
err_has "it is not a terminal device"
for rate in 0 9600x 99999999999; do
  expect_exit 2 shown gapseal info "port:serial:/dev/ttyUSB2@$rate"
  err_has "the rate behind @ is none"
done
let_go

# -- who has it --------------------------------------------------------------------------------

hold gapseal lock
expect_exit 6 shown gapseal info port:serial:/dev/ttyUSB2 --json
expect_json 'd["code"] == "port-busy"' 'd["written"] is False'
err_has "the program gapseal (process $holder) uses it"
last_err "wait until it has ended, or run: kill $holder"
expect_exit 6 gapseal info "port:pty:$port"
err_has "the program gapseal (process $holder) uses it"
let_go
# A lock file counts while its process lives.
hold minicom nothing
printf '%10d\n' "$holder" >"$PORTS/var/lock/LCK..ttyUSB2"
expect_exit 6 shown gapseal info port:serial:/dev/ttyUSB2
err_has "by its lock file the program minicom (process $holder) uses it"
last_err "end that program; where it does not use the port, delete /var/lock/LCK..ttyUSB2"
let_go
hold minicom nothing
expect_exit 3 shown gapseal info port:serial:/dev/ttyUSB2
err_has "no answer from a recovery stub on serial:/dev/ttyUSB2"
let_go
# Anybody may put something else under that name: it is not waited for.
rm "$PORTS/var/lock/LCK..ttyUSB2"
mkfifo "$PORTS/var/lock/LCK..ttyUSB2"
hold minicom nothing
expect_exit 3 timeout 60 $SHOWN gapseal info port:serial:/dev/ttyUSB2
err_has "no answer from a recovery stub on serial:/dev/ttyUSB2"
let_go
rm "$PORTS/var/lock/LCK..ttyUSB2"
# Nor can gapseal be looked in on: another program is told that the port is busy.
hold nobody nothing
$SHOWN gapseal info port:serial:/dev/ttyUSB2 >first.out 2>&1 &
first=$!
wait_for 10 grep -q "FLOCK.* $first " /proc/locks || bail "the first gapseal has the port"
expect_exit 6 shown gapseal info port:serial:/dev/ttyUSB2
err_has "the program gapseal (process $first) uses it"
wait "$first"
let_go

# -- what only another user than root is kept from ---------------------------------------------

if [ "$(id -u)" -ne 0 ]; then
  user=$(id -un)
  as_user() {
    "$@"
  }
elif command -v setpriv >/dev/null 2>&1; then
  user=nobody
  chmod 755 "$T" "$PORTS"
  # All in a place that he may read, wherever this tree lies.
  mkdir -p nobody/bin/tests nobody/tools
  cp -R config nobody/
  cp "$GAPSEAL_BIN/gapseal" nobody/bin/
  cp "$SHIM" nobody/bin/tests/
  cp "$TOOLS/hold_port.py" nobody/tools/
  chown -R nobody nobody
  TOOLS=$T/nobody/tools
  PATH=$T/nobody/bin:$PATH
  SHIM=$T/nobody/bin/tests/serial_shim.so
  # A login of the user nobody in some groups.
  as_user() {
    setpriv --reuid "${LOGIN:-nobody}" --regid nogroup --groups "${GROUPS_OF_LOGIN:-nogroup}" env HOME="$T/nobody" \
      XDG_CONFIG_HOME="$T/nobody/config" XDG_STATE_HOME="$T/nobody/state" "$@"
  }
else
  skip "what a user may not open" "this is a shell of root, and setpriv is not installed"
  finish
fi
as_user python3 -c "" 2>/dev/null || {
  skip "what a user may not open" "the user $user may not run this python3"
  finish
}
# What the user is told of /dev/ttyUSB2: exit code, words.
user_info() {
  run as_user env LD_PRELOAD="$SHIM" GAPSEAL_SHIM_ROOT="$PORTS" \
    ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" gapseal info port:serial:/dev/ttyUSB2
  LAST="gapseal info port:serial:/dev/ttyUSB2, as $user"
  expect_number "exit code" "$CODE" -eq "$1"
}

hold screen exclusive as_user
user_info 6
err_has "the program screen (process $holder) uses it"
last_err "end it, or run: kill $holder"
let_go
hold ModemManager exclusive as_user
user_info 6
err_has "the program ModemManager (process $holder) uses it"
last_err "run: sudo systemctl stop ModemManager"
let_go

# Its own file.
hold nobody nothing as_user
chmod 000 "$pts"
user_info 5
err_has "it belongs to $user, and its mode 000 keeps its owner out"
last_err "run: chmod u+rw /dev/ttyUSB2"
chmod u+rw "$pts"
user_info 3
err_has "no answer from a recovery stub"
let_go

if [ "$(id -u)" -ne 0 ]; then
  skip "files and programs of other users" "only root can make some"
  finish
fi

# Another user's program: its lock tells who it is, its exclusive use does not.
hold picocom lock
user_info 6
err_has "the program picocom (process $holder) uses it"
last_err "run: sudo kill $holder"
let_go
if pgrep -x ModemManager >/dev/null 2>&1; then
  skip "exclusive use by a program that cannot be seen" "this computer's own ModemManager runs"
else
  hold picocom exclusive
  user_info 6
  err_has "a program of another user has it"
  last_err "find it with: sudo fuser -v /dev/ttyUSB2"
  let_go
fi
hold ModemManager exclusive
user_info 6
err_has "ModemManager (process $holder), which looks at every new port, runs"
last_err "run: sudo systemctl stop ModemManager"
let_go

# owned MODE GROUP: the file is root's.
owned() {
  chown "root:$2" "$pts"
  chmod "$1" "$pts"
}
hold nobody nothing
owned 660 dialout
user_info 5
err_has "it is for group dialout, and nobody is not in it"
last_err "run: sudo usermod -aG dialout nobody, then log in again"
GROUPS_OF_LOGIN=dialout
user_info 3
err_has "no answer from a recovery stub"
GROUPS_OF_LOGIN=
owned 600 dialout
user_info 5
err_has "its mode 600 lets neither nobody nor a group of users open it"
last_err "run: sudo chown nobody /dev/ttyUSB2"
owned 660 root
user_info 5
err_has "its mode 660 lets neither nobody nor a group of users open it"
# The user was put into the group after this login.
owned 660 www-data
chmod -R a+rX nobody
LOGIN=www-data
user_info 5
err_has "it is for group www-data; www-data was put into that group, but this login began before"
last_err "run in this terminal: newgrp www-data"
finish
