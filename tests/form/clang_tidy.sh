#!/usr/bin/env bash
# No finding of clang-tidy (.clang-tidy says which checks) in the library and the program.
# Usage: clang_tidy.sh BUILD_DIRECTORY, which holds compile_commands.json.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
find src jobs -name '*.c' -print0 | xargs -0 -n 4 -P "$(nproc)" clang-tidy --quiet -p "$1" 2>&1 |
    grep -v 'warnings generated' || true
test "${PIPESTATUS[0]}" = 0
