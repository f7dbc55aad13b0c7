#!/usr/bin/env python3
"""Checks that the plain reference holds nothing of the planted bugs.

check.py --compiler CXX [--archive FILE --nm NM] [--violate KIND]

  1. No source of reference/ contains the word `planted`.
  2. No symbol of the library names the switch or the catalogue.
  3. With every planted(...) of the edits replaced by `false`, the compiler makes the same object
     file, byte for byte, as from the sources themselves. So an edit changes behaviour through its
     hooks alone. The object file holds no id and no title of the list.

--violate makes a copy with one violation, which the check must report:
  source   a source asks a hook
  residue  an edit leaves code although its hook is off
  string   a source contains the title of a bug
  stale    the text of an edit is not in its source

Exit codes: 0 nothing was found; 1 something was found; 2 wrong usage; 4 the check could not be made.
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
import plant  # noqa: E402

FLAGS = ["-std=c++20", "-O2", "-g0", "-c"]


class CheckError(Exception):
    """The check could not be made."""


def run(command, folder=None):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CheckError(f"{' '.join(map(str, command))} failed:\n{done.stderr}")
    return done.stdout


def violated(kind, bugs, sources):
    """Adds one violation to the list or to the sources."""
    if kind == "source":
        sources["fault.cpp"] += "// planted(Bug::stackLimit)\n"
    elif kind == "residue":
        # The search for an area which no rule needs, as a hook's leftover.
        edit = plant.Edit(0, "fault.cpp", "if (by == By::user) hostFault_ = address;",
                          "if (by == By::user) hostFault_ = address;"
                          "if (areas_.find(page) && planted(Bug::staleEntry)) hostFault_ = 0;")
        next(bug for bug in bugs if bug.id == "stale-entry").edits.append(edit)
    elif kind == "string":
        sources["fault.cpp"] += ("extern const char* const title;\n"
                                 f'const char* const title = "{bugs[0].title}";\n')
    elif kind == "stale":
        bugs[0].edits[0].find = "a text that is not there\n"


def objects(compiler, folder, names):
    """The object files of these sources, compiled from inside a copy, so that both copies have the
    same file names in them."""

    def compile_one(name):
        run([compiler, *FLAGS, "-I.", f"-I{plant.REFERENCE.parent}", name, "-o", f"{name}.o"], folder)
        return name, (folder / f"{name}.o").read_bytes()

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(pool.map(compile_one, names))


def copy(folder, files):
    (folder / "reference").mkdir(parents=True)
    for name, text in files.items():
        (folder / "reference" / name).write_text(text, encoding="utf-8")
    names = [f"reference/{name}" for name in files if name.endswith(".cpp")]
    (folder / "all.cpp").write_text("".join(f'#include "{name}"\n' for name in names),
                                    encoding="utf-8")
    return names


def compare(compiler, sources, edited, words):
    """What the object files of the edited sources have that those of the plain ones have not."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        plain, off = Path(folder, "plain"), Path(folder, "off")
        names = copy(plain, sources)
        copy(off, edited)
        # All sources as one, which costs a quarter. If they differ, each alone, to name it.
        one, other = (objects(compiler, side, ["all.cpp"])["all.cpp"] for side in (plain, off))
        if one != other:
            one_each, other_each = (objects(compiler, side, names) for side in (plain, off))
            found = [f"{name}: the edits of reference/bugs/bugs.txt leave code in it although every "
                     "hook is off" for name in names if one_each[name] != other_each[name]]
            found = found or ["the edits of reference/bugs/bugs.txt leave code in the reference "
                              "although every hook is off"]
    return found + [f"an object file of the reference contains `{word}`"
                    for word in words if word.encode() in one]


def check(arguments):
    bugs = plant.read_list()
    sources = plant.read_sources()
    violated(arguments.violate, bugs, sources)
    found = []
    for name, text in sources.items():
        for match in re.finditer(r"planted", text, re.IGNORECASE):
            line = text.count("\n", 0, match.start()) + 1
            found.append(f"reference/{name}:{line}: names the planted bugs")
    if arguments.archive:
        for line in run([arguments.nm, "--demangle", arguments.archive]).splitlines():
            if re.search(r"planted|activeBug|\bBug\b", line):
                found.append(f"{arguments.archive}: has the symbol {line.strip()}")

    edited = {name: re.sub(r"\bplanted\(Bug::\w+\)", "false", text)
              for name, text in plant.apply_edits(bugs, sources).items()}
    words = [text for bug in bugs for text in (bug.id, bug.title)]
    return found + compare(arguments.compiler, sources, edited, words)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--archive")
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--violate", choices=["source", "residue", "string", "stale"])
    arguments = parser.parse_args()
    try:
        found = check(arguments)
    except plant.ListError as error:
        found = [str(error)]
    except CheckError as error:
        print(error, file=sys.stderr)
        return 4
    if found:
        print("\n".join(found), file=sys.stderr)
        return 1
    print("the reference holds nothing of the planted bugs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
