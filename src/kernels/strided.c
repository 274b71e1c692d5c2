/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <stdint.h>
#include <string.h>
#include "kernels/parallel.h"
#include "kernels/strided.h"

void wg__row_major(const wg_shape *shape, ptrdiff_t step[WG_MAX_RANK])
{
    size_t next = 1;
    for (size_t i = shape->rank; i-- > 0;) {
        step[i] = (ptrdiff_t)next;
        next *= shape->dim[i];
    }
}

wg_walk wg__walk_over(const wg_shape *shape, size_t streams)
{
    wg_walk walk = {.rank = shape->rank, .streams = streams};
    memcpy(walk.dim, shape->dim, sizeof walk.dim);
    for (size_t s = 0; s < streams; s++)
        wg__row_major(shape, walk.step[s]);
    return walk;
}

void wg__walk_stretch(wg_walk *walk, size_t stream, const wg_shape *shape)
{
    ptrdiff_t step[WG_MAX_RANK];
    size_t missing = walk->rank - shape->rank;
    wg__row_major(shape, step);
    for (size_t i = 0; i < walk->rank; i++)
        walk->step[stream][i] = i < missing || shape->dim[i - missing] == 1 ? 0 : step[i - missing];
}

/* Is a step along axis `outer` the same as going through all of axis `inner`, for every stream? */
static bool even(const wg_walk *walk, size_t outer, size_t inner)
{
    for (size_t s = 0; s < walk->streams; s++)
        if (walk->step[s][outer] != walk->step[s][inner] * (ptrdiff_t)walk->dim[inner])
            return false;
    return true;
}

static void take_axis(wg_walk *walk, size_t to, const wg_walk *from, size_t axis)
{
    walk->dim[to] = from->dim[axis];
    for (size_t s = 0; s < walk->streams; s++)
        walk->step[s][to] = from->step[s][axis];
}

void wg__walk_merge(wg_walk *walk)
{
    size_t rank = 0;
    for (size_t i = 0; i < walk->rank; i++) {
        if (walk->dim[i] == 1)
            continue;
        if (rank > 0 && even(walk, rank - 1, i)) {
            size_t outer = walk->dim[rank - 1];
            take_axis(walk, rank - 1, walk, i);
            walk->dim[rank - 1] *= outer;
        } else {
            take_axis(walk, rank++, walk, i);
        }
    }
    walk->rank = rank;
}

/* ---- Panels */

/* Sizes in elements. When a stream is dense along the outer axis of the panel alone (a transpose), each
 * element of a row is in another page of memory: rows are cut so short that their pages are still known when
 * the next row comes. */
enum { PANEL = 1 << 15, PANEL_ROW = 1 << 11, PANEL_ROW_ACROSS = 1 << 6 };

/* The loops outside the panels: the axes but the last two, then the pieces of those. */
typedef struct panel_loops {
    const wg_walk *walk;
    size_t a, b, a_piece, b_piece; /* sizes of the two last axes and of their pieces */
    ptrdiff_t a_step[WG_WALK_STREAMS], b_step[WG_WALK_STREAMS];
    size_t rank, dim[WG_MAX_RANK + 2];
    ptrdiff_t step[WG_WALK_STREAMS][WG_MAX_RANK + 2];
    wg_panel_function *run;
    const void *work;
} panel_loops;

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t row_limit(const wg_walk *walk)
{
    for (size_t s = 0; s < walk->streams && walk->rank > 1; s++)
        if (walk->step[s][walk->rank - 2] == 1 && walk->step[s][walk->rank - 1] != 0)
            return PANEL_ROW_ACROSS;
    return PANEL_ROW;
}

/* Not for a walk with a size of 0. */
static void cut_panels(panel_loops *loops, const wg_walk *walk)
{
    size_t rank = walk->rank, outer = rank > 2 ? rank - 2 : 0;
    loops->walk = walk;
    loops->rank = outer + 2;
    loops->a = rank > 1 ? walk->dim[rank - 2] : 1;
    loops->b = rank > 0 ? walk->dim[rank - 1] : 1;
    loops->b_piece = min_size(loops->b, row_limit(walk));
    loops->a_piece = min_size(loops->a, PANEL / loops->b_piece);
    memcpy(loops->dim, walk->dim, outer * sizeof loops->dim[0]);
    loops->dim[outer] = wg__chunks(loops->a, loops->a_piece);
    loops->dim[outer + 1] = wg__chunks(loops->b, loops->b_piece);
    for (size_t s = 0; s < walk->streams; s++) {
        loops->a_step[s] = rank > 1 ? walk->step[s][rank - 2] : 0;
        loops->b_step[s] = rank > 0 ? walk->step[s][rank - 1] : 0;
        memcpy(loops->step[s], walk->step[s], outer * sizeof loops->step[s][0]);
        loops->step[s][outer] = loops->a_step[s] * (ptrdiff_t)loops->a_piece;
        loops->step[s][outer + 1] = loops->b_step[s] * (ptrdiff_t)loops->b_piece;
    }
}

/* Goes to the panel after this one: the last loop advances, and those that are through start again. */
static void next_panel(const panel_loops *loops, size_t index[], ptrdiff_t at[])
{
    size_t streams = loops->walk->streams;
    for (size_t i = loops->rank; i-- > 0;) {
        bool through = ++index[i] == loops->dim[i];
        for (size_t s = 0; s < streams; s++)
            at[s] += through ? -loops->step[s][i] * (ptrdiff_t)(index[i] - 1) : loops->step[s][i];
        if (!through)
            return;
        index[i] = 0;
    }
}

static void run_panels(void *work, size_t begin, size_t end)
{
    const panel_loops *loops = work;
    size_t index[WG_MAX_RANK + 2], streams = loops->walk->streams, last = loops->rank - 1;
    wg_panel panel = {0};
    for (size_t i = loops->rank, rest = begin; i-- > 0; rest /= loops->dim[i])
        index[i] = rest % loops->dim[i];
    for (size_t s = 0; s < streams; s++) {
        panel.step_a[s] = loops->a_step[s];
        panel.step_b[s] = loops->b_step[s];
        for (size_t i = 0; i < loops->rank; i++)
            panel.at[s] += loops->step[s][i] * (ptrdiff_t)index[i];
    }
    for (size_t item = begin; item < end; item++) {
        panel.a = min_size(loops->a_piece, loops->a - index[last - 1] * loops->a_piece);
        panel.b = min_size(loops->b_piece, loops->b - index[last] * loops->b_piece);
        loops->run(loops->work, &panel);
        next_panel(loops, index, panel.at);
    }
}

void wg__walk_panels(int threads, const wg_walk *walk, wg_panel_function *run, const void *work)
{
    for (size_t i = 0; i < walk->rank; i++)
        if (walk->dim[i] == 0)
            return;
    panel_loops loops = {.run = run, .work = work};
    size_t panels = 1;
    cut_panels(&loops, walk);
    for (size_t i = 0; i < loops.rank; i++)
        panels *= loops.dim[i];
    wg__parallel_for(threads, panels, PANEL / (loops.a_piece * loops.b_piece), run_panels, &loops);
}

/* ---- Copies */

/* Bits that were written as a float, a double or an integer. */
typedef uint32_t __attribute__((may_alias)) bits32;
typedef uint64_t __attribute__((may_alias)) bits64;

typedef struct strided_copy {
    const void *from;
    void *to;
} strided_copy;

#define ELEMENT bits32
#define FN(name) name##_4
#include "kernels/strided_panel.h"
#undef ELEMENT
#undef FN

#define ELEMENT bits64
#define FN(name) name##_8
#include "kernels/strided_panel.h"
#undef ELEMENT
#undef FN

/* When rows are written in order but read with gaps, and another axis is read without: that axis becomes the
 * panel's outer one, and the panel is a transpose, done in blocks. */
static void choose_panel_axis(wg_walk *walk)
{
    size_t last = walk->rank - 1;
    if (walk->rank < 3 || walk->step[0][last] != 1 || walk->step[1][last] == 0 || walk->step[1][last] == 1)
        return;
    for (size_t i = 0; i + 2 < walk->rank; i++) {
        if (walk->step[1][i] != 1)
            continue;
        const wg_walk old = *walk;
        for (size_t k = i; k + 2 < walk->rank; k++)
            take_axis(walk, k, &old, k + 1);
        take_axis(walk, last - 1, &old, i);
        return;
    }
}

void wg__strided_copy(int threads, const wg_walk *walk, size_t size, const void *from, void *to)
{
    wg_walk merged = *walk;
    strided_copy copy = {from, to};
    merged.streams = 2;
    wg__walk_merge(&merged);
    if (merged.rank > 0)
        choose_panel_axis(&merged);
    wg__walk_panels(threads, &merged, size == 4 ? copy_panel_4 : copy_panel_8, &copy);
}

void wg__copy_rows(int threads, size_t size, size_t rows, size_t width, const void *from, size_t from_row,
    void *to, size_t to_row)
{
    wg_walk walk = {.rank = 2,
        .streams = 2,
        .dim = {rows, width},
        .step = {{(ptrdiff_t)to_row, 1}, {(ptrdiff_t)from_row, 1}}};
    wg__strided_copy(threads, &walk, size, from, to);
}

void wg__strided_fill(int threads, size_t count, size_t size, const void *element, void *to)
{
    wg_walk walk = {.rank = 1, .streams = 2, .dim = {count}, .step = {{1}, {0}}};
    wg__strided_copy(threads, &walk, size, element, to);
}
