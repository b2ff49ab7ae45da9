#!/bin/sh
# What cmake --install puts where: programs, manual pages and completion scripts, found by those who
# look for them.
. "$(dirname "$0")/../lib.sh"

build=$(dirname "$GAPSEAL_BIN")
[ -e "$build/cmake_install.cmake" ] || skip_all "$build is no build directory"
must cmake --install "$build" --prefix "$T/usr"
for program in gapseal gapseal-sign gapseal-verify gapseal-sim; do
  check "$program is there" test -x "usr/bin/$program"
  check "$program has its manual page" cmp "usr/share/man/man1/$program.1" "$TOP/docs/man/$program.1"
  for file in "bash-completion/completions/$program" "fish/vendor_completions.d/$program.fish"; do
    check "$file is there" test -s "usr/share/$file"
  done
done
check "gapseal-status(7) is there" test -s usr/share/man/man7/gapseal-status.7
for shell in bash zsh fish; do
  must gapseal completion "$shell"
  case $shell in
    bash) file=bash-completion/completions/gapseal ;;
    zsh) file=zsh/site-functions/_gapseal ;;
    fish) file=fish/vendor_completions.d/gapseal.fish ;;
  esac
  check "the script for $shell is what the program prints" cmp out "usr/share/$file"
done
if command -v zsh >/dev/null 2>&1; then
  run zsh -f -c 'fpath=($1 $fpath); autoload -Uz compinit; compinit -u -D; print $_comps[gapseal] $_comps[gapseal-sim]' \
    zsh "$T/usr/share/zsh/site-functions"
  out_has "_gapseal _gapseal"
else
  skip "zsh finds it" "zsh is not installed"
fi
if command -v man >/dev/null 2>&1; then
  run env MANPATH="$T/usr/share/man" man -w gapseal-verify
  out_has "usr/share/man/man1/gapseal-verify.1"
else
  skip "man finds it" "man is not installed"
fi
finish
