#!/usr/bin/env bash
# uml.sh GROWSDOWN CORPUS: user-mode Linux as a system. Skipped if it is not installed.
set -u
growsdown=$1 corpus=$2
. "$(dirname "${BASH_SOURCE[0]}")/expect.sh"
export TMPDIR=$work/temporary
mkdir "$TMPDIR"

cp /bin/sh "$work/program"
expect 2 'not user-mode Linux' "$growsdown" replay --on "kernel:$work/program" "$corpus/rules"
printf '\177ELF...User Mode Linux v%%s' >"$work/broken"
expect 2 "$work/broken: cannot run: Permission denied" \
  "$growsdown" replay --on "kernel:$work/broken" "$corpus/rules"

uml=$(command -v linux.uml || command -v linux)
if [ -z "$uml" ]; then
  echo "skipped: no user-mode Linux here (Debian's package user-mode-linux)"
  [ "$failures" -eq 0 ] && exit 77
  exit 1
fi
expect 0 'Linux ' "$growsdown" live --kernel "$uml" --time 0 --runs 30 --seed 3
expect 0 ' 0 mismatches' "$growsdown" replay --on "kernel:$uml" "$corpus/rules/um-write-only.trace"
noticesLies "kernel:$uml" linux-6.1-um
# under the rules of Linux proper it differs in the subject of that trace
sed '/^# sets:/d' "$corpus/rules/um-write-only.trace" >"$work/steps.trace"
expect 1 'decided by ANON-ZERO' "$growsdown" replay --on model --on "kernel:$uml" \
  --rules linux-6.1-amd64 "$work/steps.trace"
expect 1 'written to' "$growsdown" live --kernel "$uml" --rules linux-6.1-amd64 --time 60s \
  --seed 3 --out "$work/found"
# when killed, it leaves nothing
cp "$uml" "$work/kernel"
"$growsdown" live --kernel "$work/kernel" --time 60s >"$work/log" 2>&1 &
until [ "$(pgrep -fc "^$work/kernel")" -ge 4 ] || ! kill -0 $! 2>/dev/null; do sleep 0.1; done
{ kill -KILL $! && wait $!; } 2>/dev/null
for _ in {1..50}; do
  pgrep -f "^$work/kernel" >/dev/null || break
  sleep 0.1
done
expect 1 '' pgrep -f "^$work/kernel"
# a single program inside
run=$corpus/../examples/user-mode-linux/uml-do
expect 7 "x'y  z" "$run" sh -c 'printf %s "$1"; exit 7' sh "x'y  z"
expect 0 '6.' "$run" uname -r
mkdir "$work/a folder"
cp "$(type -P true)" "$work/a folder/a program"
expect 0 '' env TMPDIR="$work/a folder" "$run" "$work/a folder/a program"
expect 137 '' "$run" sh -c 'kill -9 $$'
expect 125 'program not found' "$run" "$work/nothing"
# a truncated image dies while it boots
head -c $(($(stat -Lc %s "$uml") * 6 / 7)) "$uml" >"$work/cut"
chmod +x "$work/cut"
expect 2 "kernel:$work/cut: in answer to \`growsdown-system 1\`: it " \
  "$growsdown" replay --on "kernel:$work/cut" "$corpus/rules/um-fetch.trace"
expect 0 '' test -z "$(ls "$TMPDIR")"
echo "$checks checks, $failures failed"
[ "$failures" -eq 0 ]
