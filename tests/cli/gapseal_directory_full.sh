#!/bin/sh
# gapseal on a directory full of packages that somebody made to be expensive: what looking at them may
# cost, and what is said of those that were not read.
. "$(dirname "$0")/../lib.sh"

make_keys
image fw.bin 20000 full
image fw2.bin 20000 newer

# full DIR FILE COUNT: that many names of one file.
full() {
  mkdir "$1"
  python3 -c 'import os, sys
for i in range(int(sys.argv[3])):
    os.link(sys.argv[2], "%s/p%04d.gsp" % (sys.argv[1], i))' "$@"
}
# peaks NAME KIB COMMAND...: the most memory that it held.
peaks() {
  name=$1
  limit=$2
  shift 2
  run "$GAPSEAL_BIN/tests/peak" peak.kib "$@"
  peak_kib=$(cat peak.kib)
  # Sanitizers hold memory of their own.
  if nm "$GAPSEAL_BIN/gapseal" 2>/dev/null | grep -q __asan_init; then
    skip "$name: KiB held" "the build is sanitized"
  else
    expect_number "$name: KiB held" "$peak_kib" -lt "$limit"
  fi
}

# A chain of 24 keyrings, most of them about as large as they may be, and a package that carries it.
cp other.gsk chain1.gsk
n=1
while [ "$n" -lt 24 ]; do
  more=
  [ "$n" -gt 8 ] || more=$(python3 -c 'import sys
for i in range(25):
    print("--revoke-package %062x%s" % (i + 1, sys.argv[1]))' "0$n")
  # shellcheck disable=SC2086
  must gapseal-sign keyring next --from "chain$n.gsk" --root other-root.pem $more -o "chain$((n + 1)).gsk"
  rm "chain$n.gsk"
  n=$((n + 1))
done
facts long.json 9.0.0 9 9
must gapseal-sign pack long.json --image fw.bin -o long.gsp
must gapseal-sign sign --key other-release.pem --keyring chain24.gsk long.gsp
note "one package: $(size_of long.gsp) bytes"
full stick long.gsp 999
package good.gsp 1.0.0 1 1 fw.bin
cp good.gsp stick/good.gsp
start_sim dev1
trust_acme

# looked EXIT COMMAND...
looked() {
  want=$1
  shift
  start=$(date +%s%N)
  peaks "1,000 packages" 40000 "$@"
  note "$((($(date +%s%N) - start) / 1000000)) ms, $peak_kib KiB"
  if [ "$CODE" -eq "$want" ]; then
    ok "exit $want: $LAST"
  else
    not_ok "exit $want, got $CODE: $LAST"
  fi
}
# Not one of their signatures is worth being verified: nobody trusts their maker.
looked 0 gapseal check stick "$dev1" --json
expect_json 'd["package"]["version"] == "1.0.0"' 'len(d["candidates"]) == 1000' \
  'sum(c["fits"] for c in d["candidates"]) == 1'
# Where no keyring is trusted at all, each is judged by its own, and none stays in memory.
mkdir nobody
must env XDG_CONFIG_HOME="$T/nobody" gapseal trust add maker.pub.pem
looked 11 env XDG_CONFIG_HOME="$T/nobody" gapseal check stick "$dev1" --json
expect_json 'd["package"]["version"] == "9.0.0"' 'len(d["candidates"]) == 1000' \
  'd["decided_by"] == "device"'

# Packages that fit, and are damaged where only reading them whole can tell: eight are read, no more.
package new.gsp 2.0.0 2 2 fw2.bin
changed new.gsp bad.gsp $(($(size_of new.gsp) - 1))
full damaged bad.gsp 7
cp good.gsp damaged/good.gsp
expect_exit 0 gapseal check damaged "$dev1" --json
expect_json 'd["package"]["version"] == "1.0.0"' 'sum(c["fits"] for c in d["candidates"]) == 1'
ln bad.gsp damaged/p0007.gsp; ln bad.gsp damaged/p9999.gsp
expect_exit 10 gapseal install damaged "$dev1" --json
err_has "8 packages that fit do not hold, the last one p0007.gsp: "
err_lacks "p0007.gsp: damaged/p0007.gsp"
err_has "fits     p9999.gsp: its head and signatures hold; the rest was not read"
err_has "the other 2 that fit were not read"
last_err "do: fetch the packages again, or name one of the files"
expect_json 'd["written"] is False' 'sum(c["fits"] for c in d["candidates"]) == 2'
expect_exit 0 gapseal install damaged/good.gsp "$dev1"

finish
