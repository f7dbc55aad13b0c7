#!/usr/bin/env bash
# What a search finds survives: signals, full disks, other searches in the same directory.
#   findings.sh GROWSDOWN BUGS CORPUS     (growsdown_bugs has the planted bugs)
set -u
growsdown=$1
bugs=$2
corpus=$3
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$source/tests/cli/expect.sh"
cd "$work" || exit 1

# A library with several mistakes: `conform` finds them.
cc=$(command -v cc || command -v gcc-12 || command -v clang-14)
"$cc" -shared -fPIC -I "$source/include" -o libnaive.so "$source/examples/naive/naive.c" || exit 1

# every JSON is read by a parser that refuses duplicate keys
cat > strict.py <<'P'
import json, sys
def unique(pairs):
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), f"a key occurs twice: {keys}"
    return dict(pairs)
for name in sys.argv[1:]:
    for text in [open(name).read()] if not name.endswith("l") else open(name).read().splitlines():
        json.loads(text, object_pairs_hook=unique,
                   parse_constant=lambda c: sys.exit(f"{name}: {c}"))
print("strict", len(sys.argv) - 1)
P

printf 'growsdown-trace 1\nmmap 0x1000400000 0x4000 rw fixed,growsdown -> ENOMEM\n' > wrong.trace
printf 'growsdown-trace 1\nmmap 0x1000400000 0x4000 rw fixed,growsdown\ntouch 0x1000400000 w\n' > good.trace
"$growsdown" replay --json replay.json wrong.trace > /dev/null
"$growsdown" fuzz --time 0 --runs 300 --json fuzz.json --junit fuzz.xml --log fuzz.jsonl > fuzz.out 2>&1
"$growsdown" conform --on plugin:./libnaive.so --runs 50 --no-corpus --json conform.json > /dev/null
"$growsdown" history --json good.trace > history.json
"$growsdown" compare --json linux-6.1-arm64 linux-6.12-arm64 > compare.json
"$growsdown" rules --json > rules.json
"$growsdown" rules --kernels --json > kernels.json
"$growsdown" rules GUARD-GAP --json > rule.json
"$growsdown" rules --coverage --json > coverage.json
"$growsdown" check --corpus "$corpus" --no-proofs --time 100ms --json check.json > /dev/null
expect 0 'strict 11' python3 strict.py replay.json fuzz.json fuzz.jsonl conform.json history.json \
  compare.json rules.json kernels.json rule.json coverage.json check.json
expect 0 'fuzz 300 the search' python3 -c 'import json, xml.etree.ElementTree as e
r = json.load(open("fuzz.json"))
assert r["verdict"] == "agreed" and r["exit"] == 0 and r["findings"] == [] and r["rulesReached"] > 50
assert sum(x["times"] > 0 for x in r["rules"]) == r["rulesReached"]
end = json.loads(open("fuzz.jsonl").read().splitlines()[-1])
assert end["event"] == "end" and end["traces"] == 300 and end["ended"] == ""
s = e.parse("fuzz.xml").getroot()[0]
assert s.get("failures") == "0" and s.get("errors") == "0"
print("fuzz", r["traces"], s[0].get("name"))'

# findings: written at once, one file per signature, never over another trace
hunt() { "$bugs" hunt --control 0 --bug growth-keeps-offset --bug as-limit "$@"; }
expect 0 '2 of 2 planted bugs found' hunt --out out
for file in out/*/*.trace; do echo '# JIRA-123' >> "$file"; done
find out -name '*.trace' -exec sha256sum {} + > annotated
expect 0 '2 of 2' hunt --seed 9 --out out
expect 0 '' sha256sum --quiet -c annotated
expect 0 '"event":"again"' cat out/as-limit/findings.jsonl
expect 0 'strict 2' python3 strict.py out/*/findings.jsonl
for file in out/*/*.trace; do
  expect 0 '0 mismatches' "$growsdown" replay "$file"
  expect 0 "\"file\":\"$(basename "$file")\"" cat "$(dirname "$file")/findings.jsonl"
done

# several processes in one directory, which one of them makes and another one finds empty
for seed in 1 2 3 4; do
  "$bugs" hunt --control 0 --bug as-limit --seed $seed --out shared > shared.$seed 2>&1 &
done
"$growsdown" fuzz --time 0 --runs 50 --out shared/as-limit > shared.0 2>&1 &
wait
for seed in 1 2 3 4; do expect 0 '1 of 1 planted bugs found' cat shared.$seed; done
expect 0 '' python3 -c 'import collections, json, os
lines = [json.loads(l) for l in open("shared/as-limit/findings.jsonl")]
files = [f for f in os.listdir("shared/as-limit") if f.endswith(".trace")]
assert files and set(files) <= {l["file"] for l in lines}, (files, lines)
names = collections.Counter(f.rsplit(".", 2)[0] for f in files)
assert max(names.values()) == 1, names
assert not [f for f in os.listdir("shared/as-limit") if f.endswith(".tmp")]'

# a search that finds nothing leaves no directory, and no directory of others goes
expect 0 ' 0 differences' "$growsdown" fuzz --time 0 --runs 20 --out nothing
expect 1 '' test -e nothing
mkdir mine
expect 0 ' 0 differences' "$growsdown" fuzz --time 0 --runs 20 --out mine
expect 0 '' rmdir mine

# signals end a search in order; an interrupted search or check is not a pass
for signal in INT TERM HUP; do
  "$growsdown" fuzz --time 60s --json $signal.json --junit $signal.xml > $signal.out 2>&1 &
  pid=$!
  for _ in $(seq 100); do
    pgrep -P $pid > /dev/null && break
    sleep 0.05
  done
  kill -$signal $pid
  wait $pid
  expect 3 "interrupted by SIG$signal" bash -c "cat $signal.out; exit $?"
  expect 0 'unknown 1' python3 -c "import json, xml.etree.ElementTree as e
r = json.load(open('$signal.json'))
assert r['ended'] == 'interrupted by SIG$signal' and r['exit'] == 3
print(r['verdict'], e.parse('$signal.xml').getroot().get('errors'))"
done
expect 3 'interrupted by SIGTERM' timeout --preserve-status 1 "$growsdown" check --corpus "$corpus" --no-proofs \
  --time 60s --json interrupted.json --out interrupted
[[ "$output" != *'all '*agreed* ]] || expect 0 'not agreed' echo "$output"
expect 0 'unknown 3' python3 -c 'import json
r = json.load(open("interrupted.json"))
print(r["verdict"], r["exit"])'
expect 3 'interrupted by SIGTERM' timeout --preserve-status 1 "$growsdown" conform --on reference --runs 100000000 \
  --no-corpus --json interrupted-conform.json
expect 0 'unknown' python3 -c 'import json; print(json.load(open("interrupted-conform.json"))["verdict"])'

# killed: what was found before is there, whole
"$bugs" hunt --control 0 --time 60s --bug growth-hangs --out killed > killed.out 2>&1 &
pid=$!
for _ in $(seq 200); do
  ls killed/growth-hangs/*.trace > /dev/null 2>&1 && break
  sleep 0.1
done
kill -KILL $pid
wait $pid 2> /dev/null
expect 0 '"event":"found"' cat killed/growth-hangs/findings.jsonl
for file in killed/growth-hangs/*.trace; do
  expect 0 ' 0 mismatches' "$growsdown" replay "$file"
done

expect 2 '--stop-after' "$growsdown" fuzz --stop-after many
expect 0 ' 0 differences' timeout 60 "$growsdown" fuzz --jobs 256 --time 1s

# what cannot be written is refused before the search, and leaves nothing behind
mkdir -p here
expect 4 '/nowhere/at/all: cannot open for writing' "$growsdown" fuzz --time 60s --json /nowhere/at/all
expect 4 'cannot open for writing' "$growsdown" check --corpus "$corpus" --json here
expect 2 'a duration' "$growsdown" check --corpus "$corpus" --time 1y
expect 0 ' 0 differences' "$growsdown" fuzz --time 0 --runs 5 --json here/new.json
expect 2 'no such file' "$growsdown" replay --json here/other.json nothing.trace
expect 1 '' test -e here/other.json
# A directory that nobody can write, root neither: of another file system.
expect 4 'cannot ' "$growsdown" fuzz --time 60s --out /proc/growsdown
expect 4 'cannot ' "$growsdown" conform --on reference --out /proc/growsdown
if small=$(mktemp -d) && mount -t tmpfs -o size=128k none "$small" 2> /dev/null; then
  head -c 1M /dev/zero > "$small/full" 2> /dev/null
  expect 4 'No space left on device' "$growsdown" fuzz --time 60s --out "$small/findings"
  expect 4 'No space left on device' "$growsdown" replay --json "$small/r.json" good.trace
  expect 4 'No space left on device' "$growsdown" record --on model --rules linux-6.12-arm64 \
    -o "$small/r.trace" good.trace
  expect 0 'full' bash -c "ls -A '$small' | tr '\n' ' '; [ \"\$(ls -A '$small')\" = full ]"
  # It fills up during the search: the trace is on standard output.
  rm "$small/full"
  (sleep 0.2; head -c 1M /dev/zero > "$small/full" 2> /dev/null) &
  "$bugs" hunt --control 0 --bug as-limit --out "$small/bugs" > small.out 2>&1
  wait
  [ -z "$(find "$small" -name '*.trace' -size 0)" ] || expect 0 'no empty file' false
  [ -z "$(find "$small" -name '*.tmp')" ] || expect 0 'no temporary file' false
  umount "$small"
else
  echo "no file system can be mounted here: full disks are not tried"
fi
rmdir "$small" 2> /dev/null

# record: no predictable name beside the target, and the file's rights stay
: > victim
ln -s victim .new-r.trace
: > r.trace
chmod 640 r.trace
expect 0 'the same in 2 runs' "$growsdown" record --on model --rules linux-6.12-arm64 -o r.trace good.trace
expect 1 '' test -s victim
expect 0 '640' stat -c %a r.trace

# conform --out: the traces of an earlier run go, unless somebody has changed them
expect 1 ' differ' "$growsdown" conform --on plugin:./libnaive.so --runs 300 --no-corpus --out conform
count=$(ls conform/*.trace | wc -l)
[ "$count" -ge 2 ] || expect 0 'two differences' ls conform
changed=$(ls conform/*.trace | head -1)
echo '# triaged' >> "$changed"
expect 0 ' 0 differ' "$growsdown" conform --on reference --runs 20 --no-corpus --out conform
expect 0 "$(basename "$changed")" ls conform
[ "$(ls conform/*.trace | wc -l)" -eq 1 ] || expect 0 'one trace' ls conform

# a corpus directory: packed traces count, links to nothing or to themselves do not
mkdir -p links
cp good.trace links/
ln -s loop.trace links/loop.trace
ln -s nowhere.trace links/dangling.trace
ln -s . links/below
expect 0 '1 traces, 2 steps, 0 mismatches' "$growsdown" replay links
expect 0 ' 0 differences' "$growsdown" fuzz --time 0 --runs 5 --corpus links

# input of any size is bounded, and says so
if command -v xz > /dev/null; then
  head -c 700M /dev/zero | xz -0 > bomb.trace.xz
  expect 2 'more than 512 MiB' "$growsdown" replay bomb.trace.xz
  xz -c good.trace > tail.trace.xz
  echo garbage >> tail.trace.xz
  expect 2 'something else follows' "$growsdown" replay tail.trace.xz
fi
expect 2 'more than 512 MiB' "$growsdown" replay /dev/zero
expect 2 'more than 512 MiB' bash -c "'$growsdown' replay - < /dev/zero"
python3 -c 'import sys
sys.stdout.write("growsdown-trace 1\n" + "fork\n" * (1 << 22) + "fork\n")' > long.trace
expect 2 'more than 4194304 lines' "$growsdown" replay long.trace

# no control character of an input or a name reaches the terminal
printf 'growsdown-trace 1\n# title: \xc2\x9b31m\nfork\n' > c1.trace
expect 2 'control character' "$growsdown" replay c1.trace
expect 2 'no such file' "$growsdown" replay $'a\xc2\x9bb\x1b[31m'
expect 1 '' grep -q $'[\x1b\xc2]' <<< "$output"

# numbers and durations
expect 2 'greater than 2^64-1' "$growsdown" fuzz --runs 18446744073709551616
expect 2 'greater than 2^64-1' "$growsdown" fuzz --seed 99999999999999999999 --runs 1 --time 0
expect 0 ' 0 differences' "$growsdown" fuzz --time 2d --runs 5

# the text of many areas is bounded
python3 -c 'print("growsdown-trace 1")
for i in range(600): print("mmap %#x 0x1000 rw fixed" % (0x1000000000 + i * 0x2000))' > many.trace
"$growsdown" run many.trace > many.run
expect 0 '' [ "$(wc -c < many.run)" -lt 1000000 ]
expect 0 ' 0 mismatches' "$growsdown" replay many.run
expect 0 '600' grep -c '^= map' <("$growsdown" run many.trace | tail -602)
expect 0 '' [ "$("$growsdown" run --all many.trace | wc -c)" -gt 4000000 ]
expect 0 'are not drawn' "$growsdown" explain --step 500 many.trace
expect 0 '' [ "$("$growsdown" explain many.trace | wc -c)" -lt 3000000 ]
expect 0 '0x10004ae000' "$growsdown" explain --step 600 --all many.trace

# a rule set that no recording judges can be searched, too
expect 0 ' 0 differences' "$growsdown" fuzz --time 0 --runs 200 --rules linux-5.4-arm64

printf '%s checks, %s failed\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
