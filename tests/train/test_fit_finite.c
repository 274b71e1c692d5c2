/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Batches whose loss or gradient is not finite: a fit ends with what it was before them, or leaves them out.
 */
#define _POSIX_C_SOURCE 200809L

#include <signal.h>
#include <wengert/checkpoint.h>

#include "files.h"
#include "fitting.h"

enum { SAMPLES = 24, BATCH = 4, BATCHES = SAMPLES / BATCH };

static const char path[] = "run.safetensors"; /* in a folder of the test's own */

/* Running statistics and dropout behind a root, whose slope at 0 is infinite: the loss is finite there. */
static wg_var rooted(wg_params *p, wg_var x, void *user)
{
    (void)user;
    const wg_init one = wg_init_constant(1);
    wg_tape *tape = wg_tape_of(x);
    wg_scope_push(tape, "deep");
    wg_var w = wg_param(p, tape, "w", WG_SHAPE(2), &one);
    x = wg_sqrt(wg_set_name(wg_mul(x, wg_square(w)), "root's"));
    wg_scope_pop(tape);
    x = wg_layer_batch_norm(p, "bn", wg_layer_dense(p, "fc1", x, 4, NULL), NULL);
    return wg_layer_dense(p, "fc2", wg_dropout(wg_tanh(x), 0.3), 1, NULL);
}

/* Samples of which number `bad` (none from SAMPLES on) holds `x`. */
static wg_dataset *samples(size_t bad, double x)
{
    double xs[SAMPLES * 2], ys[SAMPLES];
    for (size_t i = 0; i < SAMPLES; i++) {
        xs[2 * i] = i == bad ? x : 1 + (double)(i * 7 % 5);
        xs[2 * i + 1] = 2 + (double)(i * 3 % 4);
        ys[i] = (double)(i % 6) / 3;
    }
    wg_dataset *data = wg_dataset_from_arrays(WG_DOUBLES(xs, SAMPLES, 2), WG_DOUBLES(ys, SAMPLES), NULL);
    ck_assert_ptr_nonnull(data);
    return data;
}

typedef struct run {
    wg_params *params;
    wg_optim *adam;
    wg_history history;
    wg_error error;
    wg_status status;
} run;

static run begin(wg_dtype dtype)
{
    run r = {.params = store(dtype)};
    r.adam = wg_adam_new(r.params, &(wg_adam_options){.lr = 0.01});
    return r;
}

static run fit(wg_dtype dtype, const wg_dataset *data, wg_fit_options options)
{
    run r = begin(dtype);
    options.optim = r.adam;
    options.history = &r.history;
    options.in_order = true;
    options.batch = options.batch ? options.batch : BATCH;
    options.epochs = options.epochs ? options.epochs : 1;
    options.seed = 9;
    r.status = wg_fit(rooted, NULL, r.params, data, &options, &r.error);
    return r;
}

/* A loop written out, that does `updates` of `accumulate` batches each but for number `without`, whose runs
 * of random numbers it counts. */
static run by_hand(wg_dtype dtype, const wg_dataset *data, size_t updates, size_t accumulate, size_t without)
{
    run r = begin(dtype);
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = dtype, .training = true, .seed = 9});
    wg_batches *batches =
        wg_batches_new(data, &(wg_batches_options){.size = BATCH, .in_order = true}, &r.error);
    wg_batch batch = {0};
    for (size_t i = 0; i < updates; i++) {
        wg_params_zero_grad(r.params);
        for (size_t k = 0; k < accumulate; k++) {
            ck_assert(wg_batches_next(batches, &batch));
            if (i == without) {
                wg_tape_set_run_number(tape, wg_tape_run_number(tape) + 1);
                continue;
            }
            wg_tape_reset(tape);
            wg_var guess = rooted(r.params, wg_input(tape, batch.x), NULL);
            wg_var loss = wg_mse(wg_reshape(guess, WG_SHAPE(BATCH)), wg_input(tape, batch.y), NULL);
            if (accumulate > 1)
                loss = wg_mulc(loss, 1 / (double)accumulate);
            ck_assert_int_eq(wg_backward(loss), WG_OK);
        }
        if (i != without)
            ck_assert_int_eq(wg_optim_step(r.adam), WG_OK);
    }
    wg_batches_free(batches);
    wg_tape_free(tape);
    return r;
}

static void same_state(const run *a, const run *b)
{
    ck_assert(wg_params_equal(a->params, b->params)); /* buffers, too */
    ck_assert_uint_eq(wg_optim_step_count(a->adam), wg_optim_step_count(b->adam));
    for (size_t i = 0; i < wg_params_count(a->params); i++)
        for (size_t slot = 0; slot < 2; slot++) {
            wg_param_info x = wg_params_at(a->params, i);
            size_t other = wg_params_index(b->params, x.name);
            if (!x.buffer)
                ck_assert_mem_eq(wg_optim_state(a->adam, slot, i), wg_optim_state(b->adam, slot, other),
                    x.count * wg_dtype_size(wg_params_dtype(a->params)));
        }
}

static void end(run *r)
{
    wg_optim_free(r->adam);
    wg_params_free(r->params);
    wg_history_free(&r->history);
}

/* ---- Refused ---------------------------------------------------------------------------------------- */

/* What may stand between a gradient and its step. */
static const wg_fit_options ways[] = {
    {0}, {.clip_norm = 1}, {.clip_value = 1}, {.clip_norm = 1, .clip_value = 0.1}, {.record = true}};

enum { WAYS = sizeof ways / sizeof ways[0] };

static int stop_after(void *user, const wg_epoch *so_far)
{
    (void)so_far;
    size_t *left = user;
    return --*left == 0;
}

/* Good updates only. Without any, parameters and buffers have their first values. */
static run before(wg_dtype dtype, const wg_dataset *data, size_t updates, wg_fit_options options)
{
    double guess[SAMPLES];
    options.on_batch = stop_after;
    options.user = &updates;
    run r = updates ? fit(dtype, data, options) : begin(dtype);
    if (wg_params_count(r.params) == 0)
        wg_predict_f64(rooted, NULL, r.params, wg_dataset_x(data), guess, SAMPLES, &r.error);
    fine(r.status, &r.error);
    return r;
}

/* In the third batch, and in the first, which makes buffers. */
START_TEST(the_state_is_that_of_before)
{
    for (int dtype = 0; dtype < 2; dtype++)
        for (size_t bad = 0; bad <= 2; bad += 2) {
            wg_dataset *data = samples(bad * BATCH + 1, 0);
            run r = fit(dtype ? WG_F32 : WG_F64, data, ways[_i]),
                expected = before(dtype ? WG_F32 : WG_F64, data, bad, ways[_i]);
            char text[64];
            snprintf(text, sizeof text, "epoch 1, batch %zu: the loss is ", bad + 1);
            refused(r.status, WG_NUMBER, &r.error, text);
            refused(r.status, WG_NUMBER, &r.error, ", and the gradient of deep.w is not finite; ");
            refused(r.status, WG_NUMBER, &r.error, ", mul root's in deep, read by sqrt");
            ck_assert_int_eq(r.history.end, WG_FIT_FAILED);
            same_state(&r, &expected);
            wg_dataset_free(data);
            end(&r), end(&expected);
        }
}
END_TEST

START_TEST(in_an_accumulated_update)
{
    wg_dataset *data = samples(2 * BATCH + 1, 0), *late = samples(3 * BATCH + 2, 0);
    run third = fit(WG_F64, data, (wg_fit_options){.accumulate = 2}),
        fourth = fit(WG_F64, late, (wg_fit_options){.accumulate = 2, .clip_norm = 1e9}),
        expected = by_hand(WG_F64, data, 1, 2, SIZE_MAX);
    refused(third.status, WG_NUMBER, &third.error, "epoch 1, batch 3: ");
    refused(fourth.status, WG_NUMBER, &fourth.error, "epoch 1, batch 4: ");
    same_state(&third, &expected), same_state(&fourth, &expected);
    end(&third), end(&fourth), end(&expected);
    wg_dataset_free(data), wg_dataset_free(late);
}
END_TEST

/* An epoch goes well; the next one, of other data, does not: its checkpoint is that of the first. */
START_TEST(the_checkpoint_is_an_earlier_one)
{
    enum { MOST = 1 << 16 };
    static char was[MOST], is[MOST];
    files_enter("fit");
    wg_dataset *good = samples(SAMPLES, 0), *bad = samples(2, 0);
    for (size_t way = 0; way < WAYS; way++) {
        wg_fit_options options = ways[way];
        options.checkpoint = path;
        run first = fit(WG_F32, good, options);
        fine(first.status, &first.error);
        size_t length = files_read(path, was, MOST);
        options.resume = true;
        options.epochs = 2;
        run second = fit(WG_F32, bad, options);
        refused(second.status, WG_NUMBER, &second.error, "epoch 2, batch 1: ");
        ck_assert_uint_eq(files_read(path, is, MOST), length);
        ck_assert_mem_eq(was, is, length);
        same_state(&first, &second);
        end(&first), end(&second);
    }
    wg_dataset_free(good), wg_dataset_free(bad);
    files_leave();
}
END_TEST

/* Every gradient is finite, and their sum over two batches is not; or their norm. */
static wg_var steep(wg_params *p, wg_var x, void *user)
{
    (void)user;
    const wg_init zero = wg_init_constant(0);
    wg_tape *tape = wg_tape_of(x);
    wg_var a = wg_param(p, tape, "a", WG_SHAPE(1), &zero), b = wg_param(p, tape, "b", WG_SHAPE(1), &zero);
    return wg_mulc(wg_add(wg_mulc(wg_slice(x, 1, 0, 1, 1), 0), wg_add(a, b)), 1.5e308);
}

static wg_var mean_loss(wg_var prediction, wg_var target, const wg_loss_options *options)
{
    (void)target, (void)options;
    return wg_mean(prediction);
}

static void overflows(wg_fit_options options, const char *text)
{
    wg_dataset *data = samples(SAMPLES, 0);
    wg_params *params = store(WG_F64);
    wg_error error = {0};
    double a = 1;
    options.loss = mean_loss;
    options.loss_options = &(wg_loss_options){.reduction = WG_SUM};
    refused(wg_fit(steep, NULL, params, data, &options, &error), WG_NUMBER, &error, text);
    ck_assert_int_eq(wg_params_read(params, "a", &a, 1), WG_OK);
    ck_assert_double_eq(a, 0);
    wg_params_free(params);
    wg_dataset_free(data);
}

START_TEST(sums_and_norms_that_overflow)
{
    overflows((wg_fit_options){.batch = BATCH, .accumulate = 2},
        "batch 2: the loss is 0, and the gradient of a is not finite; recorded once more, every gradient");
    overflows((wg_fit_options){.batch = BATCH, .clip_norm = 1},
        "batch 1: the loss is 0, and the norm of the gradient is not finite; recorded once more");
}
END_TEST

/* A fit that is stopped between the batches of an update has not begun it: running statistics, too. */
static volatile sig_atomic_t stop;

static wg_var stopping(wg_params *p, wg_var x, void *user)
{
    size_t *calls = user;
    stop = ++*calls == 3; /* the first of the second update's */
    return rooted(p, x, NULL);
}

START_TEST(stopped_within_an_update)
{
    wg_dataset *data = samples(SAMPLES, 0);
    run r = begin(WG_F64), expected = by_hand(WG_F64, data, 1, 2, SIZE_MAX);
    size_t calls = 0;
    wg_fit_options options = {
        .optim = r.adam, .batch = BATCH, .accumulate = 2, .in_order = true, .seed = 9, .stop = &stop};
    fine(wg_fit(stopping, &calls, r.params, data, &options, &r.error), &r.error);
    ck_assert_uint_eq(calls, 3);
    same_state(&r, &expected);
    end(&r), end(&expected);
    wg_dataset_free(data);
}
END_TEST

/* ---- Skipped ---------------------------------------------------------------------------------------- */

/* A gradient, and a loss, in each of the batches; planned and recorded. */
START_TEST(what_is_skipped_leaves_no_trace)
{
    for (int way = 0; way < 8; way++)
        for (size_t bad = 0; bad < BATCHES; bad++) {
            wg_dtype dtype = way & 1 ? WG_F32 : WG_F64;
            wg_dataset *data = samples(bad * BATCH + 2, way & 2 ? (double)NAN : 0);
            run r = fit(dtype, data, (wg_fit_options){.skip_not_finite = true, .record = way & 4}),
                expected = by_hand(dtype, data, BATCHES, 1, bad);
            fine(r.status, &r.error);
            same_state(&r, &expected);
            ck_assert_uint_eq(r.history.epochs[0].skipped, 1);
            ck_assert_uint_eq(r.history.epochs[0].samples, SAMPLES - BATCH);
            ck_assert(isfinite(r.history.epochs[0].loss));
            end(&r), end(&expected);
            wg_dataset_free(data);
        }
}
END_TEST

START_TEST(an_accumulated_update_is_skipped_as_a_whole)
{
    for (size_t bad = 0; bad < BATCHES; bad++) {
        wg_dataset *data = samples(bad * BATCH, 0);
        run r = fit(WG_F64, data, (wg_fit_options){.skip_not_finite = true, .accumulate = 2}),
            expected = by_hand(WG_F64, data, BATCHES / 2, 2, bad / 2);
        fine(r.status, &r.error);
        ck_assert_uint_eq(r.history.epochs[0].skipped, 2);
        ck_assert_uint_eq(r.history.epochs[0].samples, SAMPLES - 2 * BATCH);
        same_state(&r, &expected);
        end(&r), end(&expected);
        wg_dataset_free(data);
    }
}
END_TEST

/* Stopped after each number of updates, also the skipped one, and gone on with. */
START_TEST(counts_go_on)
{
    files_enter("fit");
    wg_dataset *data = samples(2 * BATCH + 1, 0);
    wg_fit_options options = {.skip_not_finite = true, .epochs = 2, .checkpoint = path};
    run whole = fit(WG_F64, data, options);
    for (size_t stop_at = 1; stop_at < 2 * BATCHES; stop_at++) {
        size_t left = stop_at;
        wg_fit_options part = options;
        part.on_batch = stop_after, part.user = &left;
        run first = fit(WG_F64, data, part);
        ck_assert_int_eq(first.history.end, WG_FIT_STOPPED);
        part = options, part.resume = true;
        run rest = fit(WG_F64, data, part);
        fine(rest.status, &rest.error);
        same_state(&rest, &whole);
        for (size_t i = 0; i < 2; i++) {
            ck_assert_uint_eq(rest.history.epochs[i].skipped, 1);
            ck_assert_double_eq(rest.history.epochs[i].loss, whole.history.epochs[i].loss);
        }
        end(&first), end(&rest);
    }
    end(&whole);
    wg_dataset_free(data);
    files_leave();
}
END_TEST

static wg_var never(wg_params *p, wg_var x, void *user)
{
    return wg_mulc(rooted(p, x, user), (double)NAN);
}

/* Nothing but skipped batches: no loss, no best, no step; said in the history and to the reader. */
START_TEST(all_are_skipped)
{
    wg_dataset *data = samples(SAMPLES, 0);
    run r = begin(WG_F32), expected = before(WG_F32, data, 0, (wg_fit_options){0});
    FILE *file = tmpfile();
    char line[256];
    wg_fit_options options = {.optim = r.adam,
        .batch = BATCH,
        .epochs = 2,
        .skip_not_finite = true,
        .history = &r.history,
        .progress = file};
    fine(wg_fit(never, NULL, r.params, data, &options, &r.error), &r.error);
    same_state(&r, &expected);
    ck_assert(isnan(r.history.epochs[1].loss) && r.history.best == 0);
    ck_assert_uint_eq(r.history.epochs[1].skipped, BATCHES);
    rewind(file);
    ck_assert(fgets(line, sizeof line, file) && strstr(line, "  6 skipped  "));
    fclose(file);
    file = tmpfile();
    ck_assert_int_eq(wg_history_print(&r.history, file), WG_OK);
    rewind(file);
    ck_assert(fgets(line, sizeof line, file) && strstr(line, ",best,skipped\n"));
    ck_assert(fgets(line, sizeof line, file) && strstr(line, ",0,0,6\n"));
    fclose(file);
    end(&r), end(&expected);
    wg_dataset_free(data);
}
END_TEST

/* ---- An update that overflows */

static int too_fast(void *user, const wg_epoch *epoch)
{
    return epoch->epoch == 2 && wg_optim_set_lr(user, 1e308) != WG_OK;
}

/* A finite gradient times a rate that is finite, too: the parameter is not. The file has what was before. */
START_TEST(an_update_that_overflows)
{
    enum { COUNT = 16 };
    double x[COUNT], y[COUNT], before[2];
    for (int i = 0; i < COUNT; i++)
        x[i] = 1 + i % 3, y[i] = 1e4 * i;
    files_enter("overflow");
    for (int dtype = 0; dtype < 2; dtype++)
        for (int record = 0; record < 2; record++) {
            wg_dataset *data = wg_dataset_from_arrays(WG_DOUBLES(x, COUNT, 1), WG_DOUBLES(y, COUNT, 1), NULL);
            run r = {.params = store(dtype ? WG_F32 : WG_F64)};
            wg_params *saved = store(dtype ? WG_F32 : WG_F64);
            wg_optim *sgd = wg_sgd_new(r.params, &(wg_sgd_options){.lr = 1e-3});
            wg_fit_options options = {.optim = sgd,
                .epochs = 5,
                .batch = 4,
                .checkpoint = path,
                .record = record,
                .user = sgd,
                .on_epoch = too_fast};
            r.status = wg_fit(linear, NULL, r.params, data, &options, &r.error);
            ck_assert_msg(r.status == WG_NUMBER, "%s: %s", wg_status_name(r.status), r.error.message);
            ck_assert_msg(
                strstr(r.error.message, "fit: epoch 3, batch 1: the update at rate 1e+308 made parameter "
                                        "fc.weight infinite") != NULL,
                "%s", r.error.message);
            ck_assert_uint_ne(wg_params_not_finite(r.params), SIZE_MAX);
            wg_error error = {0};
            ck_assert_msg(wg_params_load(saved, path, NULL, &error) == WG_OK, "%s", error.message);
            ck_assert_uint_eq(wg_params_not_finite(saved), SIZE_MAX);
            ck_assert_int_eq(wg_params_read(saved, "fc.weight", before, 1), WG_OK);
            ck_assert(isfinite(before[0]) && before[0] > 0); /* two epochs on the way to large targets */
            wg_optim_free(sgd);
            wg_params_free(saved), wg_params_free(r.params);
            wg_dataset_free(data);
            remove(path);
        }
    files_leave();
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{the_state_is_that_of_before, WAYS}, {in_an_accumulated_update, 0},
        {the_checkpoint_is_an_earlier_one, 0}, {sums_and_norms_that_overflow, 0},
        {stopped_within_an_update, 0}, {what_is_skipped_leaves_no_trace, 0},
        {an_accumulated_update_is_skipped_as_a_whole, 0}, {counts_go_on, 0}, {an_update_that_overflows, 0},
        {all_are_skipped, 0}};
    return harness_run("fit_finite", tests, sizeof tests / sizeof tests[0]);
}
