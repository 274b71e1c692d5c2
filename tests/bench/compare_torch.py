#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Wengert authors
"""The training steps of bench_networks in PyTorch, in turn with ours: ours, PyTorch, ours, PyTorch ...

    compare_torch.py BENCH_NETWORKS [--rounds N] [--threads T] [--json FILE]

Prints the median of each and the median of the ratios of neighbouring rounds. Needs Debian's python3-torch."""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import torch
from torch import nn
import torch.nn.functional as F


def dense(sizes):
    layers = [nn.Flatten()]
    for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
        layers += [nn.Linear(a, b)] + ([nn.ReLU()] if i + 2 < len(sizes) else [])
    return layers


def lenet():
    return nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), *dense([400, 120, 84, 10]))


def vgg():
    conv = lambda a, b: [nn.Conv2d(a, b, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*conv(3, 32), *conv(32, 32), nn.MaxPool2d(2),
                         *conv(32, 64), *conv(64, 64), nn.MaxPool2d(2), *dense([4096, 256, 10]))


NETWORKS = {
    "MLP 784-512-256-10, batch 128": (lambda: nn.Sequential(*dense([784, 512, 256, 10])), (128, 1, 28, 28), 100),
    "MLP 784-512-256-10, batch 1": (lambda: nn.Sequential(*dense([784, 512, 256, 10])), (1, 1, 28, 28), 300),
    "LeNet-5 1x28x28, batch 64": (lenet, (64, 1, 28, 28), 60),
    "VGG-like 3x32x32, batch 64": (vgg, (64, 3, 32, 32), 6),
}


def torch_step(make, shape, steps, channels_last):
    """Seconds of one step: forward, backward, SGD."""
    torch.manual_seed(1)
    model, x = make(), torch.randn(shape)
    labels = torch.randint(0, 10, (shape[0],))
    if channels_last:
        model, x = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    sgd = torch.optim.SGD(model.parameters(), lr=1e-3)
    times = []
    for i in range(steps + 3):
        start = time.perf_counter()
        sgd.zero_grad(set_to_none=True)
        F.cross_entropy(model(x), labels).backward()
        sgd.step()
        if i >= 3:
            times.append(time.perf_counter() - start)
    return statistics.median(times)


def our_steps(program, threads):
    """Milliseconds of one step, by network, from the bench's own JSON lines."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "ours.json")
        subprocess.run([program, "--json", path], check=True, stdout=subprocess.DEVNULL,
                       env={**os.environ, "OMP_NUM_THREADS": str(threads)})
        with open(path, encoding="utf-8") as lines:
            entries = [json.loads(line) for line in lines]
    return {e["name"][:-len(", step")]: e["value"] for e in entries if e["name"].endswith(", step")}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--json")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    ours, theirs = {n: [] for n in NETWORKS}, {n: [] for n in NETWORKS}
    for _ in range(args.rounds):
        for name, value in our_steps(args.program, args.threads).items():
            ours[name].append(value)
        for name, (make, shape, steps) in NETWORKS.items():
            layouts = (False, True) if len(shape) == 4 and "MLP" not in name else (False,)
            theirs[name].append(1e3 * min(torch_step(make, shape, steps, c) for c in layouts))
    print(f"Training steps beside PyTorch {torch.__version__} (its faster layout), {args.threads} threads, "
          f"{args.rounds} rounds in turn, ms\n")
    print(f"  {'':34} {'ours':>10} {'PyTorch':>10} {'PyTorch / ours':>16}")
    for name in NETWORKS:
        ratio = statistics.median(t / o for o, t in zip(ours[name], theirs[name]))
        print(f"  {name:34} {statistics.median(ours[name]):10.3f} {statistics.median(theirs[name]):10.3f} {ratio:16.2f}")
        if args.json:
            with open(args.json, "a", encoding="utf-8") as out:
                for what, value in (("PyTorch", statistics.median(theirs[name])), ("ratio to PyTorch", ratio)):
                    print(json.dumps({"program": "torch", "name": f"{name}, {what}", "unit":
                                      "ms" if what == "PyTorch" else "PyTorch / ours", "value": value}), file=out)


if __name__ == "__main__":
    sys.exit(main())
