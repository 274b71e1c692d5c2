/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* How the cost of a planned training step grows with batch, width, depth and threads: milliseconds, the ratio
 * to the line before, and the arithmetic done in a second.
 *
 *     bench_scaling [--json FILE] [--quick]         OMP_NUM_THREADS sets the threads */

#include "bench.h"
#include "step.h"

enum { MOST = 16 };

typedef struct row {
    char name[64];
    network net;
    size_t batch;
    int threads;
    double flops; /* of a step; 0: not known */
} row;

/* Measures the rows in turn, so that a ratio is not one of two moods of the machine. */
static void measure(bench *b, const char *title, const row *rows, size_t count)
{
    double seconds[MOST];
    step *steps[MOST];
    bench_work *work[MOST];
    for (size_t i = 0; i < count; i++) {
        steps[i] = step_new(&rows[i].net, STEP_PLANNED, rows[i].batch, rows[i].threads, (wg_allocator){0});
        work[i] = step_run;
    }
    bench_run(b, count, work, (void *const *)steps, seconds);
    printf("\n  %-34s %9s %9s %9s %9s\n", title, "ms", "ratio", "GFLOP/s", "MiB");
    for (size_t i = 0; i < count; i++) {
        double mib = (double)wg_plan_bytes(steps[i]->plan) / 1048576;
        printf("  %-34s %9.3f", rows[i].name, 1e3 * seconds[i]);
        if (i)
            printf(" %9.2f", seconds[i] / seconds[i - 1]);
        printf("%*s%9.1f %9.2f\n", i ? 1 : 11, "", rows[i].flops / seconds[i] * 1e-9, mib);
        char name[128];
        snprintf(name, sizeof name, "%s, %s", title, rows[i].name);
        bench_number(b, name, "ms", 1e3 * seconds[i]);
        step_free(steps[i]);
    }
}

static double flops_of(const network *net, size_t batch)
{
    static yard y;
    yard_begin(&y, 1, true);
    net->arithmetic(&y, batch);
    yard_end(&y);
    return y.flops;
}

static void by_batch(bench *b, const char *key)
{
    const network *net = network_named(key);
    row rows[MOST];
    size_t count = 0;
    for (size_t batch = 1; batch <= 1024; batch *= 2, count++) {
        rows[count] = (row){.net = *net, .batch = batch, .flops = flops_of(net, batch)};
        snprintf(rows[count].name, sizeof rows[count].name, "batch %zu", batch);
    }
    char title[64];
    snprintf(title, sizeof title, "%.*s, by batch", (int)strcspn(net->name, " "), net->name);
    measure(b, title, rows, count);
}

/* Three products a layer, two for the first. */
static row tower(size_t width, size_t depth)
{
    enum { BATCH = 128, PIXELS = 784 };
    double in = PIXELS * (double)width, hidden = (double)(depth - 1) * (double)(width * width);
    row r = {.net = {.channels = 1, .size = 28, .apply = apply_tower, .width = width, .depth = depth},
        .batch = BATCH,
        .flops = 2.0 * BATCH * (2 * in + 3 * hidden + 3 * 10 * (double)width)};
    snprintf(r.name, sizeof r.name, "%zu hidden of %zu", depth, width);
    return r;
}

static void by_width_and_depth(bench *b)
{
    row rows[MOST];
    size_t count = 0;
    for (size_t width = 64; width <= 2048; width *= 2)
        rows[count++] = tower(width, 2);
    measure(b, "MLP, batch 128, by width", rows, count);
    count = 0;
    for (size_t depth = 1; depth <= 32; depth *= 2)
        rows[count++] = tower(256, depth);
    measure(b, "MLP, batch 128, by depth", rows, count);
}

static void by_threads(bench *b, int most)
{
    for (size_t n = 0; n < TRAINED; n++) {
        row rows[MOST];
        size_t count = 0;
        for (int threads = 1; threads <= most && count < MOST; threads *= 2, count++) {
            rows[count] = (row){
                .net = networks[n], .threads = threads, .flops = flops_of(&networks[n], networks[n].batch)};
            snprintf(rows[count].name, sizeof rows[count].name, "threads %d", threads);
        }
        char title[64];
        snprintf(title, sizeof title, "%s, by threads", networks[n].key);
        measure(b, title, rows, count);
    }
}

int main(int argc, char **argv)
{
    bench b = bench_begin(argc, argv, "scaling");
    wg_tape *tape = wg_tape_new(NULL);
    int threads = wg_tape_threads(tape);
    wg_tape_free(tape);
    b.seconds /= 4;
    printf("Planned training steps, float, %d threads: how cost grows; MiB of the plan\n", threads);
    by_batch(&b, "mlp128");
    by_batch(&b, "lenet");
    by_width_and_depth(&b);
    by_threads(&b, threads);
    return bench_end(&b);
}
