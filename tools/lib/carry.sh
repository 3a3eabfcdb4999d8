# What a machine without a package registry lacks: gathered where the Debian packages are installed, used where they are not.

carried_packages=(libfmt-dev libhwy-dev nlohmann-json3-dev libstb-dev zlib1g-dev libcli11-dev libgtest-dev libgmock-dev)

# carry DIR: headers, CMake files and libraries of the packages, OpenBLAS and what it needs. oneDNN stays behind.
carry() {
  local to=$1 lib blas file
  lib=/usr/lib/$(gcc -print-multiarch) blas=$(readlink -f "/usr/lib/$(gcc -print-multiarch)/openblas-openmp/libopenblas.so.0")
  [ -e "$blas" ] || die "no OpenBLAS: apt-get install libopenblas-openmp-dev"
  rm -rf "$to"
  mkdir -p "$to"
  dpkg -L "${carried_packages[@]}" | grep -E '^/usr/include/|/cmake/|/lib[a-z_]+\.(a|so)$' | grep -vE '/lib(stb|z\.so)|\.pc$' |
    while IFS= read -r file; do
      if [ -d "$file" ]; then continue; fi
      echo "$file"
      [ ! -L "$file" ] || ls "$(readlink -f "$file" | sed 's/\.so.*/.so/')".*  # a library's other names
    done | sort -u | tar -C / --files-from - -c 2>/dev/null | tar -C "$to" -x
  cp "$blas" "$to$lib/libopenblas.so.0"
  ldd "$blas" | awk '/libgfortran|libquadmath/ { print $3 }' | while IFS= read -r file; do cp -L "$file" "$to$lib"; done
  say "$(du -sh "$to" | cut -f1) in $to"
}

# carried_arguments DIR: sets `arguments` to what CMake has to be told.
carried_arguments() {
  local from config name lib
  from=$(cd "$1" && pwd)/usr
  lib=$(echo "$from"/lib/*-linux-gnu*)
  arguments=(-DINFOGRAD_ONEDNN=OFF "-DCMAKE_PREFIX_PATH=$from" "-DINFOGRAD_STB_DIR=$from/include/stb"
    "-DZLIB_INCLUDE_DIR=$from/include" "-DZLIB_LIBRARY=$lib/libz.a"
    "-DBLAS_LIBRARIES=$lib/libopenblas.so.0" "-DLAPACK_LIBRARIES=$lib/libopenblas.so.0"
    # so that what OpenBLAS needs is found beside it
    "-DCMAKE_EXE_LINKER_FLAGS=-Wl,--disable-new-dtags -Wl,-rpath-link,$lib")
  while IFS= read -r config; do
    name=$(basename "$config" .cmake)
    name=${name%Config}
    arguments+=("-D${name%-config}_DIR=$(dirname "$config")")
  done < <(find "$from" -name '*Config.cmake' -o -name '*-config.cmake')
}
