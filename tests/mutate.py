#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mutate.py - how many small faults in src/ does the suite notice?

A mutant is the library with one token changed: a comparison, a sign, a constant, a condition, a statement left out.
For each room a sample of all such changes is drawn with a fixed seed; each is built, and the tests that reach its line
run, the quickest first, until one fails. A mutant that no test notices, or whose line no test reaches, is a hole, or
equivalent to the original: those are listed, with the reason, in mutants.txt.

    mutate.py [--seed S] [--each N] [--room ROOM ...] [--only PATH:LINE] [--minutes M] BUILD REACH

BUILD is a build directory of a copy of the tree, which mutate.sh makes: sources are changed in place there. REACH is what reach.py
found there.
"""
import argparse
import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import time

from reach import suite

ROOMS = ['base', 'kernels', 'tape', 'ops', 'nn', 'optim', 'data', 'io', 'view', 'scalars', 'plan', 'train']

# (pattern, replacements): each match outside comments, strings and preprocessor lines is a place.
CHANGES = [
    (r'(?<![<>=!\-])<=(?!=)', ['<', '==']),
    (r'(?<![<>=!\-])>=(?!=)', ['>', '==']),
    (r'(?<=\s)<(?=\s)', ['<=']),
    (r'(?<=\s)>(?=\s)', ['>=']),
    (r'(?<=\s)==(?=\s)', ['!=']),
    (r'(?<=\s)!=(?=\s)', ['==']),
    (r'(?<=\s)\+(?=\s)', ['-']),
    (r'(?<=\s)-(?=\s)', ['+']),
    (r'(?<=\s)\*(?=\s)', ['/']),
    (r'(?<=\s)/(?=\s)', ['*']),
    (r'(?<=\s)%(?=\s)', ['*']),
    (r'&&', ['||']),
    (r'\|\|', ['&&']),
    (r'(?<=[\s(])!(?=[A-Za-z(*])', ['']),
    (r'(?<=\s)\+=(?=\s)', ['-=', '=']),
    (r'(?<![\w.\[{"\'])0(?![\w.xX])', ['1']),
    (r'(?<![\w.\[{"\'])1(?![\w.])', ['0', '2']),
    (r'\btrue\b', ['false']),
    (r'\bfalse\b', ['true']),
]
# Whole statements that are calls, assignments to a member, or jumps out of a loop: left out.
LEFT_OUT = re.compile(r'^\s+(?:(?:wg_)?\w+\([^;{}]*\)|[\w>.\-\[\]*]+ [+\-|&]?= [^;{}]*|break|continue);$')


def code_mask(text):
    """Which characters are code: not in a comment, a string, a character, a preprocessor line, or a sample for the tests."""
    mask = bytearray(b'\1' * len(text))
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^[ \t]*#(?:\\\n|[^\n])*|' \
              r'^[a-z ]*wg_op_sample \w+\[\w*\] = \{.*?^\};'
    for match in re.finditer(pattern, text, re.S | re.M):
        mask[match.start():match.end()] = bytes(match.end() - match.start())
    return mask


def places(path):
    """All changes of a file: (begin, end, replacement, line number, line before, line after)."""
    text = open(path, encoding='utf-8').read()
    mask, found = code_mask(text), []

    def add(begin, end, new):
        line = text.count('\n', 0, begin) + 1
        start = text.rfind('\n', 0, begin) + 1
        stop = text.find('\n', end)
        before = text[start:stop].strip()
        after = (text[start:begin] + new + text[end:stop]).strip()
        found.append((begin, end, new, line, before, after))

    for pattern, replacements in CHANGES:
        for match in re.finditer(pattern, text):
            if all(mask[match.start():match.end()]):
                for new in replacements:
                    add(match.start(), match.end(), new)
    for match in re.finditer(r'^.*$', text, re.M):
        line = match.group()
        if LEFT_OUT.match(line) and all(mask[match.start() + len(line) - len(line.lstrip()):match.end()]):
            if not re.match(r'\s+(return|else|static|const|size_t|double|float|int|bool|wg_\w+ \w+ =)\b', line):
                add(match.start(), match.end(), '    ;')
    return found


def sources(room):
    for folder, _, names in os.walk(os.path.join('src', room)):
        for name in sorted(names):
            # What only other processors or absent libraries compile is not built here.
            if name.endswith(('.c', '.h')) and not re.search(r'onednn|cblas|_plain|dispatch', name):
                yield os.path.join(folder, name)


def draw(room, count, rng):
    """A sample, files weighted by their places, at most two of a file at the first round."""
    pool = [(path, place) for path in sources(room) for place in places(path)]
    rng.shuffle(pool)
    taken, per_file = [], {}
    for path, place in pool:
        if per_file.get(path, 0) < max(2, count // 8):
            per_file[path] = per_file.get(path, 0) + 1
            taken.append((path, place))
    return taken


def equivalents(path):
    """mutants.txt: 'PATH: BEFORE => AFTER' and, indented below, the reason."""
    listed = {}
    key = None
    for line in open(path, encoding='utf-8'):
        if line.startswith('#') or not line.strip():
            continue
        if line[0] != ' ':
            key = line.strip()
            listed[key] = ''
        elif key:
            listed[key] += line.strip() + ' '
    for name, reason in listed.items():
        if not reason:
            sys.exit(f'mutants.txt: no reason for {name}')
    return listed


class Suite:
    """The tests of a build, and what reach.py found of them."""

    def __init__(self, build, reach):
        self.build, self.tests = build, suite(build)
        with open(reach, encoding='utf-8') as file:
            found = json.load(file)
        self.lines, self.seconds = found['lines'], found['seconds']

    def reaching(self, path, line):
        """The tests that reach a line, the quickest first. A line without code, as of a table, may matter to all of its file's."""
        of_file = self.lines.get(path, {})
        names = of_file.get(str(line))
        if names is None:
            names = {name for reached in of_file.values() for name in reached} or self.tests
        return sorted(names, key=lambda name: self.seconds[name])

    def build_for(self, names):
        """Makes what these tests run, and no more; False if it does not compile."""
        words = {os.path.relpath(os.path.join(self.build, w), self.build) for n in names for w in self.tests[n]['cmd']}
        made = [w for w in words if not w.startswith('..') and os.path.isfile(os.path.join(self.build, w))]
        return subprocess.run(['ninja', '-C', self.build, *made], stdout=subprocess.DEVNULL).returncode == 0

    def notice(self, names):
        """The first of these tests that fails, or None. As many run at once as there are processors."""
        waiting, running = list(names), {}
        try:
            while waiting or running:
                while waiting and len(running) < os.cpu_count():
                    name = waiting.pop(0)
                    test = self.tests[name]
                    running[name] = time.time(), subprocess.Popen(
                        test['cmd'], env=test['env'], cwd=self.build, stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL, start_new_session=True)
                time.sleep(0.01)
                for name, (began, process) in list(running.items()):
                    if process.poll() is not None:
                        del running[name]
                        if process.returncode not in (0, 77):
                            return name
                    elif time.time() - began > 30 + 5 * self.seconds[name]:
                        return name + ', which does not end'
        finally:
            for _, process in running.values():  # with the processes that Check made
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--each', type=int, default=10, help='mutants of a room (10)')
    parser.add_argument('--room', action='append', choices=ROOMS, help='only these')
    parser.add_argument('--only', metavar='PATH:LINE', help='all changes of one line')
    parser.add_argument('--minutes', type=float, default=45, help='stop drawing after so long (45)')
    parser.add_argument('build')
    parser.add_argument('reach')
    options = parser.parse_args()
    listed = equivalents('tests/mutants.txt')
    tests = Suite(options.build, options.reach)
    resource.setrlimit(resource.RLIMIT_AS, (1 << 34, 1 << 34))  # a fault may ask for all memory, or write without end
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 32, 1 << 32))
    if not tests.build_for(tests.tests):
        sys.exit('the tree does not build as it is')
    if by := tests.notice(tests.tests):
        sys.exit(f'the tree as it is fails in {by}')
    began, counts, holes = time.time(), {'killed': 0, 'equivalent': 0, 'survived': 0}, []

    def attempt(room, path, place):
        begin, end, new, line, before, after = place
        name = f'{path}: {before} => {after}'
        if name in listed:
            counts['equivalent'] += 1
            print(f'equivalent  {path}:{line}: {before} => {after}', flush=True)
            return True
        reaching = tests.reaching(path, line)
        by = None
        if reaching:
            text = open(path, encoding='utf-8').read()
            open(path, 'w', encoding='utf-8').write(text[:begin] + new + text[end:])
            try:
                if not tests.build_for(reaching):
                    return False  # does not compile: another one is drawn
                by = tests.notice(reaching)
            finally:
                open(path, 'w', encoding='utf-8').write(text)
        how = f'by {by}' if by else f'{len(reaching)} tests reach it'
        counts['killed' if by else 'survived'] += 1
        if not by:
            holes.append(name)
        print(f'{"killed" if by else "SURVIVED":<12}{path}:{line}: {before} => {after}   {how}', flush=True)
        return True

    if options.only:
        path, line = options.only.rsplit(':', 1)
        for place in places(path):
            if place[3] == int(line):
                attempt(path.split('/')[1], path, place)
    for room in (options.room or ROOMS) if not options.only else []:
        done = 0
        for path, place in draw(room, options.each, random.Random(f'{options.seed} {room}')):
            if done == options.each or time.time() - began > 60 * options.minutes:
                break
            done += attempt(room, path, place)
        print(f'-- {room}: {done} mutants, {(time.time() - began) / 60:.1f} minutes so far', flush=True)
    tests.build_for(tests.tests)

    real = counts['killed'] + counts['survived']
    share = 100 * counts['killed'] / real if real else 0
    print(f'mutate: {real} mutants, {counts["killed"]} killed ({share:.1f} %), {counts["equivalent"]} equivalent, '
          f'in {(time.time() - began) / 60:.0f} minutes')
    for name in holes:
        print(f'hole: {name}')
    sys.exit(0 if real and share >= 95 else 1)


main()
