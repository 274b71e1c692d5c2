/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Where the matrices of a product lie, and how far from a cache line, changes no bit of it. They are put
 * behind each other in every order without a number between them, and their rows between each other's:
 *
 *      A A A A B B B C C C        A A A A C C C B B B        A A A B C C A A A B C C   ...
 *
 * at every distance from a line, and the product is compared with that of matrices in memory of their own. */
#include "harness.h"
#include "kernels/gemm_block.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 64, ORDERS = 6, MATRICES = 3, INTERLEAVED = ORDERS };

typedef struct problem {
    bool f32, ta, tb;
    size_t m, n, k;
    double alpha, beta;
    const wg_gemm_kernels *kernels; /* NULL: wg_gemm */
} problem;

/* A, B and C: rows of numbers, their distance, and where the first one is. */
typedef struct matrix {
    size_t rows, row, step, at;
} matrix;

typedef struct placed {
    matrix of[MATRICES];
    size_t numbers; /* of all */
} placed;

static const unsigned char orders[ORDERS][MATRICES] = {
    {0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

/* One behind the other from number `first` on; INTERLEAVED: row by row. `apart`: numbers between them. */
static placed place(const problem *q, int order, size_t first, size_t apart, bool wide)
{
    placed p = {.of = {{q->ta ? q->k : q->m, q->ta ? q->m : q->k, 0, 0},
                    {q->tb ? q->n : q->k, q->tb ? q->k : q->n, 0, 0}, {q->m, q->n, 0, 0}}};
    size_t all = p.of[0].row + p.of[1].row + p.of[2].row, rows = 0, at = first;
    for (int i = 0; i < MATRICES; i++) {
        matrix *x = &p.of[order < ORDERS ? orders[order][i] : i];
        x->step = wide ? all : x->row;
        x->at = at;
        at += order < ORDERS ? x->rows * x->step + apart : x->row;
        rows = x->rows > rows ? x->rows : rows;
    }
    p.numbers = order < ORDERS ? at : first + rows * all;
    return p;
}

static double number(int which, size_t i)
{
    uint32_t r = ((uint32_t)i * 3 + (uint32_t)which + 1) * 2654435761u;
    return (double)(float)((r >> 8) / 16777216.0 - 0.5);
}

static void fill(const problem *q, const matrix *x, int which, void *memory)
{
    for (size_t i = 0; i < x->rows * x->row; i++) {
        size_t at = x->at + i / x->row * x->step + i % x->row;
        if (q->f32)
            ((float *)memory)[at] = (float)number(which, i);
        else
            ((double *)memory)[at] = number(which, i);
    }
}

static void *room(size_t bytes)
{
    return aligned_alloc(LINE, bytes + LINE - bytes % LINE);
}

static void run_f32(const problem *q, const placed *p, float *x)
{
    const wg_product_f32 product = {q->ta, q->tb, q->m, q->n, q->k, (float)q->alpha, (float)q->beta,
        x + p->of[0].at, x + p->of[1].at, x + p->of[2].at, p->of[0].step, p->of[1].step, p->of[2].step};
    void *scratch =
        room(q->kernels ? q->kernels->scratch_f32(&product, false) : wg__gemm_scratch_f32(1, &product, NULL));
    if (q->kernels)
        q->kernels->product_f32(&product, NULL, 0, scratch);
    else
        wg__gemm_f32(1, &product, NULL, 0, scratch);
    free(scratch);
}

static void run_f64(const problem *q, const placed *p, double *x)
{
    const wg_product_f64 product = {q->ta, q->tb, q->m, q->n, q->k, q->alpha, q->beta, x + p->of[0].at,
        x + p->of[1].at, x + p->of[2].at, p->of[0].step, p->of[1].step, p->of[2].step};
    void *scratch =
        room(q->kernels ? q->kernels->scratch_f64(&product, false) : wg__gemm_scratch_f64(1, &product, NULL));
    if (q->kernels)
        q->kernels->product_f64(&product, NULL, 0, scratch);
    else
        wg__gemm_f64(1, &product, NULL, 0, scratch);
    free(scratch);
}

/* The rows of C, one behind the other, of matrices in `memory`. */
static void multiply(const problem *q, const placed *p, void *memory, char *c)
{
    size_t size = q->f32 ? sizeof(float) : sizeof(double);
    const matrix *x = &p->of[2];
    for (int i = 0; i < MATRICES; i++)
        fill(q, &p->of[i], i, memory);
    if (q->f32)
        run_f32(q, p, memory);
    else
        run_f64(q, p, memory);
    for (size_t i = 0; i < x->rows; i++)
        memcpy(c + i * x->row * size, (char *)memory + (x->at + i * x->step) * size, x->row * size);
}

static void check(const problem *q, const char *name)
{
    size_t size = q->f32 ? sizeof(float) : sizeof(double), lines = LINE / size;
    size_t c_bytes = q->m * q->n * size;
    char *wanted = malloc(c_bytes), *is = malloc(c_bytes);
    for (int wide = 0; wide < 2; wide++) { /* rows far apart may be computed in another way */
        placed far = place(q, 0, 0, 4096, wide);
        char *memory = room(far.numbers * size + 2 * LINE);
        multiply(q, &far, memory, wanted);
        for (int order = 0; order <= (wide ? INTERLEAVED : ORDERS - 1); order++)
            for (size_t first = 0; first < lines; first++)
                for (size_t apart = 0; apart < 2; apart++) {
                    placed p = place(q, order, first, apart, wide);
                    multiply(q, &p, memory, is);
                    if (memcmp(is, wanted, c_bytes) != 0)
                        ck_abort_msg("%s %s %c%c %zu x %zu x %zu, alpha %g, beta %g: other bits in order %d, "
                                     "%zu numbers "
                                     "from a line, %zu apart, rows %s",
                            name, q->f32 ? "f32" : "f64", q->ta ? 'T' : 'N', q->tb ? 'T' : 'N', q->m, q->n,
                            q->k, q->alpha, q->beta, order, first, apart, wide ? "apart" : "together");
                }
        free(memory);
    }
    free(wanted), free(is);
}

/* One row, one column, one term, thin ones, tiles and their tails, more than a slab of terms and of columns.
 */
static const size_t sizes[][3] = {{1, 1, 1}, {1, 37, 9}, {1, 70, 23}, {1, 5, 40}, {1, 1050, 17}, {37, 1, 9},
    {1, 1, 90}, {6, 16, 20}, {7, 17, 33}, {12, 32, 8}, {13, 33, 21}, {2, 100, 11}, {100, 2, 11}, {3, 40, 1},
    {40, 5, 1}, {26, 70, 10}, {70, 26, 10}, {30, 9, 270}, {5, 270, 6}, {25, 24, 23}};

static void check_all(const wg_gemm_kernels *kernels, const char *name)
{
    static const double factors[][2] = {{1, 0}, {1, 1}, {0.7, 0.3}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int bits = 0; bits < 8; bits++)
            for (size_t f = 0; f < 3; f++)
                check(&(problem){bits & 1, bits & 2, bits & 4, sizes[i][0], sizes[i][1], sizes[i][2],
                          factors[f][0], factors[f][1], kernels},
                    name);
}

/* The loops of every kind that this processor can run. */
START_TEST(of_every_kind)
{
    const wg_isa_level isa = (wg_isa_level)(WG_ISA_PLAIN + _i);
    if (isa <= wg__isa())
        check_all(wg__gemm_of(isa), isa < wg__isa() ? "a lesser processor's" : "this processor's");
}
END_TEST

START_TEST(of_the_product)
{
    check_all(NULL, "gemm");
    check(&(problem){true, false, false, 1, 700, 200, 1, 1, NULL}, "by depth");
    check(&(problem){false, false, false, 1, 700, 200, 0.7, 0.3, NULL}, "by depth");
    check(&(problem){true, false, true, 130, 140, 60, 0.7, 0.3, NULL}, "in blocks");
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{of_every_kind, 3}, {of_the_product, 1}};
    return harness_run("gemm_placement", tests, sizeof tests / sizeof tests[0]);
}
