#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# lint.sh [JOBS] - what can be said about the sources without running them.
set -euo pipefail

jobs=${1:-2}
mapfile -t sources < <(find core net auth bench include tests -name '*.[ch]' | sort)

echo "clang-format: ${#sources[@]} files"
clang-format --dry-run -Werror "${sources[@]}"

echo "budgets and documentation"
/usr/bin/python3 scripts/lint_budgets.py
/usr/bin/python3 scripts/lint_docs.py

echo "clang, with the thread safety analysis"
cmake --preset tsan --log-level=WARNING >/dev/null
cmake --build --preset tsan --parallel "$jobs"

echo "clang-tidy"
find core net auth bench -name '*.c' -print0 |
    xargs -0 -n 4 -P "$jobs" clang-tidy --quiet -p build-tsan 2>&1 |
    { grep -v -E '^[0-9]* *warnings? generated|^Suppressed|^Use -header-filter|^$' || true; }
