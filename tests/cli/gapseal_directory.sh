#!/bin/sh
# gapseal: of a directory the newest package that the device would take, and why.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw1.bin 50000 one
image fw2.bin 50000 two
image fw3.bin 50000 three
mkdir stick
package stick/ctrl-1.gsp 1.0.0 1 1 fw1.bin
package stick/ctrl-2.gsp 2.0.0 2 2 fw2.bin
package stick/ctrl-3.gsp 3.0.0 3 2 fw3.bin

# other NAME PRODUCT BOARD RELEASE: a package for something else.
other() {
  facts other.json "$4.0.0" "$4" 9 "$2" "$3"
  must gapseal-sign pack other.json --image fw1.bin -o "$1"
  must gapseal-sign sign --key release.pem --keyring acme.gsk "$1"
}
other stick/panel.gsp com.acme.panel com.acme.panel.board-a 9
other stick/board.gsp "$PRODUCT" com.acme.ctrl.board-z 9
cp stick/ctrl-3.gsp.json v9.json
sed -i 's/"release": 3/"release": 9/' v9.json
must gapseal-sign pack v9.json --image fw3.bin -o stick/foreign.gsp
must gapseal-sign sign --key other-release.pem --keyring other.gsk stick/foreign.gsp
head -c 300 stick/ctrl-3.gsp >stick/short.gsp
echo "not a package" >stick/text.gsp
mkdir stick/deeper.gsp
mkfifo stick/pipe.gsp
package deeper-9.gsp 9.0.0 9 2 fw3.bin
mv deeper-9.gsp stick/deeper.gsp/ctrl-9.gsp
cp stick/ctrl-3.gsp stick/.hidden.gsp
ln -s /dev/zero stick/device.gsp
ln -s nowhere stick/broken.gsp
start_sim dev1

# candidate FILE EXPRESSION...: true of that file's candidate, c.
candidate() {
  name=$1
  shift
  for expression in "$@"; do
    expect_json "[c for c in d['candidates'] if c['file'] == '$name' and ($expression)] != []"
  done
}

# The whole stick, and what is passed over is named with its reason.
expect_exit 0 gapseal check stick "$dev1" --json
first_err "asking the device whether it would take stick"
last_err "would take ctrl 3.0.0"
err_has "chosen   ctrl-3.gsp: newest of 3 that fit"
err_has "passed   ctrl-1.gsp: older: release 1, and 3 fits as well"
err_has "passed   panel.gsp: the package is for another product, com.acme.panel"
err_has "passed   board.gsp: the package is for com.acme.ctrl.board-z, revisions 0 to 9"
err_has "passed   foreign.gsp: "
err_has "passed   short.gsp: "
err_has "passed   deeper.gsp: not a regular file"
err_has "passed   pipe.gsp: not a regular file"
err_has "passed   device.gsp: not a regular file"
err_has "passed   broken.gsp: cannot be opened"
expect_json 'len(d["candidates"]) == 12' 'sum(c["chosen"] for c in d["candidates"]) == 1' \
  'd["package"]["release"] == 3' 'd["written"] is False'
candidate ctrl-3.gsp 'c["chosen"] and c["fits"] and c["code"] == "ok"'
candidate ctrl-2.gsp 'c["fits"] and not c["chosen"] and c["release"] == 2'
candidate panel.gsp 'c["code"] == "wrong-product" and c["exit"] == 12'
candidate board.gsp 'c["code"] == "wrong-hardware"'
candidate foreign.gsp 'c["code"] == "key-unknown" and c["exit"] == 11'
candidate text.gsp 'c["code"] == "file-malformed" and c["digest"] is None'
candidate pipe.gsp 'c["code"] == "file-read"'

expect_exit 0 gapseal install stick "$dev1" --json
first_err "installing stick"
err_has "chosen   ctrl-3.gsp: newest of 3 that fit"
last_err "done: sn sn-dev1 now runs ctrl 3.0.0 (release 3), proven by its receipt"
expect_json 'd["package"]["release"] == 3' 'd["receipt"] is not None'

# The newest runs already; the rest is below the floor or older.
expect_exit 0 gapseal install stick/ "$dev1" --json
err_has "chosen   ctrl-3.gsp: the only one that fits, and runs already"
err_has "passed   ctrl-1.gsp: this device will not go back to 1.0.0"
err_has "passed   ctrl-2.gsp: 2.0.0 is older than the release 3 (3.0.0) that runs"
last_err "already installed: sn sn-dev1 runs ctrl 3.0.0 (release 3), proven by its receipt"
expect_json 'd["already"] is True' 'd["written"] is False' 'd["transfer"]["sent_bytes"] == 0'
candidate ctrl-3.gsp 'c["code"] == "already-installed" and c["exit"] == 0 and c["chosen"]'

# An older one may be asked for; the newest is taken all the same, and with it out of the way the next.
expect_exit 0 gapseal check stick "$dev1" --older
last_err "sn sn-dev1 runs ctrl 3.0.0 already"
mkdir old
cp stick/ctrl-1.gsp stick/ctrl-2.gsp stick/panel.gsp old
expect_exit 13 gapseal install old "$dev1" --json
first_err "installing old"
err_has "none of the 3 packages fits; the nearest, ctrl-2.gsp: 2.0.0 is older than the release 3"
last_err "do: use a newer release, or ask for the older one with --older"
expect_json 'd["code"] == "older"' 'd["decided_by"] == "computer"' 'd["written"] is False' \
  'not any(c["chosen"] for c in d["candidates"])'
expect_exit 0 gapseal check old "$dev1" --older
err_has "chosen   ctrl-2.gsp: the only one that fits"

# One that is damaged behind its head is found when it is read, and the next newest is taken.
start_sim dev2
mkdir spoilt
cp stick/ctrl-1.gsp stick/ctrl-2.gsp spoilt
changed stick/ctrl-3.gsp spoilt/ctrl-3.gsp $(($(size_of stick/ctrl-3.gsp) - 1))
expect_exit 0 gapseal install spoilt "$dev2" --json
err_has "chosen   ctrl-2.gsp: newest of 2 that fit"
err_has "passed   ctrl-3.gsp: "
last_err "now runs ctrl 2.0.0"
candidate ctrl-3.gsp 'c["exit"] == 10 and not c["fits"]'

# Only the head is read of what is not chosen: damage behind it is not noticed.
mkdir heads
cp stick/ctrl-3.gsp heads
changed stick/ctrl-2.gsp heads/ctrl-2.gsp $(($(size_of stick/ctrl-2.gsp) - 1))
expect_exit 0 gapseal check heads "$dev2" --json
err_has "chosen   ctrl-3.gsp: newest of 2 that fit"
candidate ctrl-2.gsp 'c["fits"] and not c["chosen"]'

# Equally new and different: nobody guesses.
mkdir equal
cp stick/ctrl-1.gsp stick/ctrl-3.gsp equal
package equal/ctrl-3b.gsp 3.0.0-b 3 2 fw1.bin
expect_exit 4 gapseal install equal "$dev2" --json
err_has "fits     ctrl-3.gsp: release 3, security version 2, digest "
err_has "fits     ctrl-3b.gsp: release 3, security version 2, digest "
err_has "passed   ctrl-1.gsp: "
err_has "are different packages, both of release 3 and security version 2"
last_err "do: name one of the files, or its digest: --expect "
expect_json 'd["code"] == "several-packages"' 'd["written"] is False' 'd["devices"][0]["serial"] == "sn-dev2"'
digest=$(json '[c["digest"] for c in d["candidates"] if c["file"] == "ctrl-3b.gsp"][0]')
expect_exit 0 gapseal check equal "$dev2" --expect "$(echo "$digest" | cut -c1-16)" --json
err_has "chosen   ctrl-3b.gsp: named with --expect"
expect_json 'd["package"]["version"] == "3.0.0-b"'
# The security version decides between equal releases; a copy is no other package.
package equal/ctrl-3c.gsp 3.0.0-c 3 3 fw1.bin
cp equal/ctrl-3c.gsp equal/copy.gsp
expect_exit 0 gapseal check equal "$dev2" --json
err_has "chosen   copy.gsp: newest of 4 that fit"
err_has "passed   ctrl-3c.gsp: the same package as copy.gsp"
err_has "passed   ctrl-3b.gsp: older: security version 2, and 3 fits as well"

# --expect names the package, and the device judges it: a refusal has a receipt.
digest=$(json '[c["digest"] for c in d["candidates"] if c["file"] == "ctrl-1.gsp"][0]')
expect_exit 13 gapseal install equal "$dev2" --expect "$digest" --json
err_has "chosen   ctrl-1.gsp: named with --expect"
expect_json 'd["decided_by"] == "device"' 'd["receipt"] is not None' 'd["package"]["release"] == 1'
# Whether it fits was not asked here; that the others are not the one is known.
candidate ctrl-1.gsp 'c["chosen"] and c["fits"] is None'
candidate ctrl-3c.gsp 'c["fits"] is False and c["code"] == "not-expected"'
expect_exit 10 gapseal install equal "$dev2" --expect 0000000000000000 --json
expect_json 'd["code"] == "not-expected"'
err_has "no package in equal is the one that was named with --expect"
expect_exit 2 gapseal install equal "$dev2" --expect nonsense

# None fits: the reason that came nearest, by the order of rules.
mkdir wrong damaged empty
cp stick/panel.gsp wrong
cp stick/short.gsp damaged/a.gsp
cp stick/text.gsp damaged/b.gsp
expect_exit 12 gapseal install wrong "$dev2" --json
expect_json 'd["code"] == "wrong-product"' 'd["candidates"][0]["code"] == "wrong-product"'
err_has "the only package there does not fit; panel.gsp: the package is for another product"
cp stick/text.gsp stick/foreign.gsp wrong
expect_exit 12 gapseal install wrong "$dev2"
rm wrong/panel.gsp
expect_exit 11 gapseal install wrong "$dev2"
# Files of no use to anyone: no device is asked.
expect_exit 10 gapseal install damaged port:unix:nobody.sock --json
expect_json 'd["code"] == "file-malformed"' 'len(d["candidates"]) == 2'
expect_exit 10 gapseal install empty port:unix:nobody.sock --json
expect_json 'd["code"] == "file-read"'
err_has "empty holds no package file (*.gsp)"
last_err "do:"
expect_exit 10 gapseal install absent port:unix:nobody.sock
expect_exit 3 gapseal install stick port:unix:nobody.sock

# Without a device: every byte of every file.
expect_exit 10 gapseal check spoilt --json
first_err "checking the packages in spoilt, without a device"
err_has "1 of 3 packages does not hold"
last_err "do: see each file's line"
expect_json '[c["exit"] for c in d["candidates"]] == [0, 0, 10]'
# With --expect, of the files with that digest; whether one fits only a device can say.
digest=$(json '[c["digest"] for c in d["candidates"] if c["file"] == "ctrl-2.gsp"][0]')
expect_exit 0 gapseal check spoilt --expect "$digest" --json
candidate ctrl-2.gsp 'c["fits"] is None and c["code"] == "ok"'
candidate ctrl-1.gsp 'c["fits"] is False and c["code"] == "not-expected"'
last_err "1 package: format and signatures hold"
expect_exit 0 gapseal check old
last_err "3 packages: format and signatures hold"
out_has "ctrl-2.gsp"

# Each device gets what fits it.
start_sim panel --product com.acme.panel --hardware com.acme.panel.board-a
expect_exit 0 gapseal install stick "$panel" "$dev2" --json
last_err "done: 2 devices run the newest package that fits, each proven by its receipt"
expect_json '[x["running"]["release"] for x in d["devices"]] == [9, 3]' \
  '[x["package"]["product"] for x in d["devices"]] == ["com.acme.panel", "com.acme.ctrl"]' \
  'all(len(x["candidates"]) == 12 for x in d["devices"])'
expect_exit 50 gapseal install old "$panel" "$dev2" --json
expect_json '[x["exit"] for x in d["devices"]] == [0, 13]' 'd["devices"][0]["already"] is True'
expect_exit 50 gapseal check old "$panel" "$dev2"

# Names made to mislead stay names.
mkdir names
esc=$(printf '\033')
nl='
'
cp stick/ctrl-1.gsp "names/a${esc}[2J${nl}done: all is well.gsp"
cp stick/panel.gsp "names/-rf.GSP"
cp stick/text.gsp "names/$(printf '%0200d' 0).gsp"
start_sim dev3
expect_exit 0 gapseal install names "$dev3"
err_has 'chosen   a\x1b[2J\x0adone: all is well.gsp: the only one that fits'
err_has "passed   -rf.GSP: "
LAST=
if grep -q "$esc" err out; then not_ok "no escape reaches the terminal"; else ok "no escape reaches the terminal"; fi
if grep -q '^done: all is well' err; then not_ok "no line of its own"; else ok "no line of its own"; fi

# A bound on their number, and no guess behind it.
mkdir many
(cd many && seq -f 'p%04g.gsp' 1 1001 | xargs touch)
expect_exit 2 gapseal install many "$dev3" --json
err_has "many holds more than 1000 package files"
rm many/p1001.gsp
cp stick/ctrl-3.gsp many/p0500.gsp
expect_exit 0 gapseal check many "$dev3"
err_has "chosen   p0500.gsp: the only one that fits"
finish
