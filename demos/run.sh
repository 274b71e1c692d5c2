#!/bin/sh
# SPDX-License-Identifier: MIT
# Reads handwritten digits, from nothing: on a Debian machine it installs what is missing (saying so first), builds into
# build/, and trains a perceptron and LeNet-5 on digits that the program draws. Arguments go to the program:
#     demos/run.sh [--data DIR] [--model mlp|lenet|all] [--epochs N] [--seed S] [--batch B] [--threads T] [--train N] [--test N]
#                  [--out PICTURE] [--save FILE] [--load FILE] [--bf16] [--small] [--help]
set -eu
case ${1-} in
-h | --help)
    sed -n 's/^# \{0,1\}//p' "$0" | sed -n 3,6p
    exit 0
    ;;
esac
root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build

wanted='gcc libc6-dev meson ninja-build pkg-config zlib1g-dev libpng-dev'
if command -v dpkg-query >/dev/null 2>&1; then
    missing=
    for package in $wanted; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done
    if [ -n "$missing" ]; then
        sudo=
        [ "$(id -u)" -eq 0 ] || sudo=sudo
        if [ -n "$sudo" ] && ! command -v sudo >/dev/null 2>&1; then
            echo "demos/run.sh: only root can install, and there is no sudo. As root: apt-get install$missing" >&2
            exit 1
        fi
        echo "demos/run.sh installs with ${sudo:+$sudo }apt-get:$missing"
        $sudo apt-get update -qq
        # shellcheck disable=SC2086 # the packages are words
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    fi
else
    echo "demos/run.sh: this is no Debian; needed are a C compiler, meson and ninja, used are:$wanted"
fi

if [ ! -f "$build/build.ninja" ]; then
    mkdir -p "$build"
    meson setup "$build" "$root" >"$build/setup.log" 2>&1 || {
        cat "$build/setup.log"
        exit 1
    }
fi
echo "demos/run.sh: building in $build"
ninja -C "$build" --quiet demos/digits

# Threads that wait spin 20,000 times, then sleep. Spinning on, OpenMP's default, makes training ten times slower where
# another program runs too; sleeping at once takes three quarters longer where none does (LeNet on MNIST: 27 s instead of 15 s).
export GOMP_SPINCOUNT="${GOMP_SPINCOUNT:-20000}"
exec "$build/demos/digits" "$@"
