/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* npy.h - one array as NumPy keeps it (numpy.lib.format), alone in a file or as an entry of a zip archive:
 *
 *      offset 0    0x93 "NUMPY", major and minor version
 *      offset 8    length n of the header: 2 bytes in version 1.0, 4 in 2.0 and 3.0, little-endian
 *      then        {'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }, spaces and a line's end
 *      then        the numbers, up to the end */
#ifndef WG_IO_NPY_H
#define WG_IO_NPY_H

#include "io/archive.h"
#include "base/elements.h"

enum { WG_NPY_MOST_HEAD = 320 };

typedef struct wg_npy {
    wg_elements elements;
    wg_shape shape;
    bool fortran; /* the first axis runs fastest */
} wg_npy;

/* Reads what stands before the numbers. */
wg_status wg__npy_read_head(wg_npy *npy, wg_source *source, wg_error *error);

/* What is written before an array's numbers (version 1.0); returns its length, a multiple of 64. */
size_t wg__npy_make_head(unsigned char head[WG_NPY_MOST_HEAD], const wg_array *array);

/* Reads an array that ends where the source ends, one of the reading's file, and adds it. */
wg_status wg__npy_add(wg_reading *reading, const char *name, wg_source *source);

#endif
