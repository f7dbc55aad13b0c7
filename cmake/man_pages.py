#!/usr/bin/env python3
"""Writes man pages and a bash completion for the growsdown command, from its --help.

man_pages.py GROWSDOWN OUT: OUT/growsdown.1.gz, OUT/growsdown-SUBCOMMAND.1.gz for each subcommand,
and OUT/growsdown.bash.
"""

import gzip
import json
import pathlib
import re
import subprocess
import sys


class Help:
    """The --help of a command, in parts."""

    def __init__(self, text):
        blocks = text.strip().split("\n\n")
        self.description = " ".join(blocks[0].split())
        self.usage = ""
        self.entries = {}  # heading: list of (name, text)
        self.exit = ""
        self.examples = []
        self.rest = []  # further paragraphs; lines that begin with blanks are verbatim
        for block in blocks[1:]:
            head, _, body = block.partition("\n")
            if block.startswith("Usage: "):
                self.usage = " ".join(block[len("Usage: "):].split())
            elif head in ("Positionals:", "Options:", "Subcommands:"):
                self.entries[head[:-1]] = entries(body)
            elif head.startswith("Exit codes"):
                self.exit = " ".join(block.split())
            elif head in ("Examples:", "Example:"):
                self.examples += [line for line in body.split("\n") if line.startswith("  ")]
                self.rest += [[line] for line in body.split("\n") if not line.startswith("  ")]
            else:
                self.rest.append(block.split("\n"))


def entries(body):
    """The entries `  NAME   TEXT` of a block, with continuation lines joined."""
    found = []
    for line in body.split("\n"):
        if re.match(r"  \S", line):
            name, _, text = line[2:].partition("  ")
            found.append([name.strip(), text.strip()])
        else:
            found[-1][1] = (found[-1][1] + " " + line.strip()).strip()
    return [tuple(entry) for entry in found]


def roff(text):
    """Text for man: backslashes and hyphens escaped, and no line that looks like a request."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def exit_codes(line):
    """`Exit codes: 0 agreed; 1 a difference` as pairs; the words before the first code if any."""
    head, _, codes = line.partition(":")
    parts = re.split(r"(?:^|;) ?(\d) ", " " + codes.strip().rstrip("."))
    return head, list(zip(parts[1::2], (text.strip() for text in parts[2::2])))


def page(name, version, text, see):
    """The man page of a command with that --help."""
    out = [f'.TH {name.upper()} 1 "" "growsdown {version}" "User Commands"', ".SH NAME"]
    description = text.description.rstrip(".")
    out.append(roff(f"{name} - ").replace(" \\- ", " \\- ") +
               roff(description[0].lower() + description[1:]))
    out += [".SH SYNOPSIS", ".B " + roff(text.usage)]
    if text.rest:
        out.append(".SH DESCRIPTION")
        for paragraph in text.rest:
            out.append(".PP")
            verbatim = False
            for line in paragraph:
                if line.startswith("  ") != verbatim:
                    verbatim = not verbatim
                    out.append(".EX" if verbatim else ".EE")
                out.append(roff(line))
            if verbatim:
                out.append(".EE")
    titles = {"Positionals": "ARGUMENTS", "Options": "OPTIONS", "Subcommands": "SUBCOMMANDS"}
    for heading, title in titles.items():
        if heading in text.entries:
            out.append(".SH " + title)
            for entry, about in text.entries[heading]:
                out += [".TP", ".B " + roff(entry), roff(about)]
    if text.exit:
        head, codes = exit_codes(text.exit)
        out.append(".SH EXIT STATUS")
        if head != "Exit codes":
            out.append(roff(head + ":"))
        for code, about in codes:
            out += [".TP", ".B " + code, roff(about)]
    if text.examples:
        out += [".SH EXAMPLES", ".EX"] + [roff(line[2:]) for line in text.examples] + [".EE"]
    out += [".SH SEE ALSO", ", ".join(f".BR {other} (1)" for other in see[:1])]
    for other in see[1:]:
        out[-1] += " ,"
        out.append(f".BR {other} (1)")
    return "\n".join(out) + "\n"


COMPLETION = r"""# bash completion for growsdown(1); written by the build from `growsdown --help`.
_growsdown() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W '@COMMANDS@ --help --version' -- "$current")
    return
  fi
  # readline splits at `=` and `:`, as in --rules=SET and kernel:IMAGE.
  if [ "$current" = = ]; then current=; elif [ "$previous" = = ]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi
  if [ "$current" = : ] || [ "$previous" = : ]; then
    [ "$current" != : ] || current=
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
    return
  fi
  local options= kind=
  case $command in
@CASES@
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    return
  fi
  case $kind in
    FILE | PATH | TRACE | IMAGE)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    DIR)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
@KINDS@
  esac
}
complete -F _growsdown growsdown
"""


def completion(run, helps, main):
    """The bash completion: options of each subcommand, and values by their kind."""
    sets = json.loads(run("rules", "--json"))
    rules = json.loads(run("rules", "--list", "--json"))
    knobs = [knob["knob"] for knob in sets["knobs"]]
    systems = [line.split()[0] for block in main.rest if block[0].startswith("Systems")
               for line in block[1:]]
    words = {
        "SET": [entry["name"] for entry in sets["ruleSets"]] + ["all"],
        "SYSTEM": [re.sub(":.*", ":", system) for system in systems],
        "ARCH": sorted({entry["arch"] for entry in sets["ruleSets"]}),
        "NAME=VALUE": [knob + "=" for knob in knobs],
        "ID": [rule["id"] for rule in rules["rules"]] + knobs,
        "RULES": [entry["name"] for entry in sets["ruleSets"]],
        "FORMAT": ["c"],
    }
    for kind, command in (("THEOREM", "prove"), ("STEP", "paths")):
        lines = run(command, "--list", allow=(0, 3)).split("\n")
        words[kind] = [line for line in lines if line and not line.startswith(" ")]
    cases = []
    for name, text in helps.items():
        options, kinds = [], []
        for entry, _ in text.entries.get("Options", []):
            names, _, kind = entry.partition(" ")
            names = names.split(",")
            options += names
            if kind:
                kinds.append(f'        {" | ".join(names)}) kind="{kind}" ;;')
        positional = [entry for entry, _ in text.entries.get("Positionals", [])]
        if name == "emit":  # the first argument is the format, the others are files
            positional = ["TRACE"]
            kinds.append('        emit) kind="FORMAT" ;;')
        fallback = f'        *) kind="{positional[0] if positional else ""}" ;;'
        cases += [f"    {name})", f"      options='{' '.join(options)}'",
                  "      case $previous in", *kinds, fallback, "      esac ;;"]
    values = []
    for kind, known in words.items():
        if known:
            nospace = ""
            if any(word.endswith((":", "=")) for word in known):
                nospace = "      compopt -o nospace 2>/dev/null\n"
            values.append(f'    "{kind}")\n{nospace}      mapfile -t COMPREPLY < <(compgen -W '
                          f"'{' '.join(known)}' -- \"$current\") ;;")
    return (COMPLETION.replace("@COMMANDS@", " ".join(helps)).replace("@CASES@", "\n".join(cases))
            .replace("@KINDS@", "\n".join(values)))


def main():
    """Writes the files."""
    growsdown, out = sys.argv[1], pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)

    def run(*arguments, allow=(0,)):
        done = subprocess.run([growsdown, *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, encoding="utf-8", check=False)
        if done.returncode not in allow:
            sys.exit(f"{growsdown} {' '.join(arguments)}: exit code {done.returncode}\n{done.stderr}")
        return done.stdout

    def write(name, text):
        with open(out / f"{name}.1.gz", "wb") as file:
            file.write(gzip.compress(text.encode(), 9, mtime=0))

    version = run("--version").split()[1]
    top = Help(run("--help"))
    helps = {name: Help(run(name, "--help")) for name, _ in top.entries["Subcommands"]}
    write("growsdown", page("growsdown", version, top, [f"growsdown-{name}" for name in helps]))
    for name, text in helps.items():
        write(f"growsdown-{name}", page(f"growsdown-{name}", version, text, ["growsdown"]))
    (out / "growsdown.bash").write_text(completion(run, helps, top), encoding="utf-8")


if __name__ == "__main__":
    main()
