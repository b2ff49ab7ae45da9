#!/bin/sh
# rollback once ended with 0 and "rolled back" when the last good image was damaged between the
# accepted request and the reboot: nobody read the receipt. The device had said in it that it did
# not go back.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw1.bin 60000 one
image fw2.bin 60000 two
package v1.gsp 1.0.0 1 1 fw1.bin
facts v2.json 2.0.0 2 1
must gapseal-sign pack v2.json --image fw2.bin -o v2.gsp
must gapseal-sign sign --key release.pem --keyring acme.gsk v2.gsp
start_sim dev1
expect_exit 0 gapseal install v1.gsp "$dev1"
expect_exit 0 gapseal install v2.gsp "$dev1"

# The device loses its power, its last good image a byte, and comes back.
cat >damage.sh <<'SH'
kill -9 "$1"
rm -f dev1.sock
python3 - <<'PY'
image = open("fw1.bin", "rb").read()
flash = bytearray(open("dev1/flash", "rb").read())
at = flash.find(image[:4096])
assert at >= 0
flash[at + 5000] ^= 0xFF
open("dev1/flash", "wb").write(flash)
PY
gapseal-sim --dir dev1 --listen unix:dev1.sock --profile linux >>dev1.log 2>&1 &
echo $! >dev1.pid
for i in 1 2 3 4 5 6 7 8 9 10; do
  [ -S dev1.sock ] || sleep 0.2
done
SH
line="port:exec:python3 $TOOLS/on_reply.py dev1.sock rollback happened"
run gapseal rollback "$line 'sh damage.sh $pid_dev1'" --timeout 20 --json
[ ! -e dev1.pid ] || pids="$pids $(cat dev1.pid)"
expect_number "exit code of a rollback that did not happen" "$CODE" -eq 33
expect_json 'd["code"] == "rollback-corrupt"' 'd["decided_by"] == "device"' 'd["written"] is True' \
  'd["state"] == "rejected"' 'd["devices"][0]["running"]["release"] == 2' 'd["receipt"] is not None'
err_lacks "rolled back"
must gapseal-verify receipt "$(json 'd["receipt"]')" --maker maker.pub.pem
expect_exit 0 gapseal status "$dev1" --json
expect_json 'd["devices"][0]["running"]["release"] == 2'
finish
