#!/usr/bin/env python3
"""Checks that a report has the form that its readers expect.

Usage: tests/cli/reports.py ktap|sarif FILE

KTAP: version 1 of Linux's Documentation/dev-tools/ktap.rst, with one level of subtests. SARIF: what
version 2.1.0 requires of the objects that growsdown writes (sections 3.13, 3.14, 3.19, 3.27, 3.35).
Prints `PASSED ok, FAILED not ok, SKIPPED skipped` or `RESULTS results, SUPPRESSED suppressed`.

Exit codes: 0 well-formed; 1 malformed; 2 wrong usage.
"""
import json
import re
import sys
import urllib.parse

LINE = re.compile(r"(ok|not ok) (\d+) ([^#]+?)(?: # (SKIP|TODO|XFAIL|TIMEOUT|ERROR)(?: (.*))?)?$")


def need(condition, what):
    if not condition:
        sys.exit(f"malformed: {what}")


def ktap(lines):
    need(lines and lines.pop(0) == "KTAP version 1", "the first line")
    plan = re.fullmatch(r"1\.\.(\d+)", lines.pop(0))
    need(plan, "the plan")
    counts = {"ok": 0, "not ok": 0, "SKIP": 0}
    for number in range(1, int(plan[1]) + 1):
        need(lines.pop(0) == "  KTAP version 1", "the version of a subtest")
        need(lines.pop(0).startswith("  # Subtest: "), "the name of a subtest")
        inner = re.fullmatch(r"  1\.\.(\d+)", lines.pop(0))
        need(inner, "the plan of a subtest")
        ok = True
        for case in range(1, int(inner[1]) + 1):
            while lines[0].startswith("  # "):
                lines.pop(0)
            line = lines.pop(0)
            match = LINE.fullmatch(line[2:])
            need(line.startswith("  ") and match and int(match[2]) == case, line)
            counts["SKIP" if match[4] == "SKIP" else match[1]] += 1
            ok = ok and match[1] == "ok"
        match = LINE.fullmatch(lines.pop(0))
        need(match and int(match[2]) == number and (match[1] == "ok") == ok, "the result of a suite")
    need(not lines, f"{len(lines)} lines after the plan")
    print(f"{counts['ok']} ok, {counts['not ok']} not ok, {counts['SKIP']} skipped")


def sarif(document):
    need(document["version"] == "2.1.0" and document["$schema"].startswith("https://"), "version")
    suppressed = results = 0
    need(len(document["runs"]) == 1, "runs")
    for run in document["runs"]:
        driver = run["tool"]["driver"]
        need(driver["name"] == "growsdown" and driver["version"], "driver")
        ids = [rule["id"] for rule in driver["rules"]]
        need(len(set(ids)) == len(ids), "two rules with one id")
        need(all(rule["shortDescription"]["text"] for rule in driver["rules"]), "the title of a rule")
        for result in run["results"]:
            results += 1
            need(ids[result["ruleIndex"]] == result["ruleId"], "ruleIndex")
            need(result["level"] in ("none", "note", "warning", "error"), "level")
            need(result["message"]["text"], "message")
            for location in result.get("locations", []):
                place = location["physicalLocation"]
                uri = place["artifactLocation"]["uri"]
                need(uri == urllib.parse.quote(urllib.parse.unquote(uri), safe="-._~/:@+,="), uri)
                need(place.get("region", {"startLine": 1})["startLine"] >= 1, "startLine")
            for suppression in result.get("suppressions", []):
                need(suppression["kind"] in ("inSource", "external"), "kind")
                need(suppression["justification"], "justification")
                suppressed += 1
    print(f"{results} results, {suppressed} suppressed")


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("ktap", "sarif"):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    with open(sys.argv[2], encoding="utf-8") as file:
        if sys.argv[1] == "ktap":
            ktap(file.read().splitlines())
        else:
            sarif(json.load(file))
    return 0


sys.exit(main())
