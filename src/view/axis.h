/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* axis.h - from numbers to places on a picture, and the ticks between. */
#ifndef WG_VIEW_AXIS_H
#define WG_VIEW_AXIS_H

#include <stdbool.h>
#include <stddef.h>

enum { WG_TICKS = 32, WG_TICK_TEXT = 64 };

typedef struct wg_tick {
    double at;
    char text[WG_TICK_TEXT]; /* UTF-8 */
} wg_tick;

typedef struct wg_axis {
    bool log;
    double low, high; /* what it shows, low < high; of a logarithmic axis the base-10 logarithms */
    int from, to;     /* where these stand on the picture, in the picture's units; set by the caller */
    size_t count;
    wg_tick ticks[WG_TICKS];
} wg_axis;

/* A growing interval; {HUGE_VAL, -HUGE_VAL} is the empty one. */
typedef struct wg_interval {
    double low, high;
} wg_interval;

void wg__interval_add(wg_interval *interval, double number);

/* An axis that shows the interval: with a little room at both ends, unless `tight`. An empty interval shows
 * 0 to 1, or 1 to 10, and a single number stands in the middle of what is shown. */
void wg__axis_show(wg_axis *axis, wg_interval interval, bool log, bool tight);

/* About `wanted` ticks (2 to 16) at nice numbers in low .. high: multiples of 1, 2 or 5 times a power of ten,
 * whole ones when `whole`. */
void wg__axis_set_ticks(wg_axis *axis, size_t wanted, bool whole);

/* Where a number stands; far beyond the ends it is kept within what an int holds. */
int wg__axis_place(const wg_axis *axis, double number);

#endif
