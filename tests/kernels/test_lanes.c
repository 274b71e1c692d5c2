/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Kernels over batch lanes against the same kernels over rows: convolution's three passes, pooling, and the
 * way there and back; the same bits on any number of threads. Where a processor has no lanes, nothing is
 * taken. */

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <wengert/random.h>
#include "kernels/lanes.h"

#include "harness.h"

/* An array in rows and in lanes. */
typedef struct both {
    size_t batch, count; /* count: of one image */
    float *rows, *lanes;
} both;

static void *room(size_t count)
{
    void *x = aligned_alloc(64, (count * 4 + 127) / 64 * 64);
    memset(x, 0xff, (count * 4 + 127) / 64 * 64); /* NaN */
    return x;
}

static both both_new(size_t batch, size_t count, uint64_t seed)
{
    both b = {batch, count, room(batch * count), room(batch * count)};
    wg_random r = {.seed = seed};
    for (size_t i = 0; i < batch * count; i++)
        b.rows[i] = (float)(wg_random_uniform(&r) - 0.5);
    wg__lanes_from_rows_f32(1, batch, count, b.rows, b.lanes);
    return b;
}

static void both_free(both *b)
{
    free(b->rows), free(b->lanes);
}

START_TEST(there_and_back)
{
    size_t lanes = wg__lanes(), batch = (size_t)_i * lanes, counts[] = {0, 1, 7, 25, 784};
    for (size_t c = 0; lanes > 0 && c < sizeof counts / sizeof counts[0]; c++) {
        both x = both_new(batch, counts[c], 5);
        float *back = room(batch * counts[c]);
        for (size_t n = 0; n < batch; n++)
            for (size_t i = 0; i < x.count; i++)
                ck_assert(x.lanes[(n / lanes * x.count + i) * lanes + n % lanes] == x.rows[n * x.count + i]);
        wg__rows_from_lanes_f32(2, batch, x.count, x.lanes, back);
        ck_assert(memcmp(back, x.rows, batch * x.count * sizeof(float)) == 0);
        ck_assert(isnan((double)back[batch * x.count]) && isnan((double)x.lanes[batch * x.count]));
        free(back);
        both_free(&x);
    }
}
END_TEST

/* Every element of a result of images is finished once, when it is final. */
typedef struct finished {
    const float *result;
    float *copy;
    unsigned char *times; /* threads touch elements of their own */
    wg_epilogue epilogue;
} finished;

static void note(void *user, size_t first, size_t count, const void *values)
{
    finished *f = user;
    ck_assert_ptr_null(values);
    memcpy(f->copy + first, f->result + first, count * sizeof(float));
    for (size_t i = first; i < first + count; i++)
        f->times[i]++;
}

static const wg_epilogue *finished_begin(finished *f, const float *result, size_t count)
{
    *f = (finished){result, room(count), calloc(count + 1, 1), {.run = note, .user = f}};
    return &f->epilogue;
}

static void finished_end(finished *f, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(f->times[i] == 1, "element %zu is finished %d times", i, f->times[i]);
    ck_assert(memcmp(f->copy, f->result, count * sizeof(float)) == 0);
    free(f->copy), free(f->times);
}

/* ---- Convolution ----------------------------------------------------------------------------------- */

/* The pass in lanes on 1, 2 and 3 threads; the result, of `count` numbers. */
static float *conv_in_lanes(const wg_conv *c, wg_conv_pass pass, const float *a, const float *b, size_t count)
{
    size_t bytes;
    float *results[3];
    ck_assert(wg__conv_lanes_scratch(c, pass, &bytes));
    for (int i = 0; i < 3; i++) {
        void *scratch = room(bytes / 4 + 1);
        results[i] = room(count);
        finished f;
        const wg_epilogue *epilogue = finished_begin(&f, results[i], count);
        wg__conv_lanes_f32(
            i + 1, c, pass, a, b, results[i], scratch, pass == WG_CONV_WEIGHT ? NULL : epilogue);
        ck_assert(isnan((double)results[i][count])); /* nothing written behind it */
        finished_end(&f, pass == WG_CONV_WEIGHT ? 0 : count);
        ck_assert(memcmp(results[i], results[0], count * sizeof(float)) == 0);
        free(scratch);
    }
    free(results[1]), free(results[2]);
    return results[0];
}

static void expect_near(const float *got, const float *expected, size_t count, const wg_conv *c, int pass)
{
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(fabs((double)got[i] - (double)expected[i]) < 2e-4,
            "%zu x %zux%zux%zu -> %zu, %zux%zu, pass %d: number %zu is %g, not %g", c->batch, c->channels,
            c->height, c->width, c->filters, c->rows, c->columns, pass, i, (double)got[i],
            (double)expected[i]);
}

static void check_pass(const wg_conv *c, wg_conv_pass pass, const both *a, const both *b, both *expected)
{
    size_t bytes, count = expected->batch * expected->count;
    bool weight = pass == WG_CONV_WEIGHT;
    ck_assert(wg__conv_lanes_takes(c, pass));
    ck_assert(wg__conv_scratch(1, c, pass, sizeof(float), &bytes));
    void *scratch = room(bytes / 4 + 1);
    wg__conv_f32(1, c, pass, a->rows, b->rows, expected->rows, scratch, NULL);
    float *got = conv_in_lanes(c, pass, a->lanes, weight ? b->lanes : b->rows, count), *rows = room(count);
    if (!weight)
        wg__rows_from_lanes_f32(1, expected->batch, expected->count, got, rows);
    expect_near(weight ? got : rows, expected->rows, count, c, (int)pass);
    free(scratch), free(got), free(rows);
}

static void check_conv(wg_conv c)
{
    c.out_height = c.height + 2 * c.padding_h - c.rows + 1;
    c.out_width = c.width + 2 * c.padding_w - c.columns + 1;
    both x = both_new(c.batch, c.channels * c.height * c.width, 1);
    both y = both_new(c.batch, c.filters * c.out_height * c.out_width, 2);
    both w = {1, c.filters * c.channels * c.rows * c.columns, NULL, NULL};
    both numbers = both_new(wg__lanes(), w.count, 3);
    w.rows = numbers.rows;
    check_pass(&c, WG_CONV_WEIGHT, &x, &y, &w);
    check_pass(&c, WG_CONV_INPUT, &y, &w, &x);
    x = (both_free(&x), both_new(c.batch, c.channels * c.height * c.width, 4));
    check_pass(&c, WG_CONV_FORWARD, &x, &w, &y);
    both_free(&x), both_free(&y), both_free(&numbers);
}

static const wg_conv geometries[] = {
    {1, 1, 28, 28, 6, 5, 5, 0, 0, 1, 1, 2, 2, 1, 1, 1, 0},  /* LeNet's first layer */
    {8, 6, 14, 14, 16, 5, 5, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0}, /* its second */
    {3, 3, 9, 10, 32, 3, 3, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0},
    {2, 17, 16, 16, 33, 3, 3, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0},
    {1, 64, 18, 33, 13, 3, 3, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0}, /* strips */
    {2, 70, 20, 20, 66, 3, 3, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0}, /* many weights */
    {2, 5, 5, 7, 9, 1, 2, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0},
    {2, 5, 7, 5, 9, 3, 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0},
    {1, 3, 11, 5, 7, 3, 5, 0, 0, 1, 1, 0, 4, 1, 1, 1, 0},
    {1, 4, 5, 5, 7, 5, 5, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0}, /* one pixel */
    {1, 2, 1, 1, 3, 3, 3, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0}, /* of it */
    {2, 3, 6, 3, 5, 2, 7, 0, 0, 1, 1, 1, 6, 1, 1, 1, 0},
    {1, 2, 13, 9, 4, 4, 2, 0, 0, 1, 1, 3, 0, 1, 1, 1, 0},
};

enum { GEOMETRIES = sizeof geometries / sizeof geometries[0] };

START_TEST(convolution)
{
    wg_conv c = geometries[_i];
    c.batch *= wg__lanes();
    if (c.batch > 0)
        check_conv(c);
}
END_TEST

/* Each number of filters and channels: every size of a tile. */
START_TEST(tiles)
{
    size_t filters = (size_t)_i % 33 + 1, channels = (size_t)_i * 7 % 17 + 1, width = (size_t)_i % 9 + 3;
    size_t size = (size_t)_i % 4 + 2, padding = (size_t)_i % 2 * (size / 2);
    wg_conv c = {2 * wg__lanes(), channels, 6, width + size, filters, size, size, 0, 0, 1, 1, padding,
        padding, 1, 1, 1, 0};
    if (c.batch > 0)
        check_conv(c);
}
END_TEST

START_TEST(not_taken)
{
    const wg_conv good = {16, 3, 8, 8, 4, 3, 3, 8, 8, 1, 1, 1, 1, 1, 1, 1, 0};
    for (wg_conv_pass pass = WG_CONV_FORWARD; pass <= WG_CONV_WEIGHT; pass++) {
        wg_conv empty = good, part = good, strided = good, grouped = good, padded = good;
        wg_conv point = {16, 3, 8, 8, 4, 1, 1, 8, 8, 1, 1, 0, 0, 1, 1, 1, 0};
        ck_assert(wg__conv_lanes_takes(&good, pass) == (wg__lanes() > 0));
        empty.batch = 0;
        part.batch = 12;
        strided.stride_w = 2;
        grouped.groups = 2;
        padded.padding_h = 3;
        ck_assert(!wg__conv_lanes_takes(&empty, pass) && !wg__conv_lanes_takes(&part, pass));
        ck_assert(!wg__conv_lanes_takes(&strided, pass) && !wg__conv_lanes_takes(&grouped, pass));
        ck_assert(!wg__conv_lanes_takes(&padded, pass) && !wg__conv_lanes_takes(&point, pass));
        empty = good, empty.channels = 0;
        ck_assert(!wg__conv_lanes_takes(&empty, pass));
    }
}
END_TEST

/* ---- Pooling --------------------------------------------------------------------------------------- */

static const wg_pool pools[] = {
    {3, 6, 8, 3, 4, 2, 2, 2, 2, 0, 0, false},
    {6, 7, 9, 3, 4, 2, 2, 2, 2, 0, 0, false}, /* with a rest */
    {2, 28, 28, 14, 14, 2, 2, 2, 2, 0, 0, false},
    {40, 32, 32, 16, 16, 2, 2, 2, 2, 0, 0, false},
    {2, 5, 7, 3, 7, 3, 3, 2, 1, 1, 1, false}, /* overlapping, padded */
    {2, 5, 7, 3, 7, 3, 3, 2, 1, 1, 1, true},
    {2, 5, 6, 2, 2, 2, 3, 2, 2, 0, 0, true},
    {0, 4, 4, 2, 2, 2, 2, 2, 2, 0, 0, false},
};

enum { POOLS = sizeof pools / sizeof pools[0] };

static void expect_in_lanes(const both *rows, const float *lanes)
{
    float *back = room(rows->batch * rows->count);
    wg__rows_from_lanes_f32(1, rows->batch, rows->count, lanes, back);
    ck_assert(memcmp(back, rows->rows, rows->batch * rows->count * sizeof(float)) == 0);
    ck_assert(isnan((double)lanes[rows->batch * rows->count]));
    free(back);
}

/* x has equal numbers, and NaN. */
static void check_max_pool(const wg_pool *p, const wg_pool *wide, both *x, const both *g)
{
    size_t count = g->batch * g->count, dx_count = x->batch * x->count;
    both y = both_new(g->batch, g->count, 1), dx = both_new(x->batch, x->count, 1);
    int32_t *index = room(count), *rows_index = room(count);
    for (size_t i = 0; i < x->batch * x->count; i++)
        x->rows[i] = i % 37 == 5 ? NAN : roundf(8 * x->rows[i]);
    wg__lanes_from_rows_f32(1, x->batch, x->count, x->rows, x->lanes);
    wg__max_pool_f32(1, wide, x->rows, y.rows, rows_index, NULL);
    wg__max_pool_backward_f32(1, wide, g->rows, rows_index, dx.rows, NULL);
    for (int threads = 1; threads <= 3; threads++) {
        finished f;
        wg__max_pool_lanes_f32(threads, p, x->lanes, y.lanes, index, finished_begin(&f, y.lanes, count));
        expect_in_lanes(&y, y.lanes);
        finished_end(&f, count);
        wg__max_pool_lanes_backward_f32(
            threads, p, g->lanes, index, dx.lanes, finished_begin(&f, dx.lanes, dx_count));
        expect_in_lanes(&dx, dx.lanes);
        finished_end(&f, dx_count);
    }
    free(index), free(rows_index);
    both_free(&y), both_free(&dx);
}

static void check_avg_pool(const wg_pool *p, const wg_pool *wide, const both *x, const both *g)
{
    size_t count = g->batch * g->count, dx_count = x->batch * x->count;
    both y = both_new(g->batch, g->count, 1), dx = both_new(x->batch, x->count, 1);
    wg__avg_pool_f32(1, wide, x->rows, y.rows, NULL);
    wg__avg_pool_backward_f32(1, wide, g->rows, dx.rows, NULL);
    for (int threads = 1; threads <= 3; threads++) {
        finished f;
        wg__avg_pool_lanes_f32(threads, p, x->lanes, y.lanes, finished_begin(&f, y.lanes, count));
        expect_in_lanes(&y, y.lanes);
        finished_end(&f, count);
        wg__avg_pool_lanes_backward_f32(
            threads, p, g->lanes, dx.lanes, finished_begin(&f, dx.lanes, dx_count));
        expect_in_lanes(&dx, dx.lanes);
        finished_end(&f, dx_count);
    }
    both_free(&y), both_free(&dx);
}

/* One group of `planes` channels. */
START_TEST(pooling)
{
    const wg_pool p = pools[_i];
    wg_pool wide = p;
    wide.planes *= wg__lanes();
    if (wg__lanes() == 0)
        return;
    both x = both_new(wg__lanes(), p.planes * p.height * p.width, 6);
    both g = both_new(wg__lanes(), p.planes * p.out_height * p.out_width, 7);
    check_avg_pool(&p, &wide, &x, &g);
    check_max_pool(&p, &wide, &x, &g);
    both_free(&x), both_free(&g);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {
        {there_and_back, 4}, {convolution, GEOMETRIES}, {tiles, 33}, {not_taken, 0}, {pooling, POOLS}};
    return harness_run("lanes", tests, sizeof tests / sizeof tests[0]);
}
