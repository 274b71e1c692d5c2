/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* pool_window.h - what a pooling window covers. */
#ifndef WG_KERNELS_POOL_WINDOW_H
#define WG_KERNELS_POOL_WINDOW_H

#include "kernels/pool.h"

/* The numbers begin .. end - 1 of an axis that window i covers. */
typedef struct span {
    size_t begin, end;
} span;

static inline span window(size_t i, size_t size, size_t stride, size_t padding, size_t length)
{
    size_t at = i * stride, end = at + size;
    span s = {at > padding ? at - padding : 0, end > padding ? end - padding : 0};
    if (s.end > length)
        s.end = length;
    return s;
}

/* The commonest window, for which there are vector loops. */
static inline bool two_by_two(const wg_pool *p)
{
    return p->size_h == 2 && p->size_w == 2 && p->stride_h == 2 && p->stride_w == 2 && p->padding_h == 0 &&
           p->padding_w == 0;
}

#endif
