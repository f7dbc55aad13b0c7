#!/bin/bash -eu
# Builds the fuzz targets under the contract of OSS-Fuzz and ClusterFuzzLite: $CXX, $CXXFLAGS,
# $LIB_FUZZING_ENGINE, $SRC, $OUT, $WORK. The targets need the C++ standard library only.
# fuzz/oss-fuzz/stand_in.sh runs this on any machine with clang.

root=$SRC/growsdown
objects=$WORK/growsdown-objects
mkdir -p "$objects"

# The rooms that the targets link, whole: what is not needed stays in the archive.
sources=()
for room in trace model reference harness; do
  for source in "$root/$room"/*.cpp; do
    [[ -e $source ]] && sources+=("$source")
  done
done
for source in "$root"/fuzz/*.cpp; do
  case $(basename "$source" .cpp) in
    *_fuzzer | make_seeds | standalone_main) ;; # programs
    *) sources+=("$source") ;;
  esac
done

# shellcheck disable=SC2086  # flags are words
compile() { $CXX $CXXFLAGS -std=c++20 -I"$root" -c "$1" -o "$2"; }

jobs=$(nproc)
linked=()
for source in "${sources[@]}"; do
  object=$objects/$(basename "$(dirname "$source")")_$(basename "$source" .cpp).o
  linked+=("$object")
  while (( $(jobs -rp | wc -l) >= jobs )); do wait -n; done
  compile "$source" "$object" &
done
while [[ -n $(jobs -rp) ]]; do wait -n; done
archive=$objects/libgrowsdown.a
rm -f "$archive"
"${AR:-ar}" rcs "$archive" "${linked[@]}"

for main in "$root"/fuzz/*_fuzzer.cpp; do
  target=$(basename "$main" .cpp)
  compile "$main" "$objects/$target.o"
  # shellcheck disable=SC2086
  $CXX $CXXFLAGS "$objects/$target.o" "$archive" $LIB_FUZZING_ENGINE -o "$OUT/$target"
done

# Seeds: the corpus in both forms. The program runs here, so it is built without the sanitizer that
# the targets get.
if [[ ${FUZZING_ENGINE:-} != none && ${SANITIZER:-} != introspector ]]; then
  maker=$WORK/growsdown_seeds
  flags=(-std=c++20 -O1)
  [[ $CXXFLAGS == *-stdlib=libc++* ]] && flags+=(-stdlib=libc++)
  $CXX "${flags[@]}" -I"$root" "$root"/{trace,model}/*.cpp \
    "$root"/fuzz/{program,seeds,make_seeds}.cpp -o "$maker"
  for form in bytes:differential text:parse; do
    target=${form#*:}_fuzzer
    [[ -e $OUT/$target ]] || continue
    seeds=$WORK/seeds-$target
    rm -rf "$seeds"
    "$maker" "${form%%:*}" "$seeds" "$root/corpus/rules" "$root/corpus/regressions"
    rm -f "$OUT/${target}_seed_corpus.zip"
    (cd "$seeds" && zip -q -r "$OUT/${target}_seed_corpus.zip" .)
  done
fi

for options in "$root"/fuzz/oss-fuzz/*.options; do
  cp "$options" "$OUT/"
done
for dictionary in "$root"/fuzz/dictionary/*.dict; do
  cp "$dictionary" "$OUT/"
done
