#!/bin/sh
# Brings the sources that firmware is built from, Debian's packages of mbedTLS 3.6 and nanopb, and
# unpacks them into a directory; quick when they are there.
#
#   sh tests/sources.sh [DIRECTORY]        build/sources unless given
#
# The system's own package sources stay as they are: a private set of lists names the same archive,
# with its source packages. Exits with 1 and one line where the sources cannot be had.
set -u

top=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-$top/build/sources}
MBEDTLS_SUITE=trixie  # the first with mbedTLS 3.6
NANOPB_SUITE=bookworm # of the same wire format and headers, where an archive lacks this machine's own

say() {
  echo "sources: $*" >&2
}
give_up() {
  say "without sources of mbedTLS 3.6 and nanopb ($*): no firmware is built"
  exit 1
}
there() {
  [ -e "$out/done" ]
}

there && exit 0
for tool in apt-get dpkg-source dpkg-query; do
  command -v "$tool" >/dev/null 2>&1 || give_up "$tool is missing"
done
# Tests that run at the same time wait for the first of them.
mkdir -p "$out" || exit 1
exec 8>"$out/lock"
flock 8
there && exit 0
suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
mkdir -p "$out/apt/lists/partial" "$out/apt/cache/archives/partial" "$out/apt/parts" || exit 1
out=$(cd "$out" && pwd)

# The archive and its key as this machine's own lists name them.
uri=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null |
  sed -n 's/^URIs: *\([^ ]*\/debian\)\/* *$/\1/p; s/^deb \(\[[^]]*\] \)*\([^ ]*\/debian\)\/* .*/\2/p' | head -n 1)
[ -n "$uri" ] || give_up "no Debian archive among this machine's package sources"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -e "$keyring" ] || give_up "$keyring is missing"

cat >"$out/apt/parts/sources.sources" <<EOF
Types: deb-src
URIs: $uri
Suites: $(echo "$MBEDTLS_SUITE $NANOPB_SUITE $suite" | tr ' ' '\n' | sort -u | tr '\n' ' ')
Components: main
Signed-By: $keyring
EOF
cat >"$out/apt/apt.conf" <<EOF
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$out/apt/parts";
Dir::State::lists "$out/apt/lists";
Dir::Cache "$out/apt/cache";
APT::Sandbox::User "$(id -un)";
EOF
cd "$out" || exit 1
APT_CONFIG=$out/apt/apt.conf
export APT_CONFIG
fetch() {
  apt-get -q source --download-only "$1" || {
    rm -f ./*.dsc.FAILED "${1%/*}"_*
    false
  }
}
{
  apt-get -q update && fetch "mbedtls/$MBEDTLS_SUITE" && { fetch "nanopb/$suite" || fetch "nanopb/$NANOPB_SUITE"; }
} >apt.log 2>&1 </dev/null || give_up "apt-get cannot fetch them"
for package in mbedtls_*.dsc nanopb_*.dsc; do
  # The package's patches take p256-m out of its build; the sources are built here without them.
  dpkg-source --no-check --skip-patches -x "$package" >>apt.log 2>&1 || give_up "$package cannot be unpacked"
done
rm -rf apt
touch done
