#!/usr/bin/env bash
# Campaigns in a folder.
#   campaign.sh GROWSDOWN CORPUS
set -u
growsdown=$1
corpus=$2
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$source/tests/cli/expect.sh"
cd "$work" || exit 1

cc=$(command -v cc || command -v gcc-12 || command -v clang-14)
"$cc" -shared -fPIC -I "$source/include" -o libnaive.so "$source/examples/naive/naive.c" || exit 1

# settings: written once, kept, read; what is wrong has a line
expect 0 'wrote first/campaign.txt' "$growsdown" campaign first --init
echo '# mine' >> first/campaign.txt
expect 0 'kept first/campaign.txt' "$growsdown" campaign first --init
expect 0 '# mine' tail -1 first/campaign.txt
expect 2 'nothing/campaign.txt: cannot open' "$growsdown" campaign nothing --status
mkdir bad
printf 'growsdown-campaign 1\nworker w kind=rules\njobs many\n' > bad/campaign.txt
expect 2 'bad/campaign.txt:3: `many` is no value of `jobs`' "$growsdown" campaign bad
printf 'growsdown-campaign 1\nworker w kind=rules rules=linux-0.1\n' > bad/campaign.txt
expect 2 'linux-0.1' "$growsdown" campaign bad
printf 'growsdown-campaign 1\ncanary no-such-bug\nworker w kind=rules\n' > bad/campaign.txt
expect 2 'no planted bug is named `no-such-bug`' "$growsdown" campaign bad
printf 'growsdown-campaign 1\ncanary growth-hangs\nworker w kind=rules\n' > bad/campaign.txt
expect 2 'ends the process' "$growsdown" campaign bad
printf 'growsdown-campaign 1\nworker w kind=rules\n' > bad/campaign.txt
expect 2 'has no worker `v`' "$growsdown" campaign bad --only v
expect 2 'a duration' "$growsdown" campaign bad --time 1y
: > file
expect 4 'cannot ' "$growsdown" campaign file

# all decoders and two rule sets: nothing is found but the canary
cat > first/campaign.txt <<'S'
growsdown-campaign 1
slice 1s
worker rules    kind=rules runs=2000 rules=linux-6.12-arm64,linux-4.3-amd64
worker parser   kind=parser runs=3000
worker protocol kind=protocol runs=3000
worker plugin   kind=plugin runs=3000
worker away     kind=system runs=10 optional on=plugin:./nothing.so
S
expect 0 'all budgets are spent' "$growsdown" campaign first --corpus "$corpus/rules" --json first.json \
  --junit first.xml
expect 0 'canary as-limit: found, shrunk, written and known again' echo "$output"
expect 0 'worker away does not run: ' echo "$output"
expect 0 '0 2000 3000' python3 -c 'import json, xml.etree.ElementTree as e
r = json.load(open("first.json"))
assert r["format"] == "growsdown-campaign-1" and r["canary"]["found"] and r["findings"] == []
assert e.parse("first.xml").getroot()[0].get("failures") == "0"
by = {w["name"]: w["total"]["runs"] for w in r["workers"]}
assert by["protocol"] == by["plugin"] == 3000 and by["away"] == 0
assert {"linux-6.12-arm64", "parser"} <= {c["group"] for c in r["corpus"]}
print(r["exit"], by["rules"], by["parser"])'
expect 1 '' test -e first/canary
expect 0 'findings: 0 new, 0 known, 0 back, 0 fixed' "$growsdown" campaign first --status
expect 0 'all budgets are spent' "$growsdown" campaign first
# history is JSON lines
expect 0 '' python3 -c 'import glob, json
lines = [json.loads(l) for f in glob.glob("first/history/*.jsonl") for l in open(f)]
assert {"start", "canary", "slice", "merge", "end"} <= {l["event"] for l in lines}, lines'
sed -i 's/ optional / /' first/campaign.txt
expect 3 'worker away did not run' "$growsdown" campaign first

# the life of findings, each of which has a line that shows it again
on() { printf 'growsdown-campaign 1\nslice 1s\nunknown 100%%\nworker mine kind=system rules=linux-6.12-arm64 runs=%s on=%s\n' "${2:-2000}" "$1"; }
mkdir second
on plugin:./libnaive.so > second/campaign.txt
expect 1 'new   mine: ' "$growsdown" campaign second --json second.json
expect 0 '' python3 -c 'import json, os
for f in json.load(open("second.json"))["findings"]:
    assert f["state"] == "new" and f["inThisRun"] and os.path.exists(f["file"]), f
    print(f["reproduce"].removeprefix("growsdown "))'
while read -r line; do
  [ -n "$line" ] && expect 1 'decided by' "$growsdown" $line
done <<< "$output"
expect 1 'known mine: ' "$growsdown" campaign second
expect 0 ', 0 back, 0 fixed' "$growsdown" campaign second --only-new
on reference > second/campaign.txt
expect 0 'findings: 0 new, 0 known, 0 back' "$growsdown" campaign second
on plugin:./libnaive.so > second/campaign.txt
expect 1 'back  mine: ' "$growsdown" campaign second --only-new
expect 1 'back  mine: ' "$growsdown" campaign second --status

# several processes in one folder, one of which is killed
on plugin:./libnaive.so 6000 > shared.txt
mkdir shared
mv shared.txt shared/campaign.txt
for i in 1 2 3; do "$growsdown" campaign shared > shared.$i 2>&1 & done
"$growsdown" campaign shared > /dev/null 2>&1 &
pid=$!
sleep 1
kill -KILL $pid
wait
for i in 1 2 3; do expect 0 'canary as-limit: found' cat shared.$i; done
expect 0 '' python3 -c 'import collections, os
files = [f for f in os.listdir("shared/findings/mine") if f.endswith(".trace")]
names = collections.Counter(f.rsplit(".", 2)[0] for f in files)
assert files and max(names.values()) == 1, names'
expect 1 'known mine: ' "$growsdown" campaign shared
[ "$(cat shared/history/*.jsonl | grep -c '"event":"end"')" -ge 4 ] || expect 0 'four ends' cat shared/history/*.jsonl

# a signal ends a run in order; off a terminal there are status lines
mkdir signal
printf 'growsdown-campaign 1\nworker w kind=rules\n' > signal/campaign.txt
"$growsdown" campaign signal --time 60s > signal.out 2>&1 &
pid=$!
for _ in $(seq 300); do
  grep -q '"event":"start"' signal/history/*.jsonl 2> /dev/null && break
  sleep 0.1
done
kill -TERM $pid
wait $pid
expect 3 'interrupted by SIGTERM' bash -c "cat signal.out; exit $?"

printf '%s checks, %s failed\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
