#!/bin/sh
# SPDX-License-Identifier: MIT
# The suite on a foreign machine: i386 has 32-bit sizes, s390x keeps a number's bytes in the other order.
#     tests/foreign.sh i386|s390x [BUILD_DIR [MESON_TEST_ARGUMENT...]]      the default directory is build-ARCH
# Installs Debian's cross compiler (saying so first), unpacks the foreign libraries beside the build without installing them,
# and runs the tests under qemu (i386: natively, on an x86). It takes some minutes on i386, half an hour on s390x.
set -eu
source=$(cd "$(dirname "$0")/.." && pwd)
arch=${1:-}
case $arch in
i386) triplet=i686-linux-gnu libs=i386-linux-gnu family=x86 cpu=i686 endian=little ;;
s390x) triplet=s390x-linux-gnu libs=s390x-linux-gnu family=s390x cpu=s390x endian=big ;;
*)
    sed -n 's/^# //p' "$0" | sed 1d
    exit 2
    ;;
esac
build=${2:-$source/build-$arch}
[ $# -lt 2 ] || shift
shift
mkdir -p "$build"
build=$(cd "$build" && pwd)
root=$build/root # of the foreign libraries

missing=
for package in gcc-$triplet qemu-user-static meson ninja-build pkg-config dpkg-dev; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
if [ -n "$missing" ]; then
    echo "tests/foreign.sh installs with apt-get:$missing"
    sudo=
    [ "$(id -u)" -eq 0 ] || sudo=sudo
    $sudo apt-get update -qq
    # shellcheck disable=SC2086 # the packages are words
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

# apt with lists of its own: the machine's architectures stay as they are.
if [ ! -d "$root" ]; then
    mkdir -p "$build/apt/lists/partial" "$build/apt/cache/archives/partial"
    cat >"$build/apt/conf" <<END
Dir::State::lists "$build/apt/lists";
Dir::Cache "$build/apt/cache";
APT::Sandbox::User "root";
APT::Architectures { "$(dpkg --print-architecture)"; "$arch"; };
END
    export APT_CONFIG="$build/apt/conf"
    apt-get update -qq || echo "tests/foreign.sh: some lists were not read"
    for package in check libsubunit0 libsubunit-dev zlib1g zlib1g-dev libpng16-16 libpng-dev; do
        (cd "$build/apt" && apt-get download -qq "$package:$arch")
    done
    for package in "$build"/apt/*.deb; do
        dpkg-deb -x "$package" "$root.new"
    done
    # Absolute links would lead to this machine's libraries.
    find "$root.new" -type l -lname '/*' | while read -r link; do
        ln -sf "$root$(readlink "$link")" "$link"
    done
    mv "$root.new" "$root"
    unset APT_CONFIG
fi

search=/usr/$triplet/lib:$root/usr/lib/$libs:$root/lib/$libs
case $arch-$(uname -m) in
i386-x86_64) wrapper="'/usr/$triplet/lib/ld-linux.so.2', '--library-path', '$search:$build/src'" ;;
*) wrapper="'qemu-$arch-static', '-L', '/usr/$triplet', '-E', 'LD_LIBRARY_PATH=$search:$build/src'" ;;
esac
cat >"$build/cross" <<END
[binaries]
c = '$triplet-gcc'
ar = '$triplet-ar'
strip = '$triplet-strip'
pkgconfig = 'pkg-config'
exe_wrapper = [$wrapper]

[properties]
needs_exe_wrapper = true
sys_root = '$root'
pkg_config_libdir = '$root/usr/lib/$libs/pkgconfig:$root/usr/share/pkgconfig'

[built-in options]
c_args = ['-isystem', '$root/usr/include', '-isystem', '$root/usr/include/$libs']
c_link_args = ['-L$root/usr/lib/$libs', '-Wl,-rpath-link,$root/usr/lib/$libs:$root/lib/$libs']

[host_machine]
system = 'linux'
cpu_family = '$family'
cpu = '$cpu'
endian = '$endian'
END

[ -f "$build/build.ninja" ] || meson setup "$build" "$source" --cross-file "$build/cross" -Doptimization=1 -Dtests=enabled \
    -Dcblas=disabled -Db_lto=false >"$build/setup.log" 2>&1 || {
    cat "$build/setup.log"
    exit 1
}
ninja -C "$build" --quiet

# Scripts that build programs, or run one by its name, are for this machine.
OMP_NUM_THREADS=${OMP_NUM_THREADS:-2} meson test -C "$build" --no-rebuild --print-errorlogs --timeout-multiplier 20 \
    --no-suite build --no-suite demos --no-suite install "$@"
