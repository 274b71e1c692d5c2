/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* graph_plan.c - a plan of what graph.c recorded gives the numbers that wengert/plan.h says: those of a
 * replay and a sweep, bit by bit, but
 *
 *      in batch lanes      the same ones in each run
 *      values              where four steps of scalars belong to a formula that has no instruction, they may
 *                          run by its tensor kernel: the same ones in each run
 *      gradients           where there are steps of scalars, what is added to one may be added in another
 *                          order, and a zero may have another sign: the same ones in each run */

#include "graph.h"
#include "tape/engine.h"

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
    const wg_record *record = wg_record_of(t, node);
    return record ? record->op->traits & WG_OP_MAP && record->result[0].scalar
                  : wg_code(t, node) != WG_CODE_leaf && wg_code(t, node) != WG_CODE_const;
}

static bool is_formula(const wg_engine *t, uint32_t node, const formula *f)
{
    const wg_record *record = wg_record_of(t, node);
    return record ? strcmp(record->op->name, f->name) == 0 : wg_code(t, node) == f->code;
}

static bool has_steps(const machine *m)
{
    bool any = false;
    for (uint32_t node = 0; node < m->tape->count; node++)
        any = any || is_step(wg_engine_of(m->tape), node);
    return any;
}

/* Of those that are on the tape, the gradients that a plan has recorded among them. */
static bool may_run_by_a_kernel(const machine *m)
{
    size_t steps[WG_CODES] = {0}, most = 0;
    const wg_engine *t = wg_engine_of(m->tape);
    for (uint32_t node = 0; node < m->tape->count; node++)
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

static uint64_t hash_of_value(wg_var x)
{
    return hash_of_numbers(GRAPH_HASH, wg_data(x), wg_count_of(x), wg_dtype_of(x));
}

static uint64_t hash_of_gradients(const machine *m)
{
    uint64_t hash = GRAPH_HASH;
    for (size_t i = 0; i < wg_params_count(m->params); i++)
        hash = hash_of_numbers(hash, wg_params_gradient(m->params, i), wg_params_at(m->params, i).count,
            wg_params_dtype(m->params));
    return hash;
}

/* ---- A plan ------------------------------------------------------------------------------------------ */

/* What is expected of a run; what is not known from before is that of the first one. */
typedef struct expected {
    bool runs; /* since a replay did */
    bool value_known, gradients_known;
    uint64_t value, gradients;
} expected;

static expected expect(machine *m, const step *s)
{
    expected e = {.runs = m->frozen && wg_replay(m->tape) == WG_OK && wg_has_value(s->x)};
    e.value_known = e.runs;
    if (!e.runs)
        return e;
    e.value = hash_of_value(s->x);
    if (s->b || m->own_grads || has_steps(m))
        return e;
    wg_params_zero_grad(m->params);
    e.gradients_known = wg_backward(s->x) == WG_OK;
    e.gradients = hash_of_gradients(m);
    return e;
}

static void check(machine *m, const step *s, expected *e)
{
    uint64_t value = hash_of_value(s->x), gradients = hash_of_gradients(m);
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
    m->moved = true;
    wg_plan_options options = {
        .forward = s->b, .keep = &s->y, .keep_count = s->c, .layout = (wg_plan_layout)(s->n[0] % 3)};
    bool lanes = options.layout != WG_LAYOUT_ROWS && wg_params_dtype(m->params) == WG_F32;
    wg_plan *plan = wg_plan_new(s->x, &options, &error);
    fuzz_expect_reader(plan, &error);
    if (lanes)
        e.value_known = e.gradients_known = false;
    else if (plan && may_run_by_a_kernel(m))
        e.value_known = false;
    size_t requests = m->heap.requests;
    for (int i = 0; plan && i < 2; i++) {
        wg_status status = wg_plan_run(plan);
        fuzz_expect(status == WG_OK || !e.runs, "a plan runs where a replay does");
        fuzz_expect(m->heap.requests == requests, "a run asks for no memory");
        if (status == WG_OK && e.runs)
            check(m, s, &e);
    }
    if (s->a)
        wg_print_plan(plan, m->nowhere);
    wg_plan_free(plan);
}
