/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The sweep of a scalar program. */
#include "scalars/program.h"

#include "kernels/isa.h"
#include "ops/formula.h"

static const wg_scalar_pair *sweep_sums(const wg_scalar_fan *fans, uint32_t count, const wg_scalar_pair *pair,
    const double *values, double *adjoints)
{
    for (uint32_t i = 0; i < count; i++) {
        double g = adjoints[fans[i].slot];
        for (const wg_scalar_pair *end = pair + fans[i].count; pair < end; pair++)
            adjoints[pair->a] += g * values[pair->b];
    }
    return pair;
}

WG_INLINE const wg_scalar_pair *sweep_even_sums(const uint32_t *slots, uint32_t count, uint32_t length,
    const wg_scalar_pair *pair, const double *values, double *adjoints)
{
    for (uint32_t i = 0; i < count; i++, pair += length) {
        double g = adjoints[slots[i]];
        for (uint32_t k = 0; k < length; k++)
            adjoints[pair[k].a] += g * values[pair[k].b];
    }
    return pair;
}

static const wg_scalar_pair *sweep_even(const wg_scalar_piece *p, const uint32_t *slots,
    const wg_scalar_pair *pair, const double *values, double *adjoints)
{
    switch (p->length) {
    case 1:
        return sweep_even_sums(slots, p->count, 1, pair, values, adjoints);
    case 2:
        return sweep_even_sums(slots, p->count, 2, pair, values, adjoints);
    case 3:
        return sweep_even_sums(slots, p->count, 3, pair, values, adjoints);
    case 4:
        return sweep_even_sums(slots, p->count, 4, pair, values, adjoints);
    default:
        return sweep_even_sums(slots, p->count, p->length, pair, values, adjoints);
    }
}

static const wg_scalar_pair *sweep_product(const wg_scalar_piece *p, const uint32_t *slots,
    const wg_scalar_pair *pair, const double *values, double *adjoints)
{
    double g = adjoints[slots[0]];
    const double *before = values + p->first;
    for (uint32_t i = p->count; i-- > 0; pair++) {
        adjoints[pair->a] += g * (i ? before[i - 1] : values[p->before]);
        g *= values[pair->b];
    }
    if (slots[1] != WG_NO_NODE)
        adjoints[slots[1]] += g;
    return pair;
}

typedef struct row_streams {
    const uint32_t *slot, *a, *b, *to[2];
} row_streams;

static void sweep_few(const wg_scalar_piece *p, const row_streams *r, const double *values, double *adjoints)
{
    for (uint32_t i = p->count; i-- > 0;) {
        double slopes[2], b = r->b ? values[r->b[i]] : 0;
        wg__formula_gradient(
            p->code, values[r->a[i]], b, p->numbers, values[p->first + i], adjoints[r->slot[i]], slopes);
        for (int k = 0; k < 2; k++)
            if (r->to[k])
                adjoints[r->to[k][i]] += slopes[k];
    }
}

static void sweep_block(const wg_scalar_piece *p, const row_streams *r, uint32_t first, uint32_t n,
    const double *values, double *adjoints)
{
    double x[WG_SCALAR_BLOCK], y[WG_SCALAR_BLOCK], g[WG_SCALAR_BLOCK], slopes[2][WG_SCALAR_BLOCK];
    wg__scalar_gather(r->a + first, n, values, x);
    if (r->b)
        wg__scalar_gather(r->b + first, n, values, y);
    wg__scalar_gather(r->slot + first, n, adjoints, g);
    for (int k = 0; k < 2; k++)
        if (r->to[k])
            wg__formula_gradients(
                p->code, k, n, x, r->b ? y : p->numbers, values + p->first + first, g, slopes[k]);
    for (uint32_t i = n; i-- > 0;)
        for (int k = 0; k < 2; k++)
            if (r->to[k])
                adjoints[r->to[k][first + i]] += slopes[k][i];
}

static const uint32_t *sweep_rows(
    const wg_scalar_piece *p, const uint32_t *in, const double *values, double *adjoints)
{
    row_streams r = {.slot = in, .a = in + p->count};
    in += 2 * (size_t)p->count;
    if (wg__operand_count(p->code) == 2) {
        r.b = in;
        in += p->count;
    }
    for (unsigned k = 0; k < 2; k++)
        if (p->towards >> k & 1) {
            r.to[k] = in;
            in += p->count;
        }
    if (p->count < WG_SCALAR_FEW)
        sweep_few(p, &r, values, adjoints);
    else
        for (uint32_t end = p->count, n; end > 0; end -= n) {
            n = end % WG_SCALAR_BLOCK ? end % WG_SCALAR_BLOCK : WG_SCALAR_BLOCK;
            sweep_block(p, &r, end - n, n, values, adjoints);
        }
    return in;
}

static void clear(double *adjoints, size_t count)
{
    for (size_t i = 0; i < count; i++)
        adjoints[i] = 0;
}

void wg__scalars_sweep(wg_scalars *s)
{
    const wg_scalar_stream *f = &s->sweep;
    const uint32_t *number = f->numbers;
    const wg_scalar_pair *pair = f->pairs;
    const wg_scalar_fan *fan = f->fans;
    double *adjoints = s->adjoints;
    clear(adjoints, s->shared);
    adjoints[s->seed] = 1;
    for (size_t i = 0; i < f->piece_count; i++) {
        const wg_scalar_piece *p = &f->pieces[i];
        if (p->kind == WG_SCALAR_SUMS) {
            pair = sweep_sums(fan, p->count, pair, s->values, adjoints);
            fan += p->count;
        } else if (p->kind == WG_SCALAR_EVEN) {
            pair = sweep_even(p, number, pair, s->values, adjoints);
            number += p->count;
        } else if (p->kind == WG_SCALAR_PRODUCT) {
            pair = sweep_product(p, number, pair, s->values, adjoints);
            number += 2;
        } else if (p->kind == WG_SCALAR_ROWS) {
            number = sweep_rows(p, number, s->values, adjoints);
        } else {
            clear(adjoints + s->shared, p->count);
        }
    }
}
