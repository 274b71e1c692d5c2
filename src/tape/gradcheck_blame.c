/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "tape/gradcheck.h"

#include <stdio.h>
#include <stdlib.h>
#include "tape/engine.h"

/* One operation of the tape, as a function of its operands. */
typedef struct alone {
    const wg_op *op;
    const void *attr;
} alone;

static wg_var apply_alone(wg_tape *tape, const wg_var *in, size_t n, void *user)
{
    const alone *a = user;
    (void)tape;
    return wg_apply(a->op, in, n, a->attr);
}

/* Leaves have no rule; the engine's own operations refer to other nodes. */
static bool can_stand_alone(const wg_op *op)
{
    return op && op->arity != 0 && !(op->traits & WG_OP_ZERO_GRADIENT) && op != &wg__op_projection &&
           op != &wg__op_gradient;
}

/* The attributes of a bare step are moved by recordings, so they are copied. */
static bool is_wrong(wg_var x, const wg_gradcheck_options *options)
{
    size_t n = wg_operands_of(x, NULL, 0);
    const wg_op *op = wg_op_of(x);
    wg_var *args = calloc(n ? n : 1, sizeof *args);
    wg_array *arrays = calloc(n ? n : 1, sizeof *arrays);
    bool wrong = false;
    if (args && arrays) {
        wg_operands_of(x, args, n);
        for (size_t i = 0; i < n; i++)
            arrays[i] = wg_array_of(wg_data(args[i]), wg_dtype_of(args[i]), wg_shape_of(args[i]));
        wg_gradcheck_options own = *options;
        own.constant = NULL;
        own.order = 1;
        wg_gradcheck_report report;
        wg__gradcheck_run(apply_alone, &(alone){op, wg_attr_of(x)}, arrays, n, &own, true, &report);
        wrong = report.failed > 0;
    }
    free(args);
    free(arrays);
    return wrong;
}

void wg__gradcheck_blame(wg_tape *tape, const wg_gradcheck_options *options, char *culprit, size_t size)
{
    culprit[0] = 0;
    for (size_t i = 0; i < wg_tape_node_count(tape); i++) {
        wg_var x = wg_node(tape, i);
        if (can_stand_alone(wg_op_of(x)) && is_wrong(x, options)) {
            const char *name = wg_name_of(x);
            snprintf(culprit, size, "%.40s (node %zu%s%.40s)", wg_title_of(x), i, name[0] ? ", " : "", name);
            return;
        }
    }
}
