"""What the programs know, read from the .def files that they are built from."""
import re

ROW = re.compile(r"^([A-Z]+_[A-Z_]+)\((.*)\)$")
WORD = re.compile(r'\s*((?:"(?:[^"\\]|\\.)*"|\([^)]*\)|[^,"(])+)(?:,|$)')


def rows(path, *macros):
    """The rows of a .def file: (macro, [argument, ...]); texts without their quotes, NULL as None."""
    with open(path, encoding="utf-8") as f:
        for line in f:
            match = ROW.match(line.rstrip("\n"))
            if match and match.group(1) in macros:
                yield match.group(1), [value(w.strip()) for w in WORD.findall(match.group(2))]


def value(word):
    if word == "NULL":
        return None
    if word.startswith('"'):
        return re.sub(r"\\(.)", r"\1", word[1:-1])
    return word


class Option:
    def __init__(self, name, argument, text, letter=None):
        self.name, self.argument, self.text, self.letter = name, argument, text, letter
        self.of = []  # names of the commands that take it


class Command:
    """forms: the ways to write it, "install FILE.gsp|DIRECTORY [DEV...]"."""

    def __init__(self, name, arguments, text, options, more=""):
        self.name, self.text, self.options, self.more = name, text, options, more
        self.forms = [" ".join([name] + form.split()) for form in arguments.split(" | ")]
        for option in options:
            option.of.append(name)

    def without_bars(self):
        """The forms with each choice written out."""
        for form in self.forms:
            words = [[]]
            for word in form.split():
                choices = [word] if word.startswith("[") else word.split("|")
                words = [before + [choice] for before in words for choice in choices]
            yield from (" ".join(w) for w in words)


class Program:
    """options: of the program; own: its commands have others besides, each its own; tests: options
    for tests."""

    def __init__(self, name, commands, options, exits, own=False, links=(), examples=(), tests=()):
        self.name, self.commands, self.options, self.exits = name, commands, options, exits
        self.own, self.links, self.examples, self.tests = own, links, examples, tests

    def of(self, name):
        return next(c for c in self.commands if c.name == name)

    def all_options(self):
        return list(self.options) + list(self.tests) + [o for c in self.commands for o in c.options]

    def sections(self):
        """Of commands with options of their own: the first one that takes them, and these."""
        seen = []
        for command in self.commands if self.own else ():
            own = [o for o in command.options if o not in self.options]
            if own and own not in seen:
                seen.append(own)
                yield command, own

    def taken_by(self, option):
        """Who takes it: None for every command, otherwise names; [] for the program alone."""
        everyone = [c.name for c in self.commands if len(c.options) > 1]
        return None if set(everyone) <= set(option.of) else option.of

    def with_device(self, names):
        """Are these all the commands that talk to a device?"""
        return names == [c.name for c in self.commands if any(o.name == "port" for o in c.options)]


def option_sets(path):
    """GSC_DEVICE and its like in args.h: names of options."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    return {name: re.findall(r"GSC_BIT\((\w+)\)", body)
            for name, body in re.findall(r"#define (GSC_[A-Z]+)[ \\\n]+(\([^\n]*GSC_BIT[^\n]*\))", text)}


def taken(expression, sets):
    """The options that a row of commands.def names."""
    if expression == "GSC_ALONE":
        return {"HELP"}
    names = set(re.findall(r"GSC_BIT\((\w+)\)", expression)) | set(sets["GSC_EVERYWHERE"])
    for name in re.findall(r"\bGSC_(?!BIT\b)[A-Z]+\b", expression):
        names |= set(sets[name])
    return names


def gapseal():
    options = {row[0]: Option(*row[1:]) for _, row in rows("host/cli/options.def", "GSC_OPTION")}
    for _, (name, letter) in rows("host/cli/options.def", "GSC_LETTER"):
        options[name].letter = letter.strip("'")
    sets = option_sets("host/cli/args.h")
    commands = []
    for _, (_, name, arguments, _, _, names, text) in rows("host/cli/commands.def", "GSC_COMMAND"):
        names = taken(names, sets)
        commands.append(Command(name, arguments, text, [options[o] for o in options if o in names]))
    exits = [(int(code), text) for _, (code, text) in rows("host/cli/exit_codes.def", "GSC_EXIT")]
    links = [row for _, row in rows("host/cli/links.def", "GSC_LINK")]
    examples = [row[1] for _, row in rows("host/cli/help.def", "GSC_HELP")]
    return Program("gapseal", commands, list(options.values()), exits, links=links, examples=examples)


def gapseal_sign():
    sections, commands, examples = {}, [], []
    for macro, row in rows("host/sign/options.def", "GSS_OPTIONS", "GSS_OPTION"):
        if macro == "GSS_OPTIONS":
            section = sections[row[0]] = []
        else:
            letter = row[1].strip("'")
            section.append(Option(row[0], row[2], row[3], None if letter == "0" else letter))
    for _, (_, section, name, operands, _, _, example, text, more) in rows("host/sign/commands.def",
                                                                           "GSS_COMMAND"):
        commands.append(Command(name, operands, text, sections[section] + sections["program"][:1], more))
        examples.append(example)
    exits = [(int(code), text) for _, (code, text) in rows("host/sign/commands.def", "GSS_EXIT")]
    return Program("gapseal-sign", commands, sections["program"], exits, own=True, examples=examples)


def gapseal_verify():
    path = "host/verify/options.def"
    options, of, commands, examples = {}, {}, [], []
    for _, (key, name, value_, names, text) in rows(path, "GSV_OPTION"):
        options[key], of[key] = Option(name, value_, text), names
    for _, (key, letter) in rows(path, "GSV_LETTER"):
        options[key].letter = letter.strip("'")
    for _, (function, name, operands, needed, example, text) in rows(path, "GSV_COMMAND"):
        taken_here = [o for o in options if of[o] == "GSV_FOR_ALL" or "(%s)" % function in of[o]]
        need = options[needed]
        form = "%s --%s %s" % (operands, need.name, need.argument)
        commands.append(Command(name, form, text, [options[o] for o in taken_here]))
        examples.append(example)
    exits = [(int(code), text) for _, (code, text) in rows(path, "GSV_EXIT")]
    return Program("gapseal-verify", commands, list(options.values()), exits, examples=examples)


def gapseal_sim():
    path = "stub/ports/sim/options.def"
    options = [Option(*row[1:]) for _, row in rows(path, "SIM_OPTION")]
    tests = [Option(*row[1:]) for _, row in rows(path, "SIM_TEST_OPTION")]
    exits = [(int(code), text) for _, (_, code, text) in rows(path, "SIM_EXIT")]
    return Program("gapseal-sim", [], options, exits, tests=tests,
                   links=[row for _, row in rows(path, "SIM_LINK")],
                   examples=[row[0] for _, row in rows(path, "SIM_EXAMPLE")])


def programs():
    return [gapseal(), gapseal_sign(), gapseal_verify(), gapseal_sim()]


def statuses():
    """number, NAME, "name", class, exit, what is wrong, what to do."""
    return [row for _, row in rows("proto/status.def", "GS_STATUS")]
