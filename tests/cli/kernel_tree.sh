#!/usr/bin/env bash
# kernel_tree.sh GROWSDOWN [run]: `growsdown kernel-tree`. Without `run`, what needs no tree. With
# it, the tree that GROWSDOWN_KERNEL_TREE names; skipped if there is none.
set -u
growsdown=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/expect.sh"

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
  # A warning at the end of a trace is found too, with one trace and no other after it.
  tree=$(cd "$tree" && pwd)
  cp -rs "$tree" "$work/planted"
  rm "$work/planted/mm/mmap.c"
  sed '/^void exit_mmap(/,/^}/s/arch_exit_mmap(mm);/&\n\tVM_WARN_ON_ONCE(1);/' "$tree/mm/mmap.c" \
    >"$work/planted/mm/mmap.c"
  expect 1 "the kernel's warning fired: 1, mm/mmap.c" env XDG_CACHE_HOME="$work/cache" "$growsdown" replay \
    --on "kernel-tree:$work/planted" --rules linux-7.2-amd64 "$here/../../corpus/rules/S03-S04-guard-gap-exact.trace"
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
  expect 125 "rule set" "$growsdown" kernel-tree "$work/empty" --rules vax --bisect
  expect 2 "rule set" "$growsdown" kernel-tree "$work/empty" --rules vax
  expect 2 "--ignore" "$growsdown" kernel-tree "$work/empty" --ignore nonsense
  expect 2 "the search would have no end" "$growsdown" kernel-tree "$work/empty" --time 0
  expect 2 "kernel-tree: requires PATH" "$growsdown" replay --on kernel-tree: /dev/null

  # A tree of empty files and a compiler that makes a program that lies: it is never believed.
  tree=$work/lying
  mkdir -p "$tree"/{tools/testing/{vma,shared},include/linux,arch/x86/{kernel,mm}}
  cp -r "$work/empty/mm" "$tree"
  for file in tools/testing/vma/vma_internal.h tools/testing/shared/{maple-shim.c,autoconf.h} \
    include/linux/{mm,mman}.h arch/x86/kernel/sys_x86_64.c arch/x86/mm/mmap.c; do : >"$tree/$file"; done
  printf 'VERSION = 7\nPATCHLEVEL = 2\nSUBLEVEL = 1\n' >"$tree/Makefile"
  printf 'unsigned long\n__get_unmapped_area(int a)\n{\n}\n' >"$tree/mm/mmap.c"
  cat >"$work/compiler" <<EOF
#!/bin/sh
case " \$* " in
*" -E "*) cat >/dev/null ;;
*" -o shim.part "*) echo built >>"$work/builds"; exec cc "$here/lying_shim.c" -o shim.part ;;
*) echo "x.o: $tree/mm/mmap.c" >x.d ;;
esac
EOF
  chmod +x "$work/compiler"
  export CC=$work/compiler XDG_CACHE_HOME=$work/cache
  printf 'growsdown-trace 1\nmmap 0x1000400000 0x3000 none fixed -> ok 0x1000400000\n' >"$work/a.trace"
  replays=("$growsdown" replay --on "kernel-tree:$tree" --rules linux-7.2-amd64 "$work/a.trace")
  expect 2 "no thp_get_unmapped_area_vmflags" "${replays[@]}"
  echo '// thp_get_unmapped_area_vmflags mm_get_unmapped_area_vmflags' >>"$tree/mm/mmap.c"
  expect 0 " 0 mismatches" "${replays[@]}"
  while read -r lie text; do
    KERNEL_TREE_LIE=$lie expect 1 "$text" "${replays[@]}"
  done <<'EOF'
first the first at place 4294967280
count a state of 4294967295 areas
kind an answer of kind 77
signal a signal for `mmap`
errno errno 524
order an area from 0x1000400000 to 0x1000403000 after one that ends at 0x1000403000
flags an area with flags
aligned an area from 0x1000400000 to 0x1000403007
done exit code 5
hang the kernel's code does not return
EOF
  # A tree that hangs in each trace: the command ends, although it has no time limit.
  KERNEL_TREE_LIE=hang expect 1 "does not return" "$growsdown" kernel-tree "$tree" --corpus "$work/a.trace" \
    --time 0 --runs 200
  # Built again only if a file changes, even to an older one; by one of several processes.
  builds() { [ "$(wc -l <"$work/builds")" -eq "$1" ]; }
  before=$(wc -l <"$work/builds")
  expect 0 " 0 mismatches" "${replays[@]}"
  expect 0 "" builds "$before"
  echo '// older' >>"$tree/mm/mmap.c"
  touch -d '2001-01-01' "$tree/mm/mmap.c"
  "${replays[@]}" >"$work/one" 2>&1 &
  expect 0 " 0 mismatches" "${replays[@]}"
  wait $!
  expect 0 " 0 mismatches" cat "$work/one"
  expect 0 "" builds $((before + 2)) # a build links twice
fi
echo "$checks checks, $failures failures"
[ "$failures" -eq 0 ]
