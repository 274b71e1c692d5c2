/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Fits and tests by plans, and by recording every batch: the same bits, whatever the model does. */
#include "fitting.h"

/* What a model has seen: how often it was called, and by a metric, which comes after a batch's work, how
 * often its x had no value then: so often a plan computed the batch. */
typedef struct diary {
    size_t calls, planned;
    wg_var x;
    double factor;
} diary;

static double watch(wg_array prediction, wg_array target, void *user)
{
    diary *d = user;
    d->planned += !wg_has_value(d->x);
    return wg_metric_accuracy(prediction, target, NULL);
}

static wg_var watched(wg_params *p, wg_var x, void *user)
{
    diary *d = user;
    d->calls++;
    d->x = x;
    return with_state(p, x, NULL);
}

typedef struct outcome {
    wg_params *params;
    wg_history history;
    diary diary;
    wg_status status;
    char message[WG_MESSAGE_SIZE];
} outcome;

/* Two epochs of eight batches of 8 and one of 3, with an eighth to test; by plans, or recorded. */
static outcome fit(wg_model model, wg_dtype dtype, bool record, wg_fit_options options)
{
    outcome o = {.params = store(dtype)};
    wg_dataset *data = three_classes(77, 2);
    wg_error error = {0};
    options.epochs = options.epochs ? options.epochs : 2;
    options.batch = 8;
    options.validation = 10.0 / 77;
    options.metric = watch;
    options.metric_user = &o.diary;
    options.history = &o.history;
    options.record = record;
    o.status = wg_fit(model, &o.diary, o.params, data, &options, &error);
    memcpy(o.message, error.message, sizeof o.message);
    wg_dataset_free(data);
    return o;
}

static void same_outcome(outcome *a, outcome *b)
{
    ck_assert_int_eq(a->status, b->status);
    ck_assert_str_eq(a->message, b->message);
    ck_assert(wg_params_equal(a->params, b->params));
    ck_assert_uint_eq(a->history.count, b->history.count);
    for (size_t i = 0; i < a->history.count; i++) {
        const wg_epoch *x = &a->history.epochs[i], *y = &b->history.epochs[i];
        ck_assert(x->loss == y->loss && x->metric == y->metric && x->validation_loss == y->validation_loss &&
                  x->validation_metric == y->validation_metric && x->samples == y->samples);
    }
}

static void outcome_free(outcome *o)
{
    wg_params_free(o->params);
    wg_history_free(&o->history);
}

/* Dropout, running statistics, clipping, patience: in both dtypes the bits of recording every batch. */
START_TEST(the_same_bits)
{
    for (int dtype = 0; dtype < 2; dtype++) {
        const wg_fit_options options = {.seed = 5, .clip_norm = 1, .patience = 2, .epochs = 3};
        outcome planned = fit(watched, dtype ? WG_F32 : WG_F64, false, options),
                recorded = fit(watched, dtype ? WG_F32 : WG_F64, true, options);
        ck_assert_msg(planned.status == WG_OK, "%s", planned.message);
        same_outcome(&planned, &recorded);
        ck_assert_uint_eq(recorded.diary.planned, 0);
        ck_assert_uint_eq(planned.diary.calls, recorded.diary.calls);
        ck_assert_uint_eq(planned.diary.calls, 3 * (9 + 2));   /* of 67 samples, and of 10 */
        ck_assert_uint_eq(planned.diary.planned, 3 * (8 + 1)); /* all but the last of each */
        outcome_free(&planned), outcome_free(&recorded);
    }
}
END_TEST

/* ---- Models that are not the same each time --------------------------------------------------------- */

/* Another formula every third batch; a number that grows; a shape rule of its own. */
static wg_var moody(wg_params *p, wg_var x, void *user)
{
    diary *d = user;
    d->x = x;
    x = wg_layer_dense(p, "fc1", x, 8, NULL);
    x = d->calls++ % 3 == 2 ? wg_tanh(x) : wg_relu(x);
    return wg_layer_dense(p, "fc2", x, 3, NULL);
}

static wg_var annealed(wg_params *p, wg_var x, void *user)
{
    diary *d = user;
    d->x = x;
    d->calls++;
    return wg_mulc(classifier(p, x, NULL), 1 + (double)d->calls / 100);
}

static wg_var noisy(wg_params *p, wg_var x, void *user)
{
    diary *d = user;
    d->x = x;
    const double noise[2] = {0.25 * (double)(d->calls % 4), -1};
    d->calls++;
    return classifier(p, wg_add(x, wg_input(wg_tape_of(x), WG_DOUBLES(noise, 2))), NULL);
}

/* Changes once, as a schedule would make it. */
static wg_var staged(wg_params *p, wg_var x, void *user)
{
    diary *d = user;
    d->x = x;
    x = wg_dropout(wg_layer_dense(p, "fc1", x, 8, NULL), d->calls++ < 11 ? 0 : 0.5);
    return wg_layer_dense(p, "fc2", wg_tanh(x), 3, NULL);
}

START_TEST(models_that_change)
{
    static const wg_model models[] = {moody, annealed, noisy, staged};
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        outcome planned = fit(models[i], WG_F64, false, (wg_fit_options){0}),
                recorded = fit(models[i], WG_F64, true, (wg_fit_options){0});
        ck_assert_msg(planned.status == WG_OK, "%s", planned.message);
        ck_assert_uint_eq(planned.diary.calls, recorded.diary.calls);
        same_outcome(&planned, &recorded);
        ck_assert(models[i] != staged || planned.diary.planned > 14);
        outcome_free(&planned), outcome_free(&recorded);
    }
}
END_TEST

/* It decides by what it computes: with a guard, by a number, by what it reads. */
static wg_var deciding(wg_params *p, wg_var x, void *user)
{
    diary *d = user;
    d->x = x;
    wg_var sum = wg_sum(x), h = wg_layer_dense(p, "fc1", x, 8, NULL);
    double number = wg_item(sum);
    d->calls += number == number;
    return wg_layer_dense(p, "fc2", number > 0 ? wg_tanh(h) : wg_mulc(h, 0.5), 3, NULL);
}

static wg_var guarded(wg_params *p, wg_var x, void *user)
{
    diary *d = user;
    d->x = x;
    wg_var h = wg_layer_dense(p, "fc1", x, 8, NULL);
    bool up = wg_branch(wg_gt(wg_sum(x), wg_const_scalar(wg_tape_of(x), 0)));
    d->calls++;
    return wg_layer_dense(p, "fc2", up ? wg_tanh(h) : wg_mulc(h, 0.5), 3, NULL);
}

static wg_var reading(wg_params *p, wg_var x, void *user)
{
    diary *d = user;
    double corner[16] = {0};
    d->x = x;
    bool there = wg_read(x, corner, wg_count_of(x)) == WG_OK;
    return wg_mulc(classifier(p, x, NULL), there && corner[0] > 0 ? 1.5 : 1);
}

START_TEST(models_that_look_at_values)
{
    static const wg_model models[] = {deciding, guarded, reading};
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        outcome planned = fit(models[i], WG_F64, false, (wg_fit_options){0}),
                recorded = fit(models[i], WG_F64, true, (wg_fit_options){0});
        ck_assert_msg(planned.status == WG_OK, "%s", planned.message);
        same_outcome(&planned, &recorded);
        ck_assert_uint_eq(planned.diary.planned, 0);
        outcome_free(&planned), outcome_free(&recorded);
    }
}
END_TEST

/* ---- Callbacks, failures ---------------------------------------------------------------------------- */

static int looks(void *user, const wg_epoch *so_far)
{
    diary *d = user;
    ck_assert(so_far->samples > 0);
    ck_assert(wg_has_value(d->x)); /* the model left it there */
    return 0;
}

START_TEST(callbacks_see_the_models_vars)
{
    outcome o = {.params = store(WG_F64)};
    wg_dataset *data = three_classes(24, 2);
    wg_error error = {0};
    fine(wg_fit(watched, &o.diary, o.params, data,
             &(wg_fit_options){.epochs = 1, .batch = 8, .on_batch = looks, .user = &o.diary}, &error),
        &error);
    wg_dataset_free(data);
    outcome_free(&o);
}
END_TEST

/* From batch 5 on the result is not finite, and from batch 6 on the shape is wrong: the same words, and the
 * parameters of before. */
static wg_var exploding(wg_params *p, wg_var x, void *user)
{
    diary *d = user;
    d->x = x;
    x = wg_set_name(wg_log(wg_addc(wg_square(x), d->calls++ < 5 ? 1 : -1e6)), "tangled");
    return classifier(p, x, NULL);
}

static wg_var shrinking(wg_params *p, wg_var x, void *user)
{
    diary *d = user;
    d->x = x;
    return d->calls++ < 6 ? classifier(p, x, NULL)
                          : wg_layer_dense(p, "fc1", wg_sum_over(x, WG_AXES(1), true), 8, NULL);
}

START_TEST(failures_in_the_same_words)
{
    static const wg_model models[] = {exploding, shrinking};
    for (size_t i = 0; i < 2; i++) {
        outcome planned = fit(models[i], WG_F64, false, (wg_fit_options){.in_order = true}),
                recorded = fit(models[i], WG_F64, true, (wg_fit_options){.in_order = true});
        ck_assert_int_eq(recorded.status, i == 0 ? WG_NUMBER : WG_NAME);
        same_outcome(&planned, &recorded);
        outcome_free(&planned), outcome_free(&recorded);
    }
}
END_TEST

/* ---- Tests ------------------------------------------------------------------------------------------ */

START_TEST(evaluation_by_plans)
{
    outcome o = fit(watched, WG_F32, false, (wg_fit_options){0});
    wg_dataset *data = three_classes(77, 3);
    wg_score whole = {0}, parts = {0};
    wg_error error = {0};
    o.diary.planned = 0;
    wg_evaluate_options options = {.metric = watch, .metric_user = &o.diary, .batch = 7};
    fine(wg_evaluate(watched, &o.diary, o.params, data, &options, &parts, &error), &error);
    ck_assert_uint_eq(o.diary.planned, 11);
    options.batch = 80;
    fine(wg_evaluate(watched, &o.diary, o.params, data, &options, &whole, &error), &error);
    ck_assert_double_eq_tol(whole.loss, parts.loss, 1e-6);
    ck_assert_double_eq_tol(whole.metric, parts.metric, 1e-12);
    wg_dataset_free(data);
    outcome_free(&o);
}
END_TEST

TEST_MAIN("fit_plan", the_same_bits, models_that_change, models_that_look_at_values,
    callbacks_see_the_models_vars, failures_in_the_same_words, evaluation_by_plans)
