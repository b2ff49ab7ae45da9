#!/bin/sh
# The whole job, told as a story: real firmware, a simulated device, and every way it may end.
#
#   sh tests/demo.sh [--no-install] [--keep]
#
# Installs what is missing (Debian, as root or with sudo), builds, and runs. Every exit code is
# checked; the first surprise ends the story with 1. --keep leaves its folder behind.
set -u

cd "$(dirname "$0")/.." || exit 1
TOP=$(pwd)
install=
keep=
for arg in "$@"; do
  case $arg in
    --no-install) install=--no-install ;;
    --keep) keep=yes ;;
    *)
      echo "usage: sh tests/demo.sh [--no-install] [--keep]" >&2
      exit 2
      ;;
  esac
done

# -- telling ---------------------------------------------------------------------------------------

steps=0
chapter() {
  echo
  echo "== $* =="
}
tell() {
  echo
  echo "$*" | fold -s -w 92
}
surprise() {
  echo
  echo "demo: this is not what should have happened: $*" >&2
  exit 1
}
# Runs a command; what it says goes to said.txt, without the name of this story's folder.
run() {
  echo
  echo "\$ $*"
  code=0
  "$@" >raw.txt 2>&1 </dev/null || code=$?
  sed "s|$D/||g" raw.txt >said.txt
}
# shown CODE command...: prints the command and what it says; it must exit with CODE.
shown() {
  want=$1
  shift
  run "$@"
  sed 's/^/  /' said.txt
  [ "$code" -eq "$want" ] || surprise "exit code $code, not $want"
  [ "$want" -eq 0 ] || echo "  (exit code $code)"
  steps=$((steps + 1))
}
# short CODE command...: the same without its output.
short() {
  want=$1
  shift
  run "$@"
  if [ "$code" -ne "$want" ]; then
    cat said.txt
    surprise "exit code $code, not $want"
  fi
  steps=$((steps + 1))
}
# must_say TEXT: the command before must have said so.
must_say() {
  grep -qF -- "$1" said.txt || surprise "nothing says \"$1\""
}

# sent: the bytes that the command before sent.
sent() {
  sed -n 's/^ *sent \([0-9,]*\) bytes.*/\1/p' said.txt | tr -d ,
}
# sent_again FIRST: of what two runs sent, so much more than needed.
sent_again() {
  second=$(sent)
  image=$(wc -c <panel.bin)
  needed=$((image + (image + 4095) / 4096 * 32))
  tell "Counted over both runs: $1 bytes put on the link and then $second; $needed were needed, so $(($1 + second - needed)) went twice: what was still under way when it broke."
}

# -- devices ---------------------------------------------------------------------------------------

sims=
device() {
  name=$1
  shift
  echo
  echo "\$ gapseal-sim --dir $name $* --listen unix:$name.sock &"
  start_device "$name" "unix:$name.sock" "$@"
}
start_device() {
  name=$1 link=$2
  shift 2
  rm -f "$name.sock"
  gapseal-sim --dir "$name" "$@" --listen "$link" >>"$name.log" 2>&1 </dev/null &
  sim=$!
  sims="$sims $sim"
  eval "pid_$name=$sim"
  case $link in unix:*) ;; *) return 0 ;; esac
  tries=1000
  until [ -S "$name.sock" ]; do
    tries=$((tries - 1))
    if [ "$tries" -eq 0 ] || ! kill -0 "$sim" 2>/dev/null; then
      cat "$name.log"
      surprise "the simulator $name does not start"
    fi
    sleep 0.02
  done
}
end_device() {
  eval "sim=\$pid_$1"
  kill "$sim" 2>/dev/null
  wait "$sim" 2>/dev/null
}
# cut_off NAME: its power must have gone by itself.
cut_off() {
  eval "sim=\$pid_$1"
  sim_code=0
  wait "$sim" || sim_code=$?
  [ "$sim_code" -eq 9 ] || surprise "the device $1 did not lose its power"
}
finish() {
  code=$?
  for pid in $sims; do
    kill "$pid" 2>/dev/null
  done
  wait 2>/dev/null
  cd /
  if [ -n "$keep" ]; then
    echo "demo: kept $D"
  else
    rm -rf "$D"
  fi
  exit "$code"
}

# facts NAME VERSION RELEASE SECURITY_VERSION FLOOR PRODUCT BOARD
facts() {
  cat <<JSON
{
  "name": "$1",
  "version": "$2",
  "product": "$6",
  "hardware": ["$7"],
  "release": $3,
  "security_version": $4,
  "raises_floor_to": $5
}
JSON
}

# -- before the story -----------------------------------------------------------------------------

echo "gapseal: a signed firmware package reaches a device, and the device proves it."
sh tests/setup.sh $install demo || exit 1

D=$(mktemp -d "${TMPDIR:-/tmp}/gapseal-demo.XXXXXX") || exit 1
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

chapter "Building"
echo "\$ cmake --preset release && cmake --build --preset release"
if ! cmake --preset release >"$D/build.log" 2>&1 ||
  ! cmake --build --preset release --target gapseal gapseal-sign gapseal-verify gapseal-sim >>"$D/build.log" 2>&1; then
  cat "$D/build.log"
  surprise "it does not build"
fi
PATH=$TOP/build/release/bin:$PATH
XDG_CONFIG_HOME=$D/config
XDG_STATE_HOME=$D/state
LC_ALL=C.UTF-8
export PATH XDG_CONFIG_HOME XDG_STATE_HOME LC_ALL
cd "$D" || exit 1
shown 0 gapseal --version

opensbi=$(ls /usr/lib/riscv64-linux-gnu/opensbi/generic/fw_jump.bin /usr/share/opensbi/*/generic/firmware/fw_jump.bin 2>/dev/null | head -n 1)
uboot=/usr/lib/u-boot/qemu_arm64/u-boot.bin
[ -e "$uboot" ] || uboot=$(ls /usr/lib/u-boot/*/u-boot.bin 2>/dev/null | head -n 1)
microbit=/usr/share/firmware-microbit-micropython/firmware.hex
[ -n "$opensbi" ] && [ -n "$uboot" ] || surprise "the firmware of the packages opensbi and u-boot-qemu is not there"

# -- 1 ---------------------------------------------------------------------------------------------

chapter "1. The maker's desk: keys and a keyring"
tell "A root key signs keyrings, a release key signs packages, a maker key vouches for devices. In a real company the root lies in a safe."
shown 0 gapseal-sign keygen root.pem
short 0 gapseal-sign keygen release.pem
short 0 gapseal-sign keygen maker.pem
shown 0 gapseal-sign keyring new --root root.pem --release release.pem -o acme.gsk

chapter "2. A release becomes a package"
cp "$opensbi" fw.bin
tell "The firmware is real: OpenSBI's fw_jump.bin, $(wc -c <fw.bin | tr -d ' ') bytes, from Debian's package opensbi. The facts say what devices decide on."
facts ctrl 1.0.0 1 1 1 com.acme.ctrl com.acme.ctrl.board-a >facts-1.json
sed 's/^/  /' facts-1.json
cat >CHANGES.md <<'T'
# 1.0.0
First release.
T
cat >sbom.cdx.json <<T
{"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
 "components": [{"type": "firmware", "name": "opensbi", "version": "$(dpkg-query -W -f='${Version}' opensbi 2>/dev/null)"}]}
T
shown 0 gapseal-sign pack facts-1.json --image fw.bin --changelog CHANGES.md --sbom sbom.cdx.json -o ctrl-1.0.0.gsp
tell "Packing is reproducible: the same input gives the same bytes."
short 0 gapseal-sign pack facts-1.json --image fw.bin --changelog CHANGES.md --sbom sbom.cdx.json -o again.gsp
short 0 cmp ctrl-1.0.0.gsp again.gsp
shown 0 gapseal-sign sign --key release.pem --keyring acme.gsk ctrl-1.0.0.gsp
shown 0 gapseal-sign inspect ctrl-1.0.0.gsp

# -- 3 ---------------------------------------------------------------------------------------------

chapter "3. The technician's laptop and the device"
tell "The simulated device runs the very code a real one runs: its flash is a file, its link a socket. It leaves the factory with the maker's keyring and a statement of its own key."
device dev1 --serial 0042-1187 --profile linux --provision acme.gsk --maker-key maker.pem
dev1=port:unix:dev1.sock
tell "The laptop is told once whom to trust."
shown 0 gapseal trust add maker.pub.pem
shown 0 gapseal trust add acme.gsk
shown 0 gapseal list --port unix:dev1.sock

chapter "4. Would the device take it? Then let it"
shown 0 gapseal check ctrl-1.0.0.gsp $dev1
shown 0 gapseal install ctrl-1.0.0.gsp $dev1
tell "Exit 0 means that the device proved it: a receipt, signed by the device over a number the laptop had just made up, says which image runs after the reboot."
receipt=$(grep -o '[^ "]*\.gsr' said.txt | head -n 1)
[ -n "$receipt" ] && [ -s "$receipt" ] || surprise "no receipt was saved where install says"
shown 0 gapseal status $dev1
shown 0 gapseal log $dev1
shown 0 gapseal receipt show "$receipt"

chapter "5. An auditor who trusts neither of us"
tell "gapseal-verify reads everything with code of its own, and needs no device, network or clock."
shown 0 gapseal-verify package ctrl-1.0.0.gsp --keyring acme.gsk
shown 0 gapseal-verify receipt "$receipt" --maker maker.pub.pem

# -- 6 ---------------------------------------------------------------------------------------------

chapter "6. Release 1.1.0, and back again"
tell "The same image with one text really changed. The device holds nearly all of it already, so only what differs is sent."
python3 - <<'PY' || surprise "the firmware holds no banner to change"
b = open("fw.bin", "rb").read()
at = b.find(b"OpenSBI v%d.%d")
assert at > 0
open("fw-2.bin", "wb").write(b[:at] + b"AcmeSBI" + b[at + 7:])
PY
facts ctrl 1.1.0 2 2 1 com.acme.ctrl com.acme.ctrl.board-a >facts-2.json
short 0 gapseal-sign pack facts-2.json --image fw-2.bin -o ctrl-1.1.0.gsp
short 0 gapseal-sign sign --key release.pem --keyring acme.gsk ctrl-1.1.0.gsp
shown 0 gapseal install ctrl-1.1.0.gsp $dev1
tell "Release 1.1.0 does not raise the floor above 1, so the way back is still promised, until the next package needs the slot."
shown 0 gapseal rollback $dev1
shown 0 gapseal status $dev1
must_say 1.0.0
tell "And forward again. The other slot still holds 1.1.0: not one block is sent."
shown 0 gapseal install ctrl-1.1.0.gsp $dev1
tell "The same package once more:"
shown 0 gapseal install ctrl-1.1.0.gsp $dev1
must_say "already"

# -- 7 ---------------------------------------------------------------------------------------------

chapter "7. What is refused"
tell "A lower release. Nothing is erased before the decision."
shown 13 gapseal install ctrl-1.0.0.gsp $dev1

tell "One byte of the package altered, wherever it is."
size=$(wc -c <ctrl-1.1.0.gsp | tr -d ' ')
for at in 0 40 200 $((size / 2)) $((size - 1)); do
  python3 - "$at" <<'PY'
import sys
b = bytearray(open("ctrl-1.1.0.gsp", "rb").read())
b[int(sys.argv[1])] ^= 1
open("altered.gsp", "wb").write(b)
PY
  tell "Byte $at of $size:"
  run gapseal install altered.gsp $dev1
  sed -n '/^refused/s/^/  /p' said.txt
  echo "  (exit code $code)"
  case $code in
    10 | 11) steps=$((steps + 1)) ;;
    *) surprise "exit code $code, not 10 or 11" ;;
  esac
done

tell "The package of another product, properly signed: U-Boot for the operating panel, $(wc -c <"$uboot" | tr -d ' ') bytes."
facts panel 1.0.0 1 1 1 com.acme.panel com.acme.panel.board-a >facts-panel.json
cp "$uboot" panel.bin
short 0 gapseal-sign pack facts-panel.json --image panel.bin -o panel-1.0.0.gsp
short 0 gapseal-sign sign --key release.pem --keyring acme.gsk panel-1.0.0.gsp
shown 12 gapseal install panel-1.0.0.gsp $dev1

tell "A package by somebody else, with a keyring of their own making."
short 0 gapseal-sign keygen other-root.pem
short 0 gapseal-sign keygen other-release.pem
short 0 gapseal-sign keyring new --root other-root.pem --release other-release.pem -o other.gsk
short 0 gapseal-sign pack facts-2.json --image fw-2.bin -o foreign.gsp
short 0 gapseal-sign sign --key other-release.pem --keyring other.gsk foreign.gsp
shown 11 gapseal install foreign.gsp $dev1

tell "A device that cannot prove who made it. It is asked before any byte of the package leaves the laptop."
short 0 gapseal-sign keygen counterfeit.pem
device dev2 --serial 0042-1187 --profile linux --provision acme.gsk --maker-key counterfeit.pem
shown 18 gapseal install ctrl-1.1.0.gsp port:unix:dev2.sock
end_device dev2

# -- 8 ---------------------------------------------------------------------------------------------

chapter "8. A release that does not start"
tell "Release 1.2.0 is broken: the simulated application reads the last 64 bytes of its image and crashes. The device tries it, gives it up, and runs the last good image again, by itself."
python3 -c 'b = open("fw-2.bin", "rb").read()
open("fw-3.bin", "wb").write(b + b"gapseal-sim:crash".ljust(64, b"\0"))'
facts ctrl 1.2.0 3 3 3 com.acme.ctrl com.acme.ctrl.board-a >facts-3.json
short 0 gapseal-sign pack facts-3.json --image fw-3.bin -o ctrl-1.2.0.gsp
short 0 gapseal-sign sign --key release.pem --keyring acme.gsk ctrl-1.2.0.gsp
shown 30 gapseal install ctrl-1.2.0.gsp $dev1
tell "That is proven too: the receipt says which image failed, why, and what runs now."
receipt=$(grep -o '[^ "]*\.gsr' said.txt | head -n 1)
[ -n "$receipt" ] && [ -s "$receipt" ] || surprise "no receipt of the failure was saved"
shown 0 gapseal-verify receipt "$receipt" --maker maker.pub.pem
shown 0 gapseal status $dev1
must_say 1.1.0

# -- 9 ---------------------------------------------------------------------------------------------

chapter "9. Interrupted, and finished by the same command"
tell "Release 1.3.0 is a large one: U-Boot, $(wc -c <panel.bin | tr -d ' ') bytes. The device loses its power after 300,000 bytes."
end_device dev1
facts ctrl 1.3.0 4 4 1 com.acme.ctrl com.acme.ctrl.board-a >facts-4.json
short 0 gapseal-sign pack facts-4.json --image panel.bin -o ctrl-1.3.0.gsp
short 0 gapseal-sign sign --key release.pem --keyring acme.gsk ctrl-1.3.0.gsp
device dev1 --profile linux --die-after-bytes 300000
shown 20 gapseal install ctrl-1.3.0.gsp $dev1 --timeout 2
first=$(sent)
cut_off dev1
device dev1 --profile linux
tell "The device says what it still needs. Nothing it kept is sent again."
shown 0 gapseal install ctrl-1.3.0.gsp $dev1
must_say "sent again"
sent_again "$first"

tell "Now the power fails in the middle of a flash operation, on a fresh device."
end_device dev1
device dev3 --serial 0042-1188 --profile linux --provision acme.gsk --maker-key maker.pem --power-cut-at 150
dev3=port:unix:dev3.sock
shown 20 gapseal install ctrl-1.3.0.gsp $dev3 --timeout 2
first=$(sent)
cut_off dev3
device dev3 --profile linux
shown 0 gapseal install ctrl-1.3.0.gsp $dev3
must_say "sent again"
sent_again "$first"
end_device dev3

tell "Last, the laptop dies, over a serial line at 921,600 baud (emulated, with the 16 ms adapter)."
echo
echo "\$ serial_line.py --baud 921600 --timer-ms 16 --link-a host.tty --link-b device.tty &"
python3 "$TOP/tests/tools/serial_line.py" --baud 921600 --timer-ms 16 --link-a host.tty --link-b device.tty >line.txt 2>&1 &
sims="$sims $!"
tries=500
until [ -e host.tty ] && [ -e device.tty ]; do
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || surprise "the line does not come up"
  sleep 0.02
done
echo "\$ gapseal-sim --dir dev4 --serial 0042-1189 --profile linux ... --listen pty:device.tty &"
start_device dev4 pty:device.tty --serial 0042-1189 --profile linux --provision acme.gsk --maker-key maker.pem
echo "\$ gapseal install ctrl-1.3.0.gsp port:pty:host.tty &     (kill -9 when 30 % are done)"
gapseal install ctrl-1.3.0.gsp port:pty:host.tty >said.txt 2>&1 </dev/null &
victim=$!
tries=3000
until grep -q '30 *%' said.txt; do
  tries=$((tries - 1))
  if [ "$tries" -eq 0 ] || ! kill -0 "$victim" 2>/dev/null; then
    cat said.txt
    surprise "the install did not reach 30 %"
  fi
  sleep 0.02
done
kill -9 "$victim"
wait "$victim" 2>/dev/null
sed 's/^/  /' said.txt
shown 0 gapseal install ctrl-1.3.0.gsp port:pty:host.tty
must_say "sent again"
end_device dev4

# -- 10 --------------------------------------------------------------------------------------------

chapter "10. A microcontroller's image"
if [ -e "$microbit" ]; then
  cp "$microbit" micropython.hex
  tell "MicroPython for the micro:bit is an Intel HEX file: an image at 0, and 28 bytes of configuration at 0x100010C0. Flattened as it is, it would be 256 MiB. gapseal-sign names what lies outside and refuses to guess."
  facts microbit 1.0.1 1 1 1 com.acme.ctrl com.acme.ctrl.board-a >facts-microbit.json
  shown 10 gapseal-sign pack facts-microbit.json --image micropython.hex -o microbit-1.0.1.gsp
  shown 0 gapseal-sign pack facts-microbit.json --image micropython.hex --region 0:0x40000 --drop-outside -o microbit-1.0.1.gsp
  short 0 gapseal-sign sign --key release.pem --keyring acme.gsk microbit-1.0.1.gsp
  device dev5 --serial 0042-1190 --profile linux --provision acme.gsk --maker-key maker.pem
  shown 0 gapseal install microbit-1.0.1.gsp port:unix:dev5.sock
  end_device dev5
else
  tell "(skipped: the micro:bit's MicroPython, package firmware-microbit-micropython, is on Debian 12 only)"
fi

chapter "The end"
tell "$steps commands, each with the exit code it must have. A signed package reached a device and the device proved it; whatever was wrong was refused; whatever broke off was finished."
