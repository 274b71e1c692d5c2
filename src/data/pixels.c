/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "data/pixels.h"

enum { BLOCK = 1 << 12 };

wg_status wg__pixels_read(wg_source *source, float *x, size_t count, wg_error *error)
{
    unsigned char bytes[BLOCK];
    for (size_t done = 0; done < count;) {
        size_t n = count - done < BLOCK ? count - done : BLOCK;
        wg_status status = wg__source_read(source, bytes, n, error);
        if (status != WG_OK)
            return status;
        for (size_t i = 0; i < n; i++)
            x[done + i] = (float)bytes[i] / 255.0f;
        done += n;
    }
    return WG_OK;
}
