#!/bin/sh
# SPDX-License-Identifier: MIT
# The tests of derivatives, longer and on lesser processors:
#     tests/derivatives.sh [BUILD_DIR]      the default directory is build
# All pairs of coordinates at each point (OP_POINTS=all), and the programs of the quick suite under qemu-user on a processor with
# AVX2 and on one without AVX, where kernels of wider sets would end the program: so the sets of gemm, convolutions and lanes and
# the map kernels are those that run there. BUILD_DIR is a release build with its tests. Needs qemu-user-static, and time.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
command -v qemu-x86_64-static >/dev/null || {
    echo "tests/derivatives.sh needs Debian's qemu-user-static"
    exit 1
}
ninja -C "$build" --quiet
export CK_TIMEOUT_MULTIPLIER=60 OMP_NUM_THREADS=1
for processor in Haswell-noTSX Nehalem; do
    for name in prod op_classes op_points derivatives; do
        echo "$processor: $name"
        qemu-x86_64-static -cpu "$processor" "$build/tests/test_$name"
    done
done
OP_POINTS=all "$build/tests/test_op_points"
