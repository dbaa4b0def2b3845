#!/usr/bin/env bash
# No finding of clang-tidy (.clang-tidy says which checks) in the library and the program.
# Usage: clang_tidy.sh BUILD_DIRECTORY, which holds compile_commands.json.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
if ! findings=$(find src jobs -name '*.c' -print0 |
    xargs -0 -n 4 -P "$(nproc)" clang-tidy --quiet -p "$1" 2>&1); then
    grep -v 'warnings generated' <<<"$findings"
    exit 1
fi
