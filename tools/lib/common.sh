# Shared by the scripts of tools/: sourced, never run.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
jobs=$(env -u OMP_NUM_THREADS nproc)  # which would otherwise take that for the number of processors
# libgomp spins at barriers; a bounded spin keeps the idle speed and cuts the stalls of a busy machine.
export GOMP_SPINCOUNT=${GOMP_SPINCOUNT:-10000}

# Objects are the same whatever the build folder: let ccache, where there is one, share them.
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$root} CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros}

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# The comment block on top of the calling script is its help text.
help() { sed -n '2,/^$/{/^#/!q;s/^# \{0,1\}//p}' "$0"; }
help_if_asked() { case "${1:-}" in -h | --help) help; exit 0 ;; esac; }

# Installs Debian/Ubuntu packages that are missing; sudo only when not root; nothing to do when all are present.
need_packages() {
  command -v dpkg-query >/dev/null || { say "not a Debian system: install these yourself: $*"; return 0; }
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "packages are missing and there is no sudo: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# libdnnl-dev only recommends the OpenCL headers that its CMake file requires.
build_packages=(g++ cmake ninja-build pkg-config libdnnl-dev ocl-icd-opencl-dev libopenblas-openmp-dev liblapacke-dev libfmt-dev libhwy-dev
  nlohmann-json3-dev libstb-dev zlib1g-dev libcli11-dev)
test_packages=(libgtest-dev libgmock-dev python3)

# configure PRESET [cmake arguments]: INFOGRAD_CMAKE_ARGS adds to every configuration (CI: warnings as errors).
configure() {
  local preset=$1; shift
  (cd "$root" && cmake --preset "$preset" "$@" ${INFOGRAD_CMAKE_ARGS:-} >"$root/build/$preset.configure.log" 2>&1) ||
    { cat "$root/build/$preset.configure.log" >&2; die "configuring '$preset' failed"; }
}
# build PRESET [targets]
build() {
  local preset=$1; shift
  cmake --build "$root/build/$preset" -j "$jobs" ${1:+--target "$@"} >&2
}
mkdir -p "$root/build"

# Where the data sets are: INFOGRAD_DATA, else ../shared/data beside the project, else nothing.
find_data() {
  if [ -z "${INFOGRAD_DATA:-}" ] && [ -d "$root/../shared/data" ]; then
    INFOGRAD_DATA=$(cd "$root/../shared/data" && pwd)
    export INFOGRAD_DATA
  fi
}
