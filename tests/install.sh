#!/bin/sh
# SPDX-License-Identifier: MIT
# What a stranger does after `meson install`: builds the programs of tests/outside, in a folder of their own, and runs them.
#     install.sh SOURCES BUILD_DIR COMPILER
# With gcc and clang (those that are there) against the shared library by pkg-config; against the static one by
# pkg-config --static, with the compiler family that built it (gcc or clang: each has an OpenMP of its own); through CMake; and as
# a meson subproject by the wrap file. A part whose tool is missing is left out and named.
set -u
sources=$1 build=$2 family=$3
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"

for tool in pkg-config meson ninja; do
    command -v "$tool" >/dev/null 2>&1 || {
        echo "install: skipped, there is no $tool"
        exit 77
    }
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
root=$folder/root
cp -R "$sources/tests/outside" "$folder/outside"
cd "$folder/outside" || exit 1

have() # have TOOL FOR
{
    command -v "$1" >/dev/null 2>&1 && return
    echo "install: left out, there is no $1: $2"
    return 1
}

# compile NAME COMPILER PKG_CONFIG_ARGUMENT...: NAME is curve or trainer, the program becomes $folder/NAME
compile()
{
    name=$1 compiler=$2
    shift 2
    # shellcheck disable=SC2046 # the flags are words
    case $name in
    curve) set -- -std=c11 curve.c $(pkg-config --cflags --libs "$@" wengert) -lm ;;
    trainer) set -- -std=c++17 trainer.cpp $(pkg-config --cflags --libs "$@" wengert) ;;
    esac
    "$compiler" -Wall -Wextra -Wpedantic -Werror -o "$folder/$name" "$@"
}

run() # run PROGRAM: with the installed shared library in reach; only curve looks at the arguments
{
    rm -f "$folder/fitted.safetensors"
    LD_LIBRARY_PATH=$libraries "$1" curve.csv "$folder/fitted.safetensors"
}

needs_shared_library() # PROGRAM
{
    readelf -d "$1" | grep -q 'NEEDED.*libwengert'
}

check_quietly 'meson install' meson install -C "$build" --no-rebuild --quiet --destdir "$root"
[ "$failed" -eq 0 ] || exit 1
pc=$(find "$root" -name wengert.pc)
prefix=$(pkg-config --variable=prefix "$pc")
libraries=$root$(pkg-config --variable=libdir "$pc")
PKG_CONFIG_PATH=$libraries/pkgconfig
export PKG_CONFIG_PATH
sed -i "s|^prefix=.*|prefix=$root$prefix|" "$pc" # the folder is not where it will be in the end
version=$(pkg-config --modversion wengert)
shared=$libraries/libwengert.so

if [ -e "$shared" ]; then
    case $version in
    0.*) soname=libwengert.so.$version ;;
    *) soname=libwengert.so.${version%%.*} ;;
    esac
    check_quietly "the soname is $soname" sh -c "readelf -d '$shared' | grep -qF 'Library soname: [$soname]'"
    for pair in 'gcc g++' 'clang clang++'; do
        cc=${pair% *} cxx=${pair#* }
        if have "$cc" 'C against the shared library'; then
            check_quietly "curve.c, $cc, shared" compile curve "$cc"
            check_quietly "it runs" run "$folder/curve"
            check_quietly "it uses the shared library" needs_shared_library "$folder/curve"
        fi
        if have "$cxx" 'C++ against the shared library'; then
            check_quietly "trainer.cpp, $cxx, shared" compile trainer "$cxx"
            check_quietly "it runs" run "$folder/trainer"
        fi
    done

    if have cmake 'CMake'; then
        check_quietly 'cmake' cmake -S . -B "$folder/cmake"
        check_quietly 'cmake --build' cmake --build "$folder/cmake"
        check_quietly 'curve.c by CMake runs' run "$folder/cmake/curve"
        check_quietly 'trainer.cpp by CMake runs' run "$folder/cmake/trainer"
    fi
fi

# From here on library and program are linked by one family of compilers: each has its own OpenMP.
case $family in
clang) cc=clang cxx=clang++ ;;
*) cc=gcc cxx=g++ ;;
esac

# The linker prefers a shared library: the static one is alone in this part.
if [ -e "$libraries/libwengert.a" ]; then
    rm -f "$libraries"/libwengert.so*
    if have "$cc" 'C against the static library'; then
        check_quietly "curve.c, $cc, static" compile curve "$cc" --static
        check_quietly "it runs" run "$folder/curve"
        check_quietly "it needs no shared library" sh -c "! readelf -d '$folder/curve' | grep -q libwengert"
    fi
    if have "$cxx" 'C++ against the static library'; then
        check_quietly "trainer.cpp, $cxx, static" compile trainer "$cxx" --static
        check_quietly "it runs" run "$folder/trainer"
    fi
fi

# As a subproject, built here: quickly, and of the library's sources alone.
mkdir -p subprojects/wengert
cp "$sources/packaging/wengert.wrap" subprojects/
cp -R "$sources/meson.build" "$sources/meson_options.txt" "$sources/include" "$sources/src" subprojects/wengert/
unset PKG_CONFIG_PATH
check_quietly 'meson setup with a subproject' env CC="$cc" CXX="$cxx" meson setup "$folder/meson" --buildtype=plain --force-fallback-for=wengert \
    -Dwengert:isa_levels=false -Dwengert:default_library=static -Dwengert:werror=false
check_quietly 'ninja with a subproject' ninja -C "$folder/meson"
check_quietly 'curve.c by meson runs' run "$folder/meson/curve"
check_quietly 'trainer.cpp by meson runs' run "$folder/meson/trainer"

report install
