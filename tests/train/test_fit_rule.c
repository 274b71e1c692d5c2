/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Fits with update rules of a user's own: planned, recorded, interrupted, with numbers that are not finite. */
#define _POSIX_C_SOURCE 200809L

#include <wengert/checkpoint.h>

#include "files.h"
#include "fitting.h"
#include "own_rules.h"

static const char path[] = "run.safetensors"; /* in a folder of the test's own */

typedef wg_optim *maker(wg_params *params);

static maker *const makers[] = {lion_new, lars_new};

/* ---- The example of optim.h ------------------------------------------------------------------------- */

static void lion_f32(const void *options, const wg_optim_range *r)
{
    const float beta1 = 0.9f, beta2 = 0.99f, lr = (float)r->lr, decay = (float)r->weight_decay;
    const float *g = r->gradient;
    float *w = r->value, *m = r->slot[0];
    (void)options;
    for (size_t i = 0; i < r->count; i++) {
        float u = beta1 * m[i] + (1 - beta1) * g[i];
        w[i] -= lr * ((float)((u > 0) - (u < 0)) + decay * w[i]);
        m[i] = beta2 * m[i] + (1 - beta2) * g[i];
    }
}

static const wg_optim_rule lion = {
    .name = "lion", .slots = {"m"}, .elementwise = true, .update_f32 = lion_f32};

static void accuracy_of(wg_optim *optim, const wg_dataset *data, double least)
{
    wg_error error = {0};
    wg_fit_options options = {.optim = optim, .epochs = 40, .batch = 16};
    fine(wg_fit(classifier, NULL, wg_optim_params(optim), data, &options, &error), &error);
    ck_assert_double_ge(wg_accuracy(classifier, NULL, wg_optim_params(optim), data, &error), least);
}

START_TEST(they_learn)
{
    wg_dataset *data = three_classes(300, 1);
    wg_params *p = store(WG_F32), *q = store(WG_F64);
    wg_optim *optim = wg_optim_new(p, &lion, &(wg_optim_options){.lr = 1e-2, .weight_decay = 0.01});
    wg_optim *lars = lars_new(q);
    accuracy_of(optim, data, 0.95);
    accuracy_of(lars, data, 0.95);
    wg_optim_free(optim), wg_optim_free(lars);
    wg_params_free(p), wg_params_free(q);
    wg_dataset_free(data);
}
END_TEST

/* ---- The same bits ---------------------------------------------------------------------------------- */

typedef struct run {
    wg_params *params;
    wg_optim *optim;
    wg_error error;
    wg_status status;
} run;

static run fit(maker *make, wg_dtype dtype, int threads, const wg_dataset *data, wg_fit_options options)
{
    run r = {.params = wg_params_new(&(wg_params_options){.dtype = dtype, .seed = 3, .threads = threads})};
    r.optim = make(r.params);
    options.optim = r.optim;
    options.threads = threads;
    options.batch = 16;
    options.seed = 4;
    options.schedule = (wg_schedule){.kind = WG_SCHEDULE_COSINE, .warmup = 1, .total = 4};
    r.status = wg_fit(with_state, NULL, r.params, data, &options, &r.error);
    return r;
}

static void end(run *r)
{
    wg_optim_free(r->optim);
    wg_params_free(r->params);
}

static void same_state(const run *a, const run *b)
{
    ck_assert(wg_params_equal(a->params, b->params)); /* buffers, too */
    ck_assert_uint_eq(wg_optim_step_count(a->optim), wg_optim_step_count(b->optim));
    for (size_t i = 0; i < wg_params_count(a->params); i++) {
        wg_param_info x = wg_params_at(a->params, i);
        if (!x.buffer)
            ck_assert_mem_eq(wg_optim_state(a->optim, 0, i), wg_optim_state(b->optim, 0, i),
                x.count * wg_dtype_size(wg_params_dtype(a->params)));
    }
}

START_TEST(planned_recorded_and_on_any_threads)
{
    static const wg_fit_options ways[] = {
        {.epochs = 4}, {.epochs = 4, .clip_norm = 0.5}, {.epochs = 4, .accumulate = 2}};
    wg_dataset *data = three_classes(100, 1);
    for (int dtype = 0; dtype < 2; dtype++)
        for (size_t way = 0; way < sizeof ways / sizeof ways[0]; way++) {
            wg_fit_options recorded = ways[way];
            recorded.record = true;
            run expected = fit(makers[_i], dtype ? WG_F32 : WG_F64, 1, data, recorded);
            fine(expected.status, &expected.error);
            for (int threads = 1; threads <= 3; threads++) {
                run r = fit(makers[_i], dtype ? WG_F32 : WG_F64, threads, data, ways[way]);
                fine(r.status, &r.error);
                same_state(&r, &expected);
                end(&r);
            }
            end(&expected);
        }
    wg_dataset_free(data);
}
END_TEST

/* ---- Checkpoints ------------------------------------------------------------------------------------ */

static int stop_after(void *user, const wg_epoch *so_far)
{
    (void)so_far;
    size_t *left = user;
    return --*left == 0;
}

START_TEST(interrupted_and_gone_on_with)
{
    files_enter("rule");
    wg_dataset *data = three_classes(100, 1);
    for (int dtype = 0; dtype < 2; dtype++)
        for (size_t stop = 1; stop < 28; stop += 6) { /* of 28 updates */
            wg_dtype type = dtype ? WG_F32 : WG_F64;
            size_t left = stop;
            run whole = fit(makers[_i], type, 1, data, (wg_fit_options){.epochs = 4}),
                first = fit(makers[_i], type, 1, data,
                    (wg_fit_options){.epochs = 4, .checkpoint = path, .on_batch = stop_after, .user = &left}),
                rest = fit(makers[_i], type, 1, data,
                    (wg_fit_options){.epochs = 4, .checkpoint = path, .resume = true});
            fine(first.status, &first.error), fine(rest.status, &rest.error);
            ck_assert_uint_eq(wg_optim_step_count(first.optim), stop);
            same_state(&rest, &whole);
            end(&whole), end(&first), end(&rest);
        }
    wg_dataset_free(data);
    files_leave();
}
END_TEST

START_TEST(another_rules_checkpoint)
{
    files_enter("rule");
    wg_dataset *data = three_classes(100, 1);
    wg_fit_options options = {.epochs = 1, .checkpoint = path, .resume = true};
    run lions = fit(lion_new, WG_F64, 1, data, options);
    fine(lions.status, &lions.error);
    options.epochs = 2;
    run lars = fit(lars_new, WG_F64, 1, data, options);
    refused(lars.status, WG_INVALID, &lars.error, "saved with lion (momentum), not with lars (velocity)");
    ck_assert_uint_eq(wg_params_count(lars.params) + wg_optim_step_count(lars.optim), 0);
    end(&lions), end(&lars);
    wg_dataset_free(data);
    files_leave();
}
END_TEST

/* ---- Not finite ------------------------------------------------------------------------------------- */

/* Sample 40, in batch 3 of 7, is no number: the fit ends with the state of two updates, or leaves one out. */
START_TEST(what_is_not_finite_updates_nothing)
{
    wg_dataset *data = three_classes(100, 1), *bad = NULL;
    double *x = malloc(200 * sizeof *x);
    memcpy(x, wg_dataset_x(data).data, 200 * sizeof *x);
    x[80] = (double)NAN;
    bad = wg_dataset_from_arrays(WG_DOUBLES(x, 100, 2), wg_dataset_y(data), NULL);
    for (int record = 0; record < 2; record++) {
        size_t left = 2;
        wg_fit_options options = {.epochs = 1, .in_order = true, .record = record};
        run r = fit(makers[_i], WG_F64, 2, bad, options);
        refused(r.status, WG_NUMBER, &r.error, "epoch 1, batch 3: the loss is ");
        options.skip_not_finite = true;
        run skipped = fit(makers[_i], WG_F64, 2, bad, options);
        fine(skipped.status, &skipped.error);
        ck_assert_uint_eq(wg_optim_step_count(skipped.optim), 6);
        ck_assert_uint_eq(wg_params_not_finite(skipped.params), SIZE_MAX);
        options.on_batch = stop_after, options.user = &left;
        run two = fit(makers[_i], WG_F64, 2, data, options);
        fine(two.status, &two.error);
        same_state(&r, &two);
        end(&r), end(&skipped), end(&two);
    }
    wg_dataset_free(data), wg_dataset_free(bad);
    free(x);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{they_learn, 0}, {planned_recorded_and_on_any_threads, 2},
        {interrupted_and_gone_on_with, 2}, {another_rules_checkpoint, 0},
        {what_is_not_finite_updates_nothing, 2}};
    return harness_run("fit_rule", tests, sizeof tests / sizeof tests[0]);
}
