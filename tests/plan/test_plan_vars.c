/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The vars by which a plan is set and read: those of the recording that was planned, and no other. */
#include "small_step.h"

/* Every function that takes a plan and a var, or a span, refuses it with these words. */
static void is_dead(wg_plan *plan, wg_var x)
{
    double number = 1;
    float narrow = 1;
    const wg_status is[] = {wg_plan_set(plan, x, WG_DOUBLES(&number, 1)), wg_plan_set_scalar(plan, x, 1),
        wg_plan_read(plan, x, &number, 1), wg_plan_read_f32(plan, x, &narrow, 1),
        wg_plan_read_grad(plan, x, &number, 1), wg_plan_read_grad_f32(plan, x, &narrow, 1)};
    for (size_t i = 0; i < sizeof is / sizeof is[0]; i++)
        ck_assert_msg(is[i] == WG_DEAD_VAR, "%zu: %s", i, wg_status_name(is[i]));
    ck_assert_str_eq(wg_plan_message(plan), "plan: the var is none of what was planned");
    ck_assert(!wg_plan_has_value(plan, x) && !wg_plan_array(plan, x).data);
    ck_assert(isnan(wg_plan_item(plan, x)) && isnan(wg_plan_item_grad(plan, x)));
    ck_assert(number == 1 && narrow == 1);
}

static void is_dead_span(wg_plan *plan, wg_span span)
{
    double numbers[64] = {1};
    ck_assert_uint_le(span.count, 64);
    ck_assert_int_eq(wg_plan_set_scalars(plan, span, numbers), WG_DEAD_VAR);
    ck_assert_str_eq(wg_plan_message(plan), "plan: the var (a span) is none of what was planned");
    ck_assert_int_eq(wg_plan_read_grads(plan, span, numbers), WG_DEAD_VAR);
    ck_assert_double_eq(numbers[0], 1);
}

START_TEST(vars_that_are_not_the_plans)
{
    wg_tape *tape = wg_tape_new(NULL), *other = wg_tape_new(NULL);
    wg_span old_span = wg_scalars_new(tape, xs, 3);
    wg_var old = wg_at(old_span, 0);
    wg_tape_reset(tape), wg_tape_reset(other); /* two tapes of the same history */
    wg_span foreign_span = wg_scalars_new(other, xs, 3);
    wg_var foreign = wg_at(foreign_span, 0);
    wg_span span = wg_scalars_new(tape, xs, 3);
    wg_var y = wg_mul(wg_mul(wg_at(span, 0), wg_at(span, 1)), wg_exp(wg_at(span, 2)));
    wg_var z = wg_sum(wg_square(wg_mul(y, wg_input(tape, WG_DOUBLES(((double[]){0, 1}), 2)))));
    wg_plan *plan = plan_of(z, &(wg_plan_options){.keep = &y, .keep_count = 1});
    wg_var later = wg_mulc(y, 2);
    wg_span later_span = wg_scalars_new(tape, xs, 3);
    for (int run = 0; run < 2; run++) {
        is_dead(plan, foreign), is_dead(plan, old), is_dead(plan, later), is_dead(plan, (wg_var){0});
        is_dead_span(plan, foreign_span), is_dead_span(plan, old_span), is_dead_span(plan, later_span);
        wg_span over = span, nothing = {0};
        over.count = 64; /* beyond what was planned */
        is_dead_span(plan, over);
        over.count = SIZE_MAX, over.node = 1;
        ck_assert_int_eq(wg_plan_set_scalars(plan, over, xs), WG_DEAD_VAR);
        ck_assert_int_eq(wg_plan_set_scalars(plan, nothing, xs), WG_OK);
        ck_assert_int_eq(wg_plan_run(plan), WG_OK);
        ck_assert_double_eq_tol(wg_plan_item(plan, y), xs[0] * xs[1] * exp(xs[2]), 1e-13);
    }
    wg_tape_reset(tape); /* these are names still, and what is at their place now is none */
    wg_span fresh = wg_scalars_new(tape, ts, 3);
    is_dead_span(plan, fresh), is_dead(plan, wg_at(fresh, 1));
    ck_assert_int_eq(wg_plan_set_scalars(plan, span, (double[]){1, 2, 0}), WG_OK);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_double_eq(wg_plan_item(plan, y), 2);
    ck_assert_double_eq(wg_plan_item_grad(plan, wg_at(span, 0)), 8); /* of z = y^2 */
    wg_plan_free(plan);
    wg_tape_free(tape), wg_tape_free(other);
}
END_TEST

/* What is rewound before the plan is made is not planned; what is rewound after it is. */
START_TEST(vars_of_a_rewind)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_scalar(tape, 2);
    wg_mark mark = wg_tape_mark(tape);
    wg_var gone = wg_mulc(x, 5);
    ck_assert_int_eq(wg_tape_rewind(tape, mark), WG_OK);
    wg_var y = wg_square(x);
    wg_plan *plan = plan_of(y, NULL);
    is_dead(plan, gone);
    ck_assert_int_eq(wg_tape_rewind(tape, mark), WG_OK);
    wg_var anew = wg_mulc(x, 7);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_double_eq(wg_plan_item(plan, y), 4);
    ck_assert_double_eq(wg_plan_item_grad(plan, x), 4);
    is_dead(plan, anew), is_dead(plan, gone);
    wg_plan_free(plan);
    wg_tape_free(tape);
}
END_TEST

/* What is given and kept, in either type, and what is neither. */
START_TEST(values_are_converted)
{
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = WG_F32});
    wg_var x = wg_leaf(tape, WG_DOUBLES(xs, 4)), y = wg_mulc(x, 0.1), loss = wg_sum(wg_square(y));
    double wide[4], gradient[4];
    float narrow[4];
    wg_plan *plan = plan_of(loss, &(wg_plan_options){.keep = &y, .keep_count = 1});
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_int_eq(wg_plan_read(plan, y, wide, 4), WG_OK);
    ck_assert_int_eq(wg_plan_read_f32(plan, y, narrow, 4), WG_OK);
    ck_assert_mem_eq(wg_plan_array(plan, y).data, narrow, sizeof narrow);
    for (int i = 0; i < 4; i++)
        ck_assert(wide[i] == (double)narrow[i] && narrow[i] == (float)xs[i] * 0.1f);
    ck_assert_int_eq(wg_plan_read(plan, y, wide, 3), WG_BAD_SHAPE);
    ck_assert_int_eq(wg_plan_read_f32(plan, y, narrow, 5), WG_BAD_SHAPE);
    ck_assert_int_eq(wg_plan_read_grad(plan, x, gradient, 3), WG_BAD_SHAPE);
    ck_assert(isnan(wg_plan_item(plan, y)) && isnan(wg_plan_item_grad(plan, x))); /* of several elements */
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_int_eq(wg_plan_read_grad(plan, x, gradient, 4), WG_OK);
    ck_assert_int_eq(wg_plan_read_grad_f32(plan, x, narrow, 4), WG_OK);
    for (int i = 0; i < 4; i++)
        ck_assert(gradient[i] == (double)narrow[i] && narrow[i] == 2 * (float)wide[i] * 0.1f);
    ck_assert_int_eq(wg_plan_set(plan, y, WG_DOUBLES(xs, 4)), WG_INVALID); /* it is computed */
    wg_plan_free(plan);
    wg_tape_free(tape);
}
END_TEST

/* As the tape says: 0 where the result does not depend on a leaf, tensors and numbers alike. */
START_TEST(leaves_that_nothing_leads_to)
{
    for (int scalars = 0; scalars < 2; scalars++) {
        wg_tape *tape = wg_tape_new(NULL);
        wg_span before = wg_scalars_new(tape, xs, 2);
        wg_var aside = wg_leaf(tape, WG_DOUBLES(xs, 3)), input = wg_input(tape, WG_DOUBLES(xs, 2));
        wg_var x = scalars ? wg_scalar(tape, 3) : wg_leaf(tape, WG_DOUBLES(&xs[2], 1));
        wg_var y = wg_square(scalars ? x : wg_sum(x)), frozen = wg_const_scalar(tape, 2);
        wg_span behind = wg_scalars_new(tape, xs, 2);
        double numbers[3] = {7, 7, 7};
        float narrow[3] = {7, 7, 7};
        wg_plan *plan = plan_of(y, NULL), *forward = plan_of(y, &(wg_plan_options){.forward = true});
        ck_assert_int_eq(wg_plan_read_grads(plan, before, numbers), WG_NO_GRADIENT);
        ck_assert_int_eq(wg_plan_read_grad(plan, aside, numbers, 3), WG_NO_GRADIENT);
        ck_assert_ptr_nonnull(strstr(wg_plan_message(plan), "no good run"));
        ck_assert_int_eq(wg_plan_run(plan), WG_OK);
        ck_assert_double_eq(wg_plan_item_grad(plan, x), 6);
        ck_assert_int_eq(wg_plan_read_grad(plan, aside, numbers, 2), WG_BAD_SHAPE);
        ck_assert_int_eq(wg_plan_read_grad_f32(plan, aside, narrow, 2), WG_BAD_SHAPE);
        ck_assert_int_eq(wg_plan_read_grad_f32(plan, aside, narrow, 3), WG_OK);
        ck_assert(narrow[0] == 0 && narrow[1] == 0 && narrow[2] == 0);
        ck_assert_int_eq(wg_plan_read_grad_f32(plan, x, narrow, 1), WG_OK);
        ck_assert(narrow[0] == (float)wg_plan_item_grad(plan, x) && narrow[0] > 0);
        ck_assert_int_eq(wg_plan_read_grad(plan, aside, numbers, 3), WG_OK);
        ck_assert(numbers[0] == 0 && numbers[1] == 0 && numbers[2] == 0);
        ck_assert_int_eq(wg_plan_read_grads(plan, before, numbers), WG_OK);
        ck_assert_int_eq(wg_plan_read_grads(plan, behind, numbers + 1), WG_OK);
        ck_assert(numbers[0] == 0 && numbers[1] == 0 && numbers[2] == 0);
        ck_assert(wg_plan_item_grad(plan, wg_at(before, 0)) == 0);
        ck_assert(wg_plan_item_grad(plan, wg_at(behind, 1)) == 0);
        ck_assert(isnan(wg_plan_item_grad(plan, frozen)) && isnan(wg_plan_item_grad(plan, y)));
        ck_assert_int_eq(wg_plan_read_grad(plan, input, numbers, 2), WG_NO_GRADIENT);
        ck_assert_int_eq(wg_plan_run(forward), WG_OK);
        ck_assert_double_eq(wg_plan_item(forward, y), 9);
        ck_assert_int_eq(wg_plan_read_grad(forward, aside, numbers, 3), WG_NO_GRADIENT);
        ck_assert_int_eq(wg_plan_read_grads(forward, before, numbers), WG_NO_GRADIENT);
        ck_assert(isnan(wg_plan_item_grad(forward, x)));
        ck_assert_ptr_nonnull(strstr(wg_plan_message(forward), "a forward pass was planned"));
        wg_plan_free(plan), wg_plan_free(forward);
        wg_tape_free(tape);
    }
}
END_TEST

START_TEST(no_plan)
{
    small s = small_new(NULL);
    wg_span span = wg_scalars_new(s.tape, xs, 3);
    double number = 1;
    float narrow = 1;
    ck_assert_int_eq(wg_plan_set(NULL, s.x, WG_DOUBLES(xs, 4, 3)), WG_INVALID);
    ck_assert_int_eq(wg_plan_set_scalar(NULL, s.x, 1), WG_INVALID);
    ck_assert_int_eq(wg_plan_set_scalars(NULL, span, xs), WG_INVALID);
    ck_assert_int_eq(wg_plan_run(NULL), WG_INVALID);
    ck_assert_int_eq(wg_plan_read(NULL, s.x, &number, 1), WG_INVALID);
    ck_assert_int_eq(wg_plan_read_f32(NULL, s.x, &narrow, 1), WG_INVALID);
    ck_assert_int_eq(wg_plan_read_grad(NULL, s.x, &number, 1), WG_INVALID);
    ck_assert_int_eq(wg_plan_read_grads(NULL, span, &number), WG_INVALID);
    ck_assert(!wg_plan_has_value(NULL, s.x) && !wg_plan_array(NULL, s.x).data);
    ck_assert(isnan(wg_plan_item(NULL, s.x)) && isnan(wg_plan_item_grad(NULL, s.x)));
    ck_assert_str_eq(wg_plan_message(NULL), "");
    ck_assert_uint_eq(wg_plan_run_number(NULL), 0);
    wg_plan_set_run_number(NULL, 3);
    ck_assert(wg_plan_kernel_count(NULL) == 0 && wg_plan_bytes(NULL) == 0);
    ck_assert(wg_plan_memory_of(NULL).block == 0 && wg_plan_profile_of(NULL).runs == 0);
    ck_assert_uint_eq(wg_plan_kernel_at(NULL, 0).operations, 0);
    ck_assert_int_eq(wg_plan_print(NULL, stdout), WG_INVALID);
    wg_plan_free(NULL);
    small_free(&s);
}
END_TEST

/* The number of a run is the tape's when the plan is made, and then the plan's own. */
START_TEST(runs_are_counted)
{
    enum { N = 64 };
    static double ones[N], planned[N], eager[N];
    for (int i = 0; i < N; i++)
        ones[i] = 1;
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.training = true, .seed = 9});
    wg_tape_set_run_number(tape, 5);
    wg_var x = wg_input(tape, WG_DOUBLES(ones, N)); /* two masks, which differ */
    wg_var y = wg_add(wg_dropout(x, 0.5), wg_mulc(wg_dropout(x, 0.5), 4));
    wg_plan *plan = plan_of(y, &(wg_plan_options){.forward = true});
    ck_assert_uint_eq(wg_plan_run_number(plan), 5);
    for (uint64_t run = 6; run < 10; run++) {
        ck_assert_int_eq(wg_plan_run(plan), WG_OK);
        ck_assert_uint_eq(wg_plan_run_number(plan), run);
        ck_assert_uint_eq(wg_tape_run_number(tape), run - 1);
        ck_assert_int_eq(wg_replay(tape), WG_OK); /* the same run of the same seed */
        ck_assert_int_eq(wg_plan_read(plan, y, planned, N), WG_OK);
        ck_assert_int_eq(wg_read(y, eager, N), WG_OK);
        ck_assert_mem_eq(planned, eager, sizeof planned);
    }
    wg_plan_set_run_number(plan, 5);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_uint_eq(wg_plan_run_number(plan), 6);
    ck_assert_uint_eq(wg_tape_run_number(tape), 9);
    ck_assert_int_eq(wg_plan_read(plan, y, planned, N), WG_OK);
    ck_assert(memcmp(planned, eager, sizeof planned) != 0);
    wg_plan_free(plan);
    wg_tape_free(tape);
}
END_TEST

TEST_MAIN("plan_vars", vars_that_are_not_the_plans, vars_of_a_rewind, values_are_converted,
    leaves_that_nothing_leads_to, no_plan, runs_are_counted)
