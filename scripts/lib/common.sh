# Shared by the scripts of the folder above; to be sourced from bash with `set -euo pipefail`.

# The project's root; every script works from there.
growsdownRoot=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$growsdownRoot"

# Build jobs: one per core, and at most one per GiB of free memory.
growsdownJobs=${GROWSDOWN_JOBS:-}
if [ -z "$growsdownJobs" ]; then
  growsdownJobs=$(nproc)
  memory=$(awk '/^MemAvailable:/ {print int($2 / 1048576)}' /proc/meminfo 2>/dev/null || echo 0)
  if [ "$memory" -ge 1 ] && [ "$memory" -lt "$growsdownJobs" ]; then growsdownJobs=$memory; fi
fi

say() { printf '== %s\n' "$*"; }

# die MESSAGE...: prints it and exits with 4, an error of growsdown and not a verdict.
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 4
}

# usageError MESSAGE...: prints it and exits with 2.
usageError() {
  printf '%s: %s\n`%s --help` describes the options.\n' "$(basename "$0")" "$*" "$0" >&2
  exit 2
}

# configureAndBuild PRESET [TARGET...]: these targets, or everything.
configureAndBuild() {
  local preset=$1
  shift
  say "build: preset $preset, $growsdownJobs jobs"
  cmake --preset "$preset" || die "configuring the preset $preset failed, see above"
  cmake --build --preset "$preset" --parallel "$growsdownJobs" ${1:+--target "$@"} ||
    die "the build of $preset failed, see above"
}
