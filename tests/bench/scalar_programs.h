/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* scalar_programs.h - four scalar programs, each there three times: its value in plain C; value and gradient
 * written out by hand; recorded on a tape. */
#ifndef WG_BENCH_SCALAR_PROGRAMS_H
#define WG_BENCH_SCALAR_PROGRAMS_H

#include <math.h>
#include <string.h>
#include <wengert/wengert.h>

typedef struct program {
    const char *key, *name;
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

/* The network's answer to one sample, with what its layers give; *last: the last layer's weights. */
static inline double network_of(
    const double *w, double x0, double x1, double *h1, double *h2, const double **last)
{
    const double *p = w;
    for (int j = 0; j < HIDDEN; j++, p += 3)
        h1[j] = tanh(p[0] * x0 + p[1] * x1 + p[2]);
    for (int j = 0; j < HIDDEN; j++, p += HIDDEN + 1) {
        double a = p[HIDDEN];
        for (int k = 0; k < HIDDEN; k++)
            a += p[k] * h1[k];
        h2[j] = tanh(a);
    }
    *last = p;
    double y = p[HIDDEN];
    for (int k = 0; k < HIDDEN; k++)
        y += p[k] * h2[k];
    return y;
}

static double network_value(const double *w, size_t n)
{
    double loss = 0;
    (void)n;
    for (size_t s = 0; s < SAMPLES; s++) {
        double h1[HIDDEN], h2[HIDDEN], x0 = sample(s, 0), x1 = sample(s, 1);
        const double *p;
        double y = network_of(w, x0, x1, h1, h2, &p);
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
        const double *p;
        double y = network_of(w, x0, x1, h1, h2, &p);
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

/* ---- All of them ------------------------------------------------------------------------------------ */

static const program programs[] = {
    {"neuron", "logistic neuron (8 ops)", 5, neuron_value, neuron_by_hand, neuron_record},
    {"product", "product of 1000", 1000, product_value, product_by_hand, product_record},
    {"rosenbrock", "Rosenbrock, n = 1000", 1000, rosenbrock_value, rosenbrock_by_hand, rosenbrock_record},
    {"network", "tanh MLP 2-16-16-1, 100 samples", WEIGHTS, network_value, network_by_hand, network_record},
};

enum { PROGRAMS = sizeof programs / sizeof programs[0] };

#endif
