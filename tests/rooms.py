#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""rooms.py - does every file of src/ look only to its left? (src/README.md draws the rooms)

    rooms.py SOURCES NM LIBRARY

A file may include headers of the rooms that its own is allowed below, and call functions of rooms that are not to its right. The
library is a static one, whose objects are named as meson names them: ROOM_FILE.c.o.
"""
import os
import re
import subprocess
import sys

# Whose headers a room includes, beside its own. All may include the public ones.
MAY_INCLUDE = {
    'base': [],
    'kernels': ['base'],
    'tape': ['base', 'kernels'],
    'ops': ['base', 'kernels', 'tape'],
    'scalars': ['base', 'kernels', 'tape', 'ops'],
    'nn': ['base', 'kernels'],
    'optim': ['base', 'kernels'],
    'data': ['base', 'kernels'],
    'io': ['base', 'kernels'],
    'view': ['base', 'kernels'],
    'plan': ['base', 'kernels', 'tape', 'ops', 'scalars', 'nn', 'optim'],
    'train': ['base', 'kernels', 'nn'],
}
ORDER = list(MAY_INCLUDE)
# What a plan may name, see `named`.
ENGINE_OPS = {'input', 'leaf', 'const', 'parameter', 'identity', 'projection', 'guard', 'gradient'}
# The rows' records, which the tape reads by code, and the rules that an operation's record may name as its own.
GRANTED = {('tape', 'wg__formula_ops')}


def included(source):
    faults = []
    for room, allowed in MAY_INCLUDE.items():
        folder = os.path.join(source, 'src', room)
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), encoding='utf-8') as file:
                for header, of in re.findall(r'^#include "((\w+)/[\w./]+)"', file.read(), re.M):
                    if of != room and of not in allowed:
                        faults.append(f'src/{room}/{name} includes {header}')
    return faults


def room_of(member):
    return member.split('_')[0]


def called(nm, library):
    """An undefined symbol is looked for in the rooms; what no room defines is another library's."""
    defined, wanted = {}, []
    out = subprocess.run([nm, '-P', '-A', library], capture_output=True, text=True, check=True).stdout
    for member, name, kind in re.findall(r'^.*?\[(?:.*/)?([^\]/]+)\]: (\S+) (\w)', out, re.M):
        if kind == 'U':
            wanted.append((member, name))
        elif kind.isupper() and kind not in 'VW':
            defined[name] = room_of(member)
    faults = []
    for member, name in wanted:
        room, of = room_of(member), defined.get(name)
        if of in ORDER and room in ORDER and ORDER.index(of) > ORDER.index(room) and (room, name) not in GRANTED:
            faults.append(f'{member} calls {name}, of {of}')
    return sorted(set(faults)), len(wanted)


def named(source):
    """Operations that a plan names: those of the engine alone. What it must know of others, they say."""
    faults = []
    folder = os.path.join(source, 'src', 'plan')
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding='utf-8') as file:
            for op in re.findall(r'&wg__op_(\w+)', file.read()):
                if op not in ENGINE_OPS:
                    faults.append(f'src/plan/{name} names the operation {op}')
    return faults


def main():
    source, nm, library = sys.argv[1:]
    faults = included(source) + named(source)
    calls, count = called(nm, library)
    if count < 1000:
        faults.append(f'only {count} calls were looked at')
    for fault in faults + calls:
        print(fault)
    print(f'rooms: {count} calls and all includes, {len(faults + calls)} to the right')
    return bool(faults + calls)


sys.exit(main())
