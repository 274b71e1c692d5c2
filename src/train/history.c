/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "train/history.h"
#include "base/alloc.h"
#include "base/format.h"

#include <math.h>

bool wg__history_add(wg_history *h, const wg_epoch *epoch)
{
    wg_allocator memory = wg__allocator_or_default(&h->allocator);
    if (!wg__mem_reserve(&memory, (void **)&h->epochs, &h->capacity, h->count + 1, sizeof *h->epochs))
        return false;
    h->epochs[h->count++] = *epoch;
    return true;
}

void wg_history_free(wg_history *h)
{
    if (h) {
        wg_allocator memory = wg__allocator_or_default(&h->allocator);
        wg__mem_free(&memory, h->epochs, h->capacity * sizeof *h->epochs);
        *h = (wg_history){0};
    }
}

/* NaN stands for what was not measured, */
static double figure(const wg_epoch *e, size_t column)
{
    const double figures[] = {e->loss, e->metric, e->validation_loss, e->validation_metric, e->lr};
    return figures[column];
}

/* and a column of nothing else is left out. */
static bool is_measured(const wg_history *history, size_t column)
{
    bool measured = history->count == 0;
    for (size_t i = 0; i < history->count; i++)
        measured = measured || !isnan(figure(&history->epochs[i], column));
    return measured;
}

wg_status wg_history_print(const wg_history *history, FILE *file)
{
    static const char *const names[] = {"loss", "metric", "validation_loss", "validation_metric", "lr"};
    enum { FIGURES = sizeof names / sizeof names[0] };
    bool measured[FIGURES];
    if (!history || !file)
        return WG_INVALID;
    fputs("epoch", file);
    for (size_t c = 0; c < FIGURES; c++) {
        measured[c] = is_measured(history, c);
        fprintf(file, measured[c] ? ",%s" : "%.0s", names[c]);
    }
    fputs(",seconds,samples,best,skipped\n", file);
    for (size_t i = 0; i < history->count; i++) {
        const wg_epoch *e = &history->epochs[i];
        fprintf(file, "%zu", e->epoch);
        for (size_t c = 0; c < FIGURES; c++)
            if (measured[c] && isnan(figure(e, c)))
                fputs(",", file);
            else if (measured[c])
                wg__format_to(file, ",%.9g", figure(e, c));
        wg__format_to(file, ",%.3f,%zu,%d,%zu\n", e->seconds, e->samples, e->best, e->skipped);
    }
    return fflush(file) != 0 || ferror(file) ? WG_FILE : WG_OK;
}
