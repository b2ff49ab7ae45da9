#!/bin/sh
# What an emulated serial line carries: gapseal, and ZMODEM (sz) with the same bytes over a second such line.
#
#   sh tests/bench/serial.sh                                     the rows below, small where that will do
#   GAPSEAL_LONG=1 sh tests/bench/serial.sh                      all of them, 1 MiB each
#   sh tests/bench/serial.sh BYTES BAUD TIMER_MS [OPTIONS OF serial_line.py]     one row
#   GAPSEAL_PROFILE=mcu sh tests/bench/serial.sh 240000 921600 16          the same, of the small device
#
# Goodput is a fraction of baud/10: image bytes over the time from the first block byte to the last
# acknowledgement; for sz, from the first bytes that rz wrote to the last, which leaves its start out.
# A row fails below its bound, below sz (but for a dead line, where that is told only), and where the waiting host uses more than a tenth of a processor.
. "$(dirname "$0")/../lib.sh"

command -v sz >/dev/null 2>&1 || skip_all "lrzsz is not installed"
make_keys
trust_acme
profile=${GAPSEAL_PROFILE:-linux}
rows=0
mib=1048576

# line NAME BAUD OPTIONS: an emulated line NAME.host - NAME.dev. Driver and adapter hold 40 ms of it, so that it
# goes on where the emulator itself has to wait for a processor.
line() {
  line_name=$1 line_baud=$2
  shift 2
  set -- --baud "$line_baud" --fifo $((line_baud / 250)) "$@"
  python3 "$TOOLS/serial_line.py" "$@" --link-a "$line_name.host" --link-b "$line_name.dev" \
    --stats "$line_name.json" >"$line_name.up" 2>&1 &
  line_pid=$!
  pids="$pids $line_pid"
  wait_for 10 test -e "$line_name.dev" || bail "the line comes up"
}

# packed BYTES: fw-BYTES.bin and v-BYTES.gsp.
packed() {
  [ -e "v-$1.gsp" ] && return 0
  image "fw-$1.bin" "$1" bench
  if [ "$profile" = mcu ]; then
    image "other-$1.bin" "$1" other
    package "v-$1.gsp" 1.0.0 1 1 "fw-$1.bin" --image "other-$1.bin" --block-size 1024
  else
    package "v-$1.gsp" 1.0.0 1 1 "fw-$1.bin"
  fi
}

# begin_ours BAUD OPTIONS: a new device at the end of a new line.
begin_ours() {
  line "ours$rows" "$@"
  gapseal-sim --dir "dev$rows" --profile "$profile" --serial "sn-$rows" --provision acme.gsk \
    --maker-key maker.pem --listen "pty:ours$rows.dev" >"dev$rows.log" 2>&1 </dev/null &
  started="$! $line_pid"
  pids="$pids $!"
}

# begin_theirs BYTES BAUD OPTIONS: sz and rz, beside ours.
begin_theirs() {
  size=$1
  shift
  line "sz$rows" "$@"
  mkdir "received$rows"
  timeout 900 python3 "$TOOLS/zmodem.py" "sz$rows.host" "sz$rows.dev" "fw-$size.bin" "received$rows" \
    >"sz$rows.out" 2>&1 </dev/null &
  zmodem_pid=$!
  pids="$pids $!"
}

# ours BYTES: milliseconds, bytes sent again, and milliseconds of the processor.
ours() {
  run sh -c '"$@"; code=$?; times >spent; exit $code' - \
    gapseal install "v-$1.gsp" "port:pty:ours$rows.host" --json
  kill $started 2>/dev/null
  wait $started 2>/dev/null
  [ "$CODE" -eq 0 ] || return 1
  milliseconds=$(json 'int(d["transfer"]["seconds"] * 1000)')
  again=$(json 'd["transfer"]["resent_bytes"]')
  processor=$(python3 -c 'import re
print(int(sum(int(m) * 60000 + float(s) * 1000 for m, s in re.findall(r"(\d+)m([\d.]+)s", open("spent").read()))))')
}

# theirs: milliseconds of sz; 0: it gave up.
theirs() {
  zmodem=0
  wait "$zmodem_pid" && zmodem=$(json_of "sz$rows.out" 'int(d["seconds"] * 1000)')
  kill "$line_pid" 2>/dev/null
  wait "$line_pid" 2>/dev/null
}

# row LEAST BYTES BAUD TIMER_MS OPTIONS: measures, prints and judges. LEAST: thousandths of the line.
# On a busy machine the emulated line stands still now and then: a row that fails is measured again.
row() {
  least=$1 bytes=$2 baud=$3 timer=$4
  shift 4
  what=$(echo "$bytes bytes, $baud baud, $timer ms $*" | sed 's/ *$//')
  packed "$bytes"
  for try in 1 2 3; do
    measure "$@"
    if [ "$CODE" -ne 0 ] || [ "$profile" = mcu ]; then
      break
    fi
    case $what in
      *--unplug*) [ "$carried" -lt "$least" ] || break ;;
      *) [ "$carried" -lt "$least" ] || [ "$carried" -lt "$zcarried" ] || break ;;
    esac
  done
  LAST=
  if [ "$profile" = mcu ]; then
    ok "$what"
  elif [ "$CODE" -eq 0 ]; then
    expect_number "$what: goodput of gapseal, thousandths of the line" "$carried" -ge "$least"
    case $what in
      *--unplug*) note "$what: $carried against $zcarried of sz; told, not judged" ;;
      *) expect_number "$what: against that of sz" "$carried" -ge "$zcarried" ;;
    esac
    expect_number "$what: thousandths of a processor" "$load" -le 100
  fi
}

# measure OPTIONS: one run of the row; carried, zcarried, load.
measure() {
  rows=$((rows + 1))
  begin_ours "$baud" --timer-ms "$timer" "$@"
  begin_theirs "$bytes" "$baud" --timer-ms "$timer" "$@"
  ours "$bytes" || not_ok "$what: gapseal ends with 0"
  theirs
  [ "$CODE" -eq 0 ] || return
  python3 - "$bytes" "$baud" "$milliseconds" "$zmodem" "$processor" "$again" >figures <<'PY'
import sys
size, baud, ours, theirs, processor, again = map(int, sys.argv[1:])
rate = lambda ms: size / ms * 10000 / baud if ms else 0
told = "sz %.3f   ratio %.3f" % (rate(theirs), rate(ours) / rate(theirs)) if theirs else "sz gave up"
print("gapseal %.3f   %s   %d bytes sent again, processor %.1f %%" % (rate(ours), told, again, processor * 100 / ours))
print(int(rate(ours) * 1000), int(rate(theirs) * 1000), processor * 1000 // ours)
PY
  note "$what: $(sed -n 1p figures)"
  read -r carried zcarried load <<FIGURES
$(sed -n 2p figures)
FIGURES
}

# pulled BYTES TIMER_MS: the adapter leaves for 800 ms and comes back as another terminal.
pulled() {
  rows=$((rows + 1))
  packed "$1"
  begin_ours 921600 --timer-ms "$2" --unplug "131072B:800:close"
  if ours "$1"; then
    expect_json 'd["transfer"]["reconnects"] >= 1'
    note "$1 bytes, 921600 baud, $2 ms, pulled for 800 ms and back as another tty: $milliseconds ms, $again bytes sent again"
  else
    not_ok "gapseal goes on when the adapter is back"
  fi
}

if [ $# -ge 3 ]; then
  row 900 "$@"
elif [ -n "${GAPSEAL_LONG:-}" ]; then
  for timer in 0 1 16; do
    row 970 $mib 115200 $timer
    row 970 $mib 921600 $timer
  done
  for timer in 0 16; do
    for seed in 1 2 3; do
      row 960 $mib 921600 $timer --ber 1e-6 --seed $seed
      row 900 $mib 921600 $timer --ber 1e-5 --seed $seed
    done
    row 900 $mib 921600 $timer --unplug 131072B:500
    pulled $mib $timer
  done
else
  row 970 196608 115200 16
  row 970 262144 921600 0
  row 970 262144 921600 16
  row 960 262144 921600 16 --ber 1e-6
  row 900 262144 921600 16 --ber 1e-5
  row 900 $mib 921600 16 --unplug 131072B:500
  pulled 262144 16
fi
finish
