/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "data/dataset.h"
#include "data/order.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <wengert/random.h>

struct wg_batches {
    wg_allocator allocator;
    const wg_dataset *dataset; /* NULL: it was freed */
    wg_holder holder;
    wg_order order;
    size_t size; /* of a batch */
    bool drop_last;
    double mean, std;
    uint64_t epoch;      /* begun so far */
    bool is_ordered;     /* order.rows is this epoch's */
    size_t x_row, y_row; /* bytes of a sample */
    void *x, *y;         /* the batch handed out: at most largest_batch() samples */
    wg_error error;      /* of the last wg_batches_next */
};

static size_t row_bytes(const wg_shape *shape, size_t total)
{
    return shape->dim[0] ? total / shape->dim[0] : 0;
}

/* With drop_last, too large a size has no batch, hence no memory; without, no batch has more samples than
 * there are. */
static size_t largest_batch(const wg_batches *b)
{
    if (b->size <= b->order.count)
        return b->size;
    return b->drop_last ? 0 : b->order.count;
}

static bool take_memory(wg_batches *b)
{
    size_t x, y, largest = largest_batch(b);
    if (!wg__mul_size(largest, b->x_row, &x) || !wg__mul_size(largest, b->y_row, &y))
        return false;
    b->x = wg__mem_aligned_new(&b->allocator, x + 1);
    b->y = wg__mem_aligned_new(&b->allocator, y + 1);
    return b->x && b->y;
}

static void dataset_gone(void *keeper)
{
    wg_batches *b = keeper;
    b->dataset = NULL;
}

static wg_status init(wg_batches *b, const wg_batches_options *o, wg_error *error)
{
    if (!(o->std >= 0) || !isfinite(o->std) || !isfinite(o->mean))
        return wg_error_set(error, WG_INVALID, "batches: mean %g, standard deviation %g", o->mean, o->std);
    wg_status status = wg__order_init(&b->order, &b->allocator, wg_dataset_count(b->dataset), o, error);
    if (status != WG_OK)
        return status;
    b->size = o->size ? o->size : 32;
    b->drop_last = o->drop_last;
    b->mean = o->mean;
    b->std = o->std == 0 ? 1 : o->std;
    b->x_row = row_bytes(&b->dataset->x_shape, b->dataset->x_bytes);
    b->y_row = row_bytes(&b->dataset->y_shape, b->dataset->y_bytes);
    return take_memory(b) ? WG_OK
                          : wg_error_set(error, WG_OUT_OF_MEMORY,
                                "batches: no memory for batches of %zu samples", largest_batch(b));
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
    wg_allocator allocator = wg__allocator_or_default(&o.allocator);
    wg_batches *b = wg__mem_zero(&allocator, sizeof *b);
    if (!b) {
        wg_error_set(error, WG_OUT_OF_MEMORY, "batches: no memory");
        return NULL;
    }
    b->allocator = allocator;
    b->dataset = dataset;
    wg__hold(&b->holder, (wg_holders *)(uintptr_t)&dataset->holders, dataset_gone, b);
    if (init(b, &o, error) == WG_OK)
        return b;
    wg_batches_free(b);
    return NULL;
}

void wg_batches_free(wg_batches *b)
{
    if (b) {
        wg_allocator allocator = b->allocator;
        wg__let_go(&b->holder);
        wg__mem_aligned_free(&allocator, b->x, largest_batch(b) * b->x_row + 1);
        wg__mem_aligned_free(&allocator, b->y, largest_batch(b) * b->y_row + 1);
        wg__order_free(&b->order, &allocator);
        wg__mem_free(&allocator, b, sizeof *b);
    }
}

/* (x - mean) / std, in double and rounded once. */
static void standardise(const wg_batches *b, size_t count)
{
    double mean = b->mean, std = b->std;
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
        size_t row = b->order.rows[begin + i];
        memcpy((char *)b->x + i * b->x_row, x + row * b->x_row, b->x_row);
        memcpy((char *)b->y + i * b->y_row, y + row * b->y_row, b->y_row);
    }
    standardise(b, count);
    batch->x = part_of(b->x, b->dataset->x_dtype, b->dataset->x_shape, count);
    batch->y = part_of(b->y, b->dataset->y_dtype, b->dataset->y_shape, count);
    batch->count = count;
    batch->rows = b->order.rows + begin;
}

/* A cursor that goes on may be of the epoch that is next to begin: wg_batches_set_epoch came before it. */
static bool enter_epoch(wg_batches *b, wg_batch *batch)
{
    if (batch->number == 0)
        batch->epoch = b->epoch + 1;
    else if (batch->epoch != b->epoch && batch->epoch != b->epoch + 1)
        return false;
    if (batch->epoch != b->epoch || !b->is_ordered)
        wg__order_start(&b->order, batch->epoch);
    b->epoch = batch->epoch;
    b->is_ordered = true;
    return true;
}

bool wg_batches_next(wg_batches *b, wg_batch *batch)
{
    if (!b || !batch)
        return false;
    b->error = (wg_error){0};
    if (!b->dataset)
        wg_error_set(&b->error, WG_INVALID, "batches: their data set was freed");
    else if (!enter_epoch(b, batch))
        wg_error_set(&b->error, WG_STALE,
            "batches: batch %zu is of epoch %" PRIu64 ", and epoch %" PRIu64 " has begun since",
            batch->number, batch->epoch, b->epoch);
    if (b->error.status != WG_OK || batch->number >= wg_batches_per_epoch(b))
        return false;
    size_t begin = batch->number * b->size, left = b->order.count - begin;
    gather(b, batch, begin, left < b->size ? left : b->size);
    batch->number++;
    return true;
}

wg_status wg_batches_status(const wg_batches *b)
{
    return b ? b->error.status : WG_INVALID;
}

const char *wg_batches_message(const wg_batches *b)
{
    return b ? b->error.message : "no batches";
}

size_t wg_batches_per_epoch(const wg_batches *b)
{
    if (!b)
        return 0;
    size_t whole = b->order.count / b->size, rest = b->order.count % b->size;
    return whole + (rest && !b->drop_last);
}

size_t wg_batches_sample_count(const wg_batches *b)
{
    if (!b)
        return 0;
    return b->drop_last ? b->order.count - b->order.count % b->size : b->order.count;
}

uint64_t wg_batches_epoch(const wg_batches *b)
{
    return b ? b->epoch : 0;
}

void wg_batches_set_epoch(wg_batches *b, uint64_t begun)
{
    if (b) {
        b->epoch = begun;
        b->is_ordered = false;
    }
}

wg_status wg_batches_seek(wg_batches *b, uint64_t epoch, size_t number, wg_batch *batch)
{
    if (!b || !batch)
        return WG_INVALID;
    if (epoch == 0 || number > wg_batches_per_epoch(b))
        return WG_BAD_INDEX;
    wg_batches_set_epoch(b, epoch - 1);
    *batch = number ? (wg_batch){.number = number, .epoch = epoch} : (wg_batch){0};
    return WG_OK;
}
