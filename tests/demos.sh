#!/bin/sh
# SPDX-License-Identifier: MIT
# Every demo says what it does, and refuses what it does not know.
#     demos.sh PROGRAM...
set -u
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
passed=0 failed=0

check() # check WHAT CONDITION...
{
    what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        echo "failed: $what"
        cat "$folder/out" "$folder/err"
        failed=$((failed + 1))
    fi
}

for program; do
    name=$(basename "$program")
    "$program" --help >"$folder/out" 2>"$folder/err"
    check "$name --help succeeds" [ $? -eq 0 ]
    check "$name --help tells what it does" grep -q "^$name: ." "$folder/out"
    draws=$(grep -c -e --draw "$folder/out")
    "$program" --nonsense >"$folder/out" 2>"$folder/err"
    check "$name --nonsense exits with 1" [ $? -eq 1 ]
    check "$name --nonsense is named" grep -q "^$name: unknown option --nonsense" "$folder/err"
    check "$name --nonsense prints nothing else" [ ! -s "$folder/out" ]
    [ "$draws" -gt 0 ] || continue
    LC_ALL=C "$program" --draw "$folder/missing" >"$folder/out" 2>"$folder/err"
    check "$name into a missing folder exits with 1" [ $? -eq 1 ]
    check "$name into a missing folder says so" grep -q "^$name: .*missing/" "$folder/err"
    check "$name into a missing folder says why" grep -q 'No such file' "$folder/err"
done

echo "demos: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
