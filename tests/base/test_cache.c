/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Memory that is kept between tapes: it is handed out again, to one at a time, counted, bounded, given back.
 */
#include <pthread.h>

#include "alloc.h"
#include "networks.h"
#include "vars.h"

/* Counts what a cache asks for above the size that it keeps, and passes on to a heap. */
typedef struct large_heap {
    test_heap heap;
    size_t large;
} large_heap;

static void *large_resize(void *user, void *memory, size_t old_size, size_t new_size)
{
    large_heap *h = user;
    h->large += new_size >= 4096;
    return test_heap_resize(&h->heap, memory, old_size, new_size);
}

static wg_allocator large_hook(large_heap *h)
{
    return (wg_allocator){large_resize, h};
}

static void *resize(wg_allocator a, void *memory, size_t old_size, size_t new_size)
{
    return a.resize(a.user, memory, old_size, new_size);
}

/* ---- Blocks */

START_TEST(a_block_comes_back)
{
    test_heap heap = {0};
    wg_allocator hook = test_heap_hook(&heap);
    wg_cache *cache = wg_cache_new(&hook, 0);
    wg_allocator a = wg_cache_allocator(cache);
    size_t before = heap.bytes;
    for (size_t size = 1; size < 3000000; size += size / 3 + 1) {
        char *block = resize(a, NULL, 0, size);
        memset(block, 1, size);
        size_t requests = heap.requests;
        resize(a, block, size, 0);
        ck_assert_uint_eq(heap.bytes - before, wg_cache_bytes(cache));
        char *again = resize(a, NULL, 0, size);
        if (size >= 4096) {
            ck_assert_ptr_eq(again, block);
            ck_assert_uint_eq(heap.requests, requests);
            ck_assert_uint_le(heap.bytes - before, size + size / 4 + 512); /* what rounding costs */
        }
        resize(a, again, size, 0);
        wg_cache_trim(cache);
        ck_assert_uint_eq(wg_cache_bytes(cache), 0);
        ck_assert_uint_eq(heap.bytes, before);
    }
    wg_cache_free(cache);
    test_heap_check(&heap);
}
END_TEST

START_TEST(resizing_keeps_what_is_in_it)
{
    test_heap heap = {0};
    wg_allocator hook = test_heap_hook(&heap);
    wg_cache *cache = wg_cache_new(&hook, 0);
    wg_allocator a = wg_cache_allocator(cache);
    static const size_t sizes[] = {10, 4095, 4096, 4097, 5000, 100000, 1 << 20, 70000, 4096, 300, 9000};
    unsigned char *block = NULL;
    size_t old = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t known = old < sizes[i] ? old : sizes[i];
        block = resize(a, block, old, sizes[i]);
        ck_assert_ptr_nonnull(block);
        for (size_t k = 0; k < known; k++)
            ck_assert_uint_eq(block[k], k % 251);
        old = sizes[i];
        for (size_t k = 0; k < old; k++)
            block[k] = (unsigned char)(k % 251);
    }
    resize(a, block, old, 0);
    wg_cache_free(cache);
    test_heap_check(&heap);
}
END_TEST

START_TEST(no_more_waits_than_the_limit)
{
    test_heap heap = {0};
    wg_allocator hook = test_heap_hook(&heap);
    for (size_t limit = 1; limit < 2000000; limit = limit * 7 + 5) {
        wg_cache *cache = wg_cache_new(&hook, limit);
        wg_allocator a = wg_cache_allocator(cache);
        size_t before = heap.bytes;
        void *block[40];
        for (size_t i = 0; i < 40; i++)
            block[i] = resize(a, NULL, 0, 5000 * (i + 1));
        for (size_t i = 0; i < 40; i++) {
            resize(a, block[i], 5000 * (i + 1), 0);
            ck_assert_uint_le(wg_cache_bytes(cache), limit);
        }
        ck_assert_uint_eq(heap.bytes - before, wg_cache_bytes(cache));
        ck_assert(limit < 6000 || wg_cache_bytes(cache) > 0);
        wg_cache_free(cache);
    }
    test_heap_check(&heap);
}
END_TEST

START_TEST(nothing_is_a_cache_too)
{
    wg_cache_free(NULL);
    wg_cache_trim(NULL);
    ck_assert_uint_eq(wg_cache_bytes(NULL), 0);
    ck_assert(wg_cache_allocator(NULL).resize == NULL); /* malloc */
    ck_assert_ptr_null(wg_params_cache(NULL));
    wg_cache *cache = wg_cache_new(NULL, 0);
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.allocator = wg_cache_allocator(cache)});
    ck_assert_double_eq(wg_item(wg_exp(wg_scalar(tape, 0))), 1);
    wg_tape_free(tape);
    wg_cache_free(cache);
}
END_TEST

/* ---- Tapes */

enum { COUNT = 8, PIXELS = 256 };

static double train_on(wg_allocator allocator, wg_params *params)
{
    static float images[COUNT * PIXELS];
    int32_t labels[COUNT];
    network_data(images, labels, COUNT, PIXELS);
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.threads = 1, .allocator = allocator});
    wg_var x = wg_input(tape, WG_FLOATS(images, COUNT, 1, 16, 16));
    wg_var loss = wg_cross_entropy(network_cnn(params, x), wg_input(tape, WG_INTS(labels, COUNT)), NULL);
    double value = wg_backward(loss) == WG_OK ? wg_item(loss) : (double)NAN;
    wg_tape_free(tape);
    return value;
}

/* The second tape finds what the first one left. */
START_TEST(tapes_share_a_cache)
{
    large_heap h = {0};
    wg_allocator hook = large_hook(&h);
    wg_params *params = wg_params_new(NULL);
    wg_cache *cache = wg_cache_new(&hook, 0);
    double plain = train_on((wg_allocator){0}, params), first = train_on(wg_cache_allocator(cache), params);
    size_t asked = h.large, kept = wg_cache_bytes(cache);
    ck_assert(asked > 5 && kept > 0);
    ck_assert(plain == first && train_on(wg_cache_allocator(cache), params) == first);
    ck_assert_uint_eq(h.large, asked);
    ck_assert_uint_eq(wg_cache_bytes(cache), kept);
    wg_cache_free(cache);
    wg_params_free(params);
    test_heap_check(&h.heap);
}
END_TEST

/* Every request fails in turn: an error or the same number, and nothing is lost. */
START_TEST(without_memory)
{
    wg_params *params = wg_params_new(NULL);
    double good = train_on((wg_allocator){0}, params);
    for (size_t k = 1, failed = 1; failed; k++) {
        test_heap heap = {.fail_at = k};
        wg_allocator hook = test_heap_hook(&heap);
        wg_cache *cache = wg_cache_new(&hook, 0);
        double value = train_on(wg_cache_allocator(cache), params);
        ck_assert(isnan(value) || value == good);
        failed = heap.failures;
        heap.fail_at = 0;
        ck_assert(train_on(wg_cache_allocator(cache), params) == good);
        wg_cache_free(cache);
        test_heap_check(&heap);
    }
    wg_params_free(params);
}
END_TEST

/* ---- Stores */

static wg_var model(wg_params *params, wg_var x, void *user)
{
    (void)user;
    return network_cnn(params, x);
}

static wg_params *store(const wg_params_options *options)
{
    static float images[COUNT * PIXELS], logits[COUNT * 10];
    wg_params *params = wg_params_new(options);
    ck_assert_int_eq(
        wg_predict(model, NULL, params, WG_FLOATS(images, COUNT, 1, 16, 16), logits, COUNT * 10, NULL),
        WG_OK);
    return params;
}

typedef void ask(wg_params *params, const wg_dataset *data, wg_allocator allocator);

static void ask_predict(wg_params *params, const wg_dataset *data, wg_allocator allocator)
{
    (void)allocator;
    double logits[COUNT * 10];
    ck_assert_int_eq(
        wg_predict_f64(model, NULL, params, wg_dataset_x(data), logits, COUNT * 10, NULL), WG_OK);
}

static void ask_labels(wg_params *params, const wg_dataset *data, wg_allocator allocator)
{
    (void)allocator;
    ck_assert(wg_accuracy(model, NULL, params, data, NULL) >= 0);
}

static void ask_evaluate(wg_params *params, const wg_dataset *data, wg_allocator allocator)
{
    wg_evaluate_options options = {.batch = 4, .threads = 1, .allocator = allocator};
    ck_assert_int_eq(wg_evaluate(model, NULL, params, data, &options, NULL, NULL), WG_OK);
}

static ask *const asks[] = {ask_predict, ask_labels, ask_evaluate};

static wg_dataset *data_new(void)
{
    static float images[COUNT * PIXELS];
    int32_t labels[COUNT];
    network_data(images, labels, COUNT, PIXELS);
    return wg_dataset_from_arrays(WG_FLOATS(images, COUNT, 1, 16, 16), WG_INTS(labels, COUNT), NULL);
}

/* From the second call on nothing large is asked for; all of it is given back on request, and at the end. */
START_TEST(a_store_keeps_memory_between_calls)
{
    large_heap h = {0};
    wg_dataset *data = data_new();
    wg_params *params = store(&(wg_params_options){.threads = 1, .allocator = large_hook(&h)});
    wg_cache_trim(wg_params_cache(params));
    size_t blocks = h.heap.blocks;
    asks[_i](params, data, large_hook(&h));
    size_t large = h.large;
    ck_assert_uint_gt(wg_cache_bytes(wg_params_cache(params)), 0);
    for (int call = 0; call < 5; call++)
        asks[_i](params, data, large_hook(&h));
    ck_assert_uint_eq(h.large, large);
    wg_cache_trim(wg_params_cache(params));
    ck_assert_uint_eq(h.heap.blocks, blocks);
    asks[_i](params, data, large_hook(&h));
    wg_params_free(params);
    wg_dataset_free(data);
    test_heap_check(&h.heap);
}
END_TEST

/* Memory of one hook never comes from another one. */
START_TEST(another_allocator_is_left_alone)
{
    large_heap h = {0}, other = {0};
    wg_dataset *data = data_new();
    wg_params *params = store(&(wg_params_options){.threads = 1, .allocator = large_hook(&h)});
    size_t kept = wg_cache_bytes(wg_params_cache(params));
    ask_evaluate(params, data, large_hook(&other));
    ck_assert_uint_eq(other.heap.blocks, 0);
    ck_assert_uint_gt(other.heap.requests, 0);
    ask_evaluate(params, data, (wg_allocator){0});
    ck_assert_uint_eq(wg_cache_bytes(wg_params_cache(params)), kept);
    wg_params_free(params);
    wg_dataset_free(data);
    test_heap_check(&h.heap);
}
END_TEST

START_TEST(a_store_keeps_as_much_as_it_may)
{
    static const size_t limits[] = {1, 20000, 1 << 20};
    wg_dataset *data = data_new();
    for (size_t i = 0; i < 3; i++) {
        wg_params *params = store(&(wg_params_options){.cache = limits[i]});
        ask_predict(params, data, (wg_allocator){0});
        ck_assert_uint_le(wg_cache_bytes(wg_params_cache(params)), limits[i]);
        ck_assert(i > 0 || wg_cache_bytes(wg_params_cache(params)) == 0);
        wg_params_free(params);
    }
    wg_dataset_free(data);
}
END_TEST

/* ---- Threads */

enum { MANY = 4, ROUNDS = 3000 };

/* Writes its own number all over a block, and finds it there afterwards. */
static void *hammer(void *user)
{
    wg_allocator a = wg_cache_allocator(user);
    wg_random r = {.seed = (uint64_t)(uintptr_t)&a};
    void *block[6] = {0};
    size_t size[6] = {0};
    uintptr_t wrong = 0;
    for (int round = 0; round < ROUNDS; round++) {
        size_t i = wg_random_below(&r, 6);
        uintptr_t mark = (uintptr_t)&block[i] + (uintptr_t)round;
        if (block[i]) {
            uintptr_t first, last;
            memcpy(&first, block[i], sizeof first);
            memcpy(&last, (char *)block[i] + size[i] - sizeof last, sizeof last);
            wrong += first != last;
            resize(a, block[i], size[i], 0);
        }
        size[i] = 4096 + 2048 * wg_random_below(&r, 4);
        block[i] = resize(a, NULL, 0, size[i]);
        memcpy(block[i], &mark, sizeof mark);
        memcpy((char *)block[i] + size[i] - sizeof mark, &mark, sizeof mark);
        if (round % 500 == 499)
            wg_cache_trim(user);
    }
    for (size_t i = 0; i < 6; i++)
        resize(a, block[i], size[i], 0);
    return (void *)wrong;
}

START_TEST(threads_share_a_cache)
{
    wg_cache *cache = wg_cache_new(NULL, 100000);
    pthread_t thread[MANY];
    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, hammer, cache), 0);
    for (int i = 0; i < MANY; i++) {
        void *wrong;
        pthread_join(thread[i], &wrong);
        ck_assert_ptr_null(wrong);
    }
    ck_assert_uint_le(wg_cache_bytes(cache), 100000);
    wg_cache_trim(cache);
    ck_assert_uint_eq(wg_cache_bytes(cache), 0); /* every block is in a list, once */
    wg_cache_free(cache);
}
END_TEST

typedef struct question {
    wg_params *params;
    const wg_dataset *data;
    double logits[COUNT * 10];
} question;

static void *predict_often(void *user)
{
    question *q = user;
    double first[COUNT * 10];
    uintptr_t wrong = 0;
    for (int call = 0; call < 20; call++) {
        wrong += wg_predict_f64(model, NULL, q->params, wg_dataset_x(q->data), q->logits, COUNT * 10, NULL);
        if (call == 0)
            memcpy(first, q->logits, sizeof first);
        wrong += memcmp(first, q->logits, sizeof first) != 0;
    }
    return (void *)wrong;
}

START_TEST(threads_predict_with_one_store)
{
    wg_dataset *data = data_new();
    wg_params *params = store(&(wg_params_options){.threads = 1});
    wg_params_seal(params);
    question q[MANY];
    pthread_t thread[MANY];
    for (int i = 0; i < MANY; i++) {
        q[i] = (question){.params = params, .data = data};
        ck_assert_int_eq(pthread_create(&thread[i], NULL, predict_often, &q[i]), 0);
    }
    for (int i = 0; i < MANY; i++) {
        void *wrong;
        pthread_join(thread[i], &wrong);
        ck_assert_ptr_null(wrong);
        ck_assert_mem_eq(q[i].logits, q[0].logits, sizeof q[0].logits);
    }
    wg_params_free(params);
    wg_dataset_free(data);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{a_block_comes_back, 0}, {resizing_keeps_what_is_in_it, 0},
        {no_more_waits_than_the_limit, 0}, {nothing_is_a_cache_too, 0}, {tapes_share_a_cache, 0},
        {without_memory, 0}, {a_store_keeps_memory_between_calls, sizeof asks / sizeof asks[0]},
        {another_allocator_is_left_alone, 0}, {a_store_keeps_as_much_as_it_may, 0},
        {threads_share_a_cache, 0}, {threads_predict_with_one_store, 0}};
    return harness_run("cache", tests, sizeof tests / sizeof tests[0]);
}
