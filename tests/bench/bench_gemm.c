/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The matrix product in GFLOP/s: ours, and direct calls of a CBLAS and of oneDNN, as the build found them.
 *
 *     bench_gemm [--json FILE] [--quick]         OMP_NUM_THREADS sets the threads
 *
 * The three products of a dense layer are y = x W (NN), dW = x^T g (TN) and dx = g W^T (NT); sizes are M x N
 * x K. */

#include "bench.h"
#include "kernels/gemm.h"
#include "kernels/parallel.h"
#ifdef WG_BENCH_CBLAS
#include <cblas.h>
#endif
#ifdef WG_BENCH_ONEDNN
#include <dnnl.h>
#endif

enum { MOST = 1024 * 1024 };

typedef struct product {
    const char *label;
    bool ta, tb;
    size_t m, n, k;
} product;

static const product products[] = {
    {"784 -> 512, batch 128", false, false, 128, 512, 784},
    {NULL, true, false, 784, 512, 128},
    {NULL, false, true, 128, 784, 512},
    {"512 -> 256, batch 128", false, false, 128, 256, 512},
    {NULL, true, false, 512, 256, 128},
    {NULL, false, true, 128, 512, 256},
    {"256 -> 10, batch 128", false, false, 128, 10, 256},
    {NULL, true, false, 256, 10, 128},
    {NULL, false, true, 128, 256, 10},
    {"784 -> 512, one sample", false, false, 1, 512, 784},
    {NULL, true, false, 784, 512, 1},
    {NULL, false, true, 1, 784, 512},
    {"LSTM 64 + 128, batch 32", false, false, 32, 512, 192},
    {NULL, true, false, 192, 512, 32},
    {NULL, false, true, 32, 192, 512},
    {"convolution, 32 -> 64, 3x3", false, false, 64, 1024, 288},
    {NULL, false, true, 64, 288, 1024},
    {NULL, true, false, 288, 1024, 64},
    {"attention, 8 heads", false, true, 64, 64, 32},
    {"square", false, false, 1024, 1024, 1024},
};

static float a32[MOST], b32[MOST], c32[MOST];
static double a64[MOST], b64[MOST], c64[MOST];

/* Taken once: a tape keeps what it works in, too. */
static void *room_for(size_t bytes)
{
    static void *room;
    static size_t has;
    if (bytes > has) {
        free(room);
        has = (bytes + 63) / 64 * 64;
        room = aligned_alloc(64, has);
    }
    return bytes ? room : NULL;
}

static void ours_f32(void *user)
{
    const product *p = user;
    const wg_product_f32 x = {
        p->ta, p->tb, p->m, p->n, p->k, 1, 0, a32, b32, c32, p->ta ? p->m : p->k, p->tb ? p->k : p->n, p->n};
    wg__gemm_f32(wg__threads_of(0), &x, NULL, 0, room_for(wg__gemm_scratch_f32(wg__threads_of(0), &x, NULL)));
}

static void ours_f64(void *user)
{
    const product *p = user;
    const wg_product_f64 x = {
        p->ta, p->tb, p->m, p->n, p->k, 1, 0, a64, b64, c64, p->ta ? p->m : p->k, p->tb ? p->k : p->n, p->n};
    wg__gemm_f64(wg__threads_of(0), &x, NULL, 0, room_for(wg__gemm_scratch_f64(wg__threads_of(0), &x, NULL)));
}

#ifdef WG_BENCH_CBLAS
static CBLAS_TRANSPOSE flag(bool transpose)
{
    return transpose ? CblasTrans : CblasNoTrans;
}

static void cblas_f32(void *user)
{
    const product *p = user;
    cblas_sgemm(CblasRowMajor, flag(p->ta), flag(p->tb), (int)p->m, (int)p->n, (int)p->k, 1, a32,
        (int)(p->ta ? p->m : p->k), b32, (int)(p->tb ? p->k : p->n), 0, c32, (int)p->n);
}

static void cblas_f64(void *user)
{
    const product *p = user;
    cblas_dgemm(CblasRowMajor, flag(p->ta), flag(p->tb), (int)p->m, (int)p->n, (int)p->k, 1, a64,
        (int)(p->ta ? p->m : p->k), b64, (int)(p->tb ? p->k : p->n), 0, c64, (int)p->n);
}
#endif

#ifdef WG_BENCH_ONEDNN
static void onednn_f32(void *user)
{
    const product *p = user;
    dnnl_sgemm(p->ta ? 'T' : 'N', p->tb ? 'T' : 'N', (dnnl_dim_t)p->m, (dnnl_dim_t)p->n, (dnnl_dim_t)p->k, 1,
        a32, (dnnl_dim_t)(p->ta ? p->m : p->k), b32, (dnnl_dim_t)(p->tb ? p->k : p->n), 0, c32,
        (dnnl_dim_t)p->n);
}
#endif

static const struct {
    const char *name;
    bench_work *run;
} variants[] = {
    {"float", ours_f32},
#ifdef WG_BENCH_CBLAS
    {"float CBLAS", cblas_f32},
#endif
#ifdef WG_BENCH_ONEDNN
    {"float oneDNN", onednn_f32},
#endif
    {"double", ours_f64},
#ifdef WG_BENCH_CBLAS
    {"double CBLAS", cblas_f64},
#endif
};
enum { VARIANTS = sizeof variants / sizeof variants[0] };

static void measure(bench *b, product p)
{
    char name[120], shape[48];
    double seconds[VARIANTS], flops = 2.0 * (double)p.m * (double)p.n * (double)p.k;
    bench_work *run[VARIANTS];
    void *user[VARIANTS];
    for (size_t v = 0; v < VARIANTS; v++)
        run[v] = variants[v].run, user[v] = &p;
    snprintf(shape, sizeof shape, "%c%c %zu x %zu x %zu", p.ta ? 'T' : 'N', p.tb ? 'T' : 'N', p.m, p.n, p.k);
    bench_run(b, VARIANTS, run, user, seconds);
    printf("%-28s %-22s", p.label ? p.label : "", shape);
    for (size_t v = 0; v < VARIANTS; v++) {
        printf("%14.1f", flops / seconds[v] * 1e-9);
        snprintf(name, sizeof name, "%s, %s", variants[v].name, shape);
        bench_number(b, name, "GFLOP/s", flops / seconds[v] * 1e-9);
    }
    printf("\n");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    bench b = bench_begin(argc, argv, "gemm");
    for (size_t i = 0; i < MOST; i++) {
        a32[i] = (float)(i * 2654435761u % 1000) / 1000 - 0.5f;
        a64[i] = (double)a32[i];
        b32[i] = (float)(i * 2246822519u % 1000) / 1000 - 0.5f;
        b64[i] = (double)b32[i];
    }
    printf("GFLOP/s, %2d thread(s)                              ", wg__threads_of(0));
    for (size_t v = 0; v < VARIANTS; v++)
        printf("%14s", variants[v].name);
    printf("\n");
    for (size_t i = 0; i < sizeof products / sizeof products[0]; i++)
        measure(&b, products[i]);
    return bench_end(&b);
}
