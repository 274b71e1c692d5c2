/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <wengert/schedule.h>

#include <math.h>
#include <stdbool.h>

static const double pi = 3.141592653589793;

static bool good_time(double t)
{
    return t >= 0 && isfinite(t);
}

wg_status wg_schedule_check(const wg_schedule *s, wg_error *error)
{
    if (!s)
        return WG_OK;
    if ((int)s->kind < WG_SCHEDULE_CONSTANT || s->kind > WG_SCHEDULE_CUSTOM)
        return wg_error_set(error, WG_INVALID, "schedule: there is no kind %d", (int)s->kind);
    if (s->kind == WG_SCHEDULE_CUSTOM && !s->custom)
        return wg_error_set(error, WG_INVALID, "schedule: a custom one needs its function");
    if (!good_time(s->warmup) || !good_time(s->total) || !good_time(s->every))
        return wg_error_set(error, WG_INVALID,
            "schedule: warmup %g, total %g and every %g must be finite and not negative", s->warmup, s->total,
            s->every);
    if (!(s->last >= 0 && s->last <= 1))
        return wg_error_set(error, WG_INVALID, "schedule: last is %g, and must be in [0, 1]", s->last);
    if (!(s->factor >= 0 && s->factor <= 1))
        return wg_error_set(error, WG_INVALID, "schedule: factor is %g, and must be in (0, 1]", s->factor);
    return WG_OK;
}

/* The factor at `t` after the warm-up, which leaves `total` of the time. */
static double after_warmup(const wg_schedule *s, double t, double total)
{
    double u = total > 0 ? fmin(t / total, 1) : t > 0, every = s->every > 0 ? s->every : total / 3;
    switch (s->kind) {
    case WG_SCHEDULE_COSINE:
        return s->last + (1 - s->last) * (1 + cos(pi * u)) / 2;
    case WG_SCHEDULE_LINEAR:
        return 1 + (s->last - 1) * u;
    case WG_SCHEDULE_STEP:
        return every > 0 ? pow(s->factor > 0 ? s->factor : 0.1, floor(t / every)) : 1;
    case WG_SCHEDULE_EXPONENTIAL:
        return pow(s->factor > 0 ? s->factor : 0.9, t);
    case WG_SCHEDULE_CONSTANT:
    case WG_SCHEDULE_CUSTOM:
        break;
    }
    return 1;
}

double wg_schedule_factor(const wg_schedule *s, double t, double total)
{
    if (!s)
        return 1;
    if (wg_schedule_check(s, NULL) != WG_OK || !good_time(t))
        return (double)NAN;
    if (s->total > 0)
        total = s->total;
    double rise = t < s->warmup ? t / s->warmup : 1;
    double shape = s->kind == WG_SCHEDULE_CUSTOM
                       ? s->custom(s->user, t, total)
                       : after_warmup(s, fmax(t - s->warmup, 0), fmax(total - s->warmup, 0));
    return rise * shape;
}
