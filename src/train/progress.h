/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* progress.h - how far a fit is, on a terminal as a bar that is drawn over itself at most ten times a second,
 *
 *     epoch  3/10 [#########...........]  45 %  loss 0.1234  accuracy 0.9720  21,300/s  0:12 left
 *
 * elsewhere as a line for each epoch. */
#ifndef WG_TRAIN_PROGRESS_H
#define WG_TRAIN_PROGRESS_H

#include <wengert/fit.h>

typedef struct wg_progress {
    FILE *file; /* NULL: silent */
    bool terminal;
    const char *metric;     /* its name */
    size_t epochs, samples; /* of an epoch */
    double begun, drawn;    /* seconds on the clock; of the fit, of the last drawing */
    size_t seen;            /* samples since `begun` */
    int width;              /* of what was drawn last */
} wg_progress;

wg_progress wg__progress_begin(FILE *file, const char *metric, size_t epochs, size_t samples);

/* After an update: `so_far` of an epoch, `done` samples of it, `fresh` of them since the last call. */
void wg__progress_update(wg_progress *p, const wg_epoch *so_far, size_t fresh);

/* After an epoch. */
void wg__progress_epoch(wg_progress *p, const wg_epoch *epoch);

/* Leaves the cursor on a line of its own, when a fit ends within an epoch. */
void wg__progress_end(wg_progress *p);

#endif
