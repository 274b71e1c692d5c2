/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

static wg_status FN(one_hot)(wg_op_context *op)
{
    size_t classes = *(const size_t *)op->attr;
    const int32_t *index = op->in[0];
    REAL *y = op->out[0];
    wg_status status = wg__op_check_index(op, 0, classes);
    if (status != WG_OK || op->count == 0)
        return status;
    memset(y, 0, op->count * sizeof *y);
    for (size_t i = 0; i < op->count / classes; i++)
        y[i * classes + (size_t)index[i]] = 1;
    return WG_OK;
}
