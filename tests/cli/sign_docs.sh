#!/bin/sh
# Every option that gapseal-sign and gapseal-verify know is in the manual, and the other way round.
. "$(dirname "$0")/../lib.sh"

options_of() {
  grep -o -- '--[a-z][a-z-]*' | sort -u
}
for command in keygen "keyring new" "keyring next" "keyring show" pack sign cosign inspect; do
  # shellcheck disable=SC2086
  must gapseal-sign $command --help
  cat out >>sign.help
done
must gapseal-sign --help
cat out >>sign.help
must gapseal-verify --help
cp out verify.help
for tool in sign verify; do
  options_of <$tool.help >known
  options_of <"$TOP/docs/cli/gapseal-$tool.md" >written
  check "gapseal-$tool: the manual has every option, and no other" diff known written
done
finish
