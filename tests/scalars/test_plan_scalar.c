/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Plans of scalar tapes give what recording and sweeping give. */
#include "planned_scalars.h"

enum { INPUTS = 23, MOST_STEPS = 9000 };

/* ---- Every row -------------------------------------------------------------------------------------- */

typedef struct row {
    const char *name;
    wg_var (*one)(wg_var);
    wg_var (*number)(wg_var, double);
    wg_var (*numbers)(wg_var, double, double);
    wg_var (*two)(wg_var, wg_var);
    wg_var (*left)(double, wg_var);
} row;

static const row all_rows[] = {
#define WG_UNARY(name_, value, gradient, lo, hi) {.name = #name_, .one = wg_##name_},
#define WG_UNARY1(name_, value, gradient, lo, hi, c) {.name = #name_, .number = wg_##name_},
#define WG_UNARY2(name_, value, gradient, lo, hi, c, d) {.name = #name_, .numbers = wg_##name_},
#define WG_BINARY(name_, value, gradient_a, gradient_b, lo, hi, lo_b, hi_b)                                  \
    {.name = #name_, .two = wg_##name_}, {.name = #name_ "c", .number = wg_##name_##c},                      \
        {.name = "c" #name_, .left = wg_c##name_},
#define WG_STEP(name_, value) {.name = #name_, .one = wg_##name_},
#define WG_STEP2(name_, value) WG_BINARY(name_, , , , , , , )
#include <wengert/formulas.def>
};

enum { ROWS = sizeof all_rows / sizeof all_rows[0] };

static wg_var apply(const row *r, wg_var a, wg_var b, double c)
{
    return r->one       ? r->one(a)
           : r->number  ? r->number(a, c)
           : r->numbers ? r->numbers(a, c - 1, c + 0.2)
           : r->two     ? r->two(a, b)
                        : r->left(c, a);
}

typedef struct use {
    const row *row;
    size_t count;
} use;

/* sum_i w_i f(x_i, x_j): alone, in a group, in more than one block. */
static wg_var many_of_one(wg_tape *tape, wg_span x, void *user)
{
    const use *u = user;
    wg_var sum = wg_const_scalar(tape, 0.5);
    for (size_t i = 0; i < u->count; i++) {
        wg_var a = wg_at(x, i % x.count), b = wg_at(x, (i * 7 + 1) % x.count);
        sum = wg_add(sum, wg_mulc(apply(u->row, a, b, i % 2 ? 1.25 : 0.75), 1 + 0.1 * (double)(i % 5)));
    }
    return sum;
}

static void draw(double *x, size_t n, uint64_t stream)
{
    wg_random r = {.seed = 3, .stream = stream};
    for (size_t i = 0; i < n; i++)
        x[i] = 0.4 + 1.2 * wg_random_uniform(&r);
}

START_TEST(every_row)
{
    double x[INPUTS], other[INPUTS];
    const row *r = &all_rows[_i];
    draw(x, INPUTS, 1), draw(other, INPUTS, 2);
    for (size_t count = 1; count <= 700; count = 3 * count + 1) {
        scalar_pair p = pair_new(many_of_one, &(use){r, count}, x, INPUTS);
        pair_check(&p, x, 1e-13);
        pair_check(&p, other, 1e-13);
        pair_free(&p);
    }
}
END_TEST

/* ---- Drawn programs --------------------------------------------------------------------------------- */

typedef struct drawing {
    uint64_t stream;
    size_t steps;
    bool arithmetic; /* + - * only */
} drawing;

/* Anything to where every row is defined. */
static wg_var tame(wg_var x)
{
    return wg_addc(wg_mulc(wg_sin(x), 0.3), 1);
}

static wg_var drawn_arithmetic(wg_random *r, wg_var a, wg_var b)
{
    switch (wg_random_below(r, 9)) {
    case 0:
        return wg_mul(wg_mulc(a, 0.5), b);
    case 1:
        return wg_sub(a, b);
    case 2:
        return wg_csub(1, a);
    case 3:
        return wg_mulc(wg_square(a), 0.25);
    case 4:
        return wg_neg(a);
    case 5:
        return wg_subc(a, 0.125);
    case 6:
        return wg_add(a, wg_mul(wg_mulc(b, 0.25), b));
    case 7:
        return wg_sub(wg_mulc(a, 0.5), wg_mulc(b, -0.5));
    default:
        return wg_mulc(wg_add(a, b), 0.5);
    }
}

/* Operands are drawn from all nodes, more often from the last ones; half of what is drawn is never read. */
static wg_var drawn(wg_tape *tape, wg_span x, void *user)
{
    static wg_var nodes[INPUTS + MOST_STEPS];
    const drawing *d = user;
    wg_random r = {.seed = 8, .stream = d->stream};
    size_t n = 0;
    for (; n < x.count; n++)
        nodes[n] = wg_at(x, n);
    nodes[n++] = wg_const_scalar(tape, 0.75);
    while (n < d->steps) {
        wg_var in[2];
        for (int i = 0; i < 2; i++) {
            size_t back = wg_random_below(&r, 3) ? 1 + wg_random_below(&r, 12) : 1 + wg_random_below(&r, n);
            in[i] = nodes[n - (back < n ? back : n)];
        }
        nodes[n++] = d->arithmetic ? drawn_arithmetic(&r, in[0], in[1])
                                   : apply(&all_rows[wg_random_below(&r, ROWS)], tame(in[0]), tame(in[1]),
                                         0.8 + 0.4 * wg_random_uniform(&r));
    }
    wg_var y = nodes[n - 1];
    for (size_t i = 2; i < 6; i++)
        y = wg_add(y, wg_mul(nodes[n - i], nodes[n - i - 1]));
    return y;
}

START_TEST(drawn_programs)
{
    static const size_t steps[] = {30, 60, 100, 300, 1500, 9000};
    double x[INPUTS];
    drawing d = {.stream = (uint64_t)_i, .steps = steps[_i % 6], .arithmetic = _i / 6 % 2};
    draw(x, INPUTS, (uint64_t)_i);
    scalar_pair p = pair_new(drawn, &d, x, INPUTS);
    for (uint64_t run = 0; run < 3; run++) {
        draw(x, INPUTS, 100 + run);
        pair_check(&p, x, 1e-10);
    }
    pair_free(&p);
}
END_TEST

/* ---- Shapes of programs ----------------------------------------------------------------------------- */

static wg_var squares(wg_tape *tape, wg_span x, void *user)
{
    (void)tape, (void)user;
    wg_var a = wg_at(x, 0), b = wg_mul(a, a), c = wg_add(b, b), d = wg_sub(c, c), e = wg_square(c);
    return wg_add(wg_mul(e, wg_add(a, a)), wg_mul(wg_add(d, a), wg_square(wg_neg(wg_at(x, 1)))));
}

/* Longer than windows are; from the left and from the right; through a constant factor. */
static wg_var long_product(wg_tape *tape, wg_span x, void *user)
{
    size_t n = *(const size_t *)user;
    wg_var y = wg_const_scalar(tape, 1), z = wg_at(x, 3);
    for (size_t i = 0; i < n; i++)
        y = i == n / 2 ? wg_mulc(y, 1.5)
            : i % 2    ? wg_mul(wg_at(x, i % x.count), y)
                       : wg_mul(y, wg_at(x, i % x.count));
    for (size_t i = 0; i < 20; i++)
        z = wg_mul(z, wg_at(x, i));
    return wg_add(wg_sin(z), y);
}

static wg_var long_sum(wg_tape *tape, wg_span x, void *user)
{
    size_t n = *(const size_t *)user;
    (void)tape;
    wg_var y = wg_at(x, 0), half = y;
    for (size_t i = 0; i < n; i++) {
        wg_var t = wg_mul(wg_at(x, i % x.count), wg_at(x, (5 * i + 2) % x.count));
        y = i % 3 ? wg_add(y, t) : i % 2 ? wg_sub(y, t) : wg_add(wg_tanh(t), y);
        if (i == n / 2)
            half = y;
    }
    return wg_add(wg_mulc(half, 0.5), wg_neg(y));
}

/* The logistic map: each step waits for the one before. */
static wg_var recurrence(wg_tape *tape, wg_span x, void *user)
{
    size_t n = *(const size_t *)user;
    wg_var y = wg_mulc(wg_at(x, 0), 0.5);
    (void)tape;
    for (size_t i = 0; i < n; i++)
        y = wg_mul(wg_mulc(wg_at(x, 1), 2), wg_mul(y, wg_csub(1, y)));
    return y;
}

/* Leaves far apart: a gradient that every window adds to. */
static wg_var shared_weight(wg_tape *tape, wg_span x, void *user)
{
    size_t n = *(const size_t *)user;
    wg_var y = wg_const_scalar(tape, 0);
    for (size_t i = 0; i < n; i++)
        y = wg_add(y, wg_square(wg_subc(wg_mul(wg_at(x, 0), wg_exp(wg_at(x, 1))), (double)i)));
    return wg_divc(y, (double)n);
}

static wg_var a_leaf(wg_tape *tape, wg_span x, void *user)
{
    (void)tape, (void)user;
    return wg_at(x, x.count - 1);
}

static wg_var a_number(wg_tape *tape, wg_span x, void *user)
{
    (void)user;
    wg_sin(wg_at(x, 1));
    return wg_mulc(wg_const_scalar(tape, 3), 2);
}

static wg_var a_step(wg_tape *tape, wg_span x, void *user)
{
    (void)tape, (void)user;
    return wg_gtc(wg_at(x, 0), 1);
}

/* No gradient goes through c, nor through what a scope encloses. */
static wg_var cuts(wg_tape *tape, wg_span x, void *user)
{
    (void)user;
    wg_var a = wg_at(x, 0), b = wg_at(x, 1), c = wg_detach(wg_mul(a, b));
    wg_no_grad_begin(tape);
    wg_var d = wg_add(wg_mul(a, c), b);
    wg_no_grad_end(tape);
    return wg_add(wg_mul(c, b), wg_mul(wg_add(d, wg_mul(a, a)), wg_add(wg_sign(b), d)));
}

START_TEST(shapes_of_programs)
{
    static scalar_program *const programs[] = {
        squares, long_product, long_sum, recurrence, shared_weight, a_leaf, a_number, a_step, cuts};
    static const size_t lengths[] = {3, 9, 40, 4096, 10001};
    double x[INPUTS], other[INPUTS];
    draw(x, INPUTS, 5), draw(other, INPUTS, 6);
    size_t n = lengths[_i % 5];
    scalar_pair p = pair_new(programs[_i / 5], &n, x, INPUTS);
    pair_check(&p, x, 1e-10);
    pair_check(&p, other, 1e-10);
    pair_check(&p, x, 1e-10);
    pair_free(&p);
}
END_TEST

/* One product, of which every number is a factor many times. */
static wg_var shared_product(wg_tape *tape, wg_span x, void *user)
{
    size_t n = *(const size_t *)user;
    wg_var y = wg_const_scalar(tape, 2);
    for (size_t i = 0; i < n; i++)
        y = wg_mul(y, wg_at(x, i % x.count));
    return y;
}

/* A layer of a network: weights and inputs are read by many. */
static wg_var dot_products(wg_tape *tape, wg_span x, void *user)
{
    size_t n = *(const size_t *)user;
    wg_var y = wg_const_scalar(tape, 0);
    for (size_t i = 0; i < n; i++) {
        wg_var s = wg_at(x, i % 7);
        for (size_t j = 0; j < 7; j++)
            s = wg_add(s, wg_mul(wg_at(x, 7 + (i + j) % 7), wg_at(x, 14 + (i * j) % 7)));
        y = wg_add(y, wg_mul(s, s));
    }
    return y;
}

/* Arithmetic gives the same numbers, not only near ones: values always, and adjoints that are added in the
 * order of the tape. */
START_TEST(the_same_bits)
{
    static scalar_program *const programs[] = {recurrence, shared_product, dot_products};
    size_t n = 300;
    double x[INPUTS];
    draw(x, INPUTS, 9);
    scalar_pair p = pair_new(programs[_i], &n, x, INPUTS);
    pair_check(&p, x, 0);
    pair_free(&p);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {
        {every_row, ROWS}, {drawn_programs, 24}, {shapes_of_programs, 45}, {the_same_bits, 3}};
    return harness_run("plan_scalar", tests, sizeof tests / sizeof tests[0]);
}
