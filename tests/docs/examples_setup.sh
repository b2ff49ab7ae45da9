# What the examples of a page may take for granted; read by tests/docs/examples.py into the shell that
# runs them. A page says in hidden commands which of these it needs:
#
#   <!-- $ acme; device dev1 -->          .\" $ acme; device dev1

# Keys, keyring and a signed package of release 1 (ctrl-1.0.0.gsp), as README.md makes them.
acme() {
  for key in root release maker; do
    gapseal-sign keygen $key.pem || return
  done
  gapseal-sign keyring new --root root.pem --release release.pem -o acme.gsk &&
    facts 1.0.0 1 >facts.json && package 1.0.0 1
}

# facts VERSION RELEASE [FLOOR [NAME]]: the security version is the release's number.
facts() {
  cat <<JSON
{"name": "${4:-ctrl}", "version": "$1", "product": "com.acme.${4:-ctrl}",
 "hardware": ["com.acme.${4:-ctrl}.board-a"],
 "release": $2, "security_version": $2, "raises_floor_to": ${3:-1}}
JSON
}

# package VERSION RELEASE [FLOOR]: ctrl-VERSION.gsp, its image like fw.bin but for a number at its end.
package() {
  { cat fw.bin; echo "$2"; } >"fw-$2.bin"
  facts "$@" >"facts-$1.tmp" &&
    gapseal-sign pack "facts-$1.tmp" --image "fw-$2.bin" -o "ctrl-$1.gsp" &&
    gapseal-sign sign --key release.pem --keyring acme.gsk "ctrl-$1.gsp"
}

# other_image BYTES: fw.bin anew, with nothing of it as before.
other_image() {
  python3 -c 'import random, sys
open("fw.bin", "wb").write(random.Random(7).randbytes(int(sys.argv[1])))' "$1"
}

# device NAME [options]: a simulated one behind unix:NAME.sock, number 0042-1187 unless said.
device() {
  name=$1
  shift
  gapseal-sim --dir "$name" --listen "unix:$name.sock" --serial 0042-1187 --provision acme.gsk \
    --maker-key maker.pem "$@" >"$name.log" 2>&1 &
  echo $! >"$name.pid"
  disown
  until_there "$name.sock"
}

# off NAME: like pulling its plug.
off() {
  kill -9 "$(cat "$1.pid")"
  rm -f "$1.sock"
}

# silent NAME: a line with nobody at its end that answers, until "device" is there.
silent() {
  python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
while True:
    held = s.accept()' "$1.sock" &
  echo $! >"$1.pid"
  disown
  until_there "$1.sock"
}

# spoil NAME: no image in its flash matches its package any more.
spoil() {
  python3 - "$1/flash" fw.bin <<'PY'
import sys
path, image = sys.argv[1:]
flash = bytearray(open(path, "rb").read())
start, at = open(image, "rb").read()[:4096], -1
while (at := flash.find(start, at + 1)) >= 0:
    flash[at + 5000] ^= 0xFF
open(path, "wb").write(flash)
PY
}

# when_said TEXT command...: in the background, once an example has said so.
when_said() {
  text=$1
  shift
  {
    tries=3000
    until grep -qs -- "$text" .said-*; do
      tries=$((tries - 1))
      [ "$tries" -gt 0 ] || exit 1
      sleep 0.02
    done
    "$@"
  } >/dev/null 2>&1 &
}

# until_there FILE: within 20 s.
until_there() {
  tries=1000
  until [ -e "$1" ]; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 0.02
  done
}

# The laptop trusts acme.
trusting() {
  gapseal trust add maker.pub.pem && gapseal trust add acme.gsk
}

# installed [VERSION]: and the device runs it.
installed() {
  gapseal install "ctrl-${1:-1.0.0}.gsp" port:unix:dev1.sock
}

# What an auditor gets: dev1.gsr and dev1.gsl.
evidence() {
  cp "$(gapseal receipt fetch port:unix:dev1.sock)" dev1.gsr &&
    gapseal log port:unix:dev1.sock --save dev1.gsl
}

# on_trial VERSION RELEASE: a package whose image waits for confirm or reject.
on_trial() {
  package "$1" "$2" && gapseal install "ctrl-$1.gsp" port:unix:dev1.sock --stop-before confirm
  [ $? -eq 40 ]
}

# -- before the example lines of --help: help_PROGRAM once, before_PROGRAM_COMMAND each ---------------

help_gapseal() {
  acme && gapseal trust add acme.gsk && device dev1
}
before_gapseal_confirm() {
  on_trial 2.0.0 2
}
before_gapseal_reject() {
  on_trial 3.0.0 3
}
before_gapseal_rollback() {
  package 4.0.0 4 && installed 4.0.0
}
# Its power fails in the middle of an install.
before_gapseal_cancel() {
  other_image 300000 && package 5.0.0 5 && off dev1
  device dev1 --die-after-bytes 100000 && gapseal install ctrl-5.0.0.gsp port:unix:dev1.sock --timeout 1
  [ $? -eq 20 ] && off dev1
  device dev1
}

help_gapseal_sign() {
  for key in release second; do
    gapseal-sign keygen $key.pem || return
  done
  facts 1.0.0 1 >facts.json
}

help_gapseal_verify() {
  acme && device dev1 && trusting && installed && evidence
}

help_gapseal_sim() {
  acme
}
