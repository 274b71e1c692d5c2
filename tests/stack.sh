#!/bin/sh
# SPDX-License-Identifier: MIT
# What the library's functions take of the stack:
#     stack.sh FOLDER
# gcc -fstack-usage has written a file beside each object in FOLDER. No frame is larger than 8 kB, and each has a bound.
set -u
limit=8192 objects=0 failed=0
list=$(mktemp) || exit 1
trap 'rm -f "$list"' EXIT
find "$1" -name '*.o' >"$list"

# A file without its object is left over from a source that is gone.
while IFS= read -r object; do
    usage=${object%.o}.su
    objects=$((objects + 1))
    if [ ! -f "$usage" ]; then
        echo "$usage is missing"
        failed=1
    elif ! awk -F '\t' -v limit=$limit '
            $2 > limit { print $1 ": a frame of " $2 " bytes, more than " limit; bad = 1 }
            $3 ~ /dynamic/ && $3 !~ /bounded/ { print $1 ": a frame without a bound"; bad = 1 }
            END { exit bad }' "$usage"; then
        failed=1
    fi
done <"$list"
echo "stack: $objects objects"
[ "$failed" -eq 0 ] && [ "$objects" -gt 100 ]
