/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* yardstick.h - the arithmetic of a training step alone: its matrix products and convolutions, called through
 * the libraries that are made for them, one after another, and nothing else. oneDNN where it is there, else
 * the CBLAS; convolutions through oneDNN only. What a step costs beyond this is the price of everything
 * around it. */
#ifndef WG_BENCH_YARDSTICK_H
#define WG_BENCH_YARDSTICK_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#ifdef WG_BENCH_ONEDNN
#include "onednn_conv.h"
#endif
#ifdef WG_BENCH_CBLAS
#include <cblas.h>
#endif

enum { YARD_MOST = 96 };

typedef struct yard_gemm {
    bool transpose_a, transpose_b;
    int m, n, k;
} yard_gemm;

typedef struct yard {
    size_t gemms, convs;
    yard_gemm gemm[YARD_MOST];
#ifdef WG_BENCH_ONEDNN
    onednn_state conv[YARD_MOST];
#endif
    bool training; /* else forward alone */
    bool complete; /* every call has a library */
    int threads;
    double flops;
    double kept; /* floats that the backward pass must find: a lower bound of the step's activations */
    float *a, *b, *c;
} yard;

enum { YARD_FLOATS = 1 << 21 };

static inline void yard_begin(yard *y, int threads, bool training)
{
    memset(y, 0, sizeof *y);
    y->threads = threads;
    y->training = training;
    y->complete = true;
    y->a = calloc(YARD_FLOATS, sizeof(float));
    y->b = calloc(YARD_FLOATS, sizeof(float));
    y->c = calloc(YARD_FLOATS, sizeof(float));
    for (size_t i = 0; i < YARD_FLOATS; i++)
        y->a[i] = y->b[i] = 0.01f * (float)(i % 97);
}

static inline void yard_end(yard *y)
{
    free(y->a);
    free(y->b);
    free(y->c);
}

static inline void yard_add_gemm(yard *y, bool ta, bool tb, size_t m, size_t n, size_t k)
{
    y->gemm[y->gemms++] = (yard_gemm){ta, tb, (int)m, (int)n, (int)k};
    y->flops += 2.0 * (double)m * (double)n * (double)k;
#if !defined(WG_BENCH_ONEDNN) && !defined(WG_BENCH_CBLAS)
    y->complete = false;
#endif
}

static inline void yard_keep(yard *y, size_t floats)
{
    y->kept += y->training ? (double)floats : 0;
}

/* A dense layer of a step: x [n, in] W [in, out], dW = x^T g, and, but for the first layer, dx = g W^T. */
static inline void yard_add_dense(yard *y, size_t n, size_t in, size_t out, bool first)
{
    yard_add_gemm(y, false, false, n, out, in);
    if (y->training)
        yard_add_gemm(y, true, false, in, out, n);
    if (y->training && !first)
        yard_add_gemm(y, false, true, n, in, out);
    yard_keep(y, n * in);
}

/* A convolution of a step, of side `size`, likewise. */
static inline void yard_add_conv(
    yard *y, size_t n, size_t in, size_t size, size_t out, size_t filter, size_t padding, bool first)
{
    size_t side = size + 2 * padding - filter + 1;
    int count = !y->training ? 1 : first ? 2 : 3;
    yard_keep(y, n * in * size * size);
    y->flops += count * 2.0 * (double)(n * out * side * side * in * filter * filter);
#ifdef WG_BENCH_ONEDNN
    static const wg_conv_pass passes[3] = {WG_CONV_FORWARD, WG_CONV_WEIGHT, WG_CONV_INPUT};
    for (int p = 0; p < count; p++) {
        onednn_state *s = &y->conv[y->convs++];
        s->conv =
            (wg_conv){n, in, size, size, out, filter, filter, side, side, 1, 1, padding, padding, 1, 1, 1, 0};
        s->pass = passes[p];
        s->threads = y->threads;
        onednn_prepare(s);
    }
#else
    y->complete = false;
#endif
}

static inline void yard_call_gemm(const yard *y, const yard_gemm *g)
{
#if defined(WG_BENCH_ONEDNN)
    dnnl_sgemm(g->transpose_a ? 'T' : 'N', g->transpose_b ? 'T' : 'N', g->m, g->n, g->k, 1, y->a,
        g->transpose_a ? g->m : g->k, y->b, g->transpose_b ? g->k : g->n, 0, y->c, g->n);
#elif defined(WG_BENCH_CBLAS)
    cblas_sgemm(CblasRowMajor, g->transpose_a ? CblasTrans : CblasNoTrans,
        g->transpose_b ? CblasTrans : CblasNoTrans, g->m, g->n, g->k, 1, y->a, g->transpose_a ? g->m : g->k,
        y->b, g->transpose_b ? g->k : g->n, 0, y->c, g->n);
#else
    (void)y, (void)g;
#endif
}

/* One step's worth of calls. */
static inline void yard_run(void *user)
{
    yard *y = user;
    for (size_t i = 0; i < y->gemms; i++)
        yard_call_gemm(y, &y->gemm[i]);
#ifdef WG_BENCH_ONEDNN
    for (size_t i = 0; i < y->convs; i++) {
        dnnl_primitive_execute(y->conv[i].primitive, y->conv[i].stream, 3, y->conv[i].args);
        dnnl_stream_wait(y->conv[i].stream);
    }
#endif
}

#endif
