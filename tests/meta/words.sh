#!/bin/sh
# Nothing in the tree names a place of the machine it was written on, and nothing is left for later.
. "$(dirname "$0")/../lib.sh"
cd "$TOP" || exit 1

if git rev-parse --git-dir >/dev/null 2>&1; then
  git ls-files >"$T/files"
else
  find . -name build -prune -o -name .git -prune -o -type f -print | sed 's|^\./||' >"$T/files"
fi
# Inputs of fuzzers are bytes, whatever they look like.
sed -i '/^tests\/fuzz\/corpus\//d' "$T/files"
expect_number "files looked at" "$(wc -l <"$T/files" | tr -d ' ')" -gt 20

stray=$(grep -v / "$T/files" | grep -vxE '\.(clang-format|clang-tidy|gitignore)|CMake(Lists\.txt|Presets\.json)|LICENSE|README\.md')
check "nothing else lies at the top of the tree: $stray" test -z "$stray"

# Patterns are put together here so that this file does not hold them. Each ends a "#".
absent() {
  hits=$(tr '\n' '\0' <"$T/files" | xargs -0 grep -InE -e "$2" -- 2>/dev/null)
  if [ -z "$hits" ]; then
    ok "no $1"
  else
    LAST=
    not_ok "no $1"
    echo "$hits" | sed -n 's/^/#   /; 1,20p'
  fi
}
later="TO""DO|FIX""ME|X""XX[^X.]|HA""CK"
absent "marks for later work" "(^|[^A-Za-z0-9_])($later)([^A-Za-z0-9_]|\$)"
place="/(ho""me|ro""ot|wo""rk|Us""ers)/[a-z]"
absent "machine paths" "(^|[^A-Za-z0-9_.~-])$place"
outside="\.\./sha""red"
absent "paths out of the tree" "$outside"
absent "carriage returns" "$(printf '\r')\$"
absent "trailing blanks" "[ 	]+\$"
finish
