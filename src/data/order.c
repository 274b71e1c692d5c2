/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "data/order.h"

#include <math.h>
#include <string.h>
#include <wengert/random.h>

static size_t chosen(const wg_order *order, size_t i)
{
    return order->chosen ? order->chosen[i] : order->first + i;
}

/* ---- Making ---------------------------------------------------------------------------------------- */

static wg_status choose_range(wg_order *order, size_t samples, const wg_batches_options *o, wg_error *error)
{
    if (o->row_count)
        return wg_error_set(error, WG_INVALID, "batches: row_count is %zu, but rows is NULL", o->row_count);
    if (o->first > samples || o->count > samples - o->first)
        return wg_error_set(error, WG_INVALID, "batches: %zu samples from %zu on, of a data set of %zu",
            o->count, o->first, samples);
    order->first = o->first;
    order->count = o->count ? o->count : samples - o->first;
    return WG_OK;
}

static wg_status choose_list(wg_order *order, const wg_allocator *allocator, size_t samples,
    const wg_batches_options *o, wg_error *error)
{
    size_t bytes;
    if (o->first || o->count)
        return wg_error_set(error, WG_INVALID, "batches: either rows, or first and count, not both");
    for (size_t i = 0; i < o->row_count; i++)
        if (o->rows[i] >= samples)
            return wg_error_set(error, WG_BAD_INDEX,
                "batches: rows[%zu] is %zu, of a data set of %zu samples", i, o->rows[i], samples);
    order->count = o->row_count;
    if (o->row_count == 0)
        return WG_OK;
    if (wg__mul_size(o->row_count, sizeof *order->chosen, &bytes))
        order->chosen = wg__mem_new(allocator, bytes);
    if (!order->chosen)
        return wg_error_set(error, WG_OUT_OF_MEMORY, "batches: no memory for %zu rows", o->row_count);
    memcpy(order->chosen, o->rows, bytes);
    return WG_OK;
}

/* Weights are divided by the largest, so that no sum of them overflows. */
static wg_status sum_weights(
    wg_order *order, const wg_allocator *allocator, const double *weights, wg_error *error)
{
    double largest = 0, sum = 0;
    for (size_t i = 0; i < order->count; i++) {
        double weight = weights[chosen(order, i)];
        if (!(weight >= 0) || isinf(weight))
            return wg_error_set(
                error, WG_INVALID, "batches: the weight of sample %zu is %g", chosen(order, i), weight);
        largest = fmax(largest, weight);
    }
    if (order->count == 0)
        return WG_OK;
    if (largest == 0)
        return wg_error_set(error, WG_INVALID, "batches: the weights of all %zu samples are 0", order->count);
    size_t bytes;
    if (wg__mul_size(order->count, sizeof *order->upto, &bytes))
        order->upto = wg__mem_new(allocator, bytes);
    if (!order->upto)
        return wg_error_set(error, WG_OUT_OF_MEMORY, "batches: no memory for %zu weights", order->count);
    for (size_t i = 0; i < order->count; i++)
        order->upto[i] = sum += weights[chosen(order, i)] / largest;
    return WG_OK;
}

wg_status wg__order_init(wg_order *order, const wg_allocator *allocator, size_t samples,
    const wg_batches_options *o, wg_error *error)
{
    *order = (wg_order){.seed = o->seed, .in_order = o->in_order};
    if (o->weights && o->in_order)
        return wg_error_set(error, WG_INVALID, "batches: samples drawn by weight are not in order");
    wg_status status =
        o->rows ? choose_list(order, allocator, samples, o, error) : choose_range(order, samples, o, error);
    if (status == WG_OK && o->weights)
        status = sum_weights(order, allocator, o->weights, error);
    if (status != WG_OK || order->count == 0)
        return status;
    size_t bytes;
    if (wg__mul_size(order->count, sizeof *order->rows, &bytes))
        order->rows = wg__mem_new(allocator, bytes);
    return order->rows ? WG_OK
                       : wg_error_set(error, WG_OUT_OF_MEMORY,
                             "batches: no memory for the order of %zu samples", order->count);
}

void wg__order_free(wg_order *order, const wg_allocator *allocator)
{
    wg__mem_free(allocator, order->chosen, order->count * sizeof *order->chosen);
    wg__mem_free(allocator, order->upto, order->count * sizeof *order->upto);
    wg__mem_free(allocator, order->rows, order->count * sizeof *order->rows);
}

/* ---- An epoch -------------------------------------------------------------------------------------- */

/* The first position whose sum exceeds u * total, u in [0, 1): a sample of weight 0 has the sum of the one
 * before it, and is never the first. (The product, rounded, is below the total: u is at most 1 - 2^-53.) */
static size_t draw(const wg_order *order, wg_random *random)
{
    size_t low = 0, high = order->count - 1;
    double sum = wg_random_uniform(random) * order->upto[high];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (order->upto[middle] > sum)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

void wg__order_start(wg_order *order, uint64_t epoch)
{
    wg_random random = wg_random_named(order->seed, "batches");
    random.stream += epoch;
    for (size_t i = 0; i < order->count; i++)
        order->rows[i] = chosen(order, order->upto ? draw(order, &random) : i);
    if (!order->upto && !order->in_order)
        wg_random_shuffle(&random, order->rows, order->count);
}
