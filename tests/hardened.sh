#!/bin/sh
# SPDX-License-Identifier: MIT
# How the library is hardened, as its ELF files say it:
#     hardened.sh SHARED_LIBRARY STATIC_LIBRARY PKG_CONFIG_FILE WHAT...
# WHAT is what compiler and C library of this build can do: canaries, fortified, IBT, SHSTK, BTI, PAC. Beside these each library is
# bound when it is loaded, its tables are read-only from then on, and no stack or other segment is both written and executed.
# Landing pads (IBT ...) are read in our objects: a linked library says that it has them only if the C library's start files do, too.
# A program that links the library is built as its own author wants it: pkg-config hands on nothing of this.
set -u
shared=$1 static=$2 pc=$3
shift 3
passed=0 failed=0

# expect WHAT COMMAND...: the command succeeds
expect()
{
    what=$1
    shift
    if "$@" >/dev/null; then
        passed=$((passed + 1))
    else
        echo "$shared: $what"
        failed=$((failed + 1))
    fi
}

# has TEXT PATTERN
has()
{
    printf '%s\n' "$1" | grep -Eq "$2"
}

# all_note WHAT: each object of the static library has the property
all_note()
{
    LC_ALL=C readelf -nW "$static" | awk -v what="$1" '
        /^File: / { objects++ }
        /feature|AArch64/ && index($0, what) { noted++ }
        END { exit !(objects > 100 && noted == objects) }'
}

segments=$(LC_ALL=C readelf -lW "$shared")
dynamic=$(LC_ALL=C readelf -dW "$shared")
wanted=$(nm -D --undefined-only "$shared")

expect "its functions are bound one by one, at the first call" has "$dynamic" 'BIND_NOW|FLAGS.* NOW'
expect "its tables stay writable (no RELRO)" has "$segments" GNU_RELRO
expect "its stack may be executed" has "$segments" 'GNU_STACK .* RW '
expect "a segment is written and executed" test -z "$(printf '%s\n' "$segments" | grep ' RWE ')"

for what in "$@"; do
    case $what in
    canaries) expect "no frame has a canary" has "$wanted" ' __stack_chk_(fail|guard)' ;;
    fortified) expect "no function of the C library is fortified" has "$wanted" ' __[a-z]+_chk' ;;
    *) expect "an object of $static has no note of $what" all_note "$what" ;;
    esac
done
expect "$pc hands flags on" test -z "$(grep -E -e '-z,|_FORTIFY_SOURCE|-fstack|-fcf|-mbranch' "$pc")"

echo "hardened: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
