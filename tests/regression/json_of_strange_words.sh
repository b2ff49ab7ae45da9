#!/bin/sh
# A command line that is no UTF-8 was repeated in the JSON object as it was: no JSON any more.
. "$(dirname "$0")/../lib.sh"

run gapseal --json "$(printf 'inst\377all')"
expect_number "exit code" "$CODE" -eq 2
expect_json 'd["exit"] == 2' '"\\xff" in d["what"].lower()'
run gapseal list --json "$(printf -- '--\342\200\256port')"
expect_number "exit code" "$CODE" -eq 2
expect_json 'd["exit"] == 2' '"\u202e" not in d["what"]'
finish
