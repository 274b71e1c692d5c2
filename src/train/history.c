/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "train/history.h"
#include "base/alloc.h"

bool wg_history_add(wg_history *h, const wg_epoch *epoch)
{
    wg_allocator memory = wg_allocator_or_default(&h->allocator);
    if (!wg_mem_reserve(&memory, (void **)&h->epochs, &h->capacity, h->count + 1, sizeof *h->epochs))
        return false;
    h->epochs[h->count++] = *epoch;
    return true;
}

void wg_history_free(wg_history *h)
{
    if (h) {
        wg_allocator memory = wg_allocator_or_default(&h->allocator);
        wg_mem_free(&memory, h->epochs, h->capacity * sizeof *h->epochs);
        *h = (wg_history){0};
    }
}

wg_status wg_print_history(const wg_history *history, FILE *file)
{
    if (!history || !file)
        return WG_INVALID;
    fprintf(file, "epoch,loss,metric,validation_loss,validation_metric,lr,seconds,samples,best\n");
    for (size_t i = 0; i < history->count; i++) {
        const wg_epoch *e = &history->epochs[i];
        fprintf(file, "%zu,%.9g,%.9g,%.9g,%.9g,%.9g,%.3f,%zu,%d\n", e->epoch, e->loss, e->metric,
            e->validation_loss, e->validation_metric, e->lr, e->seconds, e->samples, e->best);
    }
    return fflush(file) != 0 || ferror(file) ? WG_FILE : WG_OK;
}
