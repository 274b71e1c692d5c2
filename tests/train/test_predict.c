/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define _POSIX_C_SOURCE 200809L

#include "alloc.h"
#include "fitting.h"

/* Twice x, and its negative: [N, 1] -> [N, 2], without parameters. */
static wg_var doubles(wg_params *p, wg_var x, void *user)
{
    (void)p, (void)user;
    return wg_concat((const wg_var[]){wg_mulc(x, 2), wg_mulc(x, -1)}, 2, 1);
}

START_TEST(rows_in_rows_out)
{
    enum { N = 1000 }; /* several parts */
    double x[N], out[2 * N];
    float narrow[2 * N];
    int32_t labels[N];
    for (int i = 0; i < N; i++)
        x[i] = i - 10.25;
    wg_params *params = store(WG_F64);
    wg_error error = {0};
    fine(wg_predict_f64(doubles, NULL, params, WG_DOUBLES(x, N, 1), out, 2 * N, &error), &error);
    fine(wg_predict(doubles, NULL, params, WG_DOUBLES(x, N, 1), narrow, 2 * N, &error), &error);
    fine(wg_predict_labels(doubles, NULL, params, WG_DOUBLES(x, N, 1), labels, N, &error), &error);
    for (int i = 0; i < N; i++) {
        ck_assert(out[2 * i] == 2 * x[i] && out[2 * i + 1] == -x[i]);
        ck_assert((double)narrow[2 * i] == 2 * x[i] && (double)narrow[2 * i + 1] == -x[i]);
        ck_assert_int_eq(labels[i], i < 11);
    }
    wg_params_free(params);
}
END_TEST

START_TEST(probabilities)
{
    const double x[2] = {0, 1};
    float p[4];
    wg_params *params = store(WG_F32);
    wg_error error = {0};
    fine(wg_predict_probabilities(doubles, NULL, params, WG_DOUBLES(x, 2, 1), p, 4, &error), &error);
    ck_assert_double_eq_tol((double)p[0], 0.5, 1e-7);
    ck_assert_double_eq_tol((double)p[2], 1 / (1 + exp(-3)), 1e-6);
    ck_assert_double_eq_tol((double)(p[2] + p[3]), 1, 1e-6);
    wg_params_free(params);
}
END_TEST

/* Dropout drops nothing, batch norm uses what it learned, and nothing that it learned changes. */
START_TEST(evaluation_mode)
{
    wg_dataset *data = three_classes(60, 1);
    wg_params *params = store(WG_F64), *before = wg_params_new(NULL);
    wg_error error = {0};
    fine(wg_fit(with_state, NULL, params, data, &(wg_fit_options){.epochs = 2}, &error), &error);
    fine(wg_params_copy(before, params, &error), &error);
    wg_array x = wg_dataset_x(data);
    double all[180], one[3];
    fine(wg_predict_f64(with_state, NULL, params, x, all, 180, &error), &error);
    x.shape.dim[0] = 1;
    fine(wg_predict_f64(with_state, NULL, params, x, one, 3, &error), &error);
    for (int i = 0; i < 3; i++)
        ck_assert_double_eq_tol(one[i], all[i], 1e-14);
    wg_accuracy(with_state, NULL, params, data, &error);
    fine(error.status, &error);
    ck_assert(wg_params_equal(params, before));
    wg_params_free(params), wg_params_free(before);
    wg_dataset_free(data);
}
END_TEST

/* After loading, a mistyped name must not get fresh weights; the first use of an empty store may make them.
 */
START_TEST(no_new_names)
{
    wg_dataset *data = three_classes(9, 1);
    wg_params *params = store(WG_F64);
    wg_error error = {0};
    double out[9], accuracy = wg_accuracy(classifier, NULL, params, data, &error);
    fine(error.status, &error);
    ck_assert(accuracy >= 0 && accuracy <= 1 && wg_params_count(params) == 4);
    refused(wg_predict_f64(linear, NULL, params, wg_dataset_x(data), out, 9, &error), WG_NAME, &error,
        "fc.weight is unknown, and the store is sealed by the prediction");
    ck_assert(wg_params_count(params) == 4 && !wg_params_is_sealed(params));
    error = (wg_error){0};
    refused(wg_evaluate(linear, NULL, params, data, NULL, NULL, &error), WG_NAME, &error,
        "fc.weight is unknown, and the store is sealed by the evaluation");
    wg_params_free(params);
    wg_dataset_free(data);
}
END_TEST

START_TEST(scores)
{
    const double x[4] = {1, -1, 2, -2};
    const int32_t y[4] = {0, 1, 1, 1};
    wg_dataset *data = wg_dataset_from_arrays(WG_DOUBLES(x, 4, 1), WG_INTS(y, 4), NULL);
    wg_params *params = store(WG_F64);
    wg_error error = {0};
    wg_score score, by_ones;
    ck_assert_double_eq(wg_accuracy(doubles, NULL, params, data, &error), 0.75);
    fine(wg_evaluate(doubles, NULL, params, data, NULL, &score, &error), &error);
    fine(wg_evaluate(doubles, NULL, params, data, &(wg_evaluate_options){.batch = 3}, &by_ones, &error),
        &error);
    double loss = (log1p(exp(-3)) + log1p(exp(-3)) + 6 + log1p(exp(-6)) + log1p(exp(-6))) / 4;
    ck_assert_double_eq_tol(score.loss, loss, 1e-14);
    ck_assert_double_eq_tol(by_ones.loss, loss, 1e-14);
    ck_assert(score.metric == 0.75 && by_ones.metric == 0.75 && score.samples == 4);
    size_t matrix[4];
    fine(wg_confusion(doubles, NULL, params, data, matrix, 2, &error), &error);
    ck_assert(matrix[0] == 1 && matrix[1] == 0 && matrix[2] == 1 && matrix[3] == 2);
    char text[1024] = {0};
    FILE *file = fmemopen(text, sizeof text, "w");
    ck_assert_int_eq(wg_confusion_print(matrix, 2, data, file), WG_OK);
    fclose(file);
    ck_assert_msg(strstr(text, "66.67 %") && strstr(text, "3 of 4 right:   75.00 %"), "%s", text);
    for (int buffered = 0; buffered < 2 && (file = fopen("/dev/full", "w")); buffered++) {
        setvbuf(file, NULL, buffered ? _IOFBF : _IONBF, BUFSIZ);
        ck_assert_int_eq(wg_confusion_print(matrix, 2, data, file), WG_FILE);
        fclose(file);
    }
    wg_params_free(params);
    wg_dataset_free(data);
}
END_TEST

static wg_var nothing(wg_params *p, wg_var x, void *user)
{
    (void)p, (void)x, (void)user;
    return (wg_var){0};
}

static wg_var one_number(wg_params *p, wg_var x, void *user)
{
    (void)p, (void)user;
    return wg_sum(x);
}

START_TEST(what_does_not_fit)
{
    const double x[6] = {1, 2, 3, 4, 5, 6};
    double out[8];
    int32_t labels[6];
    wg_params *params = store(WG_F64);
    const struct {
        wg_model model;
        wg_params *params;
        wg_array x;
        size_t n;
        wg_status status;
        const char *text;
    } bad[] = {
        {NULL, params, WG_DOUBLES(x, 6, 1), 8, WG_INVALID, "no model"},
        {doubles, NULL, WG_DOUBLES(x, 6, 1), 8, WG_INVALID, "no parameter store"},
        {doubles, params, WG_DOUBLES(x, 6, 1), 8, WG_BAD_SHAPE,
            "for all 6 that is 12 numbers, and there is room for 8"},
        {doubles, params, WG_DOUBLES(x, 0, 1), 0, WG_BAD_SHAPE, "[0, 1]"},
        {doubles, params, wg_array_of(x, WG_F64, wg_shape_scalar()), 2, WG_BAD_SHAPE, "[]"},
        {doubles, params, WG_DOUBLES(NULL, 4, 1), 8, WG_BAD_SHAPE, "at least one number"},
        {doubles, params, WG_DOUBLES(x, 4), 8, WG_BAD_SHAPE, "concat"},
        {nothing, params, WG_DOUBLES(x, 4, 1), 8, WG_INVALID, "returned no var"},
        {one_number, params, WG_DOUBLES(x, 4, 1), 1, WG_BAD_SHAPE, "the model makes [] of 4 samples"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        wg_error error = {0};
        refused(wg_predict_f64(bad[i].model, NULL, bad[i].params, bad[i].x, out, bad[i].n, &error),
            bad[i].status, &error, bad[i].text);
        ck_assert_int_eq(
            wg_predict_f64(bad[i].model, NULL, bad[i].params, bad[i].x, out, bad[i].n, NULL), bad[i].status);
    }
    wg_error error = {0};
    refused(wg_predict_f64(doubles, NULL, params, WG_DOUBLES(x, 4, 1), NULL, 8, &error), WG_INVALID, &error,
        "room");
    error = (wg_error){0};
    refused(wg_predict_labels(doubles, NULL, params, WG_DOUBLES(x, 6, 1), labels, 12, &error), WG_BAD_SHAPE,
        &error, "room for 12");
    wg_params_free(params);
}
END_TEST

START_TEST(scores_of_what_has_none)
{
    wg_dataset *numbers = line(6), *data = three_classes(6, 1);
    wg_params *params = store(WG_F64);
    size_t matrix[9];
    wg_error error = {0};
    ck_assert(isnan(wg_accuracy(linear, NULL, params, numbers, &error)));
    refused(error.status, WG_BAD_DTYPE, &error, "labels");
    ck_assert(isnan(wg_accuracy(linear, NULL, params, NULL, NULL)));
    ck_assert(isnan(wg_accuracy(linear, NULL, params, data, &error))); /* the error that is there stays */
    refused(error.status, WG_BAD_DTYPE, &error, "labels");
    error = (wg_error){0};
    refused(wg_confusion(classifier, NULL, params, data, matrix, 2, &error), WG_INVALID, &error, "2 classes");
    error = (wg_error){0};
    refused(wg_evaluate(linear, NULL, params, numbers, &(wg_evaluate_options){.threads = -1}, NULL, &error),
        WG_INVALID, &error, "threads is -1");
    error = (wg_error){0};
    refused(
        wg_evaluate(linear, NULL, params, numbers,
            &(wg_evaluate_options){.loss_options = &(wg_loss_options){.reduction = WG_NONE}}, NULL, &error),
        WG_INVALID, &error, "reduction");
    wg_params_free(params);
    wg_dataset_free(numbers), wg_dataset_free(data);
}
END_TEST

START_TEST(metrics_of_arrays_that_do_not_fit)
{
    const double z[4] = {1, 2, 2, 1};
    const int32_t y[2] = {1, 0};
    ck_assert_double_eq(wg_metric_accuracy(WG_DOUBLES(z, 2, 2), WG_INTS(y, 2), NULL), 1);
    ck_assert(isnan(wg_metric_accuracy(WG_DOUBLES(z, 4), WG_INTS(y, 2), NULL)));
    ck_assert(isnan(wg_metric_accuracy(WG_DOUBLES(z, 2, 2), WG_DOUBLES(z, 2), NULL)));
    ck_assert(isnan(wg_metric_accuracy((wg_array){0}, (wg_array){0}, NULL)));
    ck_assert_double_eq(wg_metric_absolute_error(WG_DOUBLES(z, 2, 1), WG_INTS(y, 2), NULL), 1);
    ck_assert(isnan(wg_metric_absolute_error(WG_DOUBLES(z, 4), WG_INTS(y, 2), NULL)));
}
END_TEST

START_TEST(no_memory)
{
    wg_dataset *data = three_classes(12, 1);
    float out[36];
    for (size_t k = 1;; k++) {
        test_heap heap = {.fail_at = k, .fail_after = true};
        wg_params *params =
            wg_params_new(&(wg_params_options){.dtype = WG_F32, .allocator = test_heap_hook(&heap)});
        wg_error error = {0};
        if (params && wg_predict(classifier, NULL, params, wg_dataset_x(data), out, 36, &error) == WG_OK)
            wg_accuracy(classifier, NULL, params, data, &error);
        wg_params_free(params);
        test_heap_check(&heap);
        ck_assert_int_eq(error.status, heap.failures && params ? WG_OUT_OF_MEMORY : WG_OK);
        if (!heap.failures)
            break;
    }
    wg_dataset_free(data);
}
END_TEST

TEST_MAIN("predict", rows_in_rows_out, probabilities, evaluation_mode, no_new_names, scores,
    what_does_not_fit, scores_of_what_has_none, metrics_of_arrays_that_do_not_fit, no_memory)
