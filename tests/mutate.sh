#!/bin/sh
# SPDX-License-Identifier: MIT
# Does the suite notice small faults? In a copy of the tree, a sample of changes of one token is made, for each room of src/, each is
# built and tested, and at least 95 % of those that are not equivalent must be noticed. No new one is drawn after 55 minutes.
#     tests/mutate.sh [OPTION...]      those of mutate.py: --seed S, --each N, --room ROOM, --only PATH:LINE
# Changes that make no difference are listed, with the reason, in tests/mutants.txt.
set -eu
cd "$(dirname "$0")/.."
command -v python3 >/dev/null 2>&1 || {
    echo "tests/mutate.sh needs python3" >&2
    exit 1
}
copy=build-mutate
rm -rf "$copy"
mkdir "$copy"
git ls-files -z | xargs -0 tar cf - | tar xf - -C "$copy"
cd "$copy"
# Without optimising much: building is most of the time.
meson setup build -Dtests=enabled -Dbuildtype=debug -Doptimization=1 -Db_ndebug=true -Ddemos=false -Dbench=false >setup.log 2>&1 || {
    cat setup.log
    exit 1
}
exec python3 tests/mutate.py "$@" build
