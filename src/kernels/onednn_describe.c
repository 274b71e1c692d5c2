/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* onednn_describe.c - what the library is asked for, in the words of its versions 2 and 3. */
#include "kernels/onednn_call.h"

typedef struct geometry {
    dnnl_dims_t stride, dilation, padding;
} geometry;

/* A pass over x, w and y; `forward` is what the library wants to know of a gradient. NULL when it cannot. */
static dnnl_primitive_desc_t describe_pass(dnnl_engine_t engine, const_dnnl_primitive_attr_t attr,
    const geometry *g, wg_conv_pass pass, wg_layout_at x, wg_layout_at w, wg_layout_at y,
    const_dnnl_primitive_desc_t forward)
{
    const dnnl_alg_kind_t direct = dnnl_convolution_direct;
    dnnl_primitive_desc_t d = NULL;
    dnnl_status_t status;
#if DNNL_VERSION_MAJOR >= 3
    if (pass == WG_CONV_FORWARD)
        status = dnnl_convolution_forward_primitive_desc_create(&d, engine, dnnl_forward_training, direct, x,
            w, NULL, y, g->stride, g->dilation, g->padding, g->padding, attr);
    else if (pass == WG_CONV_INPUT)
        status = dnnl_convolution_backward_data_primitive_desc_create(
            &d, engine, direct, x, w, y, g->stride, g->dilation, g->padding, g->padding, forward, attr);
    else
        status = dnnl_convolution_backward_weights_primitive_desc_create(
            &d, engine, direct, x, w, NULL, y, g->stride, g->dilation, g->padding, g->padding, forward, attr);
#else
    dnnl_convolution_desc_t c;
    if (pass == WG_CONV_FORWARD)
        status = dnnl_dilated_convolution_forward_desc_init(
            &c, dnnl_forward_training, direct, x, w, NULL, y, g->stride, g->dilation, g->padding, g->padding);
    else if (pass == WG_CONV_INPUT)
        status = dnnl_dilated_convolution_backward_data_desc_init(
            &c, direct, x, w, y, g->stride, g->dilation, g->padding, g->padding);
    else
        status = dnnl_dilated_convolution_backward_weights_desc_init(
            &c, direct, x, w, NULL, y, g->stride, g->dilation, g->padding, g->padding);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_create(&d, &c, attr, engine, forward);
#endif
    return status == dnnl_success ? d : NULL;
}

static dnnl_primitive_desc_t describe_product(
    dnnl_engine_t engine, const_dnnl_primitive_attr_t attr, wg_layout_at a, wg_layout_at b, wg_layout_at c)
{
    dnnl_primitive_desc_t d = NULL;
    dnnl_status_t status;
#if DNNL_VERSION_MAJOR >= 3
    status = dnnl_matmul_primitive_desc_create(&d, engine, a, b, NULL, c, attr);
#else
    dnnl_matmul_desc_t m;
    status = dnnl_matmul_desc_init(&m, a, b, NULL, c);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_create(&d, &m, attr, engine, NULL);
#endif
    return status == dnnl_success ? d : NULL;
}

/* A dense layout of up to five sizes, or, with `library`, the one that the library likes best. */
static bool dense(wg_layout *l, bool library, dnnl_data_type_t type, int rank, const size_t *size)
{
    dnnl_dims_t dims, strides;
    for (int i = rank; i-- > 0;) {
        dims[i] = (dnnl_dim_t)size[i];
        strides[i] = i + 1 < rank ? strides[i + 1] * dims[i + 1] : 1;
    }
    return wg__layout_set(l, rank, dims, type, library ? NULL : strides);
}

/* x, w and y of a part of the batch, in our layout or in any. */
static bool conv_layouts(const wg_conv *c, bool library, const dnnl_data_type_t *type, wg_layout *l)
{
    size_t x[] = {c->batch, c->channels, c->height, c->width};
    size_t w[] = {c->groups, c->filters / c->groups, c->channels / c->groups, c->rows, c->columns};
    size_t y[] = {c->batch, c->filters, c->out_height, c->out_width};
    int plain = c->groups == 1; /* one group has no axis of its own */
    return dense(&l[0], library, type[0], 4, x) && dense(&l[1], library, type[1], 5 - plain, w + plain) &&
           dense(&l[2], library, type[2], 4, y);
}

static bool matrix(wg_layout *l, bool library, dnnl_data_type_t type, size_t rows, size_t columns, size_t ld,
    bool transposed)
{
    dnnl_dims_t dims = {(dnnl_dim_t)rows, (dnnl_dim_t)columns}, strides = {(dnnl_dim_t)ld, 1};
    if (transposed)
        strides[0] = 1, strides[1] = (dnnl_dim_t)ld;
    return wg__layout_set(l, 2, dims, type, library ? NULL : strides);
}

/* The primitive for one block, and our layouts of a, b and the result. */
static dnnl_primitive_desc_t describe_conv_block(wg_onednn_call *c, wg_layout *ours)
{
    static const int place[3][WG_SIDES] = {
        {0, 1, 2}, {2, 1, 0}, {0, 2, 1}}; /* of a, b and the result among x, w, y */
    static const int name[3][3] = {{DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST},
        {DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST},
        {DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST}};
    const wg_conv *v = &c->problem.conv;
    const int *of = place[c->problem.kind];
    const dnnl_data_type_t f32 = dnnl_f32, low = c->problem.bf16 ? dnnl_bf16 : f32;
    dnnl_data_type_t all_f32[] = {f32, f32, f32}, all_low[] = {low, low, low}, types[] = {low, low, low};
    wg_layout plain[3] = {0}, any[3] = {0}, hint[3] = {0};
    geometry g = {.stride = {(dnnl_dim_t)v->stride_h, (dnnl_dim_t)v->stride_w},
        .dilation = {(dnnl_dim_t)v->dilation_h - 1, (dnnl_dim_t)v->dilation_w - 1},
        .padding = {(dnnl_dim_t)v->padding_h, (dnnl_dim_t)v->padding_w}};
    wg_conv_pass pass = (wg_conv_pass)c->problem.kind;
    dnnl_primitive_desc_t forward = NULL, d = NULL;
    types[of[WG_SIDE_RESULT]] = f32;
    if (conv_layouts(&c->part, false, all_f32, plain) && conv_layouts(&c->part, true, types, any) &&
        conv_layouts(&c->part, true, all_low, hint)) {
        if (pass != WG_CONV_FORWARD)
            forward = describe_pass(c->library->engine, c->library->attr, &g, WG_CONV_FORWARD,
                wg__layout_pointer(&hint[0]), wg__layout_pointer(&hint[1]), wg__layout_pointer(&hint[2]),
                NULL);
        if (forward || pass == WG_CONV_FORWARD)
            d = describe_pass(c->library->engine, c->library->attr, &g, pass, wg__layout_pointer(&any[0]),
                wg__layout_pointer(&any[1]), wg__layout_pointer(&any[2]), forward);
    }
    dnnl_primitive_desc_destroy(forward);
    for (int i = 0; i < 3; i++) {
        wg__layout_free(&any[i]);
        wg__layout_free(&hint[i]);
        ours[i] = plain[of[i]];
        c->side[i].argument = name[pass][of[i]];
    }
    return d;
}

static dnnl_primitive_desc_t describe_product_block(wg_onednn_call *c, wg_layout *ours)
{
    const wg_onednn_problem *p = &c->problem;
    size_t m = p->m / c->rows, n = p->n / c->columns;
    const dnnl_data_type_t low = p->bf16 ? dnnl_bf16 : dnnl_f32;
    wg_layout a = {0}, b = {0};
    dnnl_primitive_desc_t d = NULL;
    if (matrix(&ours[WG_SIDE_A], false, dnnl_f32, m, p->k, p->lda, p->transpose_a) &&
        matrix(&ours[WG_SIDE_B], false, dnnl_f32, p->k, n, p->ldb, p->transpose_b) &&
        matrix(&ours[WG_SIDE_RESULT], false, dnnl_f32, m, n, p->ldc, false) &&
        matrix(&a, true, low, m, p->k, 0, false) && matrix(&b, true, low, p->k, n, 0, false))
        d = describe_product(c->library->engine, c->library->attr, wg__layout_pointer(&a),
            wg__layout_pointer(&b), wg__layout_pointer(&ours[WG_SIDE_RESULT]));
    wg__layout_free(&a);
    wg__layout_free(&b);
    c->side[WG_SIDE_A].argument = DNNL_ARG_SRC, c->side[WG_SIDE_B].argument = DNNL_ARG_WEIGHTS,
    c->side[WG_SIDE_RESULT].argument = DNNL_ARG_DST;
    return d;
}

dnnl_primitive_desc_t wg__onednn_describe(wg_onednn_call *c, wg_layout *ours)
{
    return c->problem.kind == WG_ONEDNN_PRODUCT ? describe_product_block(c, ours)
                                                : describe_conv_block(c, ours);
}
