#!/usr/bin/env python3
"""Plants one violation of each check of scripts/tidy-tree into a copy of the tree and expects it to
be reported.

Usage: tests/tidy/violations.py ROOT

Exit codes: 0 each violation was reported, and the copy has no other finding; 1 otherwise.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

LONG_SENTENCE = "The area " + "grows and " * 20 + "stops.\n"

# What is planted: the check, a file, what is written to its end, what the finding must say.
VIOLATIONS = [
    ("layers", "reference/fault.cpp", '#include "model/grow.h"\n', "must not include `model`"),
    ("layers", "model/grow.h", '#include "reference/growth.h"\n', "must not include `reference`"),
    ("layers", "reference/fault.cpp", "#include <model/grow.h>\n", "must not include `model`"),
    ("layers", "reference/fault.cpp", '#include "../model/grow.h"\n', "must not include `model`"),
    ("layers", "trace/step.h", '#include "harness/system.h"\n', "must not include `harness`"),
    ("layers", "model/map.h", "#include <z3++.h>\n", "belongs to"),
    ("layers", "harness/run.cpp", "#include <fmt/core.h>\n", "belongs to"),
    ("layers", "attic/spare.h", "#pragma once\n", "no row in the table"),
    ("readmes", "model/README.md", "\nMore.\n" * 20, "the limit of a room's README"),
    ("sizes", "model/grow.h", "// more\n" * 600, "the limit is 600"),
    ("sizes", "trace/step.h", "inline void f() {\n" + "  f();\n" * 70 + "}\n", "a function of"),
    ("sizes", "scripts/lib/common.sh", "f() {\n" + "  f\n" * 70 + "}\n", "a function of"),
    ("sizes", "README.md", "\n" + "A long line. " * 9 + "\n", "the limit of prose"),
    ("sentences", "README.md", "\n" + LONG_SENTENCE, "a sentence of"),
    ("sentences", "model/grow.h", "// " + LONG_SENTENCE, "a sentence of"),
    ("sentences", "tools/main.cpp", "// " + LONG_SENTENCE, "a sentence of"),
    ("references", "model/grow.h", "// See la" + "w 99.\n", "has no such law"),
    ("references", "model/grow.h", "// See sec" + "tion 1.2 of the rules.\n", "refers to nothing"),
    ("references", "README.md", "\n[Here](docs/nowhere.md).\n", "leads nowhere"),
    ("references", "model/grow.h", "// See model/nowhere.h.\n", "is not in the tree"),
    ("words", "README.md", "\nThe check but for one.\n", "glossary"),
    ("words", "model/grow.h", "// All but for one.\n", "glossary"),
    ("words", "CMakeLists.txt", "# All but for one.\n", "glossary"),
    ("words", "tools/main.cpp", 'const char* const s = "all but for one";\n', "glossary"),
]


def findings(root, tree, check):
    ran = subprocess.run([sys.executable, str(root / "scripts/tidy-tree"), "--root", str(tree),
                          "--only", check], capture_output=True, text=True)
    if ran.returncode not in (0, 1):
        sys.exit(f"scripts/tidy-tree failed with {ran.returncode}:\n{ran.stderr}")
    return ran.returncode, ran.stdout.splitlines()


def main():
    if len(sys.argv) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    root = pathlib.Path(sys.argv[1]).resolve()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder) / "tree"
        shutil.copytree(root, tree, ignore=shutil.ignore_patterns(".git", "build", "*.xz"))
        before = {check: findings(root, tree, check)[1] for check in {v[0] for v in VIOLATIONS}}
        for check, name, text, says in VIOLATIONS:
            file = tree / name
            was = file.read_bytes() if file.exists() else None
            file.parent.mkdir(exist_ok=True)
            with open(file, "a", encoding="utf-8") as out:
                out.write(text)
            code, lines = findings(root, tree, check)
            new = [line for line in lines if line not in before[check]]
            if code != 1 or len(new) != 1 or not new[0].startswith(f"{name}:") or says not in new[0]:
                print(f"{name}: planted {text.strip()[:60]!r}; expected one finding that says "
                      f"{says!r}, got:\n  " + "\n  ".join(new or ["nothing"]))
                failed += 1
            if was is None:
                shutil.rmtree(file.parent)
            else:
                file.write_bytes(was)
    print(f"{len(VIOLATIONS) - failed} of {len(VIOLATIONS)} planted violations were reported")
    return 1 if failed else 0


sys.exit(main())
