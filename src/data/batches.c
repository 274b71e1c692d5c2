/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "data/dataset.h"

#include <math.h>
#include <string.h>
#include <wengert/random.h>

struct wg_batches {
    wg_allocator allocator;
    const wg_dataset *dataset;
    wg_batches_options options; /* with the defaults filled in */
    uint64_t epoch;             /* begun so far */
    wg_status status;
    size_t x_row, y_row; /* bytes of a sample */
    size_t *order;       /* [options.count] rows of the data set, as this epoch goes through them */
    void *x, *y;         /* [options.size] samples: the batch handed out */
};

static size_t row_bytes(const wg_shape *shape, size_t total)
{
    return shape->dim[0] ? total / shape->dim[0] : 0;
}

static wg_status check_options(const wg_dataset *dataset, wg_batches_options *o, wg_error *error)
{
    size_t count = wg_dataset_count(dataset);
    if (o->first > count || o->count > count - o->first)
        return wg_error_set(error, WG_INVALID, "batches: samples %zu to %zu of a data set of %zu", o->first,
            o->first + o->count, count);
    if (!(o->std >= 0) || !isfinite(o->std) || !isfinite(o->mean))
        return wg_error_set(error, WG_INVALID, "batches: mean %g, standard deviation %g", o->mean, o->std);
    if (o->count == 0)
        o->count = count - o->first;
    if (o->size == 0)
        o->size = 32;
    if (o->size > o->count && !o->drop_last)
        o->size = o->count ? o->count : 1; /* no batch is larger: so a huge size costs no memory */
    if (o->std == 0)
        o->std = 1;
    return WG_OK;
}

/* Memory for the order and for one batch; drop_last with too large a size has no batch, hence no memory. */
static bool take_memory(wg_batches *b)
{
    size_t order, x, y, largest = wg_batches_per_epoch(b) ? b->options.size : 1;
    if (!wg_mul_size(b->options.count, sizeof *b->order, &order) || !wg_mul_size(largest, b->x_row, &x) ||
        !wg_mul_size(largest, b->y_row, &y))
        return false;
    b->order = wg_mem_new(&b->allocator, order + 1);
    b->x = wg_mem_aligned_new(&b->allocator, x + 1);
    b->y = wg_mem_aligned_new(&b->allocator, y + 1);
    return b->order && b->x && b->y;
}

wg_batches *wg_batches_new(const wg_dataset *dataset, const wg_batches_options *options, wg_error *error)
{
    if (error && error->status != WG_OK)
        return NULL;
    if (!dataset) {
        wg_error_set(error, WG_INVALID, "batches: no data set");
        return NULL;
    }
    wg_batches_options o = options ? *options : (wg_batches_options){0};
    if (check_options(dataset, &o, error) != WG_OK)
        return NULL;
    wg_allocator allocator = wg_allocator_or_default(&o.allocator);
    wg_batches *b = wg_mem_zero(&allocator, sizeof *b);
    if (b) {
        *b = (wg_batches){.allocator = allocator,
            .dataset = dataset,
            .options = o,
            .x_row = row_bytes(&dataset->x_shape, dataset->x_bytes),
            .y_row = row_bytes(&dataset->y_shape, dataset->y_bytes)};
        if (take_memory(b))
            return b;
        wg_batches_free(b);
    }
    wg_error_set(error, WG_OUT_OF_MEMORY, "batches: no memory for batches of %zu samples", o.size);
    return NULL;
}

void wg_batches_free(wg_batches *b)
{
    if (b) {
        wg_allocator allocator = b->allocator;
        size_t largest = wg_batches_per_epoch(b) ? b->options.size : 1;
        wg_mem_free(&allocator, b->order, b->options.count * sizeof *b->order + 1);
        wg_mem_aligned_free(&allocator, b->x, largest * b->x_row + 1);
        wg_mem_aligned_free(&allocator, b->y, largest * b->y_row + 1);
        wg_mem_free(&allocator, b, sizeof *b);
    }
}

/* The order of an epoch starts from the samples' own, never from the last epoch's: so it can be had again
 * without running the epochs before. */
static void start_epoch(wg_batches *b)
{
    b->epoch++;
    for (size_t i = 0; i < b->options.count; i++)
        b->order[i] = b->options.first + i;
    if (!b->options.in_order) {
        wg_random random = wg_random_named(b->options.seed, "batches");
        random.stream += b->epoch;
        wg_random_shuffle(&random, b->order, b->options.count);
    }
}

/* (x - mean) / std, in double and rounded once. */
static void standardise(const wg_batches *b, size_t count)
{
    double mean = b->options.mean, std = b->options.std;
    if (mean == 0 && std == 1)
        return;
    size_t n = count * b->x_row / wg_dtype_size(b->dataset->x_dtype);
    if (b->dataset->x_dtype == WG_F32) {
        float *x = b->x;
        for (size_t i = 0; i < n; i++)
            x[i] = (float)(((double)x[i] - mean) / std);
    } else {
        double *x = b->x;
        for (size_t i = 0; i < n; i++)
            x[i] = (x[i] - mean) / std;
    }
}

static wg_array part_of(const void *data, wg_dtype dtype, wg_shape shape, size_t count)
{
    shape.dim[0] = count;
    return wg_array_of(data, dtype, shape);
}

static void gather(wg_batches *b, wg_batch *batch, size_t begin, size_t count)
{
    const char *x = b->dataset->x, *y = b->dataset->y;
    for (size_t i = 0; i < count; i++) {
        size_t row = b->order[begin + i];
        memcpy((char *)b->x + i * b->x_row, x + row * b->x_row, b->x_row);
        memcpy((char *)b->y + i * b->y_row, y + row * b->y_row, b->y_row);
    }
    standardise(b, count);
    batch->x = part_of(b->x, b->dataset->x_dtype, b->dataset->x_shape, count);
    batch->y = part_of(b->y, b->dataset->y_dtype, b->dataset->y_shape, count);
    batch->count = count;
    batch->rows = b->order + begin;
}

bool wg_next_batch(wg_batches *b, wg_batch *batch)
{
    if (!b || !batch)
        return false;
    b->status = WG_OK;
    if (batch->number == 0) {
        start_epoch(b);
        batch->epoch = b->epoch;
    } else if (batch->epoch != b->epoch) {
        b->status = WG_STALE;
        return false;
    }
    if (batch->number >= wg_batches_per_epoch(b))
        return false;
    size_t begin = batch->number * b->options.size, left = b->options.count - begin;
    gather(b, batch, begin, left < b->options.size ? left : b->options.size);
    batch->number++;
    return true;
}

wg_status wg_batches_status(const wg_batches *b)
{
    return b ? b->status : WG_INVALID;
}

size_t wg_batches_per_epoch(const wg_batches *b)
{
    if (!b)
        return 0;
    size_t whole = b->options.count / b->options.size, rest = b->options.count % b->options.size;
    return whole + (rest && !b->options.drop_last);
}

size_t wg_batches_samples(const wg_batches *b)
{
    if (!b)
        return 0;
    return b->options.drop_last ? b->options.count - b->options.count % b->options.size : b->options.count;
}

uint64_t wg_batches_epoch(const wg_batches *b)
{
    return b ? b->epoch : 0;
}

void wg_batches_set_epoch(wg_batches *b, uint64_t begun)
{
    if (b)
        b->epoch = begun;
}
