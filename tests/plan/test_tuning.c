/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Tables of measured choices: made, kept, read, and obeyed. */
#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <stdlib.h>
#include "alloc.h"
#include "base/clock.h"
#include "files.h"
#include "kernels/lanes.h"
#include "kernels/tuning.h"
#include "ops/conv_attr.h"
#include "tape/hints.h"
#include "plan_training.h"

enum { N = 16, C = 3, K = 5, SIZE = 12, TAPS = 3, X = N * C * SIZE * SIZE, W = K * C * TAPS * TAPS };
enum { Y = N * K * SIZE * SIZE };

static const wg_conv geometry = {N, C, SIZE, SIZE, K, TAPS, TAPS, SIZE, SIZE, 1, 1, 1, 1, 1, 1, 1, 0};

/* ---- A step ----------------------------------------------------------------------------------------- */

typedef struct step {
    wg_tape *tape;
    wg_params *params;
    wg_var y, loss;
} step;

/* y = (-x) * w: an image that is not the store's may lie in lanes. */
static step step_new(int threads, const wg_allocator *memory)
{
    static float xs[X], ws[W];
    const wg_allocator hook = memory ? *memory : (wg_allocator){0};
    wg_random r = {.seed = 4};
    for (size_t i = 0; i < X; i++)
        xs[i] = (float)wg_random_normal(&r);
    for (size_t i = 0; i < W; i++)
        ws[i] = (float)wg_random_normal(&r);
    step s = {.tape = wg_tape_new(&(wg_tape_options){.dtype = WG_F32, .threads = threads, .allocator = hook}),
        .params = wg_params_new(&(wg_params_options){.dtype = WG_F32})};
    const wg_shape image = WG_SHAPE(N, C, SIZE, SIZE), filter = WG_SHAPE(K, C, TAPS, TAPS);
    wg_params_add(s.params, "x", image, NULL, NULL);
    wg_params_add(s.params, "w", filter, NULL, NULL);
    wg_params_set(s.params, "x", wg_array_of(xs, WG_F32, image), NULL);
    wg_params_set(s.params, "w", wg_array_of(ws, WG_F32, filter), NULL);
    if (!s.tape)
        return s;
    wg_var x = wg_param(s.params, s.tape, "x", image, NULL),
           w = wg_param(s.params, s.tape, "w", filter, NULL);
    s.y = wg_flatten(wg_conv2d(wg_neg(x), w, &(wg_conv2d_options){.padding = 1}));
    s.loss = wg_sum(wg_square(s.y));
    return s;
}

static void step_free(step *s)
{
    wg_tape_free(s->tape);
    wg_params_free(s->params);
}

typedef struct answer {
    float y[Y], dx[X], dw[W];
} answer;

/* By recording without options, else by a plan. */
static void calculate(const wg_plan_options *options, int threads, answer *out)
{
    step s = step_new(threads, NULL);
    wg_plan_options o = options ? *options : (wg_plan_options){0};
    o.keep = &s.y;
    o.keep_count = 1;
    wg_plan *plan = options ? plan_of(s.loss, &o) : NULL;
    ck_assert_int_eq(plan ? wg_plan_run(plan) : wg_backward(s.loss), WG_OK);
    memcpy(out->y, plan ? wg_plan_array(plan, s.y).data : wg_data(s.y), sizeof out->y);
    memcpy(out->dx, wg_params_grad(s.params, wg_params_index(s.params, "x")), sizeof out->dx);
    memcpy(out->dw, wg_params_grad(s.params, wg_params_index(s.params, "w")), sizeof out->dw);
    wg_plan_free(plan);
    step_free(&s);
}

static wg_tuning *tuned(void)
{
    wg_error error = {0};
    wg_tuning *tuning = wg_tuning_new(NULL);
    step s = step_new(2, NULL);
    ck_assert_msg(wg_tune(tuning, s.loss, NULL, &error) == WG_OK, "%s", error.message);
    step_free(&s);
    return tuning;
}

/* ---- Measuring -------------------------------------------------------------------------------------- */

START_TEST(what_is_planned_is_measured)
{
    wg_tuning *tuning = tuned();
    ck_assert_uint_eq(wg_tuning_count(tuning), 3);
    for (wg_conv_pass pass = WG_CONV_FORWARD; pass <= WG_CONV_WEIGHT; pass++) {
        const wg_tuned *entry = wg__tuning_find(tuning, &geometry, pass, sizeof(float));
        ck_assert_ptr_nonnull(entry);
        for (size_t way = WG_CONV_BY_CHANNELS; way <= WG_CONV_BY_PRODUCT; way++)
            ck_assert_uint_gt(entry->nanoseconds[way], 0);
        ck_assert_int_eq(entry->nanoseconds[WG_CONV_IN_LANES] > 0, wg__lanes() > 0);
    }
    step s = step_new(1, NULL); /* what is there stays */
    const size_t first = tuning->entry[0].nanoseconds[WG_CONV_BY_PRODUCT];
    ck_assert_int_eq(wg_tune(tuning, s.loss, &(wg_plan_options){.forward = true}, NULL), WG_OK);
    ck_assert_uint_eq(wg_tuning_count(tuning), 3);
    ck_assert_uint_eq(tuning->entry[0].nanoseconds[WG_CONV_BY_PRODUCT], first);
    step_free(&s);
    wg_tuning_free(tuning);
}
END_TEST

/* What a pass takes on one thread by a way, in nanoseconds: the least of many runs. */
static double takes(wg_conv_pass pass, size_t way)
{
    static _Alignas(64) float a[Y], b[Y], result[Y]; /* the largest of the three */
    bool lanes = way == WG_CONV_IN_LANES;
    double least = HUGE_VAL;
    size_t bytes;
    wg_conv conv = geometry;
    conv.way = way;
    ck_assert(lanes ? wg__conv_lanes_scratch(&conv, pass, &bytes)
                    : wg__conv_scratch(1, &conv, pass, sizeof(float), &bytes));
    void *scratch = aligned_alloc(64, bytes / 64 * 64 + 64);
    for (int i = 0; i < 20; i++) {
        const double start = wg__clock();
        (lanes ? wg__conv_lanes_f32 : wg__conv_f32)(1, &conv, pass, a, b, result, scratch, NULL);
        least = fmin(least, 1e9 * (wg__clock() - start));
    }
    free(scratch);
    return least;
}

/* A disturbed measurement may be repeated. */
static bool times_are_true(void)
{
    bool are = true;
    double sum = 0;
    wg_tuning *tuning = wg_tuning_new(NULL);
    step s = step_new(1, NULL);
    const double start = wg__clock();
    ck_assert_int_eq(wg_tune(tuning, s.loss, NULL, NULL), WG_OK);
    const double passed = 1e9 * (wg__clock() - start);
    for (wg_conv_pass pass = WG_CONV_FORWARD; pass <= WG_CONV_WEIGHT; pass++) {
        const wg_tuned *entry = wg__tuning_find(tuning, &geometry, pass, sizeof(float));
        const size_t *times = entry->nanoseconds, choice = wg__tuned_way(entry);
        for (size_t way = WG_CONV_BY_ROWS; way < WG_CONV_WAYS; way++)
            if (times[way]) {
                const double expected = takes(pass, way), ratio = (double)times[way] / expected;
                are = are && ratio > 0.25 && ratio < 4;
                sum += (double)times[way];
                ck_assert(way == WG_CONV_IN_LANES || times[choice] <= times[way]);
            }
    }
    ck_assert_msg(sum <= passed, "%g ns were measured in %g ns", sum, passed);
    step_free(&s);
    wg_tuning_free(tuning);
    return are;
}

START_TEST(times_are_of_the_clock)
{
    int tries = 0;
    while (!times_are_true())
        ck_assert_int_lt(++tries, 50);
}
END_TEST

/* All tables of four times: none, and three different ones. What lanes take has no part in it. */
START_TEST(the_least_time_is_chosen)
{
    ck_assert_uint_eq(wg__tuned_way(NULL), WG_CONV_CHOSEN);
    for (size_t code = 0; code < 256; code++) {
        wg_tuned entry = {.key = {geometry, WG_CONV_FORWARD, sizeof(float)}};
        size_t best = WG_CONV_CHOSEN, least = SIZE_MAX;
        for (size_t way = WG_CONV_BY_ROWS; way < WG_CONV_WAYS; way++) {
            const size_t time = (code >> 2 * (way - WG_CONV_BY_ROWS)) % 4;
            entry.nanoseconds[way] = time;
            if (way != WG_CONV_IN_LANES && time && time < least)
                best = way, least = time;
        }
        ck_assert_uint_eq(wg__tuned_way(&entry), best);
    }
}
END_TEST

/* The mean over the passes that were measured in rows and in lanes, of all threads together. */
START_TEST(what_lanes_save)
{
    static const size_t times[3][WG_CONV_WAYS] = {[WG_CONV_FORWARD] = {0, 900, 700, 800, 200},
        [WG_CONV_INPUT] = {0, 0, 0, 0, 100},
        [WG_CONV_WEIGHT] = {0, 0, 0, 1000, 1300}};
    double saved = -1;
    wg_tuning *tuning = wg_tuning_new(NULL);
    const wg_op_context op = {.hints = &(wg_hints){.tuning = tuning}, .threads = 3};
    ck_assert(!wg__conv_tuned_saving(&op, &geometry, &saved));
    for (wg_conv_pass pass = WG_CONV_FORWARD; pass <= WG_CONV_WEIGHT; pass++)
        memcpy(wg__tuning_entry(tuning, &(wg_tuned_key){geometry, pass, sizeof(float)})->nanoseconds,
            times[pass], sizeof times[pass]);
    ck_assert(wg__conv_tuned_saving(&op, &geometry, &saved));
    ck_assert_double_eq(saved, 3 * (500.0 - 300) / 2);
    wg_tuning_free(tuning);
}
END_TEST

START_TEST(what_cannot_be_tuned)
{
    wg_error error = {0};
    step s = step_new(1, NULL);
    wg_tuning *tuning = wg_tuning_new(NULL);
    ck_assert_int_eq(wg_tune(NULL, s.loss, NULL, &error), WG_INVALID);
    ck_assert_int_eq(wg_tune(tuning, s.loss, NULL, &error), WG_INVALID); /* the first error stays */
    error = (wg_error){0};
    ck_assert_int_eq(wg_tune(tuning, s.y, NULL, &error), WG_NOT_SCALAR);
    ck_assert_int_eq(wg_tune(tuning, (wg_var){0}, NULL, NULL), WG_INVALID);
    ck_assert_uint_eq(wg_tuning_count(tuning), 0);
    ck_assert_uint_eq(wg_tuning_count(NULL), 0);
    wg_tuning_free(tuning);
    wg_tuning_free(NULL);
    step_free(&s);
}
END_TEST

/* ---- Obeying ---------------------------------------------------------------------------------------- */

/* All passes by one way. */
static void make_fastest(wg_tuning *tuning, size_t way)
{
    for (size_t i = 0; i < tuning->count; i++)
        for (size_t w = WG_CONV_BY_ROWS; w < WG_CONV_WAYS; w++)
            tuning->entry[i].nanoseconds[w] = w == way ? 1000 : 1000000000;
}

/* What the kernels themselves compute so. */
static void by_kernels(size_t way, answer *out)
{
    step s = step_new(1, NULL);
    static float x[X], g[Y];
    const float *xs = wg_params_value(s.params, wg_params_index(s.params, "x")),
                *w = wg_params_value(s.params, wg_params_index(s.params, "w"));
    for (size_t i = 0; i < X; i++)
        x[i] = -xs[i];
    const struct {
        const float *a, *b;
        float *result;
    } pass[] = {{x, w, out->y}, {g, w, out->dx}, {x, g, out->dw}};
    for (wg_conv_pass p = WG_CONV_FORWARD; p <= WG_CONV_WEIGHT; p++) {
        size_t bytes;
        wg_conv conv = geometry;
        conv.way = way;
        ck_assert(wg__conv_scratch(1, &conv, p, sizeof(float), &bytes));
        void *scratch = aligned_alloc(64, bytes / 64 * 64 + 64);
        wg__conv_f32(1, &conv, p, pass[p].a, pass[p].b, pass[p].result, scratch, NULL);
        free(scratch);
        for (size_t i = 0; p == WG_CONV_FORWARD && i < Y; i++)
            g[i] = 2 * out->y[i];
    }
    for (size_t i = 0; i < X; i++)
        out->dx[i] = -out->dx[i];
    step_free(&s);
}

START_TEST(the_table_decides)
{
    static answer kernels, planned, threads;
    wg_tuning *tuning = tuned();
    size_t way = WG_CONV_BY_ROWS + (size_t)_i;
    make_fastest(tuning, way);
    by_kernels(way, &kernels);
    calculate(&(wg_plan_options){.tuning = tuning}, 1, &planned);
    calculate(&(wg_plan_options){.tuning = tuning}, 3, &threads);
    ck_assert_mem_eq(&kernels, &planned, sizeof kernels);
    ck_assert_mem_eq(&threads, &planned, sizeof threads);
    wg_tuning_free(tuning);
}
END_TEST

START_TEST(lanes_where_they_are_faster)
{
    static answer lanes, rows, planned;
    wg_tuning *tuning = tuned();
    make_fastest(tuning, WG_CONV_IN_LANES);
    calculate(&(wg_plan_options){.layout = WG_LAYOUT_LANES}, 1, &lanes);
    calculate(&(wg_plan_options){.layout = WG_LAYOUT_ROWS}, 1, &rows);
    calculate(&(wg_plan_options){.tuning = tuning}, 2, &planned);
    ck_assert_mem_eq(&lanes, &planned, sizeof lanes);
    ck_assert_int_eq(memcmp(&lanes, &rows, sizeof lanes) != 0, wg__lanes() > 0);
    wg_tuning_free(tuning);
}
END_TEST

/* What the table does not know is chosen as ever. */
START_TEST(an_empty_table_decides_nothing)
{
    static answer without, with;
    wg_tuning *tuning = wg_tuning_new(NULL);
    calculate(&(wg_plan_options){0}, 1, &without);
    calculate(&(wg_plan_options){.tuning = tuning}, 1, &with);
    ck_assert_mem_eq(&without, &with, sizeof with);
    ck_assert_uint_eq(wg_tuning_count(tuning), 0);
    wg_tuning_free(tuning);
}
END_TEST

/* ---- Files ------------------------------------------------------------------------------------------ */

START_TEST(tables_are_kept)
{
    wg_error error = {0};
    wg_tuning *tuning = tuned();
    files_enter("tuning");
    ck_assert_int_eq(wg_tuning_save(tuning, "a.tuning", &error), WG_OK);
    wg_tuning *read = wg_tuning_load("a.tuning", NULL, &error);
    ck_assert_msg(read != NULL, "%s", error.message);
    ck_assert_uint_eq(read->count, tuning->count);
    ck_assert_mem_eq(read->entry, tuning->entry, read->count * sizeof *read->entry);
    ck_assert_int_eq(wg_tuning_save(NULL, "b.tuning", &error), WG_INVALID);
    error = (wg_error){0};
    ck_assert_int_eq(wg_tuning_save(tuning, "no/such/folder", &error), WG_FILE);
    error = (wg_error){0};
    ck_assert_ptr_null(wg_tuning_load("b.tuning", NULL, &error));
    ck_assert_int_eq(error.status, WG_FILE);
    files_leave();
    wg_tuning_free(read);
    wg_tuning_free(tuning);
}
END_TEST

#define ONES "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"

static const struct {
    const char *lines, *says;
} bad_tables[] = {
    {NULL, "line 1: this is no table"},
    {"0 4 " ONES " 5 6 7", "line 2: number 21 of 22"},
    {"0 4 " ONES " 5 6 7 8", "line 2: number 22 of 22"}, /* no line end */
    {"0 4 " ONES " 5 6 7 8 9\n", "line 2: number 22 of 22"},
    {"0 4 " ONES " 5 6 7 -8\n", "line 2: number 22 of 22"},
    {"0 4 " ONES " 5 6 7 8\n\n", "line 3: number 1 of 22"},
    {"0 x\n", "line 2: number 2 of 22"},
    {"3 4 " ONES " 5 6 7 8\n", "no such pass"},
    {"0 2 " ONES " 5 6 7 8\n", "no such number of bytes"},
    {"0 99999999999999999999999 " ONES " 5 6 7 8\n", "number 2 of 22 is none, or too large"},
};

START_TEST(bad_tables_are_refused)
{
    wg_error error = {0};
    char text[512];
    int length = bad_tables[_i].lines ? snprintf(text, sizeof text, "wengert tuning 1, lanes %zu\n%s",
                                            wg__lanes(), bad_tables[_i].lines)
                                      : snprintf(text, sizeof text, "wengert tuning 2, lanes 8\n");
    files_enter("tuning");
    files_write("bad", text, (size_t)length);
    ck_assert_ptr_null(wg_tuning_load("bad", NULL, &error));
    ck_assert_int_eq(error.status, WG_FORMAT);
    ck_assert_msg(strstr(error.message, bad_tables[_i].says) != NULL, "%s", error.message);
    files_leave();
}
END_TEST

START_TEST(another_processor)
{
    wg_error error = {0};
    static const char text[] = "wengert tuning 1, lanes 999\n";
    files_enter("tuning");
    files_write("other", text, sizeof text - 1);
    ck_assert_ptr_null(wg_tuning_load("other", NULL, &error));
    ck_assert_int_eq(error.status, WG_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.message, "999"));
    files_leave();
}
END_TEST

/* ---- No memory -------------------------------------------------------------------------------------- */

START_TEST(memory_fails_while_it_measures)
{
    bool done = false;
    for (size_t k = 1; !done; k++) {
        test_heap heap = {.fail_at = k};
        const wg_allocator hook = test_heap_hook(&heap);
        wg_error error = {0};
        wg_tuning *tuning = wg_tuning_new(&hook);
        step s = step_new(1, &hook);
        bool recorded = tuning && s.tape && wg_tape_status(s.tape) == WG_OK;
        wg_status status = recorded ? wg_tune(tuning, s.loss, NULL, &error) : WG_OUT_OF_MEMORY;
        done = heap.failures == 0; /* one that can be made up for is no error */
        ck_assert(status == WG_OK || (!done && status == WG_OUT_OF_MEMORY));
        step_free(&s);
        wg_tuning_free(tuning);
        test_heap_check(&heap);
    }
}
END_TEST

START_TEST(memory_fails_while_it_reads)
{
    bool done = false;
    wg_tuning *tuning = tuned();
    files_enter("tuning");
    ck_assert_int_eq(wg_tuning_save(tuning, "a", NULL), WG_OK);
    for (size_t k = 1; !done; k++) {
        test_heap heap = {.fail_at = k};
        const wg_allocator hook = test_heap_hook(&heap);
        wg_error error = {0};
        wg_tuning *read = wg_tuning_load("a", &hook, &error);
        done = heap.failures == 0;
        ck_assert_int_eq(read != NULL, done);
        ck_assert_int_eq(error.status, done ? WG_OK : WG_OUT_OF_MEMORY);
        wg_tuning_free(read);
        test_heap_check(&heap);
    }
    files_leave();
    wg_tuning_free(tuning);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{what_is_planned_is_measured, 0}, {times_are_of_the_clock, 0},
        {the_least_time_is_chosen, 0}, {what_lanes_save, 0}, {what_cannot_be_tuned, 0},
        {the_table_decides, 3}, {lanes_where_they_are_faster, 0}, {an_empty_table_decides_nothing, 0},
        {tables_are_kept, 0}, {bad_tables_are_refused, sizeof bad_tables / sizeof bad_tables[0]},
        {another_processor, 0}, {memory_fails_while_it_measures, 0}, {memory_fails_while_it_reads, 0}};
    return harness_run("tuning", tests, sizeof tests / sizeof tests[0]);
}
