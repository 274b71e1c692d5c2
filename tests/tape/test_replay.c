/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* A recorded tape as a program: leaves set anew, stale values, recording without values, guards, chance. */

#include "alloc.h"
#include "vars.h"

/* A function with scalars, tensors, a random operation and a recorded gradient in it. */
static wg_var busy(wg_var x, wg_var w, wg_var s)
{
    wg_var h = wg_dropout(wg_tanh(wg_add(wg_matmul(x, w), wg_mul(s, wg_exp(s)))), 0.3);
    wg_var y = wg_sum(wg_square(wg_softmax(h, -1)));
    return wg_add(y, wg_sum(wg_square(wg_grad1(y, x))));
}

START_TEST(replay_gives_the_bits_of_recording)
{
    enum { N = 12 };
    const double points[3] = {0.3, -1.2, 2};
    wg_tape *replayed = new_tape((wg_dtype)_i, true, 1), *fresh = new_tape((wg_dtype)_i, true, 1);
    double a[N], b[N], w[8], values_[2], gradients[2][N];
    for (int i = 0; i < N; i++)
        a[i] = sin(i), w[i % 8] = cos(i);
    wg_var x = wg_leaf(replayed, WG_DOUBLES(a, 3, 4)), v = wg_leaf(replayed, WG_DOUBLES(w, 4, 2));
    wg_var s = wg_scalar(replayed, points[0]), y = busy(x, v, s);
    ok(replayed);
    size_t nodes = wg_tape_node_count(replayed);
    for (int round = 1; round < 3; round++) {
        for (int i = 0; i < N; i++)
            b[i] = a[i] * round + 0.1;
        ck_assert_int_eq(wg_set(x, WG_DOUBLES(b, 3, 4)), WG_OK);
        ck_assert_int_eq(wg_set_scalar(s, points[round]), WG_OK);
        ck_assert_int_eq(wg_backward(y), WG_STALE);
        ck_assert_int_eq(wg_replay(replayed), WG_OK);
        ck_assert_int_eq(wg_backward(y), WG_OK);
        values_[0] = wg_item(y);
        ck_assert_int_eq(wg_read_grad(x, gradients[0], N), WG_OK);
        ck_assert_uint_eq(wg_tape_node_count(replayed), nodes);

        wg_tape_reset(fresh); /* run number `round`, as in the replay */
        wg_var fx = wg_leaf(fresh, WG_DOUBLES(b, 3, 4)), fw = wg_leaf(fresh, WG_DOUBLES(w, 4, 2));
        wg_var fs = wg_scalar(fresh, points[round]), fy = busy(fx, fw, fs);
        ck_assert_int_eq(wg_backward(fy), WG_OK);
        values_[1] = wg_item(fy);
        ck_assert_int_eq(wg_read_grad(fx, gradients[1], N), WG_OK);
        ck_assert(memcmp(&values_[0], &values_[1], sizeof(double)) == 0);
        ck_assert(memcmp(gradients[0], gradients[1], sizeof gradients[0]) == 0);
        ck_assert_double_eq(wg_item_grad(s), wg_item_grad(fs));
    }
    wg_tape_free(replayed);
    wg_tape_free(fresh);
}
END_TEST

START_TEST(replay_allocates_nothing)
{
    test_heap heap = {0};
    wg_tape *tape =
        wg_tape_new(&(wg_tape_options){.allocator = test_heap_hook(&heap), .training = true, .threads = 1});
    wg_var x = leaf(tape, WG_SHAPE(3, 4), 1, 0), w = leaf(tape, WG_SHAPE(4, 2), 2, 0),
           s = wg_scalar(tape, 0.2);
    wg_var y = busy(x, w, s);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    size_t requests = heap.requests;
    heap.fail_at = requests + 1; /* from here on there is no memory */
    heap.fail_after = true;
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(wg_set_scalar(s, i), WG_OK);
        ck_assert_int_eq(wg_replay(tape), WG_OK);
        ck_assert_int_eq(wg_backward(y), WG_OK);
    }
    ck_assert_uint_eq(heap.requests, requests);
    wg_tape_free(tape);
    test_heap_check(&heap);
}
END_TEST

/* What is done with a result that wg_grad could not give says why there is none. */
START_TEST(what_wg_grad_said_is_not_lost)
{
    static const char why[] = "grad: leaf slope (node 1) was set anew since: call wg_replay first";
    for (int use = 0; use < 6; use++) {
        wg_tape *tape = wg_tape_new(NULL);
        wg_var x = wg_scalar(tape, 2), y = wg_set_name(wg_scalar(tape, 3), "slope"), f = wg_mul(x, y), g, h;
        double out;
        ck_assert_int_eq(wg_set_scalar(y, 5), WG_OK);
        ck_assert_int_eq(wg_grad(&f, 1, NULL, &x, 1, &g), WG_STALE);
        ck_assert_str_eq(wg_tape_message(tape), why);
        ck_assert_double_nan(wg_item(g));
        wg_status status = WG_OK;
        if (use == 0)
            h = wg_mul(x, g), status = wg_tape_status(tape); /* this sticks, as ever */
        else if (use == 1)
            status = wg_read(g, &out, 1);
        else if (use == 2)
            status = wg_backward(g);
        else if (use == 3)
            status = wg_grad(&g, 1, NULL, &x, 1, &h);
        else if (use == 4)
            status = wg_set_scalar(g, 1);
        else if (wg_read(wg_exp(x), &out, 1) == WG_OK)
            status = wg_read_grad(g, &out, 1);
        ck_assert_int_eq(status, WG_STALE);
        ck_assert_msg(strstr(wg_tape_message(tape), why) != NULL, "%d: %s", use, wg_tape_message(tape));
        wg_tape_reset(tape);
        h = wg_neg(g);
        ck_assert_ptr_null(strstr(wg_tape_message(tape), "slope"));
        wg_tape_free(tape);
    }
    wg_var out[2] = {{.node = 7, .epoch = 7}, {.node = 7, .epoch = 7}};
    ck_assert_int_eq(wg_grad(NULL, 0, NULL, out, 2, out), WG_INVALID);
    ck_assert(!wg_is_valid(out[0]) && out[1].epoch == 0);
}
END_TEST

START_TEST(stale_leaves_are_seen)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_scalar(tape, 2), y = wg_scalar(tape, 3);
    ck_assert_int_eq(wg_set_scalar(x, 4), WG_OK); /* nothing computed from it yet */
    wg_var f = wg_mul(x, y);
    ck_assert_int_eq(wg_backward(f), WG_OK);
    ck_assert_double_eq(wg_item_grad(y), 4);
    ck_assert_int_eq(wg_set_scalar(y, 5), WG_OK);
    ck_assert_int_eq(wg_backward(f), WG_STALE);
    ck_assert_str_eq(
        wg_tape_message(tape), "backward: leaf (node 1) was set anew since: call wg_replay first");
    wg_set_name(y, "slope");
    wg_var g;
    ck_assert_int_eq(wg_grad(&f, 1, NULL, &x, 1, &g), WG_STALE);
    ck_assert_int_eq(wg_tape_status(tape), WG_OK); /* it does not stick */
    ck_assert_int_eq(wg_replay(tape), WG_OK);
    ck_assert_int_eq(wg_backward(f), WG_OK);
    ck_assert_double_eq(wg_item_grad(x), 5);
    ck_assert_int_eq(wg_set_scalar(f, 1), WG_INVALID); /* no leaf */
    ck_assert_int_eq(wg_set_scalar(wg_const_scalar(tape, 1), 1), WG_INVALID);
    ck_assert_int_eq(wg_set(x, WG_DOUBLES(&(double){1}, 1)), WG_BAD_SHAPE);
    ck_assert_int_eq(wg_set(x, WG_INTS(&(int32_t){1}, 1)), WG_BAD_SHAPE);
    ck_assert_int_eq(wg_tape_status(tape), WG_OK);
    wg_tape_free(tape);
}
END_TEST

START_TEST(recording_without_values)
{
    wg_tape *tape = wg_tape_new(NULL), *eager = wg_tape_new(NULL);
    const double w[6] = {1, -2, 3, 0.5, 2, -1}, numbers_[4] = {0.5, 1, -1, 2};
    const int32_t labels[2] = {2, 0};
    wg_var x = wg_input_of(tape, WG_F64, WG_SHAPE(2, 2)), y = wg_input_of(tape, WG_I32, WG_SHAPE(2));
    WG_NAME(x), WG_NAME(y);
    wg_var v = wg_leaf(tape, WG_DOUBLES(w, 2, 3));
    wg_var loss = wg_cross_entropy(wg_matmul(wg_tanh(x), v), y, NULL), more = wg_addc(wg_exp(loss), 1);
    ok(tape);
    double out;
    ck_assert(wg_is_valid(loss) && !wg_has_value(loss) && !wg_has_value(more) && wg_has_value(v));
    ck_assert(isnan(wg_item(more)));
    ck_assert_int_eq(wg_read(loss, &out, 1), WG_NO_VALUE);
    ck_assert_int_eq(wg_backward(more), WG_NO_VALUE);
    ck_assert_int_eq(wg_replay(tape), WG_NO_VALUE);
    ck_assert_ptr_nonnull(strstr(wg_tape_message(tape), "the value of x was never set"));
    ck_assert_int_eq(wg_set(x, WG_DOUBLES(numbers_, 2, 2)), WG_OK);
    ck_assert_int_eq(wg_set(y, WG_INTS(labels, 2)), WG_OK);
    ck_assert_int_eq(wg_replay(tape), WG_OK);
    ck_assert_int_eq(wg_backward(more), WG_OK);

    wg_var ev = wg_leaf(eager, WG_DOUBLES(w, 2, 3));
    wg_var eloss = wg_cross_entropy(wg_matmul(wg_tanh(wg_input(eager, WG_DOUBLES(numbers_, 2, 2))), ev),
        wg_input(eager, WG_INTS(labels, 2)), NULL);
    wg_var emore = wg_addc(wg_exp(eloss), 1);
    ck_assert_int_eq(wg_backward(emore), WG_OK);
    ck_assert_double_eq(wg_item(more), wg_item(emore));
    double g[2][6];
    ck_assert_int_eq(wg_read_grad(v, g[0], 6), WG_OK);
    ck_assert_int_eq(wg_read_grad(ev, g[1], 6), WG_OK);
    ck_assert(memcmp(g[0], g[1], sizeof g[0]) == 0);
    wg_matmul(x, y); /* shapes and types are checked without values too */
    ck_assert_int_eq(wg_tape_status(tape) == WG_OK, 0);
    wg_tape_free(tape);
    wg_tape_free(eager);
}
END_TEST

START_TEST(an_error_of_a_replay_can_be_mended)
{
    wg_tape *tape = wg_tape_new(NULL);
    const double logits[4] = {1, 2, 3, 4};
    wg_var x = wg_input(tape, WG_DOUBLES(logits, 2, 2)), y = wg_input(tape, WG_INTS(((int32_t[]){0, 1}), 2));
    wg_var loss = wg_cross_entropy(x, y, NULL);
    double before = wg_item(loss);
    const int32_t wrong[2] = {0, 2}, right[2] = {0, 1};
    ck_assert_int_eq(wg_set(y, WG_INTS(wrong, 2)), WG_OK);
    ck_assert_int_eq(wg_replay(tape), WG_BAD_INDEX);
    ck_assert_int_eq(wg_tape_status(tape), WG_OK);
    ck_assert_int_eq(wg_backward(loss), WG_NO_VALUE); /* what failed has none */
    ck_assert_int_eq(wg_set(y, WG_INTS(right, 2)), WG_OK);
    ck_assert_int_eq(wg_replay(tape), WG_OK);
    ck_assert_double_eq(wg_item(loss), before);
    wg_tape_free(tape);
}
END_TEST

static wg_var absolute(wg_var x)
{
    return wg_branch(wg_gtc(x, 0)) ? wg_mulc(x, 1) : wg_neg(x);
}

START_TEST(a_guard_that_flips_is_an_error)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_scalar(tape, 3), c = wg_gtc(x, 0), y = absolute(x);
    ck_assert_double_eq(wg_item(y), 3);
    ck_assert_int_eq(wg_set_scalar(x, 7), WG_OK);
    ck_assert_int_eq(wg_replay(tape), WG_OK);
    ck_assert_double_eq(wg_item(y), 7);
    ck_assert_int_eq(wg_set_scalar(x, -7), WG_OK);
    ck_assert_int_eq(wg_replay(tape), WG_BRANCH);
    ck_assert_ptr_nonnull(strstr(wg_tape_message(tape), "recorded as true, and would be false now"));
    ck_assert_int_eq(wg_tape_status(tape), WG_OK);
    ck_assert_int_eq(wg_backward(y), WG_STALE);
    ck_assert_int_eq(wg_set_scalar(x, 2), WG_OK);
    ck_assert_int_eq(wg_replay(tape), WG_OK);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert_double_eq(wg_item_grad(x), 1);
    ck_assert(wg_branch(c) && !wg_branch(wg_scalar(tape, 0)));
    ck_assert(!wg_branch(wg_leaf(tape, WG_DOUBLES(((double[]){1, 2}), 2))));
    fails(tape, WG_NOT_SCALAR, "branch");
}
END_TEST

START_TEST(masks_change_from_run_to_run_and_stand_still_in_rules)
{
    enum { N = 200 };
    wg_tape *tape = new_tape(WG_F64, true, 1);
    double ones[N], first[N], second[N], gradient[N];
    for (int i = 0; i < N; i++)
        ones[i] = 1;
    wg_var x = wg_leaf(tape, WG_DOUBLES(ones, N)), a = wg_dropout(x, 0.5), b = wg_dropout(x, 0.5);
    wg_var recorded = wg_grad1(wg_sum(a), x);
    for (int run = 0; run < 2; run++) {
        ck_assert_int_eq(wg_read(a, first, N), WG_OK);
        ck_assert_int_eq(wg_read(b, second, N), WG_OK);
        ck_assert(memcmp(first, second, sizeof first) != 0); /* two nodes, two masks */
        ck_assert_int_eq(wg_backward_from(a, WG_DOUBLES(ones, N)), WG_OK);
        ck_assert_int_eq(wg_read_grad(x, gradient, N), WG_OK);
        ck_assert(memcmp(first, gradient, sizeof first) == 0); /* the sweep uses the node's own mask */
        ck_assert_int_eq(wg_read(recorded, gradient, N), WG_OK);
        ck_assert(memcmp(first, gradient, sizeof first) == 0); /* and so does the recorded rule, replayed */
        memcpy(second, first, sizeof first);
        ck_assert_int_eq(wg_replay(tape), WG_OK);
        ck_assert_int_eq(wg_read(a, first, N), WG_OK);
        ck_assert(memcmp(first, second, sizeof first) != 0); /* a new run, a new mask */
    }
    wg_tape_free(tape);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{replay_gives_the_bits_of_recording, 2}, {replay_allocates_nothing, 0},
        {what_wg_grad_said_is_not_lost, 0}, {stale_leaves_are_seen, 0}, {recording_without_values, 0},
        {an_error_of_a_replay_can_be_mended, 0}, {a_guard_that_flips_is_an_error, 0},
        {masks_change_from_run_to_run_and_stand_still_in_rules, 0}};
    return harness_run("replay", tests, sizeof tests / sizeof tests[0]);
}
