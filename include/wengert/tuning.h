/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* tuning.h - measured choices: which way of computing a convolution is the fastest on this machine.
 *
 * There are several: tiles of neighbouring pixels, tiles of neighbouring filters, a matrix product, batch
 * lanes. Without a table the shapes and the kind of processor decide, the same way each time. With one, what
 * was measured decides:
 *
 *     wg_tuning *tuning = wg_tuning_load("machine.tuning", NULL, NULL);      NULL the first time
 *     if (!tuning) {
 *         tuning = wg_tuning_new(NULL);
 *         wg_tune(tuning, loss, NULL, &error);                               takes a second or so
 *         wg_tuning_save(tuning, "machine.tuning", &error);
 *     }
 *     wg_plan *plan = wg_plan_new(loss, &(wg_plan_options){.optim = sgd, .tuning = tuning}, &error);
 *
 * Ways differ in the order in which they sum, so the last bits of a result depend on the table; they still do
 * not depend on the number of threads. A table is the caller's, and a plan only reads it: two plans with
 * equal tables make equal choices, and what decides is a file that can be kept. */
#ifndef WENGERT_TUNING_H
#define WENGERT_TUNING_H

#include <wengert/plan.h>

WG_BEGIN_DECLS

/* An empty table; the caller frees it, after the plans that read it. NULL allocator: malloc's. NULL when
 * there is no memory. */
WG_API wg_tuning *wg_tuning_new(const wg_allocator *allocator);

/* NULL is allowed. */
WG_API void wg_tuning_free(wg_tuning *tuning);

/* Measures what a plan of y with these options (NULL: the defaults) would call, on as many threads as the
 * tape has, and writes it into the table: what is there already stays. Each way runs up to six times, and its
 * fastest run counts, so keep the machine quiet meanwhile. The tape stays as it is, and nothing is updated.
 * The errors are those of wg_plan_new; WG_INVALID for no table. */
WG_API wg_status wg_tune(wg_tuning *tuning, wg_var y, const wg_plan_options *options, wg_error *error);

/* How many convolutions the table knows, each pass of each geometry for itself. */
WG_API size_t wg_tuning_count(const wg_tuning *tuning);

/* A text file: a line that says for which kind of processor, then a line for each convolution. Written whole
 * or not at all. WG_FILE when it cannot be written, WG_INVALID for no table. */
WG_API wg_status wg_tuning_save(const wg_tuning *tuning, const char *path, wg_error *error);

/* The table in a file; the caller frees it. NULL and an error: WG_FILE (cannot be read), WG_FORMAT (is no
 * such table, or one for processors with other vectors; the message names the line), WG_OUT_OF_MEMORY. */
WG_API wg_tuning *wg_tuning_load(const char *path, const wg_allocator *allocator, wg_error *error);

WG_END_DECLS
#endif
