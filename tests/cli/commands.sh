#!/usr/bin/env bash
# The command's exit codes and messages.   commands.sh GROWSDOWN CORPUS
set -u
growsdown=$1
corpus=$2
[ -x "$growsdown" ] || { echo "$growsdown: not a program"; exit 1; }
[ -d "$corpus/observed" ] || { echo "$corpus: no corpus"; exit 1; }
. "$(dirname "${BASH_SOURCE[0]}")/expect.sh"
cd "$work" || exit 1

cat > good.trace <<'T'
growsdown-trace 1
# title: a page above a touch
mmap 0x1000400000 0x4000 rw fixed,growsdown -> ok 0x1000400000
touch 0x1000402000 w -> ok
touch 0x10003ff000 w -> ok
T
sed 's/touch 0x1000402000 w -> ok/touch 0x1000402000 w -> SIGSEGV\/MAPERR/' good.trace > wrong.trace
sed 's/# title.*/# expect: diverge/' wrong.trace > diverges.trace
sed 's/# title.*/# expect: diverge/' good.trace > agrees.trace
sed 's/touch/tuch/' good.trace > malformed.trace
printf 'growsdown-trace 1\nwith page 16384\nfork\n' > sixteen.trace
printf 'growsdown-trace 1\nwith memory 4096\nmmap 0x1000400000 0x4000 rw fixed,populate\n' > small.trace
printf '# sets: linux-9.9-vax\ngrowsdown-trace 1\nfork\n' > set.trace
printf '# sets: linux-6.12-arm64\ngrowsdown-trace 1\nfork -> ok\n' > only612.trace
cat good.trace good.trace > two.trace
printf 'growsdown-trace 1\ninit area 0x1000400000-0x1000402800 rw growsdown\nfork\n' > initial.trace
: > empty.trace
xz -k good.trace 2>/dev/null && head -c 40 good.trace.xz > cut.trace.xz
head -c 400 /dev/zero | tr '\0' x > not.trace.xz

# usage
expect 2 'no subcommand `frobnicate`; known:' "$growsdown" frobnicate
expect 2 'subcommands:' "$growsdown"
expect 2 'growsdown replay: ' "$growsdown" replay --frobnicate good.trace
expect 2 'PATH is required' "$growsdown" replay
expect 0 'Exit codes: 0 agreed' "$growsdown" --help
expect 0 'growsdown 0' "$growsdown" --version
for sub in replay run diff explain shrink history import rules knobs prove paths fuzz conform serve check; do
  expect 0 'xample' "$growsdown" $sub --help
done

# an impossible initial state
for sub in replay run explain diff shrink; do
  expect 2 'initial.trace:1: initial state under linux-4.3-arm64: area 0x1000400000-0x1000402800' \
    "$growsdown" $sub initial.trace
done

# replay
expect 0 '1 traces, 3 steps, 0 mismatches' "$growsdown" replay good.trace
expect 0 '1 traces, 3 steps, 0 mismatches' "$growsdown" replay --on reference good.trace
expect 0 '1 traces, 3 steps, 0 mismatches' "$growsdown" replay --on model --on reference good.trace
expect 1 'wrong.trace:4: step 2: touch 0x1000402000 w' "$growsdown" replay wrong.trace
expect 1 'outcome: expected SIGSEGV/MAPERR, got ok' "$growsdown" replay wrong.trace
expect 1 '1 traces, 2 steps, 1 mismatches' "$growsdown" replay wrong.trace
expect 1 '… and 1 more' "$growsdown" replay --max-shown 0 wrong.trace
expect 0 '0 mismatches' "$growsdown" replay diverges.trace
expect 1 'is marked `expect: diverge`' "$growsdown" replay agrees.trace
expect 2 'malformed.trace:4:1: ' "$growsdown" replay malformed.trace
expect 2 'nothing.trace: no such file or directory' "$growsdown" replay nothing.trace
expect 2 'linux-4.3-arm64' "$growsdown" replay --rules linux-9.9-vax good.trace
expect 2 'linux-9.9-vax' "$growsdown" replay set.trace
expect 2 'unknown system `vax`; known: model reference' "$growsdown" replay --on vax good.trace
expect 2 '--on is given once or twice' "$growsdown" replay --on model --on model --on model good.trace
expect 2 'empty.trace' "$growsdown" replay empty.trace
expect 2 'no *.trace' "$growsdown" replay "$(mkdir -p none && echo none)"
expect 2 'NAME=VALUE' "$growsdown" replay --knob gap good.trace
expect 2 '--knob no-such-knob=1' "$growsdown" replay --knob no-such-knob=1 good.trace
expect 3 '16384' "$growsdown" replay sixteen.trace
expect 3 '1 unknown' "$growsdown" replay small.trace
expect 3 '4096/47 4096/56' "$growsdown" replay --rules linux-6.1-amd64 sixteen.trace
expect 2 'no theorem `vax`' "$growsdown" prove --rules all vax
expect 2 'no rule set' "$growsdown" prove --rules linux-9.9-vax
expect 3 'no trace is for these rule sets' "$growsdown" replay --rules linux-4.3-arm64 only612.trace
expect 0 '1 traces, 1 steps, 0 mismatches' "$growsdown" replay only612.trace
expect 0 '2 traces, 6 steps, 0 mismatches' "$growsdown" replay --jobs 2 two.trace
expect 4 'cannot open for writing' "$growsdown" replay --json /nowhere/at/all good.trace
if [ -e /dev/full ]; then
  expect 4 'cannot write' bash -c "'$growsdown' replay good.trace > /dev/full"
  expect 4 '/dev/full: cannot write' "$growsdown" replay --json /dev/full good.trace
fi
if [ -e good.trace.xz ]; then
  expect 0 '0 mismatches' "$growsdown" replay good.trace.xz
  expect 2 'cut short' "$growsdown" replay cut.trace.xz
fi
expect 2 'not xz at all' "$growsdown" replay not.trace.xz
expect 0 '3 steps' bash -c "'$growsdown' replay - < good.trace"

# JSON and JUnit are well-formed and have the right counts
expect 1 '1 mismatch' "$growsdown" replay --json r.json --junit r.xml wrong.trace
expect 0 'outcome 4' python3 -c 'import json
r = json.load(open("r.json"))
assert r["mismatches"] == 1 and r["verdict"] == "diverged"
print(r["findings"][0]["field"], r["findings"][0]["line"])'
expect 0 '1 failure' python3 -c 'import xml.etree.ElementTree as e
t = e.parse("r.xml").getroot()
assert t.get("failures") == "1"
print(len(t.findall(".//failure")), "failure")'

# run: its output can be replayed and is canonical
expect 0 '= faults 1' "$growsdown" run good.trace
"$growsdown" run good.trace > ran.trace
expect 0 '0 mismatches' "$growsdown" replay ran.trace
"$growsdown" run ran.trace > again.trace
expect 0 '' cmp ran.trace again.trace
expect 1 'mismatches' "$growsdown" replay --rules linux-6.12-arm64 ran.trace
expect 3 'cannot say' "$growsdown" run small.trace
expect 0 '# sets: linux-4.3-arm64' "$growsdown" run --rules linux-4.3-arm64 only612.trace
expect 0 'the first of 2 traces (--trace 1..2 selects another)' "$growsdown" run two.trace
expect 2 'has no trace 3' "$growsdown" run --trace 3 two.trace
expect 0 'touch' "$growsdown" run --trace 2 two.trace
"$growsdown" run --full good.trace > full.trace
expect 0 '0 mismatches' "$growsdown" replay --on model --on reference full.trace

# which rule set: the trace's, the variable's, the running kernel's
expect 0 'rules of linux-4.3-arm64, which GROWSDOWN_RULES names' "$growsdown" run good.trace
expect 0 'rules of linux-6.1-um, which GROWSDOWN_RULES names' env GROWSDOWN_RULES=linux-6.1-um "$growsdown" explain good.trace
expect 2 'GROWSDOWN_RULES: no rule set `vax`' env GROWSDOWN_RULES=vax "$growsdown" run good.trace
expect 0 'running kernel' env -u GROWSDOWN_RULES "$growsdown" run good.trace
expect 0 'linux-6.12-arm64: 1 traces' env GROWSDOWN_RULES=vax "$growsdown" replay only612.trace
for sub in run explain diff shrink replay; do
  expect 2 'no rule set matches `linux-9*`' "$growsdown" $sub --rules 'linux-9*' good.trace
done
expect 0 '5 traces, 15 steps, 0 mismatches' "$growsdown" replay --rules 'linux-*-arm64' --rules linux-4.3-arm64 good.trace
expect 0 'under linux-7.2-arm64' "$growsdown" diff --rules 'linux-*-arm64' good.trace
expect 0 'under linux-6.1-arm64' "$growsdown" explain --rules 'linux-6.*-arm64' good.trace
expect 0 'linux-5.4-arm64' "$growsdown" replay --rules 'linux-5.4-a*64' good.trace
expect 3 'linux-4.3-arm64' "$growsdown" run --rules 'linux-*' sixteen.trace

# parameters that a trace does not set
expect 0 'with min-addr 65536' "$growsdown" run --with min-addr=64K good.trace
expect 1 'EPERM' bash -c "printf 'growsdown-trace 1\ncapable no\nmmap 0x1000 4K rw MAP_FIXED -> ok\n' |
  '$growsdown' replay --with min-addr=64K -"
expect 2 '--with needs KEY=VALUE' "$growsdown" explain --with min-addr good.trace

# what history compares; hints
cat > old-stack.trace <<'T'
growsdown-trace 1
mmap 0x1000400000 16K PROT_READ|PROT_WRITE MAP_PRIVATE|MAP_FIXED|MAP_GROWSDOWN
touch 0x10003ff000 w
T
expect 0 'write `sp 0x10003ff000` before this step' "$growsdown" explain --rules linux-4.3-amd64 old-stack.trace
expect 0 'write `sp 0x10003ff000` before this step; --arch' "$growsdown" history --outcomes old-stack.trace
expect 0 '2 behaviours' "$growsdown" history --outcomes old-stack.trace
expect 0 '3 behaviours' "$growsdown" history old-stack.trace
expect 0 'GROW-DONE: ' "$growsdown" explain --rules linux-6.12-arm64 old-stack.trace
sed 's/^touch/sp 0x10003ff000\ntouch/' old-stack.trace > with-sp.trace
expect 0 'all show the same' "$growsdown" history --outcomes with-sp.trace
cat old-stack.trace with-sp.trace > both.trace
expect 0 'both.trace:4' "$growsdown" history --outcomes --trace 2 both.trace

# diff, explain, shrink
expect 0 'model and reference agree on all 3 steps' "$growsdown" diff good.trace
expect 2 'must be given twice' "$growsdown" diff --on model good.trace
expect 0 'decided by ' "$growsdown" explain good.trace
expect 0 '!! the trace expects SIGSEGV/MAPERR' "$growsdown" explain wrong.trace
expect 2 'has no step 9' "$growsdown" explain --step 9 good.trace
expect 0 'nothing to shrink' "$growsdown" shrink good.trace
expect 1 'steps of 3 left' "$growsdown" shrink --on model wrong.trace -o small-wrong.trace
expect 1 '1 mismatch' "$growsdown" replay small-wrong.trace

# rules, knobs
expect 0 'linux-6.12-arm64' "$growsdown" rules
id=$("$growsdown" rules --list | head -1 | cut -d' ' -f1)
expect 0 'Coverage:' "$growsdown" rules "$id"
expect 2 'no rule `NO-SUCH`' "$growsdown" rules NO-SUCH
expect 2 'GUARD-GAP' "$growsdown" rules guard-gip
for part in 'mm/mmap.c: expand_downwards' CVE-2017-1000364 Rules.GUARD_GAP 'hits, first in line' \
  growth-safe gap-one-page-short rules/S03-S04-guard-gap-exact.trace; do
  expect 0 "$part" "$growsdown" rules GUARD-GAP
done
expect 0 'rules reached' "$growsdown" rules --coverage
expect 0 '| GUARD-GAP |' "$growsdown" rules --coverage --markdown
for json in 'rules GUARD-GAP' 'rules --coverage'; do
  expect 0 'linux-7.2-arm64' python3 -c 'import json, subprocess, sys
print(json.loads(subprocess.check_output(sys.argv[1:])))' "$growsdown" $json --json
done
expect 2 'line 1: expected RULE MEANS BY COUNT WHERE' "$growsdown" rules --coverage --data good.trace
expect 0 'gap-pages' "$growsdown" knobs
expect 0 'gap-pages=256' "$growsdown" knobs --rules linux-6.12-arm64
expect 2 'no rule set' "$growsdown" knobs --rules linux-9.9-vax
expect 0 'mremap-order=check-first' "$growsdown" knobs --rules linux-7.2-amd64

# fuzz
expect 2 'a duration' "$growsdown" fuzz --time soon
expect 2 'none: no *.trace or *.trace.xz in this directory' "$growsdown" fuzz --time 1s --corpus none
if [ -e good.trace.xz ]; then
  expect 0 ' 0 differences' "$growsdown" fuzz --time 0 --runs 9 --corpus good.trace.xz
  expect 2 'cut short' "$growsdown" fuzz --time 1s --corpus cut.trace.xz
fi
expect 0 '0 differences' "$growsdown" fuzz --time 0 --runs 200 --seed 3
expect 2 'no rule set' "$growsdown" fuzz --time 1s --rules linux-9.9-vax

expect 2 'no such directory' "$growsdown" check --corpus nowhere

# check: the table, the JSON, and no leftover files
expect 0 'fuzzing ' "$growsdown" check --corpus "$corpus" --no-proofs --time 100ms --json check.json \
  --junit check.xml --ktap check.ktap --html check.html
expect 0 ' ok, 0 not ok, 0 skipped' python3 "$(dirname "$corpus")/tests/cli/reports.py" ktap check.ktap
expect 0 'fuzzing 0' python3 -c 'import xml.etree.ElementTree as e
suite = e.parse("check.xml").getroot()[0]
print(suite[-1].get("name"), suite.get("failures"))'
expect 0 'GUARD-GAP' python3 -c 'import html.parser, re
depth, cells = [], []
class Page(html.parser.HTMLParser):
    def handle_starttag(self, tag, attrs): depth.append(tag) if tag != "meta" else None
    def handle_endtag(self, tag): assert depth.pop() == tag, tag
    def handle_data(self, data): cells.append(data)
page = open("check.html").read()
Page().feed(page)
assert not depth and not re.search(r"(src|href)=.?https?:", page), depth
print(" ".join(cells))'
expect 1 '' test -e findings
expect 0 '594 agreed' python3 -c 'import json
r = json.load(open("check.json"))
row = [c for c in r["checks"] if "4.3" in c["name"]][0]
print(row["traces"], r["verdict"])'

# the corpus's recordings are not those of the other rule set
expect 1 'mismatches' "$growsdown" replay --max-shown 1 --rules linux-4.3-arm64 \
  "$corpus/observed/linux-6.12-arm64.trace.xz"
expect 1 'mismatches' "$growsdown" replay --max-shown 1 --rules linux-6.12-arm64 \
  "$corpus/observed/linux-4.3-arm64.trace.xz"

# there are 24 declared differences, which depend on the titles of the traces
expect 0 ', 0 mismatches, 24 declared differences' "$growsdown" replay "$corpus/observed"
if [ -e good.trace.xz ]; then
  xz -dc "$corpus/observed/linux-6.1-um.trace.xz" | sed 's/^# W/# V/' >other.trace
  expect 1 ', 24 mismatches' "$growsdown" replay --rules linux-6.1-um other.trace
fi

# prove: scripts for another solver, and the comparison of the answers
second=$corpus/../scripts/second-opinion
if "$growsdown" prove --list > /dev/null 2>&1; then
  expect 0 ' SMT-LIB scripts' "$growsdown" prove --rules linux-4.3-arm64 --smt2 smt2 \
    --json prove.json --junit prove.xml --slowest --seed 3 growth-safe
  expect 0 'not vacuous: ' "$growsdown" prove --only list
  "$growsdown" prove --conditions --markdown > conditions.md
  expect 0 '' diff "$corpus/../docs/generated/conditions.md" conditions.md
  "$growsdown" prove --list --markdown > theorems.md
  expect 0 '' diff "$corpus/../docs/generated/theorems.md" theorems.md
  expect 0 'always agree' "$growsdown" prove --conditions --rules linux-6.1-arm64 --only versions-growth
  expect 0 'rlimit-data: a private area' "$growsdown" prove --conditions
  expect 2 '--conditions' "$growsdown" prove --markdown
  expect 0 'untags-calls: the address has a tag' "$growsdown" prove --json pair.json --only versions-munmap
  expect 0 'untags-calls' python3 -c 'import json
print(json.load(open("pair.json"))["theorems"][0]["conditions"])'
  expect 0 'most resources in one question: ' "$growsdown" prove --only list --only index-search --slowest
  expect 0 'seeds 1 to 3: the same verdict; ' "$growsdown" prove --seeds 3 --json seeds.json list
  expect 0 'planted wrong knobs refuted' "$growsdown" prove --planted index-search
  expect 1 'refuted  growth-safe for linux-6.12-arm64' "$growsdown" prove --only growth-safe \
    --rules linux-6.12-arm64 --knob gap-pages=255 --out found
  expect 0 '1 traces, 5 steps, 0 mismatches' "$growsdown" replay --rules linux-6.12-arm64 \
    found/growth-safe.linux-6.12-arm64.trace
  expect 1 '1 mismatch' "$growsdown" replay --rules linux-6.12-arm64 --knob gap-pages=255 \
    found/growth-safe.linux-6.12-arm64.trace
  expect 3 'the budget of 1000 resource units is spent' "$growsdown" prove --budget 1000 growth-safe
  expect 2 'no knob `vax`' "$growsdown" prove --knob vax=1 growth-safe
  expect 2 'NAME=VALUE' "$growsdown" prove --knob vax growth-safe
  expect 0 'all told' python3 -c 'import json
r = json.load(open("seeds.json"))
t = r["theorems"][0]
assert r["format"] == "growsdown-prove-1" and r["verdict"] == "agreed", r
assert [s["verdict"] for s in t["seeds"]] == ["proved"] * 3, t
assert t["dearest"]["spent"] <= t["spent"] <= t["budget"] and t["obligationNames"] > 0, t
print("all told")'
  expect 0 ' 0 exceptions' "$growsdown" paths fork --out paths
  expect 0 ' steps, 0 mismatches' "$growsdown" replay --on model --on reference paths
  expect 3 'more than 5 paths' "$growsdown" paths fork --max-paths 5
  expect 2 'no step `vax`' "$growsdown" paths vax
  expect 4 'cannot make the directory' "$growsdown" prove --smt2 good.trace/smt2 growth-safe
  expect 2 '--seed' "$growsdown" prove --seed many growth-safe
  expect 0 'as many' python3 -c 'import glob, json, xml.etree.ElementTree as e
r = json.load(open("prove.json"))["theorems"][0]
written = sum(open(f).read().count("\n(check-sat)\n") for f in glob.glob("smt2/growth-safe.linux-4.3-arm64.*.smt2"))
assert written == r["questions"] == r["asked"] + r["implied"] > r["paths"] > 0, (written, r)
t = e.parse("prove.xml").getroot()[0]
assert (t.get("tests"), t.get("failures"), t.get("errors")) == ("1", "0", "0")
print("as many")'
  if command -v cvc5 > /dev/null; then
    expect 0 ', 0 disagreed, 0 unknown' "$second" --scripts smt2 --sample 2
    expect 0 ' questions of ' "$second" --scripts smt2 --sample 1
    # one answer inverted, in the middle of a script
    mkdir -p turned
    sed '0,/^(set-info :status unsat)$/s//(set-info :status sat)/' \
      smt2/growth-safe.linux-4.3-arm64.0002.smt2 > turned/one.smt2
    expect 1 'Z3 says sat, cvc5 says unsat' "$second" --scripts turned
    # cvc5 checks the status itself if a script states it
    expect 0 unsat bash -c "grep -v ':status' turned/disagreements/one.*.smt2 | cvc5 --lang=smt2 -"
  fi
fi
# solvers that always give the same answer
for answer in sat unsat unknown nonsense; do
  printf '#!/bin/sh\ngrep -x "(check-sat)" | sed "s/.*/%s/"\n' $answer > says-$answer
done
printf '#!/bin/sh\n[ "$1" = --version ] && exit\necho unsat; exec sleep 20\n' > says-little
printf '#!/bin/sh\necho unsat\n' > says-less
chmod +x says-*
mkdir -p scripts none-of-them broken
printf '(set-logic ALL)\n(push 1)\n(assert (and true\n false))\n(set-info :status unsat)\n(check-sat)\n(pop 1)\n(push 1)\n(assert (= 1 2))\n(set-info :status unsat)\n(check-sat)\n(exit)\n' > scripts/a.smt2
sed '/status/d' scripts/a.smt2 > broken/a.smt2
expect 0 '2 questions: 2 agreed, 0 disagreed, 0 unknown' "$second" --scripts scripts --solver ./says-unsat
expect 0 '1 of 1 scripts were asked by an earlier run' \
  "$second" --scripts scripts --solver ./says-unsat --resume
expect 1 '2 disagreed' "$second" --scripts scripts --solver ./says-sat --resume
expect 1 'a.smt2: question 2 of the script: Z3 says unsat, ./says-sat says sat' \
  "$second" --scripts scripts --solver ./says-sat
expect 0 '(assert (= 1 2))' cat scripts/disagreements/a.2.smt2
expect 1 '' grep -q ' false' scripts/disagreements/a.2.smt2
expect 3 '0 agreed, 0 disagreed, 2 unknown' "$second" --scripts scripts --solver ./says-unknown
expect 0 '2 unknown' "$second" --scripts scripts --solver ./says-unknown --allow-unknown
expect 3 '1 agreed, 0 disagreed, 1 unknown' "$second" --scripts scripts --solver ./says-little --limit 0.5
expect 4 '2 questions, 1 answers' "$second" --scripts scripts --solver ./says-less
expect 4 'nonsense' "$second" --scripts scripts --solver ./says-nonsense
expect 4 'not a script of' "$second" --scripts broken --solver ./says-unsat
expect 4 'no ./says-nothing here' "$second" --scripts scripts --solver ./says-nothing
expect 3 'nothing was asked' "$second" --scripts none-of-them --solver ./says-unsat
expect 2 'no such directory' "$second" --scripts nowhere
expect 2 'from 1' "$second" --sample 0
expect 0 'counts as an error of growsdown' "$second" --help

# history: which rule sets differ where, by which knob; the page of kernels is the command's output
printf 'growsdown-trace 1\nmmap 0x10002d3000 0x1000 rw fixed\nmmap 0x1000400000 0x1000 rw fixed,growsdown\ntouch 0x10003d4000 w\ntouch 0x10003d3fff w\n' > gap.trace
printf 'growsdown-trace 1\nfork\n' > fork.trace
expect 0 '4.3 | 5.10 (arm64): guard and gap-pages (only together)' "$growsdown" history gap.trace
expect 0 'gap-pages 0 | 256: since 4.12, 1be7107fbe18, CVE-2017-1000364' "$growsdown" history gap.trace
expect 0 '4.11 | 4.12 (arm64): guard' "$growsdown" history --releases --arch arm64 gap.trace
expect 0 '1 steps under 12 rule sets: all show the same' "$growsdown" history fork.trace
expect 0 'no recording judges linux-5.4-amd64' "$growsdown" history --rules linux-4.20-amd64 --rules linux-5.4-amd64 gap.trace
expect 0 '1 traces (1 more repeat their steps)' "$growsdown" history --summary two.trace
expect 0 'left out: linux-4.3-arm64 has no kernel with pages of 16384 bytes' "$growsdown" history sixteen.trace
expect 3 'no rule set can say' "$growsdown" history small.trace
expect 2 'initial.trace:1: initial state' "$growsdown" history initial.trace
expect 2 'malformed.trace:4:1: ' "$growsdown" history malformed.trace
expect 2 'linux-X.Y-ARCH for any release from 4.3 to 7.2' "$growsdown" history --rules linux-7.3-arm64 gap.trace
expect 2 'history' "$growsdown" history --arch vax gap.trace
expect 2 'excludes' "$growsdown" history --releases --rules linux-4.3-arm64 gap.trace
expect 0 'mremap-order' "$growsdown" rules mremap-order
expect 0 '4.12    gap on arm64, amd64, um, 1be7107fbe18, CVE-2017-1000364' "$growsdown" rules guard
expect 0 '5.9         linux-5.10-arm64   not yet arm-four-levels' "$growsdown" rules --kernels --arch arm64
expect 0 '0 mismatches' "$growsdown" replay --rules linux-5.4-arm64 good.trace
"$growsdown" rules --kernels --markdown > kernels.md
expect 0 '' diff "$corpus/../docs/generated/kernels.md" kernels.md
expect 1 '' bash -c "'$growsdown' rules | sed '1,/^Knobs/d' | LC_ALL=C.UTF-8 grep -E '.{121}'"
"$growsdown" history --json gap.trace > history.json
expect 0 "4 ['guard', 'gap-pages'] 1be7107fbe18" python3 -c 'import json
r = json.load(open("history.json"))["traces"][0]
p = [p for p in r["partings"] if p["left"] == "linux-4.3-arm64" and p["shown"] == "outcome" and "5.10" in p["right"]][0]
knobs = p["causes"][0]["knobs"]
print(p["step"], [k["name"] for k in knobs], knobs[0]["changes"][0]["commit"])'
expect 0 '12 183' bash -c "'$growsdown' rules --json > rules.json; '$growsdown' rules --kernels --json > kernels.json
python3 -c 'import json
r = json.load(open(\"rules.json\")); k = json.load(open(\"kernels.json\"))
order = [\"%d.%d\" % (a, b) for a, n in ((4, 20), (5, 19), (6, 19), (7, 2)) for b in range(3 if a == 4 else 0, n + 1)]
print(len(r[\"ruleSets\"]), sum(order.index(x[\"last\"]) - order.index(x[\"first\"]) + 1 for x in k[\"kernels\"]))'"

printf '%s checks, %s failed\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
