/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "base/elements.h"

#include <inttypes.h>
#include <string.h>
#include "base/bytes.h"
#include "base/crc32.h"

/* Bytes that are read or written at once in place; that are converted in a buffer. */
enum { BLOCK = 1 << 16, BUFFER = 1 << 12 };

static const wg_element known[] = {
    {"F64", 'f', 8, WG_F64},
    {"F32", 'f', 4, WG_F32},
    {"F16", 'f', 2, WG_F32},
    {"BF16", 'B', 2, WG_F32},
    {"I64", 'i', 8, WG_I32},
    {"I32", 'i', 4, WG_I32},
    {"I16", 'i', 2, WG_I32},
    {"I8", 'i', 1, WG_I32},
    {"U64", 'u', 8, WG_I32},
    {"U32", 'u', 4, WG_I32},
    {"U16", 'u', 2, WG_I32},
    {"U8", 'u', 1, WG_I32},
    {"BOOL", 'b', 1, WG_I32},
};

enum { KNOWN = sizeof known / sizeof known[0] };

const wg_element *wg__element_named(const char *name)
{
    for (size_t i = 0; i < KNOWN; i++)
        if (strcmp(known[i].name, name) == 0)
            return &known[i];
    return NULL;
}

const wg_element *wg__element_of_kind(char kind, size_t size)
{
    for (size_t i = 0; i < KNOWN; i++)
        if (known[i].kind == kind && known[i].size == size)
            return &known[i];
    return NULL;
}

const wg_element *wg__element_of(wg_dtype dtype)
{
    return wg__element_of_kind(dtype == WG_I32 ? 'i' : 'f', wg_dtype_size(dtype));
}

/* ---- Reading --------------------------------------------------------------------------------------- */

static float float_of_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* IEEE 754 binary16: sign, 5 bits of exponent with bias 15, 10 of fraction. Every one is a float. */
static float float_of_half(uint32_t half)
{
    uint32_t sign = (half & 0x8000) << 16, exponent = half >> 10 & 31, fraction = half & 0x3FF;
    if (exponent == 31) /* infinity or NaN, whose fraction stays */
        return float_of_bits(sign | 0x7F800000 | fraction << 13);
    if (exponent) /* the bias becomes 127 */
        return float_of_bits(sign | (exponent + 112) << 23 | fraction << 13);
    float small = (float)fraction * 0x1p-24f;
    return sign ? -small : small;
}

static float float_of(const wg_element *element, uint32_t bits)
{
    return element->kind == 'B' ? float_of_bits(bits << 16)
           : element->size == 2 ? float_of_half(bits)
                                : float_of_bits(bits);
}

/* False when the integer is none of 32 bits. */
static bool int_of(const wg_element *element, uint64_t bits, int32_t *out)
{
    uint64_t sign = element->kind == 'i' ? (uint64_t)1 << (8 * element->size - 1) : 0;
    int64_t value = (int64_t)((bits ^ sign) - sign);
    *out = element->kind == 'b' ? bits != 0 : (int32_t)value;
    return element->kind == 'b' || (value >= INT32_MIN && value <= INT32_MAX && (sign || bits <= INT32_MAX));
}

/* Elements first .. first + n - 1 are in `bytes`. */
static wg_status convert(const wg_elements *e, const unsigned char *bytes, size_t first, size_t n,
    void *numbers, const char *path, wg_error *error)
{
    const wg_element *element = e->element;
    int32_t *integers = numbers, looked_at;
    float *floats = numbers;
    for (size_t i = 0; i < n; i++, bytes += element->size) {
        uint64_t bits = e->big ? wg__bytes_big(bytes, element->size) : wg__bytes_little(bytes, element->size);
        if (!numbers && element->dtype != WG_I32)
            continue;
        if (element->dtype == WG_F64)
            memcpy((double *)numbers + first + i, &bits, sizeof(double));
        else if (element->dtype == WG_F32)
            floats[first + i] = float_of(element, (uint32_t)bits);
        else if (!int_of(element, bits, integers ? &integers[first + i] : &looked_at))
            return wg_error_set(error, WG_BAD_DTYPE,
                "%s: element %zu of %s is %s%" PRIu64 ", no integer of 32 bits", path, first + i, e->name,
                element->kind == 'i' && bits >> 63 ? "-" : "",
                element->kind == 'i' && bits >> 63 ? -bits : bits);
    }
    return WG_OK;
}

wg_status wg__elements_read(const wg_elements *elements, wg_source *source, void *numbers, wg_error *error)
{
    unsigned char buffer[BUFFER];
    size_t size = elements->element->size;
    bool direct = numbers && size == wg_dtype_size(elements->element->dtype) &&
                  elements->big == !wg__host_is_little() && elements->element->kind != 'u';
    size_t block = (direct ? BLOCK : BUFFER) / size;
    for (size_t done = 0, n; done < elements->count; done += n) {
        n = elements->count - done < block ? elements->count - done : block;
        unsigned char *bytes = direct ? (unsigned char *)numbers + done * size : buffer;
        wg_status status = wg__source_read(source, bytes, n * size, error);
        if (status == WG_OK && !direct)
            status = convert(elements, bytes, done, n, numbers, source->path, error);
        if (status != WG_OK)
            return status;
    }
    return WG_OK;
}

/* ---- Writing --------------------------------------------------------------------------------------- */

/* Elements first .. first + n - 1 as a file has them: in place, or turned round in the buffer. */
static const void *little(const wg_array *array, size_t first, size_t n, unsigned char *buffer)
{
    size_t size = wg_dtype_size(array->dtype);
    const unsigned char *bytes = (const unsigned char *)array->data + first * size;
    if (wg__host_is_little())
        return bytes;
    for (size_t i = 0; i < n; i++)
        wg__bytes_put_little(buffer + i * size, wg__bytes_big(bytes + i * size, size), size);
    return buffer;
}

/* Blocks one after the other; *count is the array's. */
static size_t block_of(const wg_array *array, size_t *count)
{
    wg_shape_count(&array->shape, count);
    return (wg__host_is_little() ? BLOCK : BUFFER) / wg_dtype_size(array->dtype);
}

wg_status wg__elements_write(wg_sink *sink, const wg_array *array, wg_error *error)
{
    unsigned char buffer[BUFFER];
    wg_status status = WG_OK;
    size_t count, block = block_of(array, &count);
    for (size_t done = 0, n; done < count && status == WG_OK; done += n) {
        n = count - done < block ? count - done : block;
        status = wg__sink_write(sink, little(array, done, n, buffer), n * wg_dtype_size(array->dtype), error);
    }
    return status;
}

uint32_t wg__elements_crc(uint32_t crc, const wg_array *array)
{
    unsigned char buffer[BUFFER];
    size_t count, block = block_of(array, &count);
    for (size_t done = 0, n; done < count; done += n) {
        n = count - done < block ? count - done : block;
        crc = wg__crc32(crc, little(array, done, n, buffer), n * wg_dtype_size(array->dtype));
    }
    return crc;
}
