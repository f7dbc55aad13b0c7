# For the scripts beside it: a folder `$work` that goes when they do, and `expect`.
work=$(mktemp -d)
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
