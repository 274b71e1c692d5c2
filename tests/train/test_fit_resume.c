/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* A fit that was interrupted, and goes on from its checkpoint, ends with the same bits. */
#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
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
    for (size_t epochs = 1; epochs <= 8; epochs++) { /* nothing is left to do: the best is put back again */
        wg_history none = {0};
        wg_params *again =
            run((struct plan){.epochs = epochs, .accumulate = 2, .checkpoint = true, .resume = true}, &none);
        ck_assert(wg_params_equal(again, expected) && none.end == WG_FIT_EPOCHS);
        wg_params_free(again);
        wg_history_free(&none);
    }
    wg_params_free(expected), wg_params_free(part), wg_params_free(rest);
    wg_history_free(&whole), wg_history_free(&parts);
    files_leave();
}
END_TEST

/* ---- A file of version 0.1.0 ------------------------------------------------------------------------ */

enum { OLD_FIELDS = 14, OLD_COLUMNS = 9, EPOCHS_SAVED = 2 };

static uint32_t crc32_of(const unsigned char *bytes, size_t size)
{
    uint32_t crc = 0xFFFFFFFF;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    return ~crc;
}

static void put_little(unsigned char *to, uint64_t bits)
{
    for (int i = 0; i < 8; i++)
        to[i] = (unsigned char)(bits >> 8 * i);
}

static size_t put_doubles(unsigned char *to, const double *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, &numbers[i], sizeof bits);
        put_little(to + 8 * i, bits);
    }
    return 8 * count;
}

static const double *extra_of(const wg_archive *archive, const char *name)
{
    wg_array a = wg_archive_at(archive, wg_archive_index(archive, name));
    ck_assert_ptr_nonnull(a.data);
    return a.data;
}

/* The checkpoint, written anew as 0.1.0 did: 14 numbers of the position and 9 of an epoch, which told of no
 * skipped batches; and at the optimiser the rate that the schedule had made for the last update. */
static void make_old(double last_rate)
{
    static unsigned char file[2048], data[512];
    char header[1024];
    size_t size = 0;
    int exponent;
    const double mantissa = frexp(last_rate, &exponent);
    wg_error error = {0};
    wg_archive *archive = wg_safetensors_read(path, NULL, &error);
    fine(error.status, &error);
    const double *position = extra_of(archive, "extra/fit.position");
    const double *history = extra_of(archive, "extra/fit.history");
    size += put_doubles(data + size, extra_of(archive, "params/fc.weight"), 1);
    size += put_doubles(data + size, extra_of(archive, "params/fc.bias"), 1);
    size += put_doubles(data + size, position, OLD_FIELDS);
    for (size_t i = 0; i < EPOCHS_SAVED; i++)
        size += put_doubles(data + size, history + i * (OLD_COLUMNS + 1), OLD_COLUMNS);
    wg_archive_free(archive);
    int length = snprintf(header, sizeof header,
        "{\"__metadata__\":{\"wengert.kind\":\"training\",\"wengert.version\":\"0.1.0\","
        "\"wengert.layout\":\"dense weight [in, out], conv2d weight [filters, channels, height, width]\","
        "\"training.optim\":\"sgd\",\"training.slots\":\"0\",\"training.steps\":\"8\","
        "\"training.lr\":\"0x%" PRIx64 "p%d\",\"training.run\":\"8\",\"wengert.checksum\":\"crc32:%08x\"},"
        "\"params/fc.weight\":{\"dtype\":\"F64\",\"shape\":[1,1],\"data_offsets\":[0,8]},"
        "\"params/fc.bias\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[8,16]},"
        "\"extra/fit.position\":{\"dtype\":\"F64\",\"shape\":[14],\"data_offsets\":[16,128]},"
        "\"extra/fit.history\":{\"dtype\":\"F64\",\"shape\":[2,9],\"data_offsets\":[128,272]}}",
        (uint64_t)ldexp(mantissa, 53), exponent - 53, (unsigned)crc32_of(data, size));
    ck_assert(length > 0 && (size_t)length < sizeof header && size == 272);
    size_t padded = ((size_t)length + 7) / 8 * 8;
    memset(file, ' ', sizeof file);
    put_little(file, padded);
    memcpy(file + 8, header, (size_t)length);
    memcpy(file + 8 + padded, data, size);
    files_write(path, file, 8 + padded + size);
}

/* 16 samples in batches of 4: two epochs of four. */
static wg_status fit_line(size_t epochs, bool resume, wg_params *params, wg_history *history, double *rate)
{
    wg_dataset *data = line(16);
    wg_error error = {0};
    wg_optim *sgd = wg_sgd_new(params, &(wg_sgd_options){.lr = 0.1});
    wg_fit(linear, NULL, params, data,
        &(wg_fit_options){.optim = sgd,
            .epochs = epochs,
            .batch = 4,
            .seed = 4,
            .checkpoint = path,
            .resume = resume,
            .history = history,
            .schedule = {.kind = WG_SCHEDULE_COSINE, .total = 4}},
        &error);
    ck_assert_msg(error.status == WG_OK, "%s", error.message);
    *rate = wg_optim_lr(sgd);
    wg_optim_free(sgd);
    wg_dataset_free(data);
    return error.status;
}

START_TEST(a_file_of_version_0_1_0)
{
    files_enter("fit");
    wg_params *whole = store(WG_F64), *part = store(WG_F64), *rest = store(WG_F64);
    wg_history all = {0}, first = {0}, second = {0};
    double rate;
    fit_line(4, false, whole, &all, &rate);
    fit_line(EPOCHS_SAVED, false, part, &first, &rate);
    make_old(first.epochs[EPOCHS_SAVED - 1].lr);
    fit_line(4, true, rest, &second, &rate);
    ck_assert(wg_params_equal(rest, whole));
    ck_assert_double_eq(rate, 0.1);
    ck_assert(second.count == 4 && second.best == all.best);
    for (size_t i = 0; i < second.count; i++)
        ck_assert(second.epochs[i].loss == all.epochs[i].loss && second.epochs[i].lr == all.epochs[i].lr &&
                  second.epochs[i].skipped == 0);
    wg_params_free(whole), wg_params_free(part), wg_params_free(rest);
    wg_history_free(&all), wg_history_free(&first), wg_history_free(&second);
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
        {five_and_three_epochs_are_eight, 0}, {a_file_of_version_0_1_0, 0}, {another_training_is_refused, 0},
        {a_checkpoint_that_cannot_be_written, 0}};
    return harness_run("fit_resume", tests, sizeof tests / sizeof tests[0]);
}
