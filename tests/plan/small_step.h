/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* small_step.h - a small step to be planned, for tests of what goes well and what does not. */
#ifndef WG_TESTS_SMALL_STEP_H
#define WG_TESTS_SMALL_STEP_H

#include "planning.h"

/* f = sum((tanh(x w) - t)^2), x [4, 3], and its store. */
typedef struct small {
    wg_tape *tape;
    wg_params *params;
    wg_var x, t, h, loss;
} small;

static inline small small_new(const wg_allocator *hook)
{
    wg_tape_options options = {0};
    if (hook)
        options.allocator = *hook;
    small s = {.tape = wg_tape_new(&options), .params = wg_params_new(&(wg_params_options){.seed = 1})};
    if (!s.tape)
        return s;
    s.x = wg_set_name(wg_input_of(s.tape, WG_F64, WG_SHAPE(4, 3)), "x");
    s.t = wg_set_name(wg_input_of(s.tape, WG_F64, WG_SHAPE(4, 2)), "t");
    s.h = wg_tanh(wg_layer_dense(s.params, "fc", s.x, 2, NULL));
    s.loss = wg_sum(wg_square(wg_sub(s.h, s.t)));
    return s;
}

static inline void small_free(small *s)
{
    wg_tape_free(s->tape);
    wg_params_free(s->params);
}

static const double xs[12] = {1, 2, 3, -1, 0.5, 2, 0, 0, 1, 3, -2, 1},
                    ts[8] = {0.5, 0, -1, 1, 0.25, 0.5, 0, 0};

/* On the tape; for its plan. */
static inline void small_set(const small *s)
{
    ck_assert_int_eq(wg_set(s->x, WG_DOUBLES(xs, 4, 3)), WG_OK);
    ck_assert_int_eq(wg_set(s->t, WG_DOUBLES(ts, 4, 2)), WG_OK);
}

static inline void small_give(const small *s, wg_plan *plan)
{
    ck_assert_int_eq(wg_plan_set(plan, s->x, WG_DOUBLES(xs, 4, 3)), WG_OK);
    ck_assert_int_eq(wg_plan_set(plan, s->t, WG_DOUBLES(ts, 4, 2)), WG_OK);
}

#endif
