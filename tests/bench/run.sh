#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the benchmarks and prints their tables, and then ours beside the peers that are there (compare.py).
#     tests/bench/run.sh [--data FOLDER] [--json FILE] [--quick] [BUILD_DIR]        the default directory is build-bench
# FOLDER holds MNIST's files, to be read and trained on. Run it on a machine that does nothing else. OMP_NUM_THREADS sets the threads.
set -eu
cd "$(dirname "$0")/../.."

data=
json=
quick=
build="build-bench"
while [ $# -gt 0 ]; do
    case $1 in
    --json)
        [ $# -gt 1 ] || { echo "tests/bench/run.sh: --json needs a file" >&2; exit 2; }
        json=$2
        shift
        ;;
    --data)
        [ $# -gt 1 ] || { echo "tests/bench/run.sh: --data needs a folder" >&2; exit 2; }
        data=$(cd "$2" && pwd)
        shift
        ;;
    --quick) quick=--quick ;;
    -h | --help)
        sed -n 's/^# \{0,1\}//p' "$0" | sed -n 3,5p
        exit 0
        ;;
    -*)
        echo "tests/bench/run.sh: unknown option $1" >&2
        exit 2
        ;;
    *) build=$1 ;;
    esac
    shift
done

# One thread per processor, each kept to its own, and none that spins for long while others work.
export OMP_PROC_BIND="${OMP_PROC_BIND:-true}"
if [ -n "$json" ]; then
    : >"$json"
    json=$(cd "$(dirname "$json")" && pwd)/$(basename "$json")
fi

if [ ! -f "$build/build.ninja" ]; then
    mkdir -p "$build"
    meson setup "$build" -Dbuildtype=release -Dtests=disabled -Dbench=true >"$build/setup.log" || {
        cat "$build/setup.log"
        exit 1
    }
fi
ninja -C "$build" --quiet

for program in scalar gemm conv passes networks plans scaling use shared bf16; do
    if [ -x "$build/tests/bench/bench_$program" ]; then
        echo
        set --
        case $program in
        use | bf16) [ -z "$data" ] || set -- --data "$data" ;;
        esac
        bind=$OMP_PROC_BIND
        [ "$program" != shared ] || bind=false # the processes that it starts would be left one processor
        # shellcheck disable=SC2086 # the options are words
        OMP_PROC_BIND=$bind "$build/tests/bench/bench_$program" "$@" ${json:+--json "$json"} $quick
    fi
done

echo
# shellcheck disable=SC2086 # the options are words
python3 tests/bench/compare.py "$build/tests/bench" ${json:+--json "$json"} $quick
