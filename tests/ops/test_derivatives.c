/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Every row of formulas.def, and its forms with a plain number: all derivatives to order four, mixed in every
 * order, at ordinary, special and extreme numbers, against series in long double (derivatives.h): recorded,
 * replayed with the same bits, on tensors of both types and on scalars; the first ones by the sweep too. */

#include "derivatives.h"

/* A sequence of derivatives is written in binary behind a leading 1: 1 is y, 2 dy/da, 3 dy/db, 5 d2y/da db.
 */
enum { SEQUENCES = 2 << ORDER, MOST = 96, MOST_PAIRS = MOST * MOST };

/* How often sequence s differentiates towards operand 0, or 1. */
static int order_towards(int s, int operand)
{
    int order = 0;
    for (; s > 1; s /= 2)
        order += s % 2 == operand;
    return order;
}

/* ---- What is tried ---------------------------------------------------------------------------------- */

/* Of either sign. */
static const double special[] = {0, 0.25, 0.3, 0.5, 0.7, 0.875, 1, 1.125, 1.5, 2, 3, 5, 7, 9, 10, 13, 20, 26,
    30, 40, 60, 88, 100, 400, 709, 800, 801, 1e3, 1e4, 1e15, 1e19, 3.4e38, 1e154, 1.7e308, 1e-3, 1e-5, 1e-15,
    1.2e-38, 1e-154, 2.3e-308, HUGE_VAL};
static const double special_in_pairs[] = {0, 1, 2, 3, 4, 0.5, 0.7, 1.5, 10, 100, 1e3, 1e15, 3.4e38, 1e100,
    1e200, 1.7e308, 1e-3, 1e-5, 1e-30, 1e-100, 1e-200, 2.3e-308, 8, 1.6e7, 1 - 6.5e-6, 1 - 4.5e-5,
    1 - 7.2e-13, HUGE_VAL};

typedef struct trial {
    const wg_op *op;
    const derivative_row *row;
    int use;              /* of the row */
    wg_dtype dtype, tape; /* of the points, and of the tape, where scalars are double all the same */
    double attr[2];
    size_t n;
    double *a, *b; /* the points; b unused with one operand */
} trial;

/* The numbers of a list that are normal in the type, or infinite, of both signs. */
static size_t numbers_of(wg_dtype dtype, const double *list, size_t count, double *out)
{
    size_t n = 0;
    for (size_t i = 0; i < 2 * count; i++) {
        double x = i % 2 ? -list[i / 2] : list[i / 2];
        bool normal = x == 0 || (number)fabs(x) >= least_of(dtype);
        if (isinf(x) || (normal && (number)fabs(x) <= largest_of(dtype)))
            out[n++] = dtype == WG_F32 ? (double)(float)x : x;
    }
    return n;
}

static size_t numbers_in_pairs(wg_dtype dtype, double *out)
{
    return numbers_of(dtype, special_in_pairs, sizeof special_in_pairs / sizeof special_in_pairs[0], out);
}

static void set_points(trial *t)
{
    double x[MOST];
    size_t n = t->use == AS_IT_IS && t->op->arity == 1
                   ? numbers_of(t->dtype, special, sizeof special / sizeof special[0], x)
                   : numbers_in_pairs(t->dtype, x);
    t->n = t->op->arity == 1 ? n : n * n;
    for (size_t i = 0; i < t->n; i++)
        t->a[i] = t->op->arity == 1 ? x[i] : x[i / n], t->b[i] = x[i % n];
}

/* ---- Comparing ------------------------------------------------------------------------------------- */

/* What stands for an infinite operand, so that the truth there is the limit: a number whose powers are beyond
 * both types, what it is divided by, too, and not beyond long double. But logarithms of it are finite, so
 * that a^b has infinity itself. */
static number stand_in(const trial *t, double x)
{
    const number large = strcmp(t->row->name, "div") == 0 ? 1e2000L : 1e1000L;
    return isinf(x) && strcmp(t->row->name, "pow") != 0 ? (x > 0 ? large : -large) : (number)x;
}

static void operands_at(const trial *t, size_t i, double in[2])
{
    in[0] = t->a[i], in[1] = t->op->arity == 2 ? t->b[i] : t->attr[0];
    if (t->use == NUMBER_LEFT)
        in[1] = in[0], in[0] = t->attr[0];
}

static bool is_infinite(const trial *t, size_t i)
{
    double in[2];
    operands_at(t, i, in);
    return isinf(in[0]) || ((t->op->arity == 2 || t->use != AS_IT_IS) && isinf(in[1]));
}

/* The true derivative at point i, and the sum of its terms' magnitudes; of sequence 1 the value. */
static number truth_of(const trial *t, int s, size_t i, number *size)
{
    int towards[2] = {order_towards(s, 0), order_towards(s, 1)};
    double in[2];
    operands_at(t, i, in);
    if (t->use == NUMBER_LEFT)
        towards[1] = towards[0], towards[0] = 0;
    mixed y = t->row->truth(variable(stand_in(t, in[0]), true), variable(stand_in(t, in[1]), false));
    number factorials = 1;
    for (int k = 0; k < 2; k++)
        for (int m = 2; m <= towards[k]; m++)
            factorials *= m;
    *size = y.size[towards[0]][towards[1]] * factorials;
    return y.c[towards[0]][towards[1]] * factorials;
}

/* What math.h lists: an intermediate number is too large, though no term of the result is. */
static bool overflows_on_the_way(const trial *t, int s, size_t i)
{
    const number a = (number)(t->use == NUMBER_LEFT ? t->attr[0] : t->a[i]);
    const number b = (number)(t->use == NUMBER_LEFT    ? t->a[i]
                              : t->use == NUMBER_RIGHT ? t->attr[0]
                                                       : t->b[i]);
    const int order = order_towards(s, 0) + order_towards(s, 1);
    if (strcmp(t->row->name, "div") == 0)
        return powl(fabsl(b), -order) > largest_of(t->dtype);
    return strcmp(t->row->name, "pow") == 0 && powl(fabsl(a), b - order) > largest_of(t->dtype);
}

/* What no number of the type can hold is infinite or NaN, and so may be what has a term like that. */
static bool is_right(wg_dtype dtype, double is, number truth, number size, bool overflows)
{
    const number top = largest_of(dtype), tolerance = dtype == WG_F32 ? 1e-5L : 1e-12L;
    if (isnan(truth) || !(fabsl(truth) <= top))
        return isnan(is) || (isinf(is) && (!isfinite(truth) || (is > 0) == (truth > 0)));
    if (!isfinite(is))
        return overflows || !(size <= top);
    return fabsl((number)is - truth) <= tolerance * size + 1024 * least_of(dtype);
}

/* With an infinite operand NaN may stand for the limit, and does where the value is NaN. */
static bool has_no_limit(const trial *t, size_t i, double is)
{
    double in[2];
    operands_at(t, i, in);
    mixed y = t->row->truth(variable((number)in[0], true), variable((number)in[1], false));
    return isnan(is) || isnan(AT(y));
}

static void check(const trial *t, const char *path, int s, const double *is)
{
    for (size_t i = 0; i < t->n; i++) {
        number size, truth = truth_of(t, s, i, &size);
        if ((isnan(truth) && isnan(truth_of(t, 1, i, &size))) ||
            (is_infinite(t, i) && has_no_limit(t, i, is[i])))
            continue;
        if (!is_right(t->dtype, is[i], truth, size,
                overflows_on_the_way(t, s, i))) /* a passed assertion of Check writes to a file */
            ck_abort_msg("%s, %s %s: derivative %d, %d at %.17g, %.17g: %.17g, not %.17Lg, of terms %.3Lg",
                path, wg_dtype_name(t->dtype), t->op->name, order_towards(s, 0), order_towards(s, 1), t->a[i],
                t->op->arity == 2 ? t->b[i] : t->attr[0], is[i], truth, size);
    }
}

/* The same bits; a NaN may have another sign. */
static void check_replayed(const trial *t, int s, const double *is, const double *replayed)
{
    for (size_t i = 0; i < t->n; i++)
        if (memcmp(&is[i], &replayed[i], sizeof is[i]) != 0 && !(isnan(is[i]) && isnan(replayed[i])))
            ck_abort_msg("%s: sequence %d at %.17g, %.17g: %.17g, replayed %.17g", t->op->name, s, t->a[i],
                t->b[i], is[i], replayed[i]);
}

/* ---- Recording ------------------------------------------------------------------------------------- */

typedef struct derivatives {
    wg_tape *tape;
    wg_var x[2], of[SEQUENCES];
} derivatives;

static bool taken(const trial *t, int s)
{
    return t->op->arity == 2 || order_towards(s, 1) == 0;
}

static void record(derivatives *d, const trial *t, wg_var a, wg_var b)
{
    d->x[0] = a, d->x[1] = b;
    d->of[1] = wg_apply(t->op, d->x, (size_t)t->op->arity, t->op->attr_size ? t->attr : NULL);
    for (int s = 2; s < SEQUENCES; s++)
        if (taken(t, s))
            d->of[s] = wg_grad1(d->of[s / 2], d->x[s % 2]);
    ok(d->tape);
}

static derivatives on_tensors(const trial *t, const double *a, const double *b)
{
    derivatives d = {.tape = new_tape(t->dtype, false, 1)};
    record(&d, t, wg_leaf(d.tape, WG_DOUBLES(a, t->n)), wg_leaf(d.tape, WG_DOUBLES(b, t->n)));
    return d;
}

static void check_sweep(const derivatives *d, const trial *t)
{
    double *ones = malloc(t->n * sizeof *ones), *slope = malloc(t->n * sizeof *slope);
    for (size_t i = 0; i < t->n; i++)
        ones[i] = 1;
    ck_assert_int_eq(wg_backward_from(d->of[1], WG_DOUBLES(ones, t->n)), WG_OK);
    for (int k = 0; k < t->op->arity && !(t->op->traits & WG_OP_ZERO_GRADIENT); k++) {
        ck_assert_int_eq(wg_read_grad(d->x[k], slope, t->n), WG_OK);
        check(t, "swept", 2 + k, slope);
    }
    free(ones), free(slope);
}

/* Recorded at these points, and at others. */
static void try_tensors(const trial *t)
{
    double *elsewhere = malloc(t->n * sizeof *elsewhere);
    for (size_t i = 0; i < t->n; i++)
        elsewhere[i] = 0.75;
    derivatives d = on_tensors(t, t->a, t->b), e = on_tensors(t, elsewhere, elsewhere);
    ck_assert_int_eq(wg_set(e.x[0], WG_DOUBLES(t->a, t->n)), WG_OK);
    ck_assert_int_eq(wg_set(e.x[1], WG_DOUBLES(t->b, t->n)), WG_OK);
    ck_assert_int_eq(wg_replay(e.tape), WG_OK);
    for (int s = 2; s < SEQUENCES; s++)
        if (taken(t, s)) {
            double *is = values(d.of[s]), *replayed = values(e.of[s]);
            check(t, "tensors", s, is);
            check_replayed(t, s, is, replayed);
            free(is), free(replayed);
        }
    check_sweep(&d, t);
    wg_tape_free(d.tape), wg_tape_free(e.tape);
    free(elsewhere);
}

/* One after the other. */
static void try_scalars(const trial *t)
{
    derivatives d = {.tape = new_tape(t->tape, false, 1)}, e = {.tape = new_tape(t->tape, false, 1)};
    double a, b, slope;
    trial one = *t;
    one.n = 1, one.a = &a, one.b = &b;
    record(&e, t, wg_scalar(e.tape, 0.75), wg_scalar(e.tape, 0.75));
    for (size_t i = 0; i < t->n; i++) {
        a = t->a[i], b = t->b[i];
        record(&d, t, wg_scalar(d.tape, a), wg_scalar(d.tape, b));
        wg_set_scalar(e.x[0], a), wg_set_scalar(e.x[1], b);
        ck_assert_int_eq(wg_replay(e.tape), WG_OK);
        for (int s = 2; s < SEQUENCES; s++)
            if (taken(t, s)) {
                double is = wg_item(d.of[s]), replayed = wg_item(e.of[s]);
                check(&one, "scalars", s, &is);
                check_replayed(&one, s, &is, &replayed);
            }
        ck_assert_int_eq(wg_backward(d.of[1]), WG_OK);
        for (int k = 0; k < t->op->arity; k++)
            slope = wg_item_grad(d.x[k]), check(&one, "swept", 2 + k, &slope);
        wg_tape_reset(d.tape);
    }
    wg_tape_free(d.tape), wg_tape_free(e.tape);
}

/* ---- All rows --------------------------------------------------------------------------------------- */

static void each_trial(const wg_op *op, const derivative_row *row, int use, wg_dtype dtype, wg_dtype tape,
    void try(const trial *))
{
    trial t = {
        .op = op, .row = row, .use = use, .dtype = dtype, .tape = tape, .attr = {row->attr[0], row->attr[1]}};
    double attr[MOST] = {row->attr[0]};
    size_t count = use == AS_IT_IS ? 1 : numbers_in_pairs(dtype, attr);
    t.a = malloc(MOST_PAIRS * sizeof *t.a), t.b = malloc(MOST_PAIRS * sizeof *t.b);
    ck_assert(t.a && t.b);
    set_points(&t);
    for (size_t i = 0; i < count; i++) {
        t.attr[0] = attr[i];
        try(&t);
    }
    free(t.a), free(t.b);
}

static void each_use(int i, wg_dtype dtype, wg_dtype tape, void try(const trial *))
{
    size_t count, uses = 0;
    const wg_op *const *table = wg_op_table(&count);
    const formula_name *name = &formula_names[i];
    const derivative_row *row = NULL;
    for (size_t r = 0; r < DERIVATIVE_ROWS; r++)
        if (strcmp(derivative_rows[r].name, name->name) == 0)
            row = &derivative_rows[r];
    ck_assert_msg(row != NULL, "%s has no true derivatives in derivatives.h", name->name);
    for (size_t o = 0; o < count; o++) {
        int use = row_use(name, table[o]->name);
        if (use != NOT_THIS_ROW)
            uses++, each_trial(table[o], row, use, dtype, tape, try);
    }
    ck_assert_uint_eq(uses, name->operands == 2 ? 3 : 1);
}

START_TEST(of_tensors_of_doubles)
{
    if (truth_is_known())
        each_use(_i, WG_F64, WG_F64, try_tensors);
}
END_TEST

START_TEST(of_tensors_of_floats)
{
    if (truth_is_known())
        each_use(_i, WG_F32, WG_F32, try_tensors);
}
END_TEST

START_TEST(of_scalars)
{
    if (truth_is_known())
        each_use(_i, WG_F64, WG_F64, try_scalars);
}
END_TEST

START_TEST(of_scalars_on_a_float_tape)
{
    if (truth_is_known())
        each_use(_i, WG_F64, WG_F32, try_scalars);
}
END_TEST

/* The derivatives of a^b, an operation of its own, say how far they go. */
START_TEST(of_an_order_that_is_too_high)
{
    wg_tape *tape = new_tape(WG_F64, false, 1);
    wg_var x[2] = {wg_scalar(tape, 2), wg_scalar(tape, 3)};
    ck_assert(!wg_is_valid(wg_apply(wg_op_find("pow_slope"), x, 2, (const int[]){1, 32})));
    fails(tape, WG_INVALID, "order 1 in the base and 32 in the exponent; at most 31 in the exponent");
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{of_tensors_of_doubles, FORMULAS}, {of_tensors_of_floats, FORMULAS},
        {of_scalars, FORMULAS}, {of_scalars_on_a_float_tape, FORMULAS}, {of_an_order_that_is_too_high, 1}};
    return harness_run("derivatives", tests, sizeof tests / sizeof tests[0]);
}
