/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* strided.h - nested loops over several arrays at once, each with a step of its own along each axis.
 *
 *     walk of shape [2, 3]       step      visits
 *     stream 0, dense            3  1      0 1 2 3 4 5
 *     stream 1, transposed       1  2      0 2 4 1 3 5
 *     stream 2, a row, stretched 0  1      0 1 2 0 1 2
 *
 * Permuting, slicing, flipping, stretching, joining and padding are all one copy between two such streams.
 * Steps and positions count elements. */
#ifndef WG_KERNELS_STRIDED_H
#define WG_KERNELS_STRIDED_H

#include <stddef.h>
#include <wengert/array.h>

enum { WG_WALK_STREAMS = 4 };

typedef struct wg_walk {
    size_t rank, streams;
    size_t dim[WG_MAX_RANK];
    ptrdiff_t step[WG_WALK_STREAMS][WG_MAX_RANK];
} wg_walk;

/* Steps of a dense row-major array. */
void wg__row_major(const wg_shape *shape, ptrdiff_t step[WG_MAX_RANK]);

/* A walk over `shape` whose streams are all dense. */
wg_walk wg__walk_over(const wg_shape *shape, size_t streams);

/* Makes a stream a dense array of `shape` that is stretched, as NumPy broadcasts, to the shape of the walk.
 */
void wg__walk_stretch(wg_walk *walk, size_t stream, const wg_shape *shape);

/* Drops axes of size 1 and joins neighbouring axes that every stream crosses evenly: the fewest loops for the
 * same visits in the same order. */
void wg__walk_merge(wg_walk *walk);

/* A piece of a walk: two nested loops, b inside a. */
typedef struct wg_panel {
    size_t a, b;
    ptrdiff_t at[WG_WALK_STREAMS], step_a[WG_WALK_STREAMS], step_b[WG_WALK_STREAMS];
} wg_panel;

typedef void wg_panel_function(const void *work, const wg_panel *panel);

/* Cuts the walk into panels of its two last axes, of bounded size, and runs them in parallel; panels must not
 * disturb each other. */
void wg__walk_panels(int threads, const wg_walk *walk, wg_panel_function *run, const void *work);

/* to[stream 0] = from[stream 1] for elements of `size` bytes, 4 or 8. No element of `to` may be visited
 * twice. */
void wg__strided_copy(int threads, const wg_walk *walk, size_t size, const void *from, void *to);

/* to[stream 0] += from[stream 1], likewise; the two do not overlap. */
void wg__strided_add_f64(int threads, const wg_walk *walk, const double *from, double *to);
void wg__strided_add_f32(int threads, const wg_walk *walk, const float *from, float *to);

/* `rows` runs of `width` elements; the first elements of two runs lie from_row and to_row apart. */
void wg__copy_rows(int threads, size_t size, size_t rows, size_t width, const void *from, size_t from_row,
    void *to, size_t to_row);

/* `count` times the same element. */
void wg__strided_fill(int threads, size_t count, size_t size, const void *element, void *to);

#endif
