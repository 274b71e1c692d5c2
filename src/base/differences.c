/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "base/differences.h"
#include "base/format.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <wengert/random.h>

/* Slopes along one line through the point: to both sides, to the right, to the left. */
typedef struct slopes {
    double both, right, left;
} slopes;

/* A line: one entry, or a direction through a whole array. */
typedef struct line {
    size_t array, entry;
    const double *direction; /* NULL: one entry */
} line;

static wg_status value_at(wg_differences *d, const line *l, double *saved, double t, double *out)
{
    double *x = d->x[l->array];
    size_t n = d->count[l->array];
    wg_status status;
    if (!l->direction) {
        double old = x[l->entry];
        x[l->entry] = old + t;
        status = d->value(d->self, out);
        x[l->entry] = old;
    } else {
        memcpy(saved, x, n * sizeof *x);
        for (size_t i = 0; i < n; i++)
            x[i] += t * l->direction[i];
        status = d->value(d->self, out);
        memcpy(x, saved, n * sizeof *x);
    }
    return status;
}

static wg_status slopes_at(wg_differences *d, const line *l, double *saved, double h, slopes *s)
{
    double up = 0, middle = 0, down = 0;
    wg_status status = value_at(d, l, saved, h, &up);
    if (status == WG_OK)
        status = value_at(d, l, saved, -h, &down);
    if (status == WG_OK)
        status = d->value(d->self, &middle);
    *s = (slopes){(up - down) / (2 * h), (up - middle) / h, (middle - down) / h};
    return status;
}

static double error_of(const wg_differences *d, double analytic, double numeric)
{
    double scale = fmax(fmax(fabs(analytic), fabs(numeric)), d->floor), difference = fabs(analytic - numeric);
    return isfinite(difference) ? difference / scale : HUGE_VAL; /* NaN is never right */
}

/* The jump between the slopes stays as the step shrinks (of a smooth function it shrinks along), and the
 * analytic value is one of the slopes in between. */
static bool is_kink(const wg_differences *d, double analytic, const slopes *wide, const slopes *narrow)
{
    double jump = fabs(wide->right - wide->left), after = fabs(narrow->right - narrow->left);
    double low = fmin(narrow->left, narrow->right), high = fmax(narrow->left, narrow->right);
    double slack = d->tolerance * fmax(high - low, d->floor) + 1e-7 * fmax(fabs(low), fabs(high));
    return after > 0.5 * jump && after > 1e3 * d->tolerance * d->floor && analytic >= low - slack &&
           analytic <= high + slack;
}

static wg_status compare(wg_differences *d, const line *l, double *saved, double h, double analytic)
{
    slopes wide, narrow;
    wg_status status = slopes_at(d, l, saved, h, &wide);
    if (status != WG_OK)
        return status;
    double numeric = wide.both, error = error_of(d, analytic, numeric);
    bool kink = false;
    if (error > d->tolerance) {
        status = slopes_at(d, l, saved, h / 10, &narrow);
        if (status != WG_OK)
            return status;
        double second = error_of(d, analytic, narrow.both);
        if (second < error)
            numeric = narrow.both, error = second;
        kink = error > d->tolerance && is_kink(d, analytic, &wide, &narrow);
    }
    d->compared++;
    d->nonzero += analytic != 0 || numeric != 0;
    d->kinks += kink;
    if (kink)
        return WG_OK;
    d->failed += error > d->tolerance;
    if (error > d->error || d->compared - d->kinks == 1) {
        d->error = error;
        d->analytic = analytic;
        d->numeric = numeric;
        d->array = l->array;
        d->entry = l->direction ? SIZE_MAX : l->entry;
    }
    return WG_OK;
}

static wg_status check_entry(wg_differences *d, size_t k, size_t i)
{
    double x = d->x[k][i];
    /* the step that is truly taken: x + h is a number of the machine */
    double h = d->step * fmax(1, fabs(x));
    volatile double there = x + h;
    h = there - x;
    return compare(d, &(line){k, i, NULL}, NULL, h, d->gradient[k][i]);
}

static wg_status check_direction(wg_differences *d, size_t k, wg_random *r)
{
    size_t n = d->count[k];
    double length = 0, analytic = 0, *v = d->direction, *saved = d->direction + n;
    for (size_t i = 0; i < n; i++) {
        v[i] = wg_random_normal(r);
        length += v[i] * v[i];
    }
    for (size_t i = 0; i < n; i++) {
        v[i] /= sqrt(length);
        analytic += v[i] * d->gradient[k][i];
    }
    return compare(d, &(line){k, 0, v}, saved, d->step * 10, analytic);
}

wg_status wg__differences_options(const wg_gradcheck_options *options, wg_gradcheck_report *r)
{
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"step", options->step}, {"tolerance", options->tolerance}, {"floor", options->floor}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (!(numbers[i].value >= 0 && numbers[i].value < HUGE_VAL)) {
            wg__format(r->message, sizeof r->message, "the option %s %g is not a positive number",
                numbers[i].name, numbers[i].value);
            return r->status = WG_INVALID;
        }
    if (options->order >= 0 && options->order <= 2)
        return WG_OK;
    snprintf(r->message, sizeof r->message, "the option order %d is neither 1 nor 2", options->order);
    return r->status = WG_INVALID;
}

static void set_defaults(wg_differences *d)
{
    d->step = d->step > 0 ? d->step : cbrt(0x1p-52);
    d->tolerance = d->tolerance > 0 ? d->tolerance : 1e-6;
    d->floor = d->floor > 0 ? d->floor : 1e-3;
    d->entries = d->entries ? d->entries : 256;
    d->directions = d->directions ? d->directions : 8;
}

wg_status wg__differences_run(wg_differences *d)
{
    set_defaults(d);
    wg_random r = {.seed = d->seed, .stream = 0x646966666572u};
    wg_status status = WG_OK;
    for (size_t k = 0; k < d->arrays && status == WG_OK; k++) {
        if (!d->gradient[k])
            continue;
        bool all = d->count[k] <= d->entries;
        size_t entries = all ? d->count[k] : d->entries;
        for (size_t i = 0; i < entries && status == WG_OK; i++)
            status = check_entry(d, k, all ? i : wg_random_below(&r, d->count[k]));
        for (size_t i = 0; i < d->directions && !all && status == WG_OK; i++)
            status = check_direction(d, k, &r);
    }
    return status;
}

wg_status wg__differences_report(const wg_differences *d, const char *name, wg_gradcheck_report *r)
{
    char where[32] = "a random direction";
    r->compared = d->compared;
    r->nonzero = d->nonzero;
    r->kinks = d->kinks;
    r->failed = d->failed;
    r->error = d->error;
    r->analytic = d->analytic;
    r->numeric = d->numeric;
    r->input = d->array;
    r->entry = d->entry;
    snprintf(r->name, sizeof r->name, "%.60s", name);
    if (d->entry != SIZE_MAX)
        snprintf(where, sizeof where, "entry %zu", d->entry);
    if (d->compared == 0)
        snprintf(r->message, sizeof r->message, "nothing was compared");
    else if (d->nonzero == 0)
        snprintf(
            r->message, sizeof r->message, "all %zu derivatives that were compared are zero", d->compared);
    else if (d->failed == 0)
        wg__format(r->message, sizeof r->message, "%zu derivatives agree, the worst within %.1e (%s, %s)%s",
            d->compared - d->kinks, d->error, r->name, where, d->kinks ? "; the rest are at kinks" : "");
    else
        wg__format(r->message, sizeof r->message,
            "%zu of %zu derivatives are wrong; the worst: %s, %s: the tape says %.10g, differences say %.10g "
            "(error %.1e)",
            d->failed, d->compared, r->name, where, d->analytic, d->numeric, d->error);
    return d->nonzero == 0 || d->failed ? WG_CHECK : WG_OK;
}

double wg__projection_weight(uint64_t seed, uint64_t stream, size_t i)
{
    wg_random r = {.seed = seed, .stream = stream, .position = 4 * (uint64_t)i};
    double size = 0.5 + wg_random_uniform(&r);
    return wg_random_u32(&r) & 1 ? size : -size;
}
