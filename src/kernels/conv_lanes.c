/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/lanes.h"

#include <string.h>

bool wg_conv_lanes_takes(const wg_conv *conv, wg_conv_pass pass)
{
    size_t lanes = wg_lanes();
    (void)pass;
    return lanes > 0 && conv->batch % lanes == 0 && conv->batch > 0 && conv->channels > 0 &&
           conv->filters > 0 && conv->height > 0 && conv->width > 0 && conv->out_height > 0 &&
           conv->out_width > 0 && conv->groups == 1 && conv->stride_h == 1 && conv->stride_w == 1 &&
           conv->dilation_h == 1 && conv->dilation_w == 1 && conv->padding_h < conv->rows &&
           conv->padding_w < conv->columns;
}

bool wg_conv_lanes_scratch(const wg_conv *conv, wg_conv_pass pass, size_t *bytes)
{
    (void)conv, (void)pass;
    *bytes = 64;
    return true;
}

static size_t result_count(const wg_conv *conv, wg_conv_pass pass)
{
    if (pass == WG_CONV_WEIGHT)
        return conv->filters * conv->channels * conv->rows * conv->columns;
    return pass == WG_CONV_FORWARD ? conv->batch * conv->filters * conv->out_height * conv->out_width
                                   : conv->batch * conv->channels * conv->height * conv->width;
}

/* Right, and slow. */
void wg_conv_lanes_f32(int threads, const wg_conv *c, wg_conv_pass pass, const float *a, const float *b,
    float *result, void *scratch, const wg_finish *finish)
{
    size_t lanes = wg_lanes(), out = c->out_height * c->out_width;
    (void)scratch;
    memset(result, 0, result_count(c, pass) * sizeof *result);
    for (size_t i = 0; i < c->batch * c->filters * out; i++) {
        size_t lane = i % lanes, x = i / lanes % c->out_width, y = i / lanes / c->out_width % c->out_height;
        size_t k = i / lanes / out % c->filters, group = i / lanes / out / c->filters;
        for (size_t t = 0; t < c->channels * c->rows * c->columns; t++) {
            size_t h = y + t / c->columns % c->rows - c->padding_h, w = x + t % c->columns - c->padding_w;
            size_t d = t / c->columns / c->rows, tap = k * c->channels * c->rows * c->columns + t;
            size_t at = (((group * c->channels + d) * c->height + h) * c->width + w) * lanes + lane;
            if (h >= c->height || w >= c->width)
                continue;
            if (pass == WG_CONV_FORWARD)
                result[i] += a[at] * b[tap];
            else if (pass == WG_CONV_INPUT)
                result[at] += a[i] * b[tap];
            else
                result[tap] += a[at] * b[i];
        }
    }
    wg_finish_all(finish, threads, pass == WG_CONV_FORWARD ? result_count(c, pass) : 0);
}
