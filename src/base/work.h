/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* work.h - a stack of working memory: whoever takes from it puts `used` back to what it was.
 *
 *     [ in use ............... | free ............ ]
 *       0                 used                bytes      most: the highest that `used` ever was
 *
 * What does not fit is counted all the same, so that a stack of no bytes measures what is needed. */
#ifndef WG_BASE_WORK_H
#define WG_BASE_WORK_H

#include <stdint.h>
#include "base/alloc.h"

typedef struct wg_work {
    char *memory; /* aligned to a line */
    size_t bytes, used, most;
} wg_work;

/* What so many bytes take of a stack: whole lines, and one more. */
static inline size_t wg__work_size(size_t bytes)
{
    return (bytes / WG_ALIGNMENT + 1) * WG_ALIGNMENT;
}

/* Garbage at first; NULL when there are not that many left, and for a NULL stack. */
static inline void *wg__work_take(wg_work *work, size_t bytes)
{
    if (!work || bytes > PTRDIFF_MAX - work->used - WG_ALIGNMENT)
        return NULL;
    size_t at = work->used;
    work->used += wg__work_size(bytes);
    if (work->most < work->used)
        work->most = work->used;
    return work->used <= work->bytes ? work->memory + at : NULL;
}

#endif
