#!/usr/bin/env bash
# The umbrella header lists every public header, reaches no heavy one, and is cheap to compile.
# usage: umbrella.sh COMPILER SOURCE_DIR INCLUDE_DIR
set -euo pipefail
compiler=$1 source=$2 include=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

# Public: not marked "// Private" in the first line, and not the inside of a backend.
cd "$source"
find core backends autograd ops nn losses -name '*.h' ! -path core/infograd.h ! -path 'backends/*/*' \
  ! -path backends/scalar_ops.h | sort | while read -r header; do
  head -1 "$header" | grep -q '^// Private' || echo "#include <infograd/$header>"
done >"$work/expected"
grep '^#include' core/infograd.h | sort >"$work/listed"
if ! diff <(sort "$work/expected") "$work/listed" >"$work/difference"; then
  echo "core/infograd.h differs from the public headers (< missing, > not public):"
  cat "$work/difference"
  status=1
fi

printf '#include <infograd/infograd.h>\nint main() { return infograd::version()[0] == 0; }\n' >"$work/main.cpp"
"$compiler" -std=c++20 -I"$include" -M "$work/main.cpp" | tr ' ' '\n' >"$work/reached"
for heavy in fmt/ dnnl nlohmann hwy/ gtest c++/12/iostream /iostream /regex /filesystem omp.h cblas lapack zlib.h stb_; do
  if grep -F "$heavy" "$work/reached"; then
    echo "core/infograd.h reaches $heavy"
    status=1
  fi
done

# Printed, not judged: a loaded machine must not fail a correct tree.
/usr/bin/env bash -c "time $compiler -std=c++20 -O2 -I'$include' -c '$work/main.cpp' -o '$work/main.o'" 2>&1 |
  awk '/^real/ {print "umbrella compiles in", $2} /^user/ {print "processor time", $2}'
exit $status
