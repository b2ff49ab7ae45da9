#!/bin/sh
# Where cryptography failed for want of memory, the device was once called false (18) or broken (33), a
# file forged (11), and a keyring that could not be judged was left out, with what it revokes. JSON
# that lacked members ended with 0. Output that a reader had enough of ended with 1.
. "$(dirname "$0")/../lib.sh"

faults=$GAPSEAL_BIN/tests/faults.so
[ -e "$faults" ] || bail "the library of faults is built: $faults"
make_keys
trust_acme
image fw.bin 3000 one
package v1.gsp 1.0.0 1 1 fw.bin
start_sim dev1

# calls CLASS command...: how many calls of a class it makes. failing CLASS N command... With ON=:on
# all calls from the N-th on fail.
failing() {
  wish=$1:$2:ENOMEM${ON:-}
  program=$3
  shift 2
  LAST="FAULTS=$wish $*"
  CODE=0
  ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0 LD_PRELOAD=$faults FAULTS=$wish FAULTS_PROGRAM=$program \
    FAULTS_REPORT=$T/report "$@" >out 2>err </dev/null || CODE=$?
}
calls() {
  class=$1
  shift
  failing "$class" 0 "$@"
  sed -n 's/calls=\([0-9]*\).*/\1/p' report
}
# every STEPS CLASS CODES command...: at so many places, evenly spread, the exit code is one of CODES.
every() {
  steps=$1 class=$2 codes=" $3 "
  shift 3
  all=$(calls "$class" "$@")
  expect_number "$* asks for memory" "$all" -gt "$steps"
  i=0 wrong=
  while [ "$i" -lt "$steps" ]; do
    n=$((1 + i * (all - 1) / (steps - 1)))
    i=$((i + 1))
    failing "$class" "$n" "$@"
    # One call more or less a run: the last may not come to pass.
    case $codes$(sed -n 's/.*failed=-$/0 /p' report) in
      *" $CODE "*) ;;
      *) wrong="$wrong $n:$CODE" ;;
    esac
  done
  if [ -z "$wrong" ]; then ok "$class, $steps of $all: $* ends with$codes"; else not_ok "$class: $* ends with$codes; call:exit$wrong"; fi
}
every 25 crypto 1 gapseal status "$dev1"
every 15 crypto 1 gapseal check v1.gsp
every 15 crypto 1 gapseal-sign keyring show acme.gsk
every 15 crypto 1 gapseal-verify package v1.gsp --keyring acme.gsk
every 25 memory "0 1" gapseal show v1.gsp

# The package's own chain revokes the key that signed it; the trusted keyring does not yet.
key=$(gapseal-sign keyring show acme.gsk --json | python3 -c 'import json, sys
print([k["key_id"] for k in json.load(sys.stdin)["keyrings"][0]["keys"] if k["role"] == "release"][0])')
must gapseal-sign keygen next.pem
must gapseal-sign keyring next --from acme.gsk --root root.pem --add-release next.pem --revoke-key "$key" -o next.gsk
facts v2.json 2.0.0 2 1
must gapseal-sign pack v2.json --image fw.bin -o v2.gsp
must gapseal-sign sign --key next.pem --keyring next.gsk v2.gsp
python3 - <<'PY'
# Both signatures in one package cannot be made; the old envelope with the new chain can.
old = open("v1.gsp", "rb").read()
new = open("v2.gsp", "rb").read()
def section(data, name):
    at = data.index(name) + 4
    n = int.from_bytes(data[at:at + 8], "little")
    return at - 4, at + 8 + n
a, b = section(old, b"KEYS")
c, d = section(new, b"KEYS")
open("revoked.gsp", "wb").write(old[:a] + new[c:d] + old[b:])
PY
expect_exit 11 gapseal check revoked.gsp
err_has "key-revoked"
every 40 crypto "1 11" gapseal check revoked.gsp

# What could not be printed is told, and a reader that went away had enough.
all=$(calls memory gapseal show v1.gsp --json)
n=$((all / 2)) silent=
while [ "$n" -lt "$all" ]; do
  n=$((n + 3))
  failing memory "$n" gapseal show v1.gsp --json
  [ "$CODE" -ne 0 ] || python3 -c 'import json, sys; json.load(open(sys.argv[1]))["schema"]' out 2>check.out || silent="$silent $n"
done
if [ -z "$silent" ]; then ok "no JSON, no exit 0"; else not_ok "exit 0 without JSON, at call$silent"; fi
(gapseal info "$dev1"; echo $? >code) 2>err | head -n 1 >/dev/null
expect_number "exit code when the reader went away" "$(cat code)" -eq 0
# Ports that could not be looked at are not "nothing is wrong". Where there is none, they come last.
. "$TOP/tests/serial_ports.sh"
faults=$faults:$SHIM
export GAPSEAL_SHIM_ROOT="$PORTS"
failing memory 0 gapseal doctor
all=$(sed -n 's/calls=\([0-9]*\).*/\1/p' report)
expect_number "exit code of doctor" "$CODE" -eq 0
# How many there are depends on the processes that run, which are looked at before the ports.
ON=:on
failing memory $((all > 30 ? all - 30 : 1)) gapseal doctor
expect_number "exit code of doctor without memory" "$CODE" -eq 1
check "it says that it could not look at the ports" grep -q "^WRONG  port  .*could not be looked at" out
finish
