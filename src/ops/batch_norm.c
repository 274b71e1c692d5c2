/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* batch_norm: x [N, C, d1, ...], gamma [C], beta [C] -> y like x
 *
 * x is a plane of N rows, C channels and S = d1 ... positions; M = N S numbers per channel. The forward pass
 * keeps mean, variance and 1 / sqrt(variance + eps) of each channel in double. The derivative is written
 * above the backward kernel; with dL/dx-hat = g gamma it follows from x-hat = (x - mean) r, d mean / dx = 1 /
 * M and dr / dx = -r^3 (x - mean) / M: the two sums are what g loses in the directions 1 and x-hat, which
 * x-hat cannot move in. */

#include <math.h>
#include <stdbool.h>
#include <wengert/math.h>
#include <wengert/norm.h>
#include <wengert/op.h>
#include <wengert/reduce.h>
#include <wengert/shaping.h>
#include "base/alloc.h"
#include "base/option.h"
#include "kernels/isa.h"
#include "kernels/epilogue.h"
#include "kernels/parallel.h"
#include "ops/deviation.h"
#include "ops/lanes.h"
#include "ops/ops.h"
#include "tape/hints.h"

/* Statistics are constants, the running ones. */
static bool frozen(const wg_op_context *op)
{
    const wg_batch_norm_options *options = op->attr;
    return !op->training && options->running_mean;
}

/* ---- Cutting x into items of about ITEM numbers ---------------------------------------------------- */

enum { ITEM = 8192, TILE = 128 };

struct plane {
    size_t rows, channels, positions, per_channel;
    size_t block, tile; /* rows and channels of an item */
    size_t blocks, tiles, items;
};

struct item {
    size_t block, row, row_end, channel, channel_end;
};

struct pair {
    double a, b;
};

static size_t at_least_one(size_t n)
{
    return n > 0 ? n : 1;
}

static struct plane plane_of(const wg_op_context *op)
{
    const wg_shape *x = op->in_shape[0];
    struct plane p = {.rows = x->dim[0], .channels = x->dim[1], .positions = 1};
    for (size_t axis = 2; axis < x->rank; axis++)
        p.positions *= x->dim[axis];
    p.per_channel = p.rows * p.positions;
    p.tile = at_least_one(p.positions < 2 ? TILE : ITEM / p.positions);
    p.tile = p.tile < p.channels ? p.tile : at_least_one(p.channels);
    p.block = at_least_one(ITEM / p.tile / at_least_one(p.positions));
    p.blocks = p.positions > 0 ? wg__chunks(p.rows, p.block) : 0;
    p.tiles = wg__chunks(p.channels, p.tile);
    p.items = p.blocks * p.tiles;
    return p;
}

static struct item item_of(const struct plane *p, size_t i)
{
    struct item item = {
        .block = i / p->tiles, .row = i / p->tiles * p->block, .channel = i % p->tiles * p->tile};
    item.row_end = p->rows - item.row < p->block ? p->rows : item.row + p->block;
    item.channel_end = p->channels - item.channel < p->tile ? p->channels : item.channel + p->tile;
    return item;
}

/* {mean, variance scale^2} of channel c from its items' {mean, scale^2 times the sum of squared deviations},
 * by the update of Chan, Golub and LeVeque (1979), in block order. {0, 0} when there are no numbers. */
static struct pair combine_moments(const struct plane *p, const struct pair *part, size_t c, double scale)
{
    double count = 0, mean = 0, deviation = 0;
    for (size_t b = 0; b < p->blocks; b++) {
        size_t rows = p->rows - b * p->block < p->block ? p->rows - b * p->block : p->block;
        double n = (double)rows * (double)p->positions, step = part[b * p->channels + c].a - mean;
        double scaled = part[b * p->channels + c].a * scale - mean * scale;
        deviation += part[b * p->channels + c].b + scaled * scaled * (count / (count + n)) * n;
        mean += step * (n / (count + n));
        count += n;
    }
    return (struct pair){mean, count > 0 ? deviation / count : 0};
}

/* ---- What the forward pass keeps ------------------------------------------------------------------- */

struct statistics {
    double *mean, *var, *inverse;
};

static struct statistics statistics_of(const wg_op_context *op)
{
    size_t channels = op->in_shape[0]->dim[1];
    double *keep = op->keep[0];
    return (struct statistics){keep, keep + channels, keep + 2 * channels};
}

static wg_status shape(wg_op_context *op)
{
    const wg_batch_norm_options *options = op->attr;
    for (size_t i = 0; i < 3; i++)
        if (op->in_dtype[i] == WG_I32)
            return wg_op_fail(op, WG_BAD_DTYPE, "%s is not floating", wg_op_operand(op, i));
    if (op->in_shape[0]->rank < 2)
        return wg_op_fail(op, WG_BAD_SHAPE, "%s is not [N, C, ...]", wg_op_operand(op, 0));
    for (size_t i = 1; i < 3; i++)
        if (op->in_shape[i]->rank != 1 || op->in_shape[i]->dim[0] != op->in_shape[0]->dim[1])
            return wg_op_fail(op, WG_BAD_SHAPE, "%s does not fit the channels (axis 1) of %s",
                wg_op_operand(op, i), wg_op_operand(op, 0));
    if (!options->running_mean != !options->running_var)
        return wg_op_fail(op, WG_INVALID, "running mean and variance go together, one is missing");
    if (!(options->momentum >= 0 && options->momentum <= 1) ||
        !(options->eps >= 0 && options->eps < HUGE_VAL))
        return wg_op_fail(op, WG_INVALID, "momentum %g is not in [0, 1], or eps %g not in [0, inf)",
            options->momentum, options->eps);
    if (!wg__mul_size(op->in_shape[0]->dim[1], 3 * sizeof(double), &op->keep_bytes[0]))
        return wg_op_fail(op, WG_OVERFLOW, "%s has too many channels", wg_op_operand(op, 0));
    op->keep_bytes[0] += op->keep_bytes[0] == 0; /* pointers go into it */
    return WG_OK;
}

/* Where the items' sums are, and how many coefficients of its map each channel has. */
static size_t bytes_of_parts(const struct plane *p)
{
    return p->blocks * p->channels * sizeof(struct pair);
}

enum { MAPS = 6 };

static size_t workspace(const wg_op_context *op)
{
    struct plane p = plane_of(op);
    return wg_op_scratch_size(bytes_of_parts(&p)) +
           wg_op_scratch_size(MAPS * p.channels * wg_dtype_size(op->dtype));
}

#define TEMPLATE "ops/batch_norm_real.h"
#include "base/for_each_real.h"

/* ---- Running statistics ---------------------------------------------------------------------------- */

static void blend(wg_dtype dtype, void *running, size_t c, double weight, double value)
{
    if (dtype == WG_F32)
        ((float *)running)[c] = (float)((1 - weight) * (double)((float *)running)[c] + weight * value);
    else
        ((double *)running)[c] = (1 - weight) * ((double *)running)[c] + weight * value;
}

static wg_status effect(wg_op_context *op)
{
    const wg_batch_norm_options *options = op->attr;
    struct statistics at = statistics_of(op);
    struct plane p = plane_of(op);
    double weight = wg__option_or(options->momentum, 0.1);
    double m = (double)p.per_channel;
    if (!options->running_mean || p.per_channel < 2)
        return WG_OK;
    for (size_t c = 0; c < p.channels; c++) {
        blend(op->dtype, options->running_mean, c, weight, at.mean[c]);
        blend(op->dtype, options->running_var, c, weight, at.var[c] * (m / (m - 1)));
    }
    return WG_OK;
}

/* ---- In simpler operations ------------------------------------------------------------------------- */

/* The running statistics are bound, not copied, so that a replay reads them as they are then. */
static wg_var running(wg_op_context *op, const char *name, void *data, wg_shape wide)
{
    wg_binding binding = {
        .owner = data, .name = name, .dtype = op->dtype, .shape = *op->in_shape[1], .data = data};
    return wg_reshape(wg_bind(op->tape, &binding), wide);
}

/* Statistics of a channel do not ask which number came from where. */
static unsigned lanes(wg_op_context *op, double *saved)
{
    (void)saved;
    return wg__is_batch_of_lanes(op->in_shape[0]) ? WG_LANES_OPERAND(0) | WG_LANES_RESULT(0) | WG_LANES_FOLDED
                                                  : 0;
}

/* x as [C, M]. */
static wg_var channels_first(const wg_op_context *op, wg_var x)
{
    struct plane p = plane_of(op);
    wg_axes order = {.count = op->in_shape[0]->rank, .axis = {1, 0}};
    for (size_t axis = 2; axis < order.count; axis++)
        order.axis[axis] = (int)axis;
    return wg_reshape(wg_permute(x, order), WG_SHAPE(p.channels, p.per_channel));
}

static wg_status expand(wg_op_context *op, wg_var *results)
{
    const wg_batch_norm_options *options = op->attr;
    wg_axes axes = {.count = 1, .axis = {0}};
    wg_shape wide = {.rank = op->in_shape[0]->rank, .dim = {1, op->in_shape[0]->dim[1]}};
    for (size_t axis = 2; axis < wide.rank; axis++)
        axes.axis[axes.count++] = (int)axis, wide.dim[axis] = 1;
    double eps = wg__eps_of(options->eps);
    wg_var centred, deviation;
    if (frozen(op)) {
        centred = wg_sub(op->arg[0], running(op, "running_mean", options->running_mean, wide));
        deviation = wg_sqrt(wg_addc(running(op, "running_var", options->running_var, wide), eps));
    } else {
        centred = wg__centred(op->arg[0], axes);
        deviation = wg__deviation(channels_first(op, centred), eps);
    }
    wg_var normal = wg_div(centred, wg_reshape(deviation, wide));
    results[0] = wg_add(wg_mul(normal, wg_reshape(op->arg[1], wide)), wg_reshape(op->arg[2], wide));
    return WG_OK;
}

wg_var wg_batch_norm(wg_var x, wg_var gamma, wg_var beta, const wg_batch_norm_options *options)
{
    return wg_apply(&wg__op_batch_norm, (const wg_var[]){x, gamma, beta}, 3, options);
}

static const wg_op_sample samples[] = {
    {"[N, C]", .in = {{2, {5, 3}}, {1, {3}}, {1, {3}}}, .training = true},
    {"[N, C, H, W]", .in = {{4, {3, 2, 2, 3}}, {1, {2}}, {1, {2}}}, .training = true},
    {"evaluation without statistics", .in = {{3, {4, 2, 3}}, {1, {2}}, {1, {2}}},
        .attr = &(const wg_batch_norm_options){.eps = 1e-3}},
};

const wg_op wg__op_batch_norm = {.name = "batch_norm",
    .arity = 3,
    .attr_size = sizeof(wg_batch_norm_options),
    .traits = WG_OP_EFFECT | WG_OP_PLAIN_ATTR,
    .finishes = WG_FINISHES_RESULT | WG_FINISHES_GRADIENT(0),
    .shape = shape,
    .forward_f64 = batch_norm_forward_f64,
    .forward_f32 = batch_norm_forward_f32,
    .workspace = workspace,
    .expand = expand,
    .backward_f64 = batch_norm_backward_f64,
    .backward_f32 = batch_norm_backward_f32,
    .backward_ignores = WG_IGNORES_OPERAND(2) | WG_IGNORES_RESULT(0),
    .effect = effect,
    .lanes = lanes,
    .formula = "gamma (x - mean) / sqrt(variance + eps) + beta",
    .samples = samples,
    .sample_count = sizeof samples / sizeof samples[0]};
