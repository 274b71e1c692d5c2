#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Wengert authors
"""Ours beside its peers on this machine: training steps, memory, predictions, scalar programs.

    compare.py [--only NETWORK,...] [--tables NAME,...] [--rounds N] [--threads T] [--json FILE] [--chart FILE.svg]
               [--quick] [FOLDER_OF_THE_BENCHES]

Every contestant is a process of its own with the same environment, asked in turn, round by round; what is printed
are medians, and medians of the rounds' ratios. Run it on a machine that does nothing else: it takes three minutes.

Peers are those that are there: PyTorch (Debian's python3-torch), jemalloc beneath it (libjemalloc2), ADOL-C
(libadolc-dev), CppAD (found by pkg-config); kann, CoDiPack and ggml where -Dkann=FOLDER, -Dcodipack=FOLDER
and -Dggml=PREFIX, options of `meson setup`, say where they are."""
import argparse
import json
import os
import statistics
import subprocess

import contest

# Key, name, and what we aim at: our planned step over its library calls; PyTorch, kann and ggml over ours.
NETWORKS = {
    "mlp128": ("MLP 784-512-256-10, batch 128", {"calls": 1.15, "PyTorch": 1.6, "kann": 1.4, "ggml": 1.4}),
    "mlp1": ("MLP 784-512-256-10, batch 1", {"PyTorch": 3, "kann": 1.7, "ggml": 1.7}),
    "lenet": ("LeNet-5 1x28x28, batch 64", {"calls": 0.65, "PyTorch": 4, "kann": 1, "ggml": 1}),
    "vgg": ("VGG-like 3x32x32, batch 64", {"calls": 1.05, "PyTorch": 1.35, "kann": 1}),
    "block": ("residual block 64x16x16, batch 64", {"calls": 1.05, "PyTorch": 1.35}),
    "lstm": ("LSTM 64-128, 32 steps, batch 32", {"calls": 1.3, "PyTorch": 4, "kann": 2.1}),
}
GROUPS = {"mlp128": "MLP", "mlp1": "MLP, one image", "lenet": "LeNet-5", "vgg": "VGG-like", "block": "residual block",
          "lstm": "LSTM"}
RECORDED = ("recorded", "recorded-channels-last")
PREDICT = ("predict", "predict-channels-last")
PROGRAMS = {"neuron": "logistic neuron (8 ops)", "product": "product of 1000", "rosenbrock": "Rosenbrock, n = 1000",
            "network": "tanh MLP 2-16-16-1, 100 samples"}


class Report:
    """Tables for people, and each number as a line of JSON for programs."""

    def __init__(self, path):
        self.file = open(path, "a", encoding="utf-8") if path else None

    def number(self, name, unit, value):
        if self.file and value is not None:
            print(json.dumps({"program": "compare", "name": name, "unit": unit, "value": value}), file=self.file)

    @staticmethod
    def row(name, cells, width=12):
        print(f"  {name:34}" + "".join(f" {cell:>{width}}" for cell in cells))


def shown(value, digits=3):
    return "-" if value is None else f"{value:.{digits}f}"


def with_aim(value, aim):
    """The ratio, and in brackets what we aim at."""
    return "-" if value is None else f"{value:.2f}" + (f" ({aim:g})" if aim else "")


def entries(families, ours, theirs):
    """Who is asked for what, in the order of the turns."""
    return ([(families["ours"][0], work) for work in ours] +
            [(c, work) for family, members in families.items() if family != "ours" for c in members for work in theirs])


def compared(families, args, key, ours, theirs, seconds, batch=0):
    """Asks for a network by `ours`, (recorded, planned, library calls), and `theirs`. The median seconds by column;
    the ratio of planned to calls, and of each family to planned; the way in which each family was fastest."""
    times = contest.in_turn(args.rounds, seconds, entries(families, ours, theirs), key, batch)
    columns = {work: t for (c, work), t in times.items() if c in families["ours"]}
    best = {family: contest.best(times, members, theirs) for family, members in families.items() if family != "ours"}
    planned, calls = columns[ours[1]], columns.get(ours[2])
    ratios = {family: contest.ratio(way[1], planned) for family, way in best.items() if way}
    if calls:
        ratios["calls"] = contest.ratio(planned, calls)
    columns.update({family: way[1] for family, way in best.items() if way})
    medians = {column: statistics.median(t) for column, t in columns.items()}
    return medians, ratios, [way[0] for way in best.values() if way]


def report_compared(report, name, unit, columns, ratios):
    for column, value in columns.items():
        report.number(f"{name}, {column}", unit, value)
    for who, value in ratios.items():
        pair = "planned over calls" if who == "calls" else f"{who} over planned"
        report.number(f"{name}, {pair}", "ratio", value)


def large_product(families, args):
    """FLOP/s of one large product: ours or the library's, whichever is faster."""
    ours = families["ours"][0]
    times = contest.in_turn(args.rounds, args.seconds, [(ours, "predict-planned"), (ours, "predict-calls")], "gemm")
    return ours.ask("tell", "gemm", "predict-flops", 0) / min(statistics.median(t) for t in times.values())


def training(families, args, report, rate):
    others = [f for f in families if f != "ours"]
    ours = ("recorded", "planned", "calls")
    print("Training steps: forward, backward, SGD; float; ms. Peers in their fastest way (below); aims in brackets\n")
    report.row("", [*ours, *others, "/ calls", *(f"{f} /" for f in others), "GFLOP/s", "of GEMM"])
    ways, found = [], {}
    for key in args.subjects:
        name, aims = NETWORKS[key]
        seconds, ratios, way = compared(families, args, key, ours, RECORDED, args.seconds)
        found[key] = {column: 1e3 * value for column, value in seconds.items()}
        flops = families["ours"][0].ask("tell", key, "flops", 0) / seconds["planned"]
        report.row(name, [shown(found[key].get(column)) for column in (*ours, *others)] +
                   [with_aim(ratios.get(who), aims.get(who)) for who in ("calls", *others)] +
                   [shown(flops * 1e-9, 1), f"{100 * flops / rate:.0f} %"])
        report_compared(report, name, "ms", found[key], ratios)
        ways.append(f"  {name:34} " + "; ".join(way))
    print("\n" + "\n".join(ways) + "\n")
    if args.chart:
        chart(args.chart, found, args)


def predictions(families, args, report):
    others = [f for f in families if f != "ours"]
    columns = {"predict": "wg_predict", "predict-planned": "planned", "predict-calls": "calls"}
    print("Predictions, without gradients: microseconds\n")
    report.row("", [*columns.values(), *others, "/ calls", *(f"{f} /" for f in others)])
    for key in args.subjects:
        for batch in (0, 1) if "mlp" not in key else (0,):
            name, aims = NETWORKS[key]
            name = name.rsplit(", ", 1)[0] + ", one" if batch else name
            seconds, ratios, _ = compared(families, args, key, tuple(columns), PREDICT, args.seconds / 2, batch)
            us = {columns.get(column, column): 1e6 * value for column, value in seconds.items()}
            report.row(name, [shown(us.get(column), 1) for column in (*columns.values(), *others)] +
                       [with_aim(ratios.get(who), who in others and aims.get(who)) for who in ("calls", *others)])
            report_compared(report, f"{name}, prediction", "us", us, ratios)
    print()


def memory(families, args, report):
    """Each in a process of its own, which has run a small network before: what it grows by, at most."""
    print("Memory of a training step, MiB: growth of the process, its making included; what the plan says beforehand;\n"
          "the same with parameters, gradients and inputs; a lower bound: these and what the backward pass must find\n")
    others = [f for f in families if f != "ours"]
    report.row("", ["recorded", "planned", *others, "plan", "and all", "bound", *(f"{f} /" for f in others)])
    ours = families["ours"][0]
    for key in args.subjects:
        name, mib = NETWORKS[key][0], {}
        for family, members in families.items():
            for work in ("recorded", "planned") if family == "ours" else RECORDED[:1]:
                members[0].end()
                grown = members[0].ask("memory", key, work, 0)
                mib[family if family != "ours" else work] = grown / 2**20 if grown is not None else None
        plan, parameters, inputs, kept = (ours.ask("tell", key, what, 0) / 2**20
                                          for what in ("plan", "parameters", "inputs", "activations"))
        mib.update({"plan": plan, "plan and all": plan + 2 * parameters + inputs, "bound": 2 * parameters + kept})
        ratios = [mib[f] / mib["planned"] if mib[f] else None for f in others]
        report.row(name, [shown(mib[w], 1) for w in ("recorded", "planned", *others, "plan", "plan and all", "bound")] +
                   [with_aim(r, None) for r in ratios])
        for what, value in mib.items():
            report.number(f"{name}, memory, {what}", "MiB", value)
    print()


def figures(families, args, report, rate):
    """What is measured once: the large product, backward over forward, an epoch."""
    ours = families["ours"][0]
    print(f"One product 1024x1024x1024: {rate * 1e-9:.1f} GFLOP/s")
    report.number("product 1024x1024x1024", "GFLOP/s", rate * 1e-9)
    times = contest.in_turn(args.rounds, args.seconds, [(ours, "forward"), (ours, "gradient")], "mlp128")
    back = statistics.median((g - f) / f for f, g in zip(times[ours, "forward"], times[ours, "gradient"]))
    print(f"Backward over forward, MLP, batch 128, planned: {back:.2f} (at most 2)")
    report.number("MLP, backward over forward", "ratio", back)
    for key, aim in (("vgg", 3.5), ("block", 2.5)):
        times = contest.in_turn(args.rounds, args.seconds, [(ours, "planned"), (ours, "planned-bf16")], key)
        faster = contest.ratio(times[ours, "planned"], times[ours, "planned-bf16"])
        print(f"bfloat16, {NETWORKS[key][0]}: {faster:.2f} times as fast ({aim}, where the processor multiplies it)")
        report.number(f"{NETWORKS[key][0]}, float over bfloat16", "ratio", faster)
    if not args.quick:
        epoch = ours.ask("time", "lenet", "epoch", 0, 0)
        print(f"An epoch of LeNet, wg_fit, 60,000 images, batches of 64: {epoch:.2f} s (1.2)")
        report.number("epoch of LeNet", "s", epoch)
    print()


def scalars(args, report):
    """The table of scalar programs; all contestants must have found the same gradient."""
    tapes = contest.scalar_contestants(args.folder, args.threads)
    others = [name for name in tapes if name != "ours"]
    print("Scalar programs, one thread, us: value in plain C; value and gradient by hand, by a tape recorded anew, by\n"
          "one replayed, by our plan. Aims in brackets: 2.3 ns per step, and half of CppAD's replay\n")
    ways = [(tapes["ours"], work) for work in ("value", "by-hand", "record", "replay", "planned")]
    ways += [(tapes[name], work) for name in others for work in ("record", "replay")]
    shown_ways = [way for way in ways if way[1] != "replay" or way[0].ask("tell", "neuron", "replay", 0) is not None]
    report.row("", ["plain C" if w == "value" else w if c.name == "ours" else f"{c.name} {w[:3]}"
                    for c, w in shown_ways] + ["ns per step", "CppAD /"])
    for key, name in PROGRAMS.items():
        times = contest.in_turn(args.rounds, args.seconds / 4, shown_ways, key)
        sums = {(c.name, w): c.ask("tell", key, w, 0) for c, w in shown_ways if w != "value"}
        for (peer, work), found in sums.items():
            if abs(found - sums["ours", "by-hand"]) > 1e-9 * max(1, abs(found)):
                raise SystemExit(f"{name}: the gradients differ, {peer} by {work}")
        planned = times[tapes["ours"], "planned"]
        step = 1e9 * statistics.median(planned) / tapes["ours"].ask("tell", key, "steps", 0)
        theirs = times.get((tapes.get("CppAD"), "replay"))
        ahead = contest.ratio(theirs, planned) if theirs else None
        report.row(name, [shown(1e6 * statistics.median(times[way])) for way in shown_ways] +
                   [with_aim(step, 2.3), with_aim(ahead, 2)])
        for contestant, work in shown_ways:
            us = 1e6 * statistics.median(times[contestant, work])
            report.number(f"{name}, {contestant.name}, {work}", "us", us)
        report.number(f"{name}, ours, planned per step", "ns", step)
        report.number(f"{name}, CppAD replay over our plan", "ratio", ahead)
    for tape in tapes.values():
        tape.end()
    print()


def chart(path, found, args):
    """Bars of what each takes, as multiples of our planned step, drawn by our own plot."""
    others = sorted({who for ms in found.values() for who in ms} - {"planned", "recorded", "calls"})
    bars = {"planned": "Wengert, planned", "recorded": "Wengert, recorded", **{who: who for who in others}}
    lines = ["\t".join(bars.values())]
    for key, ms in found.items():
        multiples = [ms[who] / ms["planned"] if who in ms else "nan" for who in bars]
        lines.append("\t".join(map(str, [GROUPS[key], *multiples])))
    subprocess.run([f"{args.folder}/bench_chart", path], input="\n".join(lines) + "\n", text=True, check=True)
    print(f"{path} shows the training steps, as multiples of our planned ones\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", default="build-bench/tests/bench")
    parser.add_argument("--only", help=f"networks, of {','.join(NETWORKS)}")
    parser.add_argument("--tables", default="training,predictions,memory,figures,scalars", help="which, by name")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", help="a file to add the numbers to")
    parser.add_argument("--quick", action="store_true", help="one short round: does it run?")
    parser.add_argument("--chart", help="an SVG file to draw")
    args = parser.parse_args()
    args.subjects = args.only.split(",") if args.only else list(NETWORKS)
    if set(args.subjects) - set(NETWORKS):
        parser.error(f"no network of that name: {args.only}")
    args.rounds, args.seconds = (1, 1e-3) if args.quick else (args.rounds, 0.15)
    tables = args.tables.split(",")
    report = Report(args.json)
    print(f"{args.threads} threads, {args.rounds} rounds in turn\n")
    families = contest.contestants(args.folder, args.threads)
    if set(tables) & {"training", "figures"}:
        rate = large_product(families, args)
    if "training" in tables:
        training(families, args, report, rate)
    if "predictions" in tables:
        predictions(families, args, report)
    if "memory" in tables:
        memory(families, args, report)
    if "figures" in tables:
        figures(families, args, report, rate)
    for contestant in sum(families.values(), []):
        contestant.end()
    if "scalars" in tables:
        scalars(args, report)


if __name__ == "__main__":
    main()
