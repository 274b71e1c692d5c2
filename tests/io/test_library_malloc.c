/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Each request of memory, of ours and of every library below us, fails in turn while files are read and
 * written: the result is right, or it is WG_OUT_OF_MEMORY and nothing else; nothing is lost, and a file that
 * was there is whole. */
#define _GNU_SOURCE

#include "own_malloc.h"

#include "formats.h"
#include "harness.h"

static const wg_allocator none = {0};

enum { MOST_REQUESTS = 2000 };

/* Request number k of what follows fails. */
static void fail_request(size_t k)
{
    own_malloc.failures = 0;
    own_malloc.fail_at = own_malloc.calls + k;
}

static void check(const char *file, size_t k, bool done, const wg_error *error)
{
    bool failed = own_malloc.failures > 0;
    own_malloc.fail_at = 0;
    ck_assert_msg(failed || done, "%s: %s", file, error->message);
    ck_assert_msg(done ? error->status == WG_OK : error->status == WG_OUT_OF_MEMORY,
        "%s, request %zu: %s: %s", file, k, wg_status_name(error->status), error->message);
    ck_assert_msg(done || error->message[0], "%s, request %zu: no words", file, k);
}

START_TEST(readers)
{
    files_enter("malloc");
    formats_write_all();
    for (size_t i = 0; i < FORMATS_READERS && own_malloc_is_called(); i++) {
        const char *file = formats_readers[i].file;
        wg_error first = {0};
        if (!formats_readers[i].read(file, 0, &none, &first))
            continue; /* zlib was left out */
        size_t k = 0;
        do {
            wg_error error = {0};
            size_t blocks = own_malloc.blocks;
            fail_request(++k);
            bool read = formats_readers[i].read(file, 0, &none, &error);
            bool failed = own_malloc.failures > 0;
            check(file, k, read, &error);
            ck_assert_msg(own_malloc.blocks == blocks, "%s, request %zu: %zu blocks leaked", file, k,
                own_malloc.blocks - blocks);
            if (!failed)
                break;
        } while (k < MOST_REQUESTS);
        ck_assert_uint_gt(k, 1);
        ck_assert_uint_lt(k, MOST_REQUESTS);
    }
    files_leave();
}
END_TEST

typedef struct counting {
    size_t calls;
} counting;

static void *resize(void *user, void *memory, size_t old_size, size_t new_size)
{
    (void)old_size;
    counting *c = user;
    c->calls += new_size > 0;
    if (new_size)
        return realloc(memory, new_size);
    free(memory);
    return NULL;
}

/* Readers that are given a hook ask nobody else, and neither does zlib below them. The first reading does not
 * count: it may be the first to ask OpenMP something, whose runtime then starts. */
START_TEST(readers_with_a_hook)
{
    files_enter("malloc");
    formats_write_all();
    for (size_t i = 0; i < FORMATS_READERS && own_malloc_is_called(); i++) {
        counting c = {0};
        wg_error error = {0};
        const wg_allocator hook = {.resize = resize, .user = &c};
        if (!formats_readers[i].bounded) /* and so have no hook of their own */
            continue;
        formats_readers[i].read(formats_readers[i].file, 0, &hook, &error);
        wg_error_clear(&error);
        c.calls = 0;
        size_t before = own_malloc.calls;
        formats_readers[i].read(formats_readers[i].file, 0, &hook, &error);
        ck_assert_msg(own_malloc.calls - before == c.calls && (c.calls > 1 || error.status),
            "%s: %zu requests, %zu of them by the hook", formats_readers[i].file,
            (size_t)(own_malloc.calls - before), c.calls);
    }
    files_leave();
}
END_TEST

/* What a good writing leaves, before and after each bad one. */
START_TEST(writers)
{
    static unsigned char before[1 << 16], after[1 << 16];
    formats_store store;
    files_enter("malloc");
    ck_assert(formats_store_open(&store));
    for (size_t i = 0; i < FORMATS_WRITERS && own_malloc_is_called(); i++) {
        const char *file = formats_writers[i].file;
        wg_error first = {0};
        if (formats_writers[i].write(&store, file, &first) == WG_INVALID)
            continue; /* libpng was left out */
        size_t size = files_read(file, before, sizeof before), files = files_count(), k = 0;
        ck_assert(size && size < sizeof before);
        do {
            wg_error error = {0};
            size_t blocks = own_malloc.blocks;
            fail_request(++k);
            wg_status status = formats_writers[i].write(&store, file, &error);
            bool failed = own_malloc.failures > 0;
            own_malloc.fail_at = 0;
            if (formats_writers[i].write == formats_write_tuning && k == 1)
                wg_error_set(&error, status, "no table to be written"); /* by the test itself */
            check(file, k, status == WG_OK, &error);
            ck_assert_msg(own_malloc.blocks == blocks, "%s, request %zu: %zu blocks leaked", file, k,
                own_malloc.blocks - blocks);
            ck_assert_msg(files_read(file, after, sizeof after) == size && memcmp(before, after, size) == 0,
                "%s, request %zu: another file", file, k);
            ck_assert_uint_eq(files_count(), files);
            if (!failed)
                break;
        } while (k < MOST_REQUESTS);
        ck_assert_uint_gt(k, 1);
        ck_assert_uint_lt(k, MOST_REQUESTS);
    }
    formats_store_close(&store);
    files_leave();
}
END_TEST

/* ---- Gradient checks, which take their memory from malloc ------------------------------------------- */

static wg_var sum_of_squares(wg_tape *tape, const wg_var *x, size_t n, void *user)
{
    (void)tape, (void)n, (void)user;
    return wg_sum(wg_square(x[0]));
}

static wg_var a_layer(wg_params *params, wg_tape *tape, void *user)
{
    static const double x[6] = {0.1, -0.2, 0.3, 0.4, 0.5, -0.6};
    (void)user;
    return wg_sum(wg_square(wg_layer_dense(params, "fc", wg_input(tape, WG_DOUBLES(x, 2, 3)), 2, NULL)));
}

static wg_status run_check(int which, wg_params *params, wg_gradcheck_report *report)
{
    if (which == 0)
        return wg_gradcheck_shapes(sum_of_squares, NULL, &WG_SHAPE(3), 1, NULL, report);
    if (which == 1)
        return wg_gradcheck_shapes(
            sum_of_squares, NULL, &WG_SHAPE(3), 1, &(wg_gradcheck_options){.order = 2}, report);
    return wg_gradcheck_params(a_layer, NULL, params, NULL, report);
}

START_TEST(gradient_checks)
{
    for (int which = 0; which < 3 && own_malloc_is_called(); which++) {
        wg_params *params = wg_params_new(&(wg_params_options){.seed = 1});
        wg_gradcheck_report report;
        ck_assert_msg(run_check(which, params, &report) == WG_OK, "%s", report.message);
        size_t k = 0;
        for (bool failed = true; failed && k < MOST_REQUESTS;) {
            size_t blocks = own_malloc.blocks;
            fail_request(++k);
            wg_status status = run_check(which, params, &report);
            failed = own_malloc.failures > 0;
            own_malloc.fail_at = 0;
            ck_assert_msg(status == WG_OK || (failed && status == WG_OUT_OF_MEMORY),
                "check %d, request %zu: %s", which, k, report.message);
            ck_assert_msg(own_malloc.blocks == blocks, "check %d, request %zu: %zu blocks leaked", which, k,
                own_malloc.blocks - blocks);
        }
        ck_assert_uint_gt(k, 4);
        ck_assert_uint_lt(k, MOST_REQUESTS);
        wg_params_free(params);
    }
}
END_TEST

TEST_MAIN("library_malloc", readers, readers_with_a_hook, writers, gradient_checks)
