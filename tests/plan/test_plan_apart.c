/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* A plan and its recording leave each other alone: what is recorded, read, swept, replayed, traced and drawn
 * after a plan was made, run, freed or refused has the bits of a tape that was never planned; and a plan's
 * runs those of a plan that is alone. */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"
#include "small_step.h"

/* ---- Recordings ------------------------------------------------------------------------------------- */

typedef wg_var recorder(wg_tape *tape, wg_params *params);

/* Two equal operations on one leaf: of one of them a plan computes nothing. */
static wg_var twice_the_same(wg_tape *tape, wg_params *params)
{
    wg_var x = wg_leaf(tape, WG_DOUBLES(xs, 4)), a = wg_exp(x), b = wg_exp(x);
    (void)params;
    return wg_sum(wg_mul(a, b));
}

/* Constants that a plan computes once, another name for numbers, a number among tensors, a guard. */
static wg_var of_every_kind(wg_tape *tape, wg_params *params)
{
    wg_var c = wg_full(tape, WG_SHAPE(3), 1.5), x = wg_leaf(tape, WG_DOUBLES(xs, 2, 3));
    wg_var w = wg_param(params, tape, "w", WG_SHAPE(3, 2), NULL), s = wg_scalar(tape, 0.25);
    wg_var h = wg_matmul(wg_add(x, wg_exp(wg_mul(c, c))), w);
    h = wg_add(wg_mul(wg_tanh(h), wg_sin(wg_mul(s, s))), wg_const(tape, WG_DOUBLES(ts, 2)));
    h = wg_reshape(wg_branch(wg_gtc(s, 0)) ? h : wg_neg(h), WG_SHAPE(4));
    return wg_add(wg_mean(wg_square(h)), wg_exp(s));
}

/* Scalars only: one program, which sweeps. */
static wg_var of_scalars(wg_tape *tape, wg_params *params)
{
    wg_span x = wg_scalars_new(tape, xs, 12);
    wg_var y = wg_param(params, tape, "a", (wg_shape){0}, NULL);
    for (size_t i = 0; i < 60; i++)
        y = wg_add(wg_mulc(wg_tanh(wg_mul(y, wg_at(x, i % 12))), 0.5), wg_at(x, (i * 7) % 12));
    return wg_square(y);
}

/* Recorded derivatives, whose rules a plan would expand otherwise. */
static wg_var with_derivatives(wg_tape *tape, wg_params *params)
{
    wg_var x = wg_leaf(tape, WG_DOUBLES(xs, 4, 3));
    wg_var score = wg_layer_norm(wg_layer_dense(params, "fc", x, 3, NULL), wg_full(tape, WG_SHAPE(3), 1.5),
        wg_full(tape, WG_SHAPE(3), 0.5), NULL);
    wg_var slope = wg_grad1(wg_sum(wg_square(score)), x);
    return wg_add(wg_mean(wg_square(slope)), wg_sum(wg_softmax(score, 1)));
}

/* Random masks, and running statistics. */
static wg_var with_state_of_its_own(wg_tape *tape, wg_params *params)
{
    wg_var x = wg_input(tape, WG_DOUBLES(xs, 4, 3));
    x = wg_layer_batch_norm(params, "bn", wg_layer_dense(params, "fc", x, 8, NULL), NULL);
    return wg_mean(wg_square(wg_dropout(wg_relu(x), 0.3)));
}

static const struct {
    recorder *record;
    bool effects; /* a run changes the store, as a replay does */
} recordings[] = {{twice_the_same, false}, {of_every_kind, false}, {of_scalars, false},
    {with_derivatives, false}, {with_state_of_its_own, true}};
enum { RECORDINGS = sizeof recordings / sizeof recordings[0] };

/* ---- What can be seen of a tape --------------------------------------------------------------------- */

typedef struct ground {
    test_heap heap;
    wg_tape *tape;
    wg_params *params;
    wg_var y;
} ground;

static void ground_new(ground *g, recorder *record, bool own_grads)
{
    *g = (ground){.params = wg_params_new(&(wg_params_options){.seed = 4, .threads = 1})};
    g->tape = wg_tape_new(&(wg_tape_options){.training = true,
        .keep_grads = true,
        .own_grads = own_grads,
        .threads = 1,
        .seed = 3,
        .allocator = test_heap_hook(&g->heap)});
    g->y = record(g->tape, g->params);
    ck_assert_msg(wg_tape_status(g->tape) == WG_OK, "%s", wg_tape_message(g->tape));
}

static void ground_free(ground *g)
{
    wg_tape_free(g->tape);
    wg_params_free(g->params);
    test_heap_check(&g->heap);
}

typedef struct picture {
    uint64_t values, gradients, store, trace, drawing, fingerprint, run;
    size_t nodes, bytes;
    char message[WG_MESSAGE_SIZE];
} picture;

static uint64_t hash(uint64_t h, const void *bytes, size_t size)
{
    for (size_t i = 0; bytes && i < size; i++)
        h = (h ^ ((const uint8_t *)bytes)[i]) * 0x100000001B3u;
    return h * 31 + (bytes != NULL);
}

static uint64_t hash_of_text(wg_var y, bool drawn)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(drawn ? wg_draw_dot(y, file, NULL) : wg_trace_print(y, file), WG_OK);
    fclose(file);
    ck_assert_uint_gt(size, 0);
    uint64_t h = hash(1, text, size);
    free(text);
    return h;
}

/* Parameters, buffers, and gradients: the store's, or the tape's own. */
static uint64_t hash_of_store(const ground *g)
{
    uint64_t h = 1;
    for (size_t i = 0; i < wg_params_count(g->params); i++) {
        size_t bytes = wg_params_at(g->params, i).count * sizeof(double), own = 0;
        h = hash(h, wg_params_value(g->params, i), bytes);
        h = hash(h, wg_params_grad(g->params, i), bytes);
        const void *gradient = wg_own_grad(g->tape, g->params, i, &own);
        h = hash(h, gradient, own * sizeof(double));
    }
    return h;
}

static picture picture_of(const ground *g)
{
    picture p = {.values = 1, .gradients = 1, .nodes = wg_tape_node_count(g->tape)};
    snprintf(p.message, sizeof p.message, "%s", wg_tape_message(g->tape));
    for (size_t i = 0; i < p.nodes; i++) {
        wg_var x = wg_node(g->tape, i);
        size_t bytes = wg_count_of(x) * wg_dtype_size(wg_dtype_of(x));
        p.values = hash(p.values, wg_data(x), bytes);
        bool stored = strcmp(wg_op_of(x)->name, "parameter") == 0; /* and hashed there */
        p.gradients = hash(p.gradients, wg_has_grad(x) && !stored ? wg_grad_data(x) : NULL, bytes);
    }
    p.store = hash_of_store(g);
    p.trace = hash_of_text(g->y, false);
    p.drawing = hash_of_text(g->y, true);
    p.fingerprint = wg_tape_fingerprint(g->tape);
    p.run = wg_tape_run_number(g->tape);
    p.bytes = wg_tape_bytes(g->tape);
    return p;
}

static void same_picture(const picture *is, const picture *should, const char *when)
{
    ck_assert_msg(is->nodes == should->nodes, "%s: %zu nodes, not %zu", when, is->nodes, should->nodes);
    ck_assert_msg(is->values == should->values, "%s: other values", when);
    ck_assert_msg(is->gradients == should->gradients, "%s: other gradients", when);
    ck_assert_msg(is->store == should->store, "%s: another store", when);
    ck_assert_msg(is->trace == should->trace, "%s: another trace", when);
    ck_assert_msg(is->drawing == should->drawing, "%s: another drawing", when);
    ck_assert_msg(is->fingerprint == should->fingerprint, "%s: another fingerprint", when);
    ck_assert_msg(is->run == should->run, "%s: another run", when);
    ck_assert_msg(is->bytes == should->bytes, "%s: %zu bytes, not %zu", when, is->bytes, should->bytes);
    ck_assert_msg(strcmp(is->message, should->message) == 0, "%s: \"%s\", not \"%s\"", when, is->message,
        should->message);
}

/* ---- What is done to it ----------------------------------------------------------------------------- */

enum { MOMENTS = 5 };
static const char *const moments[MOMENTS] = {
    "recorded", "swept", "replayed", "swept after a replay", "recorded on"};

static void sweep(ground *g)
{
    wg_params_zero_grad(g->params);
    wg_own_grad_clear(g->tape, g->params);
    ck_assert_msg(wg_backward(g->y) == WG_OK, "%s", wg_tape_message(g->tape));
}

/* Goes on to the next moment. */
static void go_on(ground *g, size_t moment)
{
    if (moment == 1 || moment == 3)
        sweep(g);
    if (moment == 2)
        ck_assert_msg(wg_replay(g->tape) == WG_OK, "%s", wg_tape_message(g->tape));
    if (moment == 4) {
        g->y = wg_add(wg_square(g->y), wg_sum(wg_sin(wg_leaf(g->tape, WG_DOUBLES(ts, 8)))));
        sweep(g);
    }
}

/* Between two moments a plan is ... */
typedef enum way {
    FREED,   /* made and freed */
    RUN,     /* made, run twice and freed */
    REFUSED, /* not made, for lack of memory at each request in turn */
    KEPT,    /* made at the beginning, and run */
    WAYS
} way;

static void run_it(wg_plan *plan, wg_var y, double *value)
{
    wg_plan_set_run_number(plan, 7);
    ck_assert_msg(wg_plan_run(plan) == WG_OK, "%s", wg_plan_message(plan));
    ck_assert(isnan(*value) || wg_plan_item(plan, y) == *value);
    *value = wg_plan_item(plan, y);
    ck_assert(isfinite(*value));
}

static void refuse_all(ground *g, const wg_plan_options *options)
{
    size_t failures = g->heap.failures;
    for (size_t k = 1;; k++) {
        wg_error error = {0};
        g->heap.fail_at = g->heap.requests + k;
        wg_plan *plan = wg_plan_new(g->y, options, &error);
        ck_assert_int_eq(error.status, plan ? WG_OK : WG_OUT_OF_MEMORY);
        wg_plan_free(plan); /* memory that is not there may be no matter */
        if (g->heap.failures == failures)
            break;
        failures = g->heap.failures;
    }
    g->heap.fail_at = 0;
}

static void plan_it(ground *g, way w, const wg_plan_options *options)
{
    double value = (double)NAN;
    if (w == REFUSED)
        refuse_all(g, options);
    wg_plan *plan = plan_of(g->y, options);
    for (int i = 0; i < 2 && w == RUN; i++)
        run_it(plan, g->y, &value);
    wg_plan_free(plan);
}

/* But for the fingerprints, in which the stores are. */
static void look_alike(ground *alone, ground *planned, const char *when)
{
    picture a = picture_of(alone), b = picture_of(planned);
    a.fingerprint = b.fingerprint;
    same_picture(&b, &a, when);
}

static void live(recorder *record, way w, bool own_grads)
{
    ground alone, planned;
    char when[96];
    double value = (double)NAN;
    const wg_plan_options options = {.forward = own_grads};
    ground_new(&alone, record, own_grads), ground_new(&planned, record, own_grads);
    wg_var y = planned.y;
    wg_plan *plan = w == KEPT ? plan_of(y, &options) : NULL;
    for (size_t moment = 0; moment < MOMENTS; moment++) {
        go_on(&alone, moment), go_on(&planned, moment);
        snprintf(when, sizeof when, "%s, way %d, before", moments[moment], (int)w);
        look_alike(&alone, &planned, when);
        uint64_t fingerprint = wg_tape_fingerprint(planned.tape);
        if (w == KEPT)
            run_it(plan, y, &value);
        else
            plan_it(&planned, w, &options);
        ck_assert_uint_eq(wg_tape_fingerprint(planned.tape), fingerprint);
        if (w == KEPT || w == RUN) /* the store's gradients are the run's */
            wg_params_zero_grad(alone.params), wg_params_zero_grad(planned.params);
        snprintf(when, sizeof when, "%s, way %d, after", moments[moment], (int)w);
        look_alike(&alone, &planned, when);
    }
    wg_plan_free(plan);
    look_alike(&alone, &planned, "at the end");
    ground_free(&alone), ground_free(&planned);
}

START_TEST(the_tape_is_what_it_would_have_been)
{
    for (int w = 0; w < WAYS; w++)
        if (!recordings[_i].effects || w == FREED || w == REFUSED) {
            live(recordings[_i].record, (way)w, false);
            live(recordings[_i].record, (way)w, true);
        }
}
END_TEST

/* A plan that asks of its options what it cannot have leaves the tape as it was, and says so itself. */
START_TEST(what_is_refused_leaves_no_trace)
{
    ground g;
    wg_error error = {0};
    ground_new(&g, of_every_kind, false);
    sweep(&g);
    picture before = picture_of(&g);
    char block[64];
    const wg_plan_options bad[] = {
        {.keep_count = 1}, {.bf16 = true}, {.block = block + 1, .block_bytes = 8}, {.block_bytes = 100}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_ptr_null(wg_plan_new(g.y, &bad[i], &error));
        picture after = picture_of(&g);
        same_picture(&after, &before, error.message);
    }
    ground_free(&g);
}
END_TEST

/* ---- Plans beside each other ------------------------------------------------------------------------ */

/* Of one recording, with inputs, runs and results of their own. */
START_TEST(two_plans_of_one_recording)
{
    small s = small_new(NULL);
    double other[12], h[2][8], again[8], loss[2];
    const wg_plan_options keep = {.keep = &s.h, .keep_count = 1};
    wg_plan *plans[2] = {plan_of(s.loss, &keep), plan_of(s.loss, &keep)};
    for (int i = 0; i < 12; i++)
        other[i] = 0.5 - xs[i];
    small_give(&s, plans[0]), small_give(&s, plans[1]);
    ck_assert_int_eq(wg_plan_set(plans[1], s.x, WG_DOUBLES(other, 4, 3)), WG_OK);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(wg_plan_run(plans[i]), WG_OK);
        ck_assert_int_eq(wg_plan_read(plans[i], s.h, h[i], 8), WG_OK);
        loss[i] = wg_plan_item(plans[i], s.loss);
    }
    ck_assert_double_ne(loss[0], loss[1]);
    ck_assert_int_eq(wg_plan_read(plans[0], s.h, again, 8), WG_OK); /* the second has run since */
    ck_assert_mem_eq(again, h[0], sizeof again);
    ck_assert_double_eq(wg_plan_item(plans[0], s.loss), loss[0]);
    ck_assert_uint_eq(wg_plan_run_number(plans[0]), wg_plan_run_number(plans[1]));
    for (int i = 0; i < 2; i++) { /* as the tape computes */
        ck_assert_int_eq(wg_set(s.x, WG_DOUBLES(i ? other : xs, 4, 3)), WG_OK);
        ck_assert_int_eq(wg_set(s.t, WG_DOUBLES(ts, 4, 2)), WG_OK);
        ck_assert_int_eq(wg_replay(s.tape), WG_OK);
        ck_assert_int_eq(wg_read(s.h, again, 8), WG_OK);
        ck_assert_mem_eq(again, h[i], sizeof again);
        ck_assert_double_eq(wg_item(s.loss), loss[i]);
    }
    wg_plan_free(plans[0]);
    ck_assert_int_eq(wg_plan_run(plans[1]), WG_OK);
    ck_assert_double_eq(wg_plan_item(plans[1], s.loss), loss[1]);
    wg_plan_free(plans[1]);
    small_free(&s);
}
END_TEST

/* Neither the tape's own gradients nor the store's are a plan's. */
START_TEST(a_plan_beside_own_gradients)
{
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.own_grads = true});
    wg_params *params = wg_params_new(&(wg_params_options){.seed = 2});
    wg_var x = wg_input(tape, WG_DOUBLES(xs, 4, 3)), h = wg_tanh(wg_layer_dense(params, "fc", x, 2, NULL));
    wg_var loss = wg_sum(wg_square(h));
    double before[6], values[8], eager[8];
    size_t count;
    wg_error error = {0};
    ck_assert_int_eq(wg_backward(loss), WG_OK);
    size_t weight = wg_params_index(params, "fc.weight");
    memcpy(before, wg_own_grad(tape, params, weight, &count), sizeof before);
    wg_optim *sgd = wg_sgd_new(params, NULL);
    ck_assert_ptr_null(wg_plan_new(loss, &(wg_plan_options){.optim = sgd}, &error));
    refused(error.status, WG_INVALID, &error, "this tape has its own");
    wg_optim_free(sgd);
    wg_plan *plan = plan_of(loss, NULL);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK); /* its gradients are its own, too */
    wg_plan_free(plan);
    plan = plan_of(h, &(wg_plan_options){.forward = true});
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_int_eq(wg_plan_read(plan, h, values, 8), WG_OK);
    ck_assert_int_eq(wg_read(h, eager, 8), WG_OK);
    ck_assert_mem_eq(values, eager, sizeof values);
    ck_assert_mem_eq(wg_own_grad(tape, params, weight, &count), before, sizeof before);
    for (size_t i = 0; i < 6; i++)
        ck_assert_double_eq(((const double *)wg_params_grad(params, weight))[i], 0);
    wg_plan_free(plan);
    wg_tape_free(tape);
    wg_params_free(params);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{the_tape_is_what_it_would_have_been, RECORDINGS},
        {what_is_refused_leaves_no_trace, 0}, {two_plans_of_one_recording, 0},
        {a_plan_beside_own_gradients, 0}};
    return harness_run("plan_apart", tests, sizeof tests / sizeof tests[0]);
}
