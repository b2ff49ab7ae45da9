#!/bin/sh
# A package file on a medium that fails or changes while it is used: errors of reading in the middle (J08), files
# cut, grown, exchanged and taken away meanwhile (J16). gapseal maps no file into its memory, so that none of this
# is a signal; each block is verified where it is read for sending.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw1.bin 20000 one
image fw2.bin 40000 two
image fw3.bin 40000 three
package v1.gsp 1.0.0 1 1 fw1.bin --block-size 1024
package v2.gsp 2.0.0 2 1 fw2.bin --block-size 1024
package other.gsp 2.0.0 2 1 fw3.bin --block-size 1024
# A small device: what it has not taken yet has not been read yet either.
start_sim dev1 --profile mcu --slot-bytes 65536
must gapseal install v1.gsp "$dev1"

# -- errors in the middle (J08) ----------------------------------------------------------------

faults=$GAPSEAL_BIN/tests/faults.so
# failing WISH command...
failing() {
  wish=$1
  shift
  env LD_PRELOAD="$faults" FAULTS="$wish" FAULTS_PROGRAM="$1" FAULTS_REPORT="$T/report" \
    ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" "$@"
}
must failing read:0:EIO gapseal show v2.gsp
reads=$(sed -n 's/calls=\([0-9]*\).*/\1/p' report)
expect_number "reads of a package that is shown" "$reads" -gt 10
for at in $((reads / 2)) $((reads - 2)); do
  expect_exit 10 failing "read:$at:EIO" gapseal show v2.gsp --json
  expect_json 'd["code"] == "file-read"'
  err_has "v2.gsp"
  err_has "cannot be read at byte "
  err_has "Input/output error"
  last_err "do: "
done
must failing read:0:EIO gapseal check v2.gsp "$dev1"
reads=$(sed -n 's/calls=\([0-9]*\).*/\1/p' report)
expect_exit 10 failing "read:$((reads + 12)):EIO:on" gapseal install v2.gsp "$dev1" --json
expect_json 'd["code"] == "file-read"' 'd["decided_by"] == "computer"' 'd["written"] is True' 'd["state"] == "writing"'
err_has "cannot be read at byte "
last_err "do: "
expect_exit 0 gapseal install v2.gsp "$dev1"
for command in "gapseal-verify package v2.gsp --keyring acme.gsk" "gapseal-sign inspect v2.gsp"; do
  expect_exit 10 failing read:9:EIO $command
  err_has "v2.gsp"
  last_err "do: "
done

# -- files that change (J16) -------------------------------------------------------------------

spoil="python3 $TOOLS/spoil_link.py"
# meanwhile CODE WHAT command...: done to sent.gsp when a slow install has got going.
meanwhile() {
  want=$1 what=$2
  shift 2
  stop_sim dev1
  rm -rf dev1
  start_sim dev1 --profile mcu --slot-bytes 65536
  cp v2.gsp sent.gsp
  : >sent.err # of the row before
  gapseal install sent.gsp "port:exec:$spoil dev1.sock slow" --json >sent.out 2>sent.err </dev/null &
  sender=$!
  wait_for 60 grep -q ' %' sent.err || bail "the install gets going"
  "$@"
  wait "$sender"
  CODE=$?
  cp sent.out out
  cp sent.err err
  LAST="gapseal install sent.gsp; meanwhile $what"
  expect_number "$what: exit code" "$CODE" -eq "$want"
}
cut_short() {
  truncate -s "$1" sent.gsp
}
meanwhile 10 "it is cut to nothing" cut_short 0
expect_json 'd["code"] == "file-changed"' 'd["decided_by"] == "computer"' 'd["written"] is True' 'd["state"] == "writing"'
err_has "ends at byte "
last_err "do: "
written_over() {
  cat other.gsp >sent.gsp
}
meanwhile 10 "another package is written into it" written_over
expect_json 'd["code"] == "file-changed"' 'd["decided_by"] == "computer"' 'd["state"] == "writing"'
# What was opened is what is sent: it may grow, and its name may lead elsewhere, and nothing changes.
exchanged() {
  cat fw3.bin >>sent.gsp && rm sent.gsp && cp other.gsp sent.gsp
}
meanwhile 0 "it grows, is deleted, and another one takes its name" exchanged
expect_json 'd["devices"][0]["running"]["package"] == d["package"]["digest"]'
finish
