#!/bin/sh
# Completion scripts, sourced by the shells they are for: what a person gets offered, and that it is
# what the programs know.
. "$(dirname "$0")/../lib.sh"

mkdir -p place/folder config/gapseal/trust
echo "0042-1187 press-7" >config/gapseal/names
touch config/gapseal/trust/0123456789abcdef.pem config/gapseal/trust/89abcdef01234567.gsk
cd place || exit 1
touch a.gsp b.gsp notes.txt one.gsr log.gsl acme.gsk maker.pub.pem maker.key.pem order.bin
GAPSEAL_PORTS="unix:dev9.sock tcp:localhost:7000"
export GAPSEAL_PORTS
make_socket() {
  python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$1"
}
must make_socket dev1.sock

# Options and commands as --help has them: whoever adds one finds it completed.
in_order() {
  LC_ALL=C sort -u | tr '\n' ' ' | sed 's/ $//'
}
listed_options() {
  sed -n '/^options:/,/^example:/s/^ *\(-[a-z], \)\{0,1\}\(--[a-z-]*\).*/\2/p' "$1" | in_order
}
listed_commands() {
  sed -n '/^commands:/,/^$/s/^  \([a-z][a-z ]*[a-z]\)  .*/\1/p' "$1"
}
: >lines
: >wanted
want() {
  echo "$1" >>lines
  echo "$2" >>wanted
}
for program in gapseal gapseal-sign gapseal-verify; do
  must "$program" --help
  cp out help
  want "$program " "$(listed_commands help | sed 's/ .*//' | in_order)"
  listed_commands help >commands
  while read -r command; do
    # shellcheck disable=SC2086
    must "$program" $command --help
    want "$program $command --" "$(listed_options out)"
  done <commands
done
must gapseal-sim --help
want "gapseal-sim --" "$(listed_options out)"
rm -f help commands
want "gapseal --" "--help --version"
want "gapseal-sign --" "--help --version"

# One line a thing a person may press the key on.
want "gapseal inst" "install"
want "gapseal install " "a.gsp b.gsp folder"
want "gapseal install a.gsp s" "sn: sn:0042-1187"
want "gapseal install a.gsp name:press-7 n" "name: name:press-7"
want "gapseal info a" "all"
want "gapseal --port unix:dev1.sock show " "a.gsp b.gsp folder"
want "gapseal receipt " "fetch show verify"
want "gapseal receipt show " "folder one.gsr"
want "gapseal receipt fetch port:unix:dev1" "port:unix:dev1.sock"
want "gapseal trust " "add list remove"
want "gapseal trust remove " "0123456789abcdef 89abcdef01234567"
want "gapseal trust remove 8" "89abcdef01234567"
want "gapseal trust add m" "maker.pub.pem"
want "gapseal trust add ac" "acme.gsk"
want "gapseal help ins" "install"
want "gapseal journal " "show verify"
want "gapseal completion " "bash fish zsh"
want "gapseal list --port unix:dev9" "unix:dev9.sock"
want "gapseal list --port=unix:dev1" "--port=unix:dev1.sock"
want "gapseal list --port tcp:localhost:7" "tcp:localhost:7000"
want "gapseal install --stop-before " "confirm"
want "gapseal list --state " "folder"
want "gapseal log --save " "folder log.gsl"
want "gapseal install a.gsp --order ord" "order.bin"
want "gapseal confirm --timeout " ""
want "gapseal status -- --" ""
want "gapseal list --ports" ""
want "gapseal-sign keyring " "new next show"
want "gapseal-sign sign --key " "folder maker.key.pem maker.pub.pem"
want "gapseal-sign sign -k " "folder maker.key.pem maker.pub.pem"
want "gapseal-sign pack --format " "elf hex raw"
want "gapseal-sign keyring new --output " "acme.gsk folder"
want "gapseal-sign keyring show " "acme.gsk folder"
want "gapseal-sign pack --image not" "notes.txt"
want "gapseal-verify receipt one.gsr --package " "a.gsp b.gsp folder"
want "gapseal-verify log " "folder log.gsl"
want "gapseal-sim --profile " "linux mcu"
want "gapseal-sim --dir d --listen st" "stdio"
want "gapseal-sim --dir " "folder"
want "gapseal list --port st" ""
want "gapseal show ab<TAB>" "ab^"
want "gapseal inst<TAB>" "install ^"
want "gapseal install a.gsp port<TAB>" "port:^"
want "gapseal install a.gsp port:uni<TAB>" "port:unix:^"
want "gapseal install fol<TAB>" "folder/^"

for shell in bash zsh fish; do
  if ! command -v "$shell" >/dev/null 2>&1; then
    skip "completion in $shell" "$shell is not installed"
    continue
  fi
  must gapseal completion "$shell"
  cp out "script.$shell"
  err_empty
  LAST=
  if ! python3 "$TOOLS/shell_complete.py" "$shell" "script.$shell" <lines >got; then
    not_ok "$shell completes"
    continue
  fi
  paste -d '|' lines wanted got >rows
  while IFS='|' read -r line wanted got; do
    case $shell:$line in
      # fish offers what is similar, and has its own mind on blanks and slashes behind a word.
      fish:*"<TAB>" | "fish:gapseal list --ports" | "fish:gapseal list --port st") continue ;;
    esac
    if [ "$wanted" = "$got" ]; then
      ok "$shell: $line"
    else
      not_ok "$shell: $line"
      printf '#   wanted: %s\n#   got:    %s\n' "$wanted" "$got"
    fi
  done <rows
done
finish
