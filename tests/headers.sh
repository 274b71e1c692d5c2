#!/bin/sh
# SPDX-License-Identifier: MIT
# Each public header must compile alone, as C11 and as C++17, without a warning.
#     headers.sh INCLUDE_DIR C_COMPILER CXX_COMPILER LISTED_HEADER...
# The listed headers are those that are installed: every header of the directory must be among them.
set -u
include=$1 cc=$2 cxx=$3
shift 3
passed=0 failed=0

compile()
{
    if "$@"; then
        passed=$((passed + 1))
    else
        echo "failed: $*"
        failed=$((failed + 1))
    fi
}

for header in "$include"/wengert/*.h; do
    name=wengert/${header##*/}
    case " $* " in
    *" ${header##*/} "*) ;;
    *)
        echo "not installed: $name"
        failed=$((failed + 1))
        ;;
    esac
    # The second inclusion tries the guard.
    text="#include <$name>
#include <$name>
typedef int translation_unit_is_not_empty;"
    warn='-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -fsyntax-only'
    # shellcheck disable=SC2086 # the flags are words
    compile "$cc" -std=c11 $warn -I"$include" -x c - <<END
$text
END
    # shellcheck disable=SC2086
    compile "$cxx" -std=c++17 $warn -I"$include" -x c++ - <<END
$text
END
done

echo "headers: $passed passed, $failed failed"
[ "$passed" -gt 0 ] && [ "$failed" -eq 0 ]
