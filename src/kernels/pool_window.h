/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* pool_window.h - what a pooling window covers of an axis. */
#ifndef WG_KERNELS_POOL_WINDOW_H
#define WG_KERNELS_POOL_WINDOW_H

#include <stddef.h>

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

#endif
