/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* oneDNN against our own loops: every pass, cut and whole, on any number of threads, in floats; and in
 * bfloat16 where the processor has it. What a plan makes of the library is tried with floats that were
 * rounded before. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <wengert/wengert.h>
#include "base/alloc.h"
#include "harness.h"
#include "kernels/bf16.h"
#include "kernels/gemm.h"
#include "kernels/onednn.h"
#include "kernels/parallel.h"
#include "plan/plan.h"
#include "plan/ready.h"
#ifdef _OPENMP
#include <omp.h>
#endif

#define CONV(kind_, ...)                                                                                     \
    {                                                                                                        \
        .kind = (kind_), .conv = { __VA_ARGS__, 0 }                                                          \
    }
#define PASSES(...)                                                                                          \
    CONV(WG_CONV_FORWARD, __VA_ARGS__), CONV(WG_CONV_INPUT, __VA_ARGS__), CONV(WG_CONV_WEIGHT, __VA_ARGS__)
#define PRODUCT(ta, tb, m_, n_, k_)                                                                          \
    {                                                                                                        \
        .kind = WG_ONEDNN_PRODUCT, .transpose_a = (ta), .transpose_b = (tb), .m = (m_), .n = (n_),           \
        .k = (k_), .lda = (ta) ? (m_) : (k_), .ldb = (tb) ? (k_) : (n_), .ldc = (n_)                         \
    }

/* batch channels height width, filters rows columns, out_height out_width, strides, padding, dilation, groups
 */
static const wg_onednn_problem problems[] = {
    PASSES(1, 3, 7, 9, 5, 3, 3, 7, 9, 1, 1, 1, 1, 1, 1, 1),
    PASSES(12, 4, 8, 8, 8, 3, 3, 8, 8, 1, 1, 1, 1, 1, 1, 1),
    PASSES(17, 2, 6, 5, 3, 2, 3, 5, 3, 1, 1, 0, 0, 1, 1, 1),
    PASSES(6, 8, 9, 9, 16, 3, 3, 4, 4, 2, 2, 0, 0, 1, 1, 1),
    PASSES(4, 3, 10, 10, 4, 3, 3, 5, 5, 2, 2, 1, 1, 1, 1, 1),
    PASSES(3, 4, 9, 9, 6, 3, 3, 5, 5, 1, 1, 0, 0, 2, 2, 2),
    PASSES(5, 16, 4, 4, 16, 1, 1, 4, 4, 1, 1, 0, 0, 1, 1, 1),
    PRODUCT(false, false, 128, 256, 100),
    PRODUCT(true, false, 96, 130, 128),
    PRODUCT(false, true, 64, 192, 200),
    PRODUCT(true, true, 33, 67, 15),
    PRODUCT(false, false, 1, 300, 77),
    PRODUCT(false, false, 150, 1, 90),
};

enum { PROBLEMS = sizeof problems / sizeof problems[0] };

typedef struct numbers {
    size_t count[3];
    float *of[3]; /* a, b, result */
} numbers;

static numbers numbers_new(const wg_onednn_problem *p)
{
    const wg_conv *c = &p->conv;
    size_t x = c->batch * c->channels * c->height * c->width,
           y = c->batch * c->filters * c->out_height * c->out_width;
    size_t w = c->filters * (c->channels / (c->groups ? c->groups : 1)) * c->rows * c->columns;
    numbers n = {.count = {p->m * p->k, p->k * p->n, p->m * p->n}};
    if (p->kind == WG_CONV_FORWARD)
        n.count[0] = x, n.count[1] = w, n.count[2] = y;
    else if (p->kind == WG_CONV_INPUT)
        n.count[0] = y, n.count[1] = w, n.count[2] = x;
    else if (p->kind == WG_CONV_WEIGHT)
        n.count[0] = x, n.count[1] = y, n.count[2] = w;
    wg_random r = {.seed = 5};
    for (int i = 0; i < 3; i++) {
        n.of[i] = malloc(n.count[i] * sizeof(float));
        ck_assert_ptr_nonnull(n.of[i]);
        for (size_t k = 0; k < n.count[i]; k++)
            n.of[i][k] = (float)wg_random_normal(&r);
    }
    return n;
}

static void numbers_free(numbers *n)
{
    for (int i = 0; i < 3; i++)
        free(n->of[i]);
}

static void by_library(
    wg_onednn *library, const wg_onednn_problem *problem, int threads, const numbers *n, float *result)
{
    wg_onednn_call *call = wg__onednn_prepare(library, problem);
    ck_assert_ptr_nonnull(call);
    ck_assert_ptr_eq(wg__onednn_prepare(library, problem), call);
    void *scratch = aligned_alloc(64, (wg__onednn_scratch(call) + 64) / 64 * 64);
    ck_assert(wg__onednn_run(call, threads, n->of[0], n->of[1], result, scratch));
    free(scratch);
}

static void by_hand(const wg_onednn_problem *p, const numbers *n, float *result)
{
    if (p->kind == WG_ONEDNN_PRODUCT) {
        wg_product_f32 x = {p->transpose_a, p->transpose_b, p->m, p->n, p->k, 1, 0, n->of[0], n->of[1],
            result, p->lda, p->ldb, p->ldc};
        void *room = aligned_alloc(64, wg__gemm_scratch_f32(1, &x, NULL) + 64);
        wg__gemm_f32(1, &x, NULL, 0, room);
        free(room);
        return;
    }
    size_t bytes = 0;
    ck_assert(wg__conv_scratch(1, &p->conv, (wg_conv_pass)p->kind, sizeof(float), &bytes));
    void *scratch = aligned_alloc(64, (bytes + 64) / 64 * 64);
    wg__conv_f32(1, &p->conv, (wg_conv_pass)p->kind, n->of[0], n->of[1], result, scratch, NULL);
    free(scratch);
}

/* Sums of at most some thousand products of numbers of size 1. */
static void expect_close(const float *is, const float *wanted, size_t count, size_t problem)
{
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(fabs((double)is[i] - (double)wanted[i]) <= 2e-4, "problem %zu, element %zu: %g, not %g",
            problem, i, (double)is[i], (double)wanted[i]);
}

static wg_onednn *library_new(void)
{
    const wg_allocator memory = wg__allocator_or_default(NULL);
    wg_onednn *library = wg__onednn_new(&memory);
    ck_assert_ptr_nonnull(library);
    return library;
}

START_TEST(computes_what_our_loops_do)
{
    wg_onednn *library = library_new();
    numbers n = numbers_new(&problems[_i]);
    float *result = malloc(n.count[2] * sizeof(float));
    by_hand(&problems[_i], &n, n.of[2]);
    by_library(library, &problems[_i], 1, &n, result);
    expect_close(result, n.of[2], n.count[2], (size_t)_i);
    free(result);
    numbers_free(&n);
    wg__onednn_free(library);
}
END_TEST

START_TEST(any_number_of_threads_has_the_same_bits)
{
    numbers n = numbers_new(&problems[_i]);
    float *result = malloc(n.count[2] * sizeof(float));
    wg_onednn *library = library_new();
    by_library(library, &problems[_i], 1, &n, n.of[2]);
    for (int threads = 1; threads <= 3; threads++) {
#ifdef _OPENMP
        omp_set_num_threads(threads); /* what the library would take */
#endif
        wg_onednn *another = library_new(); /* prepared with so many */
        by_library(another, &problems[_i], threads, &n, result);
        ck_assert_msg(memcmp(result, n.of[2], n.count[2] * sizeof(float)) == 0, "problem %d on %d threads",
            _i, threads);
        wg__onednn_free(another);
#ifdef _OPENMP
        ck_assert_int_eq(omp_get_max_threads(), threads);
#endif
    }
    free(result);
    numbers_free(&n);
    wg__onednn_free(library);
}
END_TEST

/* Products of bfloat16 are exact in float: only the order of the sum may differ from ours of rounded factors.
 */
START_TEST(bfloat16_is_rounding)
{
    if (!wg__onednn_has_bf16()) {
        if (_i == 0)
            printf("onednn: this processor multiplies no bfloat16: skipped\n");
        return;
    }
    wg_onednn_problem low = problems[_i];
    low.bf16 = true;
    wg_onednn *library = library_new();
    numbers n = numbers_new(&low);
    float *result = malloc(n.count[2] * sizeof(float));
    by_library(library, &low, 2, &n, result);
    wg__bf16_round(1, n.count[0], n.of[0], n.of[0]);
    wg__bf16_round(1, n.count[1], n.of[1], n.of[1]);
    by_hand(&problems[_i], &n, n.of[2]);
    expect_close(result, n.of[2], n.count[2], (size_t)_i);
    free(result);
    numbers_free(&n);
    wg__onednn_free(library);
}
END_TEST

/* ---- In a plan -------------------------------------------------------------------------------------- */

static wg_var network(wg_params *params, wg_var x)
{
    x = wg_relu(wg_layer_conv2d(params, "conv", x, 6, 3, &(wg_layer_conv2d_options){.conv.padding = 1}));
    x = wg_relu(wg_layer_conv2d(params, "deep", x, 8, 3, NULL));
    return wg_layer_dense(params, "dense", wg_flatten(x), 10, NULL);
}

/* Loss and gradients of a step in bf16, with the library or without. */
static double step(bool with_library, int threads, double *gradient, size_t n)
{
    static float x[8 * 2 * 6 * 6];
    int32_t y[8] = {3, 1, 4, 1, 5, 9, 2, 6};
    wg_random r = {.seed = 2};
    for (size_t i = 0; i < sizeof x / sizeof x[0]; i++)
        x[i] = (float)wg_random_normal(&r);
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = WG_F32, .threads = threads});
    wg_params *params = wg_params_new(&(wg_params_options){.dtype = WG_F32, .seed = 1});
    wg_var loss = wg_cross_entropy(
        network(params, wg_input(tape, WG_FLOATS(x, 8, 2, 6, 6))), wg_input(tape, WG_INTS(y, 8)), NULL);
    wg_plan *plan = wg_plan_new(loss, &(wg_plan_options){.bf16 = true}, NULL);
    ck_assert_ptr_nonnull(plan);
    if (with_library && !plan->hints.library)
        plan->hints.library = library_new();
    if (!with_library) {
        wg__onednn_free(plan->hints.library);
        plan->hints.library = NULL;
    }
    for (size_t i = 0; i < plan->program.call_count; i++) /* where its operations look for it */
        if (plan->program.calls[i].ready)
            plan->program.calls[i].ready->hints.library = plan->hints.library;
    for (int run = 0; run < 2; run++)
        ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    double value = wg_plan_item(plan, loss);
    ck_assert_int_eq(wg_params_read_grad(params, "conv.weight", gradient, n), WG_OK);
    wg_plan_free(plan);
    wg_tape_free(tape);
    wg_params_free(params);
    return value;
}

START_TEST(a_plan_multiplies_by_the_library)
{
    enum { N = 6 * 2 * 3 * 3 };
    double own[N], its[N], again[N], loss = step(false, 1, own, N), with = step(true, 1, its, N);
    ck_assert_double_eq_tol(with, loss, 1e-5);
    for (size_t i = 0; i < N; i++)
        ck_assert_double_eq_tol(its[i], own[i], 1e-4);
    ck_assert_int_ne(memcmp(its, own, sizeof own), 0); /* it was the library */
    ck_assert_double_eq(step(true, 3, again, N), with);
    ck_assert_mem_eq(again, its, sizeof its);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{computes_what_our_loops_do, PROBLEMS},
        {any_number_of_threads_has_the_same_bits, PROBLEMS}, {bfloat16_is_rounding, PROBLEMS},
        {a_plan_multiplies_by_the_library, 0}};
    return harness_run("onednn", tests, sizeof tests / sizeof tests[0]);
}
