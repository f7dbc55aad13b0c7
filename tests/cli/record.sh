#!/usr/bin/env bash
# record.sh GROWSDOWN SOURCE: `growsdown record` and scripts/record.
set -u
growsdown=$1 source=$2
. "$(dirname "${BASH_SOURCE[0]}")/expect.sh"
steps=$work/steps.trace
cat >"$steps" <<'END'
growsdown-trace 1
# a stack
mmap 0x1000400000 0x1000 rw fixed,growsdown
limit stack 0x8000
touch 0x10003fd000 w
touch 0x10003fd000 w
growsdown-trace 1
touch 0x10003fd000 r
END

expect 0 '2 traces, 5 steps, the same in 2 runs; the input expected nothing' \
  "$growsdown" record --on model --rules linux-6.12-arm64 -o "$work/one.trace" "$steps"
expect 0 '# recorded on model' cat "$work/one.trace"
expect 0 '= map 0x10003fd000-0x1000401000 rw-p' cat "$work/one.trace"
expect 0 '2 traces, 5 steps, 0 mismatches' \
  "$growsdown" replay --rules linux-6.12-arm64 "$work/one.trace"
# again, over the input file, packed
expect 0 'the same in 3 runs; as in the input' "$growsdown" record --times 3 --on reference \
  --rules linux-6.12-arm64 -o "$work/one.trace" "$work/one.trace"
expect 0 'as in the input' "$growsdown" record --on model --rules linux-6.12-arm64 \
  -o "$work/two.trace.xz" "$work/one.trace"
expect 0 ' 0 mismatches' "$growsdown" replay --rules linux-6.12-arm64 "$work/two.trace.xz"
# the expectations of the input do not decide; differences from them are printed
expect 0 '2 traces differ from the input' "$growsdown" record --on model --rules linux-4.3-arm64 \
  -o "$work/old.trace" "$work/one.trace"
[[ "$output" == *"one.trace:4: step 1"* && "$output" == *"recorded now:"* ]] ||
  expect 0 'the step that differs' false
expect 1 ' mismatches' "$growsdown" replay --rules linux-6.12-arm64 "$work/old.trace"

# nothing is written if a step cannot be performed, if runs differ, or if the system shows less
printf '%s\n' 'growsdown-trace 1' 'with memory 65536' \
  'mmap 0x1000400000 0x100000 rw fixed,populate' >"$work/full.trace"
expect 3 'full.trace:3: out of simulated memory: nothing was written' "$growsdown" record \
  --on model --rules linux-6.12-arm64 -o "$work/none.trace" "$work/full.trace"
cat >"$work/fickle" <<'END'
#!/bin/bash
# Answers like the model, except for the faults of the second process, and of every other trace.
count=0
"$1" serve --on model | while IFS= read -r line; do
  if [[ $line == counters* ]]; then
    count=$((count + 1))
    ((count < 6)) || line=${line/total 4/total 5}
  fi
  printf '%s\n' "$line"
done
END
chmod +x "$work/fickle"
expect 1 'nothing was written' "$growsdown" record --on "exec:$work/fickle $growsdown" \
  --rules linux-6.12-arm64 -o "$work/none.trace" "$steps"
[[ "$output" == *"run 1:"*"run 2:"* ]] || expect 0 'both runs' false
cat >"$work/secretive" <<'END'
#!/bin/bash
"$1" serve --on model | sed -u 's/^shows .*/shows areas/'
END
chmod +x "$work/secretive"
expect 3 'does not show pages' "$growsdown" record --on "exec:$work/secretive $growsdown" \
  --rules linux-6.12-arm64 -o "$work/none.trace" "$steps"
expect 4 'cannot open for writing' "$growsdown" record --on model --rules linux-6.12-arm64 \
  -o "$work/nowhere/none.trace" "$steps"
expect 2 'no rule set' "$growsdown" record --on model --rules linux-9 -o "$work/none.trace" "$steps"
expect 2 '--on is required' "$growsdown" record -o "$work/none.trace" "$steps"
expect 1 '' test -e "$work/none.trace"

bin=$(dirname "$growsdown")
expect 2 'no recording is named linux-9' "$source/scripts/record" --bin "$bin" linux-9
expect 2 'unknown argument' "$source/scripts/record" --chek
expect 3 'linux-4.3-arm64: not made again: Debian has no kernel of that release' \
  "$source/scripts/record" --bin "$bin" --out "$work" linux-4.3-arm64
if command -v linux.uml >/dev/null; then
  expect 0 'linux-6.1-um@execute: by its rules: 594 traces, 15018 steps, 0 mismatches' \
    "$source/scripts/record" --bin "$bin" --out "$work/new" linux-6.1-um@execute
  expect 0 'recorded on Linux 6.1' xz -dc "$work/new/linux-6.1-um@execute.trace.xz"
else
  echo "user-mode Linux is not installed: nothing recorded"
fi
echo "$checks checks, $failures failed"
[ "$failures" -eq 0 ]
