/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The scalar tape: nanoseconds and bytes per step, and four scalar programs beside plain C.
 *
 * Each program is there three times: its value in plain C; value and gradient written out by hand; recorded
 * on a tape. "record + sweep" makes the tape anew each time, "replay + sweep" records once. */

#include "bench.h"
#include <math.h>
#include <wengert/wengert.h>

typedef struct program {
    const char *name;
    size_t n;                                                       /* inputs */
    double (*value)(const double *x, size_t n);                     /* plain C */
    double (*by_hand)(const double *x, double *gradient, size_t n); /* plain C, with the gradient */
    wg_var (*record)(wg_tape *tape, wg_span x, size_t n);
} program;

/* ---- A logistic neuron: 1 / (1 + exp(-(w0 x0 + w1 x1 + w2))) --------------------------------------- */

static double neuron_value(const double *x, size_t n)
{
    (void)n;
    return 1 / (1 + exp(-(x[0] * x[1] + x[2] * x[3] + x[4])));
}

static double neuron_by_hand(const double *x, double *g, size_t n)
{
    double y = neuron_value(x, n), s = y * (1 - y);
    g[0] = s * x[1], g[1] = s * x[0], g[2] = s * x[3], g[3] = s * x[2], g[4] = s;
    return y;
}

static wg_var neuron_record(wg_tape *tape, wg_span x, size_t n)
{
    (void)tape, (void)n;
    wg_var s =
        wg_add(wg_add(wg_mul(wg_at(x, 0), wg_at(x, 1)), wg_mul(wg_at(x, 2), wg_at(x, 3))), wg_at(x, 4));
    return wg_cdiv(1, wg_addc(wg_exp(wg_neg(s)), 1));
}

/* ---- A product of n -------------------------------------------------------------------------------- */

static double product_value(const double *x, size_t n)
{
    double y = 1;
    for (size_t i = 0; i < n; i++)
        y *= x[i];
    return y;
}

/* dy/dx_i is the product before i times the product after it. */
static double product_by_hand(const double *x, double *g, size_t n)
{
    double before = 1, after = 1;
    for (size_t i = 0; i < n; i++) {
        g[i] = before;
        before *= x[i];
    }
    for (size_t i = n; i-- > 0;) {
        g[i] *= after;
        after *= x[i];
    }
    return before;
}

static wg_var product_record(wg_tape *tape, wg_span x, size_t n)
{
    wg_var y = wg_const_scalar(tape, 1);
    for (size_t i = 0; i < n; i++)
        y = wg_mul(y, wg_at(x, i));
    return y;
}

/* ---- Rosenbrock's function ------------------------------------------------------------------------- */

static double rosenbrock_value(const double *x, size_t n)
{
    double f = 0;
    for (size_t i = 0; i + 1 < n; i++) {
        double d = x[i + 1] - x[i] * x[i], e = 1 - x[i];
        f += 100 * d * d + e * e;
    }
    return f;
}

static double rosenbrock_by_hand(const double *x, double *g, size_t n)
{
    double f = 0;
    memset(g, 0, n * sizeof *g);
    for (size_t i = 0; i + 1 < n; i++) {
        double d = x[i + 1] - x[i] * x[i], e = 1 - x[i];
        f += 100 * d * d + e * e;
        g[i] += -400 * d * x[i] - 2 * e;
        g[i + 1] += 200 * d;
    }
    return f;
}

static wg_var rosenbrock_record(wg_tape *tape, wg_span x, size_t n)
{
    wg_var f = wg_const_scalar(tape, 0);
    for (size_t i = 0; i + 1 < n; i++) {
        wg_var a = wg_at(x, i), d = wg_sub(wg_at(x, i + 1), wg_mul(a, a)), e = wg_csub(1, a);
        f = wg_add(f, wg_add(wg_mulc(wg_mul(d, d), 100), wg_mul(e, e)));
    }
    return f;
}

/* ---- A tanh network 2-16-16-1 of scalars, squared error over 100 samples --------------------------- */

enum { HIDDEN = 16, SAMPLES = 100, WEIGHTS = 3 * HIDDEN + (HIDDEN + 1) * HIDDEN + HIDDEN + 1 };

static double sample(size_t s, int i)
{
    return sin(0.7 * (double)s + i);
}

static double network_value(const double *w, size_t n)
{
    double loss = 0;
    (void)n;
    for (size_t s = 0; s < SAMPLES; s++) {
        double h1[HIDDEN], h2[HIDDEN], x0 = sample(s, 0), x1 = sample(s, 1);
        const double *p = w;
        for (int j = 0; j < HIDDEN; j++, p += 3)
            h1[j] = tanh(p[0] * x0 + p[1] * x1 + p[2]);
        for (int j = 0; j < HIDDEN; j++, p += HIDDEN + 1) {
            double a = p[HIDDEN];
            for (int k = 0; k < HIDDEN; k++)
                a += p[k] * h1[k];
            h2[j] = tanh(a);
        }
        double y = p[HIDDEN];
        for (int k = 0; k < HIDDEN; k++)
            y += p[k] * h2[k];
        loss += (y - x0 * x1) * (y - x0 * x1);
    }
    return loss;
}

static double network_by_hand(const double *w, double *g, size_t n)
{
    double loss = 0;
    memset(g, 0, n * sizeof *g);
    for (size_t s = 0; s < SAMPLES; s++) {
        double h1[HIDDEN], h2[HIDDEN], d1[HIDDEN] = {0}, x0 = sample(s, 0), x1 = sample(s, 1);
        const double *p = w;
        for (int j = 0; j < HIDDEN; j++, p += 3)
            h1[j] = tanh(p[0] * x0 + p[1] * x1 + p[2]);
        for (int j = 0; j < HIDDEN; j++, p += HIDDEN + 1) {
            double a = p[HIDDEN];
            for (int k = 0; k < HIDDEN; k++)
                a += p[k] * h1[k];
            h2[j] = tanh(a);
        }
        double y = p[HIDDEN];
        for (int k = 0; k < HIDDEN; k++)
            y += p[k] * h2[k];
        double error = y - x0 * x1, dy = 2 * error;
        loss += error * error;
        double *q = g + (p - w);
        q[HIDDEN] += dy;
        for (int j = 0; j < HIDDEN; j++) {
            const double *row = w + 3 * HIDDEN + j * (HIDDEN + 1);
            double *grow = g + 3 * HIDDEN + j * (HIDDEN + 1), d = dy * p[j] * (1 - h2[j] * h2[j]);
            q[j] += dy * h2[j];
            grow[HIDDEN] += d;
            for (int k = 0; k < HIDDEN; k++) {
                grow[k] += d * h1[k];
                d1[k] += d * row[k];
            }
        }
        for (int j = 0; j < HIDDEN; j++) {
            double d = d1[j] * (1 - h1[j] * h1[j]);
            g[3 * j] += d * x0, g[3 * j + 1] += d * x1, g[3 * j + 2] += d;
        }
    }
    return loss;
}

static wg_var network_record(wg_tape *tape, wg_span w, size_t n)
{
    wg_var loss = wg_const_scalar(tape, 0);
    (void)n;
    for (size_t s = 0; s < SAMPLES; s++) {
        wg_var h1[HIDDEN], h2[HIDDEN];
        double x0 = sample(s, 0), x1 = sample(s, 1);
        size_t p = 0;
        for (int j = 0; j < HIDDEN; j++, p += 3)
            h1[j] = wg_tanh(
                wg_add(wg_add(wg_mulc(wg_at(w, p), x0), wg_mulc(wg_at(w, p + 1), x1)), wg_at(w, p + 2)));
        for (int j = 0; j < HIDDEN; j++, p += HIDDEN + 1) {
            wg_var a = wg_at(w, p + HIDDEN);
            for (int k = 0; k < HIDDEN; k++)
                a = wg_add(a, wg_mul(wg_at(w, p + (size_t)k), h1[k]));
            h2[j] = wg_tanh(a);
        }
        wg_var y = wg_at(w, p + HIDDEN);
        for (int k = 0; k < HIDDEN; k++)
            y = wg_add(y, wg_mul(wg_at(w, p + (size_t)k), h2[k]));
        wg_var error = wg_subc(y, x0 * x1);
        loss = wg_add(loss, wg_mul(error, error));
    }
    return loss;
}

/* ---- Measuring ------------------------------------------------------------------------------------- */

typedef struct state {
    const program *p;
    double *x, *gradient;
    wg_tape *tape; /* recorded anew */
    wg_tape *once; /* recorded once */
    wg_span span;
    wg_var y;
    volatile double sink;
} state;

static void value(void *user)
{
    state *s = user;
    s->sink = s->p->value(s->x, s->p->n);
}

static void by_hand(void *user)
{
    state *s = user;
    s->sink = s->p->by_hand(s->x, s->gradient, s->p->n);
}

static void record(void *user)
{
    state *s = user;
    wg_tape_reset(s->tape);
    s->y = s->p->record(s->tape, wg_scalars_new(s->tape, s->x, s->p->n), s->p->n);
}

static void record_and_sweep(void *user)
{
    state *s = user;
    wg_tape_reset(s->tape);
    wg_span x = wg_scalars_new(s->tape, s->x, s->p->n);
    wg_backward(s->p->record(s->tape, x, s->p->n));
    wg_read_grads(x, s->gradient);
}

static void sweep(void *user)
{
    state *s = user;
    wg_backward(s->y);
}

static void replay(void *user)
{
    state *s = user;
    wg_replay(s->once);
}

static void replay_and_sweep(void *user)
{
    state *s = user;
    wg_set_scalars(s->span, s->x);
    wg_replay(s->once);
    wg_backward(s->y);
    wg_read_grads(s->span, s->gradient);
}

static double worst_difference(state *s)
{
    double *hand = malloc(s->p->n * sizeof *hand), worst = 0;
    s->p->by_hand(s->x, hand, s->p->n);
    record_and_sweep(s);
    for (size_t i = 0; i < s->p->n; i++)
        worst = fmax(worst, fabs(hand[i] - s->gradient[i]) / fmax(1, fabs(hand[i])));
    free(hand);
    return worst;
}

static void measure(bench *b, const program *p, bool per_step)
{
    state s = {.p = p,
        .x = malloc(p->n * sizeof(double)),
        .gradient = malloc(p->n * sizeof(double)),
        .tape = wg_tape_new(NULL),
        .once = wg_tape_new(NULL)};
    for (size_t i = 0; i < p->n; i++)
        s.x[i] = 1 + 0.3 * sin((double)i + 1);
    s.span = wg_scalars_new(s.once, s.x, p->n);
    wg_var once = p->record(s.once, s.span, p->n);
    double t[4], u[4];
    double difference = worst_difference(&s);
    s.y = once;
    bench_run(b, 4, (bench_work *const[]){value, by_hand, record_and_sweep, replay_and_sweep},
        (void *const[]){&s, &s, &s, &s}, t);
    double steps = (double)wg_tape_nodes(s.tape);
    char name[128];
    if (!per_step) {
        printf("  %-36s %8.0f  %10.3f  %10.3f  %12.3f %6.1f  %12.3f %6.1f  %8.1e\n", p->name, steps,
            t[0] * 1e6, t[1] * 1e6, t[2] * 1e6, t[2] / t[1], t[3] * 1e6, t[3] / t[1], difference);
        const char *what[] = {"value", "by hand", "record + sweep", "replay + sweep"};
        for (int i = 0; i < 4; i++) {
            snprintf(name, sizeof name, "%s, %s", p->name, what[i]);
            bench_number(b, name, "us", t[i] * 1e6);
        }
    } else {
        state r = s; /* records on its own, so that the sweep keeps its node */
        bench_run(b, 3, (bench_work *const[]){record, sweep, replay}, (void *const[]){&r, &s, &s}, u);
        printf("  %-36s %8.0f  %8.2f %8.2f %8.2f   %8.2f %8.2f\n", p->name, steps, u[0] / steps * 1e9,
            u[1] / steps * 1e9, u[2] / steps * 1e9, t[2] / steps * 1e9, t[3] / steps * 1e9);
        const char *what[] = {"record", "sweep", "replay"};
        for (int i = 0; i < 3; i++) {
            snprintf(name, sizeof name, "%s, %s per step", p->name, what[i]);
            bench_number(b, name, "ns", u[i] / steps * 1e9);
        }
    }
    wg_tape_free(s.tape);
    wg_tape_free(s.once);
    free(s.x);
    free(s.gradient);
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
    static const program programs[] = {
        {"logistic neuron (8 ops)", 5, neuron_value, neuron_by_hand, neuron_record},
        {"product of 1000", 1000, product_value, product_by_hand, product_record},
        {"Rosenbrock, n = 1000", 1000, rosenbrock_value, rosenbrock_by_hand, rosenbrock_record},
        {"tanh MLP 2-16-16-1, 100 samples", WEIGHTS, network_value, network_by_hand, network_record},
    };
    bench b = bench_begin(argc, argv, "scalar");
    size_t n = sizeof programs / sizeof programs[0];
    printf("Scalar programs: value and gradient, us (and as a multiple of the gradient written by hand)\n\n");
    printf("  %-36s %8s  %10s  %10s  %19s  %19s  %8s\n", "", "steps", "value", "by hand", "record + sweep",
        "replay + sweep", "error");
    for (size_t i = 0; i < n; i++)
        measure(&b, &programs[i], false);
    printf("\nThe tape: ns per step\n\n  %-36s %8s  %8s %8s %8s   %8s %8s\n", "", "steps", "record", "sweep",
        "replay", "rec+swp", "rep+swp");
    for (size_t i = 0; i < n; i++)
        measure(&b, &programs[i], true);
    bytes(&b);
    return bench_end(&b);
}
