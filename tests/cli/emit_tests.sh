#!/usr/bin/env bash
# emit_tests.sh GROWSDOWN CORPUS LIBRARY: `growsdown emit selftest` and `emit gtest`: what they write
# builds without a warning, passes where the trace is right, and fails where it is not. LIBRARY is the
# archive of the public library.
set -u
growsdown=$1 corpus=$2 library=$3
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$source/tests/cli/expect.sh"
cd "$work" || exit 1
cc=$(command -v cc || command -v gcc-12 || command -v clang-14)
cxx=$(command -v c++ || command -v g++-12 || command -v clang++-14)
if [ -z "$cc" ] || [ -z "$cxx" ]; then
  echo "no compiler here: not judged"
  exit 77
fi
warnings="-O1 -Wall -Wextra -Wshadow -Werror"

# Any Linux since 4.12 behaves so.
cat > right.trace <<'END'
# title: a growing area stops at the \ gap below it /
growsdown-trace 1
with min-addr 4096
mmap 0x10002d3000 0x1000 rw fixed -> ok
mmap 0x1000400000 0x1000 rw fixed,growsdown -> ok 0x1000400000
touch 0x10003d4000 w -> ok
= map 0x10002d3000-0x10002d4000 rw-p
= map 0x10003d4000-0x1000401000 rw-p
= pages size +46 stack +45 locked +0 data +1 resident 1 tables +2
touch 0x10003d3fff w -> SIGSEGV/MAPERR
= same
fork -> ok
touch 0x10003d4000 x -> SIGSEGV/ACCERR
mprotect 0x10002d3000 0x1000 none -> ok
munmap 0x10002d3000 0x1000 -> ok
END
sed 's/size +46/size +47/; s/SIGSEGV\/ACCERR/ok/' right.trace > wrong.trace

# --- kernel selftests
# Whether this kernel can perform the trace at all: what a C program says.
"$growsdown" emit c right.trace -o program.c && $cc $warnings -std=c11 program.c -o program
./program > /dev/null
able=$?
for name in right wrong; do
  expect 0 '' "$growsdown" emit selftest $name.trace -o $name.c
  # shellcheck disable=SC2086
  expect 0 '' $cc $warnings -std=c11 $name.c -o $name
done
if [ $able -eq 0 ]; then
  expect 0 'pass:8 fail:0 xfail:0 xpass:0 skip:0' ./right
  expect 1 'pass:5 fail:3' ./wrong
  expect 1 'not ok 6 touch 0x10003d4000 x -> SIGSEGV/ACCERR' ./wrong
  expect 1 '# expected: ok' ./wrong
  expect 1 '#   = pages size +47' ./wrong
else
  echo "this kernel does not perform the trace (exit code $able): the selftest's answers are not judged"
fi
# KTAP: a version, a plan, and one line per step
./right > right.tap
expect 0 '' python3 -c 'import re
lines = open("right.tap").read().splitlines()
assert lines[0] == "TAP version 13" and lines[1] == "1..8", lines
tests = [l for l in lines[2:] if not l.startswith("#")]
assert [int(re.match(r"(?:not )?ok (\d+) ", t)[1]) for t in tests] == list(range(1, 9)), lines'
# A step that no process carries out is skipped, and so are those after it.
printf 'growsdown-trace 1\nwith page 65536\nfork\nfork\n' > page.trace
"$growsdown" emit selftest --rules linux-6.12-arm64 page.trace -o page.c && $cc $warnings -std=c11 page.c -o page
if [ "$(getconf PAGE_SIZE)" -ne 65536 ]; then
  expect 4 'ok 2 fork # SKIP this kernel has another page size' ./page
fi

# --- tests of the library
build() { # build NAME: the test of NAME.cpp
  # shellcheck disable=SC2086
  expect 0 '' $cxx $warnings -std=c++20 -I "$source/include" "$1.cpp" "$library" -lgtest -lgtest_main \
    -pthread -o "$1-test"
}
if ! echo '#include <gtest/gtest.h>' | $cxx -std=c++20 -fsyntax-only -x c++ - 2> /dev/null; then
  echo "no GoogleTest here: the tests of the library are not judged"
else
  expect 0 '' "$growsdown" emit gtest --rules linux-6.12-arm64 right.trace -o right.cpp
  build right
  expect 0 'PASSED' ./right-test
  sed 's/^touch 0x10003d3fff w .*/touch 0x10003d3fff w -> ok/; /^= same/d' wrong.trace > library.trace
  sed -i 's/^# title/# sets: linux-6.12-arm64\n# title/' library.trace
  expect 0 '' "$growsdown" emit gtest library.trace -o wrong.cpp
  build wrong
  expect 1 'touch 0x10003d3fff w' ./wrong-test
  expect 1 '47' ./wrong-test
  # All operations, with what the model answers.
  cat > all.trace <<'END'
growsdown-trace 1
limit memlock 0x2000
mmap 0x1000000000 0x4000 rw fixed,populate
mmap 0x1000100000 0x4000 rw fixed,shared
mlock 0x1000000000 0x1000
mlock 0x1000000000 0x4000
capable no
mlock 0x1000000000 0x4000
munlock 0x1000000000 0x4000
mincore 0x1000000000 0x3000
mincore 0x1000000001 0x3000
dontneed 0x1000000000 0x2000
mincore 0x1000000000 0x4000
mremap 0x1000000000 0x4000 0x8000 maymove
mremap 0x1000100000 0x4000 0x4000 to 0x1000200000
mprotect 0x1000200000 0x1000 r
touch 0x1000200000 w
touch 0x1000201000 w
kernel 0x1000202000 w
gup 0x1000203000 r
mmap 0x1000400000 0x2000 rw fixed,growsdown
sp 0x10003ff000
touch 0x10003ff800 w
fork
touch 0x10003ff800 w
munmap 0x1000200000 0x4000
touch 0x1000200000 r
mmap 0x21000 0x7fb7fe0000 none fixed,noreserve
END
  expect 0 '' "$growsdown" emit gtest --rules linux-6.12-amd64 all.trace -o all.cpp
  build all
  expect 0 'PASSED' ./all-test
  for file in "$corpus"/regressions/CVE-2017-1000364-stack-clash.trace; do
    expect 0 '' "$growsdown" emit gtest --trace 1 "$file" -o clash.cpp
    build clash
    expect 0 'PASSED' ./clash-test
  done
fi
expect 3 'starts in a state of its own' "$growsdown" emit gtest --rules linux-6.12-arm64 \
  <(printf 'growsdown-trace 1\ninit area 0x1000000000-0x1000001000 rw -\nfork\n')
expect 2 'FORMAT' "$growsdown" emit perl right.trace

printf '%s checks, %s failed\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
