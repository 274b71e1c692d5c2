/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "io/safetensors.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/alloc.h"
#include "base/bytes.h"
#include "io/archive.h"
#include "base/elements.h"

/* Numbers of 8 bytes come first, so that each array starts on a multiple of its own. */
static const size_t sizes[] = {8, 4};

static size_t bytes_of(const wg_array *array)
{
    size_t count;
    wg_shape_count(&array->shape, &count);
    return count * wg_dtype_size(array->dtype);
}

static uint64_t total_bytes(const wg_archive *archive, size_t size)
{
    uint64_t total = 0;
    for (size_t i = 0; i < wg_archive_count(archive); i++) {
        const wg_array array = wg_archive_at(archive, i);
        total += wg_dtype_size(array.dtype) == size ? bytes_of(&array) : 0;
    }
    return total;
}

static uint32_t checksum(const wg_archive *archive)
{
    uint32_t crc = 0;
    for (size_t pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < wg_archive_count(archive); i++) {
            const wg_array array = wg_archive_at(archive, i);
            if (wg_dtype_size(array.dtype) == sizes[pass])
                crc = wg__elements_crc(crc, &array);
        }
    return crc;
}

/* ---- The header ------------------------------------------------------------------------------------ */

/* Where the header is written to; without bytes it is only measured. */
typedef struct text {
    char *bytes;
    size_t length;
} text;

static void put(text *t, const char *bytes, size_t length)
{
    if (t->bytes)
        memcpy(t->bytes + t->length, bytes, length);
    t->length += length;
}

static void put_words(text *t, const char *words)
{
    put(t, words, strlen(words));
}

/* In quotes; quotes, backslashes and control characters as escapes. */
static void put_quoted(text *t, const char *words)
{
    put(t, "\"", 1);
    for (const char *c = words; *c; c++) {
        char escape[8];
        bool control = (unsigned char)*c < ' ';
        int length = control ? snprintf(escape, sizeof escape, "\\u%04x", (unsigned)*c) : 0;
        if (*c == '"' || *c == '\\')
            put(t, "\\", 1);
        put(t, control ? escape : c, control ? (size_t)length : 1);
    }
    put(t, "\"", 1);
}

static void put_number(text *t, const char *before, uint64_t number)
{
    char digits[24];
    put_words(t, before);
    put(t, digits, (size_t)snprintf(digits, sizeof digits, "%" PRIu64, number));
}

/* "name":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]} */
static void put_array(text *t, const char *name, const wg_array *array, uint64_t begin)
{
    put_quoted(t, name);
    put_words(t, ":{\"dtype\":");
    put_quoted(t, wg__element_of(array->dtype)->name);
    put_words(t, ",\"shape\":[");
    for (size_t i = 0; i < array->shape.rank; i++)
        put_number(t, i ? "," : "", array->shape.dim[i]);
    put_number(t, "],\"data_offsets\":[", begin);
    put_number(t, ",", begin + bytes_of(array));
    put_words(t, "]}");
}

static void put_notes(text *t, const wg_archive *archive, uint32_t crc)
{
    char sum[32];
    put_quoted(t, WG_SAFETENSORS_NOTES);
    put_words(t, ":{");
    for (size_t i = 0; i < wg_archive_note_count(archive); i++) {
        const char *key = wg_archive_note_key(archive, i);
        if (strcmp(key, WG_SAFETENSORS_CHECKSUM) == 0)
            continue;
        put_quoted(t, key);
        put_words(t, ":");
        put_quoted(t, wg_archive_note_of(archive, key));
        put_words(t, ",");
    }
    snprintf(sum, sizeof sum, WG_SAFETENSORS_CHECKSUM_TEXT, crc);
    put_quoted(t, WG_SAFETENSORS_CHECKSUM);
    put_words(t, ":");
    put_quoted(t, sum);
    put_words(t, "}");
}

static void put_header(text *t, const wg_archive *archive, uint32_t crc)
{
    uint64_t offset[2] = {0, total_bytes(archive, sizes[0])};
    put_words(t, "{");
    put_notes(t, archive, crc);
    for (size_t i = 0; i < wg_archive_count(archive); i++) {
        const wg_array array = wg_archive_at(archive, i);
        uint64_t *begin = &offset[wg_dtype_size(array.dtype) == sizes[1]];
        put_words(t, ",");
        put_array(t, wg_archive_name(archive, i), &array, *begin);
        *begin += bytes_of(&array);
    }
    put_words(t, "}");
}

/* ---- The file -------------------------------------------------------------------------------------- */

static wg_status write_numbers(wg_sink *sink, const wg_archive *archive, wg_error *error)
{
    wg_status status = WG_OK;
    for (size_t pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < wg_archive_count(archive) && status == WG_OK; i++) {
            const wg_array array = wg_archive_at(archive, i);
            if (wg_dtype_size(array.dtype) == sizes[pass])
                status = wg__elements_write(sink, &array, error);
        }
    return status;
}

/* Header and numbers; `bytes` holds the header's length and its text. */
static wg_status write_file(
    const char *path, const unsigned char *bytes, size_t size, const wg_archive *archive, wg_error *error)
{
    wg_sink sink;
    wg_status status = wg__sink_open(&sink, path, error);
    if (status == WG_OK)
        status = wg__sink_write(&sink, bytes, size, error);
    if (status == WG_OK)
        status = write_numbers(&sink, archive, error);
    return wg__sink_finish(&sink, status, error);
}

wg_status wg_safetensors_write(const char *path, const wg_archive *archive, wg_error *error)
{
    const char *name = path ? path : "(no name)";
    if (error && error->status != WG_OK)
        return error->status;
    if (!archive)
        return wg_error_set(error, WG_INVALID, "%s: no archive to be written", name);
    if (wg_archive_index(archive, WG_SAFETENSORS_NOTES) != SIZE_MAX)
        return wg_error_set(
            error, WG_NAME, "%s: no array of a safetensors file is named %s", name, WG_SAFETENSORS_NOTES);
    const wg_allocator *memory = wg__archive_allocator(archive);
    const uint32_t crc = checksum(archive);
    text measured = {0};
    put_header(&measured, archive, crc);
    size_t padded = (measured.length + 7) / 8 * 8;
    if (padded > WG_SAFETENSORS_MOST_HEADER)
        return wg_error_set(error, WG_OVERFLOW, "%s: names and notes take %zu bytes, more than %d", name,
            padded, WG_SAFETENSORS_MOST_HEADER);
    unsigned char *bytes = wg__mem_new(memory, 8 + padded);
    if (!bytes)
        return wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory for the header", name);
    wg__bytes_put_little(bytes, padded, 8);
    memset(bytes + 8, ' ', padded);
    put_header(&(text){.bytes = (char *)bytes + 8}, archive, crc);
    wg_status status = write_file(path, bytes, 8 + padded, archive, error);
    wg__mem_free(memory, bytes, 8 + padded);
    return status;
}
