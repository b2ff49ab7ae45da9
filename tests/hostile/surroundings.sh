#!/bin/sh
# The place where gapseal is run: its working directory, environment (J17), clock (J15), user, umask and whose
# directories they are (J20), and what others may see of its keys (J19).
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw1.bin 20000 one
image fw2.bin 20000 two
package v1.gsp 1.0.0 1 1 fw1.bin
package v2.gsp 2.0.0 2 1 fw2.bin
start_sim dev1 --slot-bytes 65536
must gapseal install v1.gsp "$dev1"
port=port:unix:$T/dev1.sock

# -- the working directory (J17) ---------------------------------------------------------------

# Everything that a program might take for its own: none of it is looked at, none is written to.
mkdir -p cwd/gapseal/trust cwd/.gapseal cwd/.config/gapseal/trust cwd/trust cwd/receipts cwd/unfinished
cp stranger.pub.pem cwd/gapseal/trust/0000000000000000.pem
cp other.gsk cwd/gapseal/trust/
cp cwd/gapseal/trust/* cwd/trust/
cp cwd/gapseal/trust/* cwd/.config/gapseal/trust/
for name in gapseal.conf gapseal.toml .gapsealrc names usb-ids openssl.cnf versions.txt; do
  printf '[gapseal]\nstate = /tmp/pwned\nsn-dev1 pwned\n1209:0001 pwned\n' >"cwd/$name"
done
for name in sh ls ssh udevadm gapseal-sim libgsh.so libcrypto.so; do
  printf '#!/bin/sh\ntouch %s/pwned\n' "$T" >"cwd/$name"
  chmod +x "cwd/$name"
done
echo '{"seq":1}' >cwd/journal.jsonl
tree_of() {
  (cd cwd && find . | sort && find . -type f -exec sha256sum {} + | sort) | sha256sum
}
before=$(tree_of)
in_cwd() {
  (cd cwd && "$@")
}
for command in "gapseal status $port" "gapseal install ../v1.gsp $port --reinstall" "gapseal trust list" \
  "gapseal journal verify" "gapseal log $port" "gapseal list --port unix:../dev1.sock" \
  "gapseal-sign inspect ../v1.gsp" "gapseal-verify package ../v1.gsp --keyring ../acme.gsk"; do
  expect_exit 0 in_cwd $command
  check "it took nothing from there" sh -c '! grep -q pwned out err'
done
LAST=
check "nothing in it was changed" test "$(tree_of)" = "$before"
check "nothing of it was run" test ! -e pwned

# -- the environment (J17) ---------------------------------------------------------------------

# A relative XDG directory does not count; nothing leads into the working directory.
mkdir empty
(cd empty && XDG_CONFIG_HOME=. XDG_STATE_HOME=state HOME=$T/home2 gapseal trust list --json >../out 2>../err)
CODE=$?
LAST="trust list, XDG directories that are relative"
expect_number "exit code" "$CODE" -eq 0
expect_json 'd["items"] == []'
LAST=
check "nothing came to be there" test -z "$(ls -A empty)"
for home in "" relative "$(printf 'a\033[31mb')"; do
  run env -u XDG_CONFIG_HOME -u XDG_STATE_HOME HOME="$home" gapseal install v1.gsp "$dev1" --json
  LAST="install with HOME=\"$(printf '%s' "$home" | tr -d '\033')\""
  expect_number "exit code" "$CODE" -eq 1
  expect_json 'd["code"] == "disk"' 'd["written"] is False'
  err_has "HOME"
  last_err "do: set HOME"
done
expect_exit 1 env -u XDG_CONFIG_HOME -u XDG_STATE_HOME -u HOME gapseal install v1.gsp "$dev1"
last_err "do: set HOME"
long=/$(printf '%04999d' 0 | sed 's/0/x/g; s/xxxxxxxxx/xxxxxxxx\//g')
expect_exit 1 env XDG_STATE_HOME="$long" gapseal install v1.gsp "$dev1" --json
expect_json 'd["code"] == "disk"' 'd["written"] is False'
# Variables that nobody defined mean nothing, and GAPSEAL_PORTS is a list of links and no shell's.
expect_exit 0 env GAPSEAL_STATE=/nowhere GAPSEAL_TRUST=/nowhere GAPSEAL_OLDER=1 GAPSEAL_CONFIG=cwd/gapseal.conf \
  gapseal status "$dev1" --json
expect_json 'd["devices"][0]["serial"] == "sn-dev1"'
expect_exit 2 env GAPSEAL_PORTS='$(touch pwned) ;`touch pwned`' gapseal list
expect_exit 0 env GAPSEAL_PORTS='unix:dev1.sock unix:$(touch${IFS}pwned) *' gapseal list --port unix:dev1.sock
LAST=
check "no shell saw it" test ! -e pwned
# Whatever language and terminal: the same words, and no control sequences off a terminal.
for words in "LC_ALL=tr_TR.UTF-8" "LC_ALL=nonsense" "TERM=../../x" "COLUMNS=0" "COLUMNS=-1" "IFS=x"; do
  expect_exit 0 env "$words" gapseal status "$dev1" --json
  expect_json 'd["what"] is not None'
done

# -- the clock (J15) ---------------------------------------------------------------------------

# It is written down and decides nothing. 1970, the end of 32 bits, a year after it, 2100.
for start in 0 2147483640 2208988800 4102444800; do
  expect_exit 0 env LD_PRELOAD="$GAPSEAL_BIN/tests/other_clock.so" GAPSEAL_CLOCK=$start \
    ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" gapseal install v1.gsp "$dev1" --reinstall --json
  receipt=$(json 'd["receipt"]')
  year=$(date -u -d "@$start" +%Y)
  case $receipt in
    */"$year"*) ok "the receipt's name has the year $year" ;;
    *) not_ok "the receipt's name has the year $year: $receipt" ;;
  esac
  expect_exit 0 gapseal receipt verify "$receipt"
  expect_exit 0 env LD_PRELOAD="$GAPSEAL_BIN/tests/other_clock.so" GAPSEAL_CLOCK=$start \
    ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" \
    gapseal-verify package v1.gsp --keyring acme.gsk
done
expect_exit 0 gapseal journal verify
expect_exit 0 gapseal journal show --json
expect_json 'any(l["time"].startswith("1970-01-01T00:00:0") for l in d["lines"])' \
  'any(l["time"].startswith("2100-01-01T00:00:0") for l in d["lines"])'

# -- umask (J20) -------------------------------------------------------------------------------

mode_of() {
  stat -c %a "$1"
}
# private PATH...: nobody but the owner may read it.
private() {
  for path; do
    LAST=
    case $(mode_of "$path") in
      600 | 400 | 700 | 500) ok "$path is its owner's alone" ;;
      *) not_ok "$path is its owner's alone: mode $(mode_of "$path")" ;;
    esac
  done
}
(
  umask 000
  mkdir open
  XDG_CONFIG_HOME=$T/open/config XDG_STATE_HOME=$T/open/state
  export XDG_CONFIG_HOME XDG_STATE_HOME
  gapseal trust add maker.pub.pem && gapseal trust add acme.gsk &&
    gapseal install v2.gsp "$dev1" --trace open/trace.jsonl && gapseal-sign keygen open/key.pem &&
    gapseal-sim --dir open/dev --provision acme.gsk --maker-key maker.pem --listen stdio </dev/null
) >out 2>err
CODE=$?
LAST="umask 000"
expect_number "exit code of all" "$CODE" -eq 0
private open/key.pem open/dev/device.key open/trace.jsonl open/config/gapseal open/config/gapseal/trust \
  open/state/gapseal open/state/gapseal/receipts open/state/gapseal/journal.jsonl
umask 0777
run gapseal-sign keygen shut.pem
umask 022
expect_number "exit code with a umask that forbids all" "$CODE" -le 1
check "no key that others may read" test ! -e shut.pem -o "$(stat -c %a shut.pem 2>/dev/null)" = 0 -o \
  "$(stat -c %a shut.pem 2>/dev/null)" = 600
umask 0777
run gapseal install v1.gsp "$dev1" --older --state shut --json
umask 022
case $CODE in
  0) ok "a umask that forbids all, as root: all the same" ;;
  1)
    expect_json 'd["code"] == "disk"' 'd["written"] is False'
    last_err "do: "
    ;;
  *) not_ok "a umask that forbids all ends with 0 or 1" ;;
esac

# -- another user (J20) ------------------------------------------------------------------------

if [ "$(id -u)" -ne 0 ] || ! command -v setpriv >/dev/null 2>&1; then
  skip "as another user" "this is not root's shell, or setpriv is not installed"
else
  mkdir -p nobody/bin theirs
  cp "$GAPSEAL_BIN/gapseal" "$GAPSEAL_BIN/gapseal-sign" "$GAPSEAL_BIN/gapseal-verify" nobody/bin/
  cp -R config v1.gsp v2.gsp acme.gsk nobody/
  chown -R nobody nobody
  chmod 711 "$T"
  chmod 666 dev1.sock
  as_nobody() {
    (cd nobody && setpriv --reuid=nobody --regid=nogroup --clear-groups env HOME="$T/nobody" \
      XDG_CONFIG_HOME="$T/nobody/config" XDG_STATE_HOME="$T/nobody/state" PATH="$T/nobody/bin:$PATH" "$@")
  }
  # Root's rights are needed for nothing.
  expect_exit 0 as_nobody gapseal install v1.gsp "$port" --older
  expect_exit 0 as_nobody gapseal-sign keygen mine.pem
  expect_exit 0 as_nobody gapseal-verify package v1.gsp --keyring acme.gsk
  private nobody/mine.pem nobody/state/gapseal/journal.jsonl
  # A state directory of somebody else: the one for all, and one that may only be read.
  for mode in 700 755; do
    mkdir "theirs/$mode"
    chmod "$mode" "theirs/$mode"
    expect_exit 1 as_nobody gapseal install v2.gsp "$port" --state "$T/theirs/$mode" --json
    expect_json 'd["code"] == "disk"' 'd["written"] is False' 'd["decided_by"] == "computer"'
    err_has "Permission denied"
    last_err "who may write there, or choose another --state directory, then run the same command"
  done
  # A journal of root's, left in a user's directory.
  chown root nobody/state/gapseal/journal.jsonl
  expect_exit 1 as_nobody gapseal install v2.gsp "$port" --json
  expect_json 'd["written"] is False'
  err_has "journal.jsonl: Permission denied"
  last_err "do: "
  # And a trust store that others own is not passed over where it cannot be read.
  chown -R root nobody/config
  chmod 700 nobody/config/gapseal/trust
  expect_exit 1 as_nobody gapseal check v2.gsp "$port"
  err_has "Permission denied"
fi

# -- keys (J19) --------------------------------------------------------------------------------

for option in --pin --passphrase --password --key-data; do
  expect_exit 2 gapseal-sign sign --key release.pem --keyring acme.gsk "$option=secret" v1.gsp
  err_has "does not know the option"
done
# While a key is held, no limit lets a core be dumped, a collector behind a pipe gets none, and nobody of this
# user may look in. It is stopped where it renames what it signed.
must gapseal-sign pack v1.gsp.json --image fw1.bin -o unsigned.gsp
cat >held.py <<'PY'
import os, resource, signal, subprocess, sys
resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
p = subprocess.Popen(sys.argv[2:], env=dict(os.environ, LD_PRELOAD=sys.argv[1], FAULTS="name:1:STOP",
                                            ASAN_OPTIONS=os.environ["ASAN_OPTIONS"] + ":verify_asan_link_order=0"))
_, status = os.waitpid(p.pid, os.WUNTRACED)
assert os.WIFSTOPPED(status), status
with open("/proc/%d/limits" % p.pid, encoding="ascii") as f:
    core = [line.split()[4:6] for line in f if line.startswith("Max core file size")]
assert core == [["0", "0"]], core
if os.geteuid() != 0:
    try:
        open("/proc/%d/mem" % p.pid, "rb")
    except PermissionError:
        pass
    else:
        raise AssertionError("its memory may be read")
os.kill(p.pid, signal.SIGQUIT)
os.kill(p.pid, signal.SIGCONT)
_, status = os.waitpid(p.pid, 0)
assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGQUIT, status
assert not os.WCOREDUMP(status), "a core was dumped"
PY
held="$GAPSEAL_BIN/tests/faults.so gapseal-sign sign --key release.pem --keyring acme.gsk unsigned.gsp"
check "no core of a process that holds a key" python3 held.py $held
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null 2>&1; then
  cp held.py release.pem release.pub.pem acme.gsk unsigned.gsp "$GAPSEAL_BIN/tests/faults.so" nobody/
  chown nobody nobody/*
  held="$T/nobody/faults.so gapseal-sign sign --key release.pem --keyring acme.gsk unsigned.gsp"
  if as_nobody python3 -c "" 2>/dev/null; then
    check "whose memory another program of its user may not read" as_nobody python3 held.py $held
  else
    skip "whose memory another program of its user may not read" "the user nobody may not run this python3"
  fi
fi
finish
