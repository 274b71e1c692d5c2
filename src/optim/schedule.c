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

/* Times are rounded numbers: 0.3 / 0.1 is a little less than 3, and 0.1 + 0.2 a little more than 0.3. Where a
 * comparison of two times decides between different factors, those that differ by this share are one time. */
static const double same_time = 1e-12;

/* The time since `start`, at t; 0 before it. */
static double since(double start, double t)
{
    return t - start > same_time * t ? t - start : 0;
}

/* How many steps of length `every` there were up to time t, when they began at `start`. */
static double steps_since(double start, double t, double every)
{
    double steps = since(start, t) / every, nearest = round(steps);
    return fabs(steps - nearest) * every <= same_time * t ? nearest : floor(steps);
}

/* The factor at time t of `end`, without the warm-up's. */
static double shape_at(const wg_schedule *s, double now, double end)
{
    double t = since(s->warmup, now), total = since(s->warmup, end);
    double u = total > 0 ? fmin(t / total, 1) : t > 0, every = s->every > 0 ? s->every : total / 3;
    switch (s->kind) {
    case WG_SCHEDULE_COSINE:
        return s->last + (1 - s->last) * (1 + cos(pi * u)) / 2;
    case WG_SCHEDULE_LINEAR:
        return 1 + (s->last - 1) * u;
    case WG_SCHEDULE_STEP:
        return every > 0 ? pow(s->factor > 0 ? s->factor : 0.1, steps_since(s->warmup, now, every)) : 1;
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
    double shape = s->kind == WG_SCHEDULE_CUSTOM ? s->custom(s->user, t, total) : shape_at(s, t, total);
    return rise * shape;
}
