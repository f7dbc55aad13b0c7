#!/usr/bin/env bash
# growsdown compare: exit codes and messages, traces that replay, and the page.
#   compare.sh GROWSDOWN [PAGE]    with PAGE: that page must equal the command's output
set -u
growsdown=$1
page=${2-}
[ -x "$growsdown" ] || { echo "$growsdown: not a program"; exit 1; }
. "$(dirname "${BASH_SOURCE[0]}")/expect.sh"

if [ -n "$page" ]; then
  "$growsdown" compare --markdown > "$work/page.md"
  expect 0 '' diff "$page" "$work/page.md"
else
  compare=("$growsdown" compare)
  expect 0 'linux-6.1-amd64 linux-6.1-um' "${compare[@]}" --pairs
  expect 0 'mmap-merge-prefers-next' "${compare[@]}" --scope merge linux-5.10-arm64 linux-6.1-arm64
  expect 0 'when growth-neighbour: neighbour r-- or -w- or --x or rw- shared, pages below 1 or 3, left 1..255' \
    "${compare[@]}" --scope growth-neighbour linux-4.3-arm64 linux-5.10-arm64
  expect 0 '"unexplained": 0' "${compare[@]}" --json --scope fixed linux-6.1-amd64 linux-6.12-amd64
  # Only knobs in the table of changes explain a difference.
  expect 1 'left 255' "${compare[@]}" --scope growth-neighbour --knob gap-pages=255 \
    linux-6.12-arm64 linux-6.12-arm64
  expect 1 'that the table of changes does not explain' "${compare[@]}" --scope growth-limits \
    --knob stack-limit-discount=1 linux-6.1-arm64 linux-6.12-arm64

  expect 0 '' "${compare[@]}" --scope lock --out "$work/out" linux-6.1-arm64 linux-6.12-arm64
  expect 0 '' "${compare[@]}" --scope mremap --out "$work/out" linux-6.12-amd64 linux-6.18-amd64
  expect 0 ' 0 mismatches' "$growsdown" replay --on model --on reference "$work/out"

  expect 2 'linux-9.9-arm64' "${compare[@]}" linux-9.9-arm64 linux-6.1-arm64
  expect 2 'two rule sets' "${compare[@]}" linux-6.1-arm64
  expect 2 'no scope `merges`' "${compare[@]}" --scope merges linux-6.1-arm64 linux-6.12-arm64
  expect 2 'gap-page' "${compare[@]}" --knob gap-page=1 linux-6.1-arm64 linux-6.12-arm64
  expect 2 '--knob' "${compare[@]}" --knob gap-pages=1
  expect 2 '--markdown' "${compare[@]}" --json --markdown
fi

echo "$checks checks, $failures failed"
[ "$failures" -eq 0 ]
