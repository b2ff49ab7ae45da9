"""The tables of docs/cli in Markdown and of docs/man in mdoc."""
import re

import definitions


def own_options(program, command):
    """Of a command; of the program; those for tests."""
    if command == "tests":
        return program.tests
    if not command:
        return program.options
    return next(own for c, own in program.sections() if c.name == command)


# -- Markdown ------------------------------------------------------------------------------------


def md_cell(text):
    """Options, variables and kinds of links in the type of code."""
    text = re.sub(r"(?<![\w`-])(--[a-z-]+|\$\w+(?:/\w+)*|(?:unix|tcp|pty|exec|serial|usb):)(?![\w])", r"`\1`", text)
    return text.replace("|", "\\|")


def md_code(text):
    return "`%s`" % text.replace("|", "\\|")


def md_table(head, items):
    lines = ["| %s |" % " | ".join(head), "|%s" % ("---|" * len(head))]
    lines += ["| %s |" % " | ".join(item) for item in items]
    return "\n".join(line.replace("|  |", "| |") for line in lines) + "\n"


def md_commands(program, _):
    return md_table(("command", ""), [(", ".join(map(md_code, c.without_bars())), md_cell(c.text))
                                      for c in program.commands])


def md_option(option):
    words = "--" + option.name + (" " + option.argument if option.argument else "")
    return (md_code("-" + option.letter) + ", " if option.letter else "") + md_code(words)


def md_with(program, option):
    names = program.taken_by(option)
    if names is None:
        return "every command"
    if not names:
        return ""
    return "what talks to a device" if program.with_device(names) else ", ".join(map(md_code, names))


def md_options(program, command):
    options = own_options(program, command)
    if command or not program.commands or program.own:
        return md_table(("option", ""), [(md_option(o), md_cell(o.text)) for o in options])
    return md_table(("option", "", "with"), [(md_option(o), md_cell(o.text), md_with(program, o))
                                             for o in options])


def md_exits(program, _):
    return md_table(("code", ""), [(str(code), text) for code, text in program.exits])


def md_links(program, _):
    return md_table(("link", ""), [(md_code(scheme + rest), md_cell(text)) for scheme, rest, text in program.links])


# -- mdoc ----------------------------------------------------------------------------------------


def mdoc_text(text):
    """A sentence of words that begin small and end without a full stop; a line for each."""
    text = text.replace("\\", "\\e")
    text = text[0].upper() + text[1:] + ("" if text.endswith((".", "?")) else ".")
    return re.sub(r"^(?=['.])", r"\\&", text.replace(". ", ".\n"), flags=re.M)


def mdoc_argument(argument):
    """"FILE.gsp", "[DEV...]", "linux|mcu", "FILE[@ADDRESS]" and "--maker" as macros."""
    if argument.startswith("--"):
        return "Fl -" + argument[2:]
    if argument.startswith("["):
        inner = argument.strip("[]")
        if inner.endswith("..."):
            return "Op %s ..." % mdoc_argument(inner[:-3])
        return "Op " + mdoc_argument(inner)
    if "|" in argument:
        return " | ".join(map(mdoc_argument, argument.split("|")))
    head, _, rest = argument.partition("[")
    return "%s %s" % ("Cm" if head[0].islower() else "Ar", head) + (" Ns Op " + rest[:-1] if rest else "")


def mdoc_list(items, width):
    lines = [".Bl -tag -width %s" % width]
    for heads, text in items:
        lines += [".It " + head for head in heads] + [text]
    return "\n".join(lines + [".El"]) + "\n"


def mdoc_form(form):
    words = form.split(" ")
    return " ".join(["Cm " + words[0]] + [mdoc_argument(word) for word in words[1:]])


def mdoc_commands(program, _):
    return mdoc_list([(map(mdoc_form, c.forms), mdoc_text(c.text) + ("\n" + mdoc_text(c.more) if c.more else ""))
                      for c in program.commands], "Ds")


def mdoc_option(option):
    words = "Fl -" + option.name + (" " + mdoc_argument(option.argument) if option.argument else "")
    return ("Fl %s , " % option.letter if option.letter else "") + words


def mdoc_with(program, option):
    names = program.taken_by(option) or []
    if not names:
        return ""
    if program.with_device(names):
        return "\nWith every command that talks to a device."
    return "\nWith\n" + "".join(".Cm %s ,\n" % n for n in names[:-1]) + ".Cm %s ." % names[-1]


def mdoc_options(program, command):
    options = own_options(program, command)
    alone = command or not program.commands or program.own
    return mdoc_list([([mdoc_option(o)], mdoc_text(o.text) + ("" if alone else mdoc_with(program, o)))
                      for o in options], "Ds")


def mdoc_exits(program, _):
    return mdoc_list([([str(code)], mdoc_text(text)) for code, text in program.exits], "Ds")


def mdoc_links(program, _):
    return mdoc_list([(["Cm %s Ns %s" % (scheme, mdoc_argument(rest)) if rest else "Cm " + scheme],
                       mdoc_text(text)) for scheme, rest, text in program.links], "Ds")


def mdoc_statuses(_program, _command):
    return mdoc_list([(["Li %s Pq %s , exit %s" % (name, number, code)],
                       mdoc_text(what) + "\n" + mdoc_text(do) if do != "nothing" else mdoc_text(what))
                      for number, _, name, _, code, what, do in definitions.statuses()], "Ds")


MADE = {
    ".md": {"commands": md_commands, "options": md_options, "exits": md_exits, "links": md_links},
    "man": {"commands": mdoc_commands, "options": mdoc_options, "exits": mdoc_exits, "links": mdoc_links,
            "statuses": mdoc_statuses},
}


def wanted(program):
    """The names of the tables that a page about a program has."""
    names = ["commands"] if program.commands else []
    if not program.own:
        names.append("options")
    names += ["options:tests"] if program.tests else []
    names += ["options:" + c.name.replace(" ", "-") for c, own in program.sections() if len(own) > 1]
    return names + ["exits"] + (["links"] if program.links else [])


def table(suffix, name, program):
    """The text of a table by its name: "options", "options:keyring-new"."""
    kind, _, command = name.partition(":")
    made = MADE[".md" if suffix == ".md" else "man"].get(kind)
    return made(program, command.replace("-", " ")) if made else "no such table: %s\n" % name
