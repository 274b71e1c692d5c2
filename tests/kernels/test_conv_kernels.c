/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The convolution's passes against the definition, written out as seven loops: many geometries, so that each
 * algorithm and each way to cut it is run, in double and float, with the same bits on any number of threads.
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <wengert/random.h>
#include "kernels/conv.h"
#include "kernels/conv_gemm.h"
#include "kernels/conv_direct.h"

#include "harness.h"

/* Sizes but for y's: filled in by `finish`. */
static const wg_conv geometries[] = {
    {3, 1, 12, 13, 6, 5, 5, 0, 0, 1, 1, 2, 2, 1, 1, 1, 0},  /* LeNet's first layer, smaller */
    {9, 6, 14, 14, 16, 5, 5, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0}, /* its second */
    {33, 3, 8, 16, 7, 3, 3, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0},  /* more images than chunks */
    {2, 4, 32, 32, 13, 3, 3, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0},
    {1, 8, 17, 40, 8, 3, 3, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0},
    {2, 40, 40, 33, 3, 3, 3, 0, 0, 1, 1, 0, 1, 1, 1, 1, 0}, /* strips */
    {2, 3, 19, 21, 5, 3, 2, 0, 0, 1, 1, 3, 0, 2, 3, 1, 0},  /* dilation */
    {2, 3, 9, 10, 5, 1, 2, 0, 0, 1, 1, 4, 3, 1, 1, 1, 0},   /* padding wider than the filter */
    {2, 3, 19, 21, 5, 3, 4, 0, 0, 2, 3, 1, 2, 1, 1, 1, 0},  /* strides */
    {2, 3, 18, 21, 4, 3, 3, 0, 0, 2, 2, 0, 0, 2, 1, 1, 0},  /* a stride that misses the border */
    {2, 6, 11, 12, 9, 3, 3, 0, 0, 1, 1, 1, 1, 1, 1, 3, 0},  /* groups */
    {3, 8, 10, 16, 8, 3, 3, 0, 0, 1, 1, 1, 1, 1, 1, 8, 0},  /* depthwise */
    {2, 6, 10, 9, 12, 3, 3, 0, 0, 2, 2, 1, 1, 1, 1, 6, 0},  /* depthwise, strided */
    {3, 16, 7, 9, 24, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0},  /* 1 x 1 */
    {3, 5, 7, 9, 4, 1, 1, 0, 0, 2, 2, 0, 0, 1, 1, 1, 0},
    {17, 5, 4, 4, 4, 3, 3, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0},    /* narrow */
    {2, 3, 5, 5, 2, 5, 5, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0},     /* one pixel */
    {2, 64, 12, 12, 70, 3, 3, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0}, /* many weights */
    {1, 3, 9, 40, 70, 3, 3, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0},   /* one image: parts of the filters */
    {1, 4, 9, 9, 76, 3, 3, 0, 0, 1, 1, 1, 1, 1, 1, 2, 0},    /* of each group */
    {1, 2, 70, 70, 3, 7, 7, 0, 0, 1, 1, 3, 3, 1, 1, 1, 0},   /* several blocks of pixels */
    {2, 3, 3, 2, 16, 1, 1, 0, 0, 90, 90, 4, 5, 1, 1, 1, 0},  /* nothing but padding is read */
    {2, 2, 3, 30, 9, 2, 2, 0, 0, 3, 2, 6, 1, 4, 1, 1, 0},    /* or here and there */
    {0, 2, 8, 8, 3, 3, 3, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0},     /* nothing */
    {2, 0, 8, 8, 3, 3, 3, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0},
};

enum { GEOMETRIES = sizeof geometries / sizeof geometries[0] };

static wg_conv finish(wg_conv c)
{
    c.out_height = (c.height + 2 * c.padding_h - c.dilation_h * (c.rows - 1) - 1) / c.stride_h + 1;
    c.out_width = (c.width + 2 * c.padding_w - c.dilation_w * (c.columns - 1) - 1) / c.stride_w + 1;
    return c;
}

typedef struct numbers {
    size_t count[3]; /* x, w, y; a pass reads two and writes the third */
    double *of[3];
} numbers;

/* The definition: every product of an x and a w that makes a y, added to whichever of the three is the
 * result. */
static void define(const wg_conv *c, double *x, double *w, double *y, int result)
{
    size_t depth = c->channels / c->groups, filters = c->filters / c->groups;
    for (size_t n = 0; n < c->batch; n++)
        for (size_t k = 0; k < c->filters; k++)
            for (size_t p = 0; p < c->out_height * c->out_width; p++)
                for (size_t d = 0; d < depth; d++)
                    for (size_t r = 0; r < c->rows; r++)
                        for (size_t s = 0; s < c->columns; s++) {
                            size_t i = p / c->out_width * c->stride_h + r * c->dilation_h - c->padding_h;
                            size_t j = p % c->out_width * c->stride_w + s * c->dilation_w - c->padding_w;
                            if (i >= c->height || j >= c->width)
                                continue;
                            size_t channel = k / filters * depth + d;
                            double *xp = x + ((n * c->channels + channel) * c->height + i) * c->width + j;
                            double *wp = w + ((k * depth + d) * c->rows + r) * c->columns + s;
                            double *yp = y + (n * c->filters + k) * c->out_height * c->out_width + p;
                            if (result == 0)
                                *xp += *yp * *wp;
                            else if (result == 1)
                                *wp += *xp * *yp;
                            else
                                *yp += *xp * *wp;
                        }
}

static numbers make_numbers(const wg_conv *c)
{
    numbers s = {.count = {c->batch * c->channels * c->height * c->width,
                     c->filters * (c->channels / c->groups) * c->rows * c->columns,
                     c->batch * c->filters * c->out_height * c->out_width}};
    wg_random r = {.seed = 3};
    for (int i = 0; i < 3; i++) {
        s.of[i] = malloc((s.count[i] + 1) * sizeof(double));
        for (size_t j = 0; j < s.count[i]; j++)
            s.of[i][j] = (double)(float)(wg_random_uniform(&r) - 0.5);
    }
    return s;
}

static void free_numbers(numbers *s)
{
    for (int i = 0; i < 3; i++)
        free(s->of[i]);
}

static const int result_of[] = {[WG_CONV_FORWARD] = 2, [WG_CONV_INPUT] = 0, [WG_CONV_WEIGHT] = 1};
static const int a_of[] = {[WG_CONV_FORWARD] = 0, [WG_CONV_INPUT] = 2, [WG_CONV_WEIGHT] = 0};
static const int b_of[] = {[WG_CONV_FORWARD] = 1, [WG_CONV_INPUT] = 1, [WG_CONV_WEIGHT] = 2};

static void *scratch_of(size_t bytes)
{
    void *scratch = aligned_alloc(64, (bytes + 127) / 64 * 64);
    memset(scratch, 0xff, (bytes + 127) / 64 * 64); /* NaN */
    return scratch;
}

enum { MOST_THREADS = 3 };

typedef void run_f64(int threads, const wg_conv *conv, wg_conv_pass pass, const double *a, const double *b,
    double *result, void *scratch);
typedef void run_f32(int threads, const wg_conv *conv, wg_conv_pass pass, const float *a, const float *b,
    float *result, void *scratch);

static void check_f64(const wg_conv *c, wg_conv_pass pass, run_f64 *run, size_t bytes)
{
    numbers s = make_numbers(c);
    size_t count = s.count[result_of[pass]];
    double *expected = s.of[result_of[pass]], *got = malloc((count + 1) * sizeof *got);
    double *again = malloc((count + 1) * sizeof *again), most = 0;
    memset(expected, 0, count * sizeof *expected);
    memset(got, 0xff, (count + 1) * sizeof *got);
    define(c, s.of[0], s.of[1], s.of[2], result_of[pass]);
    for (int threads = 1; threads <= MOST_THREADS; threads++) {
        void *scratch = scratch_of(bytes);
        run(threads, c, pass, s.of[a_of[pass]], s.of[b_of[pass]], threads == 1 ? got : again, scratch);
        free(scratch);
        if (threads > 1)
            ck_assert_mem_eq(got, again, count * sizeof *got);
    }
    ck_assert(isnan(got[count])); /* nothing written behind it */
    for (size_t i = 0; i < count; i++)
        most = fmax(most, isnan(got[i]) ? HUGE_VAL : fabs(got[i] - expected[i]));
    ck_assert_msg(most < 1e-12, "pass %d is wrong by %g", (int)pass, most);
    free(got), free(again);
    free_numbers(&s);
}

static float *floats_of(const double *x, size_t count)
{
    float *out = malloc((count + 1) * sizeof *out);
    for (size_t i = 0; i < count; i++)
        out[i] = (float)x[i];
    return out;
}

static void check_f32(const wg_conv *c, wg_conv_pass pass, run_f32 *run, size_t bytes)
{
    numbers s = make_numbers(c);
    size_t count = s.count[result_of[pass]];
    double *expected = s.of[result_of[pass]], most = 0;
    float *got = malloc((count + 1) * sizeof *got), *again = malloc((count + 1) * sizeof *again);
    float *a = floats_of(s.of[a_of[pass]], s.count[a_of[pass]]),
          *b = floats_of(s.of[b_of[pass]], s.count[b_of[pass]]);
    memset(expected, 0, count * sizeof *expected);
    memset(got, 0xff, (count + 1) * sizeof *got);
    define(c, s.of[0], s.of[1], s.of[2], result_of[pass]);
    for (int threads = 1; threads <= MOST_THREADS; threads++) {
        void *scratch = scratch_of(bytes);
        run(threads, c, pass, a, b, threads == 1 ? got : again, scratch);
        free(scratch);
        if (threads > 1)
            ck_assert_mem_eq(got, again, count * sizeof *got);
    }
    ck_assert(isnan((double)got[count]));
    for (size_t i = 0; i < count; i++)
        most = fmax(most, isnan((double)got[i]) ? HUGE_VAL : fabs((double)got[i] - expected[i]));
    ck_assert_msg(most < 2e-4, "pass %d is wrong by %g", (int)pass, most);
    free(got), free(again), free(a), free(b);
    free_numbers(&s);
}

/* Every element of a forward pass is finished once, when it is final: what follows sees it as it stays. */
typedef struct finished {
    const char *result;
    size_t size;
    char *copy;
    unsigned char *times; /* threads touch elements of their own */
} finished;

static void note(void *user, size_t first, size_t count, const void *values)
{
    finished *f = user;
    ck_assert_ptr_null(values);
    memcpy(f->copy + first * f->size, f->result + first * f->size, count * f->size);
    for (size_t i = first; i < first + count; i++)
        f->times[i]++;
}

static finished finished_new(const wg_conv *c, const void *result, size_t size)
{
    size_t count = c->batch * c->filters * c->out_height * c->out_width;
    return (finished){result, size, calloc(count + 1, size), calloc(count + 1, 1)};
}

static void finished_check(finished *f, const wg_conv *c, wg_conv_pass pass)
{
    size_t count = pass == WG_CONV_FORWARD ? c->batch * c->filters * c->out_height * c->out_width : 0;
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(f->times[i] == 1, "element %zu is finished %d times", i, f->times[i]);
    ck_assert(memcmp(f->copy, f->result, count * f->size) == 0);
    free(f->copy), free(f->times);
}

static void chosen_f64(int threads, const wg_conv *conv, wg_conv_pass pass, const double *a, const double *b,
    double *result, void *scratch)
{
    finished f = finished_new(conv, result, sizeof *result);
    wg__conv_f64(threads, conv, pass, a, b, result, scratch,
        pass == WG_CONV_FORWARD ? &(wg_epilogue){.run = note, .user = &f} : NULL);
    finished_check(&f, conv, pass);
}

static void chosen_f32(int threads, const wg_conv *conv, wg_conv_pass pass, const float *a, const float *b,
    float *result, void *scratch)
{
    finished f = finished_new(conv, result, sizeof *result);
    wg__conv_f32(threads, conv, pass, a, b, result, scratch,
        pass == WG_CONV_FORWARD ? &(wg_epilogue){.run = note, .user = &f} : NULL);
    finished_check(&f, conv, pass);
}

START_TEST(the_chosen_algorithm)
{
    const wg_conv c = finish(geometries[_i]);
    for (wg_conv_pass pass = WG_CONV_FORWARD; pass <= WG_CONV_WEIGHT; pass++) {
        size_t bytes;
        ck_assert(wg__conv_scratch(MOST_THREADS, &c, pass, sizeof(double), &bytes));
        check_f64(&c, pass, chosen_f64, bytes);
        ck_assert(wg__conv_scratch(MOST_THREADS, &c, pass, sizeof(float), &bytes));
        check_f32(&c, pass, chosen_f32, bytes);
    }
}
END_TEST

START_TEST(the_matrix_product)
{
    const wg_conv c = finish(geometries[_i]);
    for (wg_conv_pass pass = WG_CONV_FORWARD; pass <= WG_CONV_WEIGHT; pass++) {
        size_t bytes;
        if (c.batch == 0 || c.channels == 0)
            continue;
        ck_assert(wg__conv_gemm_scratch(MOST_THREADS, &c, pass, sizeof(double), &bytes));
        check_f64(&c, pass, wg__conv_gemm_f64, bytes);
        ck_assert(wg__conv_gemm_scratch(MOST_THREADS, &c, pass, sizeof(float), &bytes));
        check_f32(&c, pass, wg__conv_gemm_f32, bytes);
    }
}
END_TEST

/* The direct loops of every kind that this processor can run, both ways round. */
enum { MOST_WAYS = 6 };

static struct {
    const wg_conv_kernels *kernels;
    bool channels;
} way;

static void way_f64(int threads, const wg_conv *conv, wg_conv_pass pass, const double *a, const double *b,
    double *result, void *scratch)
{
    finished f = finished_new(conv, result, sizeof *result);
    wg__conv_direct_of_f64(way.kernels, way.channels, threads, conv, pass, a, b, result, scratch,
        pass == WG_CONV_FORWARD ? &(wg_epilogue){.run = note, .user = &f} : NULL);
    finished_check(&f, conv, pass);
}

static void way_f32(int threads, const wg_conv *conv, wg_conv_pass pass, const float *a, const float *b,
    float *result, void *scratch)
{
    finished f = finished_new(conv, result, sizeof *result);
    wg__conv_direct_of_f32(way.kernels, way.channels, threads, conv, pass, a, b, result, scratch,
        pass == WG_CONV_FORWARD ? &(wg_epilogue){.run = note, .user = &f} : NULL);
    finished_check(&f, conv, pass);
}

START_TEST(the_direct_loops)
{
    size_t used = 0;
    const wg_isa_level isa = (wg_isa_level)(WG_ISA_PLAIN + _i / 2);
    way.kernels = isa <= wg__isa() ? wg__conv_kernels_of(isa) : NULL;
    way.channels = _i % 2 != 0;
    for (int i = 0; i < GEOMETRIES && way.kernels; i++) {
        const wg_conv c = finish(geometries[i]);
        for (wg_conv_pass pass = WG_CONV_FORWARD; pass <= WG_CONV_WEIGHT && c.batch * c.channels > 0;
             pass++) {
            size_t bytes;
            if (wg__conv_direct_can(way.kernels, way.channels, &c, pass, sizeof(double))) {
                ck_assert(
                    wg__conv_direct_scratch_of(way.kernels, way.channels, &c, pass, sizeof(double), &bytes));
                check_f64(&c, pass, way_f64, bytes);
                used++;
            }
            if (wg__conv_direct_can(way.kernels, way.channels, &c, pass, sizeof(float))) {
                ck_assert(
                    wg__conv_direct_scratch_of(way.kernels, way.channels, &c, pass, sizeof(float), &bytes));
                check_f32(&c, pass, way_f32, bytes);
                used++;
            }
        }
    }
    ck_assert(used > 40 || (!way.kernels && _i >= 2));
}
END_TEST

int main(void)
{
    const harness_test tests[] = {
        {the_chosen_algorithm, GEOMETRIES}, {the_matrix_product, GEOMETRIES}, {the_direct_loops, MOST_WAYS}};
    return harness_run("conv_kernels", tests, sizeof tests / sizeof tests[0]);
}
