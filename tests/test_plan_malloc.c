/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* A run of a plan calls no allocator at all: neither the tape's, nor the C library's, nor do the libraries
 * that it calls. This program's malloc and its kin stand before the C library's, and count. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "planning.h"

/* A sanitizer has a malloc of its own. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define NO_COUNTING
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define NO_COUNTING
#endif

static atomic_size_t calls;

#ifndef NO_COUNTING
/* What is asked for while the C library's functions are looked up: dlsym itself may ask. */
static _Alignas(max_align_t) char early[65536];
static atomic_size_t early_used;

static bool is_early(const void *p)
{
    return (const char *)p >= early && (const char *)p < early + sizeof early;
}

static void *next(const char *name)
{
    static _Thread_local int depth;
    void *function = NULL;
    if (depth++ == 0)
        function = dlsym(RTLD_NEXT, name);
    depth--;
    return function;
}

static void *take_early(size_t size)
{
    size_t at = atomic_fetch_add(&early_used, (size + 63) / 64 * 64);
    return at + size <= sizeof early ? early + at : NULL;
}

/* A pointer to data becomes one to a function, as POSIX asks of dlsym. */
#define NEXT(type, name, ...)                                                                                \
    type (*function)(__VA_ARGS__);                                                                           \
    void *found = next(name);                                                                                \
    memcpy(&function, &found, sizeof function)

void *malloc(size_t size)
{
    NEXT(void *, "malloc", size_t);
    atomic_fetch_add(&calls, 1);
    return function ? function(size) : take_early(size);
}

void *calloc(size_t n, size_t size)
{
    NEXT(void *, "calloc", size_t, size_t);
    atomic_fetch_add(&calls, 1);
    return function ? function(n, size) : take_early(n * size);
}

void *realloc(void *memory, size_t size)
{
    NEXT(void *, "realloc", void *, size_t);
    atomic_fetch_add(&calls, 1);
    if (!is_early(memory) && function)
        return function(memory, size);
    char *fresh = malloc(size);
    for (size_t i = 0; fresh && memory && i < size && is_early((char *)memory + i); i++)
        fresh[i] = ((char *)memory)[i];
    return fresh;
}

void free(void *memory)
{
    NEXT(void, "free", void *);
    if (memory && !is_early(memory) && function)
        function(memory);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    NEXT(void *, "aligned_alloc", size_t, size_t);
    atomic_fetch_add(&calls, 1);
    return function ? function(alignment, size) : NULL;
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    NEXT(int, "posix_memalign", void **, size_t, size_t);
    atomic_fetch_add(&calls, 1);
    return function ? function(memory, alignment, size) : ENOMEM;
}
#endif

/* Of a network, with an optimiser, on one thread and on two; the team of threads is made in the first run. */
static void check_network(network model, wg_dtype dtype, int threads)
{
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = dtype, .training = true, .threads = threads});
    wg_params *params = wg_params_new(&(wg_params_options){.dtype = dtype, .threads = threads});
    wg_optim *adam = wg_adam_new(params, NULL);
    wg_var x = wg_input_of(tape, dtype, WG_SHAPE(BATCH, 1, SIDE, SIDE)),
           y = wg_input_of(tape, WG_I32, WG_SHAPE(BATCH));
    wg_var loss = wg_cross_entropy(model(params, x), y, NULL);
    size_t before = calls;
    wg_plan *plan = plan_of(loss, &(wg_plan_options){.optim = adam});
    ck_assert_uint_gt(calls, before); /* it counts */
    for (size_t i = 0; i < STEPS; i++) {
        wg_set(x, image_batch(i));
        wg_set(y, label_batch(i));
        ck_assert_int_eq(wg_plan_run(plan), WG_OK);
        ck_assert(isfinite(wg_item(loss)));
        if (i == 0)
            before = calls;
    }
    ck_assert_uint_eq(calls, before);
    wg_plan_free(plan);
    wg_optim_free(adam);
    wg_tape_free(tape);
    wg_params_free(params);
}

START_TEST(a_run_calls_no_allocator)
{
    size_t before = calls;
    free(malloc(8 + before % 8));
    if (calls == before)
        return; /* somebody else's malloc stands before ours: a sanitizer's, valgrind's */
    network_data(images, labels, STEPS * BATCH, SIDE * SIDE);
    for (int threads = 1; threads <= 2; threads++) {
        check_network(network_cnn, WG_F32, threads);
        check_network(network_mlp, WG_F32, threads);
        check_network(network_mlp, WG_F64, threads);
    }
}
END_TEST

TEST_MAIN("plan_malloc", a_run_calls_no_allocator)
