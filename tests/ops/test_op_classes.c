/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* What kind each structured operation is, and with it how its derivatives are known at numbers of any size:
 *
 *     degree 1, 2    y(s x) = s^d y(x), gradient s^(d - 1) times that at x: sums, moves, choices, norms
 *     bilinear       degree 1 in each of its operands alone: products, convolutions
 *     constant       no gradient
 *     a series       closed forms in op_series.h, to the fourth order
 *     a cell         composed of rows: floats agree with doubles, where it saturates too
 *     of a row       a part of a row's derivatives, with which test_derivatives.c compares it
 *     a user's       a map of map.h: its functions are compared in test_map.c
 *
 * A new operation must be put into one of them. With s a power of two nothing is rounded differently, so that
 * whatever leaves the range of its type on the way, or is special for large numbers, shows. */

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <wengert/wengert.h>

#include "harness.h"
#include "op_cases.h"
#include "op_series.h"

enum kind { DEGREE_1, DEGREE_2, BILINEAR, CONSTANT, SERIES, CELL, ROW, OF_USER };

static const struct {
    const char *name;
    enum kind kind;
} kinds[] = {
    {"argmax", CONSTANT},
    {"argmin", CONSTANT},
    {"avg_pool2d", DEGREE_1},
    {"avg_pool2d_gradient", DEGREE_1},
    {"batch_norm", SERIES},
    {"bce_with_logits", SERIES},
    {"broadcast_to", DEGREE_1},
    {"concat", DEGREE_1},
    {"conv2d", BILINEAR},
    {"conv2d_input_gradient", BILINEAR},
    {"conv2d_weight_gradient", BILINEAR},
    {"cross_entropy", SERIES},
    {"cumsum", DEGREE_1},
    {"dropout", DEGREE_1},
    {"flatten", DEGREE_1},
    {"flip", DEGREE_1},
    {"gather", DEGREE_1},
    {"gru", CELL},
    {"hinge", SERIES},
    {"huber", SERIES},
    {"index_add", DEGREE_1},
    {"index_select", DEGREE_1},
    {"l1", DEGREE_1},
    {"label_targets", CONSTANT},
    {"layer_norm", SERIES},
    {"log_softmax", SERIES},
    {"logsumexp", SERIES},
    {"lstm", CELL},
    {"map1", OF_USER},
    {"map2", OF_USER},
    {"matmul", BILINEAR},
    {"max", DEGREE_1},
    {"max_mask", CONSTANT},
    {"max_pool2d", DEGREE_1},
    {"max_pool_gather2d", DEGREE_1},
    {"max_unpool2d", DEGREE_1},
    {"mean", DEGREE_1},
    {"min", DEGREE_1},
    {"min_mask", CONSTANT},
    {"mse", DEGREE_2},
    {"norm", DEGREE_1},
    {"one_hot", CONSTANT},
    {"pad", DEGREE_1},
    {"permute", DEGREE_1},
    {"pow_slope", ROW},
    {"prod", SERIES},
    {"prod_along", SERIES},
    {"prod_slope", SERIES},
    {"reshape", DEGREE_1},
    {"scatter_add", DEGREE_1},
    {"slice", DEGREE_1},
    {"softmax", SERIES},
    {"squeeze", DEGREE_1},
    {"stack", DEGREE_1},
    {"sum", DEGREE_1},
    {"sum_to", DEGREE_1},
    {"transpose", DEGREE_1},
    {"unslice", DEGREE_1},
    {"unsqueeze", DEGREE_1},
    {"variance", DEGREE_2},
    {"where", DEGREE_1},
};

static enum kind kind_of(const wg_op *op)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, op->name) == 0)
            return kinds[i].kind;
    ck_abort_msg("of which kind is %s? See test_op_classes.c", op->name);
    return CONSTANT;
}

/* The rows of formulas.def are known by their names. */
#define WG_UNARY(name, ...) {#name, #name, #name},
#define WG_UNARY1(name, ...) WG_UNARY(name, 0)
#define WG_UNARY2(name, ...) WG_UNARY(name, 0)
#define WG_STEP(name, ...) WG_UNARY(name, 0)
#define WG_BINARY(name, ...) {#name, #name "c", "c" #name},
#define WG_STEP2(name, ...) WG_BINARY(name, 0)
static const char *const rows[][3] = {
#include <wengert/formulas.def>
};

/* The table's structured operations. */
static const wg_op *structured(size_t i)
{
    size_t count;
    const wg_op *const *table = wg_op_table(&count);
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++)
        for (int k = 0; k < 3; k++)
            if (i < count && strcmp(table[i]->name, rows[row][k]) == 0)
                return NULL;
    return i < count ? table[i] : NULL;
}

static size_t table_size(void)
{
    size_t count;
    wg_op_table(&count);
    return count;
}

START_TEST(every_operation_has_a_kind)
{
    for (size_t i = 0; i < table_size(); i++) {
        const wg_op *op = structured(i);
        if (!op)
            continue;
        enum kind kind = kind_of(op);
        ck_assert_msg((kind == CONSTANT) == ((op->traits & WG_OP_ZERO_GRADIENT) != 0), "%s", op->name);
        bool found = kind != SERIES;
        for (size_t k = 0; k < SUBJECTS; k++)
            found = found || strcmp(subjects[k].name, op->name) == 0;
        ck_assert_msg(found, "%s has no series", op->name);
    }
}
END_TEST

/* ---- Sizes */

typedef struct outcome {
    double value, *sweep[WG_MAX_SAMPLE_ARGS], *vars[WG_MAX_SAMPLE_ARGS];
} outcome;

/* The projection of the results and its gradients, with operand i multiplied by 2^exponent[i]. */
static outcome run(const op_case *c, wg_dtype dtype, const int *exponent)
{
    outcome o = {0};
    op_case scaled = *c;
    for (size_t i = 0; i < c->count; i++) {
        scaled.real[i] = c->real[i] ? calloc(c->size[i] + 1, sizeof(double)) : NULL;
        for (size_t k = 0; c->real[i] && k < c->size[i]; k++)
            scaled.real[i][k] = ldexp(c->real[i][k], exponent[i]);
    }
    wg_tape *tape = op_case_tape(c, dtype);
    wg_var x[WG_MAX_SAMPLE_ARGS], results[WG_MAX_RESULTS];
    op_case_operands(&scaled, tape, x);
    ck_assert_msg(op_case_apply(c, c->op, x, results) == WG_OK, "%s", op_case_name(c, tape));
    wg_var y = op_case_project(results, c->results, 7);
    o.value = wg_item(y);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    for (size_t i = 0; i < c->count; i++) {
        free(scaled.real[i]);
        if (!op_case_differentiable(c, i))
            continue;
        o.sweep[i] = calloc(c->size[i] + 1, sizeof(double));
        o.vars[i] = calloc(c->size[i] + 1, sizeof(double));
        ck_assert_int_eq(wg_read_grad(x[i], o.sweep[i], c->size[i]), WG_OK);
        wg_var g = wg_grad1(y, x[i]);
        ck_assert_int_eq(wg_read(g, o.vars[i], c->size[i]), WG_OK);
    }
    wg_tape_free(tape);
    return o;
}

static void outcome_free(outcome *o)
{
    for (size_t i = 0; i < WG_MAX_SAMPLE_ARGS; i++)
        free(o->sweep[i]), free(o->vars[i]);
}

static void near(const op_case *c, wg_dtype dtype, const char *what, int exponent, double is, double base)
{
    double want = ldexp(base, exponent);
    ck_assert_msg(fabs(is - want) <= (dtype == WG_F32 ? 1e-6 : 1e-14) * fabs(want),
        "%s, %s 2^%d times: %g, not %g", op_case_name(c, NULL), what, exponent, is, want);
}

/* Multiplies the operands by 2^k (all, or `only` one): y by 2^(degree k), the gradients by what is left over.
 */
static void check_size(const op_case *c, wg_dtype dtype, int degree, int only, int k)
{
    int zero[WG_MAX_SAMPLE_ARGS] = {0}, exponent[WG_MAX_SAMPLE_ARGS] = {0};
    for (size_t i = 0; i < c->count; i++)
        exponent[i] = op_case_differentiable(c, i) && (only < 0 || only == (int)i) ? k : 0;
    outcome base = run(c, dtype, zero), far = run(c, dtype, exponent);
    if (strcmp(c->op->name, "pad") != 0) /* its frame stays as it is */
        near(c, dtype, "value", degree * k, far.value, base.value);
    for (size_t i = 0; i < c->count; i++)
        for (size_t n = 0; op_case_differentiable(c, i) && n < c->size[i]; n++) {
            near(c, dtype, "gradient", degree * k - exponent[i], far.sweep[i][n], base.sweep[i][n]);
            near(c, dtype, "recorded gradient", degree * k - exponent[i], far.vars[i][n], base.vars[i][n]);
        }
    outcome_free(&base), outcome_free(&far);
}

START_TEST(any_size)
{
    const wg_op *op = structured((size_t)_i);
    enum kind kind = op ? kind_of(op) : CONSTANT;
    if (kind != DEGREE_1 && kind != DEGREE_2 && kind != BILINEAR)
        return;
    for (size_t s = 0; s < op_case_count(op); s++) {
        op_case c = op_case_new(op, s);
        for (int f32 = 0; f32 < 2; f32++)
            for (int sign = -1; sign < 2; sign += 2) {
                wg_dtype dtype = f32 ? WG_F32 : WG_F64;
                int k = sign * (f32 ? 100 : 900);
                if (kind == DEGREE_1)
                    check_size(&c, dtype, 1, -1, k);
                else if (kind == DEGREE_2)
                    check_size(&c, dtype, 2, -1, k / 2);
                for (int i = 0; kind == BILINEAR && i < 2; i++)
                    check_size(&c, dtype, 1, i, k);
            }
        op_case_free(&c);
    }
}
END_TEST

/* ---- Cells */

/* Derivatives of the orders 0 .. 3, where inputs are up to 100 and up to 1000 and gates saturate. */
START_TEST(saturated_cells)
{
    const wg_op *op = structured((size_t)_i);
    if (!op || kind_of(op) != CELL)
        return;
    for (size_t s = 0; s < op_case_count(op); s++)
        for (double size = 1; size < 1e4; size *= 10) {
            op_case c = op_case_new(op, s);
            for (size_t i = 0; i < c.count; i++)
                for (size_t k = 0; c.real[i] && k < c.size[i]; k++)
                    c.real[i][k] = (double)(float)(c.real[i][k] * (i == 0 ? size : 1));
            double found[2][4][2];
            for (int f32 = 0; f32 < 2; f32++) {
                wg_tape *tape = op_case_tape(&c, f32 ? WG_F32 : WG_F64);
                wg_var x[WG_MAX_SAMPLE_ARGS], results[WG_MAX_RESULTS];
                op_case_operands(&c, tape, x);
                ck_assert_msg(op_case_apply(&c, op, x, results) == WG_OK, "%s", op_case_name(&c, tape));
                wg_var y = op_case_project(results, c.results, 7);
                for (int order = 0; order < 4; order++) {
                    wg_var g = wg_grad1(y, x[0]);
                    found[f32][order][0] = wg_item(y), found[f32][order][1] = wg_item(wg_norm(g));
                    y = op_case_project(&g, 1, 8);
                }
                wg_tape_free(tape);
            }
            for (int order = 0; order < 4; order++)
                for (int k = 0; k < 2; k++)
                    ck_assert_msg(fabs(found[1][order][k] - found[0][order][k]) <=
                                      1e-4 * (fabs(found[0][order][1]) + fabs(found[0][order][k])) + 1e-30,
                        "%s, inputs up to %g, order %d: %g in float, %g in double", op_case_name(&c, NULL),
                        2 * size, order, found[1][order][k], found[0][order][k]);
            op_case_free(&c);
        }
}
END_TEST

int main(void)
{
    const harness_test tests[] = {
        {every_operation_has_a_kind, 0}, {any_size, (int)table_size()}, {saturated_cells, (int)table_size()}};
    return harness_run("op classes", tests, sizeof tests / sizeof tests[0]);
}
