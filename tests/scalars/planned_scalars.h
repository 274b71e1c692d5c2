/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* planned_scalars.h - programs of scalars, drawn or written, run as recorded and as planned. */
#ifndef WG_TESTS_PLANNED_SCALARS_H
#define WG_TESTS_PLANNED_SCALARS_H

#include "planning.h"
#include "vars.h"

/* Records a program over the scalars x; the result. */
typedef wg_var scalar_program(wg_tape *tape, wg_span x, void *user);

typedef struct scalar_pair {
    wg_tape *eager, *planned;
    wg_span x[2];
    wg_var y[2];
    wg_plan *plan;
} scalar_pair;

static inline scalar_pair pair_new(scalar_program *program, void *user, const double *x, size_t n)
{
    scalar_pair p = {.eager = wg_tape_new(NULL), .planned = wg_tape_new(NULL)};
    p.x[0] = wg_scalars_new(p.eager, x, n);
    p.x[1] = wg_scalars_new(p.planned, x, n);
    p.y[0] = program(p.eager, p.x[0], user);
    p.y[1] = program(p.planned, p.x[1], user);
    ok(p.eager), ok(p.planned);
    p.plan = plan_of(p.y[1], NULL);
    return p;
}

static inline void pair_free(scalar_pair *p)
{
    wg_plan_free(p->plan);
    wg_tape_free(p->eager), wg_tape_free(p->planned);
}

static inline bool alike(double is, double should, double tolerance)
{
    if (isnan(should) || isinf(should))
        return isnan(should) ? isnan(is) : is == should;
    return fabs(is - should) <= tolerance * fmax(1, fabs(should));
}

/* Both at x: the value, and all gradients. */
static inline void pair_check(scalar_pair *p, const double *x, double tolerance)
{
    size_t n = p->x[0].count;
    double *eager = malloc((n + 1) * sizeof *eager), *planned = malloc((n + 1) * sizeof *planned);
    ck_assert_int_eq(wg_set_scalars(p->x[0], x), WG_OK);
    ck_assert_int_eq(wg_plan_set_scalars(p->plan, p->x[1], x), WG_OK);
    ck_assert_int_eq(wg_replay(p->eager), WG_OK);
    ck_assert_int_eq(wg_backward(p->y[0]), WG_OK);
    ck_assert_msg(wg_plan_run(p->plan) == WG_OK, "%s", wg_plan_message(p->plan));
    double value = wg_plan_item(p->plan, p->y[1]);
    ck_assert_msg(
        alike(value, wg_item(p->y[0]), tolerance), "value %.17g, eager %.17g", value, wg_item(p->y[0]));
    ck_assert_int_eq(wg_read_grads(p->x[0], eager), WG_OK);
    ck_assert_int_eq(wg_plan_read_grads(p->plan, p->x[1], planned), WG_OK);
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(alike(planned[i], eager[i], tolerance), "gradient %zu is %.17g, eager %.17g", i,
            planned[i], eager[i]);
    free(eager), free(planned);
}

#endif
