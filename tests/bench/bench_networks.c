/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Training steps (forward, backward, SGD; float): milliseconds, as a multiple of the step's matrix products
 * and convolutions called alone (yardstick.h), and requests of memory per step through our hook.
 *
 *     bench_networks [--json FILE] [--quick]         OMP_NUM_THREADS sets the threads */

#include "bench.h"
#include "step.h"

/* Counts requests and passes them on. */
static void *counting(void *user, void *memory, size_t old_size, size_t new_size)
{
    (void)old_size;
    if (new_size == 0) {
        free(memory);
        return NULL;
    }
    ++*(size_t *)user;
    return realloc(memory, new_size);
}

static void number(bench *b, const network *n, const char *what, const char *unit, double value)
{
    char name[128];
    snprintf(name, sizeof name, "%s, %s", n->name, what);
    bench_number(b, name, unit, value);
}

static void measure(bench *b, const network *n)
{
    size_t requests = 0, of_plan = 0;
    step *s = step_new(n, STEP_RECORDED, 0, 0, (wg_allocator){counting, &requests});
    step *p = step_new(n, STEP_PLANNED, 0, 0, (wg_allocator){counting, &of_plan});
    static yard y;
    yard_begin(&y, wg_tape_threads(s->tape), true);
    n->arithmetic(&y, n->batch);
    step_run(s), step_run(s);
    size_t before = requests, planned_before = of_plan;
    step_run(s), step_run(p); /* the first run */
    double each = (double)(requests - before), planned_each = (double)(of_plan - planned_before), t[3];
    bench_run(b, 3, (bench_work *const[]){step_run, step_run, yard_run}, (void *const[]){s, p, &y}, t);
    double tape = (double)wg_tape_bytes(s->tape) / 1048576, block = (double)wg_plan_bytes(p->plan) / 1048576;
    printf("  %-32s %9.3f %9.3f %9.3f", n->name, t[0] * 1e3, t[1] * 1e3, y.complete ? t[2] * 1e3 : 0);
    printf(y.complete ? " %6.2f %6.2f" : "      -      -", t[0] / t[2], t[1] / t[2]);
    printf(" %8.1f  %4.0f %4.0f  %8.2f %8.2f\n", y.flops / t[1] * 1e-9, each, planned_each, tape, block);
    number(b, n, "step", "ms", t[0] * 1e3);
    number(b, n, "planned step", "ms", t[1] * 1e3);
    if (y.complete)
        number(b, n, "library calls", "ms", t[2] * 1e3);
    number(b, n, "requests per step", "requests", each);
    number(b, n, "requests per planned step", "requests", planned_each);
    number(b, n, "memory of the tape", "MiB", tape);
    number(b, n, "memory of the plan", "MiB", block);
    yard_end(&y);
    step_free(s), step_free(p);
}

int main(int argc, char **argv)
{
    bench b = bench_begin(argc, argv, "networks");
    wg_tape *tape = wg_tape_new(NULL);
    printf("Training steps, float, %d threads, ms: recorded, planned, and their library calls alone\n\n",
        wg_tape_threads(tape));
    wg_tape_free(tape);
    printf("  %-32s %9s %9s %9s %13s %8s  %9s  %17s\n", "", "recorded", "planned", "calls", "of the calls",
        "GFLOP/s", "requests", "MiB");
    for (size_t i = 0; i < TRAINED; i++)
        measure(&b, &networks[i]);
    printf(
        "\nin pairs: recorded, planned. requests: of memory, through our hook, by one step after the second "
        "(the first); MiB: of the tape, of the plan\n");
    return bench_end(&b);
}
