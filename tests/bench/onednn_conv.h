/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* onednn_conv.h - the three passes through oneDNN 2 as a yardstick: the primitive and its memories, in
 * whatever layouts it likes best, are made for the first call of a geometry and kept for the next, so only
 * its running is timed. The numbers it computes are not looked at. */
#ifndef WG_BENCH_ONEDNN_CONV_H
#define WG_BENCH_ONEDNN_CONV_H

#include <dnnl.h>
#ifdef _OPENMP
#include <omp.h>
#endif
#include "kernels/conv.h"

typedef struct onednn_state {
    wg_conv conv;
    wg_conv_pass pass;
    int threads;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t args[3];
} onednn_state;

static dnnl_memory_t onednn_memory(
    onednn_state *s, const_dnnl_primitive_desc_t description, dnnl_query_t what)
{
    dnnl_memory_t memory = NULL;
    dnnl_memory_create(
        &memory, dnnl_primitive_desc_query_md(description, what, 0), s->engine, DNNL_MEMORY_ALLOCATE);
    void *data = NULL;
    if (memory && dnnl_memory_get_data_handle(memory, &data) == dnnl_success && data)
        memset(data, 0, dnnl_memory_desc_get_size(dnnl_primitive_desc_query_md(description, what, 0)));
    return memory;
}

static void onednn_prepare(onednn_state *s)
{
    const wg_conv *c = &s->conv;
#define DIMS(...) ((dnnl_dims_t){__VA_ARGS__})
    dnnl_memory_desc_t x, w, y;
    dnnl_memory_desc_init_by_tag(&x, 4,
        DIMS((long)c->batch, (long)c->channels, (long)c->height, (long)c->width), dnnl_f32,
        dnnl_format_tag_any);
    dnnl_memory_desc_init_by_tag(&w, 4,
        DIMS((long)c->filters, (long)c->channels, (long)c->rows, (long)c->columns), dnnl_f32,
        dnnl_format_tag_any);
    dnnl_memory_desc_init_by_tag(&y, 4,
        DIMS((long)c->batch, (long)c->filters, (long)c->out_height, (long)c->out_width), dnnl_f32,
        dnnl_format_tag_any);
    dnnl_dims_t stride = {(long)c->stride_h, (long)c->stride_w},
                padding = {(long)c->padding_h, (long)c->padding_w};
#undef DIMS
    if (!s->engine) {
        dnnl_engine_create(&s->engine, dnnl_cpu, 0);
        dnnl_stream_create(&s->stream, s->engine, dnnl_stream_default_flags);
    }
    dnnl_convolution_desc_t d;
    dnnl_primitive_desc_t forward = NULL, chosen = NULL;
    dnnl_convolution_forward_desc_init(
        &d, dnnl_forward_training, dnnl_convolution_direct, &x, &w, NULL, &y, stride, padding, padding);
    dnnl_primitive_desc_create(&forward, &d, NULL, s->engine, NULL);
    if (s->pass == WG_CONV_INPUT)
        dnnl_convolution_backward_data_desc_init(
            &d, dnnl_convolution_direct, &x, &w, &y, stride, padding, padding);
    else if (s->pass == WG_CONV_WEIGHT)
        dnnl_convolution_backward_weights_desc_init(
            &d, dnnl_convolution_direct, &x, &w, NULL, &y, stride, padding, padding);
    dnnl_primitive_desc_create(&chosen, &d, NULL, s->engine, s->pass == WG_CONV_FORWARD ? NULL : forward);
    dnnl_primitive_create(&s->primitive, chosen);
    static const struct {
        int arg;
        dnnl_query_t what;
    } memories[3][3] = {
        {{DNNL_ARG_SRC, dnnl_query_src_md}, {DNNL_ARG_WEIGHTS, dnnl_query_weights_md},
            {DNNL_ARG_DST, dnnl_query_dst_md}},
        {{DNNL_ARG_DIFF_SRC, dnnl_query_diff_src_md}, {DNNL_ARG_WEIGHTS, dnnl_query_weights_md},
            {DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md}},
        {{DNNL_ARG_SRC, dnnl_query_src_md}, {DNNL_ARG_DIFF_WEIGHTS, dnnl_query_diff_weights_md},
            {DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md}},
    };
    for (int i = 0; i < 3; i++) {
        s->args[i].arg = memories[s->pass][i].arg;
        s->args[i].memory = onednn_memory(s, chosen, memories[s->pass][i].what);
    }
    dnnl_primitive_desc_destroy(forward);
    dnnl_primitive_desc_destroy(chosen);
}

static inline void onednn_conv(int threads, const wg_conv *conv, wg_conv_pass pass, const float *a,
    const float *b, float *result, void *scratch)
{
    static onednn_state s;
    (void)a, (void)b, (void)result, (void)scratch;
    if (!s.primitive || memcmp(&s.conv, conv, sizeof *conv) != 0 || s.pass != pass || s.threads != threads) {
        if (s.primitive) {
            dnnl_primitive_destroy(s.primitive);
            for (int i = 0; i < 3; i++)
                dnnl_memory_destroy(s.args[i].memory);
        }
        s.conv = *conv, s.pass = pass, s.threads = threads;
#ifdef _OPENMP
        omp_set_num_threads(threads);
#endif
        onednn_prepare(&s);
    }
    dnnl_primitive_execute(s.primitive, s.stream, 3, s.args);
    dnnl_stream_wait(s.stream);
}

#endif
