# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Wengert authors
"""The processes that compare.py measures in turn, and what they are asked (contestant.h has the questions).

This process must have no OpenMP of its own: one that binds its threads hands its children a single processor."""
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LIBRARIES = "/usr/lib/x86_64-linux-gnu"  # Debian's, where there are others than the default

# Fresh pages cost a step of PyTorch's a fifth: malloc is to keep what it has.
GLIBC = {"MALLOC_TRIM_THRESHOLD_": "8589934592", "MALLOC_MMAP_MAX_": "0", "MALLOC_TOP_PAD_": "268435456"}
JEMALLOC = {"LD_PRELOAD": f"{LIBRARIES}/libjemalloc.so.2", "MALLOC_CONF": "dirty_decay_ms:-1,muzzy_decay_ms:-1"}


def environment(threads):
    """What all have in common. An OpenBLAS with threads of its own would have them on one processor."""
    common = {**os.environ, "OMP_NUM_THREADS": str(threads), "OMP_PROC_BIND": "true"}
    common.setdefault("GOMP_SPINCOUNT", "20000")
    if os.path.isdir(f"{LIBRARIES}/openblas-openmp"):
        common["LD_LIBRARY_PATH"] = f"{LIBRARIES}/openblas-openmp:" + os.environ.get("LD_LIBRARY_PATH", "")
    return common


class Contestant:
    """A program behind two pipes, started at the first question."""

    def __init__(self, name, command, env):
        self.name, self.command, self.env, self.process = name, command, env, None

    def ask(self, *question):
        """A number, or None."""
        if not self.process:
            self.process = subprocess.Popen(self.command, env=self.env, text=True, stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE)
        print(*question, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline().strip()
        if not answer:
            sys.exit(f"{self.name} ended at the question: {' '.join(map(str, question))}")
        return None if answer == "none" else float(answer)

    def end(self):
        """Ends the process; the next question starts another."""
        if self.process:
            self.process.communicate()
            self.process = None


def python_with_torch():
    for python in ("/usr/bin/python3", sys.executable):
        if subprocess.run([python, "-c", "import torch"], check=False, stderr=subprocess.DEVNULL).returncode == 0:
            return python
    return None


def contestants(folder, threads):
    """By the family whose best counts: "ours", "PyTorch", "kann", ... those that are there."""
    env = environment(threads)
    families = {"ours": [Contestant("ours", [f"{folder}/contestant_wengert"], env)]}
    python = python_with_torch()
    if python:
        command = [python, f"{HERE}/torch_contestant.py"]
        families["PyTorch"] = [Contestant("PyTorch, glibc", command, {**env, **GLIBC})]
        if os.path.exists(JEMALLOC["LD_PRELOAD"]):
            families["PyTorch"].append(Contestant("PyTorch, jemalloc", command, {**env, **JEMALLOC}))
    kann = f"{folder}/contestant_kann"
    if os.path.exists(kann):
        unbound = {**env, "OMP_NUM_THREADS": "1", "OMP_PROC_BIND": "false"}
        families["kann"] = [Contestant("kann, the CBLAS's threads", [kann], env),
                            Contestant("kann, its own threads", [kann, str(threads)], unbound)]
    if os.path.exists(f"{folder}/contestant_ggml"):
        families["ggml"] = [Contestant("ggml", [f"{folder}/contestant_ggml"], env)]
    return families


def scalar_contestants(folder, threads):
    """The tapes of scalars, by name: ours, with plain C, and those that are there."""
    env = environment(threads)
    programs = {"ours": "scalar", "ADOL-C": "adolc", "CppAD": "cppad", "CoDiPack": "codipack"}
    return {name: Contestant(name, [f"{folder}/contestant_{program}"], env) for name, program in programs.items()
            if os.path.exists(f"{folder}/contestant_{program}")}


def in_turn(rounds, seconds, entries, subject, batch=0):
    """Asks each (contestant, work) of entries for its time, round by round: {(contestant, work): [seconds, ...]}
    of those who know the work."""
    times = {}
    for r in range(rounds):
        for contestant, work in entries:
            if r == 0 or (contestant, work) in times:
                answer = contestant.ask("time", subject, work, batch, seconds)
                if answer is not None:
                    times.setdefault((contestant, work), []).append(answer)
    return times


def best(times, family, works):
    """The fastest way of a family, by its median: (its name, its seconds), or None."""
    ways = [(statistics.median(t), f"{c.name}, {w}", t) for (c, w), t in times.items() if c in family and w in works]
    return min(ways, key=lambda way: way[0])[1:] if ways else None


def ratio(a, b):
    """The median of a / b over the rounds."""
    return statistics.median(x / y for x, y in zip(a, b))
