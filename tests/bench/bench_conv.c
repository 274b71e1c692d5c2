/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* bench_conv.c - the convolution's three passes in GFLOP/s: the chosen algorithm, the matrix product behind
 * it, and oneDNN's primitives (created beforehand, blocked layouts allowed, which flatters them: no
 * reordering is counted). Float.
 *
 *     bench_conv [THREADS]
 *
 * The variants take turns, and each one's median of the turns is printed. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "kernels/conv.h"
#include "kernels/conv_direct.h"
#include "kernels/conv_gemm.h"
#ifdef WG_HAVE_ONEDNN
#include "bench/onednn_conv.h"
#endif

enum { TURNS = 9 };

static const struct {
    const char *label;
    wg_conv conv;
} shapes[] = {
    {"1x28x28 -> 6, 5x5, padded (LeNet)", {64, 1, 28, 28, 6, 5, 5, 28, 28, 1, 1, 2, 2, 1, 1, 1}},
    {"6x14x14 -> 16, 5x5 (LeNet)", {64, 6, 14, 14, 16, 5, 5, 10, 10, 1, 1, 0, 0, 1, 1, 1}},
    {"3x32x32 -> 32, 3x3", {64, 3, 32, 32, 32, 3, 3, 32, 32, 1, 1, 1, 1, 1, 1, 1}},
    {"32x32x32 -> 32, 3x3", {64, 32, 32, 32, 32, 3, 3, 32, 32, 1, 1, 1, 1, 1, 1, 1}},
    {"32x32x32 -> 64, 3x3", {64, 32, 32, 32, 64, 3, 3, 32, 32, 1, 1, 1, 1, 1, 1, 1}},
    {"32x16x16 -> 64, 3x3", {64, 32, 16, 16, 64, 3, 3, 16, 16, 1, 1, 1, 1, 1, 1, 1}},
    {"64x16x16 -> 64, 3x3", {64, 64, 16, 16, 64, 3, 3, 16, 16, 1, 1, 1, 1, 1, 1, 1}},
    {"64x16x16 -> 128, 3x3", {64, 64, 16, 16, 128, 3, 3, 16, 16, 1, 1, 1, 1, 1, 1, 1}},
    {"64x16x16 -> 128, 3x3, stride 2", {64, 64, 16, 16, 128, 3, 3, 8, 8, 2, 2, 1, 1, 1, 1, 1}},
    {"128x8x8 -> 128, 3x3", {64, 128, 8, 8, 128, 3, 3, 8, 8, 1, 1, 1, 1, 1, 1, 1}},
    {"64x16x16 -> 64, 1x1", {64, 64, 16, 16, 64, 1, 1, 16, 16, 1, 1, 0, 0, 1, 1, 1}},
    {"1 image, 32x32x32 -> 64, 3x3", {1, 32, 32, 32, 64, 3, 3, 32, 32, 1, 1, 1, 1, 1, 1, 1}},
};

/* Seconds; with one thread the processor's, in which a busy neighbour does not count. */
static double now(int threads)
{
    struct timespec t;
    if (threads == 1)
        return (double)clock() / CLOCKS_PER_SEC;
    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

typedef void conv_function(int threads, const wg_conv *conv, wg_conv_pass pass, const float *a,
    const float *b, float *result, void *scratch);

static float *numbers_new(size_t count)
{
    float *x = aligned_alloc(64, (count * sizeof *x + 63) / 64 * 64);
    for (size_t i = 0; x && i < count; i++)
        x[i] = (float)((i * 2654435761u) % 1000) / 1000 - 0.5f;
    return x;
}

static bool can_rows, can_channels;

static void rows_only(int threads, const wg_conv *conv, wg_conv_pass pass, const float *a, const float *b,
    float *result, void *scratch)
{
    if (can_rows)
        wg_conv_direct_of_f32(
            wg_conv_kernels_of_processor(), false, threads, conv, pass, a, b, result, scratch);
}

static void channels_only(int threads, const wg_conv *conv, wg_conv_pass pass, const float *a, const float *b,
    float *result, void *scratch)
{
    if (can_channels)
        wg_conv_direct_of_f32(
            wg_conv_kernels_of_processor(), true, threads, conv, pass, a, b, result, scratch);
}

/* Seconds of one call, the mean of as many as fill about ten milliseconds. */
static double time_of(conv_function *run, int threads, const wg_conv *c, wg_conv_pass pass, float *const *of,
    void *scratch, int calls)
{
    static const int a_of[] = {0, 2, 0}, b_of[] = {1, 1, 2}, result_of[] = {2, 0, 1};
    double start = now(threads);
    for (int i = 0; i < calls; i++)
        run(threads, c, pass, of[a_of[pass]], of[b_of[pass]], of[result_of[pass]], scratch);
    return (now(threads) - start) / calls;
}

static void measure(int threads, const char *label, const wg_conv *c)
{
    const size_t weights = c->filters * c->channels / c->groups * c->rows * c->columns;
    const size_t outputs = c->batch * c->filters * c->out_height * c->out_width;
    float *of[] = {numbers_new(c->batch * c->channels * c->height * c->width), numbers_new(weights),
        numbers_new(outputs)};
    double flops = 2.0 * (double)(outputs / c->filters) * (double)weights;
    printf("%-36s", label);
    for (wg_conv_pass pass = WG_CONV_FORWARD; pass <= WG_CONV_WEIGHT; pass++) {
        conv_function *run[5] = {wg_conv_f32, rows_only, channels_only, wg_conv_gemm_f32};
        size_t variants = 4, bytes[4] = {0}, most = 0;
        const wg_conv_kernels *kernels = wg_conv_kernels_of_processor();
        can_rows = wg_conv_direct_can(kernels, false, c, pass, sizeof(float));
        can_channels = wg_conv_direct_can(kernels, true, c, pass, sizeof(float));
#ifdef WG_HAVE_ONEDNN
        run[variants++] = onednn_conv;
#endif
        double seconds[5][TURNS];
        int calls[5];
        wg_conv_scratch(c, pass, sizeof(float), &bytes[0]);
        wg_conv_gemm_scratch(c, pass, sizeof(float), &bytes[1]);
        if (can_rows)
            wg_conv_direct_scratch_of(kernels, false, c, pass, sizeof(float), &bytes[2]);
        if (can_channels)
            wg_conv_direct_scratch_of(kernels, true, c, pass, sizeof(float), &bytes[3]);
        for (int i = 0; i < 4; i++)
            most = bytes[i] > most ? bytes[i] : most;
        void *scratch = numbers_new(most / sizeof(float) + 16);
        for (size_t v = 0; v < variants; v++) {
            double once = time_of(run[v], threads, c, pass, of, scratch, 2);
            calls[v] = once > 0.01 ? 1 : once < 1e-6 ? 1 : (int)(0.01 / once) + 1;
        }
        for (int turn = 0; turn < TURNS; turn++)
            for (size_t v = 0; v < variants; v++)
                seconds[v][turn] = time_of(run[v], threads, c, pass, of, scratch, calls[v]);
        for (size_t v = 0; v < variants; v++) {
            qsort(seconds[v], TURNS, sizeof(double), ascending);
            bool ran = v == 1 ? can_rows : v == 2 ? can_channels : true;
            printf(v ? " /%3.0f" : "  %4.0f", ran ? flops / seconds[v][TURNS / 2] * 1e-9 : 0.0);
        }
        free(scratch);
    }
    printf("\n");
    fflush(stdout);
    for (int i = 0; i < 3; i++)
        free(of[i]);
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 1;
    printf("GFLOP/s, %d thread(s): ours / by rows / by channels / matrix product%s\n", threads,
#ifdef WG_HAVE_ONEDNN
        " / oneDNN"
#else
        ""
#endif
    );
    printf("%-36s  forward                 input gradient          weight gradient\n", "");
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        measure(threads, shapes[i].label, &shapes[i].conv);
    return 0;
}
