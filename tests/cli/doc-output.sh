#!/usr/bin/env bash
# scripts/doc-output reports a page that is out of date, and renews it.   doc-output.sh GROWSDOWN
set -u
growsdown=$1
[ -x "$growsdown" ] || { echo "$growsdown: not a program"; exit 1; }
here=$(dirname "${BASH_SOURCE[0]}")
. "$here/expect.sh"
judge() { "$here/../../scripts/doc-output" --growsdown "$growsdown" "$@"; }

cat >"$work/good.md" <<'EOF'
The commands of a page share a folder:

```
$ cat page.trace
growsdown-trace 1
mmap 0x1000400000 0x4000 rw fixed,growsdown -> ok 0x1000400000
touch 0x1000402000 w -> ok
$ growsdown replay --rules linux-4.3-arm64 \
    page.trace
linux-4.3-arm64: 1 traces of page.trace, 0 mismatches
1 traces, 2 steps, 0 mismatches
$ growsdown run page.trace
…
= pages size +4 … resident 1 tables +2
…

$ growsdown fuzz --time 1s --seed 2
1 traces, 100 steps in 9.5 s (12 steps/s), 10 unknown, 0 differences
$ growsdown live --time 60s
not run
```

```
text
$ no command
```
EOF
expect 0 '3 commands as shown, 0 rewritten, 0 problems, 1 not judged' judge "$work/good.md"

# stale CHANGE REPORTED: after the change the page is reported, and --update undoes the change.
stale() {
  sed "$1" "$work/good.md" >"$work/stale.md"
  expect 1 "$2" judge "$work/stale.md"
  expect 0 '2 commands as shown, 1 rewritten, 0 problems' judge --update "$work/stale.md"
  expect 0 '' cmp "$work/stale.md" "$work/good.md"
}
stale 's/, 2 steps/, 3 steps/' '-1 traces, 3 steps, 0 mismatches'
stale 's/^1 traces, 2 .*/&\nnot printed/' '-not printed'
stale '/^linux-4.3/d' '+linux-4.3-arm64: 1 traces of page.trace, 0 mismatches'
sed 's/, 0 diff/, 5 diff/' "$work/good.md" >"$work/stale.md"
expect 1 ', 0 differences' judge "$work/stale.md"

# Text that nothing printed is like, and a command in prose, are left to the author.
sed 's/^= pages.*/something else/' "$work/good.md" >"$work/stale.md"
expect 1 '2 commands as shown, 0 rewritten, 1 problems' judge --update "$work/stale.md"
sed '1s/$/\n\n    $ ls/' "$work/good.md" >"$work/stale.md"
expect 1 'stale.md:3: a command outside a fenced block' judge "$work/stale.md"
expect 2 'no such file' judge "$work/nothing.md"
expect 2 'give --growsdown PATH' judge --growsdown "$work/nothing"

printf '%s checks, %s failed\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
