/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "ops/deviation.h"

#include <wengert/math.h>
#include <wengert/reduce.h>
#include <wengert/shaping.h>

wg_var wg__centred(wg_var x, wg_axes axes)
{
    wg_var near = wg_sub(x, wg_mean_over(x, axes, true));
    return wg_sub(near, wg_mean_over(near, axes, true));
}

wg_var wg__deviation(wg_var c, double eps)
{
    wg_shape shape = wg_shape_of(c), column = {.rank = 2, .dim = {shape.dim[0], 1}};
    double width = (double)shape.dim[1];
    wg_var last = wg_broadcast_to(wg_const_scalar(wg_tape_of(c), sqrt(eps * width)), column);
    wg_var norm = wg_norm_over(wg_concat((const wg_var[]){c, last}, 2, 1), WG_AXES(1), true);
    return wg_divc(norm, sqrt(width));
}
