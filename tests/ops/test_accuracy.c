/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Every row of formulas.def against its true value, over the whole range of float and double: the vector
 * kernels of both, and the scalar path. Gradients where formulas.def says that nothing cancels. An element's
 * value does not depend on its position. The bounds are in accuracy.h. */

#include "accuracy.h"

static void compare(const accuracy_row *row, wg_dtype dtype, const char *path, double a, double b, double is)
{
    number t = row->truth((number)a, (number)b);
    if (!accurate(row, dtype, a, is, t)) /* a passed assertion of Check writes to a file */
        ck_abort_msg("%s of %s: at %.17g, %.17g: %.17g, not %.17Lg, off by %.3Lg ulp", path, row->name, a, b,
            is, t, fabsl((number)is - t) / ulp_of(dtype, t));
}

/* ---- One operand ----------------------------------------------------------------------------------- */

static void vectors_of_one(const accuracy_row *row, wg_dtype dtype)
{
    const wg_op *op = wg_op_find(row->name);
    points p = all_points(dtype);
    wg_tape *tape = new_tape(dtype, false, 1);
    wg_var x = wg_leaf(tape, WG_DOUBLES(p.x, p.n));
    double *y = values(wg_apply(op, &x, 1, op->attr_size ? row->attr : NULL));
    for (size_t i = 0; i < p.n; i++)
        compare(row, dtype, wg_dtype_name(dtype), p.x[i], 0, y[i]);
    free(y);
    wg_tape_free(tape);
    free(p.x);
}

START_TEST(one_operand_in_vectors)
{
    if (truth_is_known()) {
        vectors_of_one(&unary_rows[_i], WG_F64);
        vectors_of_one(&unary_rows[_i], WG_F32);
    }
}
END_TEST

START_TEST(one_operand_as_scalar)
{
    const accuracy_row *row = &unary_rows[_i];
    const wg_op *op = wg_op_find(row->name);
    points p = all_points(WG_F64);
    for (size_t i = 0; i < p.n && truth_is_known(); i++)
        compare(row, WG_F64, "scalar", p.x[i], 0, op->scalar(&p.x[i], row->attr));
    free(p.x);
}
END_TEST

/* ---- Two operands: every pair of some numbers ------------------------------------------------------ */

static points some_points(wg_dtype dtype)
{
    points p = {.x = malloc(MOST * sizeof(double)), .dtype = dtype};
    wg_random r = {.seed = 4};
    ck_assert_ptr_nonnull(p.x);
    put_special(&p);
    put_range(&p, &r, 1, dtype == WG_F32 ? 7 : 51);
    for (int i = 0; i < 60; i++)
        put(&p, 8 * (wg_random_uniform(&r) - 0.5)), put(&p, i - 30);
    return p;
}

START_TEST(two_operands)
{
    const accuracy_row *row = &binary_rows[_i];
    const wg_op *op = wg_op_find(row->name);
    for (wg_dtype dtype = WG_F64; dtype <= WG_F32 && truth_is_known(); dtype++) {
        points p = some_points(dtype);
        wg_tape *tape = new_tape(dtype, false, 1);
        double *y = values(
            wg_apply2(op, wg_leaf(tape, WG_DOUBLES(p.x, p.n, 1)), wg_leaf(tape, WG_DOUBLES(p.x, p.n))));
        for (size_t i = 0; i < p.n; i++)
            for (size_t j = 0; j < p.n; j++) {
                const double in[2] = {p.x[i], p.x[j]};
                compare(row, dtype, wg_dtype_name(dtype), in[0], in[1], y[i * p.n + j]);
                if (dtype == WG_F64)
                    compare(row, dtype, "scalar", in[0], in[1], op->scalar(in, NULL));
            }
        free(y);
        wg_tape_free(tape);
        free(p.x);
    }
}
END_TEST

/* ---- All rows -------------------------------------------------------------------------------------- */

static const accuracy_row *row_of(const char *op)
{
    for (size_t f = 0; f < FORMULAS; f++) {
        if (row_use(&formula_names[f], op) == NOT_THIS_ROW)
            continue;
        for (size_t i = 0; i < UNARY_ROWS + BINARY_ROWS; i++) {
            const accuracy_row *row = i < UNARY_ROWS ? &unary_rows[i] : &binary_rows[i - UNARY_ROWS];
            if (strcmp(row->name, formula_names[f].name) == 0)
                return row;
        }
    }
    return NULL;
}

START_TEST(every_row_has_a_bound)
{
    size_t count, formulas = 0;
    const wg_op *const *table = wg_op_table(&count);
    for (size_t i = 0; i < count; i++)
        if (is_row(table[i])) {
            formulas++;
            ck_assert_msg(row_of(table[i]->name) != NULL, "%s", table[i]->name);
        }
    ck_assert_uint_eq(formulas, UNARY_ROWS + 3 * BINARY_ROWS);
}
END_TEST

enum { LENGTH = 64 };

/* Value and gradients of op at n elements from `begin` on, as n numbers each. */
static void run(const wg_op *op, wg_dtype dtype, size_t begin, size_t n, double out[3][LENGTH])
{
    double in[2][LENGTH], ones[LENGTH];
    for (size_t i = 0; i < LENGTH; i++)
        in[0][i] = 0.2 + 0.03 * (double)i, in[1][i] = 0.4 + 0.05 * (double)(i * i % 17), ones[i] = 1;
    const double attr[2] = {0.7, 1.3};
    wg_tape *tape = new_tape(dtype, false, 1);
    wg_var x[2], y;
    for (int k = 0; k < op->arity; k++)
        x[k] = wg_leaf(tape, WG_DOUBLES(in[k] + begin, n));
    y = wg_apply(op, x, (size_t)op->arity, op->attr_size ? attr : NULL);
    ck_assert_int_eq(wg_read(y, out[0], n), WG_OK);
    if (!(op->traits & WG_OP_ZERO_GRADIENT)) {
        ck_assert_int_eq(wg_backward_from(y, WG_DOUBLES(ones, n)), WG_OK);
        for (int k = 0; k < op->arity; k++)
            ck_assert_int_eq(wg_read_grad(x[k], out[1 + k], n), WG_OK);
    }
    wg_tape_free(tape);
}

START_TEST(position_does_not_change_a_bit)
{
    size_t count;
    const wg_op *const *table = wg_op_table(&count);
    wg_dtype dtype = _i ? WG_F32 : WG_F64;
    for (size_t i = 0; i < count; i++) {
        double all[3][LENGTH] = {{0}}, part[3][LENGTH] = {{0}};
        if (!is_row(table[i]))
            continue;
        run(table[i], dtype, 0, LENGTH, all);
        for (size_t n = 1; n <= 40; n++) {
            size_t begin = n * 5 % 23;
            run(table[i], dtype, begin, n, part);
            for (int k = 0; k < 3; k++)
                ck_assert_msg(memcmp(part[k], all[k] + begin, n * sizeof(double)) == 0,
                    "%s, %zu elements from %zu", table[i]->name, n, begin);
        }
    }
}
END_TEST

/* ---- Gradients in the tails ------------------------------------------------------------------------ */

static number density(number x) /* of the standard normal */
{
    return 0.398942280401432677939946L * expl(-x * x / 2);
}

static number sigmoid_slope(number x)
{
    return expl(-fabsl(x)) / powl(1 + expl(-fabsl(x)), 2);
}

static number slope_of(const char *name, number x)
{
    if (strcmp(name, "sigmoid") == 0)
        return sigmoid_slope(x);
    if (strcmp(name, "tanh") == 0)
        return 4 * sigmoid_slope(2 * x);
    if (strcmp(name, "softplus") == 0)
        return 1 / (1 + expl(-x));
    if (strcmp(name, "silu") == 0)
        return (1 + x / (1 + expl(x))) / (1 + expl(-x));
    if (strcmp(name, "gelu") == 0)
        return twice_normal_tail(x) / 2 + x * density(x);
    if (strcmp(name, "erf") == 0)
        return 1.128379167095512573896L * expl(-x * x);
    if (strcmp(name, "expm1") == 0)
        return expl(x);
    return 1 / (1 + x); /* log1p */
}

START_TEST(slopes_do_not_cancel)
{
    static const struct {
        const char *name;
        double x[4];
    } at[] = {{"sigmoid", {20, -20, 60, -60}}, {"tanh", {10, -10, 30, -30}},
        {"softplus", {-30, 30, -80, 1e-9}}, {"silu", {-20, -60, 20, 1e-9}}, {"gelu", {-5, -8, 5, 1e-9}},
        {"erf", {5, -5, 8, 1e-9}}, {"expm1", {-30, -60, 1e-9, 30}}, {"log1p", {-0.999, 1e-9, 1e9, 1e30}}};
    for (wg_dtype dtype = WG_F64; dtype <= WG_F32 && truth_is_known(); dtype++) {
        double x[4], slope[4], unit = dtype == WG_F32 ? 0x1p-23 : 0x1p-52, ones[4] = {1, 1, 1, 1};
        for (int j = 0; j < 4; j++)
            x[j] = dtype == WG_F32 ? (double)(float)at[_i].x[j] : at[_i].x[j];
        wg_tape *tape = new_tape(dtype, false, 1);
        wg_var v = wg_leaf(tape, WG_DOUBLES(x, 4));
        ck_assert_int_eq(wg_backward_from(wg_apply1(wg_op_find(at[_i].name), v), WG_DOUBLES(ones, 4)), WG_OK);
        ck_assert_int_eq(wg_read_grad(v, slope, 4), WG_OK);
        for (int j = 0; j < 4; j++) {
            number t = slope_of(at[_i].name, (number)x[j]),
                   allowed = (number)unit * (10 + (number)(x[j] * x[j]));
            ck_assert_msg(fabsl((number)slope[j] - t) <= allowed * fabsl(t),
                "%s of %s: slope at %g: %.17g, not %.17Lg", wg_dtype_name(dtype), at[_i].name, x[j], slope[j],
                t);
        }
        wg_tape_free(tape);
    }
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{one_operand_in_vectors, UNARY_ROWS}, {one_operand_as_scalar, UNARY_ROWS},
        {two_operands, BINARY_ROWS}, {every_row_has_a_bound, 1}, {position_does_not_change_a_bit, 2},
        {slopes_do_not_cancel, 8}};
    return harness_run("accuracy", tests, sizeof tests / sizeof tests[0]);
}
