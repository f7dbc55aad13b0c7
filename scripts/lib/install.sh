# Installs what the build needs, on Debian 12 or newer and its derivatives. To be sourced after
# common.sh.

# Present on every supported Debian under these names; clang's runtime (sanitizers, libFuzzer) has
# its version in its name and is added below.
growsdownPackages=(
  ca-certificates
  clang clang-format clang-tidy
  cmake dpkg-dev g++ ninja-build pkg-config python3 unzip xz-utils zip
  libabsl-dev libbenchmark-dev libboost-dev libcli11-dev libfmt-dev libgtest-dev liblzma-dev
  librapidcheck-dev libz3-dev
  nlohmann-json3-dev
)

isInstalled() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# aptInstall PACKAGE...: as root, or through sudo.
aptInstall() {
  local -a asRoot=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      die "these packages are missing, and this user is not root and has no sudo. As root:
    apt-get update && apt-get install $*"
    fi
    asRoot=(sudo)
  fi
  say "install: $*"
  "${asRoot[@]}" apt-get -qq update || say "apt-get update failed; trying with the lists there are"
  "${asRoot[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq install --yes --no-install-recommends "$@" >/dev/null ||
    die "apt-get could not install: $*"
}

# installMissing: returns quickly if nothing is missing.
installMissing() {
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    local tool
    for tool in cmake ninja clang++ g++ xz; do
      command -v "$tool" >/dev/null ||
        die "no $tool here, and no apt-get to install it with. Needed: ${growsdownPackages[*]}"
    done
    say "no apt-get here: continuing with the installed packages"
    return
  fi
  local -a missing=()
  local package
  for package in "${growsdownPackages[@]}"; do
    isInstalled "$package" || missing+=("$package")
  done
  if [ ${#missing[@]} -gt 0 ]; then aptInstall "${missing[@]}"; fi

  local version
  version=$(clang++ -dumpversion | cut -d. -f1)
  package=libclang-rt-$version-dev
  isInstalled "$package" || ! apt-cache show "$package" >/dev/null 2>&1 || aptInstall "$package"
}
