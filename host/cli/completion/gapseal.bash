# bash completion for gapseal and its companions, written by "gapseal completion bash".
#
# For this session:  . <(gapseal completion bash)
# For good:          gapseal completion bash >~/.local/share/bash-completion/completions/gapseal

# One row a thing that may be typed: word|PATH|WORD|TEXT, operand|PATH|NUMBER|KINDS,
# option|PATH|NAMES|KINDS|TEXT, link|PROGRAM|SCHEME|TEXT. KINDS "-": no value.
_gapseal_table='
@TABLE@
'

# Prints the KINDS of an option; of another command's where this one does not have it.
_gapseal_option() {
  local row path names kinds other=
  while IFS='|' read -r row path names kinds _; do
    if [[ $row == option && ,$names, == *",$2,"* ]]; then
      if [[ $path == "$1" || ($path == *" "* && $1 == "$path "*) ]]; then
        printf '%s' "$kinds"
        return
      fi
      other=$kinds
    fi
  done <<<"$_gapseal_table"
  printf '%s' "$other"
}

# Prints the KINDS of a command's n-th operand.
_gapseal_operand() {
  local row path number kinds
  while IFS='|' read -r row path number kinds; do
    if [[ $row == operand && $path == "$1" ]]; then
      if [[ $number == "$2" ]] || [[ $number == *+ && $2 -ge ${number%+} ]]; then
        printf '%s' "$kinds"
        return
      fi
    fi
  done <<<"$_gapseal_table"
}

# Prints the words that may follow a path.
_gapseal_words() {
  local row path word
  while IFS='|' read -r row path word _; do
    [[ $row == word && $path == "$1" ]] && printf '%s\n' "$word"
  done <<<"$_gapseal_table"
}

_gapseal_options() {
  local row path names
  while IFS='|' read -r row path names _; do
    if [[ $row == option && ($path == "$1" || ($path == *" "* && $1 == "$path "*)) ]]; then
      printf '%s\n' "${names%%,*}"
    fi
  done <<<"$_gapseal_table"
}

# Files with one of the suffixes after the word, and directories on the way to them; any file where
# none has one of them.
_gapseal_files() {
  local word=$1 suffix found=
  shift
  for suffix; do
    found+=$(compgen -f -X "!*$suffix" -- "$word")
  done
  if [[ -n $found ]]; then
    for suffix; do
      compgen -f -X "!*$suffix" -- "$word"
    done
    compgen -d -- "$word"
  else
    compgen -f -- "$word"
  fi
}

# $1 is the word so far. No port is opened: what is known stands in files and in GAPSEAL_PORTS.
_gapseal_links() {
  local row program scheme entry
  case $1 in
    unix:*)
      compgen -f -- "${1#*:}" | while IFS= read -r entry; do
        if [[ -d $entry ]]; then
          printf 'unix:%s/\n' "$entry"
        elif [[ -S $entry ]]; then
          printf 'unix:%s\n' "$entry"
        fi
      done
      ;;
    serial:* | pty:*)
      for entry in /dev/serial/by-id/* /dev/ttyUSB* /dev/ttyACM*; do
        if [[ -e $entry && ${1%%:*}:$entry == "$1"* ]]; then printf '%s:%s\n' "${1%%:*}" "$entry"; fi
      done
      compgen -f -- "${1#*:}" | while IFS= read -r entry; do
        if [[ -d $entry ]]; then
          printf '%s:%s/\n' "${1%%:*}" "$entry"
        elif [[ -c $entry || -L $entry ]]; then
          printf '%s:%s\n' "${1%%:*}" "$entry"
        fi
      done
      ;;
    exec:*) compgen -c -- "${1#*:}" | sed 's|^|exec:|' ;;
    tcp:*) compgen -W 'tcp:localhost: tcp:127.0.0.1:' -- "$1" ;;
    *)
      while IFS='|' read -r row program scheme _; do
        if [[ $row == link && $program == "${path%% *}" && $scheme == "$1"* ]]; then printf '%s\n' "$scheme"; fi
      done <<<"$_gapseal_table"
      ;;
  esac
  for entry in ${GAPSEAL_PORTS-}; do
    if [[ $entry == "$1"* ]]; then printf '%s\n' "$entry"; fi
  done
}

_gapseal_devices() {
  local serial name names=${XDG_CONFIG_HOME:-$HOME/.config}/gapseal/names
  if [[ $1 == port:* ]]; then
    _gapseal_links "${1#port:}" | sed 's|^|port:|'
    return
  fi
  {
    printf '%s\n' port: sn: name: all
    if [[ -r $names ]]; then
      while read -r serial name; do
        [[ -n $name && $serial != '#'* ]] && printf '%s\n' "sn:$serial" "name:$name"
      done <"$names"
    fi
  } | while IFS= read -r name; do
    if [[ $name == "$1"* ]]; then printf '%s\n' "$name"; fi
  done
}

# What this computer trusts: its files are named by id.
_gapseal_ids() {
  local entry
  for entry in "${XDG_CONFIG_HOME:-$HOME/.config}"/gapseal/trust/"$1"*; do
    [[ $entry == *.pem || $entry == *.gsk ]] || continue
    entry=${entry##*/}
    printf '%s\n' "${entry%.*}"
  done
}

# Prints what a word of these KINDS may become.
_gapseal_values() {
  local kind kinds suffixes=() IFS=$' \t\n'
  IFS=, read -r -a kinds <<<"$1"
  for kind in "${kinds[@]}"; do
    case $kind in
      =*) compgen -W "${kind#=}" -- "$2" ;;
      file.*) suffixes+=("${kind#file}") ;;
      file) _gapseal_files "$2" ;;
      dir) compgen -d -- "$2" ;;
      dev) _gapseal_devices "$2" ;;
      link) _gapseal_links "$2" ;;
      id) _gapseal_ids "$2" ;;
      command) compgen -W "$(_gapseal_words "${path%% *}")" -- "$2" ;;
    esac
  done
  ((${#suffixes[@]} == 0)) || _gapseal_files "$2" "${suffixes[@]}"
}

_gapseal() {
  local rest=${COMP_LINE:0:COMP_POINT} trimmed i word last count=0 words=()
  # Blanks alone part words here; bash parts them at colons and equal signs as well.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    trimmed=${rest#"${rest%%[![:space:]]*}"}
    word=${COMP_WORDS[i]}
    ((i == COMP_CWORD)) && word=$trimmed
    if ((i > 0)) && [[ $trimmed == "$rest" ]]; then
      words[count - 1]+=$word
    else
      words[count]=$word
      count=$((count + 1))
    fi
    rest=${trimmed#"$word"}
  done

  local path=${words[0]##*/} number=0 option='' kinds ends=''
  for ((i = 1; i < count - 1; i++)); do
    word=${words[i]}
    if [[ -n $option ]]; then
      option=
    elif [[ $word == -- ]]; then
      ends=yes
    elif [[ $word == -* && -z $ends ]]; then
      kinds=$(_gapseal_option "$path" "$word")
      [[ $word != *=* && -n $kinds && $kinds != - ]] && option=$word
    elif _gapseal_words "$path" | grep -qxF -- "$word"; then
      path+=" $word"
    else
      number=$((number + 1))
    fi
  done

  last=${words[count - 1]}
  word=$last
  if [[ -z $option && -z $ends && $word == --*=* ]]; then
    option=${word%%=*}
    word=${word#*=}
  fi
  local IFS=$'\n' candidates
  if [[ -n $option ]]; then
    kinds=$(_gapseal_option "$path" "$option")
    candidates=$(_gapseal_values "$kinds" "$word")
  elif [[ $word == -* && -z $ends ]]; then
    kinds=-
    candidates=$(compgen -W "$(_gapseal_options "$path")" -- "$word")
  else
    kinds=$(_gapseal_operand "$path" "$number")
    candidates=$(
      ((number == 0)) && compgen -W "$(_gapseal_words "$path")" -- "$word"
      _gapseal_values "$kinds" "$word"
    )
  fi

  # What bash takes for the word begins behind the last character that parts words for it.
  local parts='' before=''
  [[ $COMP_WORDBREAKS == *:* ]] && parts=:
  [[ $COMP_WORDBREAKS == *=* ]] && parts+='='
  [[ -n $parts && $last == *[$parts]* ]] && before=${last%"${last##*["$parts"]}"}
  COMPREPLY=()
  for word in $candidates; do
    [[ $last == --*=* && -n $option ]] && word=$option=$word
    COMPREPLY+=("${word#"$before"}")
  done
  case $kinds in
    *dev* | *link*) [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[:/] ]] && compopt -o nospace 2>/dev/null ;;
    *file* | *dir*) compopt -o filenames 2>/dev/null ;;
  esac
  return 0
}

complete -F _gapseal @PROGRAMS@
