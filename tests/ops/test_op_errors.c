/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Every operation with operands that it must refuse, or that are extreme: a status and a message that names
 * it, and no crash. */

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <wengert/math.h>

#include "harness.h"
#include "op_cases.h"

/* What messages call the operation. */
static const char *title(const op_case *c)
{
    const char *title = c->op->title && c->sample.attr ? c->op->title(c->sample.attr) : NULL;
    return title ? title : c->op->name;
}

enum { MOST = WG_MAX_SAMPLE_ARGS + 2 };

static const wg_op *op_of(int i)
{
    return op_case_op((size_t)i);
}

/* The call must fail with this status, leave only invalid results, and say which operation it was. */
static void check_fails(
    const wg_op *op, const char *what, const wg_var *x, size_t count, const void *attr, wg_status expected)
{
    wg_tape *tape = count ? wg_tape_of(x[0]) : NULL;
    wg_var results[WG_MAX_RESULTS];
    wg_status status = wg_apply_all(op, x, count, attr, results);
    ck_assert_msg(status == expected, "%s with %s: %s (%s)", op->name, what, wg_status_name(status),
        tape ? wg_tape_message(tape) : "");
    for (size_t r = 0; r < (op->results ? op->results : 1); r++)
        ck_assert_msg(!wg_is_valid(results[r]), "%s with %s: a valid result", op->name, what);
    if (!tape)
        return;
    ck_assert_int_eq(wg_tape_status(tape), expected);
    ck_assert_msg(strstr(wg_tape_message(tape), op->name) != NULL, "%s with %s: the message is \"%s\"",
        op->name, what, wg_tape_message(tape));
    wg_tape_reset(tape);
    ck_assert_int_eq(wg_tape_status(tape), WG_OK);
}

START_TEST(wrong_arity)
{
    op_case c = op_case_new(op_of(_i), 0);
    wg_tape *tape = op_case_tape(&c, WG_F64);
    wg_var x[MOST];
    op_case_operands(&c, tape, x);
    if (c.op->arity >= 0) {
        x[c.count] = x[c.count + 1] = x[0];
        check_fails(c.op, "one operand too many", x, c.count + 1, c.sample.attr, WG_INVALID);
        op_case_operands(&c, tape, x);
        if (c.count > 1)
            check_fails(c.op, "one operand too few", x, c.count - 1, c.sample.attr, WG_INVALID);
    }
    check_fails(c.op, "no operand", NULL, 0, c.sample.attr, WG_INVALID);
    wg_tape_free(tape);
    op_case_free(&c);
}
END_TEST

/* Each operand in turn is made bad; the others are good. */
START_TEST(invalid_vars)
{
    op_case c = op_case_new(op_of(_i), 0);
    wg_tape *tape = op_case_tape(&c, WG_F64);
    for (size_t i = 0; i < c.count; i++) {
        wg_var x[MOST], results[WG_MAX_RESULTS];
        op_case_operands(&c, tape, x);
        x[i] = (wg_var){0};
        wg_status status = op_case_apply(&c, c.op, x, results);
        ck_assert_msg(status != WG_OK && !wg_is_valid(results[0]), "%s with a zeroed var", c.op->name);
        wg_tape_reset(tape);

        op_case_operands(&c, tape, x);
        wg_tape_fail(tape, WG_FILE, "the first error");
        x[i] = (wg_var){.tape = tape, .epoch = UINT32_MAX};
        op_case_apply(&c, c.op, x, results);
        ck_assert_msg(!wg_is_valid(results[0]), "%s with an invalid var", c.op->name);
        ck_assert_int_eq(wg_tape_status(tape), WG_FILE);
        ck_assert_str_eq(wg_tape_message(tape), "the first error");
        wg_tape_reset(tape);
    }
    wg_tape_free(tape);
    op_case_free(&c);
}
END_TEST

START_TEST(dead_vars)
{
    op_case c = op_case_new(op_of(_i), 0);
    wg_tape *tape = op_case_tape(&c, WG_F64);
    for (size_t i = 0; i < c.count; i++) {
        wg_var x[MOST], old[MOST];
        op_case_operands(&c, tape, old);
        wg_tape_reset(tape);
        op_case_operands(&c, tape, x);
        x[i] = old[i];
        check_fails(c.op, "a dead var", x, c.count, c.sample.attr, WG_DEAD_VAR);
    }
    wg_tape_free(tape);
    op_case_free(&c);
}
END_TEST

START_TEST(two_tapes)
{
    op_case c = op_case_new(op_of(_i), 0);
    wg_tape *tape = op_case_tape(&c, WG_F64), *other = op_case_tape(&c, WG_F64);
    for (size_t i = 1; i < c.count; i++) {
        wg_var x[MOST], y[MOST];
        op_case_operands(&c, tape, x);
        op_case_operands(&c, other, y);
        x[i] = y[i];
        check_fails(c.op, "operands of two tapes", x, c.count, c.sample.attr, WG_TWO_TAPES);
        ck_assert_int_eq(wg_tape_status(other), WG_OK);
        wg_tape_reset(other);
    }
    wg_tape_free(tape);
    wg_tape_free(other);
    op_case_free(&c);
}
END_TEST

/* ---- Integers where reals belong, and reals where integers do. An operation that takes both (a reshape,
 * say) gives the same numbers; others refuse. */

static wg_status with_dtype(const op_case *c, size_t i, wg_dtype dtype, wg_tape *tape, wg_var *y)
{
    wg_var x[MOST];
    double *reals = calloc(c->size[i] + 1, sizeof *reals);
    int32_t *integers = calloc(c->size[i] + 1, sizeof *integers);
    for (size_t j = 0; j < c->size[i]; j++)
        reals[j] = integers[j] = (int32_t)(j % 2);
    op_case_operands(c, tape, x);
    const void *data = dtype == WG_I32 ? (const void *)integers : reals;
    x[i] = wg_input(tape, wg_array_of(data, dtype, c->sample.in[i]));
    wg_status status = op_case_apply(c, c->op, x, y);
    free(reals);
    free(integers);
    return status;
}

static void check_dtype_of_operand(const op_case *c, size_t i)
{
    wg_tape *wrong = op_case_tape(c, WG_F64), *right = op_case_tape(c, WG_F64);
    wg_var y[WG_MAX_RESULTS], z[WG_MAX_RESULTS];
    wg_status status = with_dtype(c, i, c->real[i] ? WG_I32 : WG_F64, wrong, y);
    if (status == WG_OK) {
        status = with_dtype(c, i, c->real[i] ? WG_F64 : WG_I32, right, z);
        ck_assert_msg(status == WG_OK, "%s", op_case_name(c, right));
        for (size_t r = 0; r < c->results; r++) {
            size_t n = wg_count_of(y[r]);
            double *a = calloc(2 * n + 1, sizeof *a), *b = a + n;
            ck_assert(wg_read(y[r], a, n) == WG_OK && wg_read(z[r], b, n) == WG_OK);
            for (size_t j = 0; j < n; j++)
                ck_assert_msg(a[j] == b[j], "%s: integer operand %zu gives %g, a real one %g",
                    op_case_name(c, NULL), i, a[j], b[j]);
            free(a);
        }
    } else {
        ck_assert_msg(status == WG_BAD_DTYPE || status == WG_BAD_SHAPE, "%s: %s", op_case_name(c, wrong),
            wg_status_name(status));
        ck_assert_msg(strstr(wg_tape_message(wrong), title(c)) != NULL, "%s", op_case_name(c, wrong));
    }
    wg_tape_free(wrong);
    wg_tape_free(right);
}

START_TEST(wrong_dtypes)
{
    for (size_t k = 0; k < op_case_count(op_of(_i)); k++) {
        op_case c = op_case_new(op_of(_i), k);
        for (size_t i = 0; i < c.count; i++)
            check_dtype_of_operand(&c, i);
        op_case_free(&c);
    }
}
END_TEST

/* ---- Zero sizes: every size over 1 that occurs in a sample is set to 0 wherever it occurs */

static bool shrink(op_case *c, size_t size)
{
    bool any = false;
    for (size_t i = 0; i < c->count; i++) {
        for (size_t d = 0; d < c->sample.in[i].rank; d++)
            if (c->sample.in[i].dim[d] == size) {
                c->sample.in[i].dim[d] = 0;
                any = true;
            }
        ck_assert(wg_shape_count(&c->sample.in[i], &c->size[i]));
    }
    return any;
}

static void check_empty(const wg_op *op, size_t sample, size_t size, wg_dtype dtype)
{
    op_case c = op_case_new(op, sample);
    wg_tape *tape = op_case_tape(&c, dtype);
    wg_var x[MOST], y[WG_MAX_RESULTS];
    if (shrink(&c, size)) {
        op_case_operands(&c, tape, x);
        wg_status status = op_case_apply(&c, op, x, y);
        if (status == WG_OK) {
            wg_var loss = op_case_project(y, c.results, 0);
            status = wg_is_valid(loss) ? wg_backward(loss) : wg_tape_status(tape);
            ck_assert_msg(status == WG_OK, "%s with %zu -> 0: %s", op_case_name(&c, tape), size,
                wg_status_name(status));
            status = wg_replay(tape);
            ck_assert_msg(status == WG_OK, "%s replayed with %zu -> 0", op_case_name(&c, tape), size);
        } else {
            ck_assert_msg(strstr(wg_tape_message(tape), title(&c)) != NULL, "%s", op_case_name(&c, tape));
            ck_assert_msg(!(op->traits & WG_OP_MAP), "a map refuses zero sizes: %s", op_case_name(&c, tape));
        }
    }
    wg_tape_free(tape);
    op_case_free(&c);
}

START_TEST(zero_sizes)
{
    for (size_t k = 0; k < op_case_count(op_of(_i)); k++)
        for (size_t size = 2; size <= 8; size++) {
            check_empty(op_of(_i), k, size, WG_F64);
            check_empty(op_of(_i), k, size, WG_F32);
        }
}
END_TEST

/* ---- Extreme numbers */

static const float extremes[] = {0.0F, -0.0F, 1, -1, 0.5F, -3, 20, -20, 90, -90, 700, -700, 1e30F, -1e30F,
    3e38F, -3e38F, 1e-30F, -1e-30F, 1e-41F, -1e-41F, INFINITY, -INFINITY, NAN};
enum { EXTREMES = sizeof extremes / sizeof extremes[0] };

/* Filled with extremes, from another one on in each operand. */
static void fill_extreme(op_case *c, size_t start)
{
    for (size_t i = 0; i < c->count; i++)
        for (size_t j = 0; c->real[i] && j < c->size[i]; j++)
            c->real[i][j] = (double)extremes[(start * (i + 1) + j) % EXTREMES];
}

static void check_extreme(const op_case *c, wg_dtype dtype)
{
    wg_tape *tape = op_case_tape(c, dtype);
    wg_var x[MOST], y[WG_MAX_RESULTS];
    op_case_operands(c, tape, x);
    wg_status status = op_case_apply(c, c->op, x, y);
    ck_assert_msg(status == WG_OK, "%s", op_case_name(c, tape));
    wg_var loss = op_case_project(y, c->results, 0);
    if (wg_is_valid(loss)) {
        status = wg_backward(loss);
        ck_assert_msg(status == WG_OK, "%s: %s", op_case_name(c, tape), wg_status_name(status));
    }
    wg_tape_free(tape);
}

START_TEST(extreme_numbers_do_not_crash)
{
    for (size_t k = 0; k < op_case_count(op_of(_i)); k++) {
        op_case c = op_case_new(op_of(_i), k);
        for (size_t start = 0; start < EXTREMES; start += 3) {
            fill_extreme(&c, start);
            check_extreme(&c, WG_F64);
            check_extreme(&c, WG_F32);
        }
        op_case_free(&c);
    }
}
END_TEST

/* A map at one point of extremes, on scalars, on tensors of doubles and of floats. */
typedef struct three_values {
    double scalar, f64, f32;
} three_values;

static three_values map_at(const op_case *c, const double *at)
{
    double got[3];
    for (int way = 0; way < 3; way++) {
        wg_tape *tape = op_case_tape(c, way == 2 ? WG_F32 : WG_F64);
        wg_var x[MOST], y[WG_MAX_RESULTS];
        for (size_t i = 0; i < c->count; i++)
            x[i] = way == 0 ? wg_scalar(tape, at[i]) : wg_leaf(tape, WG_DOUBLES(&at[i], 1));
        ck_assert_msg(op_case_apply(c, c->op, x, y) == WG_OK, "%s", op_case_name(c, tape));
        got[way] = wg_item(y[0]);
        wg_tape_free(tape);
    }
    return (three_values){got[0], got[1], got[2]};
}

static bool same_class(double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(a) && isnan(b);
    if (isinf(a) || isinf(b))
        return a == b;
    return true;
}

static void check_map(const op_case *c, const double *at)
{
    three_values v = map_at(c, at);
    double second = c->count > 1 ? at[1] : 0;
    ck_assert_msg(same_class(v.scalar, v.f64), "%s(%g, %g): %g on scalars, %g on tensors", c->op->name, at[0],
        second, v.scalar, v.f64);
    if (isfinite(v.f64) && fabs(v.f64) > (double)FLT_MAX / 4)
        return; /* beyond the floats, or nearly so */
    ck_assert_msg(same_class(v.f64, v.f32), "%s(%g, %g): %g in double, %g in float", c->op->name, at[0],
        second, v.f64, v.f32);
    if (isfinite(v.f64))
        ck_assert_msg(fabs(v.f64 - v.f32) <= 1e-4 * fabs(v.f64) + 1e-6,
            "%s(%g, %g): %g in double, %g in float", c->op->name, at[0], second, v.f64, v.f32);
}

START_TEST(maps_agree_at_extremes)
{
    const wg_op *op = op_of(_i);
    if (!(op->traits & WG_OP_MAP) || op->traits & WG_OP_RANDOM)
        return;
    op_case c = op_case_new(op, 0);
    bool reals = c.count <= 2;
    for (size_t i = 0; i < c.count; i++)
        reals &= c.real[i] != NULL;
    for (size_t a = 0; reals && a < EXTREMES; a++)
        for (size_t b = 0; b < (c.count == 2 ? EXTREMES : 1); b++) {
            const double at[2] = {(double)extremes[a], (double)extremes[b]};
            check_map(&c, at);
        }
    op_case_free(&c);
}
END_TEST

int main(void)
{
    int ops = (int)op_case_ops();
    const harness_test tests[] = {
        {wrong_arity, ops},
        {invalid_vars, ops},
        {dead_vars, ops},
        {two_tapes, ops},
        {wrong_dtypes, ops},
        {zero_sizes, ops},
        {extreme_numbers_do_not_crash, ops},
        {maps_agree_at_extremes, ops},
    };
    return harness_run("op_errors", tests, sizeof tests / sizeof tests[0]);
}
