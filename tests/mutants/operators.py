#!/usr/bin/env python3
"""operators.py ROOT: scripts/mutants makes the mutants that it should, and none in comments, strings
and marks; an acceptance ends when its line changes."""
import importlib.machinery
import importlib.util
import pathlib
import sys
import tempfile

loader = importlib.machinery.SourceFileLoader("mutants", sys.argv[1] + "/scripts/mutants")
mutants = importlib.util.module_from_spec(importlib.util.spec_from_loader("mutants", loader))
loader.exec_module(mutants)
failures = 0


def expect(what, found, wanted):
    global failures
    if sorted(found) != sorted(wanted):
        failures += 1
        print(f"{what}:\n  found  {sorted(found)}\n  wanted {sorted(wanted)}")


def of(line):
    return [m.new.strip() for m in mutants.mutants_of("model/x.h", line)]


expect("relation and errno", of("  return a < b ? Errno::einval : Errno::none;"),
       ["return a <= b ? Errno::einval : Errno::none;", "return a < b ? Errno::enomem : Errno::none;"])
expect("logic, condition", of("  if (a && f(b)) return;"),
       ["if (a || f(b)) return;", "if (!(a && f(b))) return;"])
expect("a condition that goes on is left alone", of("  if (a ||"), [])
expect("arithmetic and number", of("  x = y + 1;"), ["x = y - 1;", "x = y + 0;", "x = y + 2;", ";"])
expect("statements", of("  s.areas.erase(first);"), [";"])
expect("boolean", of("  bool done = true;"), ["bool done = false;"])
expect("flag", of("  flags = vm::locked;"), ["flags = vm::read;", ";"])
expect("bound", of("  const auto to = std::min(a, b);"), ["const auto to = std::max(a, b);"])
expect("count", of("  for (;; ++i) f(i);"), ["for (;; --i) f(i);"])
expect("comments", of("  // a < b, true, 1"), [])
expect("comments after code", of("  f(); // if (a < b)"), [])
expect("strings", of('  fail("a < b && 1");'), [";"])
expect("characters", of("  f('0', '<');"), [";"])
expect("digits with a separator", of("  x(1'000);"), [";"])
expect("marks", of("  s.mark(a < b ? Rule::x : Rule::y);"), [])
expect("checks", of("  GROWSDOWN_CHECK(a < b);"), [])
expect("templates", of("  std::vector<int> a;"), [])
expect("lines", [m.line for m in mutants.mutants_of("x", "a < b;\n\na < b;\n", {3})], [3])

with tempfile.TemporaryDirectory() as folder:
    mutants.ROOT = pathlib.Path(folder)
    mutants.ACCEPTED = mutants.ROOT / "accepted.tsv"
    (mutants.ROOT / "x.h").write_text("  return a < b;\n")
    row = "x.h\treturn a < b;\treturn a <= b;\ta is never b\n"
    mutants.ACCEPTED.write_text("# comment\n" + row)
    known, stale = mutants.accepted()
    expect("an acceptance", known, [("x.h", "return a < b;", "return a <= b;")])
    expect("nothing is out of date", stale, [])
    (mutants.ROOT / "x.h").write_text("  return b > a;\n")
    expect("the line is gone", [len(mutants.accepted()[1])], [1])
    mutants.ACCEPTED.write_text("x.h\treturn b > a;\treturn b >= a;\t\n")
    expect("without a reason", [len(mutants.accepted()[1])], [1])

print(f"{failures} failures")
sys.exit(1 if failures else 0)
