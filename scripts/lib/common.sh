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

# configureAndBuild PRESET
configureAndBuild() {
  say "build: preset $1, $growsdownJobs jobs"
  cmake --preset "$1" || die "configuring the preset $1 failed, see above"
  cmake --build --preset "$1" --parallel "$growsdownJobs" || die "the build of $1 failed, see above"
}
