/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The scalar tape: nanoseconds and bytes per step, and four scalar programs beside plain C. */

#include "bench.h"
#include "scalar_works.h"

/* From the gradient written by hand. */
static double worst_difference(state *s, bench_work *work)
{
    double *hand = malloc(s->p->n * sizeof *hand), worst = 0;
    s->p->by_hand(s->x, hand, s->p->n);
    work(s);
    for (size_t i = 0; i < s->p->n; i++)
        worst = fmax(worst, fabs(hand[i] - s->gradient[i]) / fmax(1, fabs(hand[i])));
    free(hand);
    return worst;
}

static void print_times(bench *b, const program *p, double steps, const double *t, double difference)
{
    static const char *const what[] = {"value", "by hand", "record + sweep", "replay + sweep", "planned run"};
    char name[128];
    printf("  %-32s %7.0f  %9.3f  %9.3f  %9.3f %5.1f  %9.3f %5.1f  %9.3f %5.1f  %8.1e\n", p->name, steps,
        t[0] * 1e6, t[1] * 1e6, t[2] * 1e6, t[2] / t[1], t[3] * 1e6, t[3] / t[1], t[4] * 1e6, t[4] / t[1],
        difference);
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "%s, %s", p->name, what[i]);
        bench_number(b, name, "us", t[i] * 1e6);
    }
}

static void print_steps(bench *b, const program *p, double steps, const double *t, const double *u)
{
    static const char *const what[] = {"record", "sweep", "replay", "planned run"};
    double all[] = {u[0], u[1], u[2], t[4]};
    char name[128];
    printf("  %-32s %7.0f  %7.2f %7.2f %7.2f   %7.2f %7.2f  %11.2f\n", p->name, steps, u[0] / steps * 1e9,
        u[1] / steps * 1e9, u[2] / steps * 1e9, t[2] / steps * 1e9, t[3] / steps * 1e9, t[4] / steps * 1e9);
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s, %s per step", p->name, what[i]);
        bench_number(b, name, "ns", all[i] / steps * 1e9);
    }
}

/* The times of one program, or of its steps. */
static void measure(bench *b, const program *p, bool per_step)
{
    state s = state_new(p);
    double t[5], u[3];
    double difference = fmax(worst_difference(&s, record_and_sweep), worst_difference(&s, planned_run));
    bench_run(b, 5, (bench_work *const[]){value, by_hand, record_and_sweep, replay_and_sweep, planned_run},
        (void *const[]){&s, &s, &s, &s, &s}, t);
    double steps = (double)wg_tape_node_count(s.tape);
    if (!per_step) {
        print_times(b, p, steps, t, difference);
    } else {
        state r = s; /* records on its own, so that the sweep keeps its node */
        bench_run(b, 3, (bench_work *const[]){record, sweep, replay}, (void *const[]){&r, &s, &s}, u);
        print_steps(b, p, steps, t, u);
    }
    state_free(&s);
}

/* Bytes per step of a long tape, swept: steps, codes, adjoints, reach. */
static void bytes(bench *b)
{
    enum { STEPS = 1 << 20 };
    wg_tape *tape = wg_tape_new(NULL);
    wg_var y = wg_scalar(tape, 1);
    for (size_t i = 1; i < STEPS; i++)
        y = wg_neg(y);
    double recorded = (double)wg_tape_bytes(tape) / STEPS;
    wg_backward(y);
    double swept = (double)wg_tape_bytes(tape) / STEPS;
    printf("\nBytes per scalar step: %.1f recorded, %.1f with adjoints\n", recorded, swept);
    bench_number(b, "recorded", "bytes per step", recorded);
    bench_number(b, "with adjoints", "bytes per step", swept);
    wg_tape_free(tape);
}

int main(int argc, char **argv)
{
    bench b = bench_begin(argc, argv, "scalar");
    printf("Scalar programs: value and gradient, us (and as a multiple of the gradient written by hand)\n\n");
    printf("  %-32s %7s  %9s  %9s  %15s  %15s  %15s  %8s\n", "", "steps", "value", "by hand",
        "record + sweep", "replay + sweep", "planned run", "error");
    for (size_t i = 0; i < PROGRAMS; i++)
        measure(&b, &programs[i], false);
    printf("\nThe tape: ns per step\n\n  %-32s %7s  %7s %7s %7s   %7s %7s  %11s\n", "", "steps", "record",
        "sweep", "replay", "rec+swp", "rep+swp", "planned run");
    for (size_t i = 0; i < PROGRAMS; i++)
        measure(&b, &programs[i], true);
    bytes(&b);
    return bench_end(&b);
}
