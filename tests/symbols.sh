#!/bin/sh
# SPDX-License-Identifier: MIT
# What the library's files promise about their symbols:
#     symbols.sh SHARED_LIBRARY STATIC_LIBRARY
# - the shared library exports wg_ names only (and some), and what is not exported is called wg__ (two lines), so that a name
#   tells which it is;
# - no object of ours has a writable global, not even a hidden or a local one: there is no state outside tapes and stores (but a
#   thread's mark that it cannot have OpenMP's threads after a fork, src/kernels/team.c, and which instructions the kernels use,
#   which is found out once and is the same for all, src/kernels/isa.c);
# - nothing ends the program or prints: no reference to abort, exit, printf, puts, stdout, stderr ...
set -u
shared=$1 static=$2
passed=0 failed=0

# expect NOTHING_FOUND WHAT
expect_empty()
{
    if [ -z "$1" ]; then
        passed=$((passed + 1))
    else
        printf '%s:\n%s\n' "$2" "$1"
        failed=$((failed + 1))
    fi
}

exported=$(nm -D --defined-only "$shared" | awk '{ print $3 }')
if [ "$(echo "$exported" | grep -c '^wg_')" -gt 10 ]; then
    passed=$((passed + 1))
else
    echo "$shared exports hardly anything"
    failed=$((failed + 1))
fi
expect_empty "$(echo "$exported" | grep -v '^wg_')" "exported without wg_"

expect_empty "$(echo "$exported" | grep '^wg__')" "exported with an internal name"
hidden=$(nm -g --defined-only "$static" | awk 'NF == 3 { print $3 }' | grep '^wg_' | sort -u)
expect_empty "$(echo "$hidden" | grep -v '^wg__' | grep -vxF "$exported")" "internal without two lines in its name"

# .data.rel.ro holds constants with addresses in them; it is read-only once the library is loaded.
expect_empty "$(objdump -t "$static" | grep -E ' (\.data|\.bss|\.tdata|\.tbss|\*COM\*)' | grep -v ' \.data\.rel\.ro' |
    grep ' O ' | grep -vE ' (wg_team_of_thread|wg__isa_in_use)$')" "writable globals"

expect_empty "$(nm -u "$static" | awk '{ print $2 }' |
    grep -Ex 'abort|_?exit|_Exit|quick_exit|printf|vprintf|__v?printf_chk|puts|putchar|perror|stdout|stderr|raise|kill')" \
    "the library would print or end the program"

echo "symbols: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
