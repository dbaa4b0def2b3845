#!/usr/bin/env bash
# Every C file is as .clang-format has it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
find src include jobs tests -name '*.[ch]' -print0 | xargs -0 clang-format --dry-run --Werror
