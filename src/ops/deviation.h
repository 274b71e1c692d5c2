/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* deviation.h - numbers without their mean, and how far they are from it: what variance and the
 * normalisations share, in numbers and in vars. */
#ifndef WG_OPS_DEVIATION_H
#define WG_OPS_DEVIATION_H

#include <math.h>
#include "base/option.h"
#include <wengert/tape.h>

/* The eps of the normalisations' options. */
static inline double wg__eps_of(double eps)
{
    return wg__option_or(eps, 1e-5);
}

/* Squares of doubles overflow at 1e154 and lose digits at 1e-154. Where the variance came out of range so, it
 * is computed again from numbers that are multiplied by this power of two; else this is 1. */
static inline double wg__variance_scale(double variance, double eps)
{
    return !(variance < 1e300) ? 0x1p-600 : variance + eps < 1e-280 ? 0x1p600 : 1;
}

/* 1 / sqrt(variance + eps), from the variance of numbers that were multiplied by `scale`. */
static inline double wg__inverse_deviation(double variance, double eps, double scale)
{
    return scale / sqrt(variance + eps * scale * scale);
}

/* x without its mean over the axes. Of numbers that are close to each other x - mean has only the digits that
 * a rounded mean leaves it: what it lacks is the mean of the result, taken off in a second pass. */
wg_var wg__centred(wg_var x, wg_axes axes);

/* Of centred rows c [R, W]: sqrt(mean(c^2) + eps), [R, 1]. It is the norm of a row and sqrt(eps W), divided
 * by sqrt(W), since a norm's squares do not overflow. */
wg_var wg__deviation(wg_var c, double eps);

#endif
