#!/usr/bin/env bash
# conform.sh GROWSDOWN SOURCES: `growsdown conform` finds the three mistakes of examples/naive, and
# no difference without them. Systems that misbehave are contained.
set -u
growsdown=$1 sources=$2
. "$(dirname "${BASH_SOURCE[0]}")/expect.sh"
cd "$work" || exit 1

# --- systems that misbehave. Each is a shell script; `greet` is common to them.
greet='growsdown-system*) printf "growsdown-system 1\nname shell\nshows areas pages total\n.\n";;
  start*) echo ok;;'
script() { # script NAME CASES
  printf '#!/bin/sh\nwhile read -r line; do case $line in %s\n %s\nesac; done\n' "$greet" "$2" > "$1"
  chmod +x "$1"
}
empty='state) printf "counters total 0\n.\n";;'
script crash.sh "$empty touch*) echo 'out of luck' >&2; kill -SEGV \$\$;; *) echo ok;;"
script exits.sh "$empty touch*) exit 7;; *) echo ok;;"
script garbage.sh "$empty touch*) echo 'SIGSEGV / MAPERR';; *) echo ok;;"
script flood.sh "$empty touch*) exec yes;; *) echo ok;;"
script long.sh "$empty touch*) exec tr '\\\\0' x < /dev/zero;; *) echo ok;;"
script silent.sh "$empty touch*) sleep 1000;; *) echo ok;;"
script mute.sh "$empty *) sleep 1000;;"
script overlap.sh 'state) printf "area 0x1000-0x3000 rw -\narea 0x2000-0x4000 rw -\n.\n";; *) echo ok;;'
script outside.sh 'state) printf "area 0x1000-0x3000 rw -\npages 0x3000-0x4000\n.\n";; *) echo ok;;'
script torn.sh 'state) printf "area 0x1000-0x1800 rw -\n.\n";; *) echo ok;;'
script helpless.sh "$empty *) echo 'unknown not on a Sunday';;"
cat > two.trace <<'T'
growsdown-trace 1
touch 0x1000400000 w
limit stack 0x1000
growsdown-trace 1
limit stack 0x1000
T
export GROWSDOWN_ANSWER_TIME=1000
on() { # on CODE TEXT SCRIPT: two traces, the second of which is all right in a fresh process
  expect "$1" "$2" "$growsdown" replay --on model --on "exec:./$3" two.trace
}
on 1 'in answer to `touch 0x1000400000 w`: it ended with exit code 139 (as a shell reports SIGSEGV): out of luck' crash.sh
on 1 '2 traces, 1 steps, 1 mismatches' crash.sh
on 1 'it ended with exit code 7' exits.sh
on 1 'found `SIGSEGV`' garbage.sh
on 1 'in `touch 0x1000400000 w -> y`' flood.sh
on 1 'it sends too much' long.sh
on 3 'no answer within 1000 ms' silent.sh
on 3 '2 traces, 1 steps, 0 mismatches, 1 unknown' silent.sh
on 1 'do not overlap' overlap.sh
on 1 'lies in no area' outside.sh
on 1 'is not of whole pages' torn.sh
on 3 'not on a Sunday' helpless.sh
script chatty.sh "$empty touch*) printf 'unknown <&\\377\\001 %s\\n' \"\$line\";; *) printf 'x\\377\\001<' >&2; exit 9;;"
on 1 'chatty.sh: <&?? touch 0x1000400000 w' chatty.sh
expect 1 'the system misbehaved: in answer to `touch' "$growsdown" run --trace 1 --on exec:./crash.sh two.trace
expect 2 'it ended with exit code 127' "$growsdown" replay --on exec:./no-such-program.sh two.trace
expect 2 'expected `growsdown-system 1`, found `hello`' "$growsdown" replay --on 'exec:echo hello' two.trace
expect 2 'no answer within 1000 ms' "$growsdown" replay --on 'exec:sleep 1000' two.trace
few="--no-corpus --attempts 20"
expect 1 'out of luck' "$growsdown" conform $few --runs 16 --on exec:./crash.sh
expect 3 'not on a Sunday' "$growsdown" conform $few --runs 4 --on exec:./helpless.sh
expect 1 'it ended with exit code 9: x??<' "$growsdown" conform $few --runs 12 --on exec:./chatty.sh --json c.json \
  --junit c.xml --html c.html --out chatty
expect 0 '' python3 -c 'import json, xml.etree.ElementTree as e
json.load(open("c.json", encoding="utf-8")), e.parse("c.xml")
assert "x??&lt;" in open("c.html", encoding="utf-8").read()'
expect 0 '0 mismatches' "$growsdown" replay chatty
expect 3 'without an answer' "$growsdown" conform $few --runs 3 --on exec:./mute.sh
expect 2 'is required' "$growsdown" conform
expect 2 'exec: requires COMMAND after it' "$growsdown" conform --on exec:
expect 2 '--rules: the value is empty' "$growsdown" conform --on model --rules ''
expect 2 '--runs: -5 is less than 0' "$growsdown" conform --on model --runs -5
# refused before any process is started
expect 2 'a duration' "$growsdown" conform --on exec:false --time soon
expect 4 'none/report.xml: cannot open for writing' "$growsdown" conform --on exec:false \
  --junit none/report.xml
expect 4 'two.trace: cannot make the directory: Not a directory' "$growsdown" conform --on exec:false --out two.trace
# files that are not images
: >image
expect 2 'kernel:image: an empty file' "$growsdown" conform --on kernel:image
head -c 9000 /dev/zero >image
expect 2 'kernel:image: its first bytes are not those of a kernel image' "$growsdown" conform --on kernel:image
expect 2 'kernel:nowhere: cannot be read: No such file' "$growsdown" conform --on kernel:nowhere
expect 2 'no part of a state is called `colour`' "$growsdown" conform --on model --ignore colour
unset GROWSDOWN_ANSWER_TIME

# --- the built-in systems, through the protocol
expect 0 '0 differ' "$growsdown" conform --runs 200 --on "exec:'$growsdown' serve --on reference"
expect 0 'not compared on' "$growsdown" conform --no-corpus --runs 50 \
  --on "exec:'$growsdown' serve --on reference --shows areas,total"
expect 2 'not a request' bash -c "echo hullo | '$growsdown' serve"
# the system receives a turned knob; a system that ignores the knob differs
turned="--no-corpus --runs 400 --rules linux-6.12-arm64 --knob gap-pages=255"
expect 0 'under linux-6.12-arm64 with gap-pages=255: ' "$growsdown" conform $turned \
  --on "exec:'$growsdown' serve --on reference"
expect 1 ' differ,' "$growsdown" conform $turned \
  --on "exec:sed -u 's/ knobs .*//' | '$growsdown' serve --on reference"
expect 0 'unknown there is no knob `colour`' bash -c "printf '%s\n' 'growsdown-system 1' \
  'start rules linux-6.12-arm64 knobs colour=red' | '$growsdown' serve"

# --- a plug-in library
cc=
for c in cc gcc gcc-12 clang clang-14; do
  if command -v $c >/dev/null; then cc=$c && break; fi
done
if [ -n "$cc" ]; then
  build() { # build LIBRARY FLAGS...
    local library=$1
    shift
    expect 0 '' $cc -std=c11 -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Werror -O2 \
      -shared -fPIC -I "$sources/include" -o "$library" "$@"
  }
  build libnaive.so "$sources/examples/naive/naive.c"
  build libright.so -DNAIVE_CORRECT "$sources/examples/naive/naive.c"
  expect 1 '3 differ' "$growsdown" conform --on plugin:libnaive.so --out differences \
    --json r.json --junit r.xml --html r.html
  expect 0 'GROW-RLIMIT-STACK GUARD-GAP MAP-FIXED 3 3' python3 -c 'import json, xml.etree.ElementTree as e
from html.parser import HTMLParser
r = json.load(open("r.json"))
assert r["verdict"] == "diverged" and all(d["steps"] <= 3 for d in r["differences"]), r
t = e.parse("r.xml").getroot()[0]
assert int(t.get("failures")) == len(t.findall(".//failure"))
assert len(t.findall("testcase")) == len(r["table"])
allowed = {"testsuites": set(), "testcase": {"classname", "name"}, "skipped": set(),
           "testsuite": {"name", "tests", "failures", "errors", "skipped"},
           "failure": {"type", "message"}, "error": {"type", "message"}}
for x in e.parse("r.xml").iter():  # what the schemas of Jenkins have in common
    assert set(x.attrib) <= allowed[x.tag], (x.tag, x.attrib)
depth = []
class P(HTMLParser):
    def handle_starttag(self, tag, attrs): depth.append(tag) if tag not in ("meta",) else None
    def handle_endtag(self, tag): assert depth.pop() == tag, tag
P().feed(open("r.html").read())
assert not depth, depth
print(*sorted({d["rule"] for d in r["differences"]}),
      sum(x["status"] == "differ" for x in r["table"]), t.get("failures"))'
  expect 0 '0 mismatches' "$growsdown" replay differences
  expect 1 ' mismatches' "$growsdown" replay --on plugin:libnaive.so differences
  expect 0 '0 differ' "$growsdown" conform --on plugin:libright.so
  # known differences
  conform=("$growsdown" conform --no-corpus --runs 300 --on plugin:libnaive.so)
  report=$sources/tests/cli/reports.py
  expect 2 '--baseline requires --known FILE' "${conform[@]}" --baseline
  expect 2 'known.json: cannot open' "${conform[@]}" --known known.json
  expect 1 ' 4 differ' "${conform[@]}" --known known.json --baseline --sarif new.sarif --ktap new.ktap --out new
  expect 0 ' results, 0 suppressed' python3 "$report" sarif new.sarif
  expect 0 ' ok, 4 not ok, ' python3 "$report" ktap new.ktap
  expect 0 ' of the differences are known' "${conform[@]}" --known known.json --sarif old.sarif --ktap old.ktap
  expect 0 '' bash -c "[[ '$(python3 "$report" sarif old.sarif)' =~ ^([0-9]+)\ results,\ ([0-9]+)\ suppressed$ &&
    \${BASH_REMATCH[1]} -ge 4 && \${BASH_REMATCH[1]} == \${BASH_REMATCH[2]} ]]"
  expect 0 ' ok, 0 not ok, ' python3 "$report" ktap old.ktap
  # one that is not in the list counts; one that does not happen is named; reasons stay
  python3 - <<'PY'
import json
known = json.load(open("known.json"))
known["differences"][-1]["reason"] = "kept on purpose"
known["differences"].append(dict(known["differences"][0], rule="MAP-FIXED", step="munmap", reason="gone"))
json.dump(dict(known, differences=known["differences"][1:]), open("changed.json", "w"))
known["format"] = "growsdown-known-9"
json.dump(known, open("newer.json", "w"))
json.dump(dict(format="growsdown-known-1", differences=[dict(rule="X")]), open("short.json", "w"))
PY
  expect 1 'known, but it did not happen: MAP-FIXED, munmap' "${conform[@]}" --known changed.json
  expect 1 ' 4 differ' "${conform[@]}" --known changed.json --baseline
  expect 0 'kept on purpose' cat changed.json
  expect 0 ' of the differences are known' "${conform[@]}" --known changed.json
  expect 2 'must be "format": "growsdown-known-1"' "${conform[@]}" --known newer.json
  expect 2 'short.json: difference 1: `step` is missing' "${conform[@]}" --known short.json
  head -c 50 known.json > cut.json
  expect 2 'cut.json: ' "${conform[@]}" --known cut.json
  # A list holds for its rules; a run that saw too little leaves it as it was.
  expect 2 'the list is of linux-6.12-arm64, not of linux-6.1-arm64' "${conform[@]}" --known known.json --rules linux-6.1-arm64
  cp known.json kept.json
  expect 3 'known.json was not written: nothing was compared' "$growsdown" conform --no-corpus --runs 0 \
    --on plugin:libnaive.so --known known.json --baseline
  expect 0 '' cmp known.json kept.json
  echo '{"format": 3}' > number.json
  expect 2 'must be "format"' "${conform[@]}" --known number.json
  # replay in the same forms
  expect 1 ' mismatches' "$growsdown" replay --on plugin:libnaive.so differences --sarif r.sarif --ktap r.ktap
  expect 0 ', 0 suppressed' python3 "$report" sarif r.sarif
  expect 0 ' not ok, ' python3 "$report" ktap r.ktap

  # the same result twice
  expect 0 '' cmp <("$growsdown" conform --no-corpus --runs 300 --on plugin:libnaive.so | sed 's/ in [0-9.]* s//') \
    <("$growsdown" conform --no-corpus --runs 300 --on plugin:libnaive.so | sed 's/ in [0-9.]* s//')

  cat > bad.c <<'C'
#include <growsdown/system.h>
#include <stdio.h>
#include <stdlib.h>
static void *create(const struct growsdown_start *s, const char **why) { (void)s, (void)why; return "x"; }
static void destroy(void *s) { (void)s; }
static void apply(void *s, const struct growsdown_step *step, struct growsdown_outcome *o) {
  (void)s;
  puts("chatter");
  o->kind = GROWSDOWN_OK;
  if (step->op == GROWSDOWN_TOUCH) {
#if defined CRASH
    *(volatile int *)16 = 1;
#elif defined EXIT
    exit(0);
#elif defined KIND
    o->kind = 77;
#elif defined LOOP
    for (;;) {}
#endif
  }
}
static void state(void *s, struct growsdown_state *out) {
  (void)s;
#ifdef WILD
  out->areas = (const struct growsdown_area *)32;
  out->area_count = 3;
#elif defined HUGE_COUNT
  out->areas = (const struct growsdown_area *)32;
  out->area_count = (size_t)-1;
#elif defined FLAGS
  static const struct growsdown_area area = {.start = 0x1000, .end = 0x2000, .flags = 1U << 30};
  out->areas = &area;
  out->area_count = 1;
#else
  (void)out;
#endif
}
const struct growsdown_system *growsdown_open(uint32_t abi) {
  static const struct growsdown_system bad = {GROWSDOWN_HEADER, .name = "bad", .create = create,
#ifndef HOLLOW
    .apply = apply,
#endif
    .shows = GROWSDOWN_SHOWS_AREAS, .state = state, .destroy = destroy};
  static struct growsdown_system other;
  other = bad;
  other.abi = 9;
#ifdef OTHER
  return &other;
#elif defined NEWER
  return abi > 1 ? &bad : NULL;
#else
  (void)abi;
  return &bad;
#endif
}
C
  # the interface in C++: with designated initialisers since C++20, without them before
  cat > bad.cpp <<'C'
#include <growsdown/system.h>
#include <cstdlib>
#include <stdexcept>
namespace {
void* create(const growsdown_start*, const char** why) {
#if defined EXITS
  std::exit(0);
#elif defined LINES
  *why = "one\nok\ntwo \xff";
  return nullptr;
#endif
  static_cast<void>(why);
  return new int;
}
void destroy(void* s) { delete static_cast<int*>(s); }
void apply(void*, const growsdown_step*, growsdown_outcome* o) {
#ifdef THROWS
  throw std::runtime_error("no idea");
#endif
  o->kind = GROWSDOWN_SIGNAL;
  o->signal = GROWSDOWN_SEGV_MAPERR;
}
void state(void*, growsdown_state* out) {
#ifdef ODD
  static growsdown_area area;
  area.end = UINT64_MAX;
  out->areas = &area;
  out->area_count = 1;
#endif
  static_cast<void>(out);
}
} // namespace
const growsdown_system* growsdown_open(uint32_t) {
#if __cplusplus >= 202002L
  static growsdown_system mine = {GROWSDOWN_HEADER, .name = "mine", .rules = nullptr,
    .shows = GROWSDOWN_SHOWS_AREAS, .does = 1U << GROWSDOWN_TOUCH, .create = create, .apply = apply,
    .state = state, .destroy = destroy};
#else
  static growsdown_system mine = {GROWSDOWN_HEADER, "mine", nullptr, GROWSDOWN_SHOWS_AREAS,
    1U << GROWSDOWN_TOUCH, create, apply, state, destroy};
#endif
#ifdef SIZES
  mine.area_size = 0;
#endif
  return &mine;
}
C
  sed -n 1,2p two.trace > one.trace
  cxx=$(command -v c++ || command -v g++-12 || command -v clang++-14 || true)
  if [ -n "$cxx" ]; then
    cxx() { # cxx CODE TEXT STANDARD MACRO
      expect 0 '' "$cxx" "-std=$3" -Wall -Wextra -Wpedantic -Werror -shared -fPIC -I "$sources/include" \
        "-D$4" -o libcxx.so bad.cpp
      expect "$1" "$2" "$growsdown" replay --on model --on plugin:libcxx.so one.trace
    }
    cxx 0 '0 mismatches' c++17 GOOD
    cxx 0 '0 mismatches' c++20 GOOD
    cxx 1 'in answer to `start`: it ended with exit code 0' c++17 EXITS
    cxx 3 'libcxx.so: one ok two ?' c++17 LINES
    cxx 1 'no idea' c++17 THROWS
    cxx 1 'an area from 0 to 0xffffffffffffffff' c++17 ODD
    cxx 2 'is GROWSDOWN_HEADER what its growsdown_system begins with?' c++17 SIZES
  fi

  sed -n 1,3p two.trace > one.trace
  plugin() { # plugin CODE TEXT MACRO
    build "./lib$3.so" -w "-D$3" bad.c
    expect "$1" "$2" env GROWSDOWN_ANSWER_TIME=2000 "$growsdown" replay --on model --on "plugin:lib$3.so" one.trace
  }
  # by SIGSEGV, or by a sanitizer
  plugin 1 'in answer to `touch 0x1000400000 w`: it ' CRASH
  plugin 1 'it ended with exit code 0' EXIT
  plugin 1 'an outcome of kind 77' KIND
  plugin 3 'no answer within 2000 ms' LOOP
  plugin 1 'outcome: model has SIGSEGV/MAPERR, plugin:libCHATTER.so has ok' CHATTER
  printf 'growsdown-trace 1\nlimit stack 0x1000\n' > one.trace
  plugin 1 'in answer to `state`: it ' WILD
  plugin 1 'a state with 18446744073709551615 areas' HUGE_COUNT
  plugin 1 'an area with flags 1073741824' FLAGS
  plugin 2 'create, apply, state and destroy must be there' HOLLOW
  plugin 2 'is of version 9' OTHER
  plugin 2 'knows no version up to 1' NEWER
  expect 2 'cannot open shared object file' "$growsdown" replay --on plugin:./none.so one.trace
  echo 'int nothing;' > nothing.c
  build libnothing.so nothing.c
  expect 2 'does not export growsdown_open' "$growsdown" replay --on plugin:libnothing.so one.trace
fi

printf '%s checks, %s failed\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
