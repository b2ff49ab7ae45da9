#!/bin/sh
# How many instructions a start, a verification and a signature take on the board, counted by QEMU's
# clock, one a nanosecond, at breakpoints. docs/sizes.md has the figures, which are those of gcc 12; more than
# the bounds here is a regression. Other compilers get 30 % more; a tick of 10 ms that the board has not yet taken
# note of is 10 million instructions.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/mcu/board.inc"
command -v gdb-multiarch >/dev/null 2>&1 || skip_all "gdb-multiarch is not installed"
SLOT_A=0x21000000 SLOT_B=0x21080000
firmware mps2
make_keys
trust_acme
make_board dev1
power_on dev1
board_package v1.gsp 1.0.0 1 1 app_1
expect_exit 0 gapseal install v1.gsp "$dev1"
power_off dev1

case $(arm-none-eabi-gcc -dumpversion) in
  12.*) more=100 ;;
  *) more=130 ;;
esac

# QEMU's clock stands while the board is stopped.
cat >count.py <<'EOF_PY'
import gdb


def word(address):
    return int(gdb.parse_and_eval("*(unsigned *)0x%x" % address))


def now():
    """Ticks of 10 ms, and what SysTick counted down since the last."""
    ticks, reload, left = int(gdb.parse_and_eval("'board_mps2.c'::ticks")), word(0xE000E014), word(0xE000E018)
    return int((ticks + (reload + 1 - left) / (reload + 1)) * 10_000_000)


def stops(last):
    """Go on until last; says where it stopped, and when."""
    gdb.execute("break " + last)
    for _ in range(30):
        gdb.execute("continue", to_string=True)
        print("at", gdb.newest_frame().name(), now(), flush=True)
        if gdb.newest_frame().name() == last:
            return


gdb.execute("set pagination off")
gdb.execute("target remote dev1.gdb")
EOF_PY

# board_in_gdb LINE...: starts the board, and what is told to count.py.
board_in_gdb() {
  power_on dev1 stub_mps2 -S -icount shift=0 -chardev "socket,path=dev1.gdb,server=on,wait=off,id=gdb" -gdb chardev:gdb
  cp count.py run.py
  printf '%s\n' "$@" >>run.py
  gdb-multiarch -nx -batch "$FW/bin/stub_mps2" -x run.py >gdb.out 2>&1 </dev/null &
  gdb=$!
  pids="$pids $gdb"
}

# millions WHAT FROM TO MOST: the longest way from a stop at FROM to the next one at TO.
millions() {
  value=$(python3 - "$2" "$3" <<'PY'
import re, sys
stops = re.findall(r"^at (\S+) (\d+)$", open("gdb.out").read(), re.M)
stops = [(name, int(at)) for name, at in stops]
ways = [next((end - begin for to, end in stops[i + 1:] if to == sys.argv[2]), None)
        for i, (name, begin) in enumerate(stops) if name == sys.argv[1]]
ways = [way for way in ways if way is not None]
print(round(max(ways) / 1e6) if ways else "none")
PY
  )
  check "both ends of $1 were seen" test "${value:-none}" != none
  [ "${value:-none}" = none ] || expect_number "millions of instructions of $1" "$value" -le $(($4 * more / 100 + 10))
}

board_in_gdb 'gdb.execute("break gs_engine_start")' 'gdb.execute("break gs_ecdsa_verify")' \
  'gdb.execute("break gs_engine_boot")' 'stops("gs_board_jump")'
wait "$gdb"
power_off dev1
millions "a start" gs_engine_start gs_board_jump 190
millions "a start for the known answers" gs_engine_start gs_engine_boot 180
millions "a start for the boot decision, with an image of 1.4 KB" gs_engine_boot gs_board_jump 10
millions "a verification" gs_ecdsa_verify gs_ecdsa_verify 60

# From the order to sign to the first byte of the reply.
board_in_gdb 'stops("gs_ecdsa_sign")' 'stops("gs_board_uart_put")'
gapseal info "$dev1" >info.out 2>&1 </dev/null &
host=$!
pids="$pids $host"
wait "$gdb"
kill -INT "$host" 2>/dev/null
wait "$host" 2>/dev/null
power_off dev1
millions "a signature" gs_ecdsa_sign gs_board_uart_put 40
finish
