#!/usr/bin/env bash
# run.sh SOURCE BUILD WORK: builds the Debian package, unpacks it into an empty root, and uses it
# there.
set -euo pipefail
source=$1 build=$2 work=$3
for tool in dpkg-deb dpkg-shlibdeps; do
  command -v $tool >/dev/null || { echo "no $tool here: no package was built"; exit 77; }
done
fail() { printf 'FAILED: %s\n' "$*"; exit 1; }

rm -rf "$work"
mkdir -p "$work"
package=$("$source/scripts/package" --build "$build" --out "$work" | tail -n 1)
root=$work/root
dpkg-deb -x "$package" "$root"

field() { dpkg-deb -f "$package" "$1"; }
version=$(sed -n 's/^project(growsdown VERSION \([0-9.]*\).*/\1/p' "$source/CMakeLists.txt")
[ "$(field Version)" = "$version-1" ] || fail "the version is $(field Version), not $version-1"
for library in libc6 libfmt liblzma; do
  [[ $(field Depends) == *"$library"* ]] || fail "$library is not among: $(field Depends)"
done

# The command, with its corpus and its helpers.
growsdown=$root/usr/bin/growsdown
[ "$("$growsdown" --version)" = "growsdown $version" ] || fail "$("$growsdown" --version)"
"$growsdown" replay --on model --on reference "$root/usr/share/growsdown/corpus/rules" |
  tail -n 1 | tee "$work/replay.log"
grep -q ', 0 mismatches' "$work/replay.log" || fail "the packaged corpus does not replay"
for helper in growsdown-plugin growsdown-executor; do
  [ -x "$root/usr/libexec/growsdown/$helper" ] || fail "no $helper"
done
[ ! -e "$build/bin/growsdown-executor-arm64" ] ||
  [ -x "$root/usr/libexec/growsdown/growsdown-executor-arm64" ] || fail "no executor for arm64"

# A man page for each subcommand, and one that is readable.
"$growsdown" --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z][a-z]*\) .*/\1/p' >"$work/subcommands"
[ "$(wc -l <"$work/subcommands")" -gt 10 ] || fail "no subcommands in --help"
while read -r subcommand; do
  [ -s "$root/usr/share/man/man1/growsdown-$subcommand.1.gz" ] || fail "no man page: $subcommand"
done <"$work/subcommands"
page=$root/usr/share/man/man1/growsdown-replay.1.gz
if command -v groff >/dev/null; then
  gzip -dc "$page" | groff -man -Tascii -ww 2>"$work/groff.log" | sed 's/.\x08//g; s/\x1b\[[0-9;]*m//g' \
    >"$work/replay.txt"
  [ ! -s "$work/groff.log" ] || fail "groff: $(cat "$work/groff.log")"
elif command -v mandoc >/dev/null; then
  mandoc -Tascii "$page" | sed 's/.\x08//g' >"$work/replay.txt"
else
  gzip -dc "$page" >"$work/replay.txt"
fi
for text in growsdown-replay '--junit' 'EXIT STATUS' 'growsdown replay corpus'; do
  grep -qF -- "$text" <(tr -d '\\' <"$work/replay.txt") || fail "the page growsdown-replay lacks: $text"
done

# The completion offers options, rule sets, systems and rules.
offers() { # offers TEXT WORD...: bash must offer TEXT for the last word
  local text=$1 offered
  shift
  offered=$(bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _growsdown
    printf "%s\n" "${COMPREPLY[@]}"' _ "$root/usr/share/bash-completion/completions/growsdown" "$@")
  grep -qx -- "$text" <<<"$offered" || fail "completion of $*: no $text, but: $offered"
}
offers replay growsdown rep
offers --junit growsdown replay --ju
offers linux-6.12-arm64 growsdown replay --rules linux-6.12-a
offers model growsdown replay --on mo
offers GUARD-GAP growsdown rules GUARD

# The libraries and documents.
for file in cmake/growsdown/growsdownConfig.cmake pkgconfig/growsdown.pc libgrowsdown.a \
  libgrowsdown_reference.a; do
  [ -n "$(find "$root/usr/lib" -path "*/$file")" ] || fail "no $file"
done
for file in include/growsdown/address_space.h include/growsdown/address_space.hpp share/doc/growsdown/copyright share/doc/growsdown/changelog.gz \
  share/doc/growsdown/docs/rules/growth.md; do
  [ -e "$root/usr/$file" ] || fail "no /usr/$file"
done
[ -z "$(find "$root/usr/bin" -type f ! -name growsdown)" ] || fail "test programs in /usr/bin"
echo "the package is complete"
