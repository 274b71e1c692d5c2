/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Running a scalar program. The loops below are all that happens per step. */
#include "scalars/program.h"

#include "base/float_state.h"
#include "kernels/isa.h"
#include "ops/formula.h"

/* ---- Values ----------------------------------------------------------------------------------------- */

static const wg_scalar_pair *sums(
    const uint32_t *lengths, uint32_t count, const wg_scalar_pair *term, const double *values, double *out)
{
    for (uint32_t i = 0; i < count; i++) {
        double sum = values[term->a] * values[term->b];
        for (const wg_scalar_pair *end = term++ + lengths[i]; term < end; term++)
            sum += values[term->a] * values[term->b];
        out[i] = sum;
    }
    return term;
}

WG_INLINE const wg_scalar_pair *even_sums(
    uint32_t count, uint32_t length, const wg_scalar_pair *term, const double *values, double *out)
{
    for (uint32_t i = 0; i < count; i++, term += length) {
        double sum = values[term->a] * values[term->b];
        for (uint32_t k = 1; k < length; k++)
            sum += values[term[k].a] * values[term[k].b];
        out[i] = sum;
    }
    return term;
}

/* A loop of its own for the usual lengths. */
static const wg_scalar_pair *even(
    const wg_scalar_piece *p, const wg_scalar_pair *term, const double *values, double *out)
{
    switch (p->length) {
    case 1:
        return even_sums(p->count, 1, term, values, out);
    case 2:
        return even_sums(p->count, 2, term, values, out);
    case 3:
        return even_sums(p->count, 3, term, values, out);
    default:
        return even_sums(p->count, p->length, term, values, out);
    }
}

static void product(const uint32_t *factors, uint32_t count, double p, const double *values, double *out)
{
    for (uint32_t i = 0; i < count; i++) {
        p *= values[factors[i]];
        out[i] = p;
    }
}

static const uint32_t *rows(const wg_scalar_piece *p, const uint32_t *in, double *values)
{
    bool two = wg__operand_count(p->code) == 2;
    const uint32_t *a = in, *b = two ? in + p->count : NULL;
    double *out = values + p->first;
    if (p->count < WG_SCALAR_FEW) {
        for (uint32_t i = 0; i < p->count; i++)
            out[i] = wg__formula_value(p->code, values[a[i]], two ? values[b[i]] : 0, p->numbers);
    } else {
        double x[WG_SCALAR_BLOCK], y[WG_SCALAR_BLOCK];
        for (uint32_t i = 0; i < p->count; i += WG_SCALAR_BLOCK) {
            uint32_t n = p->count - i < WG_SCALAR_BLOCK ? p->count - i : WG_SCALAR_BLOCK;
            wg__scalar_gather(a + i, n, values, x);
            if (two)
                wg__scalar_gather(b + i, n, values, y);
            wg__formula_values(p->code, n, x, two ? y : p->numbers, out + i);
        }
    }
    return in + (two ? 2 : 1) * (size_t)p->count;
}

static void compute(wg_scalars *s)
{
    const wg_scalar_stream *f = &s->forward;
    const uint32_t *number = f->numbers;
    const wg_scalar_pair *pair = f->pairs;
    double *values = s->values;
    for (size_t i = 0; i < f->piece_count; i++) {
        const wg_scalar_piece *p = &f->pieces[i];
        if (p->kind == WG_SCALAR_SUMS) {
            pair = sums(number, p->count, pair, values, values + p->first);
            number += p->count;
        } else if (p->kind == WG_SCALAR_EVEN) {
            pair = even(p, pair, values, values + p->first);
        } else if (p->kind == WG_SCALAR_PRODUCT) {
            product(number + 1, p->count, values[*number], values, values + p->first);
            number += 1 + p->count;
        } else {
            number = rows(p, number, values);
        }
    }
}

/* ---- A run ------------------------------------------------------------------------------------------ */

static wg_status check_guards(wg_engine *t, const wg_scalars *s)
{
    wg_status status = WG_OK;
    for (size_t i = 0; i < s->guards.count && status == WG_OK; i++) {
        wg_record *guard = wg__record_of(t, s->guards.link[i].node);
        t->head.steps[guard->args[0]].value = s->values[s->guards.link[i].place];
        status = wg__compute_now(t, guard);
    }
    return status;
}

wg_status wg__scalars_run(wg_engine *t, wg_scalars *s)
{
    const wg_step *steps = t->head.steps;
    for (size_t i = 0; i < s->inputs.count; i++)
        s->values[s->inputs.link[i].place] = steps[s->inputs.link[i].node].value;
    wg_float_state callers = wg__float_hold();
    compute(s);
    wg__float_restore(&callers);
    wg_status status = check_guards(t, s);
    if (status != WG_OK)
        return status;
    for (size_t i = 0; i < s->outputs.count; i++)
        t->head.steps[s->outputs.link[i].node].value = s->values[s->outputs.link[i].place];
    if (s->seed != WG_NO_NODE) {
        callers = wg__float_hold();
        wg__scalars_sweep(s);
        wg__float_restore(&callers);
        for (size_t i = 0; i < s->gradients.count; i++)
            t->adjoints[s->gradients.link[i].node] = s->adjoints[s->gradients.link[i].place];
    }
    return WG_OK;
}
