/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Out of memory, at every place where memory is asked for: the k-th request fails, for every k, over a small
 * training step and over each operation. One failure may be made good by giving back what the tape only keeps
 * for later; when all further requests fail too, it is reported as WG_OUT_OF_MEMORY. Nothing is leaked, all
 * sizes given back are true, and the same objects work again afterwards, with the same numbers. */

#include <stdlib.h>
#include <string.h>
#include <wengert/wengert.h>

#include "alloc.h"
#include "harness.h"
#include "networks.h"
#include "op_cases.h"

enum { IMAGES = 4, SIDE = 8 };

/* What a training program holds; any of it may be NULL after a failure. */
typedef struct program {
    wg_allocator hook;
    wg_tape *tape;
    wg_params *params;
    wg_optim *optim;
    float images[IMAGES * SIDE * SIDE];
    int32_t labels[IMAGES];
    double loss, penalty;
} program;

/* Makes what is missing. */
static wg_status start(program *p)
{
    wg_tape_options tape = {.dtype = WG_F32, .threads = 1, .allocator = p->hook};
    wg_params_options params = {.dtype = WG_F32, .seed = 1, .threads = 1, .allocator = p->hook};
    p->tape = p->tape ? p->tape : wg_tape_new(&tape);
    p->params = p->params ? p->params : wg_params_new(&params);
    if (p->params && !p->optim)
        p->optim = wg_adam_new(p->params, NULL);
    return p->tape && p->params && p->optim ? WG_OK : WG_OUT_OF_MEMORY;
}

static void stop(program *p)
{
    wg_optim_free(p->optim);
    wg_params_free(p->params);
    wg_tape_free(p->tape);
}

/* Two networks, names and scopes, scalars, a gradient recorded, a replay, then the update. */
static wg_status step(program *p)
{
    wg_tape *tape = p->tape;
    wg_tape_reset(tape);
    wg_var x = wg_set_name(wg_input(tape, WG_FLOATS(p->images, IMAGES, 1, SIDE, SIDE)), "x");
    wg_var y = wg_input(tape, WG_INTS(p->labels, IMAGES));
    wg_scope_push(tape, "mlp");
    wg_var loss = wg_cross_entropy(network_mlp(p->params, x), y, NULL);
    wg_scope_pop(tape);
    wg_scope_push(tape, "cnn");
    loss = wg_add(loss, wg_cross_entropy(network_cnn(p->params, x), y, NULL));
    wg_scope_pop(tape);
    const double values[3] = {1, 2, 3};
    wg_span span = wg_scalars_new(tape, values, 3);
    wg_var a = wg_at(span, 0), f = wg_mul(wg_exp(a), wg_add(wg_at(span, 1), wg_at(span, 2)));
    wg_var penalty = wg_square(wg_grad1(f, a));
    if (p->params)
        wg_params_zero_grad(p->params);
    wg_status status = wg_backward(wg_add(loss, penalty));
    if (status != WG_OK)
        return status;
    p->loss = wg_item(loss), p->penalty = wg_item(penalty);
    status = wg_replay(tape);
    return status == WG_OK ? wg_optim_step(p->optim) : status;
}

static wg_status start_and_step(program *p)
{
    wg_status status = start(p);
    return status == WG_OK ? step(p) : status;
}

/* Fails request k of the first step (and, `on`, all after it). False when the step made fewer requests. */
static bool fail_at(size_t k, bool on, const program *reference)
{
    test_heap heap = {.fail_at = k, .fail_after = on};
    program p = {.hook = test_heap_hook(&heap)};
    network_data(p.images, p.labels, IMAGES, SIDE * SIDE);
    wg_status status = start_and_step(&p);
    bool failed = heap.failures > 0;
    if (failed)
        ck_assert_msg(status == WG_OUT_OF_MEMORY || (!on && status == WG_OK),
            "request %zu failed, the step said %s (%s)", k, wg_status_name(status), wg_tape_message(p.tape));
    heap.fail_at = 0;
    if (status != WG_OK) {
        status = start_and_step(&p);
        ck_assert_msg(status == WG_OK, "after request %zu failed: %s (%s)", k, wg_status_name(status),
            wg_tape_message(p.tape));
    }
    ck_assert_msg(p.loss == reference->loss && p.penalty == reference->penalty,
        "request %zu failed: loss %.9g instead of %.9g", k, p.loss, reference->loss);
    stop(&p);
    test_heap_check(&heap);
    return failed;
}

START_TEST(every_request_of_a_training_step)
{
    test_heap heap = {0};
    program reference = {.hook = test_heap_hook(&heap)};
    network_data(reference.images, reference.labels, IMAGES, SIDE * SIDE);
    ck_assert_int_eq(start_and_step(&reference), WG_OK);
    stop(&reference);
    test_heap_check(&heap);
    size_t k = 1;
    while (fail_at(k, _i == 1, &reference))
        k++;
    ck_assert_uint_eq(k, heap.requests + 1);
    ck_assert_uint_gt(k, 30);
}
END_TEST

/* After its first step a training loop asks for no memory. */
START_TEST(later_steps_ask_for_none)
{
    test_heap heap = {0};
    program p = {.hook = test_heap_hook(&heap)};
    network_data(p.images, p.labels, IMAGES, SIDE * SIDE);
    ck_assert_int_eq(start_and_step(&p), WG_OK);
    size_t requests = heap.requests;
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(step(&p), WG_OK);
    ck_assert_uint_eq(heap.requests, requests);
    stop(&p);
    test_heap_check(&heap);
}
END_TEST

/* ---- Each operation */

static wg_status use(const op_case *c, wg_tape *tape)
{
    wg_var x[WG_MAX_SAMPLE_ARGS], y[WG_MAX_RESULTS];
    op_case_operands(c, tape, x);
    wg_status status = op_case_apply(c, c->op, x, y);
    if (status != WG_OK)
        return status;
    wg_var loss = op_case_project(y, c->results, 0);
    if (!wg_is_valid(loss))
        return wg_tape_status(tape);
    status = wg_backward(loss);
    for (size_t i = 0; i < c->count && status == WG_OK; i++)
        if (op_case_differentiable(c, i)) {
            wg_var g = wg_grad1(loss, x[i]);
            status = wg_tape_status(tape);
            if (status == WG_OK)
                status = wg_backward(wg_add(wg_sum(wg_square(g)), loss));
        }
    return status == WG_OK ? wg_replay(tape) : status;
}

static bool fail_operation(const op_case *c, size_t k, bool on)
{
    test_heap heap = {.fail_at = k, .fail_after = on};
    wg_tape_options options = {
        .threads = 1, .training = c->sample.training, .allocator = test_heap_hook(&heap)};
    wg_tape *tape = wg_tape_new(&options);
    wg_status status = tape ? use(c, tape) : WG_OUT_OF_MEMORY;
    bool failed = heap.failures > 0;
    if (failed)
        ck_assert_msg(status == WG_OUT_OF_MEMORY || (!on && status == WG_OK),
            "%s: request %zu failed, but %s", op_case_name(c, tape), k, wg_status_name(status));
    heap.fail_at = 0;
    if (tape) {
        wg_tape_reset(tape);
        status = use(c, tape);
        ck_assert_msg(status == WG_OK, "%s: after request %zu failed: %s", op_case_name(c, tape), k,
            wg_status_name(status));
    }
    wg_tape_free(tape);
    test_heap_check(&heap);
    return failed;
}

START_TEST(every_request_of_an_operation)
{
    const wg_op *op = op_case_op((size_t)_i);
    op_case c = op_case_new(op, op_case_count(op) - 1);
    size_t k = 1;
    while (fail_operation(&c, k, true) && fail_operation(&c, k, false))
        k++;
    ck_assert_uint_gt(k, 5);
    op_case_free(&c);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {
        {every_request_of_a_training_step, 2},
        {later_steps_ask_for_none, 1},
        {every_request_of_an_operation, (int)op_case_ops()},
    };
    return harness_run("alloc_failure", tests, sizeof tests / sizeof tests[0]);
}
