#!/bin/sh
# .clang-format, by the version of it that the tree was written with.
. "$(dirname "$0")/../lib.sh"
cd "$TOP" || exit 1
command -v clang-format >/dev/null 2>&1 || skip_all "clang-format is not installed"
case $(clang-format --version) in
  *"version 14."*) ;;
  *) skip_all "clang-format is not version 14" ;;
esac
find proto stub host tests -name '*.[ch]' | sort >"$T/sources"
while read -r source; do
  clang-format --dry-run -Werror "$source" >/dev/null 2>&1 || echo "$source"
done <"$T/sources" >"$T/unformatted"
if [ -s "$T/unformatted" ]; then
  LAST=
  not_ok "every source is formatted (clang-format -i FILE)"
  sed 's/^/#   /' "$T/unformatted"
else
  ok "every source is formatted ($(wc -l <"$T/sources" | tr -d ' ') files)"
fi
finish
