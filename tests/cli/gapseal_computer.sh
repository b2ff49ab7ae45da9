#!/bin/sh
# gapseal: what goes wrong on this computer or on the command line. Exit codes 1, 2 and 0 of what
# needs no device.
. "$(dirname "$0")/../lib.sh"

# ends CODE NAME COMMAND...: by that code and name; first line, last line and JSON agree.
ends() {
  want=$1 name=$2
  shift 2
  expect_exit "$want" "$@" --json
  expect_json "d['schema'] == 'gapseal.result.1'" "d['exit'] == $want" "d['code'] == '$name'" \
    "d['written'] is False" "isinstance(d['devices'], list)" "d['do'] is not None"
  last_err "do:"
  err_has "[$want $name]"
}

# 2: the command line, with a word on what was probably meant.
ends 2 usage gapseal instal x.gsp
first_err "failed: there is no such command: instal"
last_err "did you mean: gapseal install"
ends 2 usage gapseal identify
first_err "not in this version"
ends 2 usage gapseal install x.gsp --oldr
last_err "did you mean: --older"
ends 2 usage gapseal status --older
first_err "status does not take --older"
ends 2 usage gapseal install
last_err "write: gapseal install FILE"
ends 2 usage gapseal
ends 2 usage gapseal wait --timeout x port:unix:no.sock
ends 2 usage gapseal install x.gsp --stop-before lunch
ends 2 usage gapseal receipt frobnicate
ends 2 usage gapseal trust add
ends 2 usage gapseal journal burn
ends 2 usage gapseal status port:carrier-pigeon:7
last_err "unix:PATH"
ends 2 usage gapseal status port:usb:
err_has "not in this build yet"
ends 2 usage gapseal status port:usb:0042
ends 2 usage gapseal status port:tcp:192.0.2.1:7
err_has "not on this computer"
err_lacks "nothing was written"
expect_exit 2 gapseal "$(printf 'inst\033[2Jall')"
err_has 'inst\x1b[2Jall'

# 0: what needs nobody.
expect_exit 0 gapseal --version
out_has "gapseal 0."
err_empty
expect_exit 0 gapseal --help
out_has "usage: gapseal COMMAND"
out_has "exit codes:"
expect_exit 0 gapseal install --help
out_has "--reinstall"
expect_exit 0 gapseal trust list --json
expect_json 'd["exit"] == 0' 'd["code"] == "ok"' 'd["items"] == []' 'd["do"] is None'
ends 10 file-read gapseal journal verify
err_has "there is no journal at "
expect_exit 0 gapseal journal show --json
last_err "there is no journal at "
expect_json 'd["count"] == 0'
expect_exit 0 gapseal trust list --quiet
err_empty

# 1: this computer cannot store what it must; the device is not touched.
make_keys
trust_acme
image fw.bin 30000 one
package v1.gsp 1.0.0 1 1 fw.bin
start_sim dev1
echo text >file
for place in /proc/nowhere "$T/file/state" /dev/full; do
  ends 1 disk gapseal install v1.gsp "$dev1" --state "$place"
  first_err "installing v1.gsp"
done
expect_exit 0 gapseal status "$dev1" --json
expect_json 'd["state"] == "ready"' 'd["devices"][0]["log_sequence"] <= 2'

# 1: a journal that was altered stops the install before it starts.
expect_exit 0 gapseal install v1.gsp "$dev1"
expect_exit 0 gapseal journal verify
last_err "the chain holds"
expect_exit 0 gapseal journal show --json
expect_json 'd["count"] == 4' 'd["lines"][0]["journal_event"] == "intent"' \
  'd["lines"][-1]["journal_event"] == "outcome"' 'd["lines"][-1]["receipt"] is not None'
# A power loss cut the last line: told by who looks, dropped and told by who writes.
journal=$XDG_STATE_HOME/gapseal/journal.jsonl
cp "$journal" journal.whole
printf '{"seq":5,"time":' >>"$journal"
ends 1 journal-bad gapseal journal verify
err_has "the last line is cut short"
last_err "do: a power loss does that, and nothing was done on its word: go on"
expect_exit 0 gapseal check v1.gsp "$dev1"
err_lacks "cut short"
expect_exit 0 gapseal install v1.gsp "$dev1" --reinstall
err_has "the journal's last line was cut short, as by a power loss; it was dropped"
expect_exit 0 gapseal journal verify
LAST=
check "the lines before it are as they were" sh -c "head -n 4 '$journal' | cmp - journal.whole"
expect_exit 0 gapseal install v1.gsp "$dev1" --reinstall
err_lacks "cut short"
# One that is too long is no file to fetch again.
mkdir long
truncate -s 68M long/journal.jsonl
ends 1 journal-bad gapseal journal verify --state long
err_has "the journal is longer than 67108864 bytes"
last_err "choose another --state"
# What --state does not name, it cannot mend.
ends 1 disk env XDG_CONFIG_HOME=/proc/x gapseal trust add maker.pub.pem
err_lacks "--state"
last_err "do: check the path and who may write there, then run the same command"
ends 1 disk env gapseal install v1.gsp "$dev1" --reinstall --state /proc/x
last_err "choose another --state directory"
changed "$XDG_STATE_HOME/gapseal/journal.jsonl" journal.new 60
cp journal.new "$XDG_STATE_HOME/gapseal/journal.jsonl"
ends 1 journal-bad gapseal journal verify
ends 1 journal-bad gapseal install v1.gsp "$dev1" --reinstall
last_err "choose another --state"
expect_exit 0 gapseal install v1.gsp "$dev1" --state other --json
expect_json 'd["already"] is True'

# A trust store that was damaged is never passed over.
for f in "$XDG_CONFIG_HOME"/gapseal/trust/*.gsk; do
  changed "$f" spoilt.gsk 60
  cp spoilt.gsk "$f"
done
run gapseal status "$dev1"
expect_number "exit code with a damaged trust store" "$CODE" -ne 0
last_err "do:"
finish
