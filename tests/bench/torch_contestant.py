#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Wengert authors
"""PyTorch among the contestants of compare.py: the networks of networks.h, by the questions of contestant.h.

Works: recorded (a training step: forward, backward, SGD) and predict (the logits, in inference mode), either with
"-channels-last" behind it. Needs python3-torch."""
import os
import statistics
import sys
import time

import torch
from torch import nn
import torch.nn.functional as F


def dense(*sizes):
    layers = [nn.Flatten()]
    for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
        layers += [nn.Linear(a, b)] + ([nn.ReLU(inplace=True)] if i + 2 < len(sizes) else [])
    return layers


def mlp():
    return nn.Sequential(*dense(784, 512, 256, 10))


def lenet():
    return nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(2),
                         nn.Conv2d(6, 16, 5), nn.ReLU(inplace=True), nn.MaxPool2d(2), *dense(400, 120, 84, 10))


def vgg():
    conv = lambda a, b: [nn.Conv2d(a, b, 3, padding=1), nn.ReLU(inplace=True)]
    return nn.Sequential(*conv(3, 32), *conv(32, 32), nn.MaxPool2d(2),
                         *conv(32, 64), *conv(64, 64), nn.MaxPool2d(2), *dense(4096, 256, 10))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.head = nn.Conv2d(3, 64, 1), nn.Linear(64, 10)
        self.conv1, self.conv2 = (nn.Conv2d(64, 64, 3, padding=1, bias=False) for _ in range(2))
        self.norm1, self.norm2 = nn.BatchNorm2d(64), nn.BatchNorm2d(64)

    def forward(self, x):
        x = self.stem(x)
        y = F.relu(self.norm1(self.conv1(x)), inplace=True)
        return self.head(F.relu(self.norm2(self.conv2(y)) + x, inplace=True).mean((2, 3)))


class LSTM(nn.Module):
    """x [T, N, D]; a label for each sequence, from the last state."""

    def __init__(self):
        super().__init__()
        self.lstm, self.head = nn.LSTM(64, 128), nn.Linear(128, 10)

    def forward(self, x):
        return self.head(self.lstm(x)[0][-1])


# What makes the network; the shape of x, its batch left out, and which axis the batch is.
NETWORKS = {"mlp128": (mlp, 128, (1, 28, 28), 0), "mlp1": (mlp, 1, (1, 28, 28), 0),
            "lenet": (lenet, 64, (1, 28, 28), 0), "vgg": (vgg, 64, (3, 32, 32), 0),
            "block": (Block, 64, (3, 16, 16), 0), "lstm": (LSTM, 32, (32, 64), 1)}


def make(subject, work, batch):
    """A function that does the work once, or None."""
    if subject not in NETWORKS or work.replace("-channels-last", "") not in ("recorded", "predict"):
        return None
    network, own, shape, axis = NETWORKS[subject]
    n = batch or own
    torch.manual_seed(1)
    model, x = network(), torch.randn(shape[:axis] + (n,) + shape[axis:])
    if work.endswith("-channels-last"):
        if subject not in ("lenet", "vgg", "block"):
            return None
        model, x = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    labels = torch.randint(0, 10, (n,))
    sgd = torch.optim.SGD(model.parameters(), lr=1e-3)

    def train():
        sgd.zero_grad(set_to_none=True)
        F.cross_entropy(model(x), labels).backward()
        sgd.step()

    def predict():
        with torch.inference_mode():
            model(x)

    if work.startswith("predict"):
        model.eval()
        return predict
    return train


def measure(run, seconds):
    run()
    samples, begin = [], time.perf_counter()
    now = begin
    while now - begin < seconds or len(samples) < 3:
        start = now
        run()
        now = time.perf_counter()
        samples.append(now - start)
    return statistics.median(samples)


def status(what):
    with open("/proc/self/status", encoding="ascii") as lines:
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith(what))


def memory(subject, work, batch):
    for subject, batch in (("lenet", 1), (subject, batch)):  # the first wakes the libraries
        with open("/proc/self/clear_refs", "w", encoding="ascii") as reset:
            reset.write("5")
        before = status("VmRSS:")
        run = make(subject, work, batch)
        for _ in range(3):
            run()
        grown = status("VmHWM:") - before
    return grown


def main():
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count())))
    kept, now = {}, None
    for line in sys.stdin:
        verb, subject, work, batch, *seconds = line.split()
        answer = None
        if verb == "tell" and subject == "version":
            answer = torch.__version__
        elif verb == "memory":
            answer = memory(subject, work, int(batch))
        elif verb == "time":
            if subject != now:
                kept, now = {}, subject
            if (work, batch) not in kept:
                kept[work, batch] = make(subject, work, int(batch))
            if kept[work, batch]:
                answer = measure(kept[work, batch], float(seconds[0]))
        print("none" if answer is None else answer, flush=True)


if __name__ == "__main__":
    main()
