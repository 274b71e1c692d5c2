/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* elements.h - numbers as files keep them; what is read becomes f64, f32 or i32 without loss. */
#ifndef WG_BASE_ELEMENTS_H
#define WG_BASE_ELEMENTS_H

#include <stdbool.h>
#include <wengert/array.h>
#include "base/sink.h"
#include "base/source.h"

typedef struct wg_element {
    const char *name; /* safetensors' name: "F32" */
    char kind;        /* NumPy's: f, i, u, b for boolean; B for bfloat16, which NumPy has not */
    unsigned char size;
    wg_dtype dtype; /* what it becomes */
} wg_element;

/* By safetensors' name, or NumPy's kind and size; NULL when it is not known. */
const wg_element *wg__element_named(const char *name);
const wg_element *wg__element_of_kind(char kind, size_t size);

/* What a dtype is written as. */
const wg_element *wg__element_of(wg_dtype dtype);

/* An array's elements in a file. */
typedef struct wg_elements {
    const wg_element *element;
    bool big;         /* highest byte first */
    size_t count;     /* count * element->size is no overflow */
    const char *name; /* for messages */
} wg_elements;

/* Reads all elements into numbers of element->dtype; NULL: only looks whether that can be done. */
wg_status wg__elements_read(const wg_elements *elements, wg_source *source, void *numbers, wg_error *error);

/* An array's numbers, little-endian, in row-major order: written, or taken into a CRC-32. */
wg_status wg__elements_write(wg_sink *sink, const wg_array *array, wg_error *error);
uint32_t wg__elements_crc(uint32_t crc, const wg_array *array);

#endif
