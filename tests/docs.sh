#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the reference, and fails on anything that is not documented or not understood:
#     tests/docs.sh [OUTPUT_DIR]           the default directory is build-docs; then open OUTPUT_DIR/html/index.html
# Needs Doxygen and Python. `ninja docs` in a build directory calls it too.
set -eu
source=$(cd "$(dirname "$0")/.." && pwd)
output=${1:-$source/build-docs}
mkdir -p "$output"
output=$(cd "$output" && pwd)

# The headers in the order of reading, which is that of wengert.h; then those that it leaves out.
include=$source/include
headers=$(sed -n 's|^#include <\(wengert/.*\)>|\1|p' "$include/wengert/wengert.h")
for header in "$include"/wengert/*.h; do
    case $headers in
    *"wengert/${header##*/}"*) ;;
    *) headers="$headers wengert/${header##*/}" ;;
    esac
done
inputs=
for header in $headers wengert/formulas.def; do
    inputs="$inputs \"$include/$header\""
done

# Doxygen would take a filter that fails for an empty file.
for file in $headers wengert/formulas.def ../README.md; do
    python3 "$source/docs/filter.py" "$include/$file" >/dev/null
done
# shellcheck disable=SC2086 # no header's name has a space
(cd "$include" && python3 "$source/docs/filter.py" --check $headers)

version=$(sed -n "s/^  version: '\(.*\)',/\1/p" "$source/meson.build")
sed -e "s|@source@|$source|g" -e "s|@output@|$output|g" -e "s|@version@|$version|g" -e "s|@inputs@|$inputs|g" \
    "$source/docs/Doxyfile.in" >"$output/Doxyfile"
rm -rf "$output/html"
status=0
doxygen "$output/Doxyfile" || status=$?
if [ -s "$output/warnings" ]; then
    cat "$output/warnings"
    status=1
fi
[ "$status" -eq 0 ] || exit 1

# What is exported has its place in the site.
functions=0
# shellcheck disable=SC2086
for name in $(cd "$include" && sed -n 's/^WG_\(API\|FAST\) .*\b\(wg_[a-z0-9_]*[a-z0-9]\)(.*/\2/p' $headers); do
    grep -qF "'$name'" "$output"/html/search/functions_*.js || {
        echo "tests/docs.sh: $name is not in the site"
        status=1
    }
    functions=$((functions + 1))
done
echo "tests/docs.sh: $functions functions in $output/html/index.html"
exit $status
