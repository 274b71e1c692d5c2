#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the tests, from nothing: on a Debian machine it installs what is missing (saying so first), builds with warnings
# as errors, runs every test and says how many passed.
#     tests/run.sh [BUILD_DIR [MESON_OPTION...]]      the default directory is build-test
# The environment's CC chooses the compiler; TEST_SETUP a test setup (asan, tsan, valgrind).
set -eu
cd "$(dirname "$0")/.."

build=${1:-build-test}
[ $# -eq 0 ] || shift

# What is needed, and what is used when it is there: the tests cover it, so they install it.
wanted='gcc g++ binutils libc6-dev meson ninja-build pkg-config check zlib1g-dev libpng-dev'
if command -v dpkg-query >/dev/null 2>&1; then
    missing=
    for package in $wanted; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done
    if [ -n "$missing" ]; then
        sudo=
        [ "$(id -u)" -eq 0 ] || sudo=sudo
        if [ -n "$sudo" ] && ! command -v sudo >/dev/null 2>&1; then
            echo "tests/run.sh: only root can install, and there is no sudo. As root: apt-get install$missing" >&2
            exit 1
        fi
        echo "tests/run.sh installs with ${sudo:+$sudo }apt-get:$missing"
        $sudo apt-get update -qq
        # shellcheck disable=SC2086 # the packages are words
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    fi
else
    echo "tests/run.sh: this is no Debian; needed are:$wanted"
fi

# A directory that is configured is used again, with the options given now.
if [ -f "$build/build.ninja" ]; then
    [ $# -eq 0 ] || meson configure "$build" "$@"
else
    mkdir -p "$build"
    meson setup "$build" --werror -Dtests=enabled "$@" >"$build/setup.log" 2>&1 || {
        cat "$build/setup.log"
        exit 1
    }
fi
echo "tests/run.sh: building in $build"
ninja -C "$build" --quiet

result=passed
log=$build/meson-logs/testlog${TEST_SETUP:+-$TEST_SETUP}.txt
meson test -C "$build" --no-rebuild --print-errorlogs ${TEST_SETUP:+"--setup=$TEST_SETUP"} || result=FAILED

# Each test program ends in a line "NAME: N passed, M failed".
awk -v build="$build" -v result="$result" '
    /^[a-z0-9_]+: [0-9]+ passed, [0-9]+ failed$/ { programs++; passed += $2; failed += $4 }
    END {
        printf "%s %s: %d tests passed, %d failed, in %d programs\n", build, result, passed, failed, programs
    }' "$log"
[ "$result" = passed ]
