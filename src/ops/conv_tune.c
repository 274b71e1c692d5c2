/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Which way a convolution is computed, when a plan has a table of measured times; and the measuring. */
#define _POSIX_C_SOURCE 200809L

#include "base/clock.h"
#include "kernels/conv_direct.h"
#include "kernels/lanes.h"
#include "kernels/tuning.h"
#include "ops/conv_attr.h"
#include "tape/hints.h"

enum { RUNS = 6 };
#define LONG_ENOUGH 0.1 /* seconds */

typedef struct measured {
    const wg_op_context *op;
    wg_conv conv;
    wg_conv_pass pass;
    size_t real;
    const void *a, *b;
    void *result, *scratch;
} measured;

static void run(const measured *m)
{
    if (m->real == sizeof(double))
        wg__conv_f64(m->op->threads, &m->conv, m->pass, m->a, m->b, m->result, m->scratch, NULL);
    else
        (wg_op_lanes(m->op) ? wg__conv_lanes_f32 : wg__conv_f32)(
            m->op->threads, &m->conv, m->pass, m->a, m->b, m->result, m->scratch, NULL);
}

/* The fastest of a few runs; the first one also brings pages and weights to where they are needed. */
static size_t nanoseconds_of(const measured *m)
{
    double begun = wg__clock(), best = 0;
    for (int i = 0; i < RUNS && (i == 0 || wg__clock() - begun < LONG_ENOUGH); i++) {
        double start = wg__clock();
        run(m);
        double time = wg__clock() - start;
        best = i == 0 || time < best ? time : best;
    }
    return (size_t)(1e9 * best) + 1; /* 0 would say: not measured */
}

static bool can(const measured *m, size_t way)
{
    const wg_conv_kernels *kernels = wg__conv_kernels_of(wg__isa());
    if (wg_op_lanes(m->op) || way == WG_CONV_IN_LANES)
        return wg_op_lanes(m->op) && way == WG_CONV_IN_LANES;
    return way == WG_CONV_BY_PRODUCT ||
           wg__conv_direct_can(kernels, way == WG_CONV_BY_CHANNELS, &m->conv, m->pass, m->real);
}

static bool bytes_of(const measured *m, size_t *bytes)
{
    return wg_op_lanes(m->op) ? wg__conv_lanes_scratch(&m->conv, m->pass, bytes)
                              : wg__conv_scratch(m->op->threads, &m->conv, m->pass, m->real, bytes);
}

/* The most that a way needs, and which one that is. */
static size_t most_bytes(measured *m, size_t *by)
{
    size_t most = 0, bytes;
    for (m->conv.way = WG_CONV_BY_ROWS; m->conv.way < WG_CONV_WAYS; m->conv.way++)
        if (can(m, m->conv.way) && bytes_of(m, &bytes) && bytes > most)
            most = bytes, *by = m->conv.way;
    return most;
}

/* All ways that are not in the table yet, for images as they lie. */
static wg_status measure(wg_op_context *op, measured *m)
{
    const wg_tuned_key key = {m->conv, m->pass, m->real};
    wg_tuned *entry = wg__tuning_entry(wg__op_tuning(m->op), &key);
    size_t most = most_bytes(m, &(size_t){0}), bytes;
    if (!entry)
        return WG_OUT_OF_MEMORY;
    m->scratch = most ? wg_op_scratch(op, most) : NULL;
    if (most && !m->scratch)
        return WG_OUT_OF_MEMORY;
    for (m->conv.way = WG_CONV_BY_ROWS; m->conv.way < WG_CONV_WAYS; m->conv.way++)
        if (!entry->nanoseconds[m->conv.way] && can(m, m->conv.way) && bytes_of(m, &bytes))
            entry->nanoseconds[m->conv.way] = nanoseconds_of(m);
    return WG_OK;
}

static bool is_empty(const wg_conv *c)
{
    return !c->batch || !c->channels || !c->filters || !c->height || !c->width || !c->out_height ||
           !c->out_width;
}

wg_status wg__conv_tuned(wg_op_context *op, const wg_conv *conv, wg_conv_pass pass, size_t real,
    const void *a, const void *b, void *result, size_t *way)
{
    *way = WG_CONV_CHOSEN;
    if (!wg__op_tuning(op) || is_empty(conv))
        return WG_OK;
    if (wg__op_tuning(op)->measuring) {
        measured m = {op, *conv, pass, real, a, b, result, NULL};
        wg_status status = measure(op, &m);
        if (status != WG_OK)
            return status;
    }
    *way = wg__tuned_way(wg__tuning_find(wg__op_tuning(op), conv, pass, real));
    return WG_OK;
}

size_t wg__conv_tuned_workspace(
    const wg_op_context *op, const wg_conv *conv, wg_conv_pass pass, size_t real, size_t *way)
{
    struct wg_tuning *tuning = wg__op_tuning(op);
    *way = WG_CONV_CHOSEN;
    if (!tuning || is_empty(conv))
        return 0;
    if (!tuning->measuring) {
        *way = wg__tuned_way(wg__tuning_find(tuning, conv, pass, real));
        return 0;
    }
    measured m = {.op = op, .conv = *conv, .pass = pass, .real = real};
    size_t most = most_bytes(&m, way);
    return most ? wg_op_scratch_size(most) : 0;
}

bool wg__conv_tuned_saving(const wg_op_context *op, const wg_conv *conv, double *saved)
{
    double sum = 0;
    size_t passes = 0;
    for (wg_conv_pass pass = WG_CONV_FORWARD; pass <= WG_CONV_WEIGHT; pass++) {
        const wg_tuned *entry = wg__tuning_find(wg__op_tuning(op), conv, pass, sizeof(float));
        size_t way = wg__tuned_way(entry);
        if (way == WG_CONV_CHOSEN || !entry->nanoseconds[WG_CONV_IN_LANES])
            continue;
        sum += (double)entry->nanoseconds[way] - (double)entry->nanoseconds[WG_CONV_IN_LANES];
        passes++;
    }
    if (passes)
        *saved = sum / (double)passes * op->threads;
    return passes > 0;
}
