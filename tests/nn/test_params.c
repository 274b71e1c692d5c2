/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <wengert/params.h>
#include "alloc.h"
#include "harness.h"

static const wg_init one = {.rule = WG_INIT_CONSTANT, .value = 1};

static wg_params *store(wg_dtype dtype, uint64_t seed)
{
    return wg_params_new(&(wg_params_options){.dtype = dtype, .seed = seed});
}

START_TEST(get_or_create)
{
    wg_params *p = store(WG_F64, 0);
    wg_error error = {0};
    ck_assert_int_eq(wg_params_add(p, "a", WG_SHAPE(2, 3), &one, &error), WG_OK);
    ck_assert_int_eq(wg_params_add(p, "a", WG_SHAPE(2, 3), NULL, &error), WG_OK);
    ck_assert_int_eq(wg_params_add_buffer(p, "mean", WG_SHAPE(4), NULL, &error), WG_OK);
    ck_assert_int_eq(wg_params_add(p, "empty", WG_SHAPE(0, 3), NULL, &error), WG_OK);
    ck_assert_int_eq(wg_params_add(p, "s", wg_shape_scalar(), NULL, &error), WG_OK);
    ck_assert_uint_eq(wg_params_count(p), 4);
    ck_assert_uint_eq(wg_params_element_count(p), 7);
    ck_assert_uint_eq(wg_params_index(p, "empty"), 2);
    ck_assert_uint_eq(wg_params_index(p, "b"), SIZE_MAX);
    ck_assert_uint_eq(wg_params_index(p, NULL), SIZE_MAX);
    wg_param_info a = wg_params_at(p, 0), mean = wg_params_at(p, 1);
    ck_assert_str_eq(a.name, "a");
    ck_assert_uint_eq(a.count, 6);
    ck_assert(!a.buffer && !a.frozen && mean.buffer);
    ck_assert_double_eq(((const double *)a.value)[5], 1);
    ck_assert_double_eq(((const double *)mean.value)[3], 0);
    ck_assert_ptr_null(wg_params_grad(p, 1));
    ck_assert_ptr_null(wg_params_at(p, 4).name);
    ck_assert_ptr_null(wg_params_value(p, 4));
    ck_assert_ptr_null(wg_params_grad(p, 4));
    wg_params_free(p);
}
END_TEST

/* A machine with a gigabyte of memory. */
static void *gigabyte(void *user, void *memory, size_t old_size, size_t new_size)
{
    (void)user, (void)old_size;
    if (new_size)
        return new_size > (size_t)1 << 30 ? NULL : realloc(memory, new_size);
    free(memory);
    return NULL;
}

START_TEST(names_are_checked)
{
    wg_params *p = wg_params_new(&(wg_params_options){.allocator = {.resize = gigabyte}});
    ck_assert_int_eq(wg_params_add(p, "w", WG_SHAPE(2, 3), NULL, NULL), WG_OK);
    wg_error error = {0};
    ck_assert_int_eq(wg_params_add(p, "w", WG_SHAPE(3, 2), NULL, &error), WG_NAME);
    ck_assert_str_eq(error.message, "w has shape [2, 3], not [3, 2]");
    ck_assert_int_eq(
        wg_params_add(p, "fine", WG_SHAPE(1), NULL, &error), WG_NAME); /* the first error stays */
    wg_error_clear(&error);
    ck_assert_int_eq(wg_params_add_buffer(p, "w", WG_SHAPE(2, 3), NULL, &error), WG_NAME);
    ck_assert_str_eq(error.message, "w is a parameter, not a buffer");
    ck_assert_int_eq(wg_params_add(p, "", WG_SHAPE(1), NULL, NULL), WG_INVALID);
    ck_assert_int_eq(wg_params_add(p, NULL, WG_SHAPE(1), NULL, NULL), WG_INVALID);
    ck_assert_int_eq(wg_params_add(NULL, "w", WG_SHAPE(1), NULL, NULL), WG_INVALID);
    ck_assert_int_eq(wg_params_add(p, "x", (wg_shape){.rank = 9}, NULL, NULL), WG_BAD_SHAPE);
    ck_assert_int_eq(wg_params_add(p, "x", WG_SHAPE(SIZE_MAX, 3), NULL, NULL), WG_OVERFLOW);
    ck_assert_int_eq(wg_params_add(p, "x", WG_SHAPE(SIZE_MAX), NULL, NULL), WG_OUT_OF_MEMORY);
    ck_assert_int_eq(wg_params_add(p, "x", WG_SHAPE(SIZE_MAX / 8), NULL, NULL), WG_OUT_OF_MEMORY);
    wg_params_seal(p);
    ck_assert_int_eq(wg_params_add(p, "w", WG_SHAPE(2, 3), NULL, NULL), WG_OK);
    wg_error_clear(&error);
    ck_assert_int_eq(wg_params_add(p, "W", WG_SHAPE(2, 3), NULL, &error), WG_NAME);
    ck_assert_str_eq(
        error.message, "W is unknown, and the store is sealed by wg_params_seal; did you mean w?");
    wg_params_seal_for(p, "the loader");
    wg_error_clear(&error);
    ck_assert_int_eq(wg_params_add(p, "nothing", WG_SHAPE(2, 3), NULL, &error), WG_NAME);
    ck_assert_str_eq(error.message, "nothing is unknown, and the store is sealed by the loader");
    ck_assert_uint_eq(wg_params_count(p), 1);
    wg_params_free(p);
}
END_TEST

/* One slip at each letter of a name - left out, doubled, another, in the other case - and the name is found.
 */
START_TEST(names_that_are_nearly_right)
{
    static const char names[][16] = {"conv1.weight", "conv2.weight", "fc.bias", "encoder.norm"};
    wg_params *p = store(WG_F64, 1);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(wg_params_add(p, names[i], WG_SHAPE(1), NULL, NULL), WG_OK);
    wg_params_seal(p);
    for (size_t i = 1; i < 4; i++)
        for (size_t k = 0; names[i][k]; k++)
            for (int slip = 0; slip < 4; slip++) {
                char wrong[32], wanted[40];
                const char *letter = slip == 0 ? "" : slip == 1 ? "qq" : slip == 2 ? "q" : "Q";
                snprintf(wrong, sizeof wrong, "%.*s%s%s", (int)k, names[i], letter, names[i] + k + 1);
                snprintf(wanted, sizeof wanted, "did you mean %s?", names[i]);
                wg_error error = {0};
                ck_assert_int_eq(wg_params_add(p, wrong, WG_SHAPE(1), NULL, &error), WG_NAME);
                if (k != 4 || i != 1) /* conv?.weight may be either */
                    ck_assert_msg(strstr(error.message, wanted), "%s: %s", wrong, error.message);
            }
    wg_error error = {0};
    ck_assert_int_eq(wg_params_add(p, "FC.BIAS", WG_SHAPE(1), NULL, &error), WG_NAME);
    ck_assert_ptr_nonnull(strstr(error.message, "did you mean fc.bias?"));
    error = (wg_error){0};
    ck_assert_int_eq(wg_params_add(p, "decoder", WG_SHAPE(1), NULL, &error), WG_NAME);
    ck_assert_ptr_null(strstr(error.message, "did you mean"));
    char longer[400];
    memset(longer, 'a', sizeof longer);
    for (size_t n = 120; n < 140; n++) {
        longer[n] = 0;
        ck_assert_int_eq(wg_params_add(p, longer, WG_SHAPE(1), NULL, NULL), WG_NAME);
        longer[n] = 'a';
    }
    wg_params_free(p);
}
END_TEST

/* By (seed, full name): not by order; the same numbers, rounded, in float. */
START_TEST(initial_values_are_keyed_by_name)
{
    wg_params *ab = store(WG_F64, 1), *ba = store(WG_F64, 1), *other = store(WG_F64, 2),
              *single = store(WG_F32, 1);
    const wg_shape shape = WG_SHAPE(5, 7);
    wg_params_add(ab, "a", shape, NULL, NULL), wg_params_add(ab, "b", shape, NULL, NULL);
    wg_params_add(ba, "b", shape, NULL, NULL), wg_params_add(ba, "a", shape, NULL, NULL);
    wg_params_add(other, "a", shape, NULL, NULL), wg_params_add(other, "b", shape, NULL, NULL);
    wg_params_add(single, "a", shape, NULL, NULL);
    ck_assert(wg_params_equal(ab, ba));
    ck_assert(!wg_params_equal(ab, other));
    const double *a = wg_params_value(ab, 0), *b = wg_params_value(ab, 1);
    const float *s = wg_params_value(single, 0);
    for (int i = 0; i < 35; i++) {
        ck_assert(a[i] < b[i] || a[i] > b[i]);
        ck_assert_double_eq((double)s[i], (double)(float)a[i]);
    }
    wg_params_free(ab), wg_params_free(ba), wg_params_free(other), wg_params_free(single);
}
END_TEST

START_TEST(arrays_are_aligned_and_never_move)
{
    enum { N = 300 };
    wg_params *p = store(WG_F32, 0);
    void *value[N];
    size_t wrong = 0, used = 0;
    for (size_t i = 0; i < N; i++) {
        char name[16];
        snprintf(name, sizeof name, "w%zu", i);
        ck_assert_int_eq(
            (i % 3 ? wg_params_add : wg_params_add_buffer)(p, name, WG_SHAPE(i * 13), &one, NULL), WG_OK);
        value[i] = wg_params_value(p, i);
    }
    for (size_t i = 0; i < N; i++) {
        char name[16];
        snprintf(name, sizeof name, "w%zu", i);
        ck_assert_uint_eq(wg_params_index(p, name), i);
        ck_assert_ptr_eq(wg_params_value(p, i), value[i]);
        ck_assert_uint_eq((uintptr_t)value[i] % 64, 0);
        ck_assert_uint_eq((uintptr_t)wg_params_grad(p, i) % 64, 0);
        for (size_t k = 0; k < i * 13; k++)
            wrong += !(((float *)value[i])[k] == 1);
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_lt(wg_params_chunk_count(p), 16);
    for (size_t i = 0; i < wg_params_chunk_count(p); i++) {
        wg_params_chunk_info chunk = wg_params_chunk_at(p, i);
        ck_assert_uint_le(chunk.used, chunk.capacity);
        used += chunk.buffers ? 0 : chunk.used;
    }
    ck_assert_uint_ge(used, wg_params_element_count(p));
    ck_assert_uint_eq(wg_params_chunk_at(p, 99).capacity, 0);
    wg_params_free(p);
}
END_TEST

START_TEST(numbers_go_in_and_out)
{
    wg_params *p = store(WG_F32, 0);
    wg_error error = {0};
    double out[4];
    const float f[4] = {1, 2, 3, 4};
    const double d[4] = {5, 6, 7, 8};
    const int32_t i[4] = {9, 10, 11, 12};
    wg_params_add(p, "w", WG_SHAPE(2, 2), NULL, NULL);
    wg_params_add_buffer(p, "b", WG_SHAPE(1), NULL, NULL);
    ck_assert_int_eq(wg_params_set(p, "w", WG_FLOATS(f, 2, 2), &error), WG_OK);
    ck_assert_int_eq(wg_params_read(p, "w", out, 4), WG_OK);
    ck_assert_double_eq(out[3], 4);
    ck_assert_int_eq(wg_params_set(p, "w", WG_DOUBLES(d, 2, 2), &error), WG_OK);
    ck_assert_double_eq((double)((float *)wg_params_value(p, 0))[1], 6);
    ck_assert_int_eq(wg_params_set(p, "w", WG_INTS(i, 2, 2), &error), WG_OK);
    ck_assert_double_eq((double)((float *)wg_params_value(p, 0))[2], 11);
    ck_assert_int_eq(wg_params_read_grad(p, "w", out, 4), WG_OK);
    ck_assert_double_eq(out[0], 0);
    ck_assert_int_eq(wg_params_read(p, "w", out, 3), WG_BAD_SHAPE);
    ck_assert_int_eq(wg_params_read_grad(p, "w", out, 3), WG_BAD_SHAPE);
    ck_assert_int_eq(wg_params_read(p, "v", out, 4), WG_NAME);
    ck_assert_int_eq(wg_params_read_grad(p, "v", out, 4), WG_NAME);
    ck_assert_int_eq(wg_params_read_grad(p, "b", out, 1), WG_NO_GRADIENT);
    ck_assert_int_eq(wg_params_set(p, "w", WG_FLOATS(f, 4), &error), WG_BAD_SHAPE);
    ck_assert_str_eq(error.message, "w has shape [2, 2], not [4]");
    ck_assert_int_eq(wg_params_set(p, "v", WG_FLOATS(f, 4), NULL), WG_NAME);
    ck_assert_int_eq(wg_params_set(p, "w", WG_FLOATS(NULL, 2, 2), NULL), WG_INVALID);
    ck_assert_int_eq(wg_params_set(p, "w", wg_array_of(f, (wg_dtype)7, WG_SHAPE(2, 2)), NULL), WG_BAD_DTYPE);
    wg_params_free(p);
}
END_TEST

START_TEST(patterns)
{
    static const struct {
        const char *pattern;
        size_t found;
    } rows[] = {{"*", 4}, {"enc.fc1.weight", 1}, {"enc.*", 3}, {"*.bias", 2}, {"enc*.weight", 1}, {"*fc*", 4},
        {"fc", 0}, {"", 0}, {"**", 4}, {"*.mean", 0}, {"*weigh", 0}, {"*1*s", 2}};
    wg_params *p = store(WG_F64, 0);
    const char *names[4] = {"enc.fc1.weight", "enc.fc1.bias", "enc.fc2", "fc1.bias"};
    for (int i = 0; i < 4; i++)
        wg_params_add(p, names[i], WG_SHAPE(1), NULL, NULL);
    wg_params_add_buffer(p, "bn.mean", WG_SHAPE(1), NULL, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_msg(wg_params_freeze(p, rows[i].pattern, true) == rows[i].found, "%s", rows[i].pattern);
    ck_assert(wg_params_at(p, 2).frozen);
    ck_assert_uint_eq(wg_params_freeze(p, NULL, true) + wg_params_freeze(NULL, "*", true), 0);
    wg_params_free(p);
}
END_TEST

START_TEST(print_tells_names_shapes_and_the_total)
{
    wg_params *p = store(WG_F32, 0);
    wg_params_add(p, "conv1.weight", WG_SHAPE(6, 1, 5, 5), NULL, NULL);
    wg_params_add(p, "conv1.bias", WG_SHAPE(6), NULL, NULL);
    wg_params_add_buffer(p, "bn.mean", WG_SHAPE(6), NULL, NULL);
    wg_params_freeze(p, "conv1.bias", true);
    char text[1024] = "";
    FILE *file = tmpfile();
    ck_assert_int_eq(wg_params_print(p, file), WG_OK);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    ck_assert_str_eq(text, "name          shape                    elements\n"
                           "conv1.weight  [6, 1, 5, 5]                  150\n"
                           "conv1.bias    [6]                             6  frozen\n"
                           "bn.mean       [6]                             6  buffer\n"
                           "156 elements in 2 parameters, f32\n");
    ck_assert_int_eq(wg_params_print(NULL, stdout), WG_INVALID);
    ck_assert_int_eq(wg_params_print(p, NULL), WG_INVALID);
    wg_params_free(p);
}
END_TEST

START_TEST(stores_are_copied_and_compared)
{
    wg_params *a = store(WG_F64, 1), *b = store(WG_F64, 2), *single = store(WG_F32, 3);
    wg_params_add(a, "w", WG_SHAPE(3, 3), NULL, NULL);
    wg_params_add_buffer(a, "m", WG_SHAPE(3), &one, NULL);
    wg_params_add(b, "w", WG_SHAPE(3, 3), NULL, NULL);
    ck_assert(!wg_params_equal(a, b));
    ck_assert_int_eq(wg_params_copy(b, a, NULL), WG_OK);
    ck_assert(wg_params_equal(a, b));
    ((double *)wg_params_value(b, 1))[2] = 2;
    ck_assert(!wg_params_equal(a, b));
    ck_assert_int_eq(wg_params_copy(single, a, NULL), WG_OK);
    ck_assert(!wg_params_equal(a, single));
    ck_assert_double_eq(
        (double)((float *)wg_params_value(single, 0))[4], (float)((double *)wg_params_value(a, 0))[4]);
    wg_error error = {0};
    wg_params *odd = store(WG_F64, 1);
    wg_params_add(odd, "w", WG_SHAPE(9), &one, NULL);
    ck_assert_int_eq(wg_params_copy(odd, a, &error), WG_NAME);
    ck_assert_str_eq(error.message, "w is a parameter [9] here, a parameter [3, 3] there");
    ck_assert_uint_eq(wg_params_count(odd), 1);
    ck_assert(!wg_params_equal(odd, a));
    wg_params *sealed = store(WG_F64, 1);
    wg_params_add(sealed, "w", WG_SHAPE(3, 3), &one, NULL);
    wg_params_seal(sealed);
    ck_assert_int_eq(wg_params_copy(sealed, a, NULL), WG_NAME);
    ck_assert_double_eq(((double *)wg_params_value(sealed, 0))[0], 1);
    ck_assert_int_eq(wg_params_copy(a, a, NULL), WG_OK);
    ck_assert_int_eq(wg_params_copy(NULL, a, NULL), WG_INVALID);
    ck_assert(!wg_params_equal(a, NULL));
    wg_params_free(a), wg_params_free(b), wg_params_free(single), wg_params_free(odd), wg_params_free(sealed);
}
END_TEST

/* ---- One pass -------------------------------------------------------------------------------------- */

typedef struct visited {
    size_t elements[WG_PARAMS_MAX_PARTS], runs[WG_PARAMS_MAX_PARTS];
    bool bad[WG_PARAMS_MAX_PARTS]; /* per part, which one thread visits */
} visited;

/* Marks each element by adding 1 to its value. */
static void mark(void *user, const wg_params_run *run)
{
    visited *v = user;
    float *value = run->value;
    const float *gradient = run->gradient;
    if (run->part >= WG_PARAMS_MAX_PARTS)
        return; /* its elements will be missing */
    if ((uintptr_t)value % 64 || (uintptr_t)gradient % 64 || run->count % 16) {
        v->bad[run->part] = true;
        return;
    }
    v->elements[run->part] += run->count;
    v->runs[run->part]++;
    for (size_t i = 0; i < run->count; i++) {
        value[i] += 1;
        v->bad[run->part] = v->bad[run->part] || gradient[i] < 0 || gradient[i] > 0;
    }
}

START_TEST(a_pass_visits_each_element_once)
{
    const wg_init zero = wg_init_constant(0);
    wg_params *p = wg_params_new(&(wg_params_options){.dtype = WG_F32, .threads = 2});
    for (size_t i = 0; i < 60; i++) {
        char name[16];
        snprintf(name, sizeof name, "%s%zu", i % 7 ? "w" : "frozen", i);
        ck_assert_int_eq(wg_params_add(p, name, WG_SHAPE(i % 11 ? i * i : 4000 * i), &zero, NULL), WG_OK);
        if (i % 5 == 0)
            ck_assert_int_eq(wg_params_add_buffer(p, name + 1, WG_SHAPE(100), &zero, NULL), WG_OK);
    }
    wg_params_freeze(p, "frozen*", true);
    visited v = {0};
    size_t parts = wg_params_pass(p, mark, &v), elements = 0;
    ck_assert_uint_gt(parts, 10);
    ck_assert_uint_le(parts, WG_PARAMS_MAX_PARTS);
    for (size_t i = 0; i < WG_PARAMS_MAX_PARTS; i++) {
        ck_assert(!v.bad[i]);
        ck_assert(i < parts || v.runs[i] == 0);
        elements += v.elements[i];
    }
    size_t wanted = 0, wrong = 0;
    for (size_t i = 0; i < wg_params_count(p); i++) {
        wg_param_info a = wg_params_at(p, i);
        bool in = !a.buffer && !a.frozen;
        for (size_t k = 0; k < a.count; k++)
            wrong += !(((const float *)a.value)[k] == (in ? 1 : 0));
        wanted += in ? (a.count + 15 + (a.count == 0)) / 16 * 16 : 0;
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_eq(elements, wanted);
    ck_assert_uint_eq(wg_params_pass(NULL, mark, &v) + wg_params_pass(p, NULL, NULL), 0);
    wg_params_free(p);
}
END_TEST

START_TEST(options_and_null)
{
    ck_assert_ptr_null(wg_params_new(&(wg_params_options){.dtype = WG_I32}));
    ck_assert_ptr_null(wg_params_new(&(wg_params_options){.threads = -1}));
    wg_params *p = wg_params_new(NULL);
    ck_assert_int_eq(wg_params_dtype(p), WG_F64);
    ck_assert_uint_eq(wg_params_seed(p), 0);
    ck_assert_int_ge(wg_params_threads(p), 1);
    ck_assert_uint_eq(wg_params_element_count(p) + wg_params_count(p) + wg_params_chunk_count(p), 0);
    ck_assert_uint_eq(wg_params_index(p, "w"), SIZE_MAX);
    wg_params_free(p);
    wg_params_free(NULL), wg_params_seal(NULL), wg_params_changed(NULL);
    ck_assert_uint_eq(wg_params_element_count(NULL) + wg_params_count(NULL) + wg_params_chunk_count(NULL), 0);
    ck_assert_int_eq(wg_params_dtype(NULL), WG_F64);
    ck_assert_uint_eq(wg_params_seed(NULL), 0);
    ck_assert_int_eq(wg_params_threads(NULL), 1);
    ck_assert_ptr_null(wg_params_allocator(NULL));
}
END_TEST

/* The k-th request fails, for every k: a status, nothing leaked, and the next try works. */
START_TEST(every_allocation_may_fail)
{
    bool failed = true;
    for (size_t k = 1; failed; k++) {
        test_heap heap = {.fail_at = k};
        wg_params *p = wg_params_new(&(wg_params_options){.allocator = test_heap_hook(&heap)});
        for (size_t i = 0; p && i < 40; i++) {
            char name[16];
            snprintf(name, sizeof name, "w%zu", i);
            wg_status status = wg_params_add(p, name, WG_SHAPE(i * 100), &one, NULL);
            ck_assert(status == WG_OK || status == WG_OUT_OF_MEMORY);
            if (status != WG_OK)
                ck_assert_int_eq(wg_params_add(p, name, WG_SHAPE(i * 100), &one, NULL), WG_OK);
            ck_assert_uint_eq(wg_params_index(p, name), i);
        }
        failed = heap.failures > 0;
        wg_params_free(p);
        test_heap_check(&heap);
        ck_assert_uint_lt(k, 1000);
    }
}
END_TEST

TEST_MAIN("params", get_or_create, names_are_checked, names_that_are_nearly_right,
    initial_values_are_keyed_by_name, arrays_are_aligned_and_never_move, numbers_go_in_and_out, patterns,
    print_tells_names_shapes_and_the_total, stores_are_copied_and_compared, a_pass_visits_each_element_once,
    options_and_null, every_allocation_may_fail)
