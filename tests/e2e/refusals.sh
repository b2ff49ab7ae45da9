#!/bin/sh
# What is refused, with which exit code, and that nothing was written.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw1.bin 50000 one
image fw2.bin 50000 two
package v1.gsp 1.0.0 1 1 fw1.bin
package v2.gsp 2.0.0 2 2 fw2.bin
start_sim dev1
expect_exit 0 gapseal install v2.gsp "$dev1"

# refused CODE NAME FILE [options]: by that code, by name, nothing written, and a next step at the end.
refused() {
  want=$1 name=$2 file=$3
  shift 2
  expect_exit "$want" gapseal install "$@" --json
  expect_json "d['exit'] == $want" "d['code'] == '$name'" "d['written'] is False"
  first_err "installing $file"
  err_has "[$want $name]"
  last_err "do:"
}
state_of() {
  gapseal status "$dev1" --json 2>/dev/null | python3 -c 'import json, sys
d = json.load(sys.stdin)["devices"][0]
for k in ("log_sequence", "boot_count", "wear"): print(k, d.get(k))'
}
before=$(state_of)

refused 13 below-floor v1.gsp "$dev1"

# Another product's package.
facts other.json 1.0.0 9 9 com.acme.panel com.acme.panel.board-a
must gapseal-sign pack other.json --image fw1.bin -o panel.gsp
must gapseal-sign sign --key release.pem --keyring acme.gsk panel.gsp
refused 12 wrong-product panel.gsp "$dev1"

# Another board of the same product.
facts board.json 3.0.0 3 3 "$PRODUCT" com.acme.ctrl.board-z
must gapseal-sign pack board.json --image fw1.bin -o board.gsp
must gapseal-sign sign --key release.pem --keyring acme.gsk board.gsp
refused 12 wrong-hardware board.gsp "$dev1"
err_has "the package is for com.acme.ctrl.board-z, revisions 0 to 9, and this board is another,"
expect_exit 0 gapseal show board.gsp
out_has "board        com.acme.ctrl.board-z, revisions 0 to 9"
facts rev.json 3.0.0 3 3
sed -i 's/"revisions": .0, 9./"revisions": [7, 7]/' rev.json
must gapseal-sign pack rev.json --image fw1.bin -o rev.gsp
must gapseal-sign sign --key release.pem --keyring acme.gsk rev.gsp
refused 12 wrong-hardware rev.gsp "$dev1"
err_has "the package is for $BOARD, revision 7, and this board is revision 1"
expect_exit 0 gapseal show rev.gsp --json
expect_json "d['package']['hardware'] == [{'name': '$BOARD', 'id': d['package']['hardware'][0]['id'], 'first_revision': 7, 'last_revision': 7}]"

# An image that no slot holds.
image big.bin 5000000 big
package big.gsp 3.0.0 3 3 big.bin --block-size 65536
refused 12 image-size big.gsp "$dev1"

# Signed by a stranger; not signed; no package at all.
facts v3.json 3.0.0 3 3
must gapseal-sign pack v3.json --image fw1.bin -o foreign.gsp
must gapseal-sign sign --key other-release.pem --keyring other.gsk foreign.gsp
refused 11 key-unknown foreign.gsp "$dev1"
must gapseal-sign pack v3.json --image fw1.bin -o unsigned.gsp
refused 11 not-signed unsigned.gsp "$dev1"
refused 10 file-read missing.gsp "$dev1"

# Any one byte altered.
package v3.gsp 3.0.0 3 3 fw1.bin
size=$(size_of v3.gsp)
at=0
step=$((size / 24))
wrong=
while [ "$at" -lt "$size" ]; do
  changed v3.gsp altered.gsp "$at"
  run gapseal install altered.gsp "$dev1"
  case $CODE in
    10 | 11) ;;
    *) wrong="$wrong $at:$CODE" ;;
  esac
  # The head byte by byte where each rule lies, the data in strides.
  if [ "$at" -lt 400 ]; then at=$((at + 13)); else at=$((at + step)); fi
done
changed v3.gsp altered.gsp $((size - 1))
run gapseal install altered.gsp "$dev1"
case $CODE in 10 | 11) ;; *) wrong="$wrong last:$CODE" ;; esac
LAST=
if [ -z "$wrong" ]; then ok "a byte altered anywhere is refused with 10 or 11"; else not_ok "a byte altered is refused; byte:exit$wrong"; fi

# Cut short anywhere.
wrong=
for keep in 0 1 7 8 30 100 400 $((size / 2)) $((size - 1)); do
  head -c "$keep" v3.gsp >short.gsp
  run gapseal install short.gsp "$dev1"
  [ "$CODE" -eq 10 ] || wrong="$wrong $keep:$CODE"
done
cat v3.gsp >long.gsp
printf x >>long.gsp
run gapseal install long.gsp "$dev1"
[ "$CODE" -eq 10 ] || wrong="$wrong long:$CODE"
LAST=
if [ -z "$wrong" ]; then ok "a file cut short or made longer is refused with 10"; else not_ok "a file of another length is refused with 10; length:exit$wrong"; fi

after=$(state_of)
LAST=
if [ "$before" = "$after" ] && [ -n "$before" ]; then
  ok "the device did not write, log or restart meanwhile"
else
  not_ok "the device changed: $before -> $after"
fi

# --expect names one package and no other.
expect_exit 10 gapseal install v3.gsp "$dev1" --expect 0000000000000000
last_err "do:"

# Newer as a release, and of a lower security version than what runs, above the floor.
facts low.json 5.0.0 5 4
facts high.json 4.0.0 4 5
sed -i 's/"raises_floor_to": ./"raises_floor_to": 2/' low.json high.json
for name in low high; do
  must gapseal-sign pack $name.json --image fw1.bin -o $name.gsp
  must gapseal-sign sign --key release.pem --keyring acme.gsk $name.gsp
done
must gapseal install high.gsp "$dev1"
refused 13 older low.gsp "$dev1"
err_has "5.0.0 has security version 4, and the release 4 (4.0.0) that runs has 5 already"
last_err "do: use a release of security version 5 or higher, or ask for this one with --older"

# A device of an unknown maker is refused before any byte of the package leaves this computer.
start_sim fake --maker-key stranger.pem
refused 18 not-genuine v3.gsp "$fake"

# Nobody there.
refused 3 no-device v3.gsp port:unix:nobody.sock
finish
