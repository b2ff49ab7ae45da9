#!/usr/bin/env python3
"""What a real, interactive shell makes of a command line when its completion key is pressed.

usage: shell_complete.py bash|zsh|fish SCRIPT <LINES

SCRIPT is sourced first. For each line of standard input prints a line: the completions of its last
word in order, with blanks between; or, where the line ends in "<TAB>", what the key makes of that
word, with a "^" typed behind. fish says outside of a terminal what it would offer, also of lines
with a "<TAB>", and offers what is similar as well.
"""
import os
import pty
import select
import signal
import subprocess
import sys
import time

PATIENCE_S = 30
SET_UP = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
}
# Each program becomes a function that prints its words. Escape and * put in all completions in bash;
# zsh cannot, so what is handed to compadd is kept there and told.
BEFORE = {
    "bash": r"""PS1= PS2= HISTFILE=
bind 'set enable-bracketed-paste off'; bind 'set bell-style none'
bind 'set completion-query-items 0'; bind 'set page-completions off'""",
    "zsh": r"""PS1= PS2= RPS1= HISTFILE=
unsetopt zle_bracketed_paste prompt_sp beep; zle_bracketed_paste=()
autoload -Uz compinit; compinit -u -D
LISTMAX=10000
compadd() {
  local -a hits
  if [[ " ${(j: :)@[1,(i)--]} " != *' -'(O|A|D)' '* ]]; then
    builtin compadd -A hits "$@"
    seen+=("$IPREFIX"${^hits})
  fi
  builtin compadd "$@"
}
tell() {
  seen=()
  zle list-choices
  printf '\036'
  (( $#seen )) && printf '%s\037' $seen
  printf '\035'
  BUFFER=
}
zle -N tell
bindkey '\e*' tell""",
}
FUNCTION = r"""%s() { printf '\036'; printf '%%s\037' "$@"; printf '\035\n'; }"""
PROGRAMS = ("gapseal", "gapseal-sign", "gapseal-verify", "gapseal-sim")


class Shell:
    def __init__(self, kind):
        self.kind = kind
        pid, self.fd = pty.fork()
        if pid == 0:
            os.environ.update(TERM="dumb", INPUTRC="/dev/null", COLUMNS="200")
            os.execvp(SET_UP[kind][0], SET_UP[kind])
        self.pid = pid
        self.seen = b""

    def until(self, mark):
        end = time.monotonic() + PATIENCE_S
        while mark not in self.seen:
            ready, _, _ = select.select([self.fd], [], [], max(0, end - time.monotonic()))
            if not ready:
                sys.exit("%s does not answer; it said %r" % (self.kind, self.seen[-2000:]))
            self.seen += os.read(self.fd, 65536)
        before, _, self.seen = self.seen.partition(mark)
        return before

    def run(self, text):
        """Commands, by way of a file: what is typed is echoed and edited."""
        with open("shell_complete.rc", "w", encoding="utf-8") as f:
            f.write(text + "\nprintf '\\034'\n")
        os.write(self.fd, b". ./shell_complete.rc\n")
        self.until(b"\x1c")

    def complete(self, line):
        one = line.endswith("<TAB>")
        keys = line[:-5].encode() + b"\t^" if one else line.encode() + b"\x1b*"
        told = self.kind == "zsh" and not one
        os.write(self.fd, keys if told else keys + b"\n")
        self.until(b"\x1e")
        words = self.until(b"\x1d").decode().split("\x1f")[:-1]
        if told:
            return sorted(set(words))
        typed = line.replace("<TAB>", "").split(" ")[1:]
        return [] if words == [word for word in typed if word] else words[len(typed) - 1:] if one else sorted(words[len(typed) - 1:])

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def fish(script, lines):
    asked = "".join(line.replace("<TAB>", "") + "\n" for line in lines)
    said = subprocess.run(["fish", "--no-config", "-c", "source $argv[1]; while read -l line; "
                           "complete -C $line; printf '\\035\\n'; end", script],
                          input=asked, check=True, capture_output=True, text=True).stdout
    for offered in said.split("\x1d\n")[:-1]:
        print(" ".join(sorted({c.split("\t")[0].rstrip("/") for c in offered.splitlines()})))


def main():
    kind, script = sys.argv[1:]
    lines = sys.stdin.read().splitlines()
    if kind == "fish":
        fish(script, lines)
        return
    shell = Shell(kind)
    shell.run("\n".join([BEFORE[kind], ". " + os.path.abspath(script)] + [FUNCTION % p for p in PROGRAMS]))
    for line in lines:
        print(" ".join(shell.complete(line)), flush=True)
    shell.end()


main()
