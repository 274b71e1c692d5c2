/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* graph_plan.c - a plan of what graph.c recorded gives the numbers that wengert/plan.h says: those of a
 * replay and a sweep, bit by bit, but
 *
 *      in batch lanes      the same ones in each run
 *      values              where four steps of scalars belong to a formula that has no instruction, they may
 *                          run by its tensor kernel: the same ones in each run
 *      gradients           where there are steps of scalars, what is added to one may be added in another
 *                          order, and a zero may have another sign: the same ones in each run
 *
 * The tape does not see it: values, gradients and trace are what they were, whether there was memory for the
 * plan or not. */

/* For open_memstream. */
#define _POSIX_C_SOURCE 200809L

#include <stdlib.h>

#include "graph.h"
#include "plan/plan.h"

/* ---- Steps of scalars -------------------------------------------------------------------------------- */

/* A formula without an instruction; those of one family run together. */
typedef struct formula {
    unsigned code;
    const char *name;
    size_t family;
} formula;

static const formula formulas[] = {
#define ALONE(name)                                                                                          \
    {                                                                                                        \
        WG_CODE_##name, #name, WG_CODE_##name                                                                \
    }
    ALONE(exp),
    ALONE(expm1),
    ALONE(log),
    ALONE(log1p),
    ALONE(sin),
    ALONE(cos),
    ALONE(tanh),
    ALONE(sigmoid),
    ALONE(erf),
    ALONE(erfc),
    ALONE(softplus),
    ALONE(silu),
    ALONE(gelu),
    ALONE(gelu_tanh),
    ALONE(elu),
    ALONE(pow),
    {WG_CODE_powc, "powc", WG_CODE_pow},
    {WG_CODE_cpow, "cpow", WG_CODE_pow},
};

/* A bare step of a formula; or a record, when its operand had no value. */
static bool is_step(const wg_engine *t, uint32_t node)
{
    const wg_record *record = wg__record_of(t, node);
    return record ? record->op->traits & WG_OP_MAP && record->result[0].scalar
                  : wg__code(t, node) != WG_CODE_leaf && wg__code(t, node) != WG_CODE_const;
}

static bool is_formula(const wg_engine *t, uint32_t node, const formula *f)
{
    const wg_record *record = wg__record_of(t, node);
    return record ? strcmp(record->op->name, f->name) == 0 : wg__code(t, node) == f->code;
}

static bool has_steps(const machine *m)
{
    bool any = false;
    for (uint32_t node = 0; node < m->tape->count; node++)
        any = any || is_step(wg__engine_of(m->tape), node);
    return any;
}

/* Of those that the plan has, the gradients that it recorded among them. */
static bool may_run_by_a_kernel(const wg_plan *plan)
{
    size_t steps[WG_CODES] = {0}, most = 0;
    const wg_engine *t = plan->tape;
    for (uint32_t node = 0; node < t->head.count; node++)
        for (size_t i = 0; i < sizeof formulas / sizeof formulas[0] && is_step(t, node); i++)
            if (is_formula(t, node, &formulas[i])) {
                size_t now = ++steps[formulas[i].family];
                most = now > most ? now : most;
            }
    return most >= 4;
}

/* ---- Numbers ----------------------------------------------------------------------------------------- */

/* The bits; but all that is no number is one. */
static uint64_t hash_of_numbers(uint64_t hash, const void *numbers, size_t count, wg_dtype dtype)
{
    for (size_t i = 0; numbers && i < count; i++) {
        double x = 0;
        if (dtype == WG_F64)
            x = ((const double *)numbers)[i];
        else if (dtype == WG_F32)
            x = (double)((const float *)numbers)[i];
        else
            x = ((const int32_t *)numbers)[i];
        x = isnan(x) ? (double)NAN : x;
        hash = graph_hash(hash, &x, sizeof x);
    }
    return hash;
}

static uint64_t hash_of_value(wg_array x)
{
    size_t count = 0;
    return wg_shape_count(&x.shape, &count) ? hash_of_numbers(GRAPH_HASH, x.data, count, x.dtype) : 0;
}

static uint64_t hash_of_gradients(const machine *m)
{
    uint64_t hash = GRAPH_HASH;
    for (size_t i = 0; i < wg_params_count(m->params); i++)
        hash = hash_of_numbers(
            hash, wg_params_grad(m->params, i), wg_params_at(m->params, i).count, wg_params_dtype(m->params));
    return hash;
}

/* ---- The tape ---------------------------------------------------------------------------------------- */

enum { MOST_TRACED = 300 };

typedef struct picture {
    uint64_t values, gradients, trace;
    size_t nodes, bytes;
    wg_status status;
    char message[WG_MESSAGE_SIZE];
} picture;

/* For a long one, and for a var that is none, nothing. */
static uint64_t hash_of_trace(const machine *m, wg_var x)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = wg_is_valid(x) && m->tape->count <= MOST_TRACED ? open_memstream(&text, &size) : NULL;
    if (!file)
        return 0;
    wg_trace_print(x, file);
    fclose(file);
    uint64_t hash = graph_hash(GRAPH_HASH, text, size);
    free(text);
    return hash;
}

/* Of a parameter the store has the gradient, where a plan writes it. */
static picture picture_of(machine *m, wg_var x)
{
    const test_heap heap = m->heap;
    picture p = {.values = GRAPH_HASH,
        .gradients = GRAPH_HASH,
        .nodes = wg_tape_node_count(m->tape),
        .status = wg_tape_status(m->tape)};
    snprintf(p.message, sizeof p.message, "%s", wg_tape_message(m->tape));
    for (size_t i = 0; i < p.nodes; i++) {
        wg_var node = wg_node(m->tape, i);
        const wg_record *record = wg__record_of(wg__engine_of(m->tape), (uint32_t)i);
        size_t bytes = wg_count_of(node) * wg_dtype_size(wg_dtype_of(node));
        if (wg_has_value(node))
            p.values = graph_hash(p.values, wg_data(node), bytes) + i;
        if (wg_has_grad(node) && !(record && record->bound))
            p.gradients = graph_hash(p.gradients, wg_grad_data(node), bytes) + i;
    }
    m->heap.fail_at = 0;
    p.trace = hash_of_trace(m, x);
    p.bytes = wg_tape_bytes(m->tape);
    m->heap.fail_at = heap.fail_at ? m->heap.requests - heap.requests + heap.fail_at : 0;
    return p;
}

static void same_picture(const picture *before, const picture *after)
{
    fuzz_expect(before->nodes == after->nodes && before->bytes == after->bytes, "a plan adds nothing");
    fuzz_expect(before->values == after->values, "a plan leaves the tape's values alone");
    fuzz_expect(before->gradients == after->gradients, "a plan leaves the tape's gradients alone");
    fuzz_expect(before->trace == after->trace, "a plan leaves the trace alone");
    fuzz_expect(before->status == after->status && strcmp(before->message, after->message) == 0,
        "what fails in a plan is not the tape's affair");
}

/* ---- A plan ------------------------------------------------------------------------------------------ */

/* What is expected of a run; what is not known from before is that of the first one. */
typedef struct expected {
    bool runs; /* since a replay did */
    bool value_known, gradients_known, swept;
    uint64_t value, gradients;
} expected;

static expected expect(machine *m, const step *s)
{
    expected e = {.runs = m->frozen && wg_replay(m->tape) == WG_OK && wg_has_value(s->x)};
    e.value_known = e.runs;
    if (!e.runs)
        return e;
    e.value = hash_of_value(wg_array_of(wg_data(s->x), wg_dtype_of(s->x), wg_shape_of(s->x)));
    if (s->b || m->own_grads || has_steps(m))
        return e;
    wg_params_zero_grad(m->params);
    e.gradients_known = e.swept = wg_backward(s->x) == WG_OK;
    e.gradients = hash_of_gradients(m);
    return e;
}

/* Of the tensors among the vars at hand that the last sweep has reached, as leaves. */
static void check_leaves(const machine *m, const wg_plan *plan)
{
    for (size_t i = 0; i < VARS && i < m->count; i++) {
        double planned[NUMBERS], eager[NUMBERS];
        wg_var x = m->vars[i];
        size_t count = wg_count_of(x);
        if (!wg_has_grad(x) || strcmp(wg_op_of(x)->name, "leaf") != 0 || wg_shape_of(x).rank == 0 ||
            count > NUMBERS)
            continue;
        fuzz_expect(wg_plan_read_grad(plan, x, planned, count) == WG_OK, "a plan has a leaf's gradient");
        fuzz_expect(wg_read_grad(x, eager, count) == WG_OK, "a leaf has a gradient");
        fuzz_expect(hash_of_numbers(0, planned, count, WG_F64) == hash_of_numbers(0, eager, count, WG_F64),
            "a plan gives leaves the same gradients");
    }
}

static void check(machine *m, const step *s, const wg_plan *plan, expected *e)
{
    uint64_t value = hash_of_value(wg_plan_array(plan, s->x)), gradients = hash_of_gradients(m);
    if (e->gradients_known && e->swept)
        check_leaves(m, plan);
    fuzz_expect(!e->value_known || value == e->value, "a plan gives the same value");
    fuzz_expect(
        !e->gradients_known || m->own_grads || gradients == e->gradients, "a plan gives the same gradients");
    e->value = value, e->gradients = gradients;
    e->value_known = true, e->gradients_known = !s->b;
}

void graph_plan(machine *m, const step *s)
{
    wg_error error = {0};
    expected e = expect(m, s);
    picture before = picture_of(m, s->x);
    wg_plan_options options = {
        .forward = s->b, .keep = &s->y, .keep_count = s->c, .layout = (wg_plan_layout)(s->n[0] % 3)};
    bool lanes = options.layout != WG_LAYOUT_ROWS && wg_params_dtype(m->params) == WG_F32;
    wg_plan *plan = wg_plan_new(s->x, &options, &error);
    fuzz_expect_reader(plan, &error);
    if (lanes)
        e.value_known = e.gradients_known = e.swept = false;
    else if (plan && may_run_by_a_kernel(plan))
        e.value_known = false;
    size_t requests = m->heap.requests;
    for (int i = 0; plan && i < 2; i++) {
        wg_status status = wg_plan_run(plan);
        fuzz_expect(status == WG_OK || !e.runs, "a plan runs where a replay does");
        fuzz_expect(m->heap.requests == requests, "a run asks for no memory");
        if (status == WG_OK && e.runs)
            check(m, s, plan, &e);
    }
    if (s->a)
        wg_plan_print(plan, m->nowhere);
    wg_plan_free(plan);
    picture after = picture_of(m, s->x);
    same_picture(&before, &after);
}
