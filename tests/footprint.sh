#!/bin/sh
# SPDX-License-Identifier: MIT
# What a small program takes that has the static library inside:
#     footprint.sh PROGRAM MOST_KB
# PROGRAM is footprint.c, linked with --gc-sections and stripped: a formula and its gradient, no files, views, training. It weighs
# 473 kB. 177 of these are the loops of all formula rows, for three kinds of processor, and 83 their records and rules: every row's
# record names them. (A new row may add what it weighs, 3 to 10 kB. Anything else that makes this larger is linked by accident: the
# linker's -Map says by whom.)
set -u
program=$1 most=$2
"$program" | grep -q '^dy/dw = -0\.149146$' || {
    echo "footprint: the program is wrong"
    exit 1
}
kb=$(($(wc -c <"$program") / 1000))
echo "footprint: $kb kB, of $most at most"
[ "$kb" -le "$most" ]
