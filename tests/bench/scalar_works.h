/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* scalar_works.h - what is timed of a scalar program: "record + sweep" makes the tape anew each time, "replay
 * + sweep" records once, "planned run" plans what was recorded. Each sets the inputs, and reads the gradient.
 */
#ifndef WG_BENCH_SCALAR_WORKS_H
#define WG_BENCH_SCALAR_WORKS_H

#include <stdlib.h>
#include "scalar_programs.h"

typedef struct state {
    const program *p;
    double *x, *gradient;
    wg_tape *tape; /* recorded anew */
    wg_tape *once; /* recorded once */
    wg_span span;
    wg_var y; /* what is swept from */
    wg_tape *planned;
    wg_span inputs;
    wg_plan *plan;
    volatile double sink;
} state;

static inline void value(void *user)
{
    state *s = user;
    s->sink = s->p->value(s->x, s->p->n);
}

static inline void by_hand(void *user)
{
    state *s = user;
    s->sink = s->p->by_hand(s->x, s->gradient, s->p->n);
}

static inline void record(void *user)
{
    state *s = user;
    wg_tape_reset(s->tape);
    s->y = s->p->record(s->tape, wg_scalars_new(s->tape, s->x, s->p->n), s->p->n);
}

static inline void record_and_sweep(void *user)
{
    state *s = user;
    wg_tape_reset(s->tape);
    wg_span x = wg_scalars_new(s->tape, s->x, s->p->n);
    wg_backward(s->p->record(s->tape, x, s->p->n));
    wg_read_grads(x, s->gradient);
}

static inline void sweep(void *user)
{
    state *s = user;
    wg_backward(s->y);
}

static inline void replay(void *user)
{
    state *s = user;
    wg_replay(s->once);
}

static inline void replay_and_sweep(void *user)
{
    state *s = user;
    wg_set_scalars(s->span, s->x);
    wg_replay(s->once);
    wg_backward(s->y);
    wg_read_grads(s->span, s->gradient);
}

static inline void planned_run(void *user)
{
    state *s = user;
    wg_plan_set_scalars(s->plan, s->inputs, s->x);
    wg_plan_run(s->plan);
    wg_plan_read_grads(s->plan, s->inputs, s->gradient);
}

static inline state state_new(const program *p)
{
    state s = {.p = p,
        .x = malloc(p->n * sizeof(double)),
        .gradient = malloc(p->n * sizeof(double)),
        .tape = wg_tape_new(NULL),
        .once = wg_tape_new(NULL),
        .planned = wg_tape_new(NULL)};
    for (size_t i = 0; i < p->n; i++)
        s.x[i] = 1 + 0.3 * sin((double)i + 1);
    s.span = wg_scalars_new(s.once, s.x, p->n);
    s.y = p->record(s.once, s.span, p->n);
    s.inputs = wg_scalars_new(s.planned, s.x, p->n);
    s.plan = wg_plan_new(p->record(s.planned, s.inputs, p->n), NULL, NULL);
    return s;
}

static inline void state_free(state *s)
{
    wg_plan_free(s->plan);
    wg_tape_free(s->planned);
    wg_tape_free(s->tape);
    wg_tape_free(s->once);
    free(s->x);
    free(s->gradient);
}

#endif
