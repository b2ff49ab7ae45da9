#!/bin/sh
# The other way in: the OTA client on the same device. It installs what a cable would, is refused
# what a cable is refused, goes on where it broke off, and the two ways do not mix.
. "$(dirname "$0")/../lib.sh"

make_keys
image fw.bin 120000 one
image fw2.bin 300000 two
image fw3.bin 300000 three
package one.gsp 1.0.0 1 1 fw.bin
package two.gsp 2.0.0 2 2 fw2.bin
facts self.json 3.0.0 3 2
sed 's/"release"/"confirm": "device", "release"/' self.json >self-2.json
must gapseal-sign pack self-2.json --image fw.bin -o three.gsp
must gapseal-sign sign --key release.pem --keyring acme.gsk three.gsp
trust_acme

# Once it has run for a moment.
confirm_it() {
  wait_for 20 gapseal confirm "$1"
  expect_exit 0 gapseal status "$1" --json
  expect_json 'd["devices"][0]["state"] == "ready"'
}

# -- a package from a file; the device is started afterwards, and the image confirmed over the wire
expect_exit 1 gapseal-ota --dir dev1 one.gsp
err_has "no device there"
start_sim dev1
must gapseal install one.gsp "$dev1"
expect_exit 6 gapseal-ota --dir dev1 two.gsp
err_has "dev1 is in use by another program"
stop_sim dev1
expect_exit 0 gapseal-ota --dir dev1 two.gsp
first_err "gapseal-ota: sn-dev1, a confirmed image runs"
last_err "done: release 2 is in slot B; the next start tries it"
err_has "300000 bytes: 300000 taken, 0 copied, 0 found; 0 of 74 blocks missing"
start_sim dev1
confirm_it "$dev1"
expect_json 'd["devices"][0]["floor"] == 2'
expect_exit 0 gapseal log "$dev1" --json
expect_json '[e["door"] for e in d["entries"] if e["log_event"] == "confirm"] == ["wire", "ota"]'
expect_exit 0 gapseal install two.gsp "$dev1"
err_has "already"
stop_sim dev1

# -- from standard input; an image that the device may confirm by itself
expect_exit 0 sh -c "cat three.gsp | gapseal-ota --dir dev1 -"
start_sim dev1
confirmed() {
  gapseal status "$dev1" >confirmed 2>/dev/null && grep -q "^runs *release 3" confirmed &&
    grep -q "^state *ready" confirmed
}
wait_for 20 confirmed
check "the device confirmed by itself what came over the air" confirmed
stop_sim dev1

# -- refusals are the cable's
flash_of() {
  python3 -c 'import hashlib, sys
print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1/flash"
}
refused() { # CODE NAME PACKAGE
  expect_exit "$1" gapseal-ota --dir dev1 "$3"
  err_has "[$1 $2]"
  last_err "do:"
}
expect_exit 0 gapseal-ota --dir dev1 three.gsp
last_err "done: release 3 runs already"
refused 13 older two.gsp
must gapseal-sign pack two.gsp.json --image fw.bin -o unsigned.gsp
refused 11 not-signed unsigned.gsp
facts other.json 4.0.0 4 2 com.acme.other
must gapseal-sign pack other.json --image fw.bin -o other.gsp
must gapseal-sign sign --key release.pem --keyring acme.gsk other.gsp
refused 12 wrong-product other.gsp
package four.gsp 4.0.0 4 2 fw3.bin
head -c 700 four.gsp >shorter.gsp
refused 20 more-needed shorter.gsp
refused 10 file-malformed fw.bin
refused 20 more-needed /dev/null
start_sim dev1
expect_exit 0 gapseal status "$dev1" --json
expect_json 'd["devices"][0]["state"] == "ready"' 'd["devices"][0]["rollback_promised"] is True'
stop_sim dev1
expect_exit 2 gapseal-ota --dir dev1 four.gsp four.gsp
expect_exit 2 gapseal-ota four.gsp
expect_exit 2 gapseal-ota --dir dev1 tcp:192.0.2.1:80
expect_exit 10 gapseal-ota --dir dev1 nothing.gsp
expect_exit 0 gapseal-ota --help

# -- a block that was changed, bytes after the end: nothing is staged, and the good package goes on
size=$(size_of four.gsp)
changed four.gsp damaged.gsp $((size - 100000))
expect_exit 21 gapseal-ota --dir dev1 damaged.gsp
err_has "failed: a block does not match"
(cat four.gsp && printf x) >longer.gsp
expect_exit 10 gapseal-ota --dir dev1 longer.gsp
err_has "0 of 74 blocks missing"
expect_exit 0 gapseal-ota --dir dev1 four.gsp
err_has "300000 bytes: 0 taken, 0 copied, 300000 found"

# -- broken off: each piece of the stream is taken once, whatever carried it
start_sim dev2
stop_sim dev2
head -c 150000 two.gsp >part.gsp
expect_exit 20 sh -c "cat part.gsp | gapseal-ota --dir dev2 -"
err_has "failed: parts of the package are missing"
cat >serve.py <<'PY'
import socket, sys
s = socket.create_server(("127.0.0.1", 0))
with open("port", "w") as f:
    f.write("%d\n" % s.getsockname()[1])
c, _ = s.accept()
c.sendall(open(sys.argv[1], "rb").read()[:int(sys.argv[2])])
c.close()
PY
from_server() { # BYTES: the server closes after them
  rm -f port
  python3 serve.py two.gsp "$1" &
  pids="$pids $!"
  wait_for 20 test -s port || bail "the server listens"
}
from_server 250000
expect_exit 20 gapseal-ota --dir dev2 "tcp:127.0.0.1:$(cat port)"
check "what the first run brought was found, not taken again" grep -q "bytes: 102400 taken, 0 copied, 143360 found" err
from_server 9999999
expect_exit 0 gapseal-ota --dir dev2 "tcp:127.0.0.1:$(cat port)"
last_err "done: release 2 is in slot A; the next start tries it"
expect_exit 10 gapseal-ota --dir dev2 "tcp:127.0.0.1:1"
start_sim dev2
confirm_it "$dev2"
stop_sim dev2

# -- one door at a time
expect_exit 20 sh -c "head -c 200000 four.gsp | gapseal-ota --dir dev2 -"
start_sim dev2
expect_exit 0 gapseal status "$dev2" --json
expect_json 'd["devices"][0]["state"] == "writing"' 'd["devices"][0]["door"] == "ota"'
expect_exit 0 gapseal status "$dev2"
out_has "came by      over the air"
for what in check install; do
  expect_exit 6 gapseal $what four.gsp "$dev2"
  err_has "[6 busy-door]"
done
expect_exit 6 gapseal install three.gsp "$dev2"
err_has "[6 busy-door]"
stop_sim dev2
expect_exit 0 gapseal-ota --dir dev2 four.gsp
start_sim dev2
confirm_it "$dev2"
stop_sim dev2
package five.gsp 5.0.0 5 2 fw.bin
start_sim dev2 --die-after-bytes 60000
run gapseal install five.gsp "$dev2" --timeout 5
check "the cable's install broke off" sim_cut dev2
expect_exit 6 gapseal-ota --dir dev2 five.gsp
err_has "refused: another way in is writing to the device [6 busy-door]"
start_sim dev2
expect_exit 0 gapseal install five.gsp "$dev2"

# -- a newer keyring in the package is stored with it, and revokes what it revokes
package seven.gsp 7.0.0 7 2 fw.bin
run gapseal show seven.gsp --json
must gapseal-sign keyring next --from acme.gsk --root root.pem --revoke-package "$(json 'd["package"]["digest"]')" -o acme-2.gsk
facts six.json 6.0.0 6 2
must gapseal-sign pack six.json --image fw2.bin -o six.gsp
must gapseal-sign sign --key release.pem --keyring acme-2.gsk six.gsp
stop_sim dev2
expect_exit 0 gapseal-ota --dir dev2 six.gsp
start_sim dev2
confirm_it "$dev2"
expect_json 'd["devices"][0]["keyring_version"] == 2'
stop_sim dev2
expect_exit 17 gapseal-ota --dir dev2 seven.gsp
err_has "[17 revoked]"

# -- memory does not grow with what is only passed over
peak() { # FILE: KiB at most
  python3 -c 'import resource, subprocess, sys
subprocess.run(["gapseal-ota", "--dir", "dev2", sys.argv[1]], stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$1"
}
facts eight.json 8.0.0 8 2
image large.json 16000000 large
must gapseal-sign pack eight.json --image fw.bin --attach large.json -o eight.gsp
must gapseal-sign sign --key release.pem --keyring acme-2.gsk eight.gsp
small=$(peak seven.gsp)
large=$(peak eight.gsp)
start_sim dev2
confirm_it "$dev2"
expect_json 'd["devices"][0]["running"]["release"] == 8'
expect_number "KiB more for a package of $(size_of eight.gsp) bytes" $((large - small)) -lt 1500
finish
