#!/bin/sh
# SPDX-License-Identifier: MIT
# Each public header must compile alone, as C11 and as C++17, without a warning; all of them must keep out of the program's own
# names; pointers to other elements than a view's name says must be refused; and an example must be what is tested.
#     headers.sh INCLUDE_DIR C_COMPILER CXX_COMPILER LISTED_HEADER...
# The listed headers are those that are installed: every header of the directory must be among them.
set -u
include=$1 cc="$2 -std=c11 -x c" cxx="$3 -std=c++17 -x c++"
shift 3
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"
warn='-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -fsyntax-only'
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# compile COMPILER [OPTION...]: the program on standard input.
compile()
{
    # shellcheck disable=SC2086 # the compiler and the flags are words
    compiler=$1 && shift && $compiler "$@" -I"$include" -
}

# Each alone. The second inclusion tries the guard.

for header in "$include"/wengert/*.h; do
    name=wengert/${header##*/}
    case " $* " in
    *" ${header##*/} "*) ;;
    *)
        echo "not installed: $name"
        failed=$((failed + 1))
        ;;
    esac
    for compiler in "$cc" "$cxx"; do
        # shellcheck disable=SC2086
        check "$compiler $name" compile "$compiler" $warn <<END
#include <$name>
#include <$name>
typedef int translation_unit_is_not_empty;
END
    done
done

# A program's names. Every word that begins with a capital in the headers and the tables they include, and that is neither ours nor
# the system's, is a macro of the program: nonsense, alone and with arguments. Headers and macros must survive.
cat "$include"/wengert/*.h | sed -nE 's/^ *#include (<[^w].*>)$/#if __has_include(\1)\n#include \1\n#endif/p' >"$work/system.h"
for header in "$include"/wengert/*.h; do
    echo "#include <wengert/${header##*/}>"
done >"$work/ours.h"
words()
{
    grep -oE '\b[A-Za-z_][A-Za-z_0-9]*' | sort -u
}
strangers()
{
    grep -vE '^(WG|WENGERT)_' | comm -23 - "$work/known"
}
for compiler in "$cc" "$cxx"; do
    includes="-I$work -include system.h"
    # shellcheck disable=SC2086
    compile "$compiler" $includes -E -dD </dev/null | words >"$work/known"
    cat "$include"/wengert/*.h "$include"/wengert/*.def | words | grep '^[A-Z]' | strangers >"$work/names"
    check "$compiler: names to define" test -s "$work/names"
    for form in ' )(' '(a,b,c) )('; do
        sed "s/.*/#define &$form/" "$work/names" >"$work/user.h"
        # shellcheck disable=SC2086
        check "$compiler: every name defined as '$form'" compile "$compiler" $warn $includes -include user.h <"$work/ours.h"
        # shellcheck disable=SC2086
        compile "$compiler" $includes -include user.h -E -dM <"$work/ours.h" | sort >"$work/left"
        sort "$work/user.h" | comm -23 - "$work/left" >"$work/lost"
        check "$compiler: changed: $(cat "$work/lost")" test ! -s "$work/lost"
    done
    # What the headers leave: macros and enumerators.
    # shellcheck disable=SC2086
    compile "$compiler" $includes -E -dM <"$work/ours.h" | sed -E 's/#define (\w+).*/\1/' | sort -u | strangers >"$work/stray"
    # shellcheck disable=SC2086
    compile "$compiler" $includes -E <"$work/ours.h" | awk '/^# [0-9]/ { ours = /wengert\// } ours && !/^#/' | tr '\n' ' ' |
        grep -oE '\benum\b[^{};]*\{[^}]*\}' | sed 's/.*{//; s/}//' | tr ',' '\n' | sed 's/^ *//; s/[ =].*//' | sort -u |
        grep . >"$work/enumerators"
    check "$compiler: enumerators" grep -qx WG_BAD_SHAPE "$work/enumerators"
    strangers <"$work/enumerators" >>"$work/stray"
    check "$compiler: names left behind: $(cat "$work/stray")" test ! -s "$work/stray"
done

# Nor do they bring <signal.h>, with its neighbours' REG_RIP and SA_RESTART, to a program that did not ask for it.
for compiler in "$cc" "$cxx"; do
    compile "$compiler" -D_GNU_SOURCE -E -dM <"$work/ours.h" | grep -E '\b(SIGINT|SIG_DFL|REG_RIP|SA_RESTART)\b' >"$work/signals"
    check "$compiler: signals: $(cat "$work/signals")" test ! -s "$work/signals"
done

# Pointers that views take or refuse: a line for each, and the compiler's errors must be on those that are refused.
rows()
{
    echo '#include <wengert/array.h>' && echo 'struct other;'
    for row in FLOATS:float DOUBLES:double INTS:int32_t; do
        own=${row#*:}
        for type in float double 'long double' char uint8_t int16_t int32_t int64_t uint32_t bool 'struct other' void; do
            answer=refuse
            case $type in "$own" | void) answer=take ;; esac
            set -- "$answer $type *@" "$answer const $type *@"
            case $type in void | *other) ;; *)
                set -- "$@" "$answer $type @[4]" "$answer const $type @[4]" "$answer $type @[2][3]" \
                    "$answer const $type @[2][3]" "refuse $type @" "refuse $type **@" "refuse volatile $type *@"
                ;;
            esac
            for line; do
                echo "wg_array f@(void); wg_array f@(void) { extern ${line#* }; return WG_${row%:*}(@, 1); } // ${line%% *}"
            done
        done
    done
}
rows | awk '{ gsub(/@/, "x" NR) } 1' >"$work/rows"
grep -n '// refuse' "$work/rows" | cut -d: -f1 | sort >"$work/refused"
check "pointers to be refused" test "$(wc -l <"$work/refused")" -gt 100
for compiler in "$cc" "$cxx"; do
    case $compiler in *clang*) all=-ferror-limit=0 ;; *) all=-fmax-errors=0 ;; esac
    LC_ALL=C compile "$compiler" $all -fsyntax-only <"$work/rows" 2>&1 | sed -nE 's/^<stdin>:([0-9]+):[0-9]+:.*/\1/p' |
        sort -u | comm -3 - "$work/refused" >"$work/wrong"
    while read -r line; do
        check "$compiler: not so: $(sed -n "${line}s/.*{ //p" "$work/rows")" false
    done <"$work/wrong"
done

# The example of optim.h is, line for line, what a test runs.
sed -n '/static void lion_f32/,/update_f32 = lion_f32/{s/^ \*\( \{5\}\)\{0,1\}//;p}' "$include/wengert/optim.h" >"$work/example"
sed -n '/static void lion_f32/,/update_f32 = lion_f32/p' "$(dirname "$0")/train/test_fit_rule.c" >"$work/run"
check "an example in optim.h" test -s "$work/example"
check "the example of optim.h in train/test_fit_rule.c" diff "$work/example" "$work/run"

report headers
