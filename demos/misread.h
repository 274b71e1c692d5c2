/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* misread.h - remembers the first digits that each model misread, and draws them all on one sheet. */
#ifndef DEMOS_MISREAD_H
#define DEMOS_MISREAD_H

#include <stdio.h>
#include <wengert/data.h>
#include <wengert/picture.h>

enum { MISREAD_PER_MODEL = 30, MISREAD_MODELS = 2 };

struct misread {
    size_t count; /* by the model at hand: set to 0 for the next one */
    size_t shown;
    struct {
        size_t row;
        char label[2], read[16];
    } digit[MISREAD_PER_MODEL * MISREAD_MODELS];
};

static inline void misread_add(struct misread *m, const char *model, size_t row, int32_t label, int32_t read)
{
    if (m->count++ < MISREAD_PER_MODEL && m->shown < MISREAD_PER_MODEL * MISREAD_MODELS) {
        size_t i = m->shown++;
        m->digit[i].row = row;
        snprintf(m->digit[i].label, sizeof m->digit[i].label, "%d", (int)label);
        snprintf(m->digit[i].read, sizeof m->digit[i].read, "%s %d", model, (int)read);
    }
}

/* Each with its label in green at the left, and which model read what in red at the right. */
static inline wg_status misread_draw(
    const struct misread *m, const wg_dataset *data, const char *path, wg_error *error)
{
    const wg_colour green = {90, 230, 90}, red = {255, 100, 90};
    const float *pixels = wg_dataset_x(data).data;
    wg_shape shape = wg_dataset_x(data).shape;
    wg_tile tiles[MISREAD_PER_MODEL * MISREAD_MODELS];
    for (size_t i = 0; i < m->shown; i++)
        tiles[i] = (wg_tile){pixels + m->digit[i].row * shape.dim[2] * shape.dim[3], shape.dim[2],
            shape.dim[3], {{m->digit[i].label, green}, {m->digit[i].read, red}}};
    return wg_sheet_write(path, tiles, m->shown,
        &(wg_sheet_options){
            .title = "Misread digits: their label, and what was read", .per_row = 10, .paper = {36, 38, 46}},
        error);
}

#endif
