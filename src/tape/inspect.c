/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* inspect.c - looking at a tape from outside, node by node. */

#include "tape/engine.h"

#include <math.h>

wg_var wg_node(wg_tape *tape, size_t i)
{
    return tape && i < tape->count ? wg__var_of(wg__engine_of(tape), (uint32_t)i) : wg__invalid(tape);
}

size_t wg_node_of(wg_var x)
{
    return wg_is_valid(x) ? x.node : SIZE_MAX;
}

const wg_op *wg_op_of(wg_var x)
{
    if (!wg_is_valid(x))
        return NULL;
    const wg_engine *t = wg__engine_of(x.tape);
    const wg_record *record = wg__record_of(t, x.node);
    unsigned code = wg__code(t, x.node);
    return record                  ? record->op
           : code == WG_CODE_leaf  ? &wg__op_leaf
           : code == WG_CODE_const ? &wg__op_const
                                   : &wg__formula_ops[code];
}

const char *wg_title_of(wg_var x)
{
    const wg_op *op = wg_op_of(x);
    const wg_record *record = op ? wg__record_of(wg__engine_of(x.tape), x.node) : NULL;
    return op ? wg__title(op, record ? record->attr : NULL) : "";
}

static bool finite(wg_var x, const void *data)
{
    size_t count = data ? wg_count_of(x) : 0;
    if (wg_dtype_of(x) == WG_F64)
        for (size_t i = 0; i < count; i++)
            if (!isfinite(((const double *)data)[i]))
                return false;
    if (wg_dtype_of(x) == WG_F32)
        for (size_t i = 0; i < count; i++)
            if (!isfinite(((const float *)data)[i]))
                return false;
    return true;
}

wg_var wg_first_not_finite(wg_tape *tape)
{
    for (size_t i = 0; i < wg_tape_node_count(tape); i++) {
        wg_var x = wg_node(tape, i);
        if (wg_has_value(x) && !finite(x, wg_data(x)))
            return x;
    }
    return wg__invalid(tape);
}

wg_var wg_first_grad_not_finite(wg_tape *tape)
{
    for (size_t i = wg_tape_node_count(tape); i-- > 0;) {
        wg_var x = wg_node(tape, i);
        if (!finite(x, wg_grad_data(x)))
            return x;
    }
    return wg__invalid(tape);
}

size_t wg_operands_of(wg_var x, wg_var *out, size_t n)
{
    if (!wg_is_valid(x))
        return 0;
    wg_engine *t = wg__engine_of(x.tape);
    const wg_record *record = wg__record_of(t, x.node);
    const wg_step s = t->head.steps[x.node];
    size_t count = record ? record->arity : wg__operand_count(wg__code(t, x.node));
    for (size_t i = 0; i < count && i < n; i++)
        out[i] = wg__var_of(t, record ? record->args[i] : i == 0 ? s.a : s.b);
    return count;
}

const void *wg_attr_of(wg_var x)
{
    if (!wg_is_valid(x))
        return NULL;
    const wg_engine *t = wg__engine_of(x.tape);
    const wg_record *record = wg__record_of(t, x.node);
    if (record)
        return record->attr;
    return wg__number_count(wg__code(t, x.node)) ? &t->head.numbers[t->head.steps[x.node].b] : NULL;
}
