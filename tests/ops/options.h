/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* options.h - a room with a tape and a store to misuse, in which nothing may leak, and tables of what they
 * must refuse. */
#ifndef WG_TESTS_OPTIONS_H
#define WG_TESTS_OPTIONS_H

#include <stdint.h>
#include <string.h>
#include <wengert/wengert.h>

#include "alloc.h"

enum { N = 4, CLASSES = 3, CHANNELS = 2, SIDE = 6 };

/* A store with a heap that has at most a gigabyte, as the tape's. */
typedef struct room {
    test_heap heap;
    wg_tape *tape;
    wg_params *params;
} room;

static inline void *small_heap(void *user, void *memory, size_t old_size, size_t new_size)
{
    return new_size > (size_t)1 << 28 ? NULL : test_heap_resize(user, memory, old_size, new_size);
}

static inline void room_open(room *r)
{
    *r = (room){0};
    wg_allocator hook = {.resize = small_heap, .user = &r->heap};
    r->tape = wg_tape_new(&(wg_tape_options){.training = true, .threads = 1, .allocator = hook});
    r->params = wg_params_new(&(wg_params_options){.threads = 1, .allocator = hook});
    ck_assert(r->tape && r->params);
}

static inline void room_close(room *r)
{
    wg_tape_free(r->tape);
    wg_params_free(r->params);
    test_heap_check(&r->heap);
}

typedef wg_var use(room *r, const void *options);

static const double numbers[CHANNELS * CHANNELS * SIDE * SIDE] = {0.3, -1, 2, 0.5, 0.25, -0.75, 1.5};
static const int32_t labels[N] = {0, 2, 1, 1};

static inline wg_var matrix(room *r)
{
    return wg_leaf(r->tape, WG_DOUBLES(numbers, N, CLASSES));
}

static inline wg_var image(room *r)
{
    return wg_leaf(r->tape, WG_DOUBLES(numbers, 1, CHANNELS, SIDE, SIDE));
}

/* An operation or a layer on operands that fit it. */
typedef wg_var use(room *r, const void *options);

typedef struct refusal {
    use *call;
    const void *options;
    wg_status status;
    const char *named; /* in the message */
} refusal;

/* The call fails with the status and words of its row; the first error stays. */
static inline void check_refused(room *r, const refusal *c, int row)
{
    wg_var y = c->call(r, c->options);
    const char *message = wg_tape_message(r->tape);
    ck_assert_msg(!wg_is_valid(y), "row %d (%s): accepted", row, c->named);
    ck_assert_msg(wg_tape_status(r->tape) == c->status && strstr(message, c->named),
        "row %d: \"%s\" expected, got %s: %s", row, c->named, wg_status_name(wg_tape_status(r->tape)),
        message);
    ck_assert_int_eq(wg_backward(y), c->status);
}

#endif
