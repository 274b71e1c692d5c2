#!/bin/sh
# SPDX-License-Identifier: MIT
# Line coverage of src/ by the test suite: prints a table, fails below 90 %.
#     tests/coverage.sh [BUILD_DIR]
# One configuration only: what is compiled out there (another processor's kernels, a library that is absent) does not count.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build-coverage}
command -v gcovr >/dev/null 2>&1 || {
    echo "tests/coverage.sh needs gcovr: apt-get install gcovr" >&2
    exit 1
}
find "$build" -name '*.gcda' -delete 2>/dev/null || true
CC=gcc tests/run.sh "$build" -Dbuildtype=debug -Doptimization=1 -Db_coverage=true -Disa_levels=false \
    -Db_ndebug=true -Ddemos=false -Dbench=false
gcovr --root . --filter 'src/' --object-directory "$build" --exclude-throw-branches --sort-uncovered \
    --fail-under-line 90 "$build"
