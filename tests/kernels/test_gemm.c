/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The matrix product. Most tests multiply small whole numbers, which is exact in float too, whatever the
 * order of summation: so results are compared with ==. */
#define _DEFAULT_SOURCE /* mmap without reserving memory */
#include "harness.h"
#include "kernels/gemm.h"
#include "kernels/gemm_block.h"
#include "kernels/parallel.h"
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The tiles for the widest vectors, made of this build's vectors, so that their logic runs on every
 * processor. */
#define KERNELS wide_tiles
#define VECTOR 64
#define ROWS 12
#define TARGET
extern const wg_gemm_kernels wide_tiles;
#include "kernels/gemm_kernels.h"

typedef struct problem {
    bool f32, ta, tb;
    size_t m, n, k;
    double alpha, beta;
    size_t pad; /* numbers between rows, and before the first: they must not be read (NaN) or written (77) */
} problem;

static uint32_t next(uint32_t *state)
{
    return *state = *state * 1664525u + 1013904223u;
}

/* rows x columns numbers with NaN around them; whole ones in -3 .. 3, or fractions. */
static double *matrix(size_t rows, size_t columns, size_t pad, bool whole, uint32_t seed)
{
    size_t step = columns + pad, count = pad + rows * step;
    double *x = malloc((count + 1) * sizeof *x);
    for (size_t i = 0; i < count; i++)
        x[i] = (double)NAN;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            uint32_t r = next(&seed) >> 8;
            x[pad + i * step + j] = whole ? (double)(r % 7) - 3 : (double)(float)(r / 16777216.0 - 0.5);
        }
    return x;
}

static float *to_float(const double *x, size_t count)
{
    float *y = malloc((count + 1) * sizeof *y);
    for (size_t i = 0; i < count; i++)
        y[i] = (float)x[i];
    return y;
}

/* As much as was asked for, so that a tool sees a number behind it; NULL for nothing. */
static void *room(size_t bytes)
{
    ck_assert_uint_eq(bytes % 64, 0);
    return bytes ? aligned_alloc(64, bytes) : NULL;
}

/* A product of floats in its own working memory. */
static void product(int threads, const wg_product_f32 *p, const wg_epilogue *epilogue)
{
    void *scratch = room(wg__gemm_scratch_f32(threads, p, epilogue));
    wg__gemm_f32(threads, p, epilogue, 0, scratch);
    free(scratch);
}

/* C of the problem, m rows of n + pad numbers after the first `pad`, by wg_gemm (kernels NULL) or by given
 * loops. */
static double *multiply(const problem *q, const wg_gemm_kernels *kernels, int threads, bool whole)
{
    size_t lda = (q->ta ? q->m : q->k) + q->pad, ldb = (q->tb ? q->k : q->n) + q->pad, ldc = q->n + q->pad;
    size_t as = q->pad + (q->ta ? q->k : q->m) * lda, bs = q->pad + (q->tb ? q->n : q->k) * ldb;
    size_t cs = q->pad + q->m * ldc;
    double *a = matrix(q->ta ? q->k : q->m, lda - q->pad, q->pad, whole, 1);
    double *b = matrix(q->tb ? q->n : q->k, ldb - q->pad, q->pad, whole, 2);
    double *c = matrix(q->m, q->n, q->pad, whole, 3);
    for (size_t i = 0; i < cs; i++) {
        bool inside = i >= q->pad && (i - q->pad) % ldc < q->n;
        if (!inside)
            c[i] = 77;
        else if (q->beta == 0)
            c[i] = (double)NAN;
    }
    if (q->f32) {
        float *fa = to_float(a, as), *fb = to_float(b, bs), *fc = to_float(c, cs);
        wg_product_f32 p = {q->ta, q->tb, q->m, q->n, q->k, (float)q->alpha, (float)q->beta, fa + q->pad,
            fb + q->pad, fc + q->pad, lda, ldb, ldc};
        void *scratch =
            room(kernels ? kernels->scratch_f32(&p, false) : wg__gemm_scratch_f32(threads, &p, NULL));
        if (kernels)
            kernels->product_f32(&p, NULL, 0, scratch);
        else
            wg__gemm_f32(threads, &p, NULL, 0, scratch);
        free(scratch);
        for (size_t i = 0; i < cs; i++)
            c[i] = (double)fc[i];
        free(fa), free(fb), free(fc);
    } else {
        wg_product_f64 p = {q->ta, q->tb, q->m, q->n, q->k, q->alpha, q->beta, a + q->pad, b + q->pad,
            c + q->pad, lda, ldb, ldc};
        void *scratch =
            room(kernels ? kernels->scratch_f64(&p, false) : wg__gemm_scratch_f64(threads, &p, NULL));
        if (kernels)
            kernels->product_f64(&p, NULL, 0, scratch);
        else
            wg__gemm_f64(threads, &p, NULL, 0, scratch);
        free(scratch);
    }
    free(a), free(b);
    return c;
}

/* The same by the definition, one number after the other. */
static double *by_definition(const problem *q)
{
    size_t lda = (q->ta ? q->m : q->k) + q->pad, ldb = (q->tb ? q->k : q->n) + q->pad, ldc = q->n + q->pad;
    double *a = matrix(q->ta ? q->k : q->m, lda - q->pad, q->pad, true, 1);
    double *b = matrix(q->tb ? q->n : q->k, ldb - q->pad, q->pad, true, 2);
    double *c = matrix(q->m, q->n, q->pad, true, 3);
    for (size_t i = 0; i < q->pad + q->m * ldc; i++) {
        if (i < q->pad || (i - q->pad) % ldc >= q->n) {
            c[i] = 77;
            continue;
        }
        size_t row = (i - q->pad) / ldc, column = (i - q->pad) % ldc;
        double sum = 0;
        for (size_t p = 0; p < q->k; p++)
            sum += a[q->pad + (q->ta ? p * lda + row : row * lda + p)] *
                   b[q->pad + (q->tb ? column * ldb + p : p * ldb + column)];
        c[i] = q->alpha * sum + (q->beta == 0 ? 0 : q->beta * c[i]);
    }
    free(a), free(b);
    return c;
}

static void check(const problem *q, const wg_gemm_kernels *kernels, const char *name)
{
    double *expected = by_definition(q), *c = multiply(q, kernels, 2, true);
    for (size_t i = 0; i < q->pad + q->m * (q->n + q->pad); i++)
        if (c[i] != expected[i]) /* an assertion that holds costs a system call, too dear here */
            ck_abort_msg("%s, %s %c%c %zu x %zu x %zu, alpha %g, beta %g: number %zu is %g, not %g", name,
                q->f32 ? "f32" : "f64", q->ta ? 'T' : 'N', q->tb ? 'T' : 'N', q->m, q->n, q->k, q->alpha,
                q->beta, i, c[i], expected[i]);
    free(expected), free(c);
}

/* All transposes, both types, four pairs of factors, rows apart and together. */
static void check_all(size_t m, size_t n, size_t k, const wg_gemm_kernels *kernels, const char *name)
{
    static const double factors[][2] = {{1, 0}, {1, 1}, {-2, 0}, {2, -1}};
    for (int bits = 0; bits < 16; bits++)
        for (size_t f = 0; f < 4; f++)
            check(&(problem){bits & 1, bits & 2, bits & 4, m, n, k, factors[f][0], factors[f][1],
                      bits & 8 ? 5 : 0},
                kernels, name);
}

static const size_t odd[][3] = {{1, 1, 1}, {1, 1, 300}, {1, 70, 9}, {1, 2100, 17}, {70, 1, 9}, {6, 16, 256},
    {7, 17, 257}, {5, 15, 255}, {12, 32, 3}, {13, 33, 520}, {2, 300, 31}, {300, 2, 31}, {3, 40, 1},
    {41, 9, 2}, {100, 16, 1}, {26, 270, 40}, {270, 26, 40}, {31, 31, 600}, {29, 530, 5}, {11, 513, 64}};
enum { ODD = sizeof odd / sizeof odd[0] };

START_TEST(is_the_sum_of_products)
{
    for (size_t i = 0; i < ODD; i++)
        check_all(odd[i][0], odd[i][1], odd[i][2], NULL, "gemm");
    check_all(70, 190, 170, NULL, "gemm"); /* these are cut into blocks */
    check_all(300, 20, 400, NULL, "gemm");
}
END_TEST

START_TEST(every_kind_of_tile)
{
    for (size_t i = 0; i < ODD; i++) {
        check_all(odd[i][0], odd[i][1], odd[i][2], &wide_tiles, "wide");
        for (wg_isa_level isa = WG_ISA_PLAIN; isa <= wg__isa(); isa++)
            check_all(odd[i][0], odd[i][1], odd[i][2], wg__gemm_of(isa),
                isa < wg__isa() ? "a lesser processor's" : "this processor's");
    }
}
END_TEST

START_TEST(every_small_size)
{
    for (size_t m = 0; m <= 14; m++)
        for (size_t n = 0; n <= 35; n++)
            for (size_t k = 0; k <= 4; k += 2)
                check_all(m, n, k, NULL, "gemm");
}
END_TEST

/* Fractions now: every order of summation has its own last bits. */
static void same_bits(const problem *q)
{
    double *one = multiply(q, NULL, 1, false);
    for (int threads = 2; threads <= 3; threads++) {
        double *many = multiply(q, NULL, threads, false);
        ck_assert_msg(memcmp(one, many, (q->pad + q->m * (q->n + q->pad)) * sizeof *one) == 0,
            "%s %c%c %zu x %zu x %zu: %d threads", q->f32 ? "f32" : "f64", q->ta ? 'T' : 'N',
            q->tb ? 'T' : 'N', q->m, q->n, q->k, threads);
        free(many);
    }
    free(one);
}

START_TEST(threads_do_not_change_a_bit)
{
    static const size_t size[][3] = {{128, 512, 256}, {392, 256, 64}, {512, 10, 600}, {1, 3000, 800},
        {33, 1025, 77}, {251, 77, 301}, {64, 64, 1000}, {129, 127, 259}, {1000, 7, 500}};
    for (size_t i = 0; i < sizeof size / sizeof size[0]; i++)
        for (int bits = 0; bits < 8; bits++)
            same_bits(&(problem){bits & 1, bits & 2, bits & 4, size[i][0], size[i][1], size[i][2], 1,
                i % 2 ? 1 : 0, i % 2 ? 3 : 0});
}
END_TEST

/* From within a chunk of a parallel loop, and on memory of any alignment, the bits are the same too. */
typedef struct inner {
    float *a, *b, *c[4];
} inner;

enum { SIDE = 150 };

static void multiply_inside(void *work, size_t chunk, size_t begin, size_t end)
{
    inner *in = work;
    (void)begin, (void)end;
    float *a = in->a, *b = in->b;
    if (chunk == 3) {
        memmove(a = malloc((SIDE * SIDE + 1) * sizeof *a), in->a, SIDE * SIDE * sizeof *a);
        memmove(a + 1, a, SIDE * SIDE * sizeof *a);
        product(1,
            &(wg_product_f32){false, true, SIDE, SIDE, SIDE, 1, 0, a + 1, b, in->c[chunk], SIDE, SIDE, SIDE},
            NULL);
        free(a);
        return;
    }
    product(1, &(wg_product_f32){false, true, SIDE, SIDE, SIDE, 1, 0, a, b, in->c[chunk], SIDE, SIDE, SIDE},
        NULL);
}

START_TEST(inside_a_parallel_loop)
{
    double *a = matrix(SIDE, SIDE, 0, false, 5), *b = matrix(SIDE, SIDE, 0, false, 6);
    inner in = {.a = to_float(a, SIDE * SIDE), .b = to_float(b, SIDE * SIDE)};
    float *alone = malloc(SIDE * SIDE * sizeof *alone);
    for (int i = 0; i < 4; i++)
        in.c[i] = malloc(SIDE * SIDE * sizeof *in.c[i]);
    product(
        2, &(wg_product_f32){false, true, SIDE, SIDE, SIDE, 1, 0, in.a, in.b, alone, SIDE, SIDE, SIDE}, NULL);
    wg__parallel_chunks(3, 4, 1, multiply_inside, &in);
    for (int i = 0; i < 4; i++) {
        ck_assert_msg(memcmp(alone, in.c[i], SIDE * SIDE * sizeof *alone) == 0, "chunk %d", i);
        free(in.c[i]);
    }
    free(a), free(b), free(in.a), free(in.b), free(alone);
}
END_TEST

typedef struct finished {
    const float *c; /* where C would be written, with the numbers between its rows */
    float *got;
    unsigned char *times;
} finished;

static void note(void *user, size_t first, size_t count, const void *values)
{
    finished *f = user;
    memcpy(f->got + first, values ? (const float *)values : f->c + first, count * sizeof *f->got);
    for (size_t i = first; i < first + count; i++)
        f->times[i]++;
}

/* Each element of C is finished once, with its value, whether C itself is written or need not be. */
START_TEST(elements_are_finished_once)
{
    static const problem problems[] = {{true, true, false, 130, 70, 1, 1, 0, 0},
        {true, true, false, 9, 3000, 1, 2, 0, 0}, {true, false, true, 40, 30, 1, 1, 0, 5},
        {true, true, false, 200, 300, 40, 1, 0, 0}, {true, true, false, 200, 300, 40, 1, 0, 3},
        {true, true, false, 150, 90, 300, 1, 0, 0}, {true, false, true, 1, 200, 150, 1, 0, 0},
        {true, false, false, 1, 300, 400, 3, 0, 0}, {true, true, false, 90, 1, 50, 1, 0, 0},
        {true, true, false, 100, 10, 64, 1, 0, 0}, {true, false, false, 60, 50, 0, 1, 0, 2}};
    for (size_t i = 0; i < sizeof problems / sizeof problems[0]; i++) {
        const problem *q = &problems[i];
        size_t lda = (q->ta ? q->m : q->k) + q->pad, ldb = (q->tb ? q->k : q->n) + q->pad,
               ldc = q->n + q->pad;
        double *a = matrix(q->ta ? q->k : q->m, lda, 0, false, 1),
               *b = matrix(q->tb ? q->n : q->k, ldb, 0, false, 2);
        float *fa = to_float(a, (q->ta ? q->k : q->m) * lda), *fb = to_float(b, (q->tb ? q->n : q->k) * ldb);
        float *c = malloc(q->m * ldc * sizeof *c), *scratch = malloc(q->m * ldc * sizeof *c);
        wg_product_f32 p = {q->ta, q->tb, q->m, q->n, q->k, (float)q->alpha, 0, fa, fb, c, lda, ldb, ldc};
        product(1, &p, NULL);
        p.c = scratch;
        for (int transient = 0; transient < 2; transient++) {
            finished f = {scratch, malloc(q->m * ldc * sizeof *c), calloc(q->m * ldc, 1)};
            const wg_epilogue epilogue = {.run = note, .user = &f, .transient = transient};
            product(2, &p, &epilogue);
            for (size_t at = 0; at < q->m * ldc; at++) {
                bool inside = at % ldc < q->n;
                ck_assert_msg(f.times[at] == inside, "product %zu: element %zu is finished %d times", i, at,
                    f.times[at]);
                ck_assert_msg(
                    !inside || memcmp(&f.got[at], &c[at], sizeof *c) == 0, "product %zu: element %zu", i, at);
            }
            free(f.got), free(f.times);
        }
        free(a), free(b), free(fa), free(fb), free(c), free(scratch);
    }
}
END_TEST

START_TEST(leaves_the_number_of_threads_alone)
{
    int before = wg__threads_of(0);
    problem q = {false, false, false, 130, 130, 130, 1, 0, 0};
    free(multiply(&q, NULL, 2, false));
    ck_assert_int_eq(wg__threads_of(0), before);
}
END_TEST

/* Rows further apart than an int can count. The memory is never touched between them. */
START_TEST(rows_far_apart)
{
    size_t far = (size_t)INT32_MAX + 17, bytes = 2 * far * sizeof(float);
    float *a = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (a == MAP_FAILED)
        return; /* a machine that does not lend so much address space */
    a[0] = 2, a[1] = 3, a[far] = 5, a[far + 1] = 7;
    float c[4];
    product(2, &(wg_product_f32){false, false, 2, 2, 2, 1, 0, a, a, c, far, far, 2}, NULL);
    ck_assert(c[0] == 2 * 2 + 3 * 5 && c[1] == 2 * 3 + 3 * 7);
    ck_assert(c[2] == 5 * 2 + 7 * 5 && c[3] == 5 * 3 + 7 * 7);
    munmap(a, bytes);
}
END_TEST

TEST_MAIN("gemm", is_the_sum_of_products, every_kind_of_tile, every_small_size, threads_do_not_change_a_bit,
    inside_a_parallel_loop, elements_are_finished_once, leaves_the_number_of_threads_alone, rows_far_apart)
