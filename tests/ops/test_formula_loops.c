/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The rows' loops for each kind of processor that this one can be: the library chooses the widest, and so its
 * own tests see no other. */

#include "ops/formula_loops.h"
#include "tape/engine.h"

#include "accuracy.h"

enum { LANES = WG_FORMULA_LANES, LENGTH = 4 * LANES, TYPES = 2 };

/* n numbers by a loop, as an operation makes them; false: there is no such loop. */
static bool run(const wg_formula_loops *loops, wg_dtype dtype, unsigned loop, size_t n, wg_formula_streams s)
{
    size_t rest = n % LANES;
    wg_formula_loop *f = dtype == WG_F32 ? loops->find_f32(loop) : loops->find_f64(loop);
    if (f && n > rest)
        f(n - rest, &s);
    if (f && rest)
        (dtype == WG_F32 ? loops->rest_f32 : loops->rest_f64)(f, n - rest, rest, &s);
    return f != NULL;
}

static size_t size_of(wg_dtype dtype)
{
    return dtype == WG_F32 ? sizeof(float) : sizeof(double);
}

static void set(wg_dtype dtype, void *array, size_t i, double x)
{
    if (dtype == WG_F32)
        ((float *)array)[i] = (float)x;
    else
        ((double *)array)[i] = x;
}

static double get(wg_dtype dtype, const void *array, size_t i)
{
    return dtype == WG_F32 ? (double)((const float *)array)[i] : ((const double *)array)[i];
}

/* ---- Values are true ------------------------------------------------------------------------------- */

static unsigned row_named(const char *name)
{
    for (unsigned f = 0; f < FORMULAS; f++)
        if (strcmp(formula_names[f].name, name) == 0)
            return f;
    ck_abort_msg("no row %s", name);
    return 0;
}

static void values_of(const accuracy_row *row, wg_isa_level isa, wg_dtype dtype)
{
    static double x[MOST], y[MOST];
    double numbers[2];
    points p = all_points(dtype);
    for (size_t i = 0; i < p.n; i++)
        set(dtype, x, i, p.x[i]);
    for (size_t k = 0; k < 2; k++)
        set(dtype, numbers, k, row->attr[k]);
    wg_formula_streams s = {.a = x, .b = numbers, .out = y, .step_a = 1};
    ck_assert(run(wg__formula_loops_of(isa), dtype, WG_LOOPS * row_named(row->name) + WG_LOOP_VALUE, p.n, s));
    for (size_t i = 0; i < p.n; i++)
        if (!accurate(row, dtype, p.x[i], get(dtype, y, i), row->truth((number)p.x[i], 0)))
            ck_abort_msg("%s of %s, level %d: at %.17g: %.17g", wg_dtype_name(dtype), row->name, (int)isa,
                p.x[i], get(dtype, y, i));
    free(p.x);
}

START_TEST(every_kind_is_accurate)
{
    for (wg_isa_level isa = WG_ISA_PLAIN; isa <= wg__isa() && truth_is_known(); isa++)
        for (wg_dtype dtype = WG_F64; dtype <= WG_F32; dtype++)
            values_of(&unary_rows[_i], isa, dtype);
}
END_TEST

/* ---- Places ---------------------------------------------------------------------------------------- */

/* Operands, result and gradient of a loop, in both types' memory, and what surrounds the result. */
typedef struct arrays {
    double a[LENGTH], b[LENGTH], y[LENGTH], g[LENGTH], out[LENGTH + 2];
} arrays;

static void fill(arrays *m, wg_dtype dtype)
{
    for (size_t i = 0; i < LENGTH; i++) {
        set(dtype, m->a, i, 0.2 + 0.03 * (double)i);
        set(dtype, m->b, i, 0.4 + 0.05 * (double)(i * i % 17));
        set(dtype, m->y, i, 0.3 + 0.02 * (double)(i * i % 23));
        set(dtype, m->g, i, 1 - 0.01 * (double)(i * 7 % 31));
    }
    memset(m->out, 0x5a, sizeof m->out);
}

/* The streams from number `at` on; out is one number behind the beginning of m->out. */
static wg_formula_streams streams_at(
    arrays *m, wg_dtype dtype, size_t at, unsigned which, bool two, size_t step_a, size_t step_b)
{
    size_t size = size_of(dtype), offset = at * size;
    wg_formula_streams s = {.a = (char *)m->a + offset * step_a, .b = (char *)m->b, .step_a = step_a};
    if (two)
        s.b = (char *)m->b + offset * step_b, s.step_b = step_b;
    if (which != WG_LOOP_VALUE)
        s.y = (char *)m->y + offset, s.g = (char *)m->g + offset;
    s.out = (char *)m->out + size;
    return s;
}

/* n numbers from `at` on are those of the whole, and nothing else is written; nor does it matter where. */
static void check_part(const wg_formula_loops *loops, wg_dtype dtype, unsigned loop, const arrays *whole,
    size_t at, size_t n, bool two, const size_t step[2])
{
    arrays m;
    size_t size = size_of(dtype);
    const char *expected = (const char *)whole->out + (1 + at) * size,
               *name = formula_names[loop / WG_LOOPS].name;
    char *out = (char *)m.out + size;
    fill(&m, dtype);
    run(loops, dtype, loop, n, streams_at(&m, dtype, at, loop % WG_LOOPS, two, step[0], step[1]));
    ck_assert_msg(memcmp(out, expected, n * size) == 0, "%s: %zu numbers from %zu", name, n, at);
    for (size_t i = 0; i < sizeof m.out; i++)
        if (i < size || i >= (1 + n) * size)
            ck_assert_msg(((unsigned char *)m.out)[i] == 0x5a, "%s: %zu numbers, byte %zu", name, n, i);
    wg_formula_streams s = streams_at(&m, dtype, at, loop % WG_LOOPS, two, step[0], step[1]);
    s.out = (char *)(step[0] ? m.a : m.b) + at * size; /* over the operand that runs */
    run(loops, dtype, loop, n, s);
    ck_assert_msg(memcmp(s.out, expected, n * size) == 0, "%s: %zu numbers from %zu, in place", name, n, at);
}

static void check_loop(
    const wg_formula_loops *loops, wg_dtype dtype, unsigned loop, bool two, const size_t step[2])
{
    arrays whole;
    fill(&whole, dtype);
    if (!run(
            loops, dtype, loop, LENGTH, streams_at(&whole, dtype, 0, loop % WG_LOOPS, two, step[0], step[1])))
        return;
    for (size_t n = 1; n <= 40; n++)
        check_part(loops, dtype, loop, &whole, n * 5 % 23, n, two, step);
    /* A number is what a vector of it would be, within rounding. */
    arrays same;
    fill(&same, dtype);
    for (size_t i = 0; i < LENGTH; i++) {
        if (two && !step[0])
            set(dtype, same.a, i, get(dtype, same.a, 0));
        if (two && !step[1])
            set(dtype, same.b, i, get(dtype, same.b, 0));
    }
    run(loops, dtype, loop, LENGTH, streams_at(&same, dtype, 0, loop % WG_LOOPS, two, 1, 1));
    for (size_t i = 1; i <= LENGTH; i++) {
        double is = get(dtype, whole.out, i), was = get(dtype, same.out, i);
        ck_assert_msg(fabs(is - was) <= (dtype == WG_F32 ? 2e-6 : 4e-15) * fabs(was), "%s: %.17g, not %.17g",
            formula_names[loop / WG_LOOPS].name, is, was);
    }
}

/* _i: the row. Which operands may be numbers: towards a, not a; towards b, not b. */
START_TEST(places_do_not_matter)
{
    static const size_t steps[3][2] = {{1, 1}, {1, 0}, {0, 1}};
    bool two = formula_names[_i].operands == 2;
    for (wg_isa_level isa = WG_ISA_PLAIN; isa <= wg__isa(); isa++)
        for (wg_dtype dtype = WG_F64; dtype <= WG_F32; dtype++)
            for (unsigned which = 0; which < WG_LOOPS; which++)
                for (size_t k = 0; k < (two ? 3 : 1); k++)
                    if (which == WG_LOOP_VALUE || steps[k][which == WG_LOOP_SLOPE_B])
                        check_loop(
                            wg__formula_loops_of(isa), dtype, WG_LOOPS * (unsigned)_i + which, two, steps[k]);
}
END_TEST

/* What the algebra says in sets is what it says in words. */
START_TEST(what_passes_on)
{
    size_t passing = 0;
    for (unsigned code = WG_CODE_record + 1; code < WG_CODES; code++)
        for (int i = 0; i < wg__formula_ops[code].arity; i++) {
            const wg_op *op = &wg__formula_ops[code];
            bool passes_on = op->passes_on >> i & 1;
            ck_assert_msg(passes_on == (strcmp(op->rule[i], "g") == 0), "%s, operand %d", op->name, i);
            passing += passes_on;
        }
    ck_assert_uint_ge(passing, 4); /* add, addc, cadd, sub, ... */
}
END_TEST

START_TEST(every_row_is_tested)
{
    ck_assert_int_eq(FORMULAS, WG_ROWS);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{every_kind_is_accurate, UNARY_ROWS}, {places_do_not_matter, FORMULAS},
        {what_passes_on, 0}, {every_row_is_tested, 0}};
    return harness_run("formula_loops", tests, sizeof tests / sizeof tests[0]);
}
