/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The tape's life: leaves, reading, errors that stick, names and scopes, memory. */

#include <stdint.h>
#include "alloc.h"
#include "vars.h"

START_TEST(a_formula_and_its_gradient)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_scalar(tape, -2), y = wg_scalar(tape, 5), z = wg_scalar(tape, -4);
    wg_var f = wg_mul(wg_add(x, y), z);
    ck_assert_int_eq(wg_backward(f), WG_OK);
    ck_assert_double_eq(wg_item(f), -12);
    ck_assert_double_eq(wg_item_grad(x), -4);
    ck_assert_double_eq(wg_item_grad(y), -4);
    ck_assert_double_eq(wg_item_grad(z), 3);
    ck_assert_uint_eq(wg_tape_node_count(tape), 5);
    wg_tape_free(tape);
}
END_TEST

START_TEST(null_and_invalid_vars_are_taken_everywhere)
{
    wg_var none = {0}, out;
    double number;
    ck_assert(!wg_is_valid(none) && !wg_is_valid(wg_add(none, none)) && !wg_is_valid(wg_exp(none)));
    ck_assert(!wg_is_valid(wg_scalar(NULL, 1)) && !wg_is_valid(wg_leaf(NULL, WG_DOUBLES(&number, 1))));
    ck_assert(!wg_is_valid(wg_input_of(NULL, WG_F64, WG_SHAPE(2))) && !wg_is_valid(wg_bind(NULL, NULL)));
    ck_assert(!wg_is_valid(wg_const_like(none, 1)) && !wg_is_valid(wg_full(NULL, WG_SHAPE(2), 1)));
    ck_assert_int_eq(wg_backward(none), WG_INVALID);
    ck_assert_int_eq(wg_grad(&none, 1, NULL, &none, 1, &out), WG_INVALID);
    ck_assert_int_eq(wg_replay(NULL), WG_INVALID);
    ck_assert_int_eq(wg_set_scalar(none, 1), WG_INVALID);
    ck_assert_int_eq(wg_read(none, &number, 1), WG_INVALID);
    ck_assert_int_eq(wg_tape_status(NULL), WG_INVALID);
    ck_assert_str_eq(wg_tape_message(NULL), "");
    ck_assert_uint_eq(wg_tape_node_count(NULL) + wg_tape_bytes(NULL) + wg_count_of(none), 0);
    ck_assert(isnan(wg_item(none)) && isnan(wg_item_grad(none)) && wg_data(none) == NULL);
    ck_assert(!wg_is_valid(wg_detach(none)) && !wg_branch(none) && !wg_is_valid(wg_keep_grad(none)));
    ck_assert_str_eq(wg_name_of(wg_set_name(none, "x")), "");
    wg_scope_push(NULL, "a"), wg_scope_pop(NULL), wg_tape_reset(NULL), wg_tape_free(NULL);
    wg_no_grad_begin(NULL), wg_no_grad_end(NULL);
    ck_assert_uint_eq(wg_scalars_new(NULL, &number, 1).count, 0);
    ck_assert_ptr_null(wg_tape_new(&(wg_tape_options){.threads = -1}));
    ck_assert_ptr_null(wg_tape_new(&(wg_tape_options){.dtype = WG_I32}));
}
END_TEST

START_TEST(the_first_error_stays_and_a_reset_clears_it)
{
    wg_tape *tape = wg_tape_new(NULL);
    const double numbers[6] = {1, 2, 3, 4, 5, 6};
    wg_var x = wg_leaf(tape, WG_DOUBLES(numbers, 2, 3)), b = wg_leaf(tape, WG_DOUBLES(numbers, 2));
    WG_NAME(x), WG_NAME(b);
    wg_scope_push(tape, "fc1");
    wg_var bad = wg_relu(wg_add(x, b));
    wg_scope_pop(tape);
    ck_assert(!wg_is_valid(bad) && wg_tape_of(bad) == tape);
    ck_assert_int_eq(wg_tape_status(tape), WG_BAD_SHAPE);
    ck_assert_str_eq(wg_tape_message(tape), "fc1: add: shapes do not broadcast: x [2, 3] and b [2]");
    ck_assert(!wg_is_valid(wg_mul(x, x))); /* good operands, but the tape has failed */
    wg_matmul(b, bad);
    ck_assert_int_eq(wg_backward(bad), WG_BAD_SHAPE);
    ck_assert_str_eq(wg_tape_message(tape), "fc1: add: shapes do not broadcast: x [2, 3] and b [2]");
    wg_tape_reset(tape);
    ck_assert_int_eq(wg_tape_status(tape), WG_OK);
    ck_assert_str_eq(wg_tape_message(tape), "");
    ck_assert_double_eq(wg_item(wg_square(wg_scalar(tape, 3))), 9);
    wg_tape_free(tape);
}
END_TEST

static void count_error(void *user, wg_status status, const char *message)
{
    ck_assert_int_eq(status, WG_TWO_TAPES);
    ck_assert_ptr_nonnull(strstr(message, "another tape"));
    ++*(int *)user;
}

START_TEST(the_handler_is_called_at_the_failing_call)
{
    int calls = 0;
    wg_tape *a = wg_tape_new(&(wg_tape_options){.on_error = count_error, .on_error_user = &calls});
    wg_tape *b = wg_tape_new(NULL);
    wg_var x = wg_scalar(a, 1), y = wg_scalar(b, 2);
    ck_assert(!wg_is_valid(wg_add(x, y)));
    ck_assert_int_eq(calls, 1);
    ck_assert_int_eq(wg_tape_status(a), WG_TWO_TAPES); /* the first operand's tape has the error */
    ck_assert_int_eq(wg_tape_status(b), WG_OK);
    wg_add(x, y);
    ck_assert_int_eq(calls, 1);
    wg_tape_free(a);
    wg_tape_free(b);
}
END_TEST

START_TEST(leaves_convert_and_answer)
{
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = WG_F32});
    const double d[4] = {0.1, 2, 3, 4};
    const float f[4] = {0.5f, 1, 2, 3};
    const int32_t i[3] = {7, 8, 9};
    double out[4];
    float out32[4];
    wg_var x = wg_leaf(tape, WG_DOUBLES(d, 2, 2)), y = wg_input(tape, WG_FLOATS(f, 4));
    wg_var labels = wg_input(tape, WG_INTS(i, 3)), c = wg_const_like(x, 2.5),
           s = wg_full(tape, wg_shape_scalar(), 3);
    ck_assert_int_eq(wg_dtype_of(x), WG_F32);
    ck_assert_int_eq(wg_dtype_of(labels), WG_I32);
    ck_assert_int_eq(wg_dtype_of(s), WG_F64);
    ck_assert_int_eq(wg_read(x, out, 4), WG_OK);
    ck_assert_double_eq(out[0], (double)0.1f);
    ck_assert_int_eq(wg_read_f32(y, out32, 4), WG_OK);
    ck_assert(out32[0] == 0.5f);
    ck_assert_int_eq(wg_read(labels, out, 3), WG_OK);
    ck_assert_double_eq(out[2], 9);
    ck_assert_int_eq(wg_read(x, out, 3), WG_BAD_SHAPE);
    ck_assert_int_eq(wg_tape_status(tape), WG_OK); /* reading leaves no error */
    ck_assert_ptr_nonnull(strstr(wg_tape_message(tape), "3 numbers wanted, 4 there"));
    ck_assert_uint_eq(wg_count_of(c), 4);
    ck_assert(((const float *)wg_data(c))[3] == 2.5f);
    ck_assert(isnan(wg_item(x))); /* not one element */
    ck_assert(!wg_is_valid(wg_leaf(tape, WG_INTS(i, 3))));
    fails(tape, WG_BAD_DTYPE, "integers have no gradient");
}
END_TEST

START_TEST(a_shape_too_large_fails_cleanly)
{
    wg_tape *tape = wg_tape_new(NULL);
    size_t many = SIZE_MAX / 1024; /* its square is no size_t */
    wg_var x = wg_input_of(tape, WG_F64, WG_SHAPE(many, many));
    ck_assert(!wg_is_valid(x));
    ck_assert_int_eq(wg_tape_status(tape), WG_OVERFLOW);
    wg_tape_reset(tape);
    x = wg_leaf(tape, WG_DOUBLES(&(double){1}, 1));
    x = wg_broadcast_to(x, WG_SHAPE(SIZE_MAX / 4 + 1));
    ck_assert(!wg_is_valid(x));
    ck_assert_int_eq(wg_tape_status(tape), WG_OVERFLOW);
    wg_tape_reset(tape); /* the lectures' 10^12 weights; with 32 bits they cannot be counted */
    x = wg_full(tape, WG_SHAPE(1000000, 1000000), 0);
    ck_assert(!wg_is_valid(x));
    fails(tape, sizeof(size_t) == 8 ? WG_OUT_OF_MEMORY : WG_OVERFLOW, "[1000000, 1000000]");
}
END_TEST

START_TEST(names_and_scopes)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var a = wg_scalar(tape, 1);
    wg_scope_push(tape, "encoder");
    wg_var b = wg_exp(a);
    wg_scope_push(tape, "fc1");
    wg_var c = wg_neg(b);
    wg_scope_pop(tape);
    wg_var d = wg_neg(c);
    wg_scope_pop(tape);
    wg_var e = wg_neg(d);
    wg_set_name(c, "c"), wg_set_name(a, "first"), wg_set_name(a, "a"), WG_NAME(e);
    ck_assert_str_eq(wg_scope_of(a), "");
    ck_assert_str_eq(wg_scope_of(b), "encoder");
    ck_assert_str_eq(wg_scope_of(c), "encoder/fc1");
    ck_assert_str_eq(wg_scope_of(d), "encoder");
    ck_assert_str_eq(wg_scope_of(e), "");
    ck_assert_str_eq(wg_name_of(a), "a");
    ck_assert_str_eq(wg_name_of(b), "");
    ck_assert_str_eq(wg_name_of(c), "c");
    ck_assert_str_eq(wg_name_of(e), "e");
    wg_scope_pop(tape); /* one too many does nothing */
    ck_assert_int_eq(wg_tape_status(tape), WG_OK);
    wg_tape_free(tape);
}
END_TEST

/* Where nothing is recorded between two notes of a scope, the later one takes the earlier one's place. */
START_TEST(scopes_with_nothing_in_them_take_no_memory)
{
    test_heap heap = {0};
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.allocator = test_heap_hook(&heap)});
    size_t bytes = 0;
    for (int i = 0; i < 1000; i++) {
        wg_scope_push(tape, "outer");
        wg_scope_push(tape, "inner");
        wg_scope_pop(tape);
        wg_scope_pop(tape);
        bytes = i == 0 ? heap.bytes : bytes;
    }
    ck_assert_uint_eq(heap.bytes, bytes);
    ck_assert_str_eq(wg_scope_of(wg_scalar(tape, 1)), "");
    wg_tape_free(tape);
    test_heap_check(&heap);
}
END_TEST

/* A step of an MLP with everything in it. */
static void step(wg_tape *tape, const double *x)
{
    wg_tape_reset(tape);
    wg_var in = wg_input(tape, WG_DOUBLES(x, 8, 4)), w = wg_leaf(tape, WG_DOUBLES(x, 4, 6)),
           b = wg_scalar(tape, 0.5);
    wg_var h = wg_tanh(wg_add(wg_matmul(in, w), b));
    ck_assert_int_eq(wg_backward(wg_mean(wg_square(h))), WG_OK);
}

START_TEST(a_loop_stops_allocating_after_its_first_step)
{
    test_heap heap = {0};
    double x[32];
    for (int i = 0; i < 32; i++)
        x[i] = sin(i);
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.allocator = test_heap_hook(&heap), .threads = 1});
    step(tape, x);
    step(tape, x);
    size_t requests = heap.requests, bytes = wg_tape_bytes(tape);
    for (int i = 0; i < 20; i++)
        step(tape, x);
    ck_assert_uint_eq(heap.requests, requests);
    ck_assert_uint_eq(wg_tape_bytes(tape), bytes);
    ck_assert_uint_eq(bytes, heap.bytes);
    wg_tape_free(tape);
    test_heap_check(&heap);
}
END_TEST

START_TEST(a_chain_of_ten_million_nodes)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_scalar(tape, 1), y = x;
    for (int i = 0; i < 10000000; i++)
        y = wg_addc(y, 1e-7);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert_double_eq(wg_item_grad(x), 1);
    ck_assert_double_eq_tol(wg_item(y), 2, 1e-8);
    ck_assert_int_eq(wg_replay(tape), WG_OK);
    wg_tape_free(tape);
}
END_TEST

TEST_MAIN("tape", a_formula_and_its_gradient, null_and_invalid_vars_are_taken_everywhere,
    the_first_error_stays_and_a_reset_clears_it, the_handler_is_called_at_the_failing_call,
    leaves_convert_and_answer, a_shape_too_large_fails_cleanly, names_and_scopes,
    scopes_with_nothing_in_them_take_no_memory, a_loop_stops_allocating_after_its_first_step,
    a_chain_of_ten_million_nodes)
