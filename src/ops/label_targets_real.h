/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* label_targets_real.h - the kernel of label_targets.c, for one type of number. */

static wg_status FN(label_targets_forward)(wg_op_context *op)
{
    const wg_loss_options *options = op->attr;
    struct wg_classes k = wg__classes_of(op->in_shape[0]);
    const int32_t *labels = op->in[1];
    size_t counted, plane = k.classes * k.positions;
    if (wg__labels_check(op, options, k.samples * k.positions, k.classes, &counted) != WG_OK)
        return WG_BAD_INDEX;
    REAL smooth = (REAL)(options->label_smoothing / (double)k.classes),
         hard = (REAL)(1 - options->label_smoothing);
    for (size_t i = 0; i < k.samples * k.positions; i++) {
        REAL *out = (REAL *)op->out[0] + i / k.positions * plane + i % k.positions;
        bool ignored = options->ignore && labels[i] == options->ignore_index;
        for (size_t c = 0; c < k.classes; c++)
            out[c * k.positions] = ignored ? 0 : smooth;
        if (!ignored)
            out[(size_t)labels[i] * k.positions] += hard;
    }
    return WG_OK;
}
