/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define _POSIX_C_SOURCE 200809L

#include <signal.h>

#include "alloc.h"
#include "files.h"
#include "fitting.h"

/* The same training by wg_fit, and as a loop written out. */
static wg_params *by_hand(const wg_dataset *data, size_t epochs)
{
    wg_params *params = store(WG_F64);
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.training = true, .seed = 9});
    wg_optim *adam = wg_adam_new(params, &(wg_adam_options){.lr = 0.01});
    wg_batches *batches = wg_batches_new(data, &(wg_batches_options){.size = 16, .seed = 9}, NULL);
    for (size_t epoch = 0; epoch < epochs; epoch++)
        for (wg_batch batch = {0}; wg_batches_next(batches, &batch);) {
            wg_tape_reset(tape);
            wg_var logits = with_state(params, wg_input(tape, batch.x), NULL);
            wg_var loss = wg_cross_entropy(logits, wg_input(tape, batch.y), NULL);
            wg_params_zero_grad(params);
            ck_assert_int_eq(wg_backward(loss), WG_OK);
            ck_assert_int_eq(wg_optim_step(adam), WG_OK);
        }
    wg_batches_free(batches);
    wg_optim_free(adam);
    wg_tape_free(tape);
    return params;
}

START_TEST(the_same_bits_as_a_loop_written_out)
{
    wg_dataset *data = three_classes(100, 1);
    wg_params *expected = by_hand(data, 3), *params = store(WG_F64);
    wg_optim *adam = wg_adam_new(params, &(wg_adam_options){.lr = 0.01});
    wg_error error = {0};
    fine(wg_fit(with_state, NULL, params, data,
             &(wg_fit_options){.optim = adam, .epochs = 3, .batch = 16, .seed = 9}, &error),
        &error);
    ck_assert(wg_params_equal(params, expected));
    wg_optim_free(adam);
    wg_params_free(params);
    wg_params_free(expected);
    wg_dataset_free(data);
}
END_TEST

START_TEST(defaults_learn)
{
    wg_dataset *train = three_classes(300, 1), *test = three_classes(150, 2);
    wg_params *params = store(WG_F32);
    wg_error error = {0};
    fine(wg_fit(classifier, NULL, params, train, NULL, &error), &error);
    double before = wg_accuracy(classifier, NULL, params, test, &error);
    fine(wg_fit(classifier, NULL, params, train, &(wg_fit_options){.epochs = 40}, NULL), &error);
    double after = wg_accuracy(classifier, NULL, params, test, &error);
    ck_assert_msg(after > 0.95 && after > before, "accuracy %g, then %g", before, after);
    wg_params_free(params);
    wg_dataset_free(train);
    wg_dataset_free(test);
}
END_TEST

START_TEST(a_line_by_its_default_loss)
{
    wg_dataset *data = line(20);
    wg_params *params = store(WG_F64);
    wg_optim *sgd = wg_sgd_new(params, &(wg_sgd_options){.lr = 0.1});
    wg_history history = {0};
    wg_error error = {0};
    fine(wg_fit(linear, NULL, params, data,
             &(wg_fit_options){.optim = sgd,
                 .epochs = 100,
                 .batch = 5,
                 .history = &history,
                 .metric = wg_metric_absolute_error},
             &error),
        &error);
    double w, b;
    ck_assert_int_eq(wg_params_read(params, "fc.weight", &w, 1), WG_OK);
    ck_assert_int_eq(wg_params_read(params, "fc.bias", &b, 1), WG_OK);
    ck_assert_double_eq_tol(w, 2, 1e-6);
    ck_assert_double_eq_tol(b, 1, 1e-6);
    ck_assert_uint_eq(history.count, 100);
    ck_assert_int_eq(history.end, WG_FIT_EPOCHS);
    ck_assert_double_lt(history.epochs[99].loss, 1e-12);
    ck_assert_double_lt(history.epochs[99].metric, 1e-6);
    ck_assert_double_gt(history.epochs[0].metric, 0.1);
    ck_assert(isnan(history.epochs[0].validation_loss) && history.epochs[0].samples == 20);
    wg_history_free(&history);
    ck_assert(history.epochs == NULL && history.count == 0);
    wg_optim_free(sgd);
    wg_params_free(params);
    wg_dataset_free(data);
}
END_TEST

/* The gradient of four batches of 4, added up, is that of one batch of 16 - also where the last one is
 * smaller. */
START_TEST(accumulated_gradients)
{
    wg_dataset *data = three_classes(45, 1);
    wg_params *whole = store(WG_F64), *parts = store(WG_F64);
    wg_optim *a = wg_sgd_new(whole, &(wg_sgd_options){.lr = 0.1}),
             *b = wg_sgd_new(parts, &(wg_sgd_options){.lr = 0.1});
    wg_error error = {0};
    fine(wg_fit(classifier, NULL, whole, data,
             &(wg_fit_options){.optim = a, .epochs = 4, .batch = 16, .in_order = true}, &error),
        &error);
    fine(wg_fit(classifier, NULL, parts, data,
             &(wg_fit_options){.optim = b, .epochs = 4, .batch = 4, .accumulate = 4, .in_order = true},
             &error),
        &error);
    ck_assert_uint_eq(wg_optim_step_count(a), 12);
    ck_assert_uint_eq(wg_optim_step_count(b), 12);
    double x[16], y[16];
    ck_assert_int_eq(wg_params_read(whole, "fc1.weight", x, 16), WG_OK);
    ck_assert_int_eq(wg_params_read(parts, "fc1.weight", y, 16), WG_OK);
    for (int i = 0; i < 16; i++)
        ck_assert_double_eq_tol(x[i], y[i], 1e-13);
    wg_optim_free(a), wg_optim_free(b);
    wg_params_free(whole), wg_params_free(parts);
    wg_dataset_free(data);
}
END_TEST

static double smallest_step(double clip_norm, double clip_value)
{
    wg_dataset *data = line(20);
    wg_params *params = store(WG_F64);
    const wg_init zero = wg_init_constant(0);
    wg_params_add(params, "fc.weight", WG_SHAPE(1, 1), &zero, NULL);
    wg_params_add(params, "fc.bias", WG_SHAPE(1), &zero, NULL);
    wg_optim *sgd = wg_sgd_new(params, &(wg_sgd_options){.lr = 1});
    wg_error error = {0};
    fine(wg_fit(linear, NULL, params, data,
             &(wg_fit_options){
                 .optim = sgd, .epochs = 1, .batch = 20, .clip_norm = clip_norm, .clip_value = clip_value},
             &error),
        &error);
    double w, b;
    wg_params_read(params, "fc.weight", &w, 1);
    wg_params_read(params, "fc.bias", &b, 1);
    wg_optim_free(sgd);
    wg_params_free(params);
    wg_dataset_free(data);
    return clip_norm > 0 ? sqrt(w * w + b * b) : fmax(fabs(w), fabs(b));
}

START_TEST(gradients_are_clipped)
{
    ck_assert_double_gt(smallest_step(0, 0), 1);
    ck_assert_double_eq_tol(smallest_step(0.25, 0), 0.25, 1e-12);
    ck_assert_double_eq_tol(smallest_step(0, 0.125), 0.125, 1e-15);
}
END_TEST

START_TEST(a_schedule_sets_the_rate_and_gives_it_back)
{
    wg_dataset *data = line(20);
    wg_params *params = store(WG_F64);
    wg_optim *sgd = wg_sgd_new(params, &(wg_sgd_options){.lr = 0.5});
    wg_history history = {0};
    wg_error error = {0};
    fine(wg_fit(linear, NULL, params, data,
             &(wg_fit_options){.optim = sgd,
                 .epochs = 4,
                 .batch = 10,
                 .history = &history,
                 .schedule = {.kind = WG_SCHEDULE_LINEAR}},
             &error),
        &error);
    for (size_t i = 0; i < 4; i++) /* at the second of two updates of each epoch */
        ck_assert_double_eq_tol(history.epochs[i].lr, 0.5 * (1 - ((double)i + 0.5) / 4), 1e-15);
    ck_assert_double_eq(wg_optim_lr(sgd), 0.5);
    wg_history_free(&history);
    wg_optim_free(sgd);
    wg_params_free(params);
    wg_dataset_free(data);
}
END_TEST

/* What a callback finds is the rate before the schedule, and what it sets is scaled from then on, also by a
 * fit that goes on from the checkpoint. */
struct halving {
    wg_optim *optim;
    double rate;
    size_t epochs, last;
};

static int halve(void *user, const wg_epoch *epoch)
{
    struct halving *h = user;
    ck_assert_double_eq(wg_optim_lr(h->optim), h->rate);
    ck_assert_double_eq_tol(epoch->lr, h->rate * (1 - ((double)h->epochs + 0.5) / 4), 1e-15);
    ck_assert_int_eq(wg_optim_set_lr(h->optim, h->rate /= 2), WG_OK);
    return ++h->epochs == h->last;
}

START_TEST(a_rate_set_in_a_callback_is_scaled)
{
    files_enter("fit");
    wg_dataset *data = line(20);
    wg_params *params[2];
    for (int parts = 0; parts < 2; parts++) {
        struct halving h = {.rate = 0.5, .last = parts ? 2 : 0};
        wg_error error = {0};
        params[parts] = store(WG_F64);
        for (int part = 0; part <= parts; part++) {
            h.optim = wg_sgd_new(params[parts], &(wg_sgd_options){.lr = 0.5});
            fine(wg_fit(linear, NULL, params[parts], data,
                     &(wg_fit_options){.optim = h.optim,
                         .epochs = 4,
                         .batch = 10,
                         .on_epoch = halve,
                         .user = &h,
                         .checkpoint = parts ? "half.safetensors" : NULL,
                         .resume = parts,
                         .schedule = {.kind = WG_SCHEDULE_LINEAR}},
                     &error),
                &error);
            ck_assert_double_eq(wg_optim_lr(h.optim), h.rate);
            wg_optim_free(h.optim);
        }
        ck_assert_uint_eq(h.epochs, 4);
        ck_assert_double_eq(h.rate, 0.5 / 16);
    }
    ck_assert(wg_params_equal(params[0], params[1]));
    wg_params_free(params[0]), wg_params_free(params[1]);
    wg_dataset_free(data);
    files_leave();
}
END_TEST

/* ---- Validation and patience ------------------------------------------------------------------------ */

/* A validation set that contradicts the training set: the best epoch is the first. */
START_TEST(patience_puts_the_best_back)
{
    const double x[4] = {-1, -0.5, 0.5, 1}, up[4] = {-1, -0.5, 0.5, 1}, flat[4] = {0, 0, 0, 0};
    wg_dataset *data = wg_dataset_from_arrays(WG_DOUBLES(x, 4, 1), WG_DOUBLES(up, 4), NULL),
               *contrary = wg_dataset_from_arrays(WG_DOUBLES(x, 4, 1), WG_DOUBLES(flat, 4), NULL);
    wg_params *params = store(WG_F64);
    const wg_init zero = wg_init_constant(0);
    wg_params_add(params, "fc.weight", WG_SHAPE(1, 1), &zero, NULL);
    wg_params_add(params, "fc.bias", WG_SHAPE(1), &zero, NULL);
    wg_optim *sgd = wg_sgd_new(params, &(wg_sgd_options){.lr = 0.1});
    wg_history history = {0};
    wg_error error = {0};
    fine(wg_fit(linear, NULL, params, data,
             &(wg_fit_options){.optim = sgd,
                 .epochs = 50,
                 .batch = 4,
                 .validation_set = contrary,
                 .patience = 3,
                 .history = &history},
             &error),
        &error);
    ck_assert_uint_eq(history.count, 4);
    ck_assert_uint_eq(history.best, 1);
    ck_assert_int_eq(history.end, WG_FIT_PATIENCE);
    ck_assert(history.epochs[0].best && !history.epochs[3].best);
    wg_score score;
    fine(wg_evaluate(linear, NULL, params, contrary, NULL, &score, &error), &error);
    ck_assert_double_eq(score.loss, history.epochs[0].validation_loss);
    ck_assert_double_lt(score.loss, history.epochs[3].validation_loss);
    wg_history_free(&history);
    wg_optim_free(sgd);
    wg_params_free(params);
    wg_dataset_free(data);
    wg_dataset_free(contrary);
}
END_TEST

START_TEST(a_validation_part)
{
    wg_dataset *data = three_classes(90, 1);
    wg_params *params = store(WG_F64);
    wg_history history = {0};
    wg_error error = {0};
    fine(wg_fit(classifier, NULL, params, data,
             &(wg_fit_options){
                 .epochs = 2, .validation = 0.2, .stratified = true, .history = &history, .seed = 4},
             &error),
        &error);
    ck_assert_uint_eq(history.epochs[0].samples, 72);
    ck_assert(isfinite(history.epochs[1].validation_loss) && isfinite(history.epochs[1].validation_metric));
    fine(wg_fit(classifier, NULL, params, data, &(wg_fit_options){.epochs = 1, .history = &history}, &error),
        &error);
    ck_assert_uint_eq(history.count, 3); /* a later fit adds to it */
    ck_assert_uint_eq(history.best, 3);
    FILE *file = tmpfile();
    ck_assert_int_eq(wg_history_print(&history, file), WG_OK);
    char line[256];
    rewind(file);
    ck_assert(fgets(line, sizeof line, file) && strncmp(line, "epoch,loss,metric,validation_loss", 33) == 0);
    ck_assert(fgets(line, sizeof line, file) && strncmp(line, "1,", 2) == 0);
    fclose(file);
    wg_history_free(&history);
    wg_params_free(params);
    wg_dataset_free(data);
}
END_TEST

/* ---- Ends ------------------------------------------------------------------------------------------- */

struct counter {
    size_t batches, epochs, last_batch, last_epoch;
    volatile sig_atomic_t *stop;
};

static int count_batch(void *user, const wg_epoch *so_far)
{
    struct counter *c = user;
    ck_assert(so_far->samples > 0 && isfinite(so_far->loss));
    if (++c->batches == c->last_batch && c->stop)
        *c->stop = 1;
    return c->batches == c->last_batch && !c->stop;
}

static int count_epoch(void *user, const wg_epoch *epoch)
{
    struct counter *c = user;
    ck_assert_uint_eq(epoch->epoch, ++c->epochs);
    return c->epochs == c->last_epoch;
}

static wg_fit_end fit_counted(struct counter *c, uint64_t steps, size_t epochs)
{
    wg_dataset *data = three_classes(60, 1);
    wg_params *params = store(WG_F64);
    wg_optim *adam = wg_adam_new(params, NULL);
    wg_history history = {0};
    wg_error error = {0};
    fine(wg_fit(classifier, NULL, params, data,
             &(wg_fit_options){.optim = adam,
                 .epochs = 5,
                 .batch = 10,
                 .history = &history,
                 .on_batch = count_batch,
                 .on_epoch = count_epoch,
                 .user = c,
                 .stop = c->stop},
             &error),
        &error);
    ck_assert_uint_eq(wg_optim_step_count(adam), steps);
    ck_assert_uint_eq(history.count, epochs);
    wg_fit_end end = history.end;
    wg_history_free(&history);
    wg_optim_free(adam);
    wg_params_free(params);
    wg_dataset_free(data);
    return end;
}

START_TEST(callbacks_and_stop)
{
    _Static_assert(
        _Generic((sig_atomic_t)0, wg_signal_flag : 1, default : 0), "the flag of a signal handler");
    volatile sig_atomic_t stop = 0;
    struct counter all = {0}, by_epoch = {.last_epoch = 2}, by_batch = {.last_batch = 8},
                   by_flag = {.last_batch = 9, .stop = &stop};
    ck_assert_int_eq(fit_counted(&all, 30, 5), WG_FIT_EPOCHS);
    ck_assert_uint_eq(all.batches, 30);
    ck_assert_int_eq(fit_counted(&by_epoch, 12, 2), WG_FIT_STOPPED);
    ck_assert_int_eq(fit_counted(&by_batch, 8, 1), WG_FIT_STOPPED);
    ck_assert_int_eq(fit_counted(&by_flag, 9, 1), WG_FIT_STOPPED);
    ck_assert_int_eq(fit_counted(&(struct counter){.stop = &stop}, 0, 0), WG_FIT_STOPPED);
}
END_TEST

START_TEST(a_loss_that_is_not_finite)
{
    const double x[6] = {1, 2, 3, (double)NAN, 5, 6}, y[6] = {1, 2, 3, 4, 5, 6};
    wg_dataset *data = wg_dataset_from_arrays(WG_DOUBLES(x, 6, 1), WG_DOUBLES(y, 6), NULL);
    wg_params *params = store(WG_F64), *before = store(WG_F64);
    wg_error error = {0};
    wg_optim *sgd = wg_sgd_new(params, NULL);
    wg_status status = wg_fit(linear, NULL, params, data,
        &(wg_fit_options){.optim = sgd, .epochs = 1, .batch = 1, .in_order = true}, &error);
    refused(status, WG_NUMBER, &error, "epoch 1, batch 4: the loss is ");
    refused(status, WG_NUMBER, &error, "is node 0, input");
    ck_assert_uint_eq(wg_optim_step_count(sgd), 3);
    double w;
    ck_assert_int_eq(wg_params_read(params, "fc.weight", &w, 1), WG_OK);
    ck_assert(isfinite(w));
    wg_optim_free(sgd);
    wg_params_free(params), wg_params_free(before);
    wg_dataset_free(data);
}
END_TEST

static wg_var explodes(wg_params *p, wg_var x, void *user)
{
    wg_tape *tape = wg_tape_of(x);
    wg_scope_push(tape, "head");
    wg_var y = wg_exp(wg_mulc(linear(p, x, user), 1e6));
    wg_scope_pop(tape);
    return wg_set_name(y, "big");
}

START_TEST(the_node_that_went_wrong_is_named)
{
    wg_dataset *data = line(4);
    wg_params *params = store(WG_F64);
    wg_error error = {0};
    refused(wg_fit(explodes, NULL, params, data, NULL, &error), WG_NUMBER, &error, "exp big in head");
    wg_params_free(params);
    wg_dataset_free(data);
}
END_TEST

TEST_MAIN("fit", the_same_bits_as_a_loop_written_out, defaults_learn, a_line_by_its_default_loss,
    accumulated_gradients, gradients_are_clipped, a_schedule_sets_the_rate_and_gives_it_back,
    a_rate_set_in_a_callback_is_scaled, patience_puts_the_best_back, a_validation_part, callbacks_and_stop,
    a_loss_that_is_not_finite, the_node_that_went_wrong_is_named)
