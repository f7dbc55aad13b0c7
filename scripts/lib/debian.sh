# Debian packages of other suites, without root and without installing anything. To be sourced from
# bash with `set -euo pipefail`.

# The mirror that this machine uses, and Debian's keys.
debianMirror=${GROWSDOWN_DEBIAN:-$(apt-get indextargets --format '$(REPO_URI)' | grep -v security | head -1)}
debianKeys=/usr/share/keyrings/debian-archive-keyring.gpg

# useSuite FOLDER SUITE ARCH: sets `apt`, the options with which apt reads the lists of this suite,
# which it keeps in FOLDER, and fetches the lists.
useSuite() {
  local root=$1
  mkdir -p "$root"/{etc/apt.conf.d,etc/preferences.d,state/lists/partial,cache/archives/partial,deb}
  : >"$root/status"
  echo "deb [signed-by=$debianKeys check-valid-until=no] $debianMirror $2 main" >"$root/etc/sources.list"
  apt=(-o Dir::Etc="$root/etc" -o Dir::State="$root/state" -o Dir::Cache="$root/cache"
    -o Dir::State::status="$root/status" -o APT::Architecture="$3" -o APT::Architectures="$3"
    -o APT::Sandbox::User= -o Acquire::Languages=none -o Debug::NoLocking=true -qq)
  apt-get "${apt[@]}" update
}
