#!/usr/bin/env bash
# `cmake --install` gives a program that runs and a library that a program can be built against.
# Usage: install.sh BUILD_DIRECTORY
set -euo pipefail
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
cmake --install "$1" --prefix "$prefix" >/dev/null
"$prefix/bin/mec" --version
cat >"$prefix/try.c" <<'END'
#include <numerics/mt19937.h>
int main(void) {
    mec_mt19937 generator;
    mec_mt19937_seed(&generator, 5489);
    return mec_mt19937_next(&generator) == 3499211612u ? 0 : 1;
}
END
cc -std=c11 "$prefix/try.c" -I"$prefix/include/mec" -L"$prefix/lib" \
    $(find "$prefix" -name libmec.a | head -1) -o "$prefix/try"
"$prefix/try"
