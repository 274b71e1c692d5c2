/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* bench_conv.c - the convolution's three passes, float, in GFLOP/s: as the library chooses, each algorithm of
 * its own (that over batch lanes takes the same numbers for images side by side), and oneDNN's primitives
 * (made beforehand, in layouts of their liking; no reordering is counted, which flatters them). A product
 * with a padding zero is not counted as work done.
 *
 *     bench_conv [--json FILE] [--quick]         OMP_NUM_THREADS sets the threads */

#include "bench.h"
#include "kernels/conv.h"
#include "kernels/conv_direct.h"
#include "kernels/conv_gemm.h"
#include "kernels/lanes.h"
#include "kernels/parallel.h"
#ifdef WG_BENCH_ONEDNN
#include "onednn_conv.h"
#endif

static const struct {
    const char *label;
    wg_conv conv;
} shapes[] = {
    {"1x28x28 -> 6, 5x5, padded", {64, 1, 28, 28, 6, 5, 5, 28, 28, 1, 1, 2, 2, 1, 1, 1, 0}},
    {"6x14x14 -> 16, 5x5", {64, 6, 14, 14, 16, 5, 5, 10, 10, 1, 1, 0, 0, 1, 1, 1, 0}},
    {"3x32x32 -> 32, 3x3", {64, 3, 32, 32, 32, 3, 3, 32, 32, 1, 1, 1, 1, 1, 1, 1, 0}},
    {"32x32x32 -> 32, 3x3", {64, 32, 32, 32, 32, 3, 3, 32, 32, 1, 1, 1, 1, 1, 1, 1, 0}},
    {"32x32x32 -> 64, 3x3", {64, 32, 32, 32, 64, 3, 3, 32, 32, 1, 1, 1, 1, 1, 1, 1, 0}},
    {"32x16x16 -> 64, 3x3", {64, 32, 16, 16, 64, 3, 3, 16, 16, 1, 1, 1, 1, 1, 1, 1, 0}},
    {"64x16x16 -> 64, 3x3", {64, 64, 16, 16, 64, 3, 3, 16, 16, 1, 1, 1, 1, 1, 1, 1, 0}},
    {"64x16x16 -> 128, 3x3", {64, 64, 16, 16, 128, 3, 3, 16, 16, 1, 1, 1, 1, 1, 1, 1, 0}},
    {"64x16x16 -> 128, 3x3, stride 2", {64, 64, 16, 16, 128, 3, 3, 8, 8, 2, 2, 1, 1, 1, 1, 1, 0}},
    {"128x8x8 -> 128, 3x3", {64, 128, 8, 8, 128, 3, 3, 8, 8, 1, 1, 1, 1, 1, 1, 1, 0}},
    {"64x16x16 -> 64, 1x1", {64, 64, 16, 16, 64, 1, 1, 16, 16, 1, 1, 0, 0, 1, 1, 1, 0}},
    {"1 image, 32x32x32 -> 64, 3x3", {1, 32, 32, 32, 64, 3, 3, 32, 32, 1, 1, 1, 1, 1, 1, 1, 0}},
};

enum { CHOSEN, ROWS, CHANNELS, PRODUCT, LANES, ONEDNN, VARIANTS };

static const char *const variant_names[] = {"chosen", "rows", "channels", "product", "lanes", "oneDNN"};
static const char *const pass_names[] = {"forward", "input gradient", "weight gradient"};

typedef struct job {
    wg_conv conv;
    wg_conv_pass pass;
    int threads;
    const float *a, *b;
    float *result;
    void *scratch;
} job;

static void chosen(void *user)
{
    job *j = user;
    wg__conv_f32(j->threads, &j->conv, j->pass, j->a, j->b, j->result, j->scratch, NULL);
}

static void rows(void *user)
{
    job *j = user;
    wg__conv_direct_of_f32(wg__conv_kernels_of(wg__isa()), false, j->threads, &j->conv, j->pass, j->a, j->b,
        j->result, j->scratch, NULL);
}

static void channels(void *user)
{
    job *j = user;
    wg__conv_direct_of_f32(wg__conv_kernels_of(wg__isa()), true, j->threads, &j->conv, j->pass, j->a, j->b,
        j->result, j->scratch, NULL);
}

static void product(void *user)
{
    job *j = user;
    wg__conv_gemm_f32(j->threads, &j->conv, j->pass, j->a, j->b, j->result, j->scratch);
}

static void lanes(void *user)
{
    job *j = user;
    wg__conv_lanes_f32(j->threads, &j->conv, j->pass, j->a, j->b, j->result, j->scratch, NULL);
}

static void onednn(void *user)
{
#ifdef WG_BENCH_ONEDNN
    job *j = user;
    onednn_conv(j->threads, &j->conv, j->pass, j->a, j->b, j->result, j->scratch);
#else
    (void)user;
#endif
}

static float *numbers_new(size_t count)
{
    float *x = aligned_alloc(64, (count * sizeof *x + 63) / 64 * 64);
    for (size_t i = 0; x && i < count; i++)
        x[i] = (float)((i * 2654435761u) % 1000) / 1000 - 0.5f;
    return x;
}

/* Which variants there are for a pass, and the most working memory that one needs. */
static size_t variants_of(const wg_conv *c, wg_conv_pass pass, bool *is)
{
    size_t bytes[VARIANTS] = {0}, most = 64;
    is[CHOSEN] = wg__conv_scratch(wg__threads_of(0), c, pass, sizeof(float), &bytes[CHOSEN]);
    is[PRODUCT] = wg__conv_gemm_scratch(wg__threads_of(0), c, pass, sizeof(float), &bytes[PRODUCT]);
    for (size_t v = ROWS; v <= CHANNELS; v++)
        is[v] = wg__conv_direct_can(wg__conv_kernels_of(wg__isa()), v == CHANNELS, c, pass, sizeof(float)) &&
                wg__conv_direct_scratch_of(
                    wg__conv_kernels_of(wg__isa()), v == CHANNELS, c, pass, sizeof(float), &bytes[v]);
    is[LANES] = wg__conv_lanes_takes(c, pass) && wg__conv_lanes_scratch(c, pass, &bytes[LANES]);
#ifdef WG_BENCH_ONEDNN
    is[ONEDNN] = true;
#else
    is[ONEDNN] = false;
#endif
    for (size_t v = 0; v < VARIANTS; v++)
        most = bytes[v] > most ? bytes[v] : most;
    return most;
}

static void measure(bench *b, const char *label, const wg_conv *c, wg_conv_pass pass, float *const *of)
{
    static const int a_of[] = {0, 2, 0}, b_of[] = {1, 1, 2}, result_of[] = {2, 0, 1};
    static bench_work *const all[] = {chosen, rows, channels, product, lanes, onednn};
    bool is[VARIANTS];
    bench_work *work[VARIANTS];
    void *user[VARIANTS];
    double seconds[VARIANTS], flops = 2.0 * (double)(c->batch * c->filters * c->out_height * c->out_width) *
                                      (double)(c->channels / c->groups * c->rows * c->columns);
    float *scratch = numbers_new(variants_of(c, pass, is) / sizeof(float) + 16);
    job j = {*c, pass, wg__threads_of(0), of[a_of[pass]], of[b_of[pass]], of[result_of[pass]], scratch};
    size_t count = 0;
    for (size_t v = 0; v < VARIANTS; v++)
        if (is[v])
            work[count] = all[v], user[count++] = &j;
    bench_run(b, count, work, user, seconds);
    printf("%-32s %-16s", label, pass_names[pass]);
    for (size_t v = 0, i = 0; v < VARIANTS; v++) {
        char name[120];
        snprintf(name, sizeof name, "%s, %s, %s", label, pass_names[pass], variant_names[v]);
        if (is[v])
            bench_number(b, name, "GFLOP/s", flops / seconds[i] * 1e-9);
        if (is[v])
            printf("%10.0f", flops / seconds[i++] * 1e-9);
        else
            printf("%10s", "-");
    }
    printf("\n");
    fflush(stdout);
    free(scratch);
}

int main(int argc, char **argv)
{
    bench b = bench_begin(argc, argv, "conv");
    printf("GFLOP/s, %2d thread(s)%28s", wg__threads_of(0), "");
    for (size_t v = 0; v < VARIANTS; v++)
        printf("%10s", variant_names[v]);
    printf("\n");
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const wg_conv *c = &shapes[i].conv;
        float *of[] = {numbers_new(c->batch * c->channels * c->height * c->width),
            numbers_new(c->filters * (c->channels / c->groups) * c->rows * c->columns),
            numbers_new(c->batch * c->filters * c->out_height * c->out_width)};
        for (wg_conv_pass pass = WG_CONV_FORWARD; pass <= WG_CONV_WEIGHT; pass++)
            if (pass != WG_CONV_INPUT || c->channels > 3) /* a first layer's is never asked for */
                measure(&b, shapes[i].label, c, pass, of);
        for (int k = 0; k < 3; k++)
            free(of[k]);
    }
    return bench_end(&b);
}
