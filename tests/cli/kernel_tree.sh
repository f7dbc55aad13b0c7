#!/usr/bin/env bash
# kernel_tree.sh GROWSDOWN [run]: `growsdown kernel-tree`. Without `run`, what needs no tree. With
# it, the tree that GROWSDOWN_KERNEL_TREE names; skipped if there is none.
set -u
growsdown=$1
. "$(dirname "${BASH_SOURCE[0]}")/expect.sh"

if [ "${2:-}" = run ]; then
  tree=${GROWSDOWN_KERNEL_TREE:-}
  if [ -z "$tree" ]; then
    echo "GROWSDOWN_KERNEL_TREE names no kernel tree (scripts/kernel-source fetches one): not judged"
    exit 77
  fi
  build=(--build-dir "$work/build" --time 0 --runs 3000)
  expect 0 "0 differences" "$growsdown" kernel-tree "$tree" "${build[@]}" --json "$work/a.json" \
    --junit "$work/a.xml"
  expect 0 '"growsdown-kernel-tree-1"' cat "$work/a.json"
  expect 0 '"decidedBy": "tree"' cat "$work/a.json"
  expect 0 'name="search"' cat "$work/a.xml"
  expect 0 "built before" "$growsdown" kernel-tree "$tree" "${build[@]}"
  expect 0 "differences" "$growsdown" kernel-tree "$tree" "${build[@]}" --ktap "$work/a.ktap"
  expect 0 "ok 1 growsdown kernel-tree $tree" cat "$work/a.ktap"
  # The rules of another release: differences.
  expect 1 "by the tree" "$growsdown" kernel-tree "$tree" "${build[@]}" --rules linux-4.3-amd64
  expect 0 "0 mismatches" "$growsdown" replay --on "kernel-tree:$tree" --rules linux-7.2-amd64 \
    "$(dirname "${BASH_SOURCE[0]}")/../../corpus/rules/S03-S04-guard-gap-exact.trace"
else
  expect 3 "no such folder" "$growsdown" kernel-tree "$work/none"
  expect 125 "no such folder" "$growsdown" kernel-tree "$work/none" --bisect
  mkdir "$work/empty"
  expect 3 "is no kernel tree" "$growsdown" kernel-tree "$work/empty"
  printf 'VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 7\n' >"$work/empty/Makefile"
  expect 3 "has no mm/vma.c" "$growsdown" kernel-tree "$work/empty" --build-dir "$work/build"
  expect 125 "has no mm/vma.c" "$growsdown" kernel-tree "$work/empty" --build-dir "$work/build" --bisect
  for file in mm/vma.c mm/vma.h mm/mmap.c mm/mremap.c mm/mlock.c mm/mprotect.c; do
    mkdir -p "$work/empty/$(dirname $file)"
    : >"$work/empty/$file"
  done
  expect 3 "has no tools/testing/vma/vma_internal.h" "$growsdown" kernel-tree "$work/empty" \
    --build-dir "$work/build"
  expect 2 "rule set" "$growsdown" kernel-tree "$work/empty" --rules vax
  expect 2 "--ignore" "$growsdown" kernel-tree "$work/empty" --ignore nonsense
  expect 2 "the search would have no end" "$growsdown" kernel-tree "$work/empty" --time 0
  expect 2 "kernel-tree: requires PATH" "$growsdown" replay --on kernel-tree: /dev/null
fi
echo "$checks checks, $failures failures"
[ "$failures" -eq 0 ]
