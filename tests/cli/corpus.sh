#!/usr/bin/env bash
# Corpora as files: packs, imports, metadata.
#   corpus.sh GROWSDOWN CORPUS SEEDS      (growsdown_seeds makes inputs of engines)
set -u
growsdown=$1
corpus=$2
seeds=$3
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$source/tests/cli/expect.sh"
cd "$work" || exit 1

# pack and unpack: the same files
expect 0 'entries written to r.pack' "$growsdown" corpus pack "$corpus/regressions" -o r.pack
expect 0 ' files written to r, 0 were there, 0 not written' "$growsdown" corpus unpack r.pack -o r
for file in r/*.trace; do cmp "$file" "$corpus/regressions/$(basename "$file")" || failures=1; done
expect 0 'were there, 0 not written' "$growsdown" corpus unpack r.pack -o r
echo '# mine' >> r/"$(ls r | head -1)"
expect 4 'exists with other contents and stays' "$growsdown" corpus unpack r.pack -o r
expect 0 '# mine' tail -1 r/"$(ls r | head -1)"
"$growsdown" corpus pack "$corpus/regressions" -o again.pack > /dev/null
expect 0 '' cmp r.pack again.pack
expect 0 ' 0 malformed, 0 damaged' "$growsdown" corpus verify r.pack

# damage: only what it hits is lost, and it is named; a newer version is refused
python3 -c 'import random
random.seed(1)
data = open("r.pack", "rb").read()
first = data.index(b"entry ")
open("name", "w").write(data[first:].split()[3].decode())
body = data.index(b"\n", first) + 5
open("flipped.pack", "wb").write(data[:body] + bytes([data[body] ^ 4]) + data[body + 1:])
open("cut.pack", "wb").write(data[:len(data) * 2 // 3])'
expect 2 "$(cat name)" "$growsdown" corpus verify flipped.pack
expect 2 ' 1 damaged' "$growsdown" corpus verify flipped.pack
expect 2 "$(cat name)" "$growsdown" corpus unpack flipped.pack -o flipped
[ "$(ls flipped | wc -l)" -eq $(($(ls r | wc -l) - 1)) ] || expect 0 'one file less' ls flipped
expect 2 '(missing)' "$growsdown" corpus stats cut.pack
expect 2 '--output must name' "$growsdown" corpus prune flipped.pack
line='growsdown-pack 9 0 0'
python3 -c 'import sys
h = 0xcbf29ce484222325
for c in sys.argv[1].encode(): h = (h ^ c) * 0x100000001b3 % 2**64
print(sys.argv[1], "%016x" % h)' "$line" > newer.pack
expect 2 'version 9' "$growsdown" corpus stats newer.pack
expect 2 'not a pack' bash -c ": > empty.pack; '$growsdown' corpus verify empty.pack"

# stats and search: the metadata of regressions as data
expect 0 ' 0 entries are not readable' "$growsdown" corpus stats r.pack --json stats.json
expect 0 'CVE-2017-1000364' "$growsdown" corpus search r.pack --rule GUARD-GAP --cve CVE- --json search.json
expect 0 'data' python3 -c 'import json
r = json.load(open("stats.json")); s = json.load(open("search.json"))
assert r["format"] == "growsdown-corpus-1" and r["traces"] >= 30 and r["rulesReached"] > 50, r
assert s["format"] == "growsdown-corpus-search-1" and s["traces"]
for t in s["traces"]:
    assert t["id"] and t["title"] and t["sets"] and "GUARD-GAP" in t["rules"] and t["cve"], t
    assert t["verdict"] in ("agree", "diverge")
print("data")'
expect 1 '0 traces' "$growsdown" corpus search r.pack --word 'no such word'

# merge and prune: a part of the traces reaches the same
expect 0 'reach something new' "$growsdown" corpus merge "$corpus/rules" r.pack -o merged.pack
expect 0 '' python3 -c 'import json, subprocess, sys
def stats(*paths):
    subprocess.run([sys.argv[1], "corpus", "stats", *paths, "--json", "s.json"], check=True, stdout=subprocess.DEVNULL)
    return json.load(open("s.json"))
whole, part = stats(sys.argv[2] + "/rules", "r.pack"), stats("merged.pack")
assert part["reach"] == whole["reach"] and part["rulesReached"] == whole["rulesReached"], (whole, part)
assert 0 < part["entries"] < whole["entries"], (whole["entries"], part["entries"])' "$growsdown" "$corpus"
cp merged.pack before.pack
expect 0 'entries written to merged.pack' "$growsdown" corpus prune merged.pack
expect 0 '' cmp merged.pack before.pack
expect 0 '5 entries' "$growsdown" corpus merge merged.pack --limit 5 -o five.pack

# import: inputs of libFuzzer, the folders of AFL++, crash files
"$seeds" bytes queue "$corpus/regressions" > /dev/null
mkdir -p afl/default/queue/.state afl/default/crashes
i=0
for file in $(ls queue | head -20); do
  cp "queue/$file" "afl/default/queue/id:$(printf %06d $i),time:0,execs:$i,orig:seed"
  i=$((i + 1))
done
cp "queue/$(ls queue | tail -1)" afl/default/crashes/id:000000,sig:06,src:000000
: > afl/default/fuzzer_stats
echo 'no input' > afl/default/crashes/README.txt
echo 'x' > afl/default/queue/.state/x
expect 0 '21 entries written to afl.pack' "$growsdown" corpus import afl -o afl.pack
expect 0 ' 0 malformed' "$growsdown" corpus verify afl.pack
expect 0 'entries written' "$growsdown" corpus import queue -o queue.pack
cp r/"$(ls r | tail -1)" crash-text
expect 0 '1 entries written' "$growsdown" corpus import crash-text -o text.pack
printf 'growsdown-trace 1\nnot a step\n' > crash-parse
expect 0 '1 files written' "$growsdown" corpus import --text crash-parse -o inputs
expect 0 '' cmp crash-parse inputs/*.input
# what is imported is what the target runs: model and reference agree, and a campaign takes it
expect 0 ' files written' "$growsdown" corpus unpack afl.pack -o unpacked
for file in $(ls unpacked | head -3); do
  expect 0 ' agree on all ' "$growsdown" diff "unpacked/$file"
done
expect 2 'no such file' "$growsdown" corpus import nowhere -o x.pack
expect 2 'ACTION' "$growsdown" corpus paint r.pack
expect 2 '--output must name' "$growsdown" corpus pack r
mkdir nothing
expect 2 'no entry was found' "$growsdown" corpus pack nothing -o x.pack
expect 4 'cannot' "$growsdown" corpus pack r.pack -o /proc/x.pack

printf '%s checks, %s failed\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
