/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* schedule.h - how the learning rate changes while training goes on: a factor on it, between 0 and 1 usually.
 *
 *     double lr = 1e-3;
 *     wg_schedule cosine = {.kind = WG_SCHEDULE_COSINE, .warmup = 1};
 *     ...
 *     wg_optim_set_lr(adam, lr * wg_schedule_factor(&cosine, epochs_done, epochs));
 *
 * Time t is measured in epochs, and in parts of them; any other unit will do if it is used throughout. A
 * schedule remembers nothing: its factor is a function of t alone, so that a training that is resumed goes on
 * as if it had never stopped. wg_fit takes one in its options.
 *
 * Times are taken for what they round: one that is within 1e-12 of itself of a step's or the warm-up's end
 * lies there, so that the time 3 / 10 is the third step of length 0.1, though 0.3 / 0.1 is below 3. */
#ifndef WENGERT_SCHEDULE_H
#define WENGERT_SCHEDULE_H

#include <wengert/status.h>

WG_BEGIN_DECLS

/* With T the whole time, W the warm-up, and u = (t - W) / (T - W), kept in 0 .. 1: */
typedef enum wg_schedule_kind {
    WG_SCHEDULE_CONSTANT,    /* 1 */
    WG_SCHEDULE_COSINE,      /* last + (1 - last) (1 + cos(pi u)) / 2     (Loshchilov and Hutter 2017) */
    WG_SCHEDULE_LINEAR,      /* 1 + (last - 1) u */
    WG_SCHEDULE_STEP,        /* factor^floor((t - W) / every) */
    WG_SCHEDULE_EXPONENTIAL, /* factor^(t - W) */
    WG_SCHEDULE_CUSTOM       /* what `custom` says */
} wg_schedule_kind;

/* `{0}` is constant. */
typedef struct wg_schedule {
    wg_schedule_kind kind; /* the formula */
    double
        warmup;   /* W: the factor first rises from 0 to 1, in proportion to t (Goyal et al. 2017); 0: none */
    double total; /* T; 0: what the caller of wg_schedule_factor says (wg_fit: its epochs) */
    double last;  /* cosine, linear: the factor at the end, 0 .. 1 */
    double factor; /* step, exponential: 0: 0.1 per step, 0.9 per unit of time; in (0, 1] */
    double every;  /* step: length of a step; 0: a third of T - W */
    double (*custom)(void *user, double t, double total); /* not negative; the warm-up comes on top */
    void *user;                                           /* handed to it */
} wg_schedule;

/* The factor at time t of `total`. NULL is constant; NaN if the schedule is not good (see below). */
WG_API double wg_schedule_factor(const wg_schedule *schedule, double t, double total);

/* WG_OK, or WG_INVALID with the field that is out of range: a kind that does not exist, a custom schedule
 * without its function, a negative or infinite time, `last` outside 0 .. 1, `factor` outside (0, 1]. */
WG_API wg_status wg_schedule_check(const wg_schedule *schedule, wg_error *error);

WG_END_DECLS
#endif
