#!/bin/sh
# gapseal-verify package, and what its refusals say. Receipts and logs of a device: tests/e2e.
. "$(dirname "$0")/../lib.sh"

make_keys
image fw.bin 120000 one
package a.gsp 1.0.0 1 1 fw.bin
expect_exit 0 gapseal-verify package a.gsp --keyring acme.gsk
out_has "the manifest is signed by release key"
out_has "matches the manifest block by block and as a whole"
err_empty
expect_exit 0 gapseal-verify package a.gsp --keyring acme.gsk --json
expect_json 'd["schema"] == "gapseal-verify.package.1"' 'd["exit"] == 0' 'd["code"] == "ok"' \
  'd["release"] == 1' 'len(d["verified"]) >= 3'

refused() {
  first_err "refused: "
  first_err "[$1 $2]"
  last_err "  do: "
}
expect_exit 11 gapseal-verify package a.gsp --keyring other.gsk
refused 11 key-unknown
expect_exit 11 gapseal-verify package a.gsp --keyring other.gsk --json
expect_json 'd["schema"] == "gapseal-verify.failure.1"' 'd["exit"] == 11' 'd["code"] == "key-unknown"' \
  'd["do"] != ""' '"verified" not in d'
must gapseal-sign pack a.gsp.json --image fw.bin -o unsigned.gsp
expect_exit 11 gapseal-verify package unsigned.gsp --keyring acme.gsk
refused 11 not-signed
size=$(size_of a.gsp)
changed a.gsp bad.gsp $((size - 1))
expect_exit 10 gapseal-verify package bad.gsp --keyring acme.gsk
refused 10 file-malformed
out_empty
err_has "  checked before the refusal:"
err_has "    the manifest is signed by release key"
expect_exit 10 gapseal-verify package bad.gsp --keyring acme.gsk --json
expect_json 'len(d["checked_before_refusal"]) >= 1' '"verified" not in d' '"release" not in d'
changed a.gsp bad.gsp 40
expect_exit 11 gapseal-verify package bad.gsp --keyring acme.gsk
refused 11 signature-bad
err_lacks "checked before"
changed a.gsp bad.gsp 3
expect_exit 10 gapseal-verify package bad.gsp --keyring acme.gsk
head -c $((size - 1)) a.gsp >bad.gsp
expect_exit 10 gapseal-verify package bad.gsp --keyring acme.gsk
(cat a.gsp; echo) >bad.gsp
expect_exit 10 gapseal-verify package bad.gsp --keyring acme.gsk
expect_exit 10 gapseal-verify package absent.gsp --keyring acme.gsk
refused 10 file-read

# A package that brings a newer keyring is followed; what that keyring revokes is refused.
must gapseal-sign keyring next --from acme.gsk --root root.pem --add-release stranger.pem -o acme2.gsk
must gapseal-sign pack a.gsp.json --image fw.bin -o b.gsp
must gapseal-sign sign --key stranger.pem --keyring acme2.gsk b.gsp
expect_exit 0 gapseal-verify package b.gsp --keyring acme.gsk
out_has "of keyring 2"
must gapseal-sign inspect a.gsp --json
digest=$(json 'd["package"]')
id=$(json 'd["signatures"][0]')
must gapseal-sign keyring next --from acme2.gsk --root root.pem --revoke-package "$digest" -o acme3.gsk
expect_exit 17 gapseal-verify package a.gsp --keyring acme3.gsk
refused 17 revoked
must gapseal-sign keyring next --from acme2.gsk --root root.pem --revoke-key "$id" -o acme4.gsk
expect_exit 11 gapseal-verify package a.gsp --keyring acme4.gsk
refused 11 key-revoked

expect_exit 10 gapseal-verify receipt a.gsp --maker maker.pub.pem
refused 10 file-malformed
expect_exit 10 gapseal-verify log a.gsp --maker maker.pub.pem
expect_exit 2 gapseal-verify
refused 2 usage
expect_exit 2 gapseal-verify package a.gsp
expect_exit 2 gapseal-verify package a.gsp b.gsp --keyring acme.gsk
expect_exit 2 gapseal-verify frobnicate a.gsp
expect_exit 2 gapseal-verify package a.gsp --frobnicate
first_err "no such option: --frobnicate"
expect_exit 2 gapseal-verify package a.gsp --keyring
first_err "--keyring needs a value"
expect_exit 2 gapseal-verify log a.gsl --maker maker.pub.pem --package a.gsp
first_err "log takes no --package"

start_sim dev1
trust_acme
must gapseal log "$dev1" --save dev1.gsl
must gapseal receipt fetch "$dev1" --json
receipt=$(json 'd["receipt"]')
expect_exit 0 gapseal-verify log dev1.gsl --maker maker.pub.pem
out_has "the log's head is signed by this device's own key"
check "a log says nothing of receipts" sh -c '! grep -q receipt out'
expect_exit 0 gapseal-verify log dev1.gsl --maker maker.pub.pem --json
expect_json 'd["schema"] == "gapseal-verify.log.1"' 'd["entries"][0]["sequence"] == 1' 'd["serial"] == "sn-dev1"'
expect_exit 0 gapseal-verify receipt "$receipt" --maker maker.pub.pem --json
expect_json 'd["schema"] == "gapseal-verify.receipt.1"'
expect_exit 18 gapseal-verify log dev1.gsl --maker root.pub.pem
refused 18 not-genuine
last_err "give the public key of the device's maker with --maker"
out_empty
expect_exit 10 gapseal-verify receipt "$receipt" --maker maker.pem
refused 10 key-file
last_err "give the public half, maker.pub.pem"

expect_exit 0 gapseal-verify --help
out_has "gapseal-verify log FILE.gsl"
expect_exit 0 gapseal-verify log --help
out_has "usage: gapseal-verify log FILE.gsl --maker PUB.pem"
check "help of a command is of this command alone" sh -c '! grep -Eq -- "--keyring|--package|receipt" out'
expect_exit 0 gapseal-verify package --help
out_has "--keyring FILE.gsk"
expect_exit 0 gapseal-verify --version
out_has gapseal-verify
finish
