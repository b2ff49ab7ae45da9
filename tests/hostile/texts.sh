#!/bin/sh
# What a person or a shell would act on (J24), in every text that a package, a keyring, a device or a name of a
# file can carry: nothing of it is run, no file comes to be by its name, and nothing raw is printed.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw1.bin 6000 one

# Each would leave a file called "pwned" somewhere, were it run by a shell, in whatever quotes.
count=0
for words in '$(touch pwned)' '`touch pwned`' '"; touch pwned; "' "'; touch pwned; '" '| touch pwned' '&& touch pwned #' \
  '--state=pwned' '-o pwned' '../../pwned' '/tmp/pwned' '%s%s%n%d' '{"exit":0}' '<b>pwned</b>' '=cmd|pwned!A0' '~root' '* ?' 'a\nb\tc' \
  '$IFS$9pwned' 'CON' '${PATH}'; do
  count=$((count + 1))
  name=t$count
  WORDS=$words python3 - "$name" "$PRODUCT" "$BOARD" <<'PY'
import json, os, sys
words, (name, product, board) = os.environ["WORDS"], sys.argv[1:]
json.dump({"name": words[:32], "version": words[:32], "product": product, "hardware": [{"id": board, "revisions": [0, 9]}],
           "release": 1, "security_version": 1, "raises_floor_to": 1}, open(name + ".json", "w", encoding="utf-8"))
open(name + ".md", "w", encoding="utf-8").write("# " + words + "\n- " + words + "\n")
PY
  cp "$name.md" "$name.att"
  run gapseal-sign pack "$name.json" --image fw1.bin --changelog "$name.md" --attach "$name.att" -o "$name.gsp"
  if [ "$CODE" -ne 0 ]; then
    expect_number "refused where it is packed: $words" "$CODE" -eq 10
    last_err "do: "
    continue
  fi
  must gapseal-sign sign --key release.pem --keyring acme.gsk "$name.gsp"
  start_sim "$name" --slot-bytes 65536 --serial "$(printf %.32s "$words")"
  dev=port:unix:$name.sock
  expect_exit 0 gapseal show "$name.gsp"
  expect_exit 0 gapseal install "$name.gsp" "$dev" --json
  receipt=$(json 'd["receipt"]')
  case $(basename "$receipt") in
    *[!A-Za-z0-9._-]*) not_ok "the receipt has a plain name: $receipt" ;;
    *) ok "the receipt has a plain name" ;;
  esac
  expect_exit 0 gapseal receipt show "$receipt" --json
  expect_exit 0 gapseal status "$dev"
  expect_exit 0 gapseal-verify package "$name.gsp" --keyring acme.gsk --json
  stop_sim "$name"
done
expect_number "texts that were tried" "$count" -eq 20

# Names of files and directories, of packages, keys, logs and traces; of the state directory.
start_sim dev1 --slot-bytes 65536
package plain.gsp 1.0.0 1 1 fw1.bin
for words in '$(touch pwned)' '`touch pwned`;' "'\"; touch pwned" '--state' '-'; do
  mkdir "d$words" && cp plain.gsp "d$words/$words.gsp"
  expect_exit 0 gapseal show "./d$words/$words.gsp"
  expect_exit 0 gapseal check "./d$words" "$dev1" --state "./d$words/state"
  expect_exit 0 gapseal log "$dev1" --save "./d$words/$words.gsl" --trace "./d$words/$words.jsonl"
  LAST=
  check "they are where they were asked for" test -s "./d$words/$words.gsl" -a -s "./d$words/$words.jsonl"
done
# A name of a person's own, and what a stick may have for names.
mkdir stick
cp plain.gsp 'stick/$(touch pwned).gsp'
cp plain.gsp "$(printf 'stick/a\033[2J\nb.gsp')"
cp plain.gsp "$(printf 'stick/\342\200\256psg.exe.gsp')"
printf 'sn-dev1 $(touch${IFS}pwned)\n' >config/gapseal/names
expect_exit 0 gapseal check stick "$dev1"
check "nothing raw is printed" python3 -c 'import unicodedata
for name in ("out", "err"):
    text = open(name, encoding="utf-8").read()
    assert all(c == "\n" or unicodedata.category(c)[0] != "C" for c in text), ascii(text)'
err_has "touch"

# Keyrings: products and minimums are ids in them, and what is no name is refused.
for words in '$(touch pwned)' 'a;touch pwned' '../pwned' 'com.acme.$(id)'; do
  run gapseal-sign keyring new --root root.pem --release release.pem --product "$words" -o "k.gsk"
  case $CODE in
    0) must gapseal-sign keyring show k.gsk && rm k.gsk && ok "a keyring for $words: an id of it" ;;
    2 | 10) ok "a keyring for $words: exit $CODE" ;;
    *) not_ok "a keyring for $words" ;;
  esac
done

LAST=
check "nothing was run" test -z "$(find . -name pwned 2>/dev/null)" -a ! -e /tmp/pwned
check "every file has a name that was asked for, or a plain one" sh -c '
  find state config -type f | grep -q "[^A-Za-z0-9./_-]" && exit 1; exit 0'
expect_exit 0 gapseal journal verify
finish
