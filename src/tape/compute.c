/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* compute.c - the forward pass of one recorded operation; recording and replay both come here. */

#include "base/float_state.h"
#include "tape/engine.h"

/* Memory for results and what is kept; what is there already stays. */
static bool make_blocks(wg_engine *t, wg_record *record)
{
    if (record->op->traits & WG_OP_ALIAS)
        return true;
    for (size_t r = 0; r < record->results; r++) {
        wg_result *result = &record->result[r];
        if (result->scalar || result->data)
            continue;
        result->block = wg__block_take(&t->blocks, result->count * wg_dtype_size(result->dtype));
        if (!result->block)
            return false;
        result->data = wg__block_data(result->block);
    }
    for (size_t k = 0; k < WG_MAX_KEEP; k++)
        if (record->keep_bytes[k] && !record->keep[k]) {
            record->keep_block[k] = wg__block_take(&t->blocks, record->keep_bytes[k]);
            if (!record->keep_block[k])
                return false;
            record->keep[k] = wg__block_data(record->keep_block[k]);
        }
    return true;
}

/* The result is the operand's memory; where the operand has no block (it is a parameter, or a scalar), the
 * memory is only borrowed, or the number copied into a block of one. */
static wg_status alias(wg_frame *f, wg_record *record)
{
    wg_engine *t = f->tape;
    uint32_t node = record->args[0];
    wg_result *result = &record->result[0];
    wg_view v = wg__view_of(t, node);
    if (v.scalar && result->scalar) {
        f->out_slot[0].d = t->head.steps[node].value;
        t->head.steps[record->node].value = f->out_slot[0].d;
    } else if (v.scalar) { /* [] -> [1, 1] */
        if (!result->data) {
            result->block = wg__block_take(&t->blocks, sizeof(double));
            if (!result->block)
                return WG_OUT_OF_MEMORY;
            result->data = wg__block_data(result->block);
        }
        wg__frame_slot_set(f, result->data, t->head.steps[node].value);
    } else if (result->scalar) { /* [1, 1] -> [] */
        t->head.steps[record->node].value =
            v.dtype == WG_F32 ? (double)*(const float *)v.data : *(const double *)v.data;
    } else {
        const wg_record *source = wg__record_of(t, node);
        wg__block_give(&t->blocks, result->block);
        result->block = wg__block_share(source->result[0].block);
        result->data = source->result[0].data;
    }
    return WG_OK;
}

/* A formula on rank-0 numbers is computed in double, by the same code as a bare step. */
static bool all_scalar(const wg_frame *f, const wg_record *record)
{
    for (size_t i = 0; i < record->arity; i++)
        if (!wg__view_of(f->tape, record->args[i]).scalar)
            return false;
    return record->result[0].scalar && record->arity <= 3;
}

static void store_scalars(wg_frame *f, wg_record *record)
{
    bool wide = record->op->traits & WG_OP_WIDE_RESULT;
    for (size_t r = 0; r < record->results; r++)
        if (record->result[r].scalar) {
            double value = wide ? f->out_slot[r].d : wg__frame_slot_get(f, &f->out_slot[r]);
            record->result[r].value = value;
            if (record->results == 1)
                f->tape->head.steps[record->node].value = value;
        }
}

static wg_status run_forward(wg_frame *f, wg_record *record)
{
    const wg_op *op = record->op;
    if (op->traits & WG_OP_ALIAS)
        return alias(f, record);
    if (op->scalar && all_scalar(f, record)) {
        double in[3] = {0};
        for (size_t i = 0; i < record->arity; i++)
            in[i] = f->tape->head.steps[record->args[i]].value;
        f->tape->head.steps[record->node].value = op->scalar(in, record->attr);
        return WG_OK;
    }
    wg__frame_load(f);
    wg_float_state callers = wg__float_hold();
    wg_status status = f->op.dtype == WG_F32 ? op->forward_f32(&f->op) : op->forward_f64(&f->op);
    wg__float_restore(&callers);
    if (status == WG_OK)
        store_scalars(f, record);
    return status;
}

static wg_status run_effect(wg_frame *f, const wg_record *record)
{
    const wg_engine *t = f->tape;
    bool due = record->op->effect && record->training && !t->frozen && t->in_rule == 0;
    if (!due)
        return WG_OK;
    wg_float_state callers = wg__float_hold();
    wg_status status = record->op->effect(&f->op);
    wg__float_restore(&callers);
    return status;
}

wg_status wg__compute(wg_engine *t, wg_record *record)
{
    if (t->planning)
        return WG_OK;
    for (size_t i = 0; i < record->arity; i++)
        if (!wg__view_of(t, record->args[i]).valued)
            return WG_OK;
    return wg__compute_now(t, record);
}

wg_status wg__compute_now(wg_engine *t, wg_record *record)
{
    if (record->op == &wg__op_projection)
        return wg__project_value(t, record);
    if (!make_blocks(t, record))
        return WG_OUT_OF_MEMORY;
    wg_frame frame;
    wg_status status = WG_OUT_OF_MEMORY;
    if (wg__frame_open(&frame, t, record->op, record->attr, record->args, record->arity, record->results)) {
        wg__frame_record(&frame, record);
        status = run_forward(&frame, record);
        if (status == WG_OK)
            status = run_effect(&frame, record);
    }
    wg__frame_close(&frame);
    record->valued = status == WG_OK;
    return status;
}
