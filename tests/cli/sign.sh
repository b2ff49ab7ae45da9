#!/bin/sh
# gapseal-sign: keys, keyrings, packing, signing, and what each refusal says.
. "$(dirname "$0")/../lib.sh"

# refused EXIT CODE: the last command's first and last line.
refused() {
  first_err "refused: "
  first_err "[$1 $2]"
  last_err "  do: "
}

# -- keys --------------------------------------------------------------------------------------
expect_exit 0 gapseal-sign keygen root.pem
check "the public half lies beside it" test -s root.pub.pem
check "the private key is its owner's alone" sh -c 'test "$(stat -c %a root.pem)" = 600'
check "the key id is the only thing on stdout" grep -Eqx '[0-9a-f]{64}' out
cp root.pem root.before
expect_exit 10 gapseal-sign keygen root.pem
refused 10 key-file
check "the key is as it was" cmp root.pem root.before
for key in release recovery stranger pump; do
  must gapseal-sign keygen $key.pem
done

# -- keyrings ----------------------------------------------------------------------------------
expect_exit 0 gapseal-sign keyring new --root root.pem --release release.pub.pem --recovery recovery.pem -o acme.gsk
expect_exit 0 gapseal-sign keyring show acme.gsk --json
expect_json 'd["exit"] == 0' 'len(d["keyrings"]) == 1' 'd["keyrings"][0]["version"] == 1' \
  'sorted(k["role"] for k in d["keyrings"][0]["keys"]) == ["recovery", "release", "root"]'
# Its id is the one by which gapseal knows it.
id=$(json 'd["keyrings"][0]["id"]')
must gapseal trust add acme.gsk
expect_exit 0 gapseal trust list --json
LAST="the id of $id"
expect_json "d['items'][0]['full_id'] == '$id'"
expect_exit 0 gapseal-sign inspect acme.gsk
out_has "  id         $id"
expect_exit 0 gapseal-sign keyring next --from acme.gsk --root root.pem --add-release stranger.pem --minimum com.acme.ctrl=2 -o acme2.gsk
expect_exit 0 gapseal-sign keyring show acme2.gsk --json
expect_json 'd["schema"] == "gapseal-sign.keyring.1"' 'len(d["keyrings"]) == 2' 'd["keyrings"][1]["minimums"][0]["security_version"] == 2'
expect_exit 11 gapseal-sign keyring next --from acme.gsk --root pump.pem -o none.gsk
refused 11 key-unknown
first_err "is no root of keyring 1"
expect_exit 11 gapseal-sign keyring next --from acme.gsk --root release.pem -o none.gsk
refused 11 key-role
first_err "is no root of keyring 1"
for command in "new --release release.pem" "next --from acme.gsk"; do
  # shellcheck disable=SC2086
  expect_exit 11 gapseal-sign keyring $command --root root.pub.pem -o none.gsk
  refused 11 threshold
  first_err "no private root key of the keyring was given"
  last_err "--root root.pem"
done
check "a failed run leaves no output" test ! -e none.gsk
cp acme.gsk acme.before
expect_exit 10 gapseal-sign keyring new --root root.pem --release release.pem -o acme.gsk
refused 10 key-file
first_err "acme.gsk is there already"
expect_exit 10 gapseal-sign keyring next --from acme.gsk --root root.pem --add-release stranger.pem -o acme.gsk
refused 10 key-file
check "a keyring is never written over" cmp acme.gsk acme.before
expect_exit 2 gapseal-sign keyring next --from acme.gsk --root root.pem --minimum com.acme.ctrl -o none.gsk
refused 2 usage

# -- packing -----------------------------------------------------------------------------------
image fw.bin 120000 one
printf 'first\r\nsecond\n' >CHANGES.md
echo '{"bomFormat": "CycloneDX"}' >sbom.cdx.json
facts facts.json 1.0.0 1 1
expect_exit 0 gapseal-sign pack facts.json --image fw.bin --changelog CHANGES.md --sbom sbom.cdx.json -o a.gsp
check "the package digest is the only thing on stdout" grep -Eqx '[0-9a-f]{64}' out
mkdir elsewhere
cp fw.bin facts.json CHANGES.md sbom.cdx.json elsewhere
touch -d 2001-01-01 elsewhere/*
must env TZ=Asia/Tokyo gapseal-sign pack elsewhere/facts.json --image elsewhere/fw.bin --changelog elsewhere/CHANGES.md --sbom elsewhere/sbom.cdx.json -o b.gsp
check "the same input gives the same bytes" cmp a.gsp b.gsp
expect_exit 0 gapseal-sign inspect a.gsp --json
expect_json 'd["signatures"] == []' 'd["images"][0]["size"] == 120000' 'd["images"][0]["block_size"] == 4096' \
  'd["about"]["changelog"] == "first\nsecond\n"' 'd["release"] == 1' '"load_address" not in d["images"][0]'

expect_exit 0 gapseal-sign pack facts.json --image fw.bin@0x8000 --image fw.bin@0x28000 --block-size 1024 -o two.gsp
expect_exit 0 gapseal-sign inspect two.gsp --json
expect_json '[i["slots"] for i in d["images"]] == ["A", "B"]' \
  '[i["load_address"] for i in d["images"]] == [0x8000, 0x28000]'
expect_exit 0 gapseal-sign pack facts.json --image fw.bin@0x8000 --no-load-address -o none.gsp
err_lacks "note:"
expect_exit 0 gapseal-sign inspect none.gsp --json
expect_json '"load_address" not in d["images"][0]'
expect_exit 0 gapseal-sign pack facts.json --image fw.bin --image fw.bin -o none.gsp
first_err "replaced none.gsp: ctrl 1.0.0"
err_has "two images without an address: the device cannot check which slot they are linked for"
expect_exit 0 gapseal-sign pack facts.json --image fw.bin --image fw.bin@0x8000 -o none.gsp
err_has "the image for slot A has no address"
rm none.gsp

sed 's/"release"/"relaese"/' facts.json >bad.json
expect_exit 10 gapseal-sign pack bad.json --image fw.bin -o none.gsp
refused 10 facts
first_err '"relaese" is not known'
last_err 'did you mean "release"?'
expect_exit 10 gapseal-sign pack facts.json --image absent.bin -o none.gsp
refused 10 file-read
expect_exit 10 gapseal-sign pack facts.json --image fw.bin --block-size 256 -o none.gsp
refused 10 image-file
last_err "--block-size 512"
expect_exit 2 gapseal-sign pack facts.json --image fw.bin --block-size 4095 -o none.gsp
refused 2 usage
printf 'a\033[2Jb' >evil.md
expect_exit 10 gapseal-sign pack facts.json --image fw.bin --changelog evil.md -o none.gsp
refused 10 bad-text
expect_exit 2 gapseal-sign pack facts.json --image fw.bin --attach fw.bin --attach "$T/.hidden" -o none.gsp
refused 2 usage
expect_exit 2 gapseal-sign pack facts.json --image fw.bin -o /dev/null
refused 2 usage
check "a device node stays one" test -c /dev/null
expect_exit 1 gapseal-sign pack facts.json --image fw.bin -o absent/none.gsp
first_err "[1 disk]"
last_err "do: check the path and the space"
expect_exit 1 gapseal-sign keygen absent/none.pem
last_err "do: check the path and the space"
cp fw.bin fw.before
ln -s fw.bin alias.bin
mkdir inputs
for input in fw.bin alias.bin facts.json CHANGES.md sbom.cdx.json ./inputs/../fw.bin; do
  expect_exit 2 gapseal-sign pack facts.json --image fw.bin --changelog CHANGES.md --sbom sbom.cdx.json -o "$input"
  refused 2 usage
  first_err "is one of the inputs"
done
expect_exit 2 gapseal-sign pack facts.json --image fw.bin@0x8000 -o fw.bin
check "an input is never written over" cmp fw.bin fw.before
# A package takes the place of a package alone.
ln -s release.pem key.gsp
mkdir folder
for place in "release.pem:a private key" "release.pub.pem:a public key" "acme.gsk:a keyring" \
  "key.gsp:a private key" "bad.json:another file" "folder:a directory"; do
  cp -R "${place%%:*}" place.before
  expect_exit 2 gapseal-sign pack facts.json --image fw.bin -o "${place%%:*}"
  refused 2 usage
  first_err "${place%%:*} is there already, ${place#*:}, and is not written over"
  last_err "name a file that is not there yet, or a package"
  LAST=
  check "${place%%:*} is as it was" diff -r "${place%%:*}" place.before
  rm -r place.before
done
check "a symbolic link stays one" test -L key.gsp
rm -r key.gsp folder
check "failed runs leave no output" sh -c 'test ! -e none.gsp && ! ls | grep -q part'

# -- formats -----------------------------------------------------------------------------------
printf ':020000040800F2\n:0401000001020304F1\n:04010800050607 08\n' >broken.hex
expect_exit 10 gapseal-sign pack facts.json --image broken.hex -o none.gsp
refused 10 image-file
first_err "line 3"
printf ':020000040800F2\n:0401000001020304F1\n:0401080005060708D9\n:00000001FF\n' >gap.hex
expect_exit 0 gapseal-sign pack facts.json --image gap.hex -o gap.gsp
err_has "filled 4 bytes at 0x8000104 with 0xFF"
expect_exit 0 gapseal-sign inspect gap.gsp --json
expect_json 'd["images"][0]["size"] == 12' 'd["images"][0]["load_address"] == 0x8000100'

microbit=/usr/share/firmware-microbit-micropython/firmware.hex
if [ -e $microbit ]; then
  expect_exit 10 gapseal-sign pack facts.json --image $microbit -o none.gsp
  first_err "243852 bytes at 0x0, 28 bytes at 0x100010C0"
  last_err "--region"
  expect_exit 10 gapseal-sign pack facts.json --image $microbit --region 0:256k -o none.gsp
  first_err "28 bytes at 0x100010C0"
  expect_exit 0 gapseal-sign pack facts.json --image $microbit --region 0:256k --drop-outside -o mb.gsp
  err_has "left out 28 bytes at 0x100010C0"
  expect_exit 0 gapseal-sign inspect mb.gsp --json
  expect_json 'd["images"][0]["size"] == 243852'
else
  skip "the micro:bit's Intel HEX" "firmware-microbit-micropython is not installed"
fi

opensbi=/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_jump
if [ -e $opensbi.elf ]; then
  must gapseal-sign pack facts.json --image $opensbi.elf -o elf.gsp
  if grep -q "filled" err; then
    # Debian 13's is linked at 0 and has a gap, which objcopy filled with zeros.
    skip "an ELF file and its raw binary give the same package" "this OpenSBI has a gap"
  else
    must gapseal-sign pack facts.json --image $opensbi.bin@0x80000000 -o bin.gsp
    check "an ELF file and its raw binary give the same package" cmp elf.gsp bin.gsp
  fi
else
  skip "OpenSBI's ELF file" "opensbi is not installed"
fi

# -- signing -----------------------------------------------------------------------------------
cp a.gsp unsigned.gsp
expect_exit 0 gapseal-sign sign --key release.pem --keyring acme.gsk a.gsp
first_err "signing ctrl 1.0.0"
err_has "security version 1"
cp a.gsp once.gsp
expect_exit 0 gapseal-sign sign --key release.pem --keyring acme.gsk a.gsp
first_err "a.gsp was signed by this key already; nothing changed"
check "signing again changes nothing" cmp a.gsp once.gsp
expect_exit 0 gapseal-sign cosign --key recovery.pem --keyring acme.gsk a.gsp
expect_exit 0 gapseal-sign inspect a.gsp --json
expect_json 'd["schema"] == "gapseal-sign.inspect.1"' 'len(d["signatures"]) == 2' 'd["recovery"] is True' 'd["keyring_version"] == 1'
cp unsigned.gsp b.gsp
expect_exit 11 gapseal-sign sign --key stranger.pem --keyring acme.gsk b.gsp
refused 11 key-unknown
expect_exit 11 gapseal-sign sign --key root.pem --keyring acme.gsk b.gsp
refused 11 key-role
expect_exit 17 gapseal-sign sign --key release.pem --keyring acme2.gsk b.gsp
refused 17 below-minimum
must gapseal-sign keyring new --root root.pem --release pump.pem --product com.acme.pump -o pump.gsk
expect_exit 11 gapseal-sign sign --key pump.pem --keyring pump.gsk b.gsp
refused 11 key-scope
check "a refused package is as it was" cmp b.gsp unsigned.gsp
expect_exit 10 gapseal-sign sign --key absent.pem --keyring acme.gsk b.gsp
expect_exit 10 gapseal-sign sign --key release.pub.pem --keyring acme.gsk b.gsp
refused 10 key-file
changed unsigned.gsp broken.gsp 60000
expect_exit 10 gapseal-sign sign --key release.pem --keyring acme.gsk broken.gsp
refused 10 file-malformed
chmod 640 b.gsp
must gapseal-sign sign --key release.pem --keyring acme.gsk b.gsp
check "signing keeps the permissions" sh -c 'test "$(stat -c %a b.gsp)" = 640'

# -- texts ---------------------------------------------------------------------------------------
facts nasty.json '1.0\u00e9' 1 1
must gapseal-sign pack nasty.json --image fw.bin -o nasty.gsp
expect_exit 0 gapseal-sign inspect nasty.gsp
changed once.gsp broken.gsp 60000
expect_exit 10 gapseal-sign inspect broken.gsp --json
expect_json 'd["schema"] == "gapseal-sign.failure.1"' 'd["exit"] == 10' 'd["code"] != "ok"' 'd["do"] != ""'
expect_exit 0 gapseal-sign --help
expect_exit 0 gapseal-sign --version
out_has gapseal-sign
for command in keygen "keyring new" "keyring next" "keyring show" pack sign cosign inspect; do
  # shellcheck disable=SC2086
  expect_exit 0 gapseal-sign $command --help
  check "its usage is one line of single spaces" sh -c 'sed -n 1p out | grep -Eq "^usage: gapseal-sign( [^ ]+)+$"'
done
expect_exit 2 gapseal-sign
refused 2 usage
err_has "no command was given"
expect_exit 2 gapseal-sign frobnicate
refused 2 usage
expect_exit 2 gapseal-sign pakc
last_err "did you mean gapseal-sign pack?"
expect_exit 2 gapseal-sign keyring nex --from acme.gsk
refused 2 usage
first_err "no such command: keyring nex"
last_err "did you mean gapseal-sign keyring next?"
expect_exit 2 gapseal-sign keyring
last_err "new, next or show"
expect_exit 2 gapseal-sign pack --frobnicate
first_err "--frobnicate"
expect_exit 2 gapseal-sign pack facts.json --imgae=fw.bin
first_err "--imgae"
last_err "did you mean --image?"
if [ -e /dev/full ]; then
  expect_exit 1 sh -c 'gapseal-sign inspect once.gsp >/dev/full'
fi
finish
