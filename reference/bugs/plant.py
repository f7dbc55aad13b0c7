#!/usr/bin/env python3
"""Applies the edits of bugs.txt to a copy of the reference: see README.md.

plant.py OUT writes the copy to the folder OUT, as namespace growsdown::planted with the include
prefix planted/. OUT must be a folder named `planted`.

Exit codes: 0 done; 1 the list has an error or an edit no longer applies; 2 wrong usage.
"""
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

BUGS = Path(__file__).resolve().parent
REFERENCE = BUGS.parent
GROUPS = {"limit", "guard", "growth", "counter", "table", "entry", "area", "placement",
          "crash", "hang"}


class ListError(Exception):
    """An error in the list of bugs, with its place."""


@dataclass
class Edit:
    line: int  # of the list
    file: str
    find: str = ""
    replace: str = ""


@dataclass
class Bug:
    line: int
    id: str
    group: str = ""
    title: str = ""
    edits: list = field(default_factory=list)

    @property
    def enumerator(self):
        first, *rest = self.id.split("-")
        return first + "".join(word.capitalize() for word in rest)


def read_list(path=BUGS / "bugs.txt"):
    """The bugs of a list, in its order. Raises ListError."""
    bugs = []

    def fail(number, message):
        raise ListError(f"{path}:{number}: {message}")

    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        word, _, rest = line.partition(" ")
        if word == "bug":
            if not re.fullmatch(r"[a-z]+(-[a-z]+)*", rest):
                fail(number, f"`{rest}` is not an id: lower-case words joined by dashes")
            if any(bug.id == rest for bug in bugs):
                fail(number, f"there are two bugs named {rest}")
            bugs.append(Bug(number, rest))
        elif not bugs:
            fail(number, "the list begins with `bug ID`")
        elif word == "group" and rest in GROUPS:
            bugs[-1].group = rest
        elif word == "title" and rest:
            bugs[-1].title = rest
        elif word == "edit" and rest:
            bugs[-1].edits.append(Edit(number, rest))
        elif word == "-" and bugs[-1].edits and not bugs[-1].edits[-1].replace:
            bugs[-1].edits[-1].find += rest + "\n"
        elif word == "+" and bugs[-1].edits and bugs[-1].edits[-1].find:
            bugs[-1].edits[-1].replace += rest + "\n"
        else:
            fail(number, f"`{line}` is not understood here")

    for bug in bugs:
        if not (bug.group and bug.title and bug.edits):
            fail(bug.line, f"bug {bug.id} needs a group, a title and an edit")
        for edit in bug.edits:
            hooks = set(re.findall(r"planted\(([^)]*)\)", edit.replace))
            if hooks != {f"Bug::{bug.enumerator}"}:
                fail(edit.line, f"bug {bug.id}: the replacement must ask "
                     f"planted(Bug::{bug.enumerator}), and no other bug")
            if "//" in edit.replace:
                fail(edit.line, f"bug {bug.id}: a replacement becomes one line, so it has no comment")
    return bugs


def find_once(source, text, bug, edit):
    """Where the text is in the source, whatever the white space. Raises ListError."""
    tokens = re.findall(r"\w+|[^\w\s]", edit.find)
    found = list(re.finditer(r"\s*".join(map(re.escape, tokens)), text))
    if len(found) != 1:
        raise ListError(
            f"{BUGS / 'bugs.txt'}:{edit.line}: bug {bug.id}: this text occurs {len(found)} times in "
            f"{source}, not once:\n    {edit.find.strip()}\nThe source has changed. Make the edit "
            "say what the source says now, or plant the bug where its rule is now.")
    return found[0].span()


def apply_edits(bugs, sources):
    """The sources, by name, with all edits made. Lines keep their numbers."""
    changes = {name: [] for name in sources}
    for bug in bugs:
        for edit in bug.edits:
            if edit.file not in sources:
                raise ListError(f"{BUGS / 'bugs.txt'}:{edit.line}: bug {bug.id}: the reference has "
                                f"no file {edit.file}")
            start, end = find_once(REFERENCE / edit.file, sources[edit.file], bug, edit)
            changes[edit.file].append((start, end, bug, edit))
    result = {}
    for name, text in sources.items():
        parts, at = [], 0
        for start, end, bug, edit in sorted(changes[name], key=lambda change: change[:2]):
            if start < at:
                raise ListError(f"{BUGS / 'bugs.txt'}:{edit.line}: bug {bug.id}: another bug edits "
                                f"the same text of {name}")
            replacement = " ".join(edit.replace.split())
            parts += [text[at:start], replacement, "\n" * text.count("\n", start, end)]
            at = end
        result[name] = "".join(parts) + text[at:]
    return result


def read_sources(folder=REFERENCE):
    return {path.name: path.read_text(encoding="utf-8")
            for path in sorted(folder.iterdir()) if path.suffix in (".h", ".cpp")}


def renamed(name, text):
    """A source of the reference as one of the planted copy. Messages name the original's lines."""
    text = re.sub(r'#include "reference/', '#include "planted/', text)
    text = re.sub(r"\bgrowsdown::reference\b", "growsdown::planted", text)
    text = re.sub(r"\breference::", "planted::", text)
    return ("// Generated by reference/bugs/plant.py: do not edit.\n"
            '#include "planted/bugs.h"\n'
            f'#line 1 "{REFERENCE / name}"\n' + text)


def catalogue(bugs, template):
    rows = [f'    {{Bug::{b.enumerator}, "{b.id}", "{b.title}", "{b.group}"}},' for b in bugs]
    text = (BUGS / template).read_text(encoding="utf-8")
    text = text.replace("@enumerators@", "\n".join(f"  {b.enumerator}," for b in bugs))
    return text.replace("@rows@", "\n".join(rows))


def write(path, text):
    """Leaves a file alone that has this text already, so that nothing is compiled again for it."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def main(arguments):
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    out = Path(arguments[0])
    try:
        bugs = read_list()
        files = apply_edits(bugs, read_sources())
    except ListError as error:
        print(error, file=sys.stderr)
        return 1
    out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        write(out / name, renamed(name, text))
    write(out / "bugs.h", catalogue(bugs, "bugs.h.in"))
    write(out / "bugs.cpp", catalogue(bugs, "bugs.cpp.in"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
