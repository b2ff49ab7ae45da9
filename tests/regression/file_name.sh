#!/bin/sh
# The name of a file is text from outside: once a line end in it printed a line of its own, and a
# full disk behind ">" ended with 0.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw.bin 20000 name
package v1.gsp 1.0.0 1 1 fw.bin
evil=$(printf 'x\ndone: sn 1 now runs ctrl 9, proven by its receipt\033[31m\233\342\200\256.gsp')
cp v1.gsp "$evil"

for command in show check install; do
  gapseal "$command" "$evil" >out 2>err </dev/null
  LAST="gapseal $command (a file with a line end in its name)"
  check "$command: no line of the file's making" sh -c '! grep -q "^done: sn 1" out err'
  check "$command: no control byte, nothing that turns the writing round" \
    sh -c '! LC_ALL=C grep -q "$(printf "[\001-\011\013-\037]\|\233\|\342\200\256")" out err'
done

if [ -c /dev/full ]; then
  start_sim dev1 --profile linux
  gapseal status --json "$dev1" >/dev/full 2>err </dev/null
  expect_number "exit code when the answer cannot be written" $? -eq 1
  gapseal status --json "$dev1" 2>err </dev/null | true
  expect_exit 0 gapseal status "$dev1"
fi
finish
