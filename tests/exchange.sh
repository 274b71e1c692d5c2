#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs exchange.py by a Python that has NumPy, or else by any; 77, which means skipped, where there is none.
#     exchange.sh PROGRAM
set -u
script=$(dirname "$0")/exchange.py
for python in python3 /usr/bin/python3; do
    "$python" -c 'import numpy' 2>/dev/null && exec "$python" "$script" "$1"
done
command -v python3 >/dev/null 2>&1 || exit 77
exec python3 "$script" "$1"
