# For the other scripts of this folder: a folder `$work`, which is removed at the end, and `expect`.
work=$(mktemp -d)
# The rule set of traces that name none: results must not depend on the running kernel.
export GROWSDOWN_RULES=linux-4.3-arm64
trap 'rm -rf "$work"' EXIT
failures=0
checks=0

# expect CODE TEXT COMMAND...: runs it; its exit code must be CODE, its output (both, left in $output)
# contain TEXT.
expect() {
  local code=$1 text=$2
  shift 2
  local got
  output=$("$@" 2>&1 </dev/null)
  got=$?
  checks=$((checks + 1))
  if [ "$got" -ne "$code" ] || [[ "$output" != *"$text"* ]]; then
    failures=$((failures + 1))
    printf 'FAILED: %s\n  exit code %s, wanted %s; wanted in the output: %s\n  output: %s\n' \
      "$*" "$got" "$code" "$text" "${output:0:600}"
  fi
}

# noticesLies ON RULES: a true trace replays on that system. With any one statement made false it
# does not. Statements that the system does not show are not used.
noticesLies() {
  local on=$1 rules=$2 hidden field change
  cat >"$work/true.trace" <<'EOF'
growsdown-trace 1
mmap 0x1000400000 0x3000 rw fixed,growsdown -> ok 0x1000400000
mlock 0x1000400000 0x1000 -> ok
touch 0x1000402000 w -> ok
touch 0x1000401000 w -> ok
= map 0x1000400000-0x1000401000 rw-p
= map 0x1000401000-0x1000403000 rw-p
= pages size +3 stack +3 locked +1 data +0 resident 3 tables +2
= faults 1
EOF
  expect 0 ' 0 mismatches' "$growsdown" replay --on "$on" --rules "$rules" "$work/true.trace"
  hidden=" $(sed -n 's/^not compared on .*: //p' <<<"$output") "
  while read -r field change; do
    [[ $hidden == *" $field "* ]] && continue
    sed "$change" "$work/true.trace" >"$work/false.trace"
    expect 1 ': expected ' "$growsdown" replay --on "$on" --rules "$rules" "$work/false.trace"
  done <<'EOF'
areas /^mlock/s/ok/ENOMEM/
areas /^= map/s/0x1000403000/0x1000404000/
areas /^= map/s/rw-p/rwxp/
areas /^= map/s/rw-p/rw-s/
areas /^= map 0x1000401/d
total s/size +3/size +2/
stack s/stack +3/stack +2/
locked s/locked +1/locked +2/
data s/data +0/data +1/
pages s/resident 3/resident 2/
tables s/tables +2/tables +3/
faults s/faults 1/faults 2/
EOF
}
