/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* onednn_call.h - oneDNN from the inside; only the files onednn*.c include it, and it alone the library's
 * header. */
#ifndef WG_KERNELS_ONEDNN_CALL_H
#define WG_KERNELS_ONEDNN_CALL_H

#include <dnnl.h>
#include "kernels/onednn.h"

/* How numbers lie; in version 2 a struct, in version 3 a pointer to one. */
typedef dnnl_memory_desc_t wg_layout;

#if DNNL_VERSION_MAJOR >= 3
typedef const_dnnl_memory_desc_t wg_layout_at; /* a layout is a pointer */

static inline wg_layout_at wg__layout_pointer(const wg_layout *l)
{
    return *l;
}

static inline bool wg__layout_set(
    wg_layout *l, int rank, const dnnl_dims_t dims, dnnl_data_type_t type, const dnnl_dims_t strides)
{
    return (strides ? dnnl_memory_desc_create_with_strides(l, rank, dims, type, strides)
                    : dnnl_memory_desc_create_with_tag(l, rank, dims, type, dnnl_format_tag_any)) ==
           dnnl_success;
}

static inline void wg__layout_free(wg_layout *l)
{
    if (*l)
        dnnl_memory_desc_destroy(*l);
}
#else
typedef const dnnl_memory_desc_t *wg_layout_at;

static inline wg_layout_at wg__layout_pointer(const wg_layout *l)
{
    return l;
}

static inline bool wg__layout_set(
    wg_layout *l, int rank, const dnnl_dims_t dims, dnnl_data_type_t type, const dnnl_dims_t strides)
{
    return (strides ? dnnl_memory_desc_init_by_strides(l, rank, dims, type, strides)
                    : dnnl_memory_desc_init_by_tag(l, rank, dims, type, dnnl_format_tag_any)) == dnnl_success;
}

static inline void wg__layout_free(wg_layout *l)
{
    (void)l;
}
#endif

enum { WG_ONEDNN_ITEMS = 16, WG_ONEDNN_LINE = 64 };

/* Memory for each of a number of blocks, side by side in the caller's working memory. */
typedef struct wg_onednn_room {
    size_t bytes, offset; /* of one block; 0 bytes: not needed */
    dnnl_memory_t memory[WG_ONEDNN_ITEMS];
} wg_onednn_room;

/* What the library compiled, and the memory it works in. */
typedef struct wg_onednn_routine {
    dnnl_primitive_t primitive; /* NULL: there is nothing to do */
    wg_onednn_room work;
} wg_onednn_routine;

/* a, b or the result: equal blocks, in our layout and in the library's. */
typedef struct wg_onednn_side {
    size_t blocks;
    size_t step;               /* numbers from block to block, and */
    size_t row_step;           /* to the next row of blocks, of a product's result */
    int argument;              /* the library's name for it */
    wg_onednn_routine reorder; /* from one layout to the other */
    wg_onednn_room its;
    dnnl_memory_t ours[WG_ONEDNN_ITEMS];
} wg_onednn_side;

enum { WG_SIDE_A, WG_SIDE_B, WG_SIDE_RESULT, WG_SIDES };

struct wg_onednn_call {
    wg_onednn *library;
    wg_onednn_problem problem;
    size_t rows, columns; /* blocks of a product; a convolution has parts of the batch as rows */
    wg_conv part;
    wg_onednn_side side[WG_SIDES];
    wg_onednn_routine compute;
    size_t weights, partial_offset; /* of a weight gradient, whose parts lie in the working memory */
    size_t scratch;
    bool possible;
    wg_onednn_call *next;
};

struct wg_onednn {
    wg_allocator memory;
    dnnl_engine_t engine;
    dnnl_stream_t stream[2 * WG_ONEDNN_ITEMS];
    dnnl_primitive_attr_t attr;
    wg_onednn_call *calls;
};

static inline size_t wg__onednn_lines(size_t bytes)
{
    return (bytes + WG_ONEDNN_LINE - 1) / WG_ONEDNN_LINE * WG_ONEDNN_LINE;
}

/* The primitive for one block of a call that is cut, NULL when the library has none; our layouts of a, b and
 * the result, and the library's names for them. */
dnnl_primitive_desc_t wg__onednn_describe(wg_onednn_call *c, wg_layout *ours);

#endif
