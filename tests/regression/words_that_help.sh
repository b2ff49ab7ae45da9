#!/bin/sh
# Refusals that once gave two bare numbers, and next steps that did not fit.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw1.bin 30000 one
image fw2.bin 200000 two
package v1.gsp 1.0.0 1 1 fw1.bin
package v2.gsp 2.0.0 2 2 fw2.bin
start_sim dev1
expect_exit 0 gapseal install v2.gsp "$dev1"
why() {
  err_has "why      $1"
  err_lacks "got "
}

# Numbers come with what they count.
run gapseal install v1.gsp "$dev1"
why "the device's floor is 2, the package has security version 1"
package v9.gsp 9.0.0 9 4000000 fw1.bin
run gapseal install v9.gsp "$dev1"
why "the device takes security version "
image big.bin 5000000 big
package big.gsp 3.0.0 3 3 big.bin --block-size 65536
expect_exit 12 gapseal install big.gsp "$dev1"
why "a slot takes an image of at most 4,"
err_has "this one has 5,000,000"
facts old.json 1.0.0 1 2
must gapseal-sign pack old.json --image fw1.bin -o old.gsp
must gapseal-sign sign --key release.pem --keyring acme.gsk old.gsp
expect_exit 13 gapseal install old.gsp "$dev1" --json
why "release 2 runs, 1 is offered"
expect_json 'd["expected"] == "2"' 'd["got"] == "1"'
expect_exit 0 gapseal info "$dev1"
out_has "slots        "
check "no address where none is meant" sh -c '! grep "^slots" out | grep -q 0x'
out_has "4,194,304 bytes each"

# Blocks for another device.
start_sim small --profile mcu
expect_exit 0 gapseal info "$small"
out_has ", at 0x08010000 and 0x"
package blocks.gsp 1.0.0 1 1 fw1.bin --block-size 65536
expect_exit 12 gapseal install blocks.gsp "$small"
why "the device takes blocks of at most "
last_err "do: pack it again with --block-size "

# What was asked for, and who answered.
expect_exit 3 gapseal status sn:9999 --port unix:dev1.sock
err_has "no device sn:9999 answers; those that do: sn:sn-dev1"
expect_exit 3 gapseal status /dev/ttyUSB0 --port unix:dev1.sock
last_err "did you mean: port:serial:/dev/ttyUSB0"
expect_exit 3 gapseal status /dev/ttyUSB0
last_err "did you mean: port:serial:/dev/ttyUSB0"
expect_exit 3 gapseal list --port unix:nobody.sock
LAST=
check "a dead link is named once" test "$(grep -c nobody.sock err)" -eq 1

# Several devices: the last line names those that failed, and nobody decided for all.
start_sim fake --maker-key stranger.pem --provision acme.gsk
expect_exit 50 gapseal install v2.gsp port:unix:fake.sock "$dev1" --json
last_err "do: see each device's line, then run the same command for unix:fake.sock [18]"
LAST=
check "one line says who decided" test "$(grep -c 'decided by' err)" -eq 1
expect_json 'd["decided_by"] is None'

# A keyring that comes with the package is announced.
must gapseal-sign keygen next.pem
must gapseal-sign keyring next --from acme.gsk --root root.pem --add-release next.pem -o acme2.gsk
facts v3.json 3.0.0 3 3
must gapseal-sign pack v3.json --image fw1.bin -o v3.gsp
must gapseal-sign sign --key release.pem --keyring acme2.gsk v3.gsp
expect_exit 0 gapseal check v3.gsp "$dev1"
err_has "the device's keyring goes from version 1 to 2"
expect_exit 0 gapseal install v3.gsp "$dev1"
err_has "the device's keyring goes from version 1 to 2"
err_lacks "0.0 kB/s"

# Ctrl-C says how far it came.
start_sim dev2
gapseal install v2.gsp "port:exec:python3 $TOOLS/spoil_link.py dev2.sock slow" >stopped.out 2>err </dev/null &
victim=$!
wait_for 20 grep -q '10 %' err || bail "the install gets going"
kill -INT "$victim"
wait "$victim"
cp stopped.out out
LAST="gapseal install, then Ctrl-C"
err_has "stopped by a person after "
err_lacks "stopped: "

# A rejected package is no longer staged.
cp fw1.bin crash.bin
trailer crash.bin gapseal-sim:crash
package crash.gsp 4.0.0 4 3 crash.bin
expect_exit 30 gapseal install crash.gsp "$dev1"
expect_exit 0 gapseal status "$dev1"
out_has "last update  "

# What is none is not called 0, nor 0000..00.
expect_exit 0 gapseal log "$dev1"
out_has " provisioned "
LAST=
check "no release 0" sh -c '! grep -q "release 0" out && grep -q "release - " out'
expect_exit 0 gapseal reboot "$dev1"
expect_exit 0 gapseal journal show --json
expect_json 'not any(l["package"] and set(l["package"]) == {"0"} for l in d["lines"])'
expect_exit 0 gapseal journal show
check "no digest of zeros" sh -c '! grep -q "0000\.\.00" out'

# What is decided tells what comes next, and a release has its name before it is confirmed.
package v5.gsp 5.0.0 5 3 fw1.bin
expect_exit 40 gapseal install v5.gsp "$dev1" --stop-before confirm --json
err_has "release 5 (5.0.0)"
expect_exit 0 gapseal status "$dev1"
out_has "release 5 (5.0.0)"
expect_exit 0 gapseal reject "$dev1"
# So it has where a laptop that asked about it did not bring it.
start_sim dev4
expect_exit 0 gapseal check v5.gsp "$dev4"
stop_sim dev4
must gapseal-ota --dir dev4 v5.gsp
rm -rf state.aside
start_sim dev4
healthy() {
  gapseal status "$dev4" --json | grep -q '"healthy":[[:space:]]*true'
}
check "the image on trial reports healthy" wait_for 30 healthy
expect_exit 0 gapseal confirm "$dev4"
last_err "release 5 (5.0.0)"

# Help says what belongs to the command; JSON names the command that was not understood.
expect_exit 0 gapseal list --help
check "list takes no DEV" sh -c '! grep -q "(DEV)" out'
check "no double blank in a usage line" sh -c '! sed -n 1p out | grep -q "  "'
expect_exit 2 gapseal install --oldr x.gsp --json
expect_json 'd["command"] == "install"'
finish
