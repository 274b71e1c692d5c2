/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/conv.h"

#include <string.h>
#include "kernels/conv_gemm.h"
#include "kernels/conv_direct.h"

/* Nothing to sum: the result is zero, or has no elements. */
static bool empty(const wg_conv *conv)
{
    return conv->batch == 0 || conv->channels == 0 || conv->filters == 0 || conv->height == 0 ||
           conv->width == 0 || conv->out_height == 0 || conv->out_width == 0;
}

static size_t result_count(const wg_conv *conv, wg_conv_pass pass)
{
    switch (pass) {
    case WG_CONV_FORWARD:
        return conv->batch * conv->filters * conv->out_height * conv->out_width;
    case WG_CONV_INPUT:
        return conv->batch * conv->channels * conv->height * conv->width;
    default:
        return conv->filters * (conv->channels / conv->groups) * conv->rows * conv->columns;
    }
}

bool wg__conv_scratch(int threads, const wg_conv *conv, wg_conv_pass pass, size_t real, size_t *bytes)
{
    *bytes = 0;
    if (empty(conv))
        return true;
    return wg__conv_direct_fits(conv, pass, real) ? wg__conv_direct_scratch(conv, pass, real, bytes)
                                                  : wg__conv_gemm_scratch(threads, conv, pass, real, bytes);
}

#define TEMPLATE "kernels/conv_real.h"
#include "base/for_each_real.h"
