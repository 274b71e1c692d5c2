/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <string.h>
#include <wengert/math.h>
#include <wengert/reduce.h>
#include "ops/loss.h"
#include "ops/ops.h"

wg_var wg__loss_apply(const wg_op *op, wg_var a, wg_var b, const wg_loss_options *options)
{
    wg_loss_options attr;
    memset(&attr, 0, sizeof attr); /* equal ones have equal bytes: see WG_OP_PLAIN_ATTR */
    if (options) {
        attr.reduction = options->reduction;
        attr.label_smoothing = options->label_smoothing;
        attr.ignore = options->ignore;
        attr.ignore_index = options->ignore_index;
        attr.delta = options->delta;
        attr.margin = options->margin;
        attr.power = options->power;
        attr.include_label = options->include_label;
        attr.divide_by_classes = options->divide_by_classes;
    }
    return wg_apply(op, (const wg_var[]){a, b}, 2, &attr);
}

wg_status wg__loss_shape(wg_op_context *op, wg_shape each)
{
    const wg_loss_options *options = op->attr;
    if (options->reduction != WG_MEAN && options->reduction != WG_SUM && options->reduction != WG_NONE)
        return wg_op_fail(op, WG_INVALID, "no reduction has the number %d", (int)options->reduction);
    op->out_shape[0] = options->reduction == WG_NONE ? each : wg_shape_scalar();
    return WG_OK;
}

bool wg__loss_each(const wg_op_context *op)
{
    return op->out_shape[0].rank > 0;
}

double *wg__loss_sums(wg_op_context *op, size_t chunks)
{
    return wg_op_scratch(op, chunks * sizeof(double));
}

size_t wg__loss_workspace(const wg_op_context *op, size_t chunks)
{
    return op->backward || wg__loss_each(op) ? 0 : wg_op_scratch_size(chunks * sizeof(double));
}

void wg__loss_finish(const wg_op_context *op, const double *sums, size_t chunks, size_t count)
{
    const wg_loss_options *options = op->attr;
    double total = 0;
    for (size_t i = 0; i < chunks; i++)
        total += sums[i];
    *(double *)op->out[0] = options->reduction == WG_MEAN ? total / (double)count : total;
}

double wg__loss_share(const wg_op_context *op, size_t count)
{
    const wg_loss_options *options = op->attr;
    return options->reduction == WG_MEAN ? 1 / (double)count : 1;
}

wg_var wg__loss_reduce(const wg_op_context *op, wg_var each)
{
    const wg_loss_options *options = op->attr;
    return options->reduction == WG_NONE ? each : options->reduction == WG_SUM ? wg_sum(each) : wg_mean(each);
}

/* ---- Labels */

wg_status wg__labels_shape(wg_op_context *op, const wg_shape *expected)
{
    char text[192];
    if (op->in_dtype[1] != WG_I32)
        return wg_op_fail(op, WG_BAD_DTYPE, "labels %s are %s, not i32", wg_op_operand(op, 1),
            wg_dtype_name(op->in_dtype[1]));
    if (!wg_shape_equal(op->in_shape[1], expected))
        return wg_op_fail(op, WG_BAD_SHAPE, "%s takes labels %s, not %s", wg_op_operand(op, 0),
            wg_shape_text(expected, text, sizeof text), wg_op_operand(op, 1));
    return WG_OK;
}

wg_status wg__labels_check(
    wg_op_context *op, const wg_loss_options *ignore, size_t count, size_t classes, size_t *counted)
{
    const int32_t *labels = op->in[1];
    *counted = count;
    for (size_t i = 0; i < count; i++) {
        if (ignore && ignore->ignore && labels[i] == ignore->ignore_index)
            --*counted;
        else if (labels[i] < 0 || (size_t)labels[i] >= classes)
            return wg_op_fail(op, WG_BAD_INDEX, "label %d of sample %zu is none of the %zu classes of %s",
                (int)labels[i], i, classes, wg_op_operand(op, 0));
    }
    return WG_OK;
}

struct wg_classes wg__classes_of(const wg_shape *logits)
{
    struct wg_classes k = {.samples = logits->dim[0], .classes = logits->dim[1], .positions = 1};
    for (size_t axis = 2; axis < logits->rank; axis++)
        k.positions *= logits->dim[axis];
    return k;
}

wg_shape wg__labels_of(const wg_shape *logits)
{
    wg_shape shape = {.rank = logits->rank - 1, .dim = {logits->dim[0]}};
    for (size_t axis = 2; axis < logits->rank; axis++)
        shape.dim[axis - 1] = logits->dim[axis];
    return shape;
}
