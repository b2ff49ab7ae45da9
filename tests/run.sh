#!/bin/sh
# Runs the tests.
#
#   sh tests/run.sh [--long] [--no-install] [SUITE...]
#
# SUITE  unit vectors cli e2e hostile anomaly conformance powercut mcu fuzz bench static coverage docs
#        meta regression (all of them unless named)
# --long        full campaigns instead of short ones
# --no-install  never install packages, only say what is missing
#
# Each check prints one line; a failed test prints all it said and how to run it alone. The last
# line is "N passed, N failed, N skipped"; the exit code is 0 when something passed and nothing
# failed. CI=true makes it ask nothing.
set -u

cd "$(dirname "$0")/.." || exit 1
TOP=$(pwd)
ALL="unit vectors cli e2e hostile anomaly conformance powercut mcu fuzz bench static coverage docs meta regression"

# -- one test, called below through xargs ----------------------------------------------------------

# --one WORK NAME SECONDS COMMAND: runs it from the top of the tree and files its lines.
if [ "${1:-}" = --one ]; then
  work=$2 name=$3 seconds=$4 command=$5
  log=$work/logs/$(echo "$name" | tr '/ ' '__')
  [ -z "${GAPSEAL_LONG:-}" ] || seconds=$((seconds * 10))
  begin=$(date +%s)
  timeout -k 10 "$seconds" sh -c "$command" >"$log" 2>&1 </dev/null
  code=$?
  passed=$(grep -c '^ok' "$log")
  skipped=$(grep -c '^ok.*# *SKIP' "$log")
  failed=$(grep -c '^not ok' "$log")
  passed=$((passed - skipped))
  why=
  if [ "$code" -ne 0 ] && [ "$failed" -eq 0 ]; then
    failed=1
    why="exit code $code"
    [ "$code" -eq 124 ] && why="not finished after $seconds s"
  elif [ "$code" -eq 0 ] && [ $((passed + failed + skipped)) -eq 0 ]; then
    case $command in
      *.sh)
        failed=1
        why="it checked nothing"
        ;;
      *) # a program of another make: its exit code is its verdict
        passed=1
        echo "ok - exit code 0" >>"$log"
        ;;
    esac
  fi
  echo "$passed $failed $skipped $(($(date +%s) - begin)) $name" >"$log.count"
  {
    if [ "$failed" -eq 0 ]; then
      grep '^ok' "$log" | sed -e "s|^ok[ 0-9]*-* *|ok   $name: |"
    else
      sed -e "s|^ok[ 0-9]*-* *|ok   $name: |" -e "s|^not ok[ 0-9]*-* *|FAIL $name: |" "$log"
      [ -n "$why" ] && echo "FAIL $name: $why"
      echo "     run it alone: $command"
    fi
  } >"$log.shown"
  flock "$work/lock" cat "$log.shown"
  exit 0
fi

# -- the whole run -----------------------------------------------------------------------------

install=
suites=
GAPSEAL_LONG=
for arg in "$@"; do
  case $arg in
    --long) GAPSEAL_LONG=1 ;;
    --no-install) install=--no-install ;;
    -h | --help)
      sed -n '2,13s/^# \{0,1\}//p' "$0"
      exit 0
      ;;
    *)
      case " $ALL " in
        *" $arg "*) suites="$suites $arg" ;;
        *)
          echo "run.sh: unknown suite $arg; there are: $ALL" >&2
          exit 2
          ;;
      esac
      ;;
  esac
done
suites=${suites:-$ALL}
export GAPSEAL_LONG

wants() {
  case " $suites " in
    *" $1 "*) return 0 ;;
  esac
  return 1
}

work=$(mktemp -d "${TMPDIR:-/tmp}/gapseal-run.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir "$work/logs" "$work/cache"
GAPSEAL_CACHE=$work/cache
export GAPSEAL_CACHE
started=$(date +%s)

# Adds up what is filed so far and ends the run.
report() {
  cat "$work"/logs/*.count 2>/dev/null >"$work/counts" || :
  awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }' "$work/counts" >"$work/sums"
  read -r passed failed skipped <"$work/sums"
  if [ "$failed" -gt 0 ]; then
    echo
    echo "failed:"
    awk '$2 > 0 { printf "  %s (%d)\n", $5, $2 }' "$work/counts"
  fi
  echo
  echo "slowest: $(sort -rn -k4 "$work/counts" | awk 'NR <= 5 { printf "%s%s %d s", (NR > 1 ? ", " : ""), $5, $4 }')"
  echo "took $(($(date +%s) - started)) s"
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
  exit
}

# A failure outside any test.
broken() {
  echo "FAIL $1: $2"
  echo "0 1 0 0 $1" >"$work/logs/$1.count"
}

if ! sh tests/setup.sh $install test; then
  broken setup "packages are missing"
  report
fi

jobs=$(nproc 2>/dev/null || echo 2)
[ "$jobs" -le 2 ] || jobs=$((jobs > 8 ? 8 : jobs))

# build PRESET: counts as one test.
build() {
  begin=$(date +%s)
  if cmake --preset "$1" >"$work/build" 2>&1 && cmake --build --preset "$1" >>"$work/build" 2>&1; then
    took=$(($(date +%s) - begin))
    echo "ok   build/$1: compiles without warnings ($took s)"
    echo "1 0 0 $took build/$1" >"$work/logs/build_$1.count"
    return 0
  fi
  cat "$work/build"
  broken "build_$1" "does not build; alone: cmake --preset $1 && cmake --build --preset $1"
  return 1
}

release=no
debug=no
build release && release=yes
for suite in unit vectors e2e hostile conformance powercut; do
  if wants "$suite"; then
    build debug && debug=yes
    break
  fi
done
if wants unit; then
  build clang
fi

# Queues: name, seconds and command, each ended by a zero byte, as xargs -0 takes them.
add() {
  printf '%s\0%s\0%s\0' "$2" "$3" "$4" >>"$work/queue.$1"
}
run_queue() {
  [ -s "$work/queue.$1" ] || return 0
  xargs -0 -n 3 -P "$2" sh "$TOP/tests/run.sh" --one "$work" <"$work/queue.$1"
}

# Programs that CMake registered under a label.
add_programs() {
  preset=$1 suite=$2 queue=$3
  [ -d "build/$preset" ] || return 0
  ctest --test-dir "build/$preset" -L "^$suite\$" --show-only=json-v1 2>/dev/null |
    python3 -c '
import json, os, shlex, sys
preset, suite = sys.argv[1:]
for t in json.load(sys.stdin)["tests"]:
    props = {p["name"]: p["value"] for p in t.get("properties", [])}
    command = [os.path.relpath(t["command"][0])] + t["command"][1:]
    print("%s:%s/%s\t%d\t%s" % (preset, suite, t["name"], props.get("TIMEOUT", 120),
          "CMOCKA_MESSAGE_OUTPUT=TAP " + " ".join(map(shlex.quote, command))))
' "$preset" "$suite" >"$work/programs"
  tab=$(printf '\t')
  while IFS=$tab read -r name seconds command; do
    add "$queue" "$name" "$seconds" "$command"
  done <"$work/programs"
}

# Scripts of a suite, with the programs of a preset.
add_scripts() {
  preset=$1 suite=$2 queue=$3 seconds=$4
  for script in tests/"$suite"/*.sh; do
    [ -e "$script" ] || continue
    name=$suite/$(basename "$script" .sh)
    [ "$preset" = release ] || name=$preset:$name
    add "$queue" "$name" "$seconds" "GAPSEAL_BIN=build/$preset/bin sh $script"
  done
}

# A sanitizer's exit code must not pass for one of the product's.
ASAN_OPTIONS=exitcode=99
UBSAN_OPTIONS=print_stacktrace=1:exitcode=99
export ASAN_OPTIONS UBSAN_OPTIONS

# The long ones first, so that no core waits for them at the end. static, coverage and fuzz make
# builds of their own.
for suite in static coverage fuzz; do
  wants "$suite" && add_scripts release "$suite" parallel 900
done
for suite in unit vectors hostile conformance powercut; do
  wants "$suite" || continue
  [ "$debug" = yes ] && add_programs debug "$suite" parallel
  [ "$release" = yes ] && add_programs release "$suite" parallel
done
for suite in mcu vectors cli e2e hostile anomaly conformance powercut docs regression; do
  wants "$suite" || continue
  [ "$release" = yes ] && add_scripts release "$suite" parallel 600
done
if wants e2e && [ "$debug" = yes ]; then
  for script in session refusals resume; do
    [ -e "tests/e2e/$script.sh" ] || continue
    add parallel "debug:e2e/$script" 600 "GAPSEAL_BIN=build/debug/bin sh tests/e2e/$script.sh"
  done
fi
if wants meta && [ "$release" = yes ]; then
  add_scripts release meta parallel 300
fi
# Measurements have the machine to themselves.
if wants bench && [ "$release" = yes ]; then
  add_scripts release bench alone 600
fi

run_queue parallel "$jobs"
run_queue alone 1
report
