/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/tuning.h"

#include <string.h>
#include "base/alloc.h"

static size_t place_of(const struct wg_tuning *tuning, const wg_tuned_key *key)
{
    size_t i = 0;
    while (i < tuning->count && memcmp(&tuning->entry[i].key, key, sizeof *key) != 0)
        i++;
    return i;
}

const wg_tuned *wg__tuning_find(
    const struct wg_tuning *tuning, const wg_conv *conv, wg_conv_pass pass, size_t real)
{
    wg_tuned_key key = {*conv, pass, real};
    key.conv.way = WG_CONV_CHOSEN;
    size_t i = tuning ? place_of(tuning, &key) : 0;
    return tuning && i < tuning->count ? &tuning->entry[i] : NULL;
}

wg_tuned *wg__tuning_entry(struct wg_tuning *tuning, const wg_tuned_key *key)
{
    size_t i = place_of(tuning, key);
    if (i == tuning->count) {
        if (!wg__mem_reserve(&tuning->memory, (void **)&tuning->entry, &tuning->capacity, tuning->count + 1,
                sizeof *tuning->entry))
            return NULL;
        tuning->entry[tuning->count++] = (wg_tuned){.key = *key};
    }
    return &tuning->entry[i];
}

size_t wg__tuned_way(const wg_tuned *entry)
{
    size_t best = WG_CONV_CHOSEN;
    for (size_t way = WG_CONV_BY_ROWS; entry && way <= WG_CONV_BY_PRODUCT; way++)
        if (entry->nanoseconds[way] &&
            (best == WG_CONV_CHOSEN || entry->nanoseconds[way] < entry->nanoseconds[best]))
            best = way;
    return best;
}
