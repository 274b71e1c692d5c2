#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""reach.py - which tests reach a line of src/?

    reach.py BUILD FILE [TEST...]

BUILD is a build with -Db_coverage=true. Each test (or those named, whose part of FILE is renewed) runs once, and writes its counters
into a folder of its own; what gcov makes of them goes to FILE, as JSON: {"seconds": {TEST: how long it took}, "lines": {PATH: {LINE:
[TEST, ...]}}}. A line that is code and that nobody reaches has an empty list; one without code of its own has none.
"""
import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor


def suite(build):
    """The tests of what the library computes: {name: {cmd, env, ...}}, commands with absolute paths."""
    tests = json.loads(subprocess.run(['meson', 'introspect', '--tests', build], capture_output=True, check=True).stdout)
    for test in tests:
        # A busy machine is no fault; and memory is no zeros, as under meson test.
        test['env'] = {**os.environ, **test['env'], 'CK_TIMEOUT_MULTIPLIER': '20', 'MALLOC_PERTURB_': '165'}
    return {t['name']: t for t in tests if not any(s.split(':')[-1] in ('build', 'install', 'demos') for s in t['suite'])}


def measure(build, name, test):
    """Runs a test: how long it took, and {path: {line: reached}} of src/."""
    folder = os.path.abspath(os.path.join(build, 'reach', name))
    shutil.rmtree(folder, ignore_errors=True)
    began = time.time()
    done = subprocess.run(test['cmd'], env={**test['env'], 'GCOV_PREFIX': folder}, cwd=build,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace')
    seconds = time.time() - began
    if done.returncode not in (0, 77):  # 77: skipped
        sys.exit(f'{name} fails in the tree as it is:\n{done.stdout[-2000:]}')
    counters = []
    for where, _, files in os.walk(folder):
        for file in (f for f in files if f.endswith('.gcda')):
            notes = os.path.join(where, file)[len(folder):-len('gcda')] + 'gcno'
            if f'{os.sep}src{os.sep}libwengert' in notes and os.path.exists(notes):
                counters.append(os.path.join(where, file))
                os.symlink(notes, counters[-1][:-len('gcda')] + 'gcno')  # gcov looks for it beside the counters
    lines = {}
    if counters:
        out = subprocess.run(['gcov', '--json-format', '--stdout', *counters], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                             text=True, check=True).stdout
        for unit in map(json.loads, out.splitlines()):
            for file in unit['files']:
                path = os.path.relpath(os.path.join(build, file['file']))
                if path.startswith('src' + os.sep):
                    of_path = lines.setdefault(path, {})
                    for line in file['lines']:
                        of_path[line['line_number']] = of_path.get(line['line_number'], False) or line['count'] > 0
    shutil.rmtree(folder, ignore_errors=True)
    return name, seconds, lines


def main():
    build, path, names = sys.argv[1], sys.argv[2], sys.argv[3:]
    tests = suite(build)
    reach = {'seconds': {}, 'lines': {}}
    if names:
        with open(path, encoding='utf-8') as file:
            reach = json.load(file)
        for reached in (r for lines in reach['lines'].values() for r in lines.values()):
            reached[:] = [name for name in reached if name not in names]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, seconds, lines in pool.map(lambda name: measure(build, name, tests[name]), names or tests):
            reach['seconds'][name] = seconds
            for source, of_source in lines.items():
                for line, reached in of_source.items():
                    by = reach['lines'].setdefault(source, {}).setdefault(str(line), [])
                    if reached:
                        by.append(name)
    with open(path, 'w', encoding='utf-8') as file:
        json.dump(reach, file)


if __name__ == '__main__':
    main()
