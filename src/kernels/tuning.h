/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* tuning.h - a table of measured times (see wengert/tuning.h). The number of threads is no part of the key:
 * with the same table all numbers of threads make the same choice. */
#ifndef WG_KERNELS_TUNING_H
#define WG_KERNELS_TUNING_H

#include <stdbool.h>
#include <stddef.h>
#include <wengert/alloc.h>
#include "base/holder.h"
#include "kernels/conv.h"

/* One pass of a geometry, over numbers of `real` bytes. All fields are size_t, so there is no padding between
 * them, and equal keys have equal bytes. */
typedef struct wg_tuned_key {
    wg_conv conv; /* with WG_CONV_CHOSEN */
    size_t pass, real;
} wg_tuned_key;

typedef struct wg_tuned {
    wg_tuned_key key;
    size_t nanoseconds[WG_CONV_WAYS]; /* 0: not measured */
} wg_tuned;

struct wg_tuning {
    wg_allocator memory;
    wg_tuned *entry;
    size_t count, capacity;
    wg_holders holders; /* plans */
    bool measuring;     /* wg_tune runs: what is met and not there yet is measured */
};

/* NULL: not there (or no table). */
const wg_tuned *wg__tuning_find(
    const struct wg_tuning *tuning, const wg_conv *conv, wg_conv_pass pass, size_t real);

/* The entry of a key, a new one if there is none; NULL: out of memory. */
wg_tuned *wg__tuning_entry(struct wg_tuning *tuning, const wg_tuned_key *key);

/* The fastest way for images in rows; 0 when none was measured, or there is no entry. */
size_t wg__tuned_way(const wg_tuned *entry);

#endif
