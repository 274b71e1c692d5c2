/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* gradcheck.h - trust a derivative: the tape's gradient against central differences, in double.
 *
 *     numeric_i = (f(x + h e_i) - f(x - h e_i)) / 2h,        h = cbrt(machine epsilon) max(1, |x_i|)
 *     error_i   = |analytic_i - numeric_i| / max(|analytic_i|, |numeric_i|, floor)
 *
 * An error above the tolerance is looked at again with a tenth of the step. If the two agree then, h was too
 * large. If the slopes to the left and to the right differ by as much as before and the analytic value lies
 * between them, x sits on a kink (relu at 0), which is counted and not held against the rule. All else is a
 * wrong derivative: then each operation of the recording is checked by itself, and the report names the first
 * whose own rule is wrong.
 *
 * Results that are no scalar are projected on a random vector, so that one sweep checks them all. During a
 * check random masks stand still and running statistics are not touched. The method is that of the lectures'
 * "use the analytic gradient, check it with the numerical one". */
#ifndef WENGERT_GRADCHECK_H
#define WENGERT_GRADCHECK_H

#include <wengert/params.h>
#include <wengert/tape.h>

WG_BEGIN_DECLS

/* The function under test: records itself from its inputs and returns its result, of any shape. */
typedef wg_var wg_function(wg_tape *tape, const wg_var *in, size_t n, void *user);

typedef struct wg_gradcheck_options {
    double step;      /* h / max(1, |x|); 0: cbrt(2^-52) = 6.06e-6 */
    double tolerance; /* of the error; 0: 1e-6 */
    double floor;     /* 0: 1e-3 */
    size_t entries;   /* arrays of more are checked at this many sampled entries, and in directions; 0: 256 */
    size_t directions;    /* random directions for such arrays; 0: 8 */
    int order;            /* 2: check the derivative of the gradient instead; 0 and 1: the gradient */
    bool training;        /* record in training mode */
    uint64_t seed;        /* of projections, samples, and the tape's random operations */
    const bool *constant; /* [n]: inputs that are not checked; NULL: all are. Integer arrays never are. */
} wg_gradcheck_options;

/* What a check found. */
typedef struct wg_gradcheck_report {
    wg_status status; /* WG_OK; WG_CHECK: a derivative is wrong, or nothing was compared; or why f failed */
    size_t compared;  /* entries and directions */
    size_t nonzero;   /* of them: either value is not zero */
    size_t kinks, failed;          /* of them: on a kink; wrong */
    double error;                  /* the worst one that is no kink */
    double analytic, numeric;      /* the two values there */
    size_t input, entry;           /* where; entry SIZE_MAX: a random direction */
    char name[64];                 /* of that input */
    char culprit[96];              /* "swish (node 7, h1)": whose own rule is wrong; "" when none was found */
    char message[WG_MESSAGE_SIZE]; /* all of this in words, also when all is well */
} wg_gradcheck_report;

/* Checks f at the arrays, which are copied (f32 ones are converted, the check is in double). options and
 * report may be NULL. Returns report.status. A check that compared nothing, or only zeros, fails. */
WG_API wg_status wg_gradcheck(wg_function *f, void *user, const wg_array *arrays, size_t n,
    const wg_gradcheck_options *options, wg_gradcheck_report *report);

/* The same at a random point of the given shapes: entries from -2 .. 2, no two of one array closer than their
 * count allows and none near 0, so that no kink of a common operation is near. */
WG_API wg_status wg_gradcheck_shapes(wg_function *f, void *user, const wg_shape *shapes, size_t n,
    const wg_gradcheck_options *options, wg_gradcheck_report *report);

/* ---- A model's parameters -------------------------------------------------------------------------- */

/* The model under test: records itself on the tape with the store's parameters, and its data as inputs, and
 * returns its loss, or any other result. */
typedef wg_var wg_params_function(wg_params *params, wg_tape *tape, void *user);

/* Checks the gradient of every parameter of the store that f uses and that is not frozen, at the values that
 * it has. The first recording makes the parameters if need be. Afterwards values, gradients, running
 * statistics and the store's version are as they were, bit by bit; during the check nobody else may use the
 * store. In the report, `input` is the worst array's number in the store, and `name` its name; `culprit`
 * stays "". Options as above, but order 2 and `constant` are refused (WG_INVALID; see wg_params_freeze).
 * WG_BAD_DTYPE for a store that is not in double. */
WG_API wg_status wg_gradcheck_params(wg_params_function *f, void *user, wg_params *params,
    const wg_gradcheck_options *options, wg_gradcheck_report *report);

WG_END_DECLS
#endif
