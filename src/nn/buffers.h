/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* buffers.h - a store's buffers before an update. A batch that comes to nothing has changed them all the same
 * (running statistics are an effect of computing it); they are small, so a copy is taken before each update.
 */
#ifndef WG_NN_BUFFERS_H
#define WG_NN_BUFFERS_H

#include <wengert/params.h>

typedef struct wg_buffers {
    wg_allocator memory;
    char *copy;
    size_t capacity; /* bytes */
    size_t arrays;   /* of the store, when they were copied */
} wg_buffers;

/* Copies them; false without memory. */
bool wg__buffers_keep(wg_buffers *b, const wg_params *params);

/* Puts the copy back; buffers made since get their first values. */
void wg__buffers_restore(const wg_buffers *b, wg_params *params);

void wg__buffers_free(wg_buffers *b);

#endif
