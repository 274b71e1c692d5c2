/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Where a number that is not finite came from. The batch is repeated on a tape of its own, with the same
 * random numbers, effects off, and every gradient kept: a plan keeps none, and by a recording one sees each
 * node. */
#include "train/fitting.h"
#include "kernels/finite.h"

#include <math.h>
#include <wengert/op.h>

enum { NODE_TEXT = 320 };

/* "node 4, exp big in head" */
static const char *describe(wg_var x, char text[NODE_TEXT])
{
    const char *name = wg_name_of(x), *scope = wg_scope_of(x);
    snprintf(text, NODE_TEXT, "node %zu, %s%s%.128s%s%.128s", wg_node_of(x), wg_title_of(x), *name ? " " : "",
        name, *scope ? " in " : "", scope);
    return text;
}

/* The first node that reads x and has a gradient; invalid when there is none. */
static wg_var reader_of(wg_tape *tape, wg_var x)
{
    for (size_t i = wg_node_of(x) + 1; i < wg_tape_node_count(tape); i++) {
        wg_var y = wg_node(tape, i), operand[8];
        size_t count = wg_has_grad(y) ? wg_operands_of(y, operand, 8) : 0;
        for (size_t k = 0; k < count && k < 8; k++)
            if (wg_node_of(operand[k]) == wg_node_of(x))
                return y;
    }
    return (wg_var){0};
}

static void blame_value(wg_tape *tape, char *text, size_t size)
{
    char node[NODE_TEXT];
    wg_var x = wg_first_not_finite(tape);
    if (wg_is_valid(x))
        snprintf(text, size, "; the first value that is not finite is %s", describe(x, node));
    else
        snprintf(text, size, "; recorded once more, every value is finite");
}

static void blame_gradient(wg_tape *tape, wg_var loss, char *text, size_t size)
{
    char node[NODE_TEXT];
    if (wg_backward(loss) != WG_OK) {
        snprintf(text, size, "; %.200s", wg_tape_message(tape));
        return;
    }
    wg_var x = wg_first_grad_not_finite(tape), y = wg_is_valid(x) ? reader_of(tape, x) : x;
    if (wg_is_valid(x))
        snprintf(text, size, "; from the loss down, the first whose gradient is not finite is %s%s%s",
            describe(x, node), wg_is_valid(y) ? ", read by " : "", wg_title_of(y));
    else
        snprintf(text, size, "; recorded once more, every gradient of this batch is finite");
}

/* The first parameter of the store whose gradient on the tape is not finite. */
static size_t find_parameter(const wg_tape *tape, const wg_params *params)
{
    for (size_t i = 0; i < wg_params_count(params); i++) {
        size_t count;
        const void *gradient = wg_own_grad(tape, params, i, &count);
        if (gradient && isinf(wg__largest(wg_params_dtype(params), gradient, count)))
            return i;
    }
    return SIZE_MAX;
}

wg_status wg__fitting_blame(wg_fitting *f, const wg_batch *batch, uint64_t run, double loss, size_t parameter)
{
    char where[WG_MESSAGE_SIZE] = "";
    wg_task task = f->task;
    task.tape.frozen = task.tape.keep_grads = task.tape.own_grads = true;
    wg_tape *tape = wg__task_tape(&task, true);
    wg_tape_set_run_number(tape, run);
    wg_recorded r = tape ? wg__task_record(&task, tape, batch, true) : (wg_recorded){.loss = {0}};
    if (!tape || wg_tape_status(tape) != WG_OK)
        snprintf(where, sizeof where, "; recorded once more: %.200s",
            tape ? wg_tape_message(tape) : "no memory for a tape");
    else if (!isfinite(loss))
        blame_value(tape, where, sizeof where);
    else
        blame_gradient(tape, r.loss, where, sizeof where);
    if (parameter == WG_SOME_PARAMETER && tape)
        parameter = find_parameter(tape, f->task.params);
    const char *name = wg_params_at(f->task.params, parameter).name;
    wg_tape_free(tape);
    const size_t epoch = f->position.epoch + 1;
    if (!isfinite(loss))
        return wg_error_set(f->error, WG_NUMBER, "fit: epoch %zu, batch %zu: the loss is %g%s", epoch,
            batch->number, loss, where);
    return wg_error_set(f->error, WG_NUMBER,
        "fit: epoch %zu, batch %zu: the loss is %g, and the %s%.100s is not finite%s", epoch, batch->number,
        loss, name ? "gradient of " : "norm of the gradient", name ? name : "", where);
}
