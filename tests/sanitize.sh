#!/bin/sh
# SPDX-License-Identifier: MIT
# The whole suite under a tool that watches it:
#     tests/sanitize.sh asan|tsan|valgrind [BUILD_DIR]
# asan      AddressSanitizer, LeakSanitizer and UBSan, with gcc
# tsan      ThreadSanitizer with clang and its OpenMP: gcc's libgomp tells it nothing, so every parallel loop would look like a
#           race, while libomp brings a tool (libarcher) that does. Libraries that were built without it are left out.
# valgrind  memcheck, one thread
# No -march=native: gcc 12 keeps arrays of 64-byte vectors on the stack that watches for use after return, which aligns to 32.
set -eu
cd "$(dirname "$0")/.."
tool=${1:-}
build=${2:-build-$tool}
common=-Dbench=false
case $tool in
asan)
    # shellcheck disable=SC2086 # the options are words
    CC=gcc TEST_SETUP=${TEST_SETUP:-asan} exec tests/run.sh "$build" $common -Dbuildtype=debug -Doptimization=1 \
        -Db_sanitize=address,undefined -Dc_args=-fno-sanitize-recover=all
    ;;
tsan)
    OMP_TOOL_LIBRARIES=$(clang -print-resource-dir)/../../libarcher.so
    export OMP_TOOL_LIBRARIES
    # shellcheck disable=SC2086
    CC=clang TEST_SETUP=tsan exec tests/run.sh "$build" $common -Disa_levels=false -Dbuildtype=debug -Doptimization=1 \
        -Db_sanitize=thread -Db_lundef=false -Dauto_features=disabled -Dopenmp=enabled
    ;;
valgrind)
    # shellcheck disable=SC2086
    CC=gcc TEST_SETUP=valgrind exec tests/run.sh "$build" $common -Disa_levels=false -Dbuildtype=debug -Doptimization=1 \
        -Dauto_features=disabled
    ;;
*)
    sed -n 's/^# //p' "$0" | sed 1d
    exit 2
    ;;
esac
