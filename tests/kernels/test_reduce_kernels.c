/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The kernels of reductions against sums over index lists, on many random shapes. The numbers are small
 * integers, so that sums are exact in any order. */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include "kernels/reduce.h"
#include "kernels/wide_product.h"

#include "harness.h"

/* A small generator of the test's own: what counts is variety. */
static size_t draw(uint64_t *state, size_t below)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(*state >> 33) % below;
}

/* A random case: numbers, and for each the output it belongs to and its place among the output's terms. */
typedef struct reduction {
    wg_runs runs;
    size_t count, *output, *term;
    double *x;
    float *f;
    void *scratch;
} reduction;

static void *room(size_t n, size_t size)
{
    void *memory = calloc(n + 1, size);
    ck_assert_ptr_nonnull(memory);
    return memory;
}

static void number_terms(reduction *c, const wg_shape *shape, const bool *reduced)
{
    for (size_t i = 0; i < c->count; i++) {
        size_t rest = i, outputs = 1, terms = 1;
        for (size_t k = shape->rank; k-- > 0; rest /= shape->dim[k]) {
            size_t *target = reduced[k] ? &c->term[i] : &c->output[i],
                   *stride = reduced[k] ? &terms : &outputs;
            *target += rest % shape->dim[k] * *stride;
            *stride *= shape->dim[k];
        }
    }
}

static reduction random_reduction(uint64_t *state)
{
    reduction c = {0};
    bool reduced[WG_MAX_RANK] = {false};
    wg_shape shape = {.rank = draw(state, 6)};
    bool large = shape.rank < 4 && draw(state, 8) == 0; /* now and then more than a tile, or a part */
    for (size_t k = 0; k < shape.rank; k++) {
        size_t most = !large ? 8 : shape.rank == 1 ? 40000 : shape.rank == 2 ? 500 : 40;
        shape.dim[k] = draw(state, 12) == 0 ? 0 : 1 + draw(state, most);
        reduced[k] = draw(state, 2) == 0;
    }
    ck_assert(wg_shape_count(&shape, &c.count));
    c.output = room(c.count, sizeof *c.output);
    c.term = room(c.count, sizeof *c.term);
    c.x = room(c.count, sizeof *c.x);
    c.f = room(c.count, sizeof *c.f);
    wg__runs_init(&c.runs, &shape, reduced);
    c.scratch = room(1, wg__fold_scratch(&c.runs) + wg__extremum_scratch(&c.runs));
    number_terms(&c, &shape, reduced);
    for (size_t i = 0; i < c.count; i++) {
        c.x[i] = draw(state, 200) == 0 ? (double)NAN : (double)draw(state, 21) - 10;
        c.f[i] = (float)c.x[i];
    }
    return c;
}

static void free_reduction(reduction *c)
{
    free(c->output);
    free(c->term);
    free(c->x);
    free(c->f);
    free(c->scratch);
}

static void check_same(const char *what, const double *got, const double *want, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(got[i] == want[i] || (isnan(got[i]) && isnan(want[i])),
            "%s, number %zu: %.17g, not %.17g", what, i, got[i], want[i]);
}

static const void *numbers(const reduction *c, int dtype)
{
    return dtype == WG_F32 ? (const void *)c->f : c->x;
}

static void check_places(const reduction *c)
{
    const wg_runs *r = &c->runs;
    for (size_t i = 0; i < c->count; i++)
        ck_assert_uint_eq(wg__term_place(r, c->output[i], c->term[i]), i);
    ck_assert_uint_eq(r->outputs * r->terms, c->count);
    if (c->count > 0)
        ck_assert_uint_eq(r->groups * r->lines * r->run, c->count);
}

static void check_folds(const reduction *c, int threads)
{
    size_t n = c->runs.outputs;
    double *sum = room(n, sizeof *sum), *shifted = room(n, sizeof *sum), *scaled = room(n, sizeof *sum);
    double *centre = room(n, sizeof *sum), *got = room(n, sizeof *sum);
    for (size_t o = 0; o < n; o++)
        centre[o] = (double)(o % 5);
    for (size_t i = 0; i < c->count; i++) {
        double x = c->x[i], m = centre[c->output[i]];
        sum[c->output[i]] += x;
        shifted[c->output[i]] += (x - m) * (x - m);
        scaled[c->output[i]] += x * m * x * m;
    }
    for (int dtype = 0; dtype < 2; dtype++) {
        wg__reduce_fold(&wg__fold_sum[dtype], &c->runs, numbers(c, dtype), NULL, got, c->scratch, threads);
        check_same("sum", got, sum, n);
        wg__reduce_fold(
            &wg__fold_deviation[dtype], &c->runs, numbers(c, dtype), centre, got, c->scratch, threads);
        check_same("deviation", got, shifted, n);
        wg__reduce_fold(
            &wg__fold_scaled[dtype], &c->runs, numbers(c, dtype), centre, got, c->scratch, threads);
        check_same("scaled", got, scaled, n);
    }
    free(sum);
    free(shifted);
    free(scaled);
    free(centre);
    free(got);
}

/* Powers of two multiply exactly, and these stay in range; there are zeros too, which a fold leaves to
 * others. */
static void check_products(const reduction *c, int threads)
{
    size_t n = c->runs.outputs;
    double *x = room(c->count, sizeof *x), *want = room(n, sizeof *want), *got = room(n, sizeof *got);
    double *back = room(c->count, sizeof *back);
    wg_wide_product *before = room(c->count, sizeof *before);
    size_t *zeros = room(n, sizeof *zeros);
    for (size_t o = 0; o < n; o++)
        want[o] = 1;
    for (size_t i = 0; i < c->count; i++) {
        x[i] = i * 7919 % 997 == 0 ? 0 : c->term[i] % 2 ? -0.5 : 2;
        zeros[c->output[i]] += x[i] == 0;
        want[c->output[i]] *= x[i] == 0 ? 1 : x[i];
    }
    wg__spread_products(&c->runs, WG_F64, x, want, back, before, threads);
    for (size_t i = 0; i < c->count; i++) {
        size_t o = c->output[i], others = zeros[o] - (x[i] == 0);
        ck_assert_double_eq(back[i], others ? 0 : want[o] * (x[i] == 0 ? want[o] : want[o] / x[i]));
    }
    for (size_t o = 0; o < n; o++)
        want[o] = zeros[o] ? (double)NAN : want[o];
    wg__reduce_fold(&wg__fold_product[WG_F64], &c->runs, x, NULL, got, c->scratch, threads);
    check_same("product", got, want, n);
    free(x);
    free(want);
    free(got);
    free(back);
    free(before);
    free(zeros);
}

static void check_extrema(const reduction *c, double sign, int threads)
{
    size_t n = c->runs.outputs, *first = room(n, sizeof *first), *index = room(n, sizeof *index);
    double *want = room(n, sizeof *want), *got = room(n, sizeof *got);
    for (size_t o = 0; o < n; o++)
        want[o] = -sign * (double)INFINITY;
    for (size_t i = 0; i < c->count; i++) { /* terms come in order */
        size_t o = c->output[i];
        if (sign * c->x[i] > sign * want[o] || (isnan(c->x[i]) && !isnan(want[o]))) {
            want[o] = c->x[i];
            first[o] = c->term[i];
        }
    }
    for (int dtype = 0; dtype < 2 && c->count > 0; dtype++) {
        wg__reduce_extremum(
            &c->runs, (wg_dtype)dtype, numbers(c, dtype), sign, got, index, c->scratch, threads);
        check_same("extremum", got, want, n);
        for (size_t o = 0; o < n; o++)
            ck_assert_uint_eq(index[o], first[o]);
    }
    free(first);
    free(index);
    free(want);
    free(got);
}

static void check_spreads(const reduction *c, int threads)
{
    size_t n = c->runs.outputs;
    double *p = room(n, sizeof *p), *q = room(n, sizeof *q), *got = room(c->count, sizeof *got);
    double *copy = room(c->count, sizeof *copy), *linear = room(c->count, sizeof *linear);
    float *floats = room(c->count, sizeof *floats);
    for (size_t o = 0; o < n; o++) {
        p[o] = (double)o;
        q[o] = (double)(o % 3);
    }
    for (size_t i = 0; i < c->count; i++) {
        copy[i] = p[c->output[i]];
        linear[i] = p[c->output[i]] * (c->x[i] - q[c->output[i]]);
    }
    wg__reduce_spread(&wg__spread_copy[WG_F64], &c->runs, NULL, p, NULL, got, threads);
    check_same("copy", got, copy, c->count);
    wg__reduce_spread(&wg__spread_linear[WG_F64], &c->runs, c->x, p, q, got, threads);
    check_same("linear", got, linear, c->count);
    wg__reduce_spread(&wg__spread_linear[WG_F32], &c->runs, c->f, p, q, floats, threads);
    for (size_t i = 0; i < c->count; i++)
        ck_assert(floats[i] == (float)linear[i] || (isnan(floats[i]) && isnan(linear[i])));
    free(p);
    free(q);
    free(got);
    free(copy);
    free(linear);
    free(floats);
}

/* Sums of pieces, joined; those of any order. Which numbers are in a piece is asked in both ways. */
static bool check_pieces(const reduction *c)
{
    wg_pieces p;
    if (!wg__pieces_init(&p, &c->runs))
        return false;
    size_t n = c->runs.outputs;
    double *want = room(n, sizeof *want), *got = room(n, sizeof *got),
           *sums = room(p.count * p.width, sizeof *sums);
    for (size_t i = 0; i < c->count; i++)
        want[c->output[i]] += c->x[i];
    ck_assert_uint_eq(wg__piece_begin(&p, p.count), c->count);
    for (int dtype = 0; dtype < 2; dtype++) {
        for (size_t i = p.count; i-- > 0;) {
            size_t begin = wg__piece_begin(&p, i), end = wg__piece_begin(&p, i + 1);
            ck_assert(begin < end && end - begin <= p.largest);
            ck_assert(wg__piece_at(&p, begin) == i && wg__piece_at(&p, end - 1) == i);
            wg__piece_sum(&p, (wg_dtype)dtype, i,
                (const char *)numbers(c, dtype) + begin * (dtype == WG_F32 ? sizeof(float) : sizeof(double)),
                sums);
        }
        wg__pieces_join(&p, sums, got, c->scratch);
        check_same("pieces", got, want, n);
    }
    free(want);
    free(got);
    free(sums);
    return true;
}

/* Pieces there are where something is summed, but of columns whose lines lie apart, and of more than 32768
 * numbers. */
START_TEST(pieces)
{
    const struct {
        wg_shape shape;
        bool reduced[WG_MAX_RANK], cut;
    } cases[] = {
        {{1, {7}}, {true}, true},
        {{1, {7}}, {false}, true}, /* columns of one line */
        {{2, {1, 7}}, {true, false}, true},
        {{2, {5, 7}}, {true, false}, true},
        {{3, {4, 5, 6}}, {false, true, false}, true}, /* one group of lines behind the other */
        {{4, {2, 3, 5, 7}}, {true, false, true, false}, false},
        {{5, {2, 3, 2, 5, 4}}, {false, true, false, true, false}, false},
        {{4, {2, 3, 5, 7}}, {true, false, true, true}, true},
        {{4, {2, 3, 5, 7}}, {true, true, false, false}, true},
        {{2, {70, 512}}, {true, false}, true}, /* 64 lines, 32768 numbers */
        {{2, {70, 513}}, {true, false}, false},
        {{2, {63, 513}}, {true, false}, true},
        {{2, {0, 3}}, {true, false}, false},
        {{2, {0, 3}}, {false, true}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wg_runs runs;
        wg_pieces p;
        wg__runs_init(&runs, &cases[i].shape, cases[i].reduced);
        ck_assert_msg(wg__pieces_init(&p, &runs) == cases[i].cut, "case %zu", i);
    }
    size_t cut = 0;
    uint64_t state = 99;
    for (int k = 0; k < 300; k++) {
        reduction c = random_reduction(&state);
        cut += check_pieces(&c);
        free_reduction(&c);
    }
    ck_assert_uint_gt(cut, 150);
}
END_TEST

START_TEST(random_shapes)
{
    uint64_t state = (uint64_t)_i + 1;
    for (int k = 0; k < 80; k++) {
        reduction c = random_reduction(&state);
        check_places(&c);
        check_folds(&c, 1 + k % 3);
        check_products(&c, 1 + k % 3);
        check_extrema(&c, 1, 1 + k % 3);
        check_extrema(&c, -1, 1 + k % 3);
        check_spreads(&c, 1 + k % 3);
        free_reduction(&c);
    }
}
END_TEST

/* The merged loops of the shapes that reduce.h names. */
START_TEST(merged_axes)
{
    const struct {
        wg_shape shape;
        bool reduced[WG_MAX_RANK];
        size_t groups, lines, run;
        bool columns;
    } cases[] = {
        {{2, {128, 512}}, {true, false}, 1, 128, 512, true},
        {{2, {128, 512}}, {false, true}, 128, 1, 512, false},
        {{4, {2, 3, 5, 7}}, {true, false, true, true}, 3, 2, 35, false},
        {{4, {2, 3, 5, 7}}, {true, true, false, false}, 1, 6, 35, true},
        {{5, {2, 1, 3, 1, 4}}, {true, false, true, true, true}, 1, 1, 24, false},
        {{3, {4, 5, 6}}, {false, true, false}, 4, 5, 6, true},
        {{0, {0}}, {false}, 1, 1, 1, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wg_runs r;
        wg__runs_init(&r, &cases[i].shape, cases[i].reduced);
        ck_assert_uint_eq(r.groups, cases[i].groups);
        ck_assert_uint_eq(r.lines, cases[i].lines);
        ck_assert_uint_eq(r.run, cases[i].run);
        ck_assert_int_eq(r.columns, cases[i].columns);
    }
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{merged_axes, 0}, {pieces, 0}, {random_shapes, 6}};
    return harness_run("reduce_kernels", tests, sizeof tests / sizeof tests[0]);
}
