/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* graph_steps.c - the operations that graph.c calls, sixteen to a group. */

#include "graph.h"

wg_var graph_leaves(machine *m, unsigned which, const step *s)
{
    size_t count;
    bool fits = wg_shape_count(&s->shape, &count) && count <= NUMBERS;
    wg_dtype dtype = s->a ? WG_F32 : WG_F64;
    wg_array reals = wg_array_of(fits ? m->reals : NULL, WG_F64, s->shape);
    switch (which) {
    case 0:
        return wg_scalar(m->tape, s->number);
    case 1:
        return wg_const_scalar(m->tape, s->number);
    case 2:
        return wg_full(m->tape, s->shape, s->number);
    case 3:
        return wg_const_like(s->x, s->number);
    case 4:
        return wg_const(m->tape, reals);
    case 5:
        return wg_input(m->tape, reals);
    case 6:
        return wg_input_of(m->tape, s->b ? WG_I32 : dtype, s->shape);
    case 7:
    case 8:
        return wg_input(m->tape, wg_array_of(fits ? m->integers : NULL, WG_I32, s->shape));
    case 9:
        return wg_at(wg_scalars_new(m->tape, m->reals, s->n[0] < NUMBERS ? s->n[0] : 1), s->n[1]);
    case 10:
        return wg_detach(s->x);
    case 11:
        return wg_param(m->params, m->tape, s->b ? "p" : "q", s->shape, NULL);
    default:
        return wg_leaf(m->tape, reals);
    }
}

/* A row of formulas.def by number, with plain numbers for its attributes; or arithmetic, which is inline. */
wg_var graph_formulas(machine *m, unsigned which, const step *s)
{
    static const wg_op *maps[256];
    static size_t count;
    if (count == 0) {
        size_t all;
        const wg_op *const *table = wg_op_table(&all);
        for (size_t i = 0; i < all && count < 256; i++)
            if (table[i]->traits & WG_OP_MAP && table[i]->attr_size <= 2 * sizeof(double) &&
                table[i]->arity > 0)
                maps[count++] = table[i];
    }
    const wg_op *op = maps[(which + 16 * s->n[0] + 96 * (s->n[1] % 4)) % count];
    const wg_var args[3] = {s->x, s->y, s->z};
    const double numbers[2] = {s->number, 0.5};
    switch (which) {
    case 0:
        return wg_add(s->x, s->y);
    case 1:
        return wg_mul(s->x, s->y);
    case 2:
        return wg_sub(s->x, s->y);
    case 3:
        return wg_div(s->x, s->y);
    case 4:
        return wg_mulc(s->x, s->number);
    case 5:
        return wg_cdiv(s->number, s->x);
    case 6:
        return wg_where(s->x, s->y, s->z);
    case 7:
        return wg_square(s->x);
    default:
        (void)m;
        return wg_apply(op, args, (size_t)op->arity, op->attr_size ? numbers : NULL);
    }
}

wg_var graph_reductions(machine *m, unsigned which, const step *s)
{
    (void)m;
    switch (which) {
    case 0:
        return wg_sum_over(s->x, s->axes, s->a);
    case 1:
        return wg_mean_over(s->x, s->axes, s->a);
    case 2:
        return wg_variance_over(s->x, s->axes, s->b, s->a);
    case 3:
        return wg_norm_over(s->x, s->axes, s->a);
    case 4:
        return wg_logsumexp_over(s->x, s->axes, s->a);
    case 5:
        return wg_prod_over(s->x, s->axes, s->a);
    case 6:
        return wg_cumsum(s->x, s->axis);
    case 7:
        return wg_sum_to(s->x, s->a ? s->shape : wg_shape_of(s->y));
    case 8:
        return wg_max_over(s->x, s->axes, s->a);
    case 9:
        return wg_min_over(s->x, s->axes, s->a);
    case 10:
        return wg_argmax(s->x, s->axis);
    case 11:
        return wg_softmax(s->x, s->axis);
    case 12:
        return wg_log_softmax(s->x, s->axis);
    case 13:
        return wg_norm(s->x);
    case 14:
        return wg_mean(s->x);
    default:
        return wg_sum(s->x);
    }
}

wg_var graph_shaping(machine *m, unsigned which, const step *s)
{
    const wg_var xs[3] = {s->x, s->y, s->z};
    const wg_pad_width widths[WG_MAX_RANK] = {{s->n[0], s->n[1]}, {s->n[2], s->n[3]}};
    (void)m;
    switch (which) {
    case 0:
        return wg_reshape(s->x, s->shape);
    case 1:
        return wg_flatten(s->x);
    case 2:
        return wg_permute(s->x, s->axes);
    case 3:
        return wg_transpose(s->x);
    case 4:
        return wg_broadcast_to(s->x, s->a ? s->shape : wg_shape_of(s->y));
    case 5:
        return wg_slice(
            s->x, s->axis, (ptrdiff_t)(s->n[0] - 2), s->a ? WG_END : (ptrdiff_t)s->n[1], s->b ? -1 : 1);
    case 6:
        return wg_slice(s->x, 0, (ptrdiff_t)s->n[0], (ptrdiff_t)s->n[1], (ptrdiff_t)(s->n[2] - 2));
    case 7:
        return wg_concat(xs, 1 + (size_t)s->a + s->b, s->axis);
    case 8:
        return wg_stack(xs, 1 + (size_t)s->a + s->b, s->axis);
    case 9:
        return wg_pad(s->x, widths, s->number);
    case 10:
        return wg_flip(s->x, s->axes);
    case 11:
        return wg_clamp(s->x, -s->number, s->number);
    case 12:
        return wg_reshape(s->x, WG_SHAPE(SIZE_MAX, s->n[0]));
    case 13:
        return wg_stack(xs, 2, 0);
    case 14:
        return wg_concat(xs, 2, 0);
    default:
        return wg_reshape(s->x, WG_SHAPE(1, 1, wg_count_of(s->x), 1));
    }
}

wg_var graph_indices(machine *m, unsigned which, const step *s)
{
    switch (which) {
    case 0:
        return wg_gather(s->x, s->axis, s->y);
    case 1:
        return wg_scatter_add(s->x, s->axis, s->y, s->z);
    case 2:
        return wg_index_select(s->x, s->axis, s->y);
    case 3:
        return wg_index_add(s->x, s->axis, s->y, s->z);
    case 4:
        return wg_one_hot(s->x, s->n[0]);
    case 5:
        return wg_index_select(s->x, 0, wg_input(m->tape, WG_INTS(m->integers, 3)));
    case 6:
        return wg_gather(s->x, s->axis, wg_argmax(s->y, s->axis));
    case 7:
        return wg_one_hot(wg_argmax(s->x, s->axis), 4);
    case 8:
        return wg_matmul_t(s->x, s->y, s->a, s->b);
    case 9:
        return wg_matmul_t(s->x, s->x, !s->a, s->a);
    case 10:
        return wg_matmul(s->x, wg_transpose(s->y));
    default:
        return wg_matmul(s->x, s->y);
    }
}

/* One or two, or as many as a plan may put into batch lanes. */
static wg_var images_of(machine *m, const step *s)
{
    size_t height = 1 + s->n[0] % 8, width = 1 + s->n[1] % 8;
    if (!s->b)
        return wg_leaf(m->tape, WG_DOUBLES(m->reals, 1 + s->a, 2, height, width));
    return wg_leaf(m->tape, WG_DOUBLES(m->reals, s->c ? 16 : 8, 1 + s->a, 1 + height % 4, 1 + width % 4));
}

wg_var graph_images(machine *m, unsigned which, const step *s)
{
    const wg_conv2d_options conv = {.stride = s->n[0],
        .padding = s->n[1],
        .dilation = s->n[2],
        .groups = s->a ? 2 : s->n[3],
        .stride_w = s->b ? 1 : 0,
        .exact = s->c,
        .output_padding = s->n[3] & 1};
    const wg_pool2d_options pool = {
        .stride = s->n[0], .padding_h = s->n[1], .size_w = s->n[2], .exact = s->c, .exclude_padding = s->b};
    wg_var places = {0}, y;
    switch (which) {
    case 0:
    case 1:
        return wg_conv2d(s->x, s->y, &conv);
    case 2:
        return wg_conv_transpose2d(s->x, s->y, &conv);
    case 3:
        return wg_conv2d_input_gradient(s->x, s->y, s->n[0], s->n[1], s->a ? &conv : NULL);
    case 4:
        return wg_conv2d_weight_gradient(s->x, s->y, s->n[0], s->n[1], s->a ? &conv : NULL);
    case 5:
        return wg_max_pool2d(s->x, s->n[3], &pool);
    case 6:
        return wg_avg_pool2d(s->x, s->n[3], &pool);
    case 7:
        return wg_max_pool_gather2d(s->x, s->y);
    case 8:
        return wg_max_unpool2d(s->x, s->y, s->n[0], s->n[1]);
    case 9:
        y = wg_max_pool2d_indices(s->x, 2, s->a ? &pool : NULL, &places);
        return s->b ? wg_max_unpool2d(y, places, s->n[2], s->n[3]) : wg_max_pool_gather2d(s->x, places);
    case 10:
        return wg_leaf(
            m->tape, WG_DOUBLES(m->reals, s->n[0] % 4, 1 + s->a, 1 + s->n[1] % 3, 1 + s->n[2] % 3));
    case 11:
        return wg_conv2d(s->x, s->y, NULL);
    case 12:
        return wg_avg_pool2d(s->x, 2, NULL);
    default:
        return images_of(m, s);
    }
}

wg_var graph_losses(machine *m, unsigned which, const step *s)
{
    const wg_loss_options options = {.reduction = (wg_reduction)(s->n[0] % 4),
        .label_smoothing = s->a ? 0.1 : 0,
        .ignore = s->b,
        .ignore_index = 1,
        .margin = s->c ? s->number : 0,
        .delta = s->c ? s->number : 0,
        .power = (int)(s->n[1] % 4),
        .include_label = s->a,
        .divide_by_classes = s->b};
    wg_var labels = wg_input(m->tape, WG_INTS(m->integers, wg_shape_of(s->x).dim[0] % NUMBERS));
    switch (which) {
    case 0:
        return wg_cross_entropy(s->x, s->y, &options);
    case 1:
    case 2:
        return wg_cross_entropy(s->x, labels, &options);
    case 3:
        return wg_hinge(s->x, labels, &options);
    case 4:
        return wg_bce_with_logits(s->x, s->y, &options);
    case 5:
        return wg_mse(s->x, s->y, &options);
    case 6:
        return wg_l1(s->x, s->y, &options);
    case 7:
        return wg_huber(s->x, s->y, &options);
    case 8:
        return wg_dropout(s->x, s->a ? 0.5 : s->number);
    case 9:
        return wg_batch_norm(s->x, s->y, s->z, NULL);
    case 10:
        return wg_layer_norm(s->x, s->y, s->z, NULL);
    case 11:
        return wg_cross_entropy(s->x, s->x, NULL);
    case 12:
        return wg_bce_with_logits(s->x, s->x, &options);
    case 13:
        return wg_huber(s->x, wg_const_like(s->x, 0.5), &options);
    default:
        return wg_dropout(s->x, 0.25);
    }
}

/* A leaf of n numbers an axis, of no more than there are. */
static wg_var leaf_of(machine *m, wg_shape shape)
{
    size_t count;
    bool fits = wg_shape_count(&shape, &count) && count <= NUMBERS;
    return wg_leaf(m->tape, wg_array_of(fits ? m->reals : NULL, WG_F64, shape));
}

/* Sequences of n[0] steps, n[1] samples and n[2] numbers of state; c gives the cell operands that do not fit.
 */
static wg_var recurrent(machine *m, bool lstm, const step *s)
{
    size_t gates = lstm ? 4 : 3, hidden = s->n[2] % 4;
    wg_var gx = leaf_of(m, WG_SHAPE(s->n[0] % 5, s->n[1] % 5, gates * hidden)), c;
    wg_var h0 = s->c ? s->x : leaf_of(m, WG_SHAPE(s->n[1] % 5, hidden));
    wg_var weight = leaf_of(m, WG_SHAPE(hidden, gates * hidden));
    if (!lstm)
        return wg_gru(gx, h0, weight, s->b ? s->y : leaf_of(m, WG_SHAPE(hidden)));
    wg_var y = wg_lstm(gx, h0, s->b ? s->y : h0, weight, &c);
    return s->a ? c : y;
}

static wg_var recurrent_layer(machine *m, bool lstm, const step *s)
{
    wg_var last, x = s->c ? s->x : leaf_of(m, WG_SHAPE(s->n[0] % 4, s->n[1] % 4, 3));
    wg_layer_lstm_options lstm_options = {.time_major = s->a, .reverse = s->b, .last_c = &last};
    wg_layer_gru_options gru_options = {.time_major = s->a, .reverse = s->b, .last_h = &last};
    wg_var y = lstm ? wg_layer_lstm(m->params, "lstm", x, s->n[2], &lstm_options)
                    : wg_layer_gru(m->params, "gru", x, s->n[2], &gru_options);
    return s->n[3] & 1 ? last : y;
}

wg_var graph_layers(machine *m, unsigned which, const step *s)
{
    const char *name = s->a ? "layer" : "other";
    switch (which) {
    case 0:
        return wg_layer_dense(m->params, name, s->x, s->n[0], NULL);
    case 1:
        return wg_layer_conv2d(m->params, name, s->x, s->n[0], s->n[1], NULL);
    case 2:
        return wg_layer_batch_norm(m->params, name, s->x, NULL);
    case 3:
        return wg_layer_layer_norm(
            m->params, name, s->x, &(wg_layer_layer_norm_options){.axes = s->n[0], .eps = s->number});
    case 4:
        return wg_layer_dense(m->params, "dense", s->x, 3, &(wg_layer_dense_options){.no_bias = s->b});
    case 5:
        return wg_layer_conv2d(m->params, "conv", s->x, 2, 3, &(wg_layer_conv2d_options){.conv.padding = 1});
    case 6:
        return wg_layer_batch_norm(m->params, "norm", s->x, NULL);
    case 8:
    case 9:
        return recurrent(m, which == 8, s);
    case 10:
    case 11:
        return recurrent_layer(m, which == 10, s);
    default:
        return wg_relu(wg_layer_dense(m->params, "relu", s->x, 2, NULL));
    }
}
