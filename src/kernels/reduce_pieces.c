/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/reduce.h"

#include <string.h>

/* Columns lie as [group][line][run]; a longer piece than this would be too much for one thread. */
enum { MOST = 1 << 15 };

bool wg__pieces_init(wg_pieces *p, const wg_runs *r)
{
    *p = (wg_pieces){.runs = *r, .cut = wg__runs_cut(r), .width = 1};
    if (r->outputs == 0 || r->terms == 0)
        return false;
    if (!r->columns) {
        p->count = r->groups * r->lines * p->cut.pieces;
        p->largest = p->cut.piece;
        return true;
    }
    p->count = r->groups * p->cut.parts;
    p->largest = p->cut.lines * r->run;
    p->width = r->run;
    return r->line.count <= 1 && p->largest <= MOST; /* of columns, groups lie between lines that lie apart */
}

/* Parts of a line, or of a group's lines, each of `largest` numbers but for the last. */
static size_t per_stretch(const wg_pieces *p)
{
    return p->runs.columns ? p->cut.parts : p->cut.pieces;
}

static size_t stretch(const wg_pieces *p)
{
    return p->runs.columns ? p->runs.lines * p->runs.run : p->runs.run;
}

size_t wg__piece_begin(const wg_pieces *p, size_t i)
{
    return i / per_stretch(p) * stretch(p) + i % per_stretch(p) * p->largest;
}

size_t wg__piece_at(const wg_pieces *p, size_t number)
{
    return number / stretch(p) * per_stretch(p) + number % stretch(p) / p->largest;
}

void wg__piece_sum(const wg_pieces *p, wg_dtype dtype, size_t i, const void *x, double *sums)
{
    const wg_fold *fold = &wg__fold_sum[dtype == WG_F32];
    size_t n = wg__piece_begin(p, i + 1) - wg__piece_begin(p, i), run = p->runs.run;
    if (!p->runs.columns) {
        sums[i] = fold->row(x, n, 0);
        return;
    }
    wg_runs lines = {.groups = 1, .lines = n / run, .run = run, .columns = true, .outputs = run};
    lines.terms = lines.lines;
    lines.line = (wg_loops){.count = 1, .size = {lines.lines}, .stride = {run}};
    wg__reduce_fold(fold, &lines, x, NULL, sums + i * run, NULL, 1);
}

/* The parts of group g, as wg__reduce_fold sums them. */
static void parts_of_rows(const wg_pieces *p, const double *sums, size_t g, double *part)
{
    const wg_runs *r = &p->runs;
    size_t pieces = p->cut.pieces, group = wg__group_begin(r, g), lines = 0; /* of the part */
    for (size_t t = 0, n, distance; t < r->lines; t += n) {
        n = wg__equal_lines(r, t, r->lines, &distance);
        const double *line = sums + (group + wg__line_begin(r, t)) / r->run * pieces;
        for (size_t i = 0; i < n; i++, line += distance / r->run * pieces) {
            if (lines == p->cut.lines)
                part += pieces, lines = 0;
            for (size_t k = 0; k < pieces; k++)
                part[k] = lines ? part[k] + line[k] : line[k];
            lines++;
        }
    }
}

void wg__pieces_join(const wg_pieces *p, const double *sums, double *result, double *scratch)
{
    size_t parts = p->cut.parts, width = p->width;
    for (size_t g = 0; g < p->runs.groups; g++) {
        double *part = parts > 1 ? scratch : result + g * width;
        if (p->runs.columns)
            memcpy(part, sums + g * parts * width, parts * width * sizeof *part);
        else
            parts_of_rows(p, sums, g, part);
        for (size_t step = 1; step < parts; step *= 2)
            for (size_t i = 0; i + step < parts; i += 2 * step)
                for (size_t k = 0; k < width; k++)
                    part[i * width + k] += part[(i + step) * width + k];
        if (parts > 1)
            memcpy(result + g * width, part, width * sizeof *result);
    }
}
