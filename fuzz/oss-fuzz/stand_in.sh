#!/bin/bash -eu
# Runs build.sh in an environment like OSS-Fuzz's, on this machine: clang, AddressSanitizer and
# libFuzzer. Then looks at what it made, and runs each target on its seeds and a little further.
#
#   stand_in.sh DIRECTORY      everything is made inside DIRECTORY, which is emptied first

if (($# != 1)); then
  echo "usage: stand_in.sh DIRECTORY" >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
rm -rf "$1"
mkdir -p "$1"
base=$(cd "$1" && pwd)

export SRC=$base/src OUT=$base/out WORK=$base/work
mkdir -p "$SRC" "$OUT" "$WORK"
ln -s "$root" "$SRC/growsdown"
export CC=${CC:-clang} CXX=${CXX:-clang++}
export FUZZING_ENGINE=libfuzzer SANITIZER=address ARCHITECTURE=x86_64
export LIB_FUZZING_ENGINE=-fsanitize=fuzzer
export CFLAGS="-O1 -fno-omit-frame-pointer -gline-tables-only -fsanitize=address -fsanitize-address-use-after-scope -fsanitize=fuzzer-no-link"
export CXXFLAGS=$CFLAGS

bash -eu "$here/build.sh"

mutated=2000 # inputs that each target makes of its seeds
failed=0
complain() {
  echo "stand_in.sh: $1" >&2
  failed=1
}
count=0
for main in "$root"/fuzz/*_fuzzer.cpp; do
  target=$(basename "$main" .cpp)
  count=$((count + 1))
  if [[ ! -x $OUT/$target ]]; then
    complain "$target was not built"
    continue
  fi
  for file in "$OUT/${target}_seed_corpus.zip" "$OUT/$target.options"; do
    [[ -s $file ]] || complain "$file is missing"
  done
  flags=(-seed=1337 -max_len=4096 -artifact_prefix="$WORK/")
  if [[ -e $root/fuzz/dictionary/$target.dict ]]; then
    [[ -s $OUT/$target.dict ]] || complain "$target.dict is missing"
    flags+=(-dict="$OUT/$target.dict")
  fi
  seeds=$WORK/unpacked-$target
  mkdir -p "$seeds"
  unzip -q -o "$OUT/${target}_seed_corpus.zip" -d "$seeds"
  seedCount=$(find "$seeds" -type f | wc -l)
  # As bad_build_check does: the seeds, then some runs. -runs counts the seeds, too.
  log=$WORK/$target.log
  flags+=(-runs=$((seedCount + mutated)))
  if ! (cd "$WORK" && GROWSDOWN_FINDINGS=$WORK "$OUT/$target" "${flags[@]}" "$seeds") >"$log" 2>&1; then
    tail -40 "$log" >&2
    complain "$target found something, or does not run"
  fi
  edges=$(sed -n 's/.*Loaded [0-9]* modules *(\([0-9]*\) .*/\1/p' "$log" | head -1)
  if ((${edges:-0} < 100)); then
    complain "$target has ${edges:-no} instrumented edges"
  fi
  # The seeds are read before INITED; what is run after that is mutated.
  inited=$(sed -n 's/^#\([0-9]*\)[[:space:]]*INITED.*/\1/p' "$log" | tail -1)
  ended=$(sed -n 's/^#\([0-9]*\)[[:space:]]*DONE.*/\1/p' "$log" | tail -1)
  if ((${ended:-0} < ${inited:-0} + mutated / 2)); then
    complain "$target ran ${ended:-no} inputs, ${inited:-none} of them seeds: nothing was mutated"
  fi
  grep -q AddressSanitizer "$OUT/$target" || complain "$target has no sanitizer"
  echo "$target: ${edges:-0} edges, $seedCount seeds, $((${ended:-0} - ${inited:-0})) mutated inputs"
done
((count > 0)) || complain "there are no fuzz targets"
exit $failed
