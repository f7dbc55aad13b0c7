#!/usr/bin/env bash
# `growsdown import`: maps, core files and strace logs become traces.   import.sh GROWSDOWN SOURCES
set -u
growsdown=$1
sources=$2
[ -x "$growsdown" ] || { echo "$growsdown: not a program"; exit 1; }
. "$(dirname "${BASH_SOURCE[0]}")/expect.sh"
export GROWSDOWN_RULES=linux-6.18-amd64
cd "$work" || exit 1

# --- maps
cat > maps <<'T'
55d0c0a00000-55d0c0a01000 r-xp 00001000 fe:00 320476                     /usr/bin/a program
55d0c0a02000-55d0c0a04000 rw-p 00000000 00:00 0 
7f0000000000-7f0000021000 rw-s 00000000 00:01 77                         /dev/zero (deleted)
7ffc81000000-7ffc81003000 ---p 00000000 00:00 0 
7ffc81104000-7ffc81125000 rw-p 00000000 00:00 0                          [stack]
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
T
expect 0 'init area 0x7ffc81104000-0x7ffc81125000 rw growsdown,account pgoff 0x7ffc81104' "$growsdown" import maps
expect 0 'init area 0x7f0000000000-0x7f0000021000 rw shared object 1' "$growsdown" import maps
expect 0 'init object 1 pages 33' "$growsdown" import maps
expect 0 '2 mappings of files are anonymous memory here' "$growsdown" import maps
expect 0 'decided by ANON-WRITE' bash -c "'$growsdown' import maps --touch 0x7ffc81103000 | '$growsdown' explain -"
# The inaccessible area below is no neighbour that needs the gap; the limit refuses.
expect 0 'decided by GROW-RLIMIT-STACK' bash -c \
  "'$growsdown' import maps --limit stack=132K --touch 0x7ffc81103000 | '$growsdown' explain --step 2 -"
expect 0 'touch 0x7ffc81103000 x' "$growsdown" import maps --touch '0x7ffc81103000 x'
mkdir -p proc/1
cp maps proc/1/maps
printf 'Limit    Soft Limit    Hard Limit    Units\nMax stack size            1048576      unlimited    bytes\nMax locked memory         unlimited    unlimited    bytes\n' > proc/1/limits
expect 0 'limit stack 0x100000' "$growsdown" import proc/1/maps
expect 0 'limit memlock unlimited' "$growsdown" import proc/1/maps
expect 0 ' 0 mismatches' bash -c "'$growsdown' import /proc/self/maps | '$growsdown' replay -"
sed 's/rw-p/rwqp/' maps > bad
expect 2 'bad:2: expected a line of /proc/PID/maps' "$growsdown" import bad
expect 2 '--limit requires NAME=BYTES' "$growsdown" import proc/1/maps --limit stack
expect 2 '--touch: ' "$growsdown" import proc/1/maps --touch here
expect 2 'cannot open' "$growsdown" import nothing

# --- core: x86-64, a fault below the stack
cat > core.py <<'P'
import struct, sys
def note(kind, data, name=b"CORE\0"):
    pad = lambda b: b + b"\0" * (-len(b) % 4)
    return struct.pack("<III", len(name), len(data), kind) + pad(name) + pad(data)
def core(machine, segments, registers, signal, code, address, random):
    status = b"\0" * 112 + struct.pack(f"<{len(registers)}Q", *registers) + b"\0" * 8
    info = struct.pack("<iii4xQ", signal, 0, code, address).ljust(128, b"\0")
    vector = struct.pack("<4Q", 6, 4096, 25, random) + struct.pack("<2Q", 0, 0)
    files = struct.pack("<2Q3Q", 1, 4096, segments[0][0], segments[0][1], 5) + b"/bin/a\0"
    notes = note(1, status) + note(0x53494749, info) + note(6, vector) + note(0x46494c45, files)
    at = 64 + 56 * (len(segments) + 1)
    out = b"\177ELF\2\1\1".ljust(16, b"\0")
    out += struct.pack("<HHIQQQIHHHHHH", 4, machine, 1, 0, 64, 0, 0, 64, 56, len(segments) + 1, 0, 0, 0)
    out += struct.pack("<IIQQQQQQ", 4, 0, at, 0, 0, len(notes), 0, 4)
    for start, end, flags in segments:
        out += struct.pack("<IIQQQQQQ", 1, flags, 0, start, 0, 0, end - start, 4096)
    return out + notes
stack = 0x7ffc81104000
x86, arm = [0] * 27, [0] * 34
x86[16], x86[19], arm[31], arm[32] = 0x400123, stack - 0x1000, stack - 0x1000, 0x400123
areas = [(0x400000, 0x401000, 5), (stack, stack + 0x21000, 6)]
open("core", "wb").write(core(62, areas, x86, 11, 1, stack - 0x1000, stack + 0x20000))
open("core.arm", "wb").write(core(183, [(a - (a > 1 << 40) * (0x7ffc << 32), b - (b > 1 << 40) * (0x7ffc << 32), f)
    for a, b, f in areas], arm, 11, 2, 0x400800, 0))
open("core.abort", "wb").write(core(62, areas, x86, 6, -6, 0, stack + 0x20000))
P
python3 core.py
expect 0 'touch 0x7ffc81103000 w -> SIGSEGV/MAPERR' "$growsdown" import core
expect 0 'sp 0x7ffc81103000' "$growsdown" import core
expect 0 'init area 0x400000-0x401000 rx - pgoff 0x5' "$growsdown" import core
expect 0 '!! the trace expects SIGSEGV/MAPERR' bash -c "'$growsdown' import core | '$growsdown' explain -"
expect 0 'decided by GROW-RLIMIT-STACK' bash -c "'$growsdown' import core --limit stack=132K | '$growsdown' explain -"
expect 0 '# sets: linux-7.2-arm64' "$growsdown" import core.arm
expect 0 'touch 0x400800 w -> SIGSEGV/ACCERR' "$growsdown" import core.arm
expect 0 'does not say where the main stack is' "$growsdown" import core.arm
expect 0 ' 0 mismatches' bash -c "'$growsdown' import core.arm | '$growsdown' replay -"
expect 0 'ended by signal 6, not by a fault' "$growsdown" import core.abort
cat >> core.py <<'P'
data = bytearray(open("core", "rb").read())
def changed(name, old, new):
    assert data.count(old) == 1
    open(name, "wb").write(bytes(data).replace(old, new))
changed("core.page", struct.pack("<QQ", 6, 4096), struct.pack("<QQ", 6, 0))
changed("core.overlap", struct.pack("<QQQQ", stack, 0, 0, 0x21000), struct.pack("<QQQQ", 0x400000, 0, 0, 0x21000))
P
python3 core.py
expect 2 'core.page: a page size of 0 bytes' "$growsdown" import core.page
expect 2 'core.overlap: two segments overlap at 0x400000' "$growsdown" import core.overlap
# Cut anywhere, it is read or refused.
for length in $(seq 0 13 "$(stat -c %s core)"); do
  head -c "$length" core > cut
  "$growsdown" import --as core cut > out 2>&1
  code=$?
  checks=$((checks + 1))
  [ "$code" = 0 ] || [ "$code" = 2 ] || { failures=$((failures + 1)); echo "FAILED: core cut to $length: $code"; }
done

# --- strace
cat > log <<'T'
100  execve("./a", ["./a", "x) = 3"], 0x7ffd /* 3 vars */) = 0
100  brk(NULL)                         = 0x561616db0000
100  mmap(NULL, 47227, PROT_READ, MAP_PRIVATE, 3, 0) = 0x7f0000100000
100  mprotect(0x561616dad000, 4096, PROT_READ) = 0
100  munmap(0x7f0000100000, 47227)     = 0
100  prlimit64(0, RLIMIT_STACK, {rlim_cur=1024*1024, rlim_max=RLIM64_INFINITY}, NULL) = 0
100  prlimit64(0, RLIMIT_NOFILE, NULL, {rlim_cur=1024, rlim_max=1024}) = 0
100  brk(0x561616dd1000)               = 0x561616dd1000
100  clone3({flags=CLONE_VM|CLONE_THREAD|CLONE_SYSVSEM, stack=0x7f0}, 88) = 101
100  mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_STACK, -1, 0 <unfinished ...>
101  mmap(NULL, 65536, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE|MAP_GROWSDOWN, -1, 0) = 0x7f0000200000
100  <... mmap resumed>)                = 0x7f0000300000
101  madvise(0x7f0000200000, 4096, MADV_DONTNEED) = 0
101  madvise(0x7f0000200000, 4096, MADV_FREE) = 0
102  munmap(0x7f0000200000, 4096)      = 0
100  mremap(0x7f0000200000, 65536, 131072, MREMAP_MAYMOVE) = 0x7f0000400000
100  mlock(0x7f0000200000, 100)        = -1 ENOMEM (Cannot allocate memory)
100  write(1, "mmap(0, 1) = 2\n", 15)  = 15
100  brk(0x561616dc0000)               = 0x561616dc0000
100  mmap(0x1000, 4096, PROT_READ, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS|MAP_HUGETLB, -1, 0) = -1 ENOMEM (Cannot allocate memory)
100  --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x7fff2130bf8c} ---
100  +++ killed by SIGSEGV (core dumped) +++
T
"$growsdown" import log > log.trace 2> notes
cat > wanted <<'T'
growsdown-trace 1
mmap 0x561616dad000 0x1000 rw fixed
mmap 0x7f0000100000 0xb87b r fixed -> ok 0x7f0000100000
mprotect 0x561616dad000 0x1000 r -> ok
munmap 0x7f0000100000 0xb87b -> ok
limit stack 0x100000 -> ok
mmap 0x561616db0000 0x21000 rw fixed -> ok 0x561616db0000
mmap 0x7f0000200000 0x10000 rw fixed,growsdown,noreserve -> ok 0x7f0000200000
mmap 0x7f0000300000 0x2000 none fixed,stack -> ok 0x7f0000300000
dontneed 0x7f0000200000 0x1000 -> ok
mremap 0x7f0000200000 0x10000 0x20000 to 0x7f0000400000 -> ok 0x7f0000400000
mlock 0x7f0000200000 0x64 -> ENOMEM
munmap 0x561616dc0000 0x11000 -> ok
touch 0x7fff2130bf8c w -> SIGSEGV/MAPERR
T
expect 0 '' diff wanted <(grep -v '^#' log.trace)
for note in '1 mappings of files' '1 ranges that no call' '1 lines are of other processes' \
  'left out, 1 times: madvise with MADV_FREE' 'left out, 1 times: mmap with MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS|MAP_HUGETLB'; do
  expect 0 "$note" cat notes
done
expect 0 '1 traces, 13 steps, 0 mismatches' "$growsdown" replay log.trace
expect 0 'munmap 0x7f0000200000 0x1000' "$growsdown" import log --pid 102
sed 's/^\([0-9]*\)  /[pid \1] 12:34:56.000001 /' log > times
expect 0 '' cmp <("$growsdown" import times 2> /dev/null | tail -n +8) <(tail -n +8 log.trace)
# What a terminal shows: no number until there is a second process, and then also for the first.
printf '%s\n' 'execve("./a", ["./a"], 0x7ffd /* 3 vars */) = 0' \
  'mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000100000' \
  'clone3({flags=CLONE_VM|CLONE_THREAD, stack=0x7f0}, 88 <unfinished ...>' \
  '[pid   101] mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000200000' \
  '<... clone3 resumed>) = 101' \
  '[pid   100] mmap(NULL, 4096, PROT_READ|PROT_BTI, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000300000' \
  '[pid   100] mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3</lib/a(b>, 0) = 0x7f0000400000</lib/a(b>' \
  '[pid   100] --- SIGTRAP {si_signo=SIGTRAP, si_code=SI_KERNEL, si_addr=0x33} ---' \
  '[pid   100] --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=NULL} ---' > tty
expect 0 'mmap 0x7f0000100000 0x1000 r fixed' "$growsdown" import tty
expect 0 'mmap 0x7f0000200000 0x1000 r fixed' "$growsdown" import tty
expect 0 'left out, 1 times: mmap with PROT_READ|PROT_BTI' "$growsdown" import tty
expect 0 'mmap 0x7f0000400000 0x1000 r fixed' "$growsdown" import tty
expect 0 'left out, 1 times: SIGTRAP with SI_KERNEL' "$growsdown" import tty
expect 0 'touch 0 w -> SIGSEGV/MAPERR' "$growsdown" import tty
expect 0 'mmap 0x7f0000100000 0x1000 r fixed' "$growsdown" import tty --pid 100
# The process execs in another thread.
printf '%s\n' '100 brk(NULL) = 0x1000' '100 mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000100000' \
  '101 execve("./b", ["b"], 0x1 <unfinished ...>' '100 <... execve resumed>) = 0' \
  '100 munmap(0x7f0000900000, 4096) = 0' > threads
expect 0 'munmap 0x7f0000900000 0x1000' "$growsdown" import threads
expect 0 '1 traces, 1 steps, 0 mismatches' bash -c "'$growsdown' import threads 2> /dev/null | '$growsdown' replay -"
expect 2 'no line of an strace log' "$growsdown" import --as strace "$sources/README.md"
expect 2 'no call of this process' "$growsdown" import log --pid 7
for length in $(seq 1 37 "$(stat -c %s log)"); do
  head -c "$length" log > cut
  "$growsdown" import --as strace cut > out 2>&1
  code=$?
  checks=$((checks + 1))
  [ "$code" = 0 ] || [ "$code" = 2 ] || { failures=$((failures + 1)); echo "FAILED: log cut to $length: $code"; }
done

# A real one, where strace may trace.
if strace -o real -f true 2> /dev/null; then
  expect 0 ' 0 mismatches' bash -c "'$growsdown' import real 2> /dev/null | '$growsdown' replay --rules linux-6.18-amd64 -"
fi

printf '%s checks, %s failed\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
