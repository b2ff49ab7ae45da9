#!/usr/bin/env python3
"""What a real, interactive shell makes of a command line when its completion key is pressed.

usage: shell_complete.py bash|zsh|fish SCRIPT <LINES

SCRIPT is sourced first. For each line of standard input prints a line: the completions of its last
word in order, with blanks between; or, where the line ends in "<TAB>", what the key makes of that
word, with a "^" typed behind. fish has no such key outside of a terminal and says what it would
offer in both cases.
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
# Each program becomes a function that prints its words; keys: all completions, the one.
BEFORE = {
    "bash": r"""PS1= PS2= HISTFILE=
bind 'set enable-bracketed-paste off'; bind 'set bell-style none'
bind 'set completion-query-items 0'; bind 'set page-completions off'""",
    "zsh": r"""PS1= PS2= RPS1= HISTFILE=
unsetopt zle_bracketed_paste prompt_sp beep; zle_bracketed_paste=()
autoload -Uz compinit; compinit -u -D
zstyle ':completion:all-matches:*' completer _all_matches _complete
zstyle ':completion:all-matches:*' old-matches only
zle -C all-matches complete-word _generic
bindkey '\e*' all-matches""",
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
        os.write(self.fd, keys + b"\n")
        self.until(b"\x1e")
        words = self.until(b"\x1d").decode().split("\x1f")[:-1]
        typed = line.replace("<TAB>", "").split(" ")[1:]
        return [] if words == [word for word in typed if word] else words[len(typed) - 1:] if one else sorted(words[len(typed) - 1:])

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def fish(script, lines):
    """fish says by itself what would be completed; it has no notion of all of them on the line."""
    for line in lines:
        line = line.replace("<TAB>", "")
        said = subprocess.run(["fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", script, line],
                              check=True, capture_output=True, text=True).stdout
        print(" ".join(sorted(candidate.split("\t")[0] for candidate in said.splitlines())))


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
