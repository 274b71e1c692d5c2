/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* pixels.h - bytes of a picture as numbers from 0 to 1. */
#ifndef WG_DATA_PIXELS_H
#define WG_DATA_PIXELS_H

#include "base/source.h"

/* The next `count` bytes of the file, each divided by 255. */
wg_status wg__pixels_read(wg_source *source, float *x, size_t count, wg_error *error);

#endif
