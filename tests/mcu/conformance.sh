#!/bin/sh
# The port conformance suite on the board: one half, the plug pulled, the other half.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/mcu/board.inc"
firmware mps2
make_keys
make_board dev1

# half KEY: what the board says to it.
half() {
  power_on dev1 conform_mps2
  mkfifo "keys.$1"
  socat - "UNIX-CONNECT:dev1.sock" <"keys.$1" >"half.$1" 2>/dev/null &
  talk_pid=$!
  pids="$pids $talk_pid"
  {
    printf '%s' "$1"
    wait_for 120 grep -q '^done' "half.$1"
  } >"keys.$1"
  power_off dev1
  wait "$talk_pid" 2>/dev/null
  tr -d '\r' <"half.$1" >said
  while read -r line; do
    case $line in
      "ok - "*"# SKIP"*)
        skipped=$((skipped + 1))
        echo "$line"
        ;;
      "ok - "*) ok "${line#ok - }" ;;
      "not ok - "*)
        LAST=
        not_ok "${line#not ok - }"
        ;;
    esac
  done <said
  LAST=
  CODE=0
  if grep -q '^done: none failed' said; then ok "half $1 ends, and none failed"; else not_ok "half $1 ends, and none failed: $(tail -n 1 said)"; fi
}

half b
half a
expect_number "checks that held" "$passed" -gt 30
finish
