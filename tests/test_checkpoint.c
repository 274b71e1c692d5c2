/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Parameters kept in files, and trainings that go on where they stopped. */
#define _XOPEN_SOURCE 700

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <wengert/checkpoint.h>
#include <wengert/layers.h>
#include <wengert/loss.h>
#include <wengert/math.h>
#include <wengert/norm.h>
#include <wengert/random.h>

#include "alloc.h"
#include "files.h"
#include "harness.h"

static wg_params *store(wg_dtype dtype)
{
    return wg_params_new(&(wg_params_options){.dtype = dtype, .seed = 3});
}

/* Two parameters and a buffer. */
static wg_params *example(wg_dtype dtype)
{
    wg_params *p = store(dtype);
    const wg_init third = wg_init_constant(1.0 / 3);
    ck_assert_int_eq(wg_params_add(p, "fc.weight", WG_SHAPE(3, 4), NULL, NULL), WG_OK);
    ck_assert_int_eq(wg_params_add_buffer(p, "bn.mean", WG_SHAPE(4), &third, NULL), WG_OK);
    ck_assert_int_eq(wg_params_add(p, "s", wg_shape_scalar(), &third, NULL), WG_OK);
    return p;
}

static void save(const wg_params *p, const char *path)
{
    wg_error error = {0};
    ck_assert_msg(wg_params_save(p, path, &error) == WG_OK, "%s", error.message);
}

static void load(wg_params *p, const char *path)
{
    wg_error error = {0};
    ck_assert_msg(wg_params_load(p, path, NULL, &error) == WG_OK, "%s", error.message);
}

/* ---- Parameters ------------------------------------------------------------------------------------ */

START_TEST(saved_and_loaded)
{
    files_enter("checkpoint");
    for (int is_float = 0; is_float < 2; is_float++) {
        wg_params *p = example(is_float ? WG_F32 : WG_F64), *empty = store(is_float ? WG_F32 : WG_F64),
                  *other = example(is_float ? WG_F32 : WG_F64);
        save(p, "p");
        load(empty, "p");
        ck_assert(wg_params_equal(p, empty));
        ck_assert(wg_params_at(empty, 1).buffer && !wg_params_at(empty, 0).buffer);
        memset(wg_params_value(other, 0), 0, 12 * wg_dtype_size(wg_params_dtype(other)));
        wg_params_seal(other);
        load(other, "p");
        ck_assert(wg_params_equal(p, other));
        wg_params_free(p), wg_params_free(empty), wg_params_free(other);
    }
    files_leave();
}
END_TEST

START_TEST(notes_say_what_it_is)
{
    files_enter("checkpoint");
    wg_params *p = example(WG_F32);
    save(p, "p");
    wg_archive *archive = wg_safetensors_read("p", NULL, NULL);
    ck_assert_str_eq(wg_archive_name(archive, 0), "fc.weight");
    ck_assert_str_eq(wg_archive_note_of(archive, "wengert.kind"), "parameters");
    ck_assert_str_eq(wg_archive_note_of(archive, "wengert.version"), wg_version());
    ck_assert_ptr_nonnull(strstr(wg_archive_note_of(archive, "wengert.layout"), "dense weight [in, out]"));
    ck_assert_ptr_nonnull(wg_archive_note_of(archive, "wengert.buffer.bn.mean"));
    ck_assert_ptr_null(wg_archive_note_of(archive, "wengert.buffer.s"));
    wg_archive_free(archive);
    wg_params_free(p);
    files_leave();
}
END_TEST

START_TEST(dtypes_are_converted)
{
    files_enter("checkpoint");
    wg_params *d = example(WG_F64), *f = example(WG_F32), *from_f = store(WG_F64), *from_d = store(WG_F32);
    save(d, "d"), save(f, "f");
    load(from_f, "f"), load(from_d, "d");
    double s = 0;
    ck_assert_int_eq(wg_params_read(from_f, "s", &s, 1), WG_OK);
    ck_assert_double_eq(s, (double)(1.0f / 3));
    ck_assert_int_eq(wg_params_read(from_d, "s", &s, 1), WG_OK);
    ck_assert_double_eq(s, (double)(float)(1.0 / 3));
    wg_params_free(d), wg_params_free(f), wg_params_free(from_f), wg_params_free(from_d);
    files_leave();
}
END_TEST

/* A file that knows nothing of us, with integers and a NaN. */
START_TEST(arrays_of_others)
{
    files_enter("checkpoint");
    static const float x[2] = {NAN, 2};
    static const int32_t n[1] = {-7};
    wg_archive *archive = wg_archive_new(NULL);
    wg_archive_add(archive, "x", WG_FLOATS(x, 2), NULL);
    wg_archive_add(archive, "n", WG_INTS(n, 1), NULL);
    ck_assert_int_eq(wg_safetensors_write("a", archive, NULL), WG_OK);
    wg_params *p = store(WG_F64);
    load(p, "a");
    const double *values = wg_params_value(p, 0);
    ck_assert(isnan(values[0]) && values[1] > 1.9 && !wg_params_at(p, 0).buffer);
    ck_assert_double_eq(*(double *)wg_params_value(p, 1), -7);
    wg_params_free(p);
    wg_archive_free(archive);
    files_leave();
}
END_TEST

/* Loads "p" into `into` strictly, in vain: message, report, and the store as it was. */
static void refused(wg_params *into, wg_status status, const char *text, const wg_load_report *expected)
{
    wg_error error = {0};
    wg_load_report report;
    wg_params *before = wg_params_new(NULL);
    wg_params_copy(before, into, NULL);
    ck_assert_int_eq(wg_params_load(into, "p", &(wg_load_options){.report = &report}, &error), status);
    ck_assert_str_eq(error.message, text);
    ck_assert(wg_params_equal(before, into));
    ck_assert(report.loaded == expected->loaded && report.missing == expected->missing &&
              report.extra == expected->extra && report.misfit == expected->misfit);
    ck_assert_str_eq(report.missing_names, expected->missing_names);
    ck_assert_str_eq(report.extra_names, expected->extra_names);
    ck_assert_str_eq(report.misfit_names, expected->misfit_names);
    wg_params_free(before);
}

START_TEST(strict_means_all_and_no_other)
{
    files_enter("checkpoint");
    wg_params *p = example(WG_F64), *less = store(WG_F64), *more = example(WG_F64), *turned = store(WG_F64);
    save(p, "p");
    wg_params_add(less, "fc.weight", WG_SHAPE(3, 4), NULL, NULL);
    wg_params_add(more, "fc2.weight", WG_SHAPE(3), NULL, NULL);
    wg_params_add(turned, "fc.weight", WG_SHAPE(4, 3), NULL, NULL);
    wg_params_add_buffer(turned, "bn.mean", WG_SHAPE(4), NULL, NULL);
    wg_params_add(turned, "s", wg_shape_scalar(), NULL, NULL);
    refused(less, WG_NAME, "p does not hold the arrays of this store: 2 too many: bn.mean, s",
        &(wg_load_report){.loaded = 1, .extra = 2, .extra_names = "bn.mean, s"});
    refused(more, WG_NAME, "p does not hold the arrays of this store: 1 missing: fc2.weight",
        &(wg_load_report){.loaded = 3, .missing = 1, .missing_names = "fc2.weight"});
    refused(turned, WG_BAD_SHAPE,
        "p does not hold the arrays of this store: 1 of another shape: fc.weight [3, 4] (here [4, 3])",
        &(wg_load_report){.loaded = 2, .misfit = 1, .misfit_names = "fc.weight [3, 4] (here [4, 3])"});
    wg_params_free(p), wg_params_free(less), wg_params_free(more), wg_params_free(turned);
    files_leave();
}
END_TEST

START_TEST(lenient_means_what_fits)
{
    files_enter("checkpoint");
    wg_params *p = example(WG_F64), *other = store(WG_F64);
    const wg_init seven = wg_init_constant(7);
    wg_load_report report;
    save(p, "p");
    wg_params_add(other, "fc.weight", WG_SHAPE(4, 3), &seven, NULL);
    wg_params_add(other, "s", wg_shape_scalar(), &seven, NULL);
    wg_params_add(other, "mine", wg_shape_scalar(), &seven, NULL);
    ck_assert_int_eq(
        wg_params_load(other, "p", &(wg_load_options){.lenient = true, .report = &report}, NULL), WG_OK);
    ck_assert(report.loaded == 1 && report.missing == 1 && report.extra == 1 && report.misfit == 1);
    ck_assert_str_eq(report.missing_names, "mine");
    ck_assert_str_eq(report.extra_names, "bn.mean");
    ck_assert_double_eq(*(double *)wg_params_value(other, 0), 7);
    ck_assert_double_eq(*(double *)wg_params_value(other, 1), 1.0 / 3);
    ck_assert_double_eq(*(double *)wg_params_value(other, 2), 7);
    ck_assert_uint_eq(wg_params_count(other), 3);
    wg_params_free(p), wg_params_free(other);
    files_leave();
}
END_TEST

/* A hundred names: the report says how many, and as many names as it has room for. */
START_TEST(long_lists_are_cut)
{
    files_enter("checkpoint");
    wg_params *many = store(WG_F32), *one = store(WG_F32), *empty = store(WG_F32);
    wg_load_report report;
    for (int i = 0; i < 100; i++) {
        char name[32];
        snprintf(name, sizeof name, "layer%d.weight", i);
        wg_params_add(many, name, WG_SHAPE(1), NULL, NULL);
    }
    wg_params_add(one, "one", WG_SHAPE(1), NULL, NULL);
    save(many, "p");
    wg_error error = {0};
    ck_assert_int_eq(wg_params_load(one, "p", &(wg_load_options){.report = &report}, &error), WG_NAME);
    size_t length = strlen(report.extra_names);
    ck_assert(report.extra == 100 && length > 200 && strcmp(report.extra_names + length - 5, ", ...") == 0);
    ck_assert_ptr_nonnull(
        strstr(error.message, "1 missing: one; 100 too many: layer0.weight, layer1.weight"));
    ck_assert_int_eq(wg_params_load(empty, "p", &(wg_load_options){.report = &report}, NULL), WG_OK);
    ck_assert(report.loaded == 100 && report.extra == 0 && report.extra_names[0] == 0);
    wg_params_free(many), wg_params_free(one), wg_params_free(empty);
    files_leave();
}
END_TEST

START_TEST(loading_makes_tapes_stale)
{
    files_enter("checkpoint");
    wg_params *p = example(WG_F64);
    wg_tape *tape = wg_tape_new(NULL);
    save(p, "p");
    wg_var y = wg_square(wg_param(p, tape, "s", wg_shape_scalar(), NULL));
    load(p, "p");
    ck_assert_int_eq(wg_backward(y), WG_STALE);
    wg_tape_free(tape);
    wg_params_free(p);
    files_leave();
}
END_TEST

START_TEST(errors)
{
    files_enter("checkpoint");
    wg_params *p = example(WG_F64), *sealed = store(WG_F64), *odd = store(WG_F64);
    wg_error error = {0};
    save(p, "p");
    wg_params_seal(sealed);
    ck_assert_int_eq(wg_params_load(sealed, "p", NULL, NULL), WG_NAME);
    ck_assert_uint_eq(wg_params_count(sealed), 0);
    ck_assert_int_eq(wg_params_load(NULL, "p", NULL, NULL), WG_INVALID);
    ck_assert_int_eq(wg_params_load(p, NULL, NULL, NULL), WG_INVALID);
    ck_assert_int_eq(wg_params_load(p, "none", NULL, &error), WG_FILE);
    ck_assert_str_eq(error.message, "none: No such file or directory");
    ck_assert_int_eq(wg_params_load(p, "p", NULL, &error), WG_FILE); /* the first error stays */
    ck_assert_int_eq(wg_params_save(p, "q", &error), WG_FILE);
    ck_assert_int_eq(wg_params_save(NULL, "q", NULL), WG_INVALID);
    ck_assert_int_eq(wg_params_save(p, NULL, NULL), WG_INVALID);
    ck_assert_int_eq(wg_params_save(p, "no/q", NULL), WG_FILE);
    wg_params_add(odd, "\xFF", WG_SHAPE(1), NULL, NULL);
    ck_assert_int_eq(wg_params_save(odd, "q", NULL), WG_NAME);
    ck_assert_uint_eq(files_count(), 1);
    wg_params_free(p), wg_params_free(sealed), wg_params_free(odd);
    files_leave();
}
END_TEST

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
    ck_assert_uint_eq(wg_optim_steps(second.t.optim), 5);
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
    wg_tape_set_run(r.t.tape, 77);
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
    ck_assert(wg_archive_count(again.t.extra) == 1 && wg_archive_notes(again.t.extra) == 2);
    ck_assert_mem_eq(wg_archive_at(again.t.extra, 0).data, best, sizeof best);
    ck_assert_double_eq(wg_optim_lr(again.t.optim), 0.1 / 3);
    ck_assert_uint_eq(wg_tape_run(again.t.tape), 77);
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
    load(p, "t");
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
    save(adam.t.params, "p");
    ck_assert_int_eq(wg_training_save(&adam.t, "adam", NULL), WG_OK);
    ck_assert_int_eq(wg_training_save(&sgd.t, "sgd", NULL), WG_OK);
    ck_assert_int_eq(wg_training_save(&(wg_training){.params = adam.t.params}, "bare", NULL), WG_OK);
    training_refused(
        &sgd.t, "adam", WG_INVALID, "adam was saved with adam (2 moments each), not with sgd (1)");
    training_refused(&(wg_training){.params = sgd.t.params, .optim = plain}, "sgd", WG_INVALID,
        "sgd was saved with sgd (1 moments each), not with sgd (0)");
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
    for (size_t i = 0; i < wg_archive_notes(from); i++)
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
        {"optim/1/fc1.weight", NULL, NULL, "moment 1 of fc1.weight is missing or misshapen", WG_FORMAT},
        {"params/fc1.bias", NULL, NULL, "1 missing: fc1.bias", WG_NAME},
        {"", "training.lr", "-0x1p0", "has no optimiser", WG_FORMAT},
        {"", "training.lr", "nan", "has no optimiser", WG_FORMAT},
        {"", "training.steps", "1.5", "has no optimiser", WG_FORMAT},
        {"", "training.run", "", "has no tape", WG_FORMAT}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rewrite(cases[i].leave_out, cases[i].key, cases[i].text);
        training_refused(&other.t, "u", cases[i].status, cases[i].message);
        ck_assert(wg_params_equal(before, other.t.params));
        ck_assert_uint_eq(wg_optim_steps(other.t.optim), 2);
    }
    /* a parameter that is called a buffer has its moments left out, and nothing is read beyond them */
    rewrite("optim/1/fc1.weight", "wengert.buffer.fc1.weight", "true");
    wg_error error = {0};
    ck_assert_msg(wg_training_load(&other.t, "u", &error) == WG_OK, "%s", error.message);
    wg_params_free(before);
    run_free(&r), run_free(&other);
    files_leave();
}
END_TEST

/* ---- When things go wrong -------------------------------------------------------------------------- */

/* Each request of memory fails in turn, for saving and for loading, into a store that is made and an empty
 * one. */
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

/* Stores of one number, in all elements: a file that is half of two saves would be seen. */
static wg_params *uniform(double value)
{
    wg_params *p = store(WG_F64);
    const wg_init init = wg_init_constant(value);
    ck_assert_int_eq(wg_params_add(p, "w", WG_SHAPE(100, 1000), &init, NULL), WG_OK);
    return p;
}

static void save_forever(void)
{
    wg_params *stores[3] = {uniform(1), uniform(2), uniform(3)};
    for (size_t i = 0;; i = (i + 1) % 3)
        if (wg_params_save(stores[i], "p", NULL) != WG_OK)
            _exit(1);
}

START_TEST(killed_saves_leave_a_whole_file)
{
    files_enter("checkpoint");
    wg_params *p = uniform(1);
    save(p, "p");
    wg_params_free(p);
    srand(1);
    for (int i = 0; i < 60; i++) {
        int status = 0;
        pid_t child = fork();
        if (child == 0)
            save_forever();
        nanosleep(&(struct timespec){.tv_nsec = 1000 * (rand() % 20000)}, NULL);
        ck_assert(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status));
        wg_params *found = store(WG_F64);
        load(found, "p"); /* which checks the checksum */
        const double *w = wg_params_value(found, 0);
        for (size_t k = 1; k < 100000; k++)
            ck_assert_double_eq(w[k], w[0]);
        wg_params_free(found);
    }
    files_leave();
}
END_TEST

/* In a child, since the limit cannot be taken back. */
static int save_on_a_full_disk(void)
{
    wg_error error = {0};
    wg_params *p = uniform(2);
    const struct rlimit limit = {300000, 300000};
    signal(SIGXFSZ, SIG_IGN);
    bool failed = setrlimit(RLIMIT_FSIZE, &limit) == 0 && wg_params_save(p, "p", &error) == WG_FILE;
    wg_params_free(p);
    return failed && strstr(error.message, "p: cannot be written at offset 300000: ") ? 0 : 1;
}

START_TEST(a_full_disk_leaves_the_old_file)
{
    files_enter("checkpoint");
    wg_params *p = uniform(1), *found = store(WG_F64);
    save(p, "p");
    int status = 0;
    pid_t child = fork();
    if (child == 0)
        _exit(save_on_a_full_disk());
    ck_assert(waitpid(child, &status, 0) == child && WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
    ck_assert_uint_eq(files_count(), 1);
    load(found, "p");
    ck_assert(wg_params_equal(p, found));
    wg_params_free(p), wg_params_free(found);
    files_leave();
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{saved_and_loaded, 1}, {notes_say_what_it_is, 1}, {dtypes_are_converted, 1},
        {arrays_of_others, 1}, {strict_means_all_and_no_other, 1}, {lenient_means_what_fits, 1},
        {long_lists_are_cut, 1}, {loading_makes_tapes_stale, 1}, {errors, 1}, {five_and_five_are_ten, 8},
        {what_else_is_kept, 1}, {parameters_of_a_training, 1}, {training_errors, 1},
        {damaged_trainings_change_nothing, 1}, {no_memory, 1}, {killed_saves_leave_a_whole_file, 1},
        {a_full_disk_leaves_the_old_file, 1}};
    return harness_run("checkpoint", tests, sizeof tests / sizeof tests[0]);
}
