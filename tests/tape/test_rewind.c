/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* A rewind gives back whatever was recorded since the mark: after the second turn no more memory is asked
 * for, of whatever can be recorded. */

#include <stdio.h>
#include <string.h>
#include <wengert/wengert.h>

#include "alloc.h"
#include "networks.h"
#include "op_cases.h"
#include "vars.h"

enum { TURNS = 10000 };

/* What a turn works on: what lies below the mark, and a store. */
typedef struct ground {
    wg_tape *tape;
    wg_params *params;
    wg_var a, b, m, kept;
    bool own_grads;
    int turn;
} ground;

typedef void record_function(ground *g);

/* ---- What can be recorded --------------------------------------------------------------------------- */

static void scalars(ground *g)
{
    wg_span span = wg_scalars_new(g->tape, (const double[]){1, 2, 3}, 3);
    wg_var y = wg_clamp(wg_mulc(wg_at(span, 1), g->turn % 7), 0, 5);
    y = wg_mul(y, wg_add(wg_const_scalar(g->tape, 2), wg_scalar(g->tape, 3)));
    ck_assert_int_eq(wg_backward(wg_mul(y, g->a)), WG_OK);
}

static void names(ground *g)
{
    char text[64];
    snprintf(text, sizeof text, "a name for turn %05d", g->turn);
    wg_var y = wg_exp(g->a);
    wg_set_name(y, text);
    wg_set_name(y, "and another, which takes its place, and is somewhat longer than the first");
    wg_set_name(y, wg_name_of(y));
    ck_assert_uint_eq(strlen(wg_name_of(y)), 73);
}

static void names_below_the_mark(ground *g)
{
    char text[64];
    snprintf(text, sizeof text, "a name for turn %05d", g->turn);
    if (g->turn > 0)
        ck_assert_int_eq(atoi(strrchr(wg_name_of(g->b), ' ')), g->turn - 1);
    wg_set_name(wg_exp(g->b), "above");
    wg_set_name(g->b, text);
}

static void scopes(ground *g)
{
    wg_scope_push(g->tape, "encoder");
    wg_scope_push(g->tape, "an empty one");
    wg_scope_pop(g->tape);
    wg_var y = wg_exp(g->a);
    wg_scope_push(g->tape, "layer");
    wg_var z = wg_exp(y);
    wg_scope_pop(g->tape);
    wg_scope_pop(g->tape);
    ck_assert_str_eq(wg_scope_of(y), "outer/encoder");
    ck_assert_str_eq(wg_scope_of(z), "outer/encoder/layer");
    ck_assert_str_eq(wg_scope_of(wg_exp(z)), "outer");
}

static void scopes_left_open(ground *g)
{
    ck_assert_str_eq(wg_tape_scope(g->tape), "outer");
    wg_scope_push(g->tape, "left");
    if (g->turn % 2)
        wg_exp(g->a);
    wg_scope_push(g->tape, "open");
    wg_exp(g->a);
}

static void no_gradient_parts(ground *g)
{
    wg_no_grad_begin(g->tape);
    wg_exp(wg_exp(g->m));
    wg_no_grad_end(g->tape);
    wg_detach(g->m);
    wg_no_grad_begin(g->tape); /* and left open */
    ck_assert_int_eq(wg_backward(wg_sum(wg_exp(g->m))), WG_OK);
    const double *gradient = wg_grad_data(g->m); /* of a leaf that was not reached */
    ck_assert(gradient && gradient[0] == 0);
}

static void kept_gradients(ground *g)
{
    wg_var y = wg_keep_grad(wg_square(g->m));
    wg_keep_grad(g->kept);
    ck_assert_int_eq(wg_backward(wg_sum(wg_mul(y, g->kept))), WG_OK);
    ck_assert(wg_has_grad(y) && wg_has_grad(g->kept));
    ck_assert_int_eq(wg_backward_from(y, WG_DOUBLES(((double[4]){1, 2, 3, 4}), 2, 2)), WG_OK);
}

static void guards(ground *g)
{
    ck_assert(wg_branch(wg_exp(g->a)));
    ck_assert_int_eq(wg_replay(g->tape), WG_OK);
}

static void leaves_set_anew(ground *g)
{
    wg_var x = wg_input(g->tape, WG_DOUBLES(((double[4]){1, 2, 3, 4}), 2, 2));
    wg_var y = wg_sum(wg_matmul(x, g->m));
    ck_assert_int_eq(wg_set(g->m, WG_DOUBLES(((double[4]){1, 2, g->turn, 4}), 2, 2)), WG_OK);
    ck_assert_int_eq(wg_set_scalar(g->a, 1), WG_OK);
    ck_assert_int_eq(wg_replay(g->tape), WG_OK);
    ck_assert_int_eq(wg_backward(y), WG_OK);
}

static void recorded_gradients(ground *g)
{
    wg_var y = wg_sum(wg_logsumexp_over(wg_mul(wg_tanh(g->m), g->m), WG_AXES(1), false));
    wg_var first = wg_sum(wg_square(wg_grad1(y, g->m)));
    ck_assert_int_eq(wg_backward(wg_sum(wg_grad1(first, g->m))), WG_OK);
}

static void networks(ground *g)
{
    static float images[4 * 256];
    int32_t labels[4];
    network_data(images, labels, 4, 256);
    wg_var x = wg_input(g->tape, WG_FLOATS(images, 4, 1, 16, 16)), y = wg_input(g->tape, WG_INTS(labels, 4));
    wg_scope_push(g->tape, "a network whose parameters have long names for that");
    wg_var loss = wg_cross_entropy(network_mlp(g->params, wg_dropout(x, 0.5)), y, NULL);
    wg_scope_pop(g->tape);
    ck_assert_int_eq(wg_backward(loss), WG_OK);
    ck_assert_int_eq(wg_params_add_grads(g->params, g->tape), WG_OK);
}

/* Gradients of the tape's own stay over a rewind, but take no more memory. */
static void private_gradients(ground *g)
{
    wg_var w = wg_param(g->params, g->tape, "private", WG_SHAPE(2, 2), NULL);
    ck_assert_int_eq(wg_backward(wg_sum(wg_mul(w, g->m))), WG_OK);
}

static void errors_that_do_not_stick(ground *g)
{
    ck_assert_int_eq(wg_backward(wg_exp(g->m)), WG_NOT_SCALAR);
    ck_assert_int_eq(wg_set_scalar(wg_exp(g->a), 1), WG_INVALID);
}

static void plans(ground *g)
{
    wg_var y = wg_sum(wg_square(wg_matmul(g->m, g->kept)));
    wg_error error = {0};
    wg_plan *plan = wg_plan_new(y, &(wg_plan_options){.forward = g->own_grads}, &error);
    ck_assert_msg(plan != NULL, "%s", error.message);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    wg_plan_free(plan);
}

static void leaves_that_are_left_alone(ground *g)
{
    wg_const_like(g->m, 2);
    wg_full(g->tape, WG_SHAPE(30, 30), 1);
    wg_const(g->tape, WG_INTS(((int32_t[3]){1, 2, 3}), 3));
    wg_exp(wg_input_of(g->tape, WG_F64, WG_SHAPE(1000))); /* without a value */
}

static const struct kind {
    const char *name;
    record_function *record;
    int turns;
    bool opens; /* what others would be recorded in */
} kinds[] = {
    {"plans", plans, 1000, false},
    {"scalars", scalars, TURNS, false},
    {"names", names, TURNS, false},
    {"names below the mark", names_below_the_mark, TURNS, false},
    {"scopes", scopes, TURNS, false},
    {"scopes left open", scopes_left_open, TURNS, true},
    {"no-gradient parts", no_gradient_parts, TURNS, true},
    {"kept gradients", kept_gradients, TURNS, false},
    {"guards", guards, TURNS, false},
    {"leaves set anew", leaves_set_anew, TURNS, false},
    {"recorded gradients", recorded_gradients, TURNS, false},
    {"networks", networks, 200, false},
    {"private gradients", private_gradients, TURNS, false},
    {"errors that do not stick", errors_that_do_not_stick, TURNS, false},
    {"leaves that are left alone", leaves_that_are_left_alone, TURNS, false},
};
enum { PLANS = 0, KINDS = sizeof kinds / sizeof kinds[0] };

/* ---- Flat ------------------------------------------------------------------------------------------- */

static ground ground_new(test_heap *heap, bool own_grads)
{
    ground g = {.own_grads = own_grads};
    g.tape = wg_tape_new(&(wg_tape_options){.own_grads = own_grads,
        .training = true,
        .threads = 1,
        .seed = 3,
        .allocator = test_heap_hook(heap)});
    g.params = wg_params_new(&(wg_params_options){.seed = 1, .threads = 1});
    g.a = wg_scalar(g.tape, 2);
    g.b = wg_set_name(wg_scalar(g.tape, 3), "b");
    g.m = wg_leaf(g.tape, WG_DOUBLES(((double[4]){1, 2, 3, 4}), 2, 2));
    wg_scope_push(g.tape, "outer");
    g.kept = wg_exp(g.m);
    return g;
}

static void ground_free(ground *g, const test_heap *heap)
{
    wg_tape_free(g->tape);
    wg_params_free(g->params);
    test_heap_check(heap);
}

/* Memory after the second turn, which later ones are held against. */
typedef struct level {
    size_t requests, bytes, of_tape;
} level;

static void check_level(const char *name, int turn, level *first, level now)
{
    if (turn == 1)
        *first = now;
    if (turn > 1)
        ck_assert_msg(memcmp(&now, first, sizeof now) == 0,
            "%s, turn %d: %zu bytes held (%zu by its own count) after %zu requests; at first %zu (%zu), %zu",
            name, turn, now.bytes, now.of_tape, now.requests, first->bytes, first->of_tape, first->requests);
}

/* Kinds from .. to - 1, one after the other. */
static void turn_about(const char *name, size_t from, size_t to, int turns, bool own_grads)
{
    test_heap heap = {0};
    ground g = ground_new(&heap, own_grads);
    level first = {0};
    bool plan = from <= PLANS && to > PLANS; /* which is made of new memory each time */
    wg_mark mark = wg_tape_mark(g.tape);
    size_t nodes = wg_tape_node_count(g.tape);
    for (g.turn = 0; g.turn < turns; g.turn++) {
        for (size_t k = from; k < to; k++) {
            wg_mark inner = wg_tape_mark(g.tape);
            kinds[k].record(&g);
            ok(g.tape);
            if (k % 2 || kinds[k].opens) /* the others are given back by the outer mark */
                ck_assert_int_eq(wg_tape_rewind(g.tape, inner), WG_OK);
        }
        ck_assert_int_eq(wg_tape_rewind(g.tape, mark), WG_OK);
        ck_assert_uint_eq(wg_tape_node_count(g.tape), nodes);
        level now = {plan ? 0 : heap.requests, heap.bytes, wg_tape_bytes(g.tape)};
        check_level(name, g.turn, &first, now);
    }
    ck_assert_str_eq(wg_scope_of(g.kept), "outer");
    ck_assert_str_eq(wg_tape_scope(g.tape), "outer");
    ground_free(&g, &heap);
}

START_TEST(each_kind_is_given_back)
{
    for (int own = 0; own < 2; own++)
        turn_about(kinds[_i].name, (size_t)_i, (size_t)_i + 1, kinds[_i].turns, own);
}
END_TEST

START_TEST(all_of_them_are_given_back)
{
    turn_about("all", 0, KINDS, 200, _i);
}
END_TEST

START_TEST(each_operation_is_given_back)
{
    for (size_t o = 0; o < op_case_ops(); o++) {
        const wg_op *op = op_case_op(o);
        for (size_t s = 0; s < op_case_count(op); s++) {
            op_case c = op_case_new(op, s);
            test_heap heap = {0};
            wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = _i ? WG_F32 : WG_F64,
                .training = c.sample.training,
                .threads = 1,
                .allocator = test_heap_hook(&heap)});
            wg_var x[WG_MAX_SAMPLE_ARGS], y[WG_MAX_RESULTS];
            op_case_operands(&c, tape, x);
            wg_mark mark = wg_tape_mark(tape);
            level first = {0};
            for (int turn = 0; turn < 6; turn++) {
                ck_assert_msg(op_case_apply(&c, op, x, y) == WG_OK, "%s", op_case_name(&c, tape));
                wg_var total = op_case_project(y, c.results, 1);
                wg_var gradient = {0};
                if (wg_is_valid(total)) {
                    ck_assert_msg(wg_backward(total) == WG_OK, "%s", op_case_name(&c, tape));
                    for (size_t i = 0; i < c.count && !wg_is_valid(gradient); i++)
                        gradient = op_case_differentiable(&c, i) ? wg_grad1(total, x[i]) : gradient;
                }
                if (wg_is_valid(gradient))
                    ck_assert_msg(wg_backward(wg_sum(gradient)) == WG_OK, "%s", op_case_name(&c, tape));
                ck_assert_int_eq(wg_tape_rewind(tape, mark), WG_OK);
                check_level(op_case_name(&c, NULL), turn, &first,
                    (level){heap.requests, heap.bytes, wg_tape_bytes(tape)});
            }
            wg_tape_free(tape);
            test_heap_check(&heap);
            op_case_free(&c);
        }
    }
}
END_TEST

/* ---- Not flat, but bounded -------------------------------------------------------------------------- */

/* Texts of any length: as many of each size as there ever were at once. */
START_TEST(texts_of_many_lengths)
{
    static char text[4096];
    test_heap heap = {0};
    ground g = ground_new(&heap, false);
    wg_mark mark = wg_tape_mark(g.tape);
    size_t bytes = 0;
    wg_random r = {.seed = 5};
    memset(text, 'x', sizeof text - 1);
    for (int turn = 0; turn < TURNS; turn++) {
        const char *some = text + sizeof text - 1 - wg_random_below(&r, sizeof text);
        wg_scope_push(g.tape, some + strlen(some) / 2);
        wg_set_name(wg_exp(g.a), some);
        wg_set_name(g.b, some);
        ck_assert_str_eq(wg_name_of(g.b), some);
        ck_assert_int_eq(wg_tape_rewind(g.tape, mark), WG_OK);
        if (turn == 200)
            bytes = heap.bytes;
    }
    ck_assert_uint_eq(heap.bytes, bytes);
    ground_free(&g, &heap);
}
END_TEST

/* Arrays that come, are bound, and go: the tape does not remember them for ever, over rewinds or resets. */
START_TEST(owners_that_come_and_go)
{
    for (int reset = 0; reset < 2; reset++) {
        test_heap heap = {0};
        wg_tape *tape = wg_tape_new(&(wg_tape_options){.threads = 1, .allocator = test_heap_hook(&heap)});
        wg_mark mark = wg_tape_mark(tape);
        static double value[TURNS];
        memset(value, 0, sizeof value);
        size_t bytes = 0, most = 0;
        for (int turn = 0; turn < TURNS; turn++) {
            wg_var w = wg_bind(tape, &(wg_binding){.owner = &value[turn],
                                         .name = "w",
                                         .dtype = WG_F64,
                                         .shape = WG_SHAPE(1),
                                         .data = &value[turn],
                                         .gradient = &value[turn]});
            ck_assert_int_eq(wg_backward(wg_sum(w)), WG_OK);
            ck_assert_double_eq(value[turn], 1);
            if (reset)
                wg_tape_reset(tape);
            else
                ck_assert_int_eq(wg_tape_rewind(tape, mark), WG_OK);
            most = heap.bytes > most ? heap.bytes : most;
            if (turn == 100)
                bytes = most;
        }
        ck_assert_uint_eq(most, bytes);
        wg_tape_free(tape);
        test_heap_check(&heap);
    }
}
END_TEST

/* ---- What stays, and what is closed ----------------------------------------------------------------- */

START_TEST(what_lies_below_keeps_what_it_got)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_set_name(wg_leaf(tape, WG_DOUBLES(((double[2]){1, 2}), 2)), "x"), y = wg_exp(x);
    wg_mark mark = wg_tape_mark(tape);
    wg_var z = wg_set_name(wg_exp(y), "z");
    wg_set_name(y, "y");
    wg_set_name(x, "another name of x");
    wg_keep_grad(y);
    ck_assert_int_eq(wg_tape_rewind(tape, mark), WG_OK);
    ck_assert_str_eq(wg_name_of(z), "");
    wg_set_name(wg_exp(y), "in place of z");
    ck_assert_str_eq(wg_name_of(x), "another name of x");
    ck_assert_str_eq(wg_name_of(y), "y");
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    ck_assert(wg_has_grad(y));
    wg_tape_free(tape);
}
END_TEST

START_TEST(what_is_deeper_than_at_the_mark_is_closed)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_leaf(tape, WG_DOUBLES(((double[2]){1, 2}), 2));
    wg_scope_push(tape, "a");
    wg_no_grad_begin(tape);
    wg_mark mark = wg_tape_mark(tape);
    wg_scope_push(tape, "b");
    wg_scope_push(tape, "c");
    wg_no_grad_begin(tape);
    wg_exp(x);
    ck_assert_int_eq(wg_tape_rewind(tape, mark), WG_OK);
    ck_assert_str_eq(wg_tape_scope(tape), "a");
    ck_assert_str_eq(wg_scope_of(wg_exp(x)), "a");
    wg_no_grad_end(tape);
    ck_assert_int_eq(wg_backward(wg_sum(wg_exp(x))), WG_OK); /* lets gradients through again */
    ck_assert(wg_has_grad(x));
    wg_scope_pop(tape);
    ck_assert_int_eq(wg_tape_rewind(tape, mark), WG_OK); /* what was closed since stays closed */
    ck_assert_str_eq(wg_tape_scope(tape), "");
    ck_assert_str_eq(wg_scope_of(wg_exp(x)), "");
    ck_assert_int_eq(wg_backward(wg_sum(wg_exp(x))), WG_OK);
    ck_assert(wg_has_grad(x));
    wg_scope_pop(tape);
    wg_tape_free(tape);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{each_kind_is_given_back, KINDS}, {all_of_them_are_given_back, 2},
        {each_operation_is_given_back, 2}, {texts_of_many_lengths, 0}, {owners_that_come_and_go, 0},
        {what_lies_below_keeps_what_it_got, 0}, {what_is_deeper_than_at_the_mark_is_closed, 0}};
    return harness_run("rewind", tests, sizeof tests / sizeof tests[0]);
}
