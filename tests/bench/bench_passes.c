/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* What is no contraction costs passes over memory: each operation's time in a plan, forward and backward, as
 * the rate at which the bytes go by that it cannot avoid, against that of a copy in the same run.
 *
 *     bench_passes [--json FILE] [--quick]         OMP_NUM_THREADS sets the threads */

#include "bench.h"
#include <wengert/wengert.h>
#include "ops/ops.h"
#include "plan/plan.h"

enum { RUNS = 30 };

typedef struct operation {
    const char *name;
    const wg_op *op;
    wg_shape shape;
    wg_var (*apply)(wg_params *p, wg_var x);
    double forward, backward; /* bytes that must go by, in sizes of x */
} operation;

static wg_var relu(wg_params *p, wg_var x)
{
    (void)p;
    return wg_relu(x);
}

static wg_var batch_norm(wg_params *p, wg_var x)
{
    return wg_layer_batch_norm(p, "norm", x, NULL);
}

static wg_var max_pool(wg_params *p, wg_var x)
{
    (void)p;
    return wg_max_pool2d(x, 2, NULL);
}

static wg_var avg_pool(wg_params *p, wg_var x)
{
    (void)p;
    return wg_avg_pool2d(x, 2, NULL);
}

static wg_var layer_norm(wg_params *p, wg_var x)
{
    return wg_layer_layer_norm(p, "norm", x, NULL);
}

static wg_var softmax(wg_params *p, wg_var x)
{
    (void)p;
    return wg_softmax(x, 1);
}

static wg_var log_softmax(wg_params *p, wg_var x)
{
    (void)p;
    return wg_log_softmax(x, 1);
}

static wg_var cross_entropy(wg_params *p, wg_var x)
{
    static int32_t labels[1 << 14];
    (void)p;
    size_t n = wg_shape_of(x).dim[0];
    for (size_t i = 0; i < n; i++)
        labels[i] = (int32_t)(i % wg_shape_of(x).dim[1]);
    return wg_cross_entropy(x, wg_input(wg_tape_of(x), WG_INTS(labels, n)), NULL);
}

/* ---- One step: the operation behind a parameter, and behind it what makes a loss of it -------------- */

typedef struct step {
    wg_tape *tape;
    wg_params *params;
    wg_plan *plan;
} step;

static step step_new(const operation *o)
{
    step s = {.tape = wg_tape_new(&(wg_tape_options){.dtype = WG_F32, .training = true}),
        .params = wg_params_new(&(wg_params_options){.dtype = WG_F32, .seed = 1})};
    const wg_init normal = wg_init_normal(1);
    wg_var x = wg_param(s.params, s.tape, "x", o->shape, &normal);
    wg_var y = o->apply(s.params, x);
    wg_error error = {0};
    wg_var loss = wg_count_of(y) == 1 ? y : wg_sum(wg_cumsum(wg_cumsum(y, 0), 0));
    s.plan = wg_plan_new(loss, &(wg_plan_options){.profile = true}, &error);
    if (!s.plan) {
        fprintf(stderr, "bench_passes: %s\n", error.message);
        exit(1);
    }
    return s;
}

static void step_free(step *s)
{
    wg_plan_free(s->plan);
    wg_tape_free(s->tape);
    wg_params_free(s->params);
}

/* The seconds of the operation in the last run; of its gradient. */
static double seconds_of(const wg_plan *plan, const wg_op *op, bool gradient)
{
    for (size_t k = 0; k < plan->program.call_count; k++) {
        const wg_call *call = &plan->program.calls[k];
        if (call->op == op && (call->kind == WG_CALL_GRADIENT) == gradient)
            return call->seconds;
    }
    return 0;
}

static double copy_seconds(float *to, const float *from, size_t count, int threads)
{
    double start = bench_now();
#pragma omp parallel for num_threads(threads) schedule(static)
    for (size_t i = 0; i < count; i += 1 << 14)
        memcpy(to + i, from + i, (count - i < 1 << 14 ? count - i : 1 << 14) * sizeof(float));
    return bench_now() - start;
}

static void row(bench *b, const operation *o, const char *way, double bytes, double seconds, double copy)
{
    char name[96];
    snprintf(name, sizeof name, "%s %s", o->name, way);
    printf("  %-36s %9.1f %9.1f %9.1f %9.1f %9.2f\n", name, bytes / 1048576, seconds * 1e6,
        bytes / seconds * 1e-9, copy * 1e-9, bytes / seconds / copy);
    bench_number(b, name, "GB/s", bytes / seconds * 1e-9);
}

static void measure(bench *b, const operation *o)
{
    step s = step_new(o);
    int threads = wg_tape_threads(s.tape), runs = b->seconds < 0.01 ? 2 : RUNS;
    double forward[RUNS], backward[RUNS], copy[RUNS];
    size_t count;
    wg_shape_count(&o->shape, &count);
    float *from = malloc(count * sizeof *from), *to = malloc(count * sizeof *to);
    memset(from, 1, count * sizeof *from), memset(to, 1, count * sizeof *to); /* pages of their own */
    for (int i = 0; i < runs; i++) {
        for (size_t k = 0; k < s.plan->program.call_count; k++)
            s.plan->program.calls[k].seconds = 0;
        if (wg_plan_run(s.plan) != WG_OK)
            exit(1);
        forward[i] = seconds_of(s.plan, o->op, false);
        backward[i] = seconds_of(s.plan, o->op, true);
        copy[i] = copy_seconds(to, from, count, threads);
    }
    double size = (double)count * sizeof(float);
    double rate = 2 * size / bench_median(copy, (size_t)runs);
    row(b, o, "forward", o->forward * size, bench_median(forward, (size_t)runs), rate);
    row(b, o, "backward", o->backward * size, bench_median(backward, (size_t)runs), rate);
    free(from), free(to);
    step_free(&s);
}

int main(int argc, char **argv)
{
    const wg_shape images = WG_SHAPE(64, 32, 32, 32), rows = WG_SHAPE(4096, 512), few = WG_SHAPE(1 << 14, 10);
    const operation operations[] = {
        {"relu", &wg__formula_ops[WG_CODE_relu], images, relu, 2, 3},
        {"batch norm", &wg__op_batch_norm, images, batch_norm, 3, 5},
        {"batch norm of rows", &wg__op_batch_norm, rows, batch_norm, 3, 5},
        {"max pool", &wg__op_max_pool2d, images, max_pool, 1.5, 1.5},
        {"mean pool", &wg__op_avg_pool2d, images, avg_pool, 1.25, 1.25},
        {"layer norm", &wg__op_layer_norm, rows, layer_norm, 2, 3},
        {"softmax", &wg__op_softmax, rows, softmax, 2, 3},
        {"log softmax", &wg__op_log_softmax, rows, log_softmax, 2, 3},
        {"cross-entropy, 512 classes", &wg__op_cross_entropy, rows, cross_entropy, 2, 2},
        {"cross-entropy, 10 classes", &wg__op_cross_entropy, few, cross_entropy, 2, 2},
    };
    bench b = bench_begin(argc, argv, "passes");
    printf("Passes over memory, float, in a plan: the bytes that must go by, and those of a copy of the "
           "operand\n\n");
    printf("  %-36s %9s %9s %9s %9s %9s\n", "", "MiB", "us", "GB/s", "a copy's", "ratio");
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        measure(&b, &operations[i]);
    return bench_end(&b);
}
