/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* A fit that was interrupted, and goes on from its checkpoint, ends with the same bits. */
#define _POSIX_C_SOURCE 200809L

#include <wengert/checkpoint.h>

#include "files.h"
#include "fitting.h"

static const char path[] = "run.safetensors"; /* in a folder of the test's own */

struct plan {
    size_t epochs, stop_after; /* 0: no stop */
    bool resume, checkpoint, momentum;
    size_t accumulate;
};

static int stop_batch(void *user, const wg_epoch *so_far)
{
    (void)so_far;
    size_t *left = user;
    return *left > 0 && --*left == 0;
}

static wg_fit_options options_of(struct plan plan)
{
    return (wg_fit_options){.epochs = plan.epochs,
        .batch = 16,
        .seed = 4,
        .accumulate = plan.accumulate,
        .schedule = {.kind = WG_SCHEDULE_COSINE, .warmup = 1, .total = 8},
        .validation = 0.2,
        .patience = 100,
        .checkpoint = plan.checkpoint ? path : NULL,
        .resume = plan.resume};
}

/* Runs one plan on objects of its own. */
static wg_params *run(struct plan plan, wg_history *history)
{
    wg_dataset *data = three_classes(100, 1);
    wg_params *params = store(WG_F32);
    wg_optim *optim = plan.momentum ? wg_sgd_new(params, &(wg_sgd_options){.momentum = 0.9})
                                    : wg_adam_new(params, &(wg_adam_options){.lr = 0.02});
    size_t left = plan.stop_after;
    wg_fit_options options = options_of(plan);
    options.optim = optim;
    options.history = history;
    options.on_batch = stop_batch;
    options.user = &left;
    wg_error error = {0};
    fine(wg_fit(with_state, NULL, params, data, &options, &error), &error);
    wg_optim_free(optim);
    wg_dataset_free(data);
    return params;
}

static void same_history(const wg_history *a, const wg_history *b)
{
    ck_assert_uint_eq(a->count, b->count);
    ck_assert_uint_eq(a->best, b->best);
    for (size_t i = 0; i < a->count; i++) {
        const wg_epoch *x = &a->epochs[i], *y = &b->epochs[i];
        ck_assert(x->epoch == y->epoch && x->loss == y->loss && x->metric == y->metric && x->lr == y->lr &&
                  x->validation_loss == y->validation_loss && x->validation_metric == y->validation_metric &&
                  x->samples == y->samples && x->best == y->best);
    }
}

/* 80 samples are trained: 5 batches an epoch, 40 in 8 epochs. Stopped after each of these numbers of updates.
 */
static const size_t stops[] = {1, 4, 5, 6, 17, 25, 39};

START_TEST(stopped_anywhere)
{
    files_enter("fit");
    wg_history whole = {0}, first = {0}, second = {0};
    bool momentum = _i % 2;
    wg_params *expected = run((struct plan){.epochs = 8, .momentum = momentum}, &whole);
    wg_params *part =
        run((struct plan){.epochs = 8, .momentum = momentum, .checkpoint = true, .stop_after = stops[_i]},
            &first);
    ck_assert_int_eq(first.end, WG_FIT_STOPPED);
    ck_assert_uint_eq(first.count, stops[_i] / 5);
    wg_params *rest =
        run((struct plan){.epochs = 8, .momentum = momentum, .checkpoint = true, .resume = true}, &second);
    ck_assert(wg_params_equal(rest, expected));
    same_history(&second, &whole);
    ck_assert_int_eq(second.end, WG_FIT_EPOCHS);
    wg_params_free(expected), wg_params_free(part), wg_params_free(rest);
    wg_history_free(&whole), wg_history_free(&first), wg_history_free(&second);
    files_leave();
}
END_TEST

START_TEST(five_and_three_epochs_are_eight)
{
    files_enter("fit");
    wg_history whole = {0}, parts = {0};
    wg_params *expected = run((struct plan){.epochs = 8, .accumulate = 2}, &whole);
    wg_params *part = run((struct plan){.epochs = 5, .accumulate = 2, .checkpoint = true}, NULL);
    wg_params *rest =
        run((struct plan){.epochs = 8, .accumulate = 2, .checkpoint = true, .resume = true}, &parts);
    ck_assert(wg_params_equal(rest, expected));
    same_history(&parts, &whole);
    wg_params *again =
        run((struct plan){.epochs = 8, .accumulate = 2, .checkpoint = true, .resume = true}, NULL);
    ck_assert(wg_params_equal(again, expected)); /* nothing is left to do: the best is put back again */
    wg_params_free(expected), wg_params_free(part), wg_params_free(rest), wg_params_free(again);
    wg_history_free(&whole), wg_history_free(&parts);
    files_leave();
}
END_TEST

/* ---- What cannot go on ------------------------------------------------------------------------------ */

static void expect(wg_fit_options options, size_t samples, wg_status status, const char *text)
{
    wg_dataset *data = three_classes(samples, 1);
    wg_params *params = store(WG_F32), *before = store(WG_F32);
    wg_error error = {0};
    options.resume = true;
    wg_accuracy(with_state, NULL, params, data, &error); /* makes the parameters */
    wg_params_copy(before, params, &error);
    wg_status is = wg_fit(with_state, NULL, params, data, &options, &error);
    refused(is, status, &error, text);
    ck_assert(wg_params_equal(params, before));
    wg_params_free(params), wg_params_free(before);
    wg_dataset_free(data);
}

START_TEST(another_training_is_refused)
{
    files_enter("fit");
    wg_dataset *data = three_classes(100, 1);
    wg_params *params = store(WG_F32);
    wg_error error = {0};
    wg_fit_options good = {.epochs = 1, .batch = 16, .checkpoint = path, .seed = 4}, bad = good;
    fine(wg_fit(with_state, NULL, params, data, &good, &error), &error);
    expect(good, 99, WG_INVALID, "saved with 100 samples, and cannot go on with 99");
    bad.batch = 20;
    expect(bad, 100, WG_INVALID, "saved with 16 samples in a batch");
    bad = good, bad.seed = 5;
    expect(bad, 100, WG_INVALID, "seed");
    bad = good, bad.validation = 0.5;
    expect(bad, 100, WG_INVALID, "batches in an epoch");
    fine(wg_params_save(params, path, &error), &error);
    expect(good, 100, WG_FORMAT, "fit.position is not what a fit saves");
    FILE *file = fopen(path, "wb");
    ck_assert(file && fputs("nonsense", file) >= 0 && fclose(file) == 0);
    expect(good, 100, WG_FORMAT, path);
    bad = good, bad.checkpoint = "..";
    expect(bad, 100, WG_FILE, "..");
    bad.checkpoint = NULL;
    expect(bad, 100, WG_INVALID, "resume needs the name");
    wg_params_free(params);
    wg_dataset_free(data);
    files_leave();
}
END_TEST

START_TEST(a_checkpoint_that_cannot_be_written)
{
    wg_dataset *data = three_classes(30, 1);
    wg_params *params = store(WG_F32);
    wg_error error = {0};
    refused(wg_fit(with_state, NULL, params, data,
                &(wg_fit_options){.epochs = 3, .checkpoint = "no-such-folder/run.safetensors"}, &error),
        WG_FILE, &error, "no-such-folder/run.safetensors");
    ck_assert_uint_eq(wg_params_count(params), 0); /* nothing was trained for nothing */
    wg_params_free(params);
    wg_dataset_free(data);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{stopped_anywhere, sizeof stops / sizeof stops[0]},
        {five_and_three_epochs_are_eight, 0}, {another_training_is_refused, 0},
        {a_checkpoint_that_cannot_be_written, 0}};
    return harness_run("fit_resume", tests, sizeof tests / sizeof tests[0]);
}
