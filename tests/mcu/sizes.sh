#!/bin/sh
# What the stub costs on a Cortex-M3, by module; a build that grows past these limits fails. The
# limits are what it takes now: docs/sizes.md tells how far that is from where it is to be.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/mcu/board.inc"
FLASH=37888
RAM=13056
APPLICATION=2048
firmware mps2
# They are of the compiler that docs/sizes.md names; another one may take a little more.
case $(arm-none-eabi-gcc -dumpversion) in
  12.*) ;;
  *) FLASH=$((FLASH * 104 / 100)) ;;
esac
expect_exit 0 python3 "$TOP/stub/ports/mcu/sizes.py" "$FW/bin/stub_mps2" --limit-flash $FLASH --limit-ram $RAM
sed 's/^/# /' out
expect_exit 0 python3 "$TOP/stub/ports/mcu/sizes.py" "$FW/bin/app_1_a" --limit-flash $APPLICATION
sed 's/^/# /' out
expect_exit 1 python3 "$TOP/stub/ports/mcu/sizes.py" "$FW/bin/stub_mps2" --limit-flash 1000
finish
