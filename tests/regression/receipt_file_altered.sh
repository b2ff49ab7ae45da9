#!/bin/sh
# An altered receipt file was once told with the codes of a device that is not genuine (18) or of an
# install without a receipt (32), and with their advice. What does not hold in a file is the file's.
. "$(dirname "$0")/../lib.sh"

make_keys
trust_acme
image fw.bin 30000 one
package v1.gsp 1.0.0 1 1 fw.bin
start_sim dev1
must gapseal install v1.gsp "$dev1" --json
cp "$(json 'd["receipt"]')" good.gsr
expect_exit 0 gapseal receipt verify good.gsr

size=$(size_of good.gsr)
at=0
wrong=
while [ "$at" -lt "$size" ]; do
  changed good.gsr altered.gsr "$at"
  run gapseal receipt verify altered.gsr
  case $CODE in
    10 | 11) grep -q 'do: get the file again; if it stays so, it is forged or damaged' err || wrong="$wrong $at:do" ;;
    *) wrong="$wrong $at:$CODE" ;;
  esac
  at=$((at + 9))
done
LAST=
if [ -z "$wrong" ]; then ok "a byte altered anywhere is 10 or 11"; else not_ok "a byte altered is 10 or 11; byte:exit$wrong"; fi
head -c 300 good.gsr >short.gsr
expect_exit 10 gapseal receipt show short.gsr
last_err "get the file again"
out_empty

# Whole, but of a maker whom nobody here trusts.
XDG_CONFIG_HOME=$T/nobody expect_exit 18 gapseal receipt verify good.gsr
last_err "trust add"
# Another kind of file.
expect_exit 10 gapseal receipt show v1.gsp
err_has "this is a package"
last_err "use: gapseal show"
finish
