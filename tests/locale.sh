#!/bin/sh
# SPDX-License-Identifier: MIT
# Whatever is printed has a point, in every locale.
#     locale.sh LOCALE_PROGRAM STATIC_LIBRARY SOURCE_DIR TEST_PROGRAM...
# - Only base/format.c calls what follows the locale and takes a list of arguments, and no printf of the sources has a real number.
# - What LOCALE_PROGRAM prints is the same under a decimal comma, but for the digits of what was measured; each function of the
#   headers that takes a FILE is among it. The test programs pass there, too. Skipped (77) where no such locale can be made.
set -u
program=$1 static=$2 source=$3
shift 3
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

end()
{
    report locale || exit 1
    exit "$1"
}

nm -A "$static" | grep -E ' U _?_?(v[a-z]*printf|strto[dfl]+|wcsto[dfl]+|[sf]*scanf|atof|localeconv|setlocale|uselocale)(_chk)?(@.*)?$' |
    grep -v 'base_format\.c' | grep -vE ' strtol+$' >"$work/calls"
check "calls that follow the locale: $(cat "$work/calls")" test ! -s "$work/calls"
# Statements in one line each; of their strings the last percent sign that is followed by e, f, g or a.
cat "$source"/*/*.c "$source"/*/*.h | sed 's/%%//g' | tr '\n' ' ' | sed 's/;/;\n/g' |
    grep -E '\b(sn?|f)printf\(' | grep -E '"[^"]*%[-+ #0-9.*]*L?[aefgAEFG][^"]*"' >"$work/reals"
check "real numbers by printf: $(cat "$work/reals")" test ! -s "$work/reals"

name=de_DE.UTF-8
if ! locale -a 2>/dev/null | grep -qix 'de_DE.utf-\?8'; then
    if ! localedef -i de_DE -f UTF-8 "$work/$name" >"$work/log" 2>&1; then
        echo "skipped: there is no locale with a decimal comma, and localedef makes none: $(tail -1 "$work/log")"
        end 77
    fi
    export LOCPATH="$work"
fi
check "the program in the C locale" "$program" C >"$work/c.txt"
check "the program in $name" "$program" "$name" >"$work/comma.txt"
cat "$work/c.txt" "$work/comma.txt" | grep -E '^(failed|not so|the locale)'
digits='s/[0-9]+/9/g; s/ +/ /g'
sed -E "$digits" "$work/c.txt" >"$work/c"
sed -E "$digits" "$work/comma.txt" >"$work/comma"
check "the same text" cmp "$work/c" "$work/comma"
for function in $(cat "$source"/../include/wengert/*.h | tr '\n' ' ' | sed 's/;/;\n/g' |
    sed -nE 's/.*\b(wg_[a-z_]+)\([^()]*FILE \*.*/\1/p'); do
    check "$function prints" grep -qE "^== $function" "$work/c.txt"
done
for test; do
    check "$test in $name" "$test"
done
end 0
