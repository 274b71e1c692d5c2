#!/bin/sh
# SPDX-License-Identifier: MIT
# Does the suite notice small faults? In a copy of the tree, a sample of changes of one token is made, for each room of src/, each is
# built, the tests that reach it run, and at least 95 % of those that are not equivalent must be noticed. Which tests reach a line is
# measured first, with gcov, which takes some minutes. No new one is drawn after 45 minutes more.
#     tests/mutate.sh [OPTION...]      those of mutate.py: --seed S, --each N, --room ROOM, --only PATH:LINE
# Changes that make no difference are listed, with the reason, in tests/mutants.txt.
set -eu
cd "$(dirname "$0")/.."
for tool in python3 gcc gcov; do
    command -v "$tool" >/dev/null 2>&1 || {
        echo "tests/mutate.sh needs $tool" >&2
        exit 1
    }
done
copy="build-mutate"
rm -rf "$copy"
mkdir "$copy"
git ls-files -z | xargs -0 tar cf - | tar xf - -C "$copy"
cd "$copy"
# Without optimising much: building is most of the time.
make() {
    CC=gcc meson setup "$@" -Dtests=enabled -Dbuildtype=plain -Doptimization=1 -Db_ndebug=true -Ddemos=false -Dbench=false && ninja -C "$1"
}
if ! make build-reach -Db_coverage=true >setup.log 2>&1 || ! make build >setup.log 2>&1; then
    cat setup.log
    exit 1
fi
python3 tests/reach.py build-reach reach.json
exec python3 tests/mutate.py "$@" build reach.json
