/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* params.h - the parameter store from the inside.
 *
 *     names    "fc1.weight" -> 0, "fc1.bias" -> 1 ...
 *     arrays   [0]  [1]  [2] ...      records, in order of creation; they never move, since tapes hold
 *               |    |    |           pointers to their flags
 *     chunks   [ value ... ]  [ gradient ... ]  and the numbers of the arrays in it, by offset */
#ifndef WG_NN_PARAMS_H
#define WG_NN_PARAMS_H

#include <wengert/params.h>
#include "base/alloc.h"
#include "base/cache.h"
#include "base/holder.h"
#include "base/names.h"

typedef struct wg_param_array {
    wg_shape shape;
    size_t count, padded; /* elements; with those up to the end of the last line */
    size_t chunk, offset;
    size_t bytes; /* of this record */
    wg_init init; /* the rule of its first values */
    double lr_scale, decay_scale;
    uint64_t version; /* counts changes of the values */
    bool buffer, frozen;
    bool gradient_is_zero; /* the gradient's memory is garbage and means 0 */
    char name[];
} wg_param_array;

typedef struct wg_param_chunk {
    char *value, *gradient; /* gradient NULL: a chunk of buffers */
    size_t used, capacity;  /* elements */
    size_t *arrays;         /* their numbers, by offset */
    size_t array_count, array_capacity;
} wg_param_chunk;

struct wg_params {
    wg_allocator memory;
    wg_dtype dtype;
    size_t size; /* of an element */
    uint64_t seed;
    int threads;
    const char *sealed; /* by whom; NULL: it is open */

    wg_param_array **arrays;
    size_t count, capacity;
    wg_names names; /* the records' */

    wg_param_chunk chunk[WG_PARAMS_MAX_CHUNKS];
    size_t chunks;

    wg_cache cache; /* over `memory` */
    wg_holders holders;
};

/* Elements on a line of 64 bytes. */
static inline size_t wg__param_line(const wg_params *p)
{
    return WG_ALIGNMENT / p->size;
}

static inline char *wg__param_value_of(const wg_params *p, const wg_param_array *a)
{
    return p->chunk[a->chunk].value + a->offset * p->size;
}

/* NULL for a buffer. */
static inline char *wg__param_gradient_of(const wg_params *p, const wg_param_array *a)
{
    return a->buffer ? NULL : p->chunk[a->chunk].gradient + a->offset * p->size;
}

/* Fails with WG_NAME: a sealed store has no array of this name. It tells the name that is most like it. */
wg_status wg__params_unknown(const wg_params *p, const char *name, wg_error *error);

/* Finds or creates; *index is the array's number. */
wg_status wg__params_get(wg_params *p, const char *name, const wg_shape *shape, const wg_init *init,
    bool buffer, size_t *index, wg_error *error);

/* Makes the zeros that the flag stands for. */
void wg__param_gradient_settle(const wg_params *p, wg_param_array *a);

/* Numbers of one dtype to another (f64, f32, i32 to f64 or f32); false for other pairs. */
bool wg__params_convert(void *to, wg_dtype to_dtype, const void *from, wg_dtype from_dtype, size_t n);

#endif
