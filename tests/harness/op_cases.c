/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "op_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wengert/math.h>
#include <wengert/random.h>
#include <wengert/reduce.h>

#include "harness.h"

size_t op_case_ops(void)
{
    size_t count;
    wg_op_table(&count);
    return count + op_custom_count;
}

const wg_op *op_case_op(size_t i)
{
    size_t count;
    const wg_op *const *table = wg_op_table(&count);
    return i < count ? table[i] : op_custom[i - count];
}

/* Shapes for a map of one to three operands. */
static const wg_op_sample map_samples[] = {
    {.label = "scalars", .in = {{0}}},
    {.label = "vectors", .in = {{1, {5}}, {1, {5}}, {1, {5}}}},
    {.label = "rows", .in = {{2, {3, 4}}, {1, {4}}, {2, {3, 1}}}},
    {.label = "outer", .in = {{3, {2, 1, 3}}, {2, {4, 1}}, {1, {3}}}},
    {.label = "a scalar", .in = {{1, {5}}, {0}, {0}}},
    {.label = "a scalar first", .in = {{0}, {1, {5}}, {0}}},
    {.label = "more than one vector", .in = {{1, {67}}, {1, {67}}, {1, {67}}}},
};

size_t op_case_count(const wg_op *op)
{
    return op->samples ? op->sample_count : sizeof map_samples / sizeof map_samples[0];
}

/* Slot k of n in lo .. hi, with some of the slot's width at random, rounded to a float. */
static double grid(double lo, double hi, size_t k, size_t n, wg_random *r)
{
    double at = lo + (hi - lo) * ((double)k + 0.25 + 0.5 * wg_random_uniform(r)) / (double)n;
    return (double)(float)at;
}

static void fill(op_case *c)
{
    wg_random r = wg_random_named(1, c->op->name);
    size_t total = 0, used = 0;
    for (size_t i = 0; i < c->count; i++)
        total += c->real[i] ? c->size[i] : 0;
    size_t *slot = calloc(total + 1, sizeof *slot);
    for (size_t k = 0; k < total; k++)
        slot[k] = k;
    wg_random_shuffle(&r, slot, total);
    for (size_t i = 0; i < c->count; i++) {
        double lo = c->sample.lo[i], hi = c->sample.hi[i];
        if (lo == 0 && hi == 0)
            lo = c->op->lo, hi = c->op->hi;
        if (lo == 0 && hi == 0)
            lo = -2, hi = 2;
        for (size_t j = 0; j < c->size[i]; j++)
            if (c->real[i])
                c->real[i][j] = grid(lo, hi, slot[used++], total, &r);
            else
                c->integer[i][j] = (int32_t)wg_random_below(&r, (size_t)c->sample.int_below[i]);
    }
    free(slot);
}

op_case op_case_new(const wg_op *op, size_t i)
{
    op_case c = {.op = op, .sample = op->samples ? op->samples[i] : map_samples[i]};
    c.count = c.sample.count || op->arity < 0 ? c.sample.count : (size_t)op->arity;
    c.results = op->results ? op->results : 1;
    for (size_t k = 0; k < c.count; k++) {
        ck_assert_msg(wg_shape_count(&c.sample.in[k], &c.size[k]), "%s: sample %zu overflows", op->name, i);
        if (c.sample.int_below[k] > 0)
            c.integer[k] = calloc(c.size[k] + 1, sizeof *c.integer[k]);
        else
            c.real[k] = calloc(c.size[k] + 1, sizeof *c.real[k]);
    }
    fill(&c);
    return c;
}

void op_case_free(op_case *c)
{
    for (size_t k = 0; k < c->count; k++) {
        free(c->real[k]);
        free(c->integer[k]);
    }
}

wg_tape *op_case_tape(const op_case *c, wg_dtype dtype)
{
    wg_tape_options options = {.dtype = dtype, .training = c->sample.training, .seed = 11, .threads = 1};
    wg_tape *tape = wg_tape_new(&options);
    ck_assert_ptr_nonnull(tape);
    return tape;
}

wg_array op_case_array(const op_case *c, size_t i)
{
    return c->real[i] ? wg_array_of(c->real[i], WG_F64, c->sample.in[i])
                      : wg_array_of(c->integer[i], WG_I32, c->sample.in[i]);
}

bool op_case_differentiable(const op_case *c, size_t i)
{
    return c->real[i] && !c->sample.no_gradient_arg[i];
}

void op_case_operands(const op_case *c, wg_tape *tape, wg_var *x)
{
    for (size_t i = 0; i < c->count; i++) {
        wg_array array = op_case_array(c, i);
        if (!op_case_differentiable(c, i))
            x[i] = wg_input(tape, array);
        else if (array.shape.rank == 0)
            x[i] = wg_scalar(tape, c->real[i][0]);
        else
            x[i] = wg_leaf(tape, array);
    }
}

wg_status op_case_apply(const op_case *c, const wg_op *op, const wg_var *x, wg_var *results)
{
    return wg_apply_all(op, x, c->count, c->sample.attr, results);
}

const char *op_case_name(const op_case *c, const wg_tape *tape)
{
    static char text[1024];
    snprintf(text, sizeof text, "%s, sample \"%s\" (%s)", c->op->name, c->sample.label ? c->sample.label : "",
        tape ? wg_tape_message(tape) : "");
    return text;
}

wg_var op_case_project(const wg_var *vars, size_t count, uint64_t stream)
{
    wg_var total = {0};
    wg_random r = {.seed = 2, .stream = stream};
    for (size_t i = 0; i < count; i++) {
        if (!wg_is_valid(vars[i]) || wg_dtype_of(vars[i]) == WG_I32)
            continue;
        size_t n = wg_count_of(vars[i]);
        double *w = calloc(n + 1, sizeof *w);
        for (size_t j = 0; j < n; j++)
            w[j] = (double)(float)((wg_random_u32(&r) & 1 ? 1 : -1) * (0.5 + wg_random_uniform(&r)));
        wg_shape shape = wg_shape_of(vars[i]);
        wg_var weights = wg_const(wg_tape_of(vars[i]), wg_array_of(w, WG_F64, shape));
        wg_var part = wg_sum(wg_mul(vars[i], weights));
        total = wg_is_valid(total) ? wg_add(total, part) : part;
        free(w);
    }
    return total;
}
