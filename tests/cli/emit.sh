#!/usr/bin/env bash
# emit.sh GROWSDOWN CORPUS: `growsdown emit c`: the programs build without a warning, report where a
# trace differs, and refuse dangerous steps. Cases that the running kernel cannot show are skipped,
# with the reason.
set -u
growsdown=$1 corpus=$2
. "$(dirname "${BASH_SOURCE[0]}")/expect.sh"
cc=
for c in cc gcc gcc-12 clang clang-14; do
  if command -v $c >/dev/null; then cc=$c && break; fi
done
if [ -z "$cc" ]; then
  echo "no C compiler here: not judged"
  exit 77
fi
warnings="-std=c11 -O2 -Wall -Wextra -Wshadow -Werror"

# Any Linux since 4.12 behaves so.
cat >"$work/gap.trace" <<'END'
# title: a growing area stops at the \ gap below it /
growsdown-trace 1
with min-addr 4096
mmap 0x10002d3000 0x1000 rw fixed -> ok
= map 0x10002d3000-0x10002d4000 rw-p
mmap 0x1000400000 0x1000 rw fixed,growsdown -> ok 0x1000400000
touch 0x10003d4000 w -> ok
= map 0x10002d3000-0x10002d4000 rw-p
= map 0x10003d4000-0x1000401000 rw-p
= pages size +46 stack +45 locked +0 data +1 resident 1 tables +2
= faults 1
touch 0x10003d3fff w -> SIGSEGV/MAPERR
= same
fork -> ok
= same
touch 0x10003d4000 x -> SIGSEGV/ACCERR
END
build() { # build TRACE: the program of that trace, for this machine
  expect 0 "" "$growsdown" emit c "$work/$1.trace" -o "$work/$1.c"
  # shellcheck disable=SC2086
  expect 0 "" $cc $warnings "$work/$1.c" -o "$work/$1"
}
build gap
expect 0 ", by the rules of linux-" bash -c '"$1" | head -1' _ "$work/gap"
sets=$(sed -n 's/^# sets: //p' "$corpus/findings/gvisor/grow-read.trace")
expect 0 "\"$sets\"" "$growsdown" emit c "$corpus/findings/gvisor/grow-read.trace"
expect 0 '"linux-6.1-arm64"' "$growsdown" emit c --rules linux-6.1-arm64 \
  "$corpus/findings/gvisor/grow-read.trace"
if command -v clang-14 >/dev/null; then
  # shellcheck disable=SC2086
  expect 0 "" clang-14 $warnings -Wconversion -Wno-sign-conversion -c "$work/gap.c" -o "$work/gap.o"
fi
if command -v aarch64-linux-gnu-gcc >/dev/null; then
  # shellcheck disable=SC2086
  expect 0 "" aarch64-linux-gnu-gcc $warnings -c "$work/gap.c" -o "$work/gap.o"
fi
sed 's/size +46/size +47/; s/\(mmap.*\) ok$/\1 ok 0x1000/; s/.*0x10003d3fff.*/touch 0x10003d3fff w -> ok/' \
  "$work/gap.trace" >"$work/wrong.trace"
build wrong
cat >"$work/outside.trace" <<'END'
growsdown-trace 1
munmap 0x400000 0x10000000
END
build outside
sed 's/mmap 0x10002d.*/mmap 0x1000000000 0x4001000 rw fixed,populate/' "$work/gap.trace" \
  >"$work/large.trace"
build large

expect 2 "c" "$growsdown" emit pascal "$work/gap.trace"
expect 3 "in a state of its own" "$growsdown" emit c "$corpus/paths/fork.trace.xz" --trace 3
expect 2 "No such file" "$growsdown" emit c "$work/none.trace"

"$work/gap" >"$work/out" 2>&1
code=$?
if [ $code -eq 3 ]; then
  echo "not run: $(tail -1 "$work/out")"
else
  expect 0 "agrees" "$work/gap"
  expect 1 "touch 0x10003d3fff w -> SIGSEGV/MAPERR
    DIFFERS, expected: ok" "$work/wrong"
  expect 1 "DIFFERS, expected: ok 0x1000" "$work/wrong"
  expect 1 "= pages size +47" "$work/wrong"
fi
expect 3 "leaves the windows" "$work/outside"
expect 3 "too much memory" "$work/large"
echo "$checks checks, $failures failed"
[ "$failures" -eq 0 ]
