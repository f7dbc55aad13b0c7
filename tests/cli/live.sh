#!/usr/bin/env bash
# live.sh GROWSDOWN CORPUS: the running kernel as a system. If it cannot be judged (no recording of
# such a kernel, a container that hides it), the test is skipped with the reason.
set -u
growsdown=$1 corpus=$2
. "$(dirname "${BASH_SOURCE[0]}")/expect.sh"
"$growsdown" live --time 0 --runs 150 --seed 3 --out "$work/found" >"$work/live" 2>&1
code=$?
held=$(sed -n 's/^Linux .* held to \(.*\)$/\1/p' "$work/live")
if [ $code -eq 3 ] || [ -z "$held" ]; then
  echo "not judged: $(tail -1 "$work/live")"
  exit 77
fi
release=$(sed -n 's/^Linux \([0-9]*\.[0-9]*\).*/\1/p' "$work/live")
case $held in
linux-"$release"-*) ;;
*)
  echo "not judged: no kernel $release was recorded; held to $held: $(tail -1 "$work/live")"
  exit 77
  ;;
esac
# Some vendors' kernels answer a read of an absent page with a page of its own.
cat >"$work/zero-page.trace" <<'T'
growsdown-trace 1
mmap 0x1000400000 0x1000 rw fixed -> ok 0x1000400000
touch 0x1000400000 r -> ok
= faults 1
touch 0x1000400000 w -> ok
= faults 1
T
if ! "$growsdown" replay --on host --rules "$held" "$work/zero-page.trace" >/dev/null; then
  echo "not judged: this kernel does not map the zero page for a read; each recorded kernel does"
  exit 77
fi
if grep -q ' \([0-9]*\) unknown' "$work/live" &&
  [ "$(sed -n 's/.* \([0-9]*\) unknown.*/\1/p' "$work/live")" -gt 100 ]; then
  echo "not judged, most traces are unknown here: $(tail -1 "$work/live")"
  exit 77
fi
expect 0 "150 traces" "$growsdown" live --time 0 --runs 150 --seed 4
expect 0 "0 mismatches" bash -c '"$1" replay --on host "$2"; [ $? -ne 1 ]' _ "$growsdown" "$corpus/rules"
executor="$(dirname "$growsdown")/growsdown-executor"
expect 0 "0 mismatches" bash -c '"$1" replay --on "exec:$2 --text" --rules "$3" "$4"; [ $? -ne 1 ]' \
  _ "$growsdown" "$executor" "$held" "$corpus/rules"
noticesLies host "$held"
expect 2 "rule set" "$growsdown" live --rules vax --time 1s
expect 2 "--kernel: the value is empty" "$growsdown" live --kernel '' --time 1s

# Most traces are known even without capabilities and with a hard limit below the format's limit.
plain=(setpriv --inh-caps=-all --bounding-set=-all prlimit --memlock=16384:16384)
"${plain[@]}" true 2>/dev/null || plain=(prlimit --memlock=16384:16384)
if "${plain[@]}" true 2>/dev/null; then
  expect 0 "400 traces" "${plain[@]}" "$growsdown" live --time 0 --runs 400 --seed 5
  unknown=$(sed -n 's/.* \([0-9]*\) unknown.*/\1/p' <<<"$output")
  [ "${unknown:-400}" -lt 100 ] || expect 0 "few unknown" echo "$output"
fi

# Under another kernel's rules, a difference is found and shrunk, and other commands reproduce it.
wrong=linux-4.3-${held##*-}
expect 1 "written to" "$growsdown" live --time 20s --rules "$wrong" --out "$work/wrong"
for found in "$work"/wrong/*.trace; do
  expect 1 "mismatches" "$growsdown" replay --on host --rules "$wrong" "$found"
  expect 0 "" "$growsdown" replay --rules "$wrong" "$found"
  cc=$(command -v cc || command -v gcc-12 || command -v clang-14) || continue
  expect 0 "" "$growsdown" emit c "$found" -o "$work/found.c"
  expect 0 "" "$cc" -O2 -Wall -Wextra -Werror "$work/found.c" -o "$work/program"
  expect 1 "DIFFERS" "$work/program"
done
echo "$checks checks, $failures failed"
[ "$failures" -eq 0 ]
