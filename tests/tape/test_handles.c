/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Vars against reset and rewind: whoever outlived its node is found out, whoever did not is good. */

#include "vars.h"

START_TEST(a_reset_kills_every_var)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_scalar(tape, 1);
    wg_span span = wg_scalars_new(tape, (const double[]){1, 2}, 2);
    wg_tape_reset(tape);
    wg_var y = wg_scalar(tape, 2);
    wg_scalar(tape, 3);
    ck_assert(!wg_is_valid(x) && wg_is_valid(y));
    ck_assert(isnan(wg_item(x)));
    ck_assert_int_eq(wg_set_scalar(x, 1), WG_DEAD_VAR);
    ck_assert_int_eq(wg_set_scalars(span, (const double[]){1, 2}), WG_DEAD_VAR);
    ck_assert_int_eq(wg_tape_status(tape), WG_OK);
    ck_assert(!wg_is_valid(wg_mul(x, y)));
    fails(tape, WG_DEAD_VAR, "operand 0 outlived");
}
END_TEST

START_TEST(a_rewind_kills_what_is_above_the_mark)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_scalar(tape, 2);
    wg_mark mark = wg_tape_mark(tape);
    wg_var y = wg_mulc(x, 3);
    ck_assert_int_eq(wg_tape_rewind(tape, mark), WG_OK);
    ck_assert(wg_is_valid(x) && !wg_is_valid(y));
    wg_var z = wg_mulc(x, 5); /* on the node that was y's */
    ck_assert_uint_eq(wg_node_of(z), 1);
    ck_assert(!wg_is_valid(y));
    ck_assert_double_eq(wg_item(z), 10);
    ck_assert_int_eq(wg_backward(z), WG_OK);
    ck_assert_double_eq(wg_item_grad(x), 5);
    ck_assert(!wg_is_valid(wg_add(y, z)));
    fails(tape, WG_DEAD_VAR, "operand 0 outlived");
}
END_TEST

START_TEST(marks_die_too)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_mark empty = wg_tape_mark(tape);
    wg_scalar(tape, 1);
    wg_mark low = wg_tape_mark(tape);
    wg_scalar(tape, 2);
    wg_mark high = wg_tape_mark(tape);
    ck_assert_int_eq(wg_tape_rewind(tape, high), WG_OK);
    ck_assert_int_eq(wg_tape_rewind(tape, low), WG_OK);
    ck_assert_int_eq(wg_tape_rewind(tape, low), WG_OK); /* again */
    wg_scalar(tape, 3);
    ck_assert_int_eq(wg_tape_rewind(tape, empty), WG_OK);
    ck_assert_uint_eq(wg_tape_node_count(tape), 0);
    wg_scalar(tape, 4), wg_scalar(tape, 5);
    ck_assert_int_eq(wg_tape_rewind(tape, high), WG_DEAD_VAR); /* the tape went below it */
    wg_tape_reset(tape);
    ck_assert_int_eq(wg_tape_rewind(tape, empty), WG_DEAD_VAR); /* a reset came between */
    wg_tape_reset(tape);
    wg_tape *other = wg_tape_new(NULL);
    ck_assert_int_eq(wg_tape_rewind(tape, wg_tape_mark(other)), WG_TWO_TAPES);
    wg_tape_free(other);
    wg_tape_free(tape);
}
END_TEST

/* Random pushes, marks, rewinds and resets beside a plain list of which vars live. */
START_TEST(a_long_random_history_agrees_with_a_plain_list)
{
    enum { VARS = 400, STEPS = 6000 };
    static wg_var vars[VARS];
    static bool live[VARS];
    static double value[VARS];
    static wg_mark marks[16];
    size_t count = 0, marked = 0;
    wg_random r = {.seed = (uint64_t)_i + 1};
    wg_tape *tape = wg_tape_new(NULL);
    for (int step = 0; step < STEPS; step++) {
        size_t choice = wg_random_below(&r, 100);
        if (choice < 70 && count < VARS) {
            size_t j = count ? wg_random_below(&r, count) : 0;
            bool tensor = wg_random_below(&r, 4) == 0;
            if (count && live[j] && wg_random_below(&r, 2))
                vars[count] = wg_addc(vars[j], 1), value[count] = value[j] + 1;
            else
                vars[count] = tensor ? wg_leaf(tape, WG_DOUBLES(&(double){step}, 1)) : wg_scalar(tape, step),
                value[count] = step;
            live[count++] = true;
        } else if (choice < 80 && marked < 16) {
            marks[marked++] = wg_tape_mark(tape);
        } else if (choice < 97 && marked) {
            size_t m = wg_random_below(&r, marked);
            uint32_t node = marks[m].node;
            ck_assert_int_eq(wg_tape_rewind(tape, marks[m]), WG_OK);
            for (size_t i = 0; i < count; i++)
                live[i] = live[i] && vars[i].node < node;
            size_t kept = 0;
            for (size_t i = 0; i < marked; i++)
                if (marks[i].node <= node)
                    marks[kept++] = marks[i];
            marked = kept;
        } else if (count == VARS || choice == 99) {
            wg_tape_reset(tape);
            count = marked = 0;
        }
        for (size_t i = 0; i < count; i++) {
            ck_assert_msg(wg_is_valid(vars[i]) == live[i], "step %d: var %zu", step, i);
            if (live[i])
                ck_assert_double_eq(wg_item(vars[i]), value[i]);
        }
    }
    wg_tape_free(tape);
}
END_TEST

START_TEST(names_and_numbers_go_back_with_the_tape)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_scalar(tape, 1), kept = wg_addc(x, 7);
    WG_NAME(x);
    wg_scope_push(tape, "outer");
    wg_mark mark = wg_tape_mark(tape);
    for (int round = 0; round < 100; round++) {
        ck_assert_int_eq(wg_tape_rewind(tape, mark), WG_OK);
        wg_var y = wg_clamp(wg_mulc(x, round), 0, 50);
        wg_set_name(y, "y");
        wg_var z = wg_mul(y, kept);
        ck_assert_double_eq(wg_item(z), 8 * fmin(round, 50));
        ck_assert_str_eq(wg_name_of(y), "y");
        ck_assert_str_eq(wg_name_of(z), "");
        ck_assert_str_eq(wg_scope_of(z), "outer");
        ck_assert_int_eq(wg_backward(z), WG_OK);
        ck_assert_double_eq(wg_item_grad(x), (round <= 50 ? 8.0 * round : 0) + fmin(round, 50));
    }
    ck_assert_str_eq(wg_name_of(x), "x");
    wg_tape_free(tape);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{a_reset_kills_every_var, 0}, {a_rewind_kills_what_is_above_the_mark, 0},
        {marks_die_too, 0}, {a_long_random_history_agrees_with_a_plain_list, 5},
        {names_and_numbers_go_back_with_the_tape, 0}};
    return harness_run("handles", tests, sizeof tests / sizeof tests[0]);
}
