/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* wg_fit with options out of range, poor data, little memory; and what its progress looks like. */
#define _XOPEN_SOURCE 700

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "alloc.h"
#include "fitting.h"

static double negative(void *user, double t, double total)
{
    (void)user, (void)t, (void)total;
    return -1;
}

START_TEST(options_out_of_range)
{
    wg_dataset *data = three_classes(20, 1),
               *empty = wg_dataset_from_arrays(WG_DOUBLES(NULL, 0, 2), WG_INTS(NULL, 0), NULL);
    wg_params *params = store(WG_F64), *others = store(WG_F64);
    wg_optim *foreign = wg_sgd_new(others, NULL), *wrong = wg_sgd_new(params, &(wg_sgd_options){.lr = -1});
    const double zeros[20] = {0};
    const double nan = (double)NAN, inf = (double)INFINITY;
    const struct {
        wg_fit_options options;
        const char *text;
    } bad[] = {
        {{.optim = foreign}, "another store"},
        {{.optim = wrong}, "lr is -1"},
        {{.loss_options = &(wg_loss_options){.reduction = WG_NONE}}, "reduction"},
        {{.loss_options = &(wg_loss_options){.label_smoothing = 2}}, "smoothing"},
        {{.schedule = {.kind = (wg_schedule_kind)9}}, "kind 9"},
        {{.schedule = {.kind = WG_SCHEDULE_COSINE, .last = nan}}, "last"},
        {{.schedule = {.kind = WG_SCHEDULE_CUSTOM, .custom = negative}}, "factor is -1"},
        {{.clip_norm = -1}, "clip_norm is -1"},
        {{.clip_norm = nan}, "clip_norm"},
        {{.clip_value = -1}, "clip_value is -1"},
        {{.clip_value = nan}, "clip_value"},
        {{.validation = 1}, "validation is 1"},
        {{.validation = -0.1}, "validation is -0.1"},
        {{.validation = nan}, "validation"},
        {{.validation = 0.01}, "leaves 20 to train and 0 to test"},
        {{.validation = 0.5, .validation_set = data}, "exclude each other"},
        {{.validation_set = empty}, "validation set has no samples"},
        {{.min_delta = -1}, "min_delta is -1"},
        {{.min_delta = inf}, "min_delta is inf"},
        {{.batch = 32, .drop_last = true}, "20 samples make no batch of 32"},
        {{.weights = zeros}, "weight"},
        {{.weights = zeros, .in_order = true}, "not in order"},
        {{.resume = true}, "checkpoint"},
        {{.threads = -2}, "threads is -2"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        wg_error error = {0};
        wg_status status = wg_fit(classifier, NULL, params, data, &bad[i].options, &error);
        refused(status, WG_INVALID, &error, bad[i].text);
        ck_assert_int_eq(wg_fit(classifier, NULL, params, data, &bad[i].options, NULL), WG_INVALID);
    }
    wg_optim_free(foreign), wg_optim_free(wrong);
    wg_params_free(params), wg_params_free(others);
    wg_dataset_free(data), wg_dataset_free(empty);
}
END_TEST

START_TEST(nothing_to_fit)
{
    wg_dataset *data = three_classes(20, 1),
               *empty = wg_dataset_from_arrays(WG_DOUBLES(NULL, 0, 2), WG_INTS(NULL, 0), NULL);
    wg_params *params = store(WG_F64);
    wg_error error = {0};
    refused(wg_fit(NULL, NULL, params, data, NULL, &error), WG_INVALID, &error, "no model");
    refused(
        wg_fit(classifier, NULL, params, data, NULL, &error), WG_INVALID, &error, "no model"); /* it stays */
    error = (wg_error){0};
    refused(wg_fit(classifier, NULL, NULL, data, NULL, &error), WG_INVALID, &error, "no parameter store");
    error = (wg_error){0};
    refused(wg_fit(classifier, NULL, params, NULL, NULL, &error), WG_INVALID, &error, "no data set");
    error = (wg_error){0};
    refused(wg_fit(classifier, NULL, params, empty, NULL, &error), WG_INVALID, &error, "no samples");
    ck_assert_int_eq(wg_history_print(NULL, NULL), WG_INVALID);
    wg_history_free(NULL);
    wg_params_free(params);
    wg_dataset_free(data), wg_dataset_free(empty);
}
END_TEST

static wg_var two_classes(wg_params *p, wg_var x, void *user)
{
    (void)user;
    return wg_layer_dense(p, "fc", x, 2, NULL);
}

static wg_var misshapen(wg_params *p, wg_var x, void *user)
{
    (void)user;
    return wg_matmul(x, wg_param(p, wg_tape_of(x), "w", WG_SHAPE(5, 3), NULL));
}

static wg_var no_var(wg_params *p, wg_var x, void *user)
{
    (void)p, (void)x, (void)user;
    return (wg_var){0};
}

static wg_var vector_loss(wg_var prediction, wg_var target, const wg_loss_options *options)
{
    (void)target, (void)options;
    return prediction;
}

START_TEST(models_that_fail)
{
    wg_dataset *data = three_classes(20, 1);
    wg_params *params = store(WG_F64);
    wg_error error = {0};
    refused(
        wg_fit(two_classes, NULL, params, data, NULL, &error), WG_BAD_INDEX, &error, "epoch 1, batch 1: ");
    error = (wg_error){0};
    refused(
        wg_fit(misshapen, NULL, params, data, NULL, &error), WG_BAD_SHAPE, &error, "inner dimensions differ");
    error = (wg_error){0};
    refused(wg_fit(classifier, NULL, params, data, &(wg_fit_options){.loss = vector_loss}, &error),
        WG_NOT_SCALAR, &error, "60 elements");
    error = (wg_error){0};
    refused(wg_fit(no_var, NULL, params, data, &(wg_fit_options){.loss = vector_loss}, &error), WG_INVALID,
        &error, "returned no var");
    wg_params_free(params);
    wg_dataset_free(data);
}
END_TEST

START_TEST(poor_data)
{
    const double x[2] = {1, 2};
    const int32_t y = 0, many[3] = {0, 0, 0};
    const double same[6] = {1, 1, 1, 1, 1, 1};
    wg_dataset *single = wg_dataset_from_arrays(WG_DOUBLES(x, 1, 2), WG_INTS(&y, 1), NULL);
    wg_dataset *one_class = wg_dataset_from_arrays(WG_DOUBLES(same, 3, 2), WG_INTS(many, 3), NULL);
    wg_params *params = store(WG_F64);
    wg_error error = {0};
    fine(wg_fit(classifier, NULL, params, single, &(wg_fit_options){.batch = 1000}, &error), &error);
    fine(wg_fit(classifier, NULL, params, one_class,
             &(wg_fit_options){.epochs = 500, .validation = 0.4, .stratified = true}, &error),
        &error);
    ck_assert_double_eq(wg_accuracy(classifier, NULL, params, one_class, &error), 1);
    wg_params_free(params);
    wg_dataset_free(single), wg_dataset_free(one_class);
}
END_TEST

/* Rare samples by weight: those of weight 0 are never seen. */
static int sees(void *user, const wg_epoch *so_far)
{
    *(double *)user += so_far->loss;
    return 0;
}

START_TEST(weights_choose_samples)
{
    const double x[4] = {1, 2, 3, 4}, y[4] = {0, 0, 0, 1e6}, weights[4] = {1, 2, 3, 0};
    wg_dataset *data = wg_dataset_from_arrays(WG_DOUBLES(x, 4, 1), WG_DOUBLES(y, 4), NULL);
    wg_params *params = store(WG_F64);
    wg_error error = {0};
    double total = 0;
    fine(wg_fit(linear, NULL, params, data,
             &(wg_fit_options){.weights = weights, .batch = 2, .on_batch = sees, .user = &total}, &error),
        &error);
    ck_assert_double_lt(total, 1e6);
    wg_params_free(params);
    wg_dataset_free(data);
}
END_TEST

static wg_params *fit_with(const wg_dataset *data, wg_allocator hook, bool record, wg_error *error)
{
    wg_params *params = wg_params_new(&(wg_params_options){.allocator = hook, .seed = 1});
    wg_history history = {0};
    if (params)
        wg_fit(with_state, NULL, params, data,
            &(wg_fit_options){.epochs = 2,
                .batch = 8,
                .validation = 0.25,
                .patience = 2,
                .history = &history,
                .record = record,
                .allocator = hook},
            error);
    wg_history_free(&history);
    return params;
}

/* Where every batch is recorded, what has no memory fails. With plans a fit may go on without them, to the
 * same end. */
START_TEST(no_memory)
{
    wg_dataset *data = three_classes(24, 1);
    wg_error none = {0};
    wg_params *whole = fit_with(data, (wg_allocator){0}, false, &none);
    fine(none.status, &none);
    for (int record = 0; record < 2; record++)
        for (size_t k = 1;; k++) {
            test_heap heap = {.fail_at = k, .fail_after = true};
            wg_error error = {0};
            wg_params *params = fit_with(data, test_heap_hook(&heap), record, &error);
            bool failed = params && error.status == WG_OUT_OF_MEMORY,
                 same = params && error.status == WG_OK && wg_params_equal(whole, params);
            ck_assert_msg(!params || (heap.failures && failed) || (same && (!heap.failures || !record)),
                "request %zu: %s", k, error.message);
            wg_params_free(params);
            test_heap_check(&heap);
            if (!heap.failures)
                break;
        }
    wg_params_free(whole);
    wg_dataset_free(data);
}
END_TEST

/* ---- Progress --------------------------------------------------------------------------------------- */

static void fit_to(FILE *progress, size_t epochs)
{
    wg_dataset *data = three_classes(60, 1);
    wg_params *params = store(WG_F64);
    wg_error error = {0};
    fine(wg_fit(classifier, NULL, params, data,
             &(wg_fit_options){.epochs = epochs, .validation = 0.2, .progress = progress}, &error),
        &error);
    wg_params_free(params);
    wg_dataset_free(data);
}

START_TEST(a_line_per_epoch)
{
    FILE *file = tmpfile();
    fit_to(file, 3);
    rewind(file);
    char line[256];
    for (int i = 1; i <= 3; i++) {
        char begins[32];
        snprintf(begins, sizeof begins, "epoch %d/3  loss ", i);
        ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
        ck_assert_msg(strncmp(line, begins, strlen(begins)) == 0, "%s", line);
        ck_assert_msg(
            strstr(line, "  accuracy ") && strstr(line, "  validation loss ") && strstr(line, "/s  "), "%s",
            line);
        ck_assert(!strchr(line, '\r') && strchr(line, '\n'));
    }
    ck_assert(!fgets(line, sizeof line, file));
    fclose(file);
}
END_TEST

START_TEST(a_bar_on_a_terminal)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
        return; /* no terminals here */
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    FILE *terminal = slave >= 0 ? fdopen(slave, "w") : NULL;
    ck_assert_ptr_nonnull(terminal);
    fit_to(terminal, 2);
    char text[4096] = {0};
    size_t got = 0;
    ck_assert_int_eq(fcntl(master, F_SETFL, O_NONBLOCK), 0);
    for (ssize_t n; (n = read(master, text + got, sizeof text - 1 - got)) > 0;)
        got += (size_t)n;
    ck_assert_uint_gt(got, 0);
    ck_assert_msg(
        strstr(text, "\repoch 1/2 [") && strstr(text, "100 %") && strstr(text, " left"), "%s", text);
    ck_assert_msg(strstr(text, "\repoch 2/2  loss ") && text[got - 1] == '\n', "%s", text);
    for (const char *at = text, *end; (end = strpbrk(at, "\r\n")); at = end + 1)
        ck_assert_int_lt(end - at, 140);
    fclose(terminal);
    close(master);
}
END_TEST

TEST_MAIN("fit_options", options_out_of_range, nothing_to_fit, models_that_fail, poor_data,
    weights_choose_samples, no_memory, a_line_per_epoch, a_bar_on_a_terminal)
