/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/reduce.h"

/* Numbers in a part of a sum; lines in a part of column sums, at least; numbers worth a thread. */
enum { PART = 4096, COLUMN_LINES = 64, GRAIN = 131072 };

static void add_axis(wg_loops *loops, size_t size, size_t stride)
{
    loops->size[loops->count] = size;
    loops->stride[loops->count++] = stride;
}

void wg__runs_init(wg_runs *r, const wg_shape *shape, const bool reduced[WG_MAX_RANK])
{
    *r = (wg_runs){.groups = 1, .lines = 1, .run = 1, .outputs = 1, .terms = 1};
    size_t stride = 1;
    for (size_t i = shape->rank; i-- > 0;) {
        size_t size = shape->dim[i];
        *(reduced[i] ? &r->terms : &r->outputs) *= size;
        if (size == 1)
            continue;
        wg_loops *mine = reduced[i] ? &r->line : &r->group, *other = reduced[i] ? &r->group : &r->line;
        bool first = mine->count == 0 && other->count == 0 && r->run == 1;
        if (first) {
            r->run = size;
            r->columns = !reduced[i];
        } else if (other->count == 0 && mine->count == 0 && r->columns == !reduced[i]) {
            r->run *= size;
        } else if (mine->count > 0 && mine->stride[mine->count - 1] * mine->size[mine->count - 1] == stride) {
            mine->size[mine->count - 1] *= size;
        } else {
            add_axis(mine, size, stride);
        }
        stride *= size;
    }
    for (size_t k = 0; k < r->group.count; k++)
        r->groups *= r->group.size[k];
    for (size_t k = 0; k < r->line.count; k++)
        r->lines *= r->line.size[k];
}

static size_t place(const wg_loops *loops, size_t i)
{
    size_t offset = 0;
    for (size_t k = 0; k < loops->count; k++) {
        offset += i % loops->size[k] * loops->stride[k];
        i /= loops->size[k];
    }
    return offset;
}

size_t wg__group_begin(const wg_runs *r, size_t g)
{
    return place(&r->group, g);
}

size_t wg__line_begin(const wg_runs *r, size_t t)
{
    return place(&r->line, t);
}

size_t wg__term_place(const wg_runs *r, size_t output, size_t term)
{
    if (r->columns)
        return wg__group_begin(r, output / r->run) + wg__line_begin(r, term) + output % r->run;
    return wg__group_begin(r, output) + wg__line_begin(r, term / r->run) + term % r->run;
}

size_t wg__equal_lines(const wg_runs *r, size_t t, size_t end, size_t *distance)
{
    *distance = r->line.count ? r->line.stride[0] : 0;
    size_t left = r->line.count ? r->line.size[0] - t % r->line.size[0] : 1;
    return left < end - t ? left : end - t;
}

static size_t ceil_div(size_t a, size_t b)
{
    return a / b + (a % b != 0);
}

wg_cut wg__runs_cut(const wg_runs *r)
{
    wg_cut cut = {.pieces = 1, .tiles = 1, .piece = r->run};
    if (r->outputs == 0 || r->terms == 0)
        return cut;
    if (r->columns) {
        cut.lines = PART / r->run > COLUMN_LINES ? PART / r->run : COLUMN_LINES;
        cut.tiles = ceil_div(r->run, WG_TILE);
        cut.piece = r->run < WG_TILE ? r->run : WG_TILE;
    } else {
        cut.lines = r->run < PART ? PART / r->run : 1;
        cut.pieces = ceil_div(r->run, PART);
        cut.piece = r->run < PART ? r->run : PART;
    }
    if (cut.lines > r->lines)
        cut.lines = r->lines;
    cut.parts = ceil_div(r->lines, cut.lines) * cut.pieces;
    cut.tasks = r->groups * cut.parts * cut.tiles;
    cut.grain = ceil_div(GRAIN, cut.lines * cut.piece);
    return cut;
}
