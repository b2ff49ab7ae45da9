#!/bin/sh
# Installs what this project needs from Debian's packages; silent and quick when all is there.
#
#   sh tests/setup.sh [--no-install] [build|demo|test]
#
# build  compiler, CMake, libraries
# demo   also the real firmware that tests/demo.sh installs on the simulated device
# test   (the default) also what tests/run.sh uses
#
# Works as root, or as a user who may use sudo. Otherwise, and with --no-install, it says what is
# missing and exits with 1. Optional packages that cannot be had cost one line.
set -u

install=yes
level=test
for arg in "$@"; do
  case $arg in
    --no-install) install=no ;;
    build | demo | test) level=$arg ;;
    *)
      echo "usage: sh tests/setup.sh [--no-install] [build|demo|test]" >&2
      exit 2
      ;;
  esac
done

required="gcc libc6-dev cmake ninja-build pkg-config python3 libmbedtls-dev libnanopb-dev nanopb
  protobuf-compiler libcjson-dev libcmocka-dev libserialport-dev"
optional=
if [ "$level" != build ]; then
  required="$required opensbi u-boot-qemu"
  optional="firmware-microbit-micropython"
fi
if [ "$level" = test ]; then
  required="$required clang libclang-rt-dev lrzsz mandoc"
  optional="$optional gcc-arm-none-eabi picolibc-arm-none-eabi dpkg-dev qemu-system-arm gdb-multiarch socat clang-format clang-tidy cppcheck gcovr umockdev libumockdev-dev zsh fish"
fi

if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "setup: this is not Debian. Install the equivalents of these packages by hand:" >&2
  echo "  $(echo $required $optional)" >&2
  # Elsewhere the build itself finds out; the tools without which nothing starts are checked here.
  for tool in cc cmake ninja python3 protoc; do
    command -v "$tool" >/dev/null 2>&1 || exit 1
  done
  exit 0
fi

# Prints those of the arguments that are not installed.
missing_of() {
  have=$(dpkg-query -W -f='${db:Status-Status} ${Package} ${Provides}\n' 2>/dev/null |
    sed -n 's/^installed //p' | tr -s ' ,' '\n\n')
  for package in "$@"; do
    echo "$have" | grep -qx -- "$package" || echo "$package"
  done
}

# A package that can be installed has a candidate.
available() {
  apt-cache policy "$1" 2>/dev/null | grep -q '^  Candidate: [^(]'
}

missing=$(missing_of $required)
wanted=$(missing_of $optional)
[ -z "$missing$wanted" ] && exit 0

skip_line() {
  case $1 in
    firmware-microbit-micropython) echo "setup: without $1 (only Debian 12 has it): no micro:bit chapter" ;;
    gcc-arm-none-eabi | picolibc-arm-none-eabi | dpkg-dev | qemu-system-arm)
      echo "setup: without $1: no firmware is built and tried" ;;
    *) echo "setup: without $1: the tests that need it are skipped" ;;
  esac
}

if [ "$install" = no ]; then
  for package in $wanted; do
    skip_line "$package"
  done
  [ -z "$missing" ] && exit 0
  echo "setup: missing packages. Install them with:" >&2
  echo "  apt-get install --no-install-recommends $(echo $missing)" >&2
  exit 1
fi

as_root=
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null 2>&1; then
    as_root="sudo"
    if [ -n "${CI:-}" ] || [ ! -t 0 ]; then
      as_root="sudo -n"
    fi
  fi
  if [ -z "$as_root" ] || ! $as_root true; then
    for package in $wanted; do
      skip_line "$package"
    done
    [ -z "$missing" ] && exit 0
    echo "setup: missing packages, and this user may not install them. As root, run:" >&2
    echo "  apt-get install --no-install-recommends $(echo $missing)" >&2
    exit 1
  fi
fi

apt_get() {
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 \
    -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"
}

log=$(mktemp "${TMPDIR:-/tmp}/gapseal-setup.XXXXXX") || exit 1
trap 'rm -f "$log"' EXIT

# Package lists: fetched only when a required package is not known yet.
updated=no
update() {
  [ "$updated" = no ] || return 0
  updated=yes
  echo "setup: reading package lists"
  apt_get update >"$log" 2>&1
}
for package in $missing; do
  available "$package" || update
done

if [ -z "$missing" ]; then
  for package in $wanted; do
    available "$package" || [ -n "$(ls /var/lib/apt/lists/*Packages* 2>/dev/null)" ] || update
  done
fi

chosen=
for package in $wanted; do
  if available "$package"; then
    chosen="$chosen $package"
  else
    skip_line "$package"
  fi
done
[ -z "$missing$chosen" ] && exit 0

echo "setup: installing $(echo $missing $chosen)"
if ! apt_get install --no-install-recommends $missing $chosen >"$log" 2>&1; then
  # Old package lists name versions that the archive no longer has; optional ones may be at fault.
  update
  if ! apt_get install --no-install-recommends $missing $chosen >"$log" 2>&1; then
    for package in $chosen; do
      skip_line "$package"
    done
    if [ -n "$missing" ] && ! apt_get install --no-install-recommends $missing >"$log" 2>&1; then
      echo "setup: apt-get failed:" >&2
      tail -n 20 "$log" >&2
      exit 1
    fi
  fi
fi
still=$(missing_of $required)
if [ -n "$still" ]; then
  echo "setup: still missing after the installation: $(echo $still)" >&2
  exit 1
fi
exit 0
