/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Each request of memory of each kind of fit, and of test, fails once: the fit says so, or ends with the bits
 * of the one that got it all; nothing leaks; and its checkpoint is whole, for it can be gone on with to the
 * same end. */
#define _POSIX_C_SOURCE 200809L

#include <wengert/checkpoint.h>

#include "alloc.h"
#include "files.h"
#include "fitting.h"

static const char path[] = "run.safetensors"; /* in a folder of the test's own */

/* A model that is another every batch: plans are made a few times, then given up. */
static wg_var restless(wg_params *p, wg_var x, void *user)
{
    size_t *calls = user;
    return wg_mulc(with_state(p, x, NULL), 1 + (double)++*calls / 100);
}

/* One that reads what it computes. */
static wg_var curious(wg_params *p, wg_var x, void *user)
{
    (void)user;
    return wg_mulc(with_state(p, x, NULL), wg_item(wg_sum(x)) > 0 ? 1 : 0.5);
}

/* Not finite in its second call, and third, if it is asked again. */
static wg_var spoilt(wg_params *p, wg_var x, void *user)
{
    size_t call = ++*(size_t *)user;
    return wg_mulc(with_state(p, x, NULL), call == 2 || call == 3 ? (double)NAN : 1);
}

static const struct kind {
    const char *name;
    wg_model model;
    wg_dtype dtype;
    wg_fit_options options;
    bool stopped; /* after its first epoch, and gone on with */
} kinds[] = {
    {"planned", with_state, WG_F64, {0}, false},
    {"recorded", with_state, WG_F64, {.record = true}, false},
    {"restless", restless, WG_F64, {0}, false},
    {"curious", curious, WG_F64, {0}, false},
    {"validated", with_state, WG_F32, {.validation = 0.25, .patience = 2, .stratified = true}, false},
    {"saved", with_state, WG_F32, {.checkpoint = path, .patience = 2}, false},
    {"resumed", with_state, WG_F32, {.checkpoint = path, .patience = 2}, true},
    {"clipped", with_state, WG_F64, {.clip_norm = 0.5, .clip_value = 0.1}, false},
    {"accumulated", with_state, WG_F64, {.accumulate = 2}, false},
    {"skipping", spoilt, WG_F64, {.skip_not_finite = true}, false},
    {"in bfloat16", with_state, WG_F32, {.bf16 = true}, false},
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

static wg_params *fit(const struct kind *kind, const wg_dataset *data, wg_params *params, size_t epochs,
    bool resume, test_heap *heap, wg_error *error)
{
    size_t calls = 0;
    wg_history history = {0};
    wg_fit_options options = kind->options;
    options.batch = 8;
    options.epochs = epochs;
    options.resume = resume;
    options.history = &history;
    if (heap)
        options.allocator = test_heap_hook(heap);
    if (!params)
        params = wg_params_new(
            &(wg_params_options){.dtype = kind->dtype, .allocator = options.allocator, .seed = 1});
    if (params)
        wg_fit(kind->model, &calls, params, data, &options, error);
    wg_history_free(&history);
    return params;
}

START_TEST(one_request_fails)
{
    const struct kind *kind = &kinds[_i];
    files_enter("fit");
    wg_dataset *data = three_classes(28, 1);
    wg_error none = {0};
    wg_params *whole = fit(kind, data, NULL, 2, false, NULL, &none);
    size_t failed = 0, k = 1;
    fine(none.status, &none);
    for (bool more = true; more; k++) {
        remove(path);
        if (kind->stopped)
            wg_params_free(fit(kind, data, NULL, 1, false, NULL, &none));
        test_heap heap = {.fail_at = k};
        wg_error error = {0};
        wg_params *params = fit(kind, data, NULL, 2, kind->stopped, &heap, &error);
        more = heap.failures > 0;
        ck_assert_msg(!params || error.status == WG_OUT_OF_MEMORY ||
                          (error.status == WG_OK && wg_params_equal(whole, params)),
            "%s, request %zu: %s: %s", kind->name, k, wg_status_name(error.status), error.message);
        failed += error.status != WG_OK;
        if (kind->options.checkpoint && error.status != WG_OK) {
            wg_params *rest = fit(kind, data, NULL, 2, true, NULL, &none);
            ck_assert_msg(none.status == WG_OK && wg_params_equal(whole, rest), "%s, after request %zu: %s",
                kind->name, k, none.message);
            wg_params_free(rest);
        }
        ck_assert_uint_le(files_count(), 1); /* nothing lies about beside it */
        wg_params_free(params);
        test_heap_check(&heap);
    }
    ck_assert_msg(failed > k / 2, "%s: only %zu of %zu requests failed it", kind->name, failed, k);
    wg_params_free(whole);
    wg_dataset_free(data);
    files_leave();
}
END_TEST

/* Also the repetition that looks for a culprit. */
START_TEST(one_request_of_a_failing_fit_fails)
{
    const struct kind kind = {.name = "spoilt", .model = spoilt};
    wg_dataset *data = three_classes(28, 1);
    size_t named = 0;
    for (size_t k = 1, failures = 1; failures; k++) {
        test_heap heap = {.fail_at = k};
        wg_error error = {0};
        wg_params *params = fit(&kind, data, NULL, 2, false, &heap, &error);
        ck_assert_msg(!params || error.status == WG_NUMBER || error.status == WG_OUT_OF_MEMORY,
            "request %zu: %s: %s", k, wg_status_name(error.status), error.message);
        named += strstr(error.message, "first value that is not finite is node") != NULL;
        failures = heap.failures;
        wg_params_free(params);
        test_heap_check(&heap);
    }
    ck_assert_uint_ge(named, 1);
    wg_dataset_free(data);
}
END_TEST

/* What a test takes through its hook it gives back, be that the store's own or another, with the sizes that
 * were asked: when all goes well, when one request fails, and when the model does. */
static const struct asking {
    const char *name;
    wg_model model;
    wg_dtype dtype;
    wg_evaluate_options options;
    wg_status status;
} askings[] = {
    {"planned", with_state, WG_F64, {.batch = 8}, WG_OK},
    {"in one batch", with_state, WG_F32, {0}, WG_OK},
    {"restless", restless, WG_F64, {.batch = 4}, WG_OK},
    {"curious", curious, WG_F64, {.batch = 8}, WG_OK},
    {"of other parameters", linear, WG_F64, {.batch = 8}, WG_NAME},
    {"with a loss that does not fit", with_state, WG_F64, {.batch = 8, .loss = wg_mse}, WG_BAD_DTYPE},
};

enum { ASKINGS = sizeof askings / sizeof askings[0] };

static wg_status ask(const struct asking *a, const wg_dataset *data, test_heap *own, test_heap *other)
{
    size_t calls = 0;
    wg_error error = {0};
    wg_score score;
    wg_params *params =
        wg_params_new(&(wg_params_options){.dtype = a->dtype, .allocator = test_heap_hook(own), .seed = 1});
    wg_evaluate_options options = a->options;
    options.allocator = test_heap_hook(other ? other : own);
    if (!params)
        return WG_OUT_OF_MEMORY;
    wg_evaluate(with_state, NULL, params, data, NULL, NULL, &error); /* has its parameters */
    if (error.status == WG_OK) {
        size_t blocks = own->blocks, bytes = own->bytes;
        wg_evaluate(a->model, &calls, params, data, &options, &score, &error);
        ck_assert(!other || (own->blocks == blocks && own->bytes == bytes));
        ck_assert(!other || (other->blocks == 0 && other->bytes == 0));
    }
    wg_params_free(params);
    return error.status;
}

START_TEST(a_test_gives_all_back)
{
    const struct asking *a = &askings[_i % ASKINGS];
    bool with_other = _i >= ASKINGS;
    wg_dataset *data = three_classes(28, 1);
    for (size_t k = 0, failures = 1; failures; k++) {
        test_heap own = {.fail_at = with_other ? 0 : k}, other = {.fail_at = k};
        wg_status status = ask(a, data, &own, with_other ? &other : NULL);
        failures = k == 0 ? 1 : with_other ? other.failures : own.failures;
        bool failed = k > 0 && failures;
        ck_assert_msg(status == a->status || (failed && (status == WG_OK || status == WG_OUT_OF_MEMORY)),
            "%s, request %zu: %s", a->name, k, wg_status_name(status));
        test_heap_check(&own);
        test_heap_check(&other);
        ck_assert(!with_other || other.requests > 0);
    }
    wg_dataset_free(data);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{one_request_fails, KINDS}, {one_request_of_a_failing_fit_fails, 0},
        {a_test_gives_all_back, 2 * ASKINGS}};
    return harness_run("fit_memory", tests, sizeof tests / sizeof tests[0]);
}
