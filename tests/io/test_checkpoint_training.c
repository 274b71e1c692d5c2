/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Trainings that go on where they stopped. */
#define _XOPEN_SOURCE 700

#include <math.h>
#include <wengert/checkpoint.h>
#include <wengert/layers.h>
#include <wengert/loss.h>
#include <wengert/math.h>
#include <wengert/norm.h>
#include <wengert/random.h>

#include "alloc.h"
#include "files.h"
#include "harness.h"
#include "own_rules.h"

static wg_params *store(wg_dtype dtype)
{
    return wg_params_new(&(wg_params_options){.dtype = dtype, .seed = 3});
}

/* ---- Trainings ------------------------------------------------------------------------------------- */

typedef struct run {
    wg_training t;
    wg_dtype dtype;
} run;

static run run_new(wg_dtype dtype, bool adam)
{
    run r = {.dtype = dtype};
    r.t.params = wg_params_new(&(wg_params_options){.dtype = dtype, .seed = 1});
    r.t.tape = wg_tape_new(&(wg_tape_options){.dtype = dtype, .training = true, .seed = 2});
    r.t.optim = adam ? wg_adam_new(r.t.params, NULL)
                     : wg_sgd_new(r.t.params, &(wg_sgd_options){.momentum = 0.9, .nesterov = true});
    return r;
}

static void run_free(run *r)
{
    wg_optim_free(r->t.optim);
    wg_params_free(r->t.params);
    wg_tape_free(r->t.tape);
    wg_archive_free(r->t.extra);
}

static double one_step(run *r)
{
    double x[12], y[6];
    wg_random random = wg_random_named(9, "data");
    for (int i = 0; i < 12; i++)
        x[i] = wg_random_normal(&random), y[i / 2] = x[i];
    wg_tape_reset(r->t.tape);
    wg_var h = wg_layer_dense(r->t.params, "fc1", wg_input(r->t.tape, WG_DOUBLES(x, 6, 2)), 8, NULL);
    h = wg_layer_batch_norm(r->t.params, "bn", h, NULL);
    h = wg_layer_dense(r->t.params, "fc2", wg_dropout(wg_tanh(h), 0.5), 1, NULL);
    wg_var loss = wg_mse(h, wg_input(r->t.tape, WG_DOUBLES(y, 6, 1)), NULL);
    wg_params_zero_grad(r->t.params);
    ck_assert_msg(wg_backward(loss) == WG_OK, "%s", wg_tape_message(r->t.tape));
    ck_assert_int_eq(wg_optim_step(r->t.optim), WG_OK);
    return wg_item(loss);
}

/* Five steps, a save, a load into everything made anew, and five: the losses and parameters of ten. The new
 * store is empty, or made by a step of its own. */
START_TEST(five_and_five_are_ten)
{
    wg_dtype dtype = _i & 1 ? WG_F32 : WG_F64;
    bool adam = _i & 2, made = _i & 4;
    files_enter("checkpoint");
    wg_error error = {0};
    run whole = run_new(dtype, adam), first = run_new(dtype, adam), second = run_new(dtype, adam);
    double losses[10];
    for (int i = 0; i < 10; i++)
        losses[i] = one_step(&whole);
    for (int i = 0; i < 5; i++)
        one_step(&first);
    ck_assert_msg(wg_training_save(&first.t, "t", &error) == WG_OK, "%s", error.message);
    if (made)
        one_step(&second);
    ck_assert_msg(wg_training_load(&second.t, "t", &error) == WG_OK, "%s", error.message);
    ck_assert(wg_params_equal(first.t.params, second.t.params));
    ck_assert_uint_eq(wg_optim_step_count(second.t.optim), 5);
    for (int i = 5; i < 10; i++) {
        double loss = one_step(&second);
        ck_assert_msg(memcmp(&loss, &losses[i], sizeof loss) == 0, "step %d: %a, not %a", i, loss, losses[i]);
    }
    ck_assert(wg_params_equal(whole.t.params, second.t.params));
    run_free(&whole), run_free(&first), run_free(&second);
    files_leave();
}
END_TEST

START_TEST(what_else_is_kept)
{
    files_enter("checkpoint");
    static const float best[2] = {3, 4};
    wg_error error = {0};
    run r = run_new(WG_F32, true), again = run_new(WG_F32, true);
    one_step(&r);
    wg_optim_set_lr(r.t.optim, 0.1 / 3);
    wg_tape_set_run_number(r.t.tape, 77);
    r.t.extra = wg_archive_new(NULL);
    wg_archive_add(r.t.extra, "best/w", WG_FLOATS(best, 2), &error);
    wg_archive_note_integer(r.t.extra, "epoch", 12, &error);
    wg_archive_note_real(r.t.extra, "loss", 0.1, &error);
    ck_assert_msg(wg_training_save(&r.t, "t", &error) == WG_OK, "%s", error.message);
    again.t.extra = wg_archive_new(NULL);
    ck_assert_msg(wg_training_load(&again.t, "t", &error) == WG_OK, "%s", error.message);
    uint64_t epoch = 0;
    double loss = 0;
    ck_assert(wg_archive_integer_of(again.t.extra, "epoch", &epoch) && epoch == 12);
    ck_assert(wg_archive_real_of(again.t.extra, "loss", &loss));
    ck_assert_double_eq(loss, 0.1);
    ck_assert(wg_archive_count(again.t.extra) == 1 && wg_archive_note_count(again.t.extra) == 2);
    ck_assert_mem_eq(wg_archive_at(again.t.extra, 0).data, best, sizeof best);
    ck_assert_double_eq(wg_optim_lr(again.t.optim), 0.1 / 3);
    ck_assert_uint_eq(wg_tape_run_number(again.t.tape), 77);
    /* a second load finds .extra taken */
    ck_assert_int_eq(wg_training_load(&again.t, "t", &error), WG_INVALID);
    ck_assert_str_eq(error.message, "t: .extra holds something already");
    run_free(&r), run_free(&again);
    files_leave();
}
END_TEST

/* A training's file serves for prediction too; nothing but its parameters is taken. */
START_TEST(parameters_of_a_training)
{
    files_enter("checkpoint");
    run r = run_new(WG_F32, true);
    one_step(&r);
    ck_assert_int_eq(wg_training_save(&r.t, "t", NULL), WG_OK);
    wg_params *p = store(WG_F32);
    ck_assert_int_eq(wg_params_load(p, "t", NULL, NULL), WG_OK);
    ck_assert(wg_params_equal(p, r.t.params));
    wg_params_free(p);
    run_free(&r);
    files_leave();
}
END_TEST

static void training_refused(const wg_training *t, const char *path, wg_status status, const char *text)
{
    wg_error error = {0};
    ck_assert_int_eq(wg_training_load(t, path, &error), status);
    ck_assert_msg(strstr(error.message, text), "%s", error.message);
}

START_TEST(training_errors)
{
    files_enter("checkpoint");
    wg_error error = {0};
    run adam = run_new(WG_F64, true), sgd = run_new(WG_F64, false);
    wg_optim *plain = wg_sgd_new(sgd.t.params, NULL),
             *bad = wg_sgd_new(sgd.t.params, &(wg_sgd_options){.lr = -1});
    one_step(&adam);
    ck_assert_int_eq(wg_params_save(adam.t.params, "p", NULL), WG_OK);
    ck_assert_int_eq(wg_training_save(&adam.t, "adam", NULL), WG_OK);
    ck_assert_int_eq(wg_training_save(&sgd.t, "sgd", NULL), WG_OK);
    ck_assert_int_eq(wg_training_save(&(wg_training){.params = adam.t.params}, "bare", NULL), WG_OK);
    training_refused(&sgd.t, "adam", WG_INVALID, "adam was saved with adam (m, v), not with sgd (v)");
    training_refused(&(wg_training){.params = sgd.t.params, .optim = plain}, "sgd", WG_INVALID,
        "sgd was saved with sgd (v), not with sgd (no slots)");
    ck_assert_uint_eq(wg_params_count(sgd.t.params), 0); /* still as it was */
    training_refused(&adam.t, "p", WG_FORMAT, "p: no training, but parameters");
    training_refused(&adam.t, "none", WG_FILE, "none: No such file");
    training_refused(&adam.t, "bare", WG_FORMAT, "bare: the training in it has no tape");
    training_refused(&(wg_training){.params = adam.t.params, .optim = adam.t.optim}, "bare", WG_FORMAT,
        "has no optimiser");
    training_refused(&(wg_training){0}, "adam", WG_INVALID, "without parameters");
    training_refused(NULL, "adam", WG_INVALID, "without parameters");
    training_refused(&(wg_training){.params = adam.t.params, .optim = plain}, "adam", WG_INVALID,
        "not of these parameters");
    training_refused(
        &(wg_training){.params = sgd.t.params, .optim = bad}, "adam", WG_INVALID, "sgd: lr is -1");
    ck_assert_int_eq(wg_training_save(NULL, "t", &error), WG_INVALID);
    ck_assert_int_eq(wg_training_load(&adam.t, "adam", &error), WG_INVALID); /* the first error stays */
    wg_optim_free(plain), wg_optim_free(bad);
    run_free(&adam), run_free(&sgd);
    files_leave();
}
END_TEST

/* A training file with one thing changed, by reading and writing it as an archive. */
static void rewrite(const char *leave_out, const char *key, const char *text)
{
    wg_archive *from = wg_safetensors_read("t", NULL, NULL), *to = wg_archive_new(NULL);
    for (size_t i = 0; i < wg_archive_count(from); i++)
        if (strcmp(wg_archive_name(from, i), leave_out) != 0)
            wg_archive_add(to, wg_archive_name(from, i), wg_archive_at(from, i), NULL);
    for (size_t i = 0; i < wg_archive_note_count(from); i++)
        wg_archive_note(
            to, wg_archive_note_key(from, i), wg_archive_note_of(from, wg_archive_note_key(from, i)), NULL);
    if (key)
        wg_archive_note(to, key, text, NULL);
    ck_assert_int_eq(wg_safetensors_write("u", to, NULL), WG_OK);
    wg_archive_free(from);
    wg_archive_free(to);
}

START_TEST(damaged_trainings_change_nothing)
{
    files_enter("checkpoint");
    run r = run_new(WG_F64, true), other = run_new(WG_F64, true);
    one_step(&r), one_step(&other), one_step(&other);
    ck_assert_int_eq(wg_training_save(&r.t, "t", NULL), WG_OK);
    wg_params *before = store(WG_F64);
    wg_params_copy(before, other.t.params, NULL);
    const struct {
        const char *leave_out, *key, *text, *message;
        wg_status status;
    } cases[] = {
        {"optim/v/fc1.weight", NULL, NULL, "slot v of fc1.weight is missing or misshapen", WG_FORMAT},
        {"params/fc1.bias", NULL, NULL, "1 missing: fc1.bias", WG_NAME},
        {"", "training.lr", "-0x1p0", "has no optimiser", WG_FORMAT},
        {"", "training.lr", "nan", "has no optimiser", WG_FORMAT},
        {"", "training.steps", "1.5", "has no optimiser", WG_FORMAT},
        {"", "training.run", "", "has no tape", WG_FORMAT}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rewrite(cases[i].leave_out, cases[i].key, cases[i].text);
        training_refused(&other.t, "u", cases[i].status, cases[i].message);
        ck_assert(wg_params_equal(before, other.t.params));
        ck_assert_uint_eq(wg_optim_step_count(other.t.optim), 2);
    }
    /* a parameter that is called a buffer has its slots left out, and nothing is read beyond them */
    rewrite("optim/v/fc1.weight", "wengert.buffer.fc1.weight", "true");
    wg_error error = {0};
    ck_assert_msg(wg_training_load(&other.t, "u", &error) == WG_OK, "%s", error.message);
    wg_params_free(before);
    run_free(&r), run_free(&other);
    files_leave();
}
END_TEST

/* ---- Rules of one's own ---------------------------------------------------------------------------- */

static run own_run(wg_dtype dtype, wg_optim *make(wg_params *params))
{
    run r = run_new(dtype, false);
    wg_optim_free(r.t.optim);
    r.t.optim = make(r.t.params);
    return r;
}

START_TEST(rules_of_ones_own_go_on)
{
    wg_optim *(*const makers[])(wg_params *) = {lion_new, lars_new};
    files_enter("checkpoint");
    for (int way = 0; way < 4; way++) {
        wg_dtype dtype = way & 1 ? WG_F32 : WG_F64;
        run whole = own_run(dtype, makers[way / 2]), first = own_run(dtype, makers[way / 2]),
            rest = own_run(dtype, makers[way / 2]);
        for (int i = 0; i < 6; i++)
            one_step(&whole);
        for (int i = 0; i < 3; i++)
            one_step(&first);
        wg_error error = {0};
        wg_training_save(&first.t, "t", &error);
        wg_training_load(&rest.t, "t", &error);
        ck_assert_msg(error.status == WG_OK, "%s", error.message);
        for (int i = 0; i < 3; i++)
            one_step(&rest);
        ck_assert(wg_params_equal(whole.t.params, rest.t.params));
        ck_assert(!wg_params_equal(whole.t.params, first.t.params));
        wg_archive *file = wg_safetensors_read("t", NULL, NULL);
        ck_assert_str_eq(wg_archive_note_of(file, "training.slots"), way / 2 ? "velocity" : "momentum");
        ck_assert_uint_ne(
            wg_archive_index(file, way / 2 ? "optim/velocity/fc1.bias" : "optim/momentum/fc1.bias"),
            SIZE_MAX);
        wg_archive_free(file);
        run_free(&whole), run_free(&first), run_free(&rest);
    }
    files_leave();
}
END_TEST

/* Lion with another slot beside, or one of another name. */
static wg_optim *two_slots(wg_params *params)
{
    static const wg_optim_rule rule = {.name = "lion",
        .slots = {"momentum", "second"},
        .lr = 1,
        .update_f64 = own_lars_f64,
        .update_f32 = own_lars_f32};
    return wg_optim_new(params, &rule, NULL);
}

static wg_optim *other_slot(wg_params *params)
{
    static const wg_optim_rule rule = {
        .name = "lion", .slots = {"m"}, .lr = 1, .update_f64 = own_lars_f64, .update_f32 = own_lars_f32};
    return wg_optim_new(params, &rule, NULL);
}

START_TEST(other_rules_and_slots_are_refused)
{
    files_enter("checkpoint");
    run lion = own_run(WG_F64, lion_new), others[] = {own_run(WG_F64, lars_new), own_run(WG_F64, two_slots),
                                              own_run(WG_F64, other_slot), run_new(WG_F64, true)};
    const char *const text[] = {"t was saved with lion (momentum), not with lars (velocity)",
        "t was saved with lion (momentum), not with lion (momentum, second)",
        "t was saved with lion (momentum), not with lion (m)",
        "t was saved with lion (momentum), not with adam (m, v)"};
    one_step(&lion);
    ck_assert_int_eq(wg_training_save(&lion.t, "t", NULL), WG_OK);
    for (size_t i = 0; i < 4; i++) {
        training_refused(&others[i].t, "t", WG_INVALID, text[i]);
        ck_assert_uint_eq(wg_params_count(others[i].t.params), 0);
        run_free(&others[i]);
    }
    run_free(&lion);
    files_leave();
}
END_TEST

/* The file "t" as version 0.2.0 wrote it: slots have numbers. */
static void with_numbers(const char *slots)
{
    wg_archive *from = wg_safetensors_read("t", NULL, NULL), *to = wg_archive_new(NULL);
    for (size_t i = 0; i < wg_archive_count(from); i++) {
        const char *name = wg_archive_name(from, i);
        char old[64];
        bool m = strncmp(name, "optim/m/", 8) == 0, v = strncmp(name, "optim/v/", 8) == 0;
        snprintf(old, sizeof old, m ? "optim/0/%s" : v ? "optim/1/%s" : "%s", m || v ? name + 8 : name);
        wg_archive_add(to, old, wg_archive_at(from, i), NULL);
    }
    for (size_t i = 0; i < wg_archive_note_count(from); i++) {
        const char *key = wg_archive_note_key(from, i);
        bool is_slots = strcmp(key, "training.slots") == 0;
        wg_archive_note(to, key, is_slots ? slots : wg_archive_note_of(from, key), NULL);
    }
    ck_assert_int_eq(wg_safetensors_write("old", to, NULL), WG_OK);
    wg_archive_free(from);
    wg_archive_free(to);
}

START_TEST(files_with_numbered_slots)
{
    files_enter("checkpoint");
    run whole = run_new(WG_F64, true), first = run_new(WG_F64, true), rest = run_new(WG_F64, true),
        sgd = run_new(WG_F64, false);
    one_step(&whole), one_step(&whole), one_step(&first);
    ck_assert_int_eq(wg_training_save(&first.t, "t", NULL), WG_OK);
    with_numbers("1");
    training_refused(&rest.t, "old", WG_INVALID, "old was saved with adam (1 slots), not with adam (m, v)");
    with_numbers("2");
    training_refused(&sgd.t, "old", WG_INVALID, "old was saved with adam (2 slots), not with sgd (v)");
    wg_error error = {0};
    ck_assert_msg(wg_training_load(&rest.t, "old", &error) == WG_OK, "%s", error.message);
    one_step(&rest);
    ck_assert(wg_params_equal(whole.t.params, rest.t.params));
    run_free(&whole), run_free(&first), run_free(&rest), run_free(&sgd);
    files_leave();
}
END_TEST

/* ---- When things go wrong -------------------------------------------------------------------------- */

/* Each request of memory fails in turn, for saving and for loading, into a made store and an empty one. */
START_TEST(no_memory)
{
    files_enter("checkpoint");
    for (int empty = 0; empty < 2; empty++) {
        bool failed = true;
        for (size_t fail_at = 1; failed; fail_at++) {
            test_heap heap = {0};
            wg_error error = {0};
            wg_params *p = wg_params_new(&(wg_params_options){.allocator = test_heap_hook(&heap)}),
                      *q = wg_params_new(&(wg_params_options){.allocator = test_heap_hook(&heap)}),
                      *before = store(WG_F64);
            wg_optim *op = wg_adam_new(p, NULL), *oq = wg_adam_new(q, NULL);
            const wg_init one = wg_init_constant(1);
            wg_params_add(p, "w", WG_SHAPE(3), NULL, &error),
                wg_params_add_buffer(p, "b", WG_SHAPE(3), &one, &error);
            if (!empty)
                wg_params_add(q, "w", WG_SHAPE(3), &one, &error),
                    wg_params_add_buffer(q, "b", WG_SHAPE(3), NULL, &error);
            wg_params_copy(before, q, &error);
            wg_archive *extra = wg_archive_new(NULL);
            wg_archive_note(extra, "key", "text", &error);
            heap.requests = 0, heap.fail_at = fail_at;
            ck_assert_int_eq(error.status, WG_OK);
            wg_training_save(&(wg_training){.params = p, .optim = op, .extra = extra}, "t", &error);
            bool saved = error.status == WG_OK;
            wg_training_load(&(wg_training){.params = q, .optim = oq}, "t", &error);
            failed = heap.failures > 0;
            ck_assert_int_eq(error.status, failed ? WG_OUT_OF_MEMORY : WG_OK);
            ck_assert(saved || failed);
            ck_assert(failed ? empty || wg_params_equal(before, q) : wg_params_equal(p, q));
            wg_archive_free(extra);
            wg_optim_free(op), wg_optim_free(oq);
            wg_params_free(p), wg_params_free(q), wg_params_free(before);
            test_heap_check(&heap);
            if (files_count())
                unlink("t");
        }
    }
    files_leave();
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{five_and_five_are_ten, 8}, {what_else_is_kept, 1},
        {parameters_of_a_training, 1}, {training_errors, 1}, {damaged_trainings_change_nothing, 1},
        {rules_of_ones_own_go_on, 1}, {other_rules_and_slots_are_refused, 1}, {files_with_numbered_slots, 1},
        {no_memory, 1}};
    return harness_run("checkpoint_training", tests, sizeof tests / sizeof tests[0]);
}
