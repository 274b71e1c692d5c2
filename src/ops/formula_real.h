/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* formula_real.h - included by formula_kernels.c for each type of number. */

static wg_kernel FN(kernel)(unsigned loop)
{
    const wg_formula_loops *loops = wg__formula_loops_of(wg__isa());
    return (wg_kernel){loops->FN(find)(loop), loops->FN(rest)};
}

/* ---- A whole tensor -------------------------------------------------------------------------------- */

/* One pass of a kernel; a rank-2 picture of the broadcast says where each row's operands are. */
typedef struct FN(pass) {
    wg_kernel kernel;
    const REAL *a, *b, *y, *g;
    REAL *out;
    wg_steps step;
    wg_stretch stretch; /* rows: of the broadcast; else unused */
} FN(pass);

static void FN(run_chunk)(void *work, size_t begin, size_t end)
{
    const FN(pass) *p = work;
    wg_formula_streams s = {.a = p->a + begin * p->step.a,
        .b = p->b + begin * p->step.b,
        .y = p->y ? p->y + begin : NULL,
        .g = p->g ? p->g + begin : NULL,
        .out = p->out + begin,
        .step_a = p->step.a,
        .step_b = p->step.b};
    run(&p->kernel, end - begin, &s);
}

static void FN(run_rows)(void *work, size_t begin, size_t end)
{
    const FN(pass) *p = work;
    const wg_stretch *s = &p->stretch;
    wg_steps step = steps_of_row(s->step[0], s->step[1]);
    wg_formula_streams streams = {.step_a = step.a, .step_b = step.b};
    for (size_t row = begin; row < end; row++) {
        size_t at[2];
        wg__stretch_row(s, row, at);
        streams.a = p->a + at[0];
        streams.b = p->b + at[1];
        streams.out = p->out + row * s->inner;
        run(&p->kernel, s->inner, &streams);
    }
}

/* Where the plain numbers of a code go: c and d of one operand, or one of the two operands. */
static void FN(set_numbers)(const wg_op_context *op, unsigned code, REAL numbers[2], FN(pass) * p)
{
    const double *attr = op->attr;
    size_t count = op->op->attr_size / sizeof *attr;
    numbers[0] = count > 0 ? (REAL)attr[0] : 0;
    numbers[1] = count > 1 ? (REAL)attr[1] : 0;
    p->a = kinds[code].number == NUMBER_LEFT ? numbers : op->in[0];
    p->b = kinds[code].number == NUMBER_LEFT ? op->in[0] : op->arity == 2 ? op->in[1] : numbers;
    p->step = steps_of(code);
}

wg_status FN(wg__formula_forward)(wg_op_context *op)
{
    unsigned code = code_of(op);
    REAL numbers[2];
    FN(pass) p = {.kernel = FN(kernel)(value_loop(code)), .out = op->out[0]};
    FN(set_numbers)(op, code, numbers, &p);
    bool alike = op->arity == 1 || wg_shape_equal(op->in_shape[0], op->in_shape[1]);
    if (alike) {
        wg__parallel_for(op->threads, op->count, GRAIN, FN(run_chunk), &p);
    } else if (op->count) {
        wg__stretch_set(&p.stretch, &op->out_shape[0], op->in_shape[0], op->in_shape[1]);
        size_t grain = GRAIN / p.stretch.inner + 1;
        wg__parallel_for(op->threads, p.stretch.rows, grain, FN(run_rows), &p);
    }
    return WG_OK;
}

wg_status FN(wg__formula_backward)(wg_op_context *op)
{
    unsigned code = code_of(op);
    REAL numbers[2];
    FN(pass) p = {.y = op->out[0], .g = op->upstream[0]};
    if (only_passes_on(op) || (op->arity == 2 && !wg_shape_equal(op->in_shape[0], op->in_shape[1])))
        return WG_DECLINED;
    FN(set_numbers)(op, code, numbers, &p);
    /* What the gradient does not read (backward_ignores) a plan may have dropped; the loops load it all the
     * same. */
    p.a = p.a ? p.a : p.g;
    p.b = p.b ? p.b : p.g;
    p.y = p.y ? p.y : p.g;
    for (size_t i = 0; i < op->arity; i++)
        if (op->grad_in[i]) {
            p.kernel = FN(kernel)(slope_loop(code, i));
            p.out = op->grad_in[i];
            wg__parallel_for(op->threads, op->count, GRAIN, FN(run_chunk), &p);
        }
    return WG_OK;
}

#include "ops/chain_real.h"
