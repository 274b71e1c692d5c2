/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "ops/factor.h"

#include "kernels/bf16.h"
#include "tape/hints.h"

static bool round_factor(wg_op_context *op, size_t count, const void **factor)
{
    float *copy = count ? wg_op_scratch(op, count * sizeof *copy) : NULL;
    if (count == 0)
        return true;
    if (!copy)
        return false;
    wg__bf16_round(op->threads, count, *factor, copy);
    *factor = copy;
    return true;
}

#ifdef WG_ONEDNN
/* What the plan's library needs for the problem; NULL: it cannot. */
static wg_onednn_call *call_of(const wg_op_context *op, wg_factors *f, bool bf16)
{
    wg_onednn *library = op->hints->library;
    f->problem.bf16 = bf16;
    return library && f->problem.kind != WG_ONEDNN_NONE ? wg__onednn_prepare(library, &f->problem) : NULL;
}
#endif

/* Has the plan's library multiply: false when it cannot. */
static bool by_library(wg_op_context *op, wg_factors *f, bool bf16)
{
#ifdef WG_ONEDNN
    wg_onednn_call *call = call_of(op, f, bf16);
    void *scratch = call ? wg_op_scratch(op, wg__onednn_scratch(call)) : NULL;
    if (!scratch || !wg__onednn_run(call, op->threads, f->a, f->b, f->result, scratch))
        return false;
    wg__epilogue_all(f->epilogue, op->threads, f->count); /* not before all of it is known to be good */
    return true;
#else
    (void)op, (void)f, (void)bf16;
    return false;
#endif
}

/* Where the library cannot round them itself it gets rounded numbers. */
wg_status wg__factors_f32(wg_op_context *op, wg_factors *f)
{
    if (!wg__op_bf16(op))
        return WG_OK;
    f->done = by_library(op, f, true);
    if (f->done)
        return WG_OK;
    if (!round_factor(op, f->a_count, &f->a) || !round_factor(op, f->b_count, &f->b))
        return WG_OUT_OF_MEMORY;
    f->done = by_library(op, f, false);
    return WG_OK;
}

/* 0 when the library cannot. */
static size_t library_workspace(const wg_op_context *op, wg_factors *f, bool bf16)
{
#ifdef WG_ONEDNN
    wg_onednn_call *call = call_of(op, f, bf16);
    return call ? wg_op_scratch_size(wg__onednn_scratch(call)) : 0;
#else
    (void)op, (void)f, (void)bf16;
    return 0;
#endif
}

size_t wg__factors_workspace_f32(const wg_op_context *op, wg_factors *f)
{
    if (!wg__op_bf16(op))
        return 0;
    size_t bytes = library_workspace(op, f, true);
    f->done = bytes > 0;
    if (f->done)
        return bytes;
    bytes = library_workspace(op, f, false);
    f->done = bytes > 0;
    bytes += f->a_count ? wg_op_scratch_size(f->a_count * sizeof(float)) : 0;
    return bytes + (f->b_count ? wg_op_scratch_size(f->b_count * sizeof(float)) : 0);
}
