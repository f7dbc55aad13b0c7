# Shared by the scripts beside this folder; to be sourced, from bash with `set -euo pipefail`.

# The project's root; every script works from there.
growsdownRoot=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$growsdownRoot"

# Build jobs: one a core, and no more than one a GiB of free memory.
growsdownJobs=${GROWSDOWN_JOBS:-}
if [ -z "$growsdownJobs" ]; then
  growsdownJobs=$(nproc)
  memory=$(awk '/^MemAvailable:/ {print int($2 / 1048576)}' /proc/meminfo 2>/dev/null || echo 0)
  if [ "$memory" -ge 1 ] && [ "$memory" -lt "$growsdownJobs" ]; then growsdownJobs=$memory; fi
fi

say() { printf '== %s\n' "$*"; }

# die MESSAGE...: says it and leaves with 4, an error of ours and not a verdict.
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 4
}

# usageError MESSAGE...: leaves with 2.
usageError() {
  printf '%s: %s\n`%s --help` says more.\n' "$(basename "$0")" "$*" "$0" >&2
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
