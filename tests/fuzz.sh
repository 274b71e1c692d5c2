#!/bin/sh
# SPDX-License-Identifier: MIT
# Fuzzes what reads bytes of strangers, and the engine itself, under AddressSanitizer and UBSan (needs clang):
#     tests/fuzz.sh [TARGET...] [--runs N]
# Targets are the files of tests/fuzz; without any, all of them, one after the other. The default is a million runs each.
# What was learnt stays in build-fuzz/corpus/TARGET; an input that fails is written to build-fuzz/TARGET-... and belongs,
# made small, into tests/fuzz/corpus/TARGET once its cause is mended.
set -eu
cd "$(dirname "$0")/.."

build='build-fuzz'
runs=1000000
targets=
while [ $# -gt 0 ]; do
    case $1 in
    --runs)
        [ $# -gt 1 ] || { echo "tests/fuzz.sh: --runs needs a number" >&2; exit 2; }
        runs=$2
        shift
        ;;
    -*)
        sed -n 's/^# //p' "$0" | sed 1d
        exit 2
        ;;
    *) targets="$targets $1" ;;
    esac
    shift
done
# The words of meson.build's list.
[ -n "$targets" ] || targets=$(sed -n "s/^  '\([a-z0-9_]*\)': [0-9]*,.*/\1/p" tests/fuzz/meson.build)

if [ ! -f $build/build.ninja ]; then
    mkdir -p $build
    CC=clang meson setup $build -Dfuzz=true -Dtests=enabled -Dauto_features=disabled -Dzlib=enabled \
        -Ddefault_library=static -Disa_levels=false -Ddemos=false -Dbuildtype=debug -Doptimization=1 \
        -Db_sanitize=address,undefined -Db_lundef=false \
        '-Dc_args=-fsanitize=fuzzer-no-link -fno-sanitize-recover=all' >$build/setup.log 2>&1 || {
        cat $build/setup.log
        exit 1
    }
fi

failed=
for target in $targets; do
    ninja -C $build --quiet "tests/fuzz/fuzz_$target" >/dev/null
    mkdir -p "$build/corpus/$target"
    most=4096
    [ "$target" != graph ] || most=512 # some fifty operations
    dictionary=
    [ ! -f "tests/fuzz/$target.dict" ] || dictionary=-dict=tests/fuzz/$target.dict
    # shellcheck disable=SC2086 # the dictionary is a word or none
    # A length that lies must not take memory, and no input may take long.
    if "$build/tests/fuzz/fuzz_$target" -runs="$runs" -max_len="$most" -timeout=20 -rss_limit_mb=1024 -malloc_limit_mb=256 \
        -artifact_prefix="$build/$target-" -print_final_stats=1 $dictionary \
        "$build/corpus/$target" "tests/fuzz/corpus/$target" >"$build/$target.log" 2>&1; then
        echo "fuzz: $target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$target.log") runs, none failed"
    else
        tail -n 40 "$build/$target.log"
        echo "fuzz: $target: FAILED, see $build/$target.log"
        failed="$failed $target"
    fi
done
[ -z "$failed" ] || { echo "fuzz: failed:$failed"; exit 1; }
