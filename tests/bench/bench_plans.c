/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Plans beside replay and sweep, where recordings are long: milliseconds of a value with its gradients, bytes,
 * and what making the plan takes. (Networks of a few kernels are in bench_networks.)
 *
 *     bench_plans [--json FILE] [--quick]         OMP_NUM_THREADS sets the threads */

#include <wengert/wengert.h>
#include "bench.h"

/* ---- Recordings ---------------------------------------------------------------------------------------- */

static wg_var draw(wg_tape *tape, uint64_t seed, double scale, wg_shape shape)
{
    size_t count = 0;
    wg_shape_count(&shape, &count);
    double *numbers = malloc((count + 1) * sizeof *numbers);
    wg_random r = {.seed = seed};
    for (size_t i = 0; i < count; i++)
        numbers[i] = scale * wg_random_normal(&r);
    wg_var x = wg_leaf(tape, wg_array_of(numbers, WG_F64, shape));
    free(numbers);
    return x;
}

/* One weight in each of `steps` steps: h = tanh(h W). */
static wg_var recurrence(wg_tape *tape, size_t steps)
{
    enum { WIDE = 256 };
    wg_var w = draw(tape, 1, 0.06, WG_SHAPE(WIDE, WIDE)), h = draw(tape, 2, 1, WG_SHAPE(1, WIDE));
    for (size_t i = 0; i < steps; i++)
        h = wg_tanh(wg_matmul(h, w));
    return wg_sum(h);
}

/* Each row of a [rows, 14] tensor is used by itself. */
static wg_var rows(wg_tape *tape, size_t count)
{
    wg_var x = draw(tape, 3, 1, WG_SHAPE(count, 14)), total = wg_const_scalar(tape, 0);
    for (size_t i = 0; i < count; i++)
        total = wg_add(total, wg_sum(wg_square(wg_select(x, 0, (ptrdiff_t)i))));
    return total;
}

/* ADBench's LSTM (Srajer, Kukelova and Fitzgibbon 2018): two layers, 14 characters, gates that multiply
 * element by element; all parameters are read by slices, in each step. */
enum { LAYERS = 2, CHARACTERS = 14 };

static wg_var part(wg_var x, size_t row, size_t i)
{
    return wg_slice(wg_select(x, 0, (ptrdiff_t)row), 0, (ptrdiff_t)(i * CHARACTERS),
        (ptrdiff_t)((i + 1) * CHARACTERS), 1);
}

static wg_var gate(wg_var x, wg_var main_part, size_t layer, size_t i)
{
    return wg_add(wg_mul(x, part(main_part, 2 * layer, i)), part(main_part, 2 * layer + 1, i));
}

static wg_var lstm(wg_tape *tape, size_t characters)
{
    wg_var main_part = draw(tape, 4, 0.5, WG_SHAPE(2 * LAYERS, 4 * CHARACTERS)),
           extra = draw(tape, 5, 0.5, WG_SHAPE(3, CHARACTERS)),
           text = draw(tape, 6, 1, WG_SHAPE(characters, CHARACTERS)), total = wg_const_scalar(tape, 0),
           hidden[LAYERS], cell[LAYERS];
    for (size_t k = 0; k < LAYERS; k++) {
        hidden[k] = draw(tape, 7 + k, 1, WG_SHAPE(CHARACTERS));
        cell[k] = draw(tape, 9 + k, 1, WG_SHAPE(CHARACTERS));
    }
    for (size_t t = 0; t + 1 < characters; t++) {
        wg_var x = wg_mul(wg_select(text, 0, (ptrdiff_t)t), wg_select(extra, 0, 0));
        for (size_t k = 0; k < LAYERS; k++) {
            wg_var forget = wg_sigmoid(gate(x, main_part, k, 0)),
                   in = wg_sigmoid(gate(hidden[k], main_part, k, 1)),
                   out = wg_sigmoid(gate(x, main_part, k, 2)),
                   change = wg_tanh(gate(hidden[k], main_part, k, 3));
            cell[k] = wg_add(wg_mul(cell[k], forget), wg_mul(in, change));
            x = hidden[k] = wg_mul(out, wg_tanh(cell[k]));
        }
        wg_var y = wg_add(wg_mul(x, wg_select(extra, 0, 1)), wg_select(extra, 0, 2)),
               norm = wg_log(wg_addc(wg_sum(wg_exp(y)), 2));
        total = wg_add(total, wg_sum(wg_mul(wg_select(text, 0, (ptrdiff_t)t + 1), wg_sub(y, norm))));
    }
    return wg_mulc(total, -1.0 / (double)characters);
}

/* Small tensors, four operations in turn. */
static wg_var tensors(wg_tape *tape, size_t nodes)
{
    wg_var x = draw(tape, 11, 1, WG_SHAPE(4)), y = x;
    for (size_t i = 0; i < nodes; i += 4)
        y = wg_add(wg_softmax(wg_sin(y), 0), wg_mul(y, x));
    return wg_sum(y);
}

static wg_var scalars(wg_tape *tape, size_t nodes)
{
    wg_var x = wg_scalar(tape, 0.4), y = x;
    for (size_t i = 0; i < nodes; i += 4)
        y = wg_addc(wg_sin(wg_mul(y, x)), 0.25);
    return y;
}

static const struct {
    const char *name;
    wg_var (*record)(wg_tape *tape, size_t size);
    size_t size, quick;
} recordings[] = {{"a 256 x 256 weight, 256 times", recurrence, 256, 4}, {"4,096 rows of 14", rows, 4096, 16},
    {"ADBench's LSTM, 1,024 characters", lstm, 1024, 4}, {"100,000 small tensors", tensors, 100000, 40},
    {"100,000 scalars", scalars, 100000, 40}};

/* ---- Measuring ------------------------------------------------------------------------------------------ */

typedef struct recording {
    wg_tape *tape;
    wg_var y;
    wg_plan *plan;
} recording;

static void eager(void *user)
{
    const recording *r = user;
    wg_replay(r->tape);
    wg_backward(r->y);
}

static void planned(void *user)
{
    const recording *r = user;
    wg_plan_run(r->plan);
}

/* Sums up what is there. */
static void *counting(void *user, void *memory, size_t old_size, size_t new_size)
{
    size_t *bytes = user;
    *bytes += new_size - old_size;
    if (new_size)
        return realloc(memory, new_size);
    free(memory);
    return NULL;
}

static void measure(bench *b, size_t which, bool quick)
{
    size_t bytes = 0, before = 0;
    char name[128];
    wg_tape_options options = {.allocator = {counting, &bytes}};
    recording r = {.tape = wg_tape_new(&options)};
    r.y = recordings[which].record(r.tape, quick ? recordings[which].quick : recordings[which].size);
    size_t nodes = wg_tape_node_count(r.tape);
    double making[3], t[2];
    for (int i = 0; i < 3; i++) {
        wg_plan_free(r.plan);
        before = bytes;
        double start = bench_now();
        r.plan = wg_plan_new(r.y, NULL, NULL);
        making[i] = bench_now() - start;
    }
    size_t own = bytes - before - wg_plan_bytes(r.plan);
    bench_run(b, 2, (bench_work *const[]){eager, planned}, (void *const[]){&r, &r}, t);
    double make = bench_median(making, 3), mega = 1.0 / 1048576;
    printf("  %-34s %8zu %9.2f %9.2f %6.2f  %8.2f %8.2f %8.2f  %9.2f %7.2f\n", recordings[which].name, nodes,
        t[0] * 1e3, t[1] * 1e3, t[1] / t[0], (double)wg_tape_bytes(r.tape) * mega,
        (double)wg_plan_bytes(r.plan) * mega, (double)own * mega, make * 1e3, make * 1e6 / (double)nodes);
    const char *what[] = {"replay and sweep", "planned", "making the plan"};
    const double ms[] = {t[0] * 1e3, t[1] * 1e3, make * 1e3};
    for (size_t i = 0; i < sizeof ms / sizeof ms[0]; i++) {
        snprintf(name, sizeof name, "%s, %s", recordings[which].name, what[i]);
        bench_number(b, name, "ms", ms[i]);
    }
    wg_plan_free(r.plan);
    wg_tape_free(r.tape);
}

int main(int argc, char **argv)
{
    bench b = bench_begin(argc, argv, "plans");
    bool quick = b.seconds < 0.01;
    printf("A value with its gradients, double: replayed and swept, planned\n\n  %-34s %8s %9s %9s %6s  %26s "
           " %9s %7s\n",
        "", "nodes", "swept ms", "planned", "ratio", "MiB: tape, block, plan", "making ms", "us/node");
    for (size_t i = 0; i < sizeof recordings / sizeof recordings[0]; i++)
        measure(&b, i, quick);
    printf("\nplan: what a plan takes beside its block\n");
    return bench_end(&b);
}
