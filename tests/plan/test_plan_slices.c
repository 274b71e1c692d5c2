/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Many small reads of one tensor in a plan: their gradients are added into its own, each at its place, with
 * the bits of a sweep. */

#include "alloc.h"
#include "slices.h"

#include <time.h>

/* A parameter of either type; what it holds begins as garbage that means 0. */
typedef struct store {
    wg_dtype dtype;
    double data[CELLS], gradient[CELLS];
    bool zero;
} store;

static void store_new(store *s, wg_dtype dtype)
{
    double *x = numbers(CELLS, 7, 0.5);
    *s = (store){.dtype = dtype, .zero = true};
    for (size_t i = 0; i < CELLS; i++)
        if (dtype == WG_F32)
            ((float *)s->data)[i] = (float)x[i];
        else
            s->data[i] = x[i];
    memset(s->gradient, 0xff, sizeof s->gradient);
    free(x);
}

static wg_var bound(wg_tape *tape, store *s)
{
    return wg_bind(tape, &(wg_binding){.owner = s,
                             .dtype = s->dtype,
                             .shape = WG_SHAPE(ROWS, COLUMNS),
                             .data = s->data,
                             .gradient = s->gradient,
                             .gradient_is_zero = &s->zero});
}

/* Curved, with numbers that are rounded when they are added. */
static wg_var curved(wg_var x, const int which[3])
{
    wg_var y = wg_const_scalar(wg_tape_of(x), 0);
    for (int k = 0; k < 3; k++)
        y = wg_add(y, weigh(wg_tanh(use(x, which[k])), (uint64_t)k));
    return y;
}

static wg_plan *plan_of(wg_var y, const wg_plan_options *options)
{
    wg_error error = {0};
    wg_plan *plan = wg_plan_new(y, options, &error);
    ck_assert_msg(plan != NULL, "%s", error.message);
    return plan;
}

static void run(wg_plan *plan)
{
    ck_assert_msg(wg_plan_run(plan) == WG_OK, "%s", wg_plan_message(plan));
}

static void same_gradients(const store *swept, const store *planned, const int which[3])
{
    size_t bytes = CELLS * wg_dtype_size(swept->dtype);
    ck_assert(!swept->zero && !planned->zero);
    ck_assert_msg(memcmp(swept->gradient, planned->gradient, bytes) == 0, "uses %d %d %d: other bits",
        which[0], which[1], which[2]);
}

/* The parameter itself, whose gradient is in the store, or a value in between, whose gradient is in the
 * plan's block. */
START_TEST(bits_of_the_sweep)
{
    wg_dtype dtype = _i % 2 ? WG_F32 : WG_F64;
    for (int order = 0; order < ORDERS; order++) {
        int which[3];
        store swept, planned;
        uses_of(order, which);
        store_new(&swept, dtype), store_new(&planned, dtype);
        wg_tape *tape = new_tape(dtype, false, 1), *other = new_tape(dtype, false, 1);
        wg_var x = bound(tape, &swept), w = bound(other, &planned);
        ck_assert_int_eq(wg_backward(curved(_i < 2 ? x : wg_exp(x), which)), WG_OK);
        wg_plan *plan = plan_of(curved(_i < 2 ? w : wg_exp(w), which), NULL);
        for (int runs = 0; runs < 2; runs++) {
            run(plan);
            same_gradients(&swept, &planned, which);
        }
        wg_plan_free(plan);
        wg_tape_free(tape), wg_tape_free(other);
    }
}
END_TEST

/* The gradient of a sum is that of both operands: where one is the other turned around, what is added is what
 * it is added to. */
START_TEST(a_gradient_added_to_itself)
{
    store swept, planned;
    const int which[3] = {6, 6, 6};
    wg_dtype dtype = _i ? WG_F32 : WG_F64;
    store_new(&swept, dtype), store_new(&planned, dtype);
    wg_tape *tape = new_tape(dtype, false, 1);
    wg_var sum[2];
    for (int i = 0; i < 2; i++) {
        wg_var h = wg_exp(bound(tape, i ? &planned : &swept));
        sum[i] = weigh(wg_tanh(wg_add(h, use(h, 6))), 1);
    }
    wg_plan *plan = plan_of(sum[1], NULL);
    run(plan);
    ck_assert_int_eq(wg_backward(sum[0]), WG_OK);
    same_gradients(&swept, &planned, which);
    wg_plan_free(plan);
    wg_tape_free(tape);
}
END_TEST

/* A leaf's gradient is the plan's, and is read from it. */
START_TEST(of_a_leaf)
{
    const int which[3] = {4, 7, 1};
    wg_tape *tape = new_tape(WG_F64, false, 1);
    wg_var x = leaf(tape, WG_SHAPE(ROWS, COLUMNS), 3, 0), y = curved(x, which);
    double swept[CELLS], planned[CELLS];
    wg_plan *plan = plan_of(y, NULL);
    for (int runs = 0; runs < 2; runs++) {
        run(plan);
        ck_assert_int_eq(wg_plan_read_grad(plan, x, planned, CELLS), WG_OK);
        ck_assert_int_eq(wg_backward(y), WG_OK);
        ck_assert_int_eq(wg_read_grad(x, swept, CELLS), WG_OK);
        ck_assert_mem_eq(swept, planned, sizeof swept);
    }
    wg_plan_free(plan);
    wg_tape_free(tape);
}
END_TEST

/* Recorded derivatives, whose own gradient the plan records. */
START_TEST(of_second_order)
{
    for (int order = 0; order < ORDERS; order += 7) {
        int which[3];
        store swept, planned;
        uses_of(order, which);
        store_new(&swept, WG_F64), store_new(&planned, WG_F64);
        wg_tape *tape = new_tape(WG_F64, false, 1);
        wg_var y[2];
        for (int i = 0; i < 2; i++) {
            wg_var x = bound(tape, i ? &planned : &swept);
            y[i] = weigh(wg_grad1(curved(x, which), x), 4);
        }
        wg_plan *plan = plan_of(y[1], NULL);
        run(plan);
        ck_assert_int_eq(wg_backward(y[0]), WG_OK);
        same_gradients(&swept, &planned, which);
        wg_plan_free(plan);
        wg_tape_free(tape);
    }
}
END_TEST

/* A plan may be made while an index is out of range: nothing is added there. */
START_TEST(of_an_index_out_of_range)
{
    const int32_t bad[4] = {0, 100000000, -100000000, 1}, good[4] = {0, 2, 0, 1};
    wg_tape *tape = new_tape(WG_F64, false, 1);
    wg_var x = leaf(tape, WG_SHAPE(4, 3), 3, 0), y, i;
    i = wg_input_of(tape, WG_I32, _i ? WG_SHAPE(2, 2) : WG_SHAPE(4));
    y = wg_sum(_i ? wg_gather(x, 1, i) : wg_index_select(x, 0, i));
    ck_assert_int_eq(wg_set(i, wg_array_of(bad, WG_I32, wg_shape_of(i))), WG_OK);
    wg_plan *plan = plan_of(y, NULL);
    ck_assert_int_eq(wg_plan_run(plan), WG_BAD_INDEX);
    ck_assert_int_eq(wg_plan_set(plan, i, wg_array_of(good, WG_I32, wg_shape_of(i))), WG_OK);
    run(plan);
    double g[12], total = 0;
    ck_assert_int_eq(wg_plan_read_grad(plan, x, g, 12), WG_OK);
    for (size_t k = 0; k < 12; k++)
        total += g[k];
    ck_assert_double_eq(total, _i ? 4 : 12);
    wg_plan_free(plan);
    wg_tape_free(tape);
}
END_TEST

START_TEST(every_request_of_memory_fails_once)
{
    const int which[3] = {1, 4, 7};
    size_t failures = 1;
    for (size_t k = 1; failures; k++) {
        test_heap heap = {0};
        store swept, planned;
        store_new(&swept, WG_F64), store_new(&planned, WG_F64);
        wg_tape *tape = wg_tape_new(&(wg_tape_options){.allocator = test_heap_hook(&heap)});
        wg_var y = curved(bound(tape, &swept), which), other = curved(bound(tape, &planned), which);
        heap.requests = 0, heap.fail_at = k;
        wg_error error = {0};
        wg_plan *plan = wg_plan_new(other, NULL, &error);
        failures = heap.failures;
        heap.fail_at = 0;
        ck_assert(plan || (failures && error.status == WG_OUT_OF_MEMORY));
        if (plan) {
            run(plan);
            ck_assert_int_eq(wg_backward(y), WG_OK);
            same_gradients(&swept, &planned, which);
        }
        wg_plan_free(plan);
        wg_tape_free(tape);
        test_heap_check(&heap);
    }
}
END_TEST

/* ---- Many ------------------------------------------------------------------------------------------- */

static double plan_rows(size_t n)
{
    const size_t width = 14, whole = n * width * sizeof(double);
    double *data = numbers(n * width, 3, 0), *gradient = calloc(n * width, sizeof *gradient);
    wg_tape *tape = wg_tape_new(NULL);
    wg_var y = wg_const_scalar(tape, 0);
    wg_var x = wg_bind(tape,
        &(wg_binding){
            .owner = data, .dtype = WG_F64, .shape = WG_SHAPE(n, width), .data = data, .gradient = gradient});
    for (size_t i = 0; i < n; i++)
        y = wg_add(y, wg_sum(wg_square(wg_select(x, 0, (ptrdiff_t)i))));
    wg_plan *plan = plan_of(y, NULL);
    ck_assert_msg(
        wg_plan_bytes(plan) < 3 * whole, "%zu bytes, for a tensor of %zu", wg_plan_bytes(plan), whole);
    clock_t began = clock();
    run(plan);
    double seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
    for (size_t i = 0; i < n * width; i++)
        ck_assert_double_eq(gradient[i], 2 * data[i]);
    wg_plan_free(plan);
    wg_tape_free(tape);
    free(data), free(gradient);
    return seconds;
}

START_TEST(thousands_of_rows)
{
    double some = plan_rows(1024), more = plan_rows(4096);
    printf("plans of 1,024 and 4,096 rows of one tensor: %.2f and %.2f ms\n", 1e3 * some, 1e3 * more);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{bits_of_the_sweep, 4}, {a_gradient_added_to_itself, 2}, {of_a_leaf, 0},
        {of_second_order, 0}, {of_an_index_out_of_range, 2}, {every_request_of_memory_fails_once, 0},
        {thousands_of_rows, 0}};
    return harness_run("plan_slices", tests, sizeof tests / sizeof tests[0]);
}
