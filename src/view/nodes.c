/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "view/nodes.h"
#include "base/element.h"
#include "base/format.h"

#include <stdio.h>
#include <stdlib.h>

bool *wg__ancestors(wg_var y)
{
    size_t last = wg_node_of(y);
    bool *shown = calloc(last + 1, sizeof *shown);
    wg_var *operands = NULL;
    size_t room = 0;
    if (!shown)
        return NULL;
    shown[last] = true;
    for (size_t i = last + 1; i-- > 0;) {
        wg_var x = wg_node(wg_tape_of(y), i);
        size_t n = shown[i] ? wg_operands_of(x, operands, room) : 0;
        if (n > room) {
            wg_var *larger = realloc(operands, n * sizeof *operands);
            if (!larger) {
                free(operands);
                free(shown);
                return NULL;
            }
            operands = larger;
            room = n;
            wg_operands_of(x, operands, n);
        }
        for (size_t k = 0; k < n; k++)
            shown[wg_node_of(operands[k])] = true;
    }
    free(operands);
    return shown;
}

char *wg__numbers_text(wg_var x, bool gradient, char *text, size_t size)
{
    enum { FIRST = 4 };
    const void *data = gradient ? wg_grad_data(x) : wg_data(x);
    size_t count = wg_count_of(x), used = 0;
    wg_shape shape = wg_shape_of(x);
    if (!data) {
        snprintf(text, size, "-");
        return text;
    }
    text[0] = 0;
    if (shape.rank > 0) {
        wg_shape_text(&shape, text, size);
        while (text[used])
            used++;
    }
    for (size_t i = 0; i < count && i < FIRST && used < size; i++)
        used += (size_t)wg__format(
            text + used, size - used, used ? " %.5g" : "%.5g", wg__element_at(data, wg_dtype_of(x), i));
    if (count > FIRST && used < size)
        snprintf(text + used, size - used, " ...");
    return text;
}

char *wg__label_text(wg_var x, char *text, size_t size)
{
    const char *name = wg_name_of(x);
    if (name[0])
        snprintf(text, size, "%s", name);
    else
        snprintf(text, size, "#%zu", wg_node_of(x));
    return text;
}
