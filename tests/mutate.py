#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mutate.py - how many small faults in src/ does the suite notice?

A mutant is the library with one token changed: a comparison, a sign, a constant, a condition, a statement left out.
For each room a sample of all such changes is drawn with a fixed seed; each is built and the suite runs, the room's own
tests first, until one fails. A mutant that no test notices is a hole, or equivalent to the original: those are
listed, with the reason, in mutants.txt.

    mutate.py [--seed S] [--each N] [--room ROOM ...] [--only PATH:LINE] [--minutes M] BUILD

BUILD is a build directory of a copy of the tree, which mutate.sh makes: sources are changed in place there.
"""
import argparse
import os
import random
import re
import subprocess
import sys
import time

ROOMS = ['base', 'kernels', 'tape', 'ops', 'nn', 'optim', 'data', 'io', 'view', 'plan', 'train']

# What is tried first for a room: words in the names of its tests. The rest of the suite follows.
FIRST = {
    'base': 'source sink array status random names alloc options',
    'kernels': 'gemm conv_kernels reduce_kernels strided lanes bf16 parallel matmul conv reduce tuning ops',
    'tape': 'tape sweep grad replay handles names gradcheck ops op_errors',
    'ops': 'ops op_errors reduce shaping norm loss conv recurrent accuracy indexing matmul dropout special structured rows',
    'nn': 'params params_tape layers init standardise gradcheck_params recurrent_layers running',
    'optim': 'optim optim_state clip schedule training',
    'data': 'data csv csv_edges idx cifar batches split drawn',
    'io': 'archive npy npz safetensors checkpoint checkpoint_training params exchange',
    'view': 'view plot picture',
    'plan': 'plan plan_ops plan_fused plan_update plan_scalar plan_contract plan_lanes plan_profile plan_input tuning',
    'train': 'fit fit_options fit_plan fit_resume predict training',
}

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
    """Which characters are code: not in a comment, a string, a character or a preprocessor line."""
    mask = bytearray(b'\1' * len(text))
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^[ \t]*#(?:\\\n|[^\n])*'
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


def run(command, seconds):
    """0, or what failed; a run that hangs is killed with all its children."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace',
                               start_new_session=True)
    try:
        out, _ = process.communicate(timeout=seconds)
        return process.returncode, out
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.communicate()
        return 'time', ''


class Suite:
    def __init__(self, build):
        self.build = build
        listed = subprocess.run(['meson', 'test', '-C', build, '--list', '--no-rebuild'], capture_output=True, text=True,
                                check=True).stdout
        names = [line.split(' / ')[-1].strip() for line in listed.splitlines() if ' / ' in line]
        slow = ('install', 'headers', 'symbols', 'documented', 'man')  # of the build, not of what it computes
        self.names = [name for name in names if name not in slow]

    def ordered(self, room):
        words = FIRST[room].split()
        first = [n for n in self.names if n in words]
        near = [n for n in self.names if n not in first and any(n.startswith(w) for w in words)]
        return [g for g in (first, near, [n for n in self.names if n not in first and n not in near]) if g]

    def build_it(self):
        return run(['ninja', '-C', self.build, '--quiet'], 600)

    def notice(self, room):
        """The test that fails, or None."""
        for group in self.ordered(room):
            status, out = run(['meson', 'test', '-C', self.build, '--no-rebuild', '--maxfail', '1', '--timeout-multiplier',
                               '0.5', *group], 600)
            if status != 0:
                failed = re.search(r'([\w-]+)\s+(FAIL|TIMEOUT|ERROR)', out)
                return failed.group(1) if failed else 'a time limit'
        return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--each', type=int, default=8, help='mutants of a room (8)')
    parser.add_argument('--room', action='append', choices=ROOMS, help='only these')
    parser.add_argument('--only', metavar='PATH:LINE', help='all changes of one line')
    parser.add_argument('--minutes', type=float, default=55, help='stop drawing after so long (55)')
    parser.add_argument('build')
    options = parser.parse_args()
    listed = equivalents('tests/mutants.txt')
    suite = Suite(options.build)
    status, out = suite.build_it()
    if status != 0:
        sys.exit('the tree does not build as it is:\n' + out[-2000:])
    began, counts, holes = time.time(), {'killed': 0, 'equivalent': 0, 'survived': 0}, []

    def attempt(room, path, place):
        begin, end, new, line, before, after = place
        name = f'{path}: {before} => {after}'
        if name in listed:
            counts['equivalent'] += 1
            print(f'equivalent  {path}:{line}: {before} => {after}', flush=True)
            return True
        text = open(path, encoding='utf-8').read()
        open(path, 'w', encoding='utf-8').write(text[:begin] + new + text[end:])
        try:
            if suite.build_it()[0] != 0:
                return False  # does not compile: another one is drawn
            by = suite.notice(room)
        finally:
            open(path, 'w', encoding='utf-8').write(text)
        counts['killed' if by else 'survived'] += 1
        if not by:
            holes.append(name)
        print(f'{"killed" if by else "SURVIVED":<12}{path}:{line}: {before} => {after}' + (f'   by {by}' if by else ''), flush=True)
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
    suite.build_it()

    real = counts['killed'] + counts['survived']
    share = 100 * counts['killed'] / real if real else 0
    print(f'mutate: {real} mutants, {counts["killed"]} killed ({share:.1f} %), {counts["equivalent"]} equivalent, '
          f'in {(time.time() - began) / 60:.0f} minutes')
    for name in holes:
        print(f'hole: {name}')
    sys.exit(0 if real and share >= 95 else 1)


main()
