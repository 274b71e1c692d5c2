/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* differences.h - a claimed gradient against central differences of a function of arrays. Of tapes it knows
 * only the report of a check. */
#ifndef WG_BASE_DIFFERENCES_H
#define WG_BASE_DIFFERENCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wengert/gradcheck.h>

typedef struct wg_differences {
    /* The function, and the point: x[k] has count[k] entries, which are moved and put back bit by bit. */
    wg_status (*value)(void *self, double *out);
    void *self;
    double *const *x;
    const size_t *count;
    size_t arrays;
    const double *const *gradient; /* claimed; NULL entries are not checked */
    double *direction;             /* working memory: twice as many numbers as the largest array has */

    double step, tolerance, floor; /* these five: 0 is the default of wg_gradcheck_options */
    size_t entries, directions;
    uint64_t seed;

    /* What came out. */
    size_t compared, nonzero, kinks, failed;
    double error, analytic, numeric;
    size_t array, entry; /* entry SIZE_MAX: a direction */
} wg_differences;

/* WG_INVALID, and a message in the report, for an option of which no check can be made. */
wg_status wg__differences_options(const wg_gradcheck_options *options, wg_gradcheck_report *r);

/* WG_OK when the comparison could be made, whatever came out; else the function's status. */
wg_status wg__differences_run(wg_differences *d);

/* Writes what came out into a report; `name` is that of the worst array. WG_CHECK when a derivative is wrong,
 * nothing was compared, or only zeros were. */
wg_status wg__differences_report(const wg_differences *d, const char *name, wg_gradcheck_report *r);

/* A random projection's i-th weight: signs and sizes mixed, none small. */
double wg__projection_weight(uint64_t seed, uint64_t stream, size_t i);

#endif
