/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* gradcheck.h - finding the operation whose rule is wrong. */
#ifndef WG_TAPE_GRADCHECK_H
#define WG_TAPE_GRADCHECK_H

#include <wengert/gradcheck.h>

/* wg_gradcheck; `alone` says that f is one operation, with nobody else to blame. */
wg_status wg__gradcheck_run(wg_function *f, void *user, const wg_array *arrays, size_t n,
    const wg_gradcheck_options *options, bool alone, wg_gradcheck_report *report);

/* Checks each recorded operation by itself, at the values that it has on the tape, and writes "name (node i,
 * NAME)" for the first whose own derivative is wrong; "" when none is. */
void wg__gradcheck_blame(wg_tape *tape, const wg_gradcheck_options *options, char *culprit, size_t size);

#endif
