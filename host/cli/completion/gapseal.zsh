#compdef @PROGRAMS@
# zsh completion for gapseal and its companions, written by "gapseal completion zsh".
#
# For this session:  source <(gapseal completion zsh)
# For good:          gapseal completion zsh >_gapseal, in a directory of $fpath

# One row a thing that may be typed: word|PATH|WORD|TEXT, operand|PATH|NUMBER|KINDS,
# option|PATH|NAMES|KINDS|TEXT, link|PROGRAM|SCHEME|TEXT. KINDS "-": no value.
_gapseal_table='
@TABLE@
'

# Puts the KINDS of an option into REPLY; those of another command where this one does not have it.
_gapseal_option() {
  local row
  local -a field
  REPLY=
  for row in ${(f)_gapseal_table}; do
    field=("${(@s:|:)row}")
    if [[ $field[1] == option && ,$field[3], == *,$2,* ]]; then
      REPLY=$field[4]
      if [[ $field[2] == $1 || ($field[2] == *' '* && $1 == $field[2]' '*) ]]; then
        return
      fi
    fi
  done
}

# Puts the words that may follow a path into reply, as WORD:TEXT.
_gapseal_words() {
  local row
  local -a field
  reply=()
  for row in ${(f)_gapseal_table}; do
    field=("${(@s:|:)row}")
    if [[ $field[1] == word && $field[2] == $1 ]]; then
      reply+=("$field[3]:$field[4]")
    fi
  done
}

_gapseal_options() {
  local row
  local -a field
  reply=()
  for row in ${(f)_gapseal_table}; do
    field=("${(@s:|:)row}")
    if [[ $field[1] == option && ($field[2] == $1 || ($field[2] == *' '* && $1 == $field[2]' '*)) ]]; then
      reply+=("${field[3]%%,*}:$field[5]")
    fi
  done
}

# No port is opened: what is known stands in files and in GAPSEAL_PORTS.
_gapseal_links() {
  local row scheme
  local -a field ports schemes
  for scheme in unix serial pty exec tcp; do
    if [[ $PREFIX == ${scheme}:* ]]; then
      ports=(${=GAPSEAL_PORTS})
      ports=(${(M)ports:#${scheme}:*})
      compset -P "${scheme}:"
      (( $#ports )) && compadd -- ${ports#${scheme}:}
      case $scheme in
        unix) _files -g '*(-=)' ;;
        serial | pty)
          compadd -f -- /dev/serial/by-id/*(N) /dev/ttyUSB*(N) /dev/ttyACM*(N)
          _files -g '*(-%c)'
          ;;
        exec) _command_names -e ;;
        tcp) compadd -S '' -- localhost: 127.0.0.1: ;;
      esac
      return
    fi
  done
  for row in ${(f)_gapseal_table}; do
    field=("${(@s:|:)row}")
    [[ $field[1] == link && $field[2] == ${at%% *} ]] && schemes+=($field[3])
  done
  compadd -S '' -- $schemes
  compadd -- ${=GAPSEAL_PORTS}
}

_gapseal_devices() {
  local line names=${XDG_CONFIG_HOME:-$HOME/.config}/gapseal/names
  local -a field known
  if [[ $PREFIX == port:* ]]; then
    compset -P port:
    _gapseal_links
    return
  fi
  if [[ -r $names ]]; then
    for line in ${(f)"$(<$names)"}; do
      field=(${=line})
      [[ $#field -gt 1 && $field[1] != '#'* ]] && known+=("sn:$field[1]" "name:$field[2]")
    done
  fi
  compadd -S '' -- port: sn: name:
  compadd -- all $known
}

# Completes a word of these KINDS.
_gapseal_values() {
  local kind
  local -a reply suffixes
  for kind in ${(s:,:)1}; do
    case $kind in
      '='*) compadd -- ${kind#=} ;;
      file.*) suffixes+=(${kind#file.}) ;;
      file) _files ;;
      dir) (( $#suffixes )) || _files -/ ;;
      dev) _gapseal_devices ;;
      link) _gapseal_links ;;
      id) compadd -- ${XDG_CONFIG_HOME:-$HOME/.config}/gapseal/trust/*.(pem|gsk)(N:t:r) ;;
      command)
        _gapseal_words ${at%% *}
        _describe command reply
        ;;
    esac
  done
  (( $#suffixes )) && _files -g "*.(${(j:|:)suffixes})(-.)" # and directories
}

_gapseal() {
  local at=${words[1]:t} option= ends= word row REPLY
  local -i number=0 i
  local -a reply field
  for ((i = 2; i < CURRENT; i++)); do
    word=${(Q)words[i]}
    if [[ -n $option ]]; then
      option=
    elif [[ $word == -- ]]; then
      ends=yes
    elif [[ $word == -* && -z $ends ]]; then
      _gapseal_option $at $word
      [[ $word != *=* && -n $REPLY && $REPLY != - ]] && option=$word
    else
      _gapseal_words $at
      if (( ${#${(@M)reply:#${word}:*}} )); then
        at+=" $word"
      else
        (( ++number ))
      fi
    fi
  done
  if [[ -z $option && -z $ends && $PREFIX == --*=* ]]; then
    option=${PREFIX%%=*}
    compset -P 1 '*='
  fi
  if [[ -n $option ]]; then
    _gapseal_option $at $option
    _gapseal_values $REPLY
    return
  fi
  if [[ $PREFIX == -* && -z $ends ]]; then
    _gapseal_options $at
    _describe -o option reply
    return
  fi
  if (( number == 0 )); then
    _gapseal_words $at
    (( $#reply )) && _describe command reply
  fi
  for row in ${(f)_gapseal_table}; do
    field=("${(@s:|:)row}")
    if [[ $field[1] == operand && $field[2] == $at ]] &&
      [[ $field[3] == $number || ($field[3] == *+ && $number -ge ${field[3]%+}) ]]; then
      _gapseal_values $field[4]
    fi
  done
}

# As a file in $fpath this is the body of _gapseal, run with its first call.
if [[ ${funcstack[1]-} == _gapseal ]]; then
  _gapseal "$@"
else
  compdef _gapseal @PROGRAMS@
fi
