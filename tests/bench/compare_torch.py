#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Wengert authors
"""What bench_networks trains and bench_use predicts, in PyTorch, in turn with ours: ours, PyTorch, ours, PyTorch ...

    compare_torch.py FOLDER_OF_THE_BENCHES [--rounds N] [--threads T] [--json FILE]

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


class LastOfLSTM(nn.Module):
    """x [T, N, D]: as many samples as steps, so that the labels fit either."""
    def __init__(self):
        super().__init__()
        self.lstm, self.head = nn.LSTM(64, 128), nn.Linear(128, 10)

    def forward(self, x):
        return self.head(self.lstm(x)[0][-1])


NETWORKS = {
    "MLP 784-512-256-10, batch 128": (lambda: nn.Sequential(*dense([784, 512, 256, 10])), (128, 1, 28, 28), 100),
    "MLP 784-512-256-10, batch 1": (lambda: nn.Sequential(*dense([784, 512, 256, 10])), (1, 1, 28, 28), 300),
    "LeNet-5 1x28x28, batch 64": (lenet, (64, 1, 28, 28), 60),
    "VGG-like 3x32x32, batch 64": (vgg, (64, 3, 32, 32), 6),
    "LSTM 64-128, 32 steps, batch 32": (LastOfLSTM, (32, 32, 64), 60),
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


# The forward pass of one image, without gradients.
PREDICTIONS = {
    "MLP 784-512-256-10": lambda: nn.Sequential(*dense([784, 512, 256, 10])),
    "LeNet-5": lenet,
}


def torch_prediction(make, calls=1000):
    """Seconds of one call."""
    torch.manual_seed(1)
    model, x, times = make().eval(), torch.rand(1, 1, 28, 28), []
    with torch.inference_mode():
        for i in range(calls + 100):
            start = time.perf_counter()
            model(x)
            if i >= 100:
                times.append(time.perf_counter() - start)
    return statistics.median(times)


def our_numbers(program, threads):
    """What the bench's own JSON lines say, by name."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "ours.json")
        subprocess.run([program, "--json", path], check=True, stdout=subprocess.DEVNULL,
                       env={**os.environ, "OMP_NUM_THREADS": str(threads)})
        with open(path, encoding="utf-8") as lines:
            entries = [json.loads(line) for line in lines]
    return {e["name"]: e["value"] for e in entries}


def table(title, unit, ours, theirs, path):
    """Medians of the rounds, and of their ratios; also into the JSON file, if there is to be one."""
    print(f"{title}, {unit}\n\n  {'':34} {'ours':>10} {'PyTorch':>10} {'PyTorch / ours':>16}")
    for name in ours:
        ratio = statistics.median(t / o for o, t in zip(ours[name], theirs[name]))
        print(f"  {name:34} {statistics.median(ours[name]):10.3f} {statistics.median(theirs[name]):10.3f} {ratio:16.2f}")
        if path:
            with open(path, "a", encoding="utf-8") as out:
                for what, u, value in (("PyTorch", unit, statistics.median(theirs[name])),
                                       ("ratio to PyTorch", "PyTorch / ours", ratio)):
                    print(json.dumps({"program": "torch", "name": f"{name}, {what}", "unit": u, "value": value}),
                          file=out)
    print()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--json")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    ours, planned, theirs = ({n: [] for n in NETWORKS} for _ in range(3))
    our_uses, their_uses = {n: [] for n in PREDICTIONS}, {n: [] for n in PREDICTIONS}
    for _ in range(args.rounds):
        numbers = our_numbers(os.path.join(args.folder, "bench_networks"), args.threads)
        for name in NETWORKS:
            ours[name].append(numbers[f"{name}, step"])
            planned[name].append(numbers[f"{name}, planned step"])
        for name, (make, shape, steps) in NETWORKS.items():
            layouts = (False, True) if len(shape) == 4 and "MLP" not in name else (False,)
            theirs[name].append(1e3 * min(torch_step(make, shape, steps, c) for c in layouts))
        numbers = our_numbers(os.path.join(args.folder, "bench_use"), args.threads)
        for name in PREDICTIONS:
            our_uses[name].append(numbers[f"{name}, one image"])
        for name, make in PREDICTIONS.items():
            their_uses[name].append(1e6 * torch_prediction(make))
    print(f"Beside PyTorch {torch.__version__}, {args.threads} threads, {args.rounds} rounds in turn\n")
    table("Training steps (PyTorch in its faster layout)", "ms", ours, theirs, args.json)
    table("Training steps, ours planned", "ms", planned, theirs, args.json)
    table("Prediction of one image", "us", our_uses, their_uses, args.json)


if __name__ == "__main__":
    sys.exit(main())
