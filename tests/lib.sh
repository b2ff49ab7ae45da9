# Harness of the script tests. A test reads it first, checks things, and ends with "finish":
#
#   . "$(dirname "$0")/../lib.sh"
#   start_sim dev1 --profile linux
#   expect_exit 0 gapseal status "$dev1"
#   first_err "press-7"
#   expect_json 'd["exit"] == 0'
#   finish
#
# Runs under any POSIX shell. Each check prints one line, "ok - ..." or "not ok - ..."; a failed
# one shows the command and what it said. Programs come from GAPSEAL_BIN (build/release/bin unless
# set). Everything a test writes is below $T, which goes away at the end (GAPSEAL_KEEP=1 keeps it);
# every simulator it started is ended then.

TOP=$(cd "$(dirname "$0")/../.." && pwd)
GAPSEAL_BIN=${GAPSEAL_BIN:-$TOP/build/release/bin}
case $GAPSEAL_BIN in
  /*) ;;
  *) GAPSEAL_BIN=$(pwd)/$GAPSEAL_BIN ;;
esac
TOOLS=$TOP/tests/tools
T=$(mktemp -d "${TMPDIR:-/tmp}/gapseal.XXXXXX") || exit 99
cd "$T" || exit 99
PATH=$GAPSEAL_BIN:$PATH
HOME=$T
XDG_CONFIG_HOME=$T/config
XDG_STATE_HOME=$T/state
NO_COLOR=1
LC_ALL=C.UTF-8
export PATH HOME XDG_CONFIG_HOME XDG_STATE_HOME NO_COLOR LC_ALL
# A sanitizer's exit code must not pass for one of ours.
ASAN_OPTIONS=${ASAN_OPTIONS:-exitcode=99}
UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:exitcode=99}
export ASAN_OPTIONS UBSAN_OPTIONS

passed=0
failed=0
skipped=0
pids=
LAST=
: >out
: >err

cleanup() {
  for pid in $pids; do
    kill "$pid" 2>/dev/null
  done
  for pid in $pids; do
    wait "$pid" 2>/dev/null
  done
  cd / || :
  if [ -n "${GAPSEAL_KEEP:-}" ]; then
    echo "# kept: $T"
  else
    rm -rf "$T"
  fi
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# -- saying ------------------------------------------------------------------------------------

note() {
  echo "# $*"
}
ok() {
  passed=$((passed + 1))
  echo "ok - $*"
}
# Shows the last command and its output as well.
not_ok() {
  failed=$((failed + 1))
  echo "not ok - $*"
  if [ -n "$LAST" ]; then
    echo "#   command: $LAST"
    echo "#   exit: ${CODE:-?}"
    [ ! -e out ] || sed -n 's/^/#   stdout: /; 1,60p' out
    [ ! -e err ] || sed -n 's/^/#   stderr: /; 1,40p' err
  fi
}
skip() {
  skipped=$((skipped + 1))
  echo "ok - $1 # SKIP ${2:-}"
}
# Nothing of this test can run here.
skip_all() {
  skip "$(basename "$0" .sh)" "$1"
  exit 0
}
bail() {
  LAST=
  not_ok "$*"
  exit 1
}
finish() {
  echo "1..$((passed + failed + skipped))"
  [ "$failed" -eq 0 ] || exit 1
  exit 0
}

# -- running -----------------------------------------------------------------------------------

# Runs a command; stdout into out, stderr into err, its exit code into CODE.
run() {
  LAST=$(echo "$*" | sed "s|$T/||g")
  "$@" >out 2>err </dev/null
  CODE=$?
  return 0
}
# check "description" command...: the command must exit with 0.
check() {
  what=$1
  shift
  LAST=$(echo "$*" | sed "s|$T/||g")
  CODE=0
  "$@" >"$T/check.out" 2>&1 || CODE=$?
  if [ "$CODE" -eq 0 ]; then
    ok "$what"
  else
    not_ok "$what"
    sed -n 's/^/#   said: /; 1,40p' "$T/check.out"
  fi
}
# at_top command...: from the top of the tree; what it says stays in the test's folder.
at_top() {
  (cd "$TOP" && exec "$@")
}
# expect_exit CODE command...
expect_exit() {
  want=$1
  shift
  run "$@"
  if [ "$CODE" -eq "$want" ]; then
    ok "exit $want: $LAST"
  else
    not_ok "exit $want, got $CODE: $LAST"
  fi
}
# The command that everything after depends on.
must() {
  run "$@"
  [ "$CODE" -eq 0 ] && return 0
  not_ok "preparation failed: $LAST"
  exit 1
}

# -- what the last command said ------------------------------------------------------------------

say_line() {
  case $3 in
    *"$2"*) ok "$1 says \"$2\"" ;;
    *) not_ok "$1 says \"$2\": \"$3\"" ;;
  esac
}
first_err() {
  say_line "first line" "$1" "$(sed -n 1p err)"
}
last_err() {
  say_line "last line" "$1" "$(sed -n '$p' err)"
}
err_has() {
  say_line "stderr" "$1" "$(cat err)"
}
out_has() {
  say_line "stdout" "$1" "$(cat out)"
}
err_lacks() {
  case $(cat err) in
    *"$1"*) not_ok "stderr does not say \"$1\"" ;;
    *) ok "stderr does not say \"$1\"" ;;
  esac
}
out_empty() {
  if [ -s out ]; then not_ok "stdout is empty"; else ok "stdout is empty"; fi
}
err_empty() {
  if [ -s err ]; then not_ok "stderr is empty"; else ok "stderr is empty"; fi
}

# json EXPRESSION: prints what a Python expression makes of d, the JSON object on stdout.
json() {
  json_of out "$1"
}
json_of() {
  python3 - "$1" "$2" <<'PY'
import json, sys
try:
    with open(sys.argv[1], encoding="utf-8") as f:
        d = json.load(f)
except ValueError as e:
    sys.exit("not one JSON object: %s" % e)
v = eval(sys.argv[2], {"d": d})
print(v if isinstance(v, str) else json.dumps(v))
PY
}
# expect_json EXPRESSION...: each must be true of d.
expect_json() {
  for expression in "$@"; do
    got=$(json "$expression" 2>&1)
    if [ "$got" = true ]; then
      ok "json: $expression"
    else
      not_ok "json: $expression: $(echo "$got" | tail -n 1)"
    fi
  done
}
# expect_number WHAT VALUE OPERATOR LIMIT: integers, operators of test(1).
expect_number() {
  if [ "$2" "$3" "$4" ] 2>/dev/null; then
    ok "$1: $2 $3 $4"
  else
    not_ok "$1: $2 is not $3 $4"
  fi
}

# -- waiting -----------------------------------------------------------------------------------

# wait_for SECONDS command...: until the command succeeds; fails when the time is over.
wait_for() {
  tries=$(($1 * 50))
  shift
  while ! "$@" >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 0.02
  done
}
gone() {
  ! kill -0 "$1" 2>/dev/null
}
# A number of N bytes as text.
size_of() {
  wc -c <"$1" | tr -d ' '
}

# -- keys, packages, devices --------------------------------------------------------------------

PRODUCT=${PRODUCT:-com.acme.ctrl}
BOARD=${BOARD:-com.acme.ctrl.board-a}

# Keys and keyrings of two makers, made once per run: acme.gsk (root.pem, release.pem), other.gsk
# (other-root.pem, other-release.pem), maker.pem and stranger.pem for devices.
make_keys() {
  cache=${GAPSEAL_CACHE:-$T/cache}
  mkdir -p "$cache"
  (
    flock 9
    [ -e "$cache/done" ] && exit 0
    cd "$cache" || exit 1
    for key in root release maker other-root other-release stranger; do
      [ -e "$key.pem" ] || gapseal-sign keygen "$key.pem" || exit 1
    done
    rm -f acme.gsk other.gsk
    gapseal-sign keyring new --root root.pem --release release.pem -o acme.gsk || exit 1
    gapseal-sign keyring new --root other-root.pem --release other-release.pem -o other.gsk || exit 1
    touch done
  ) >"$T/keys.log" 2>&1 9>"$cache/lock" || {
    sed 's/^/#   /' "$T/keys.log"
    bail "keys and keyrings can be made"
  }
  cp "$cache"/*.pem "$cache"/*.gsk "$T"/
}

# facts FILE VERSION RELEASE SECURITY_VERSION [PRODUCT [BOARD]]: confirmed, it raises the floor to
# its security version.
facts() {
  cat >"$1" <<JSON
{"name": "ctrl", "version": "$2", "product": "${5:-$PRODUCT}",
 "hardware": [{"id": "${6:-$BOARD}", "revisions": [0, 9]}],
 "release": $3, "security_version": $4, "raises_floor_to": $4}
JSON
}

# image FILE BYTES SEED: the same bytes for the same seed.
image() {
  python3 -c 'import random, sys
open(sys.argv[1], "wb").write(random.Random(sys.argv[3]).randbytes(int(sys.argv[2])))' "$1" "$2" "$3"
}

# changed FROM TO OFFSET...: a copy with one byte changed at each offset.
changed() {
  python3 -c 'import sys
b = bytearray(open(sys.argv[1], "rb").read())
for o in sys.argv[3:]:
    b[int(o)] ^= 0x5a
open(sys.argv[2], "wb").write(b)' "$@"
}

# trailer FILE TEXT: the simulator's application model reads it from an image's last 64 bytes.
trailer() {
  python3 -c 'import sys
open(sys.argv[1], "ab").write(sys.argv[2].encode().ljust(64, b"\0"))' "$1" "$2"
}

# package OUT VERSION RELEASE SECURITY_VERSION IMAGE [pack options...]: packed and signed by acme.
package() {
  pkg_out=$1
  facts "$pkg_out.json" "$2" "$3" "$4"
  pkg_image=$5
  shift 5
  must gapseal-sign pack "$pkg_out.json" --image "$pkg_image" "$@" -o "$pkg_out"
  must gapseal-sign sign --key release.pem --keyring acme.gsk "$pkg_out"
}

# The host's trust: acme's maker key and keyring.
trust_acme() {
  must gapseal trust add maker.pub.pem
  must gapseal trust add acme.gsk
}

# start_sim NAME [options]: a device in directory NAME behind unix:NAME.sock; a new directory is
# provisioned for acme. Sets the variable called NAME to its port. --profile linux unless given.
start_sim() {
  sim_name=$1
  shift
  set -- --dir "$sim_name" --listen "unix:$sim_name.sock" "$@"
  case " $* " in
    *" --profile "*) ;;
    *) set -- "$@" --profile linux ;;
  esac
  if [ ! -d "$sim_name" ]; then
    case " $* " in
      *" --serial "*) ;;
      *) set -- "$@" --serial "sn-$sim_name" ;;
    esac
    case " $* " in
      *" --provision "*) ;;
      *) set -- "$@" --provision acme.gsk ;;
    esac
    case " $* " in
      *" --maker-key "*) ;;
      *) set -- "$@" --maker-key maker.pem ;;
    esac
  fi
  rm -f "$sim_name.sock"
  gapseal-sim "$@" >>"$sim_name.log" 2>&1 </dev/null &
  sim_pid=$!
  pids="$pids $sim_pid"
  eval "pid_$sim_name=$sim_pid; $sim_name=port:unix:$sim_name.sock"
  if ! wait_for 20 sim_up_or_dead "$sim_name" "$sim_pid" || [ ! -S "$sim_name.sock" ]; then
    sed 's/^/#   /' "$sim_name.log"
    bail "the simulator starts: gapseal-sim $*"
  fi
}
sim_up_or_dead() {
  [ -S "$1.sock" ] || gone "$2"
}
# plain_session FILE: what gapseal said, without what is another each time: times, rates and places.
plain_session() {
  sed "s|$T/||g"'; s/[0-9]*T[0-9]*Z/TIME/; s/-[0-9]\.gsr/.gsr/; s/, [0-9.]* [kM]B\/s.*//; s/in [0-9.]* s ([0-9.]* [kM]B\/s)//' "$1"
}
# stop_sim NAME: like pulling its plug.
stop_sim() {
  eval "sim_pid=\$pid_$1"
  kill -9 "$sim_pid" 2>/dev/null
  wait "$sim_pid" 2>/dev/null
  rm -f "$1.sock"
}
# sim_cut NAME: its power was cut, as --die-after-bytes and --power-cut-at make it; waits for that.
sim_cut() {
  eval "sim_pid=\$pid_$1"
  wait_for 20 gone "$sim_pid" || return 1
  sim_code=0
  wait "$sim_pid" || sim_code=$?
  [ "$sim_code" -eq 9 ]
}
