/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "io/safetensors.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include "base/alloc.h"
#include "base/bytes.h"
#include "io/archive.h"
#include "io/elements.h"

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
                crc = wg_elements_crc(crc, &array);
        }
    return crc;
}

/* ---- The header ------------------------------------------------------------------------------------ */

static json_t *shape_of(const wg_shape *shape)
{
    json_t *list = json_array();
    bool made = list != NULL;
    for (size_t i = 0; i < shape->rank && made; i++)
        made = json_array_append_new(list, json_integer((json_int_t)shape->dim[i])) == 0;
    if (made)
        return list;
    json_decref(list);
    return NULL;
}

/* The setters of jansson take NULL for what could not be made, free what they cannot take, and fail. */
static json_t *entry_of(const wg_array *array, uint64_t begin)
{
    json_t *entry = json_object(), *offsets = json_array();
    bool made = entry && offsets && json_array_append_new(offsets, json_integer((json_int_t)begin)) == 0 &&
                json_array_append_new(offsets, json_integer((json_int_t)(begin + bytes_of(array)))) == 0 &&
                json_object_set_new(entry, "dtype", json_string(wg_element_of(array->dtype)->name)) == 0 &&
                json_object_set_new(entry, "shape", shape_of(&array->shape)) == 0 &&
                json_object_set(entry, "data_offsets", offsets) == 0;
    json_decref(offsets);
    if (made)
        return entry;
    json_decref(entry);
    return NULL;
}

static bool put_notes(json_t *header, const wg_archive *archive)
{
    char text[32];
    json_t *notes = json_object();
    bool made = notes && json_object_set(header, WG_SAFETENSORS_NOTES, notes) == 0;
    for (size_t i = 0; i < wg_archive_notes(archive) && made; i++) {
        const char *key = wg_archive_note_key(archive, i);
        made = json_object_set_new(notes, key, json_string(wg_archive_note_of(archive, key))) == 0;
    }
    snprintf(text, sizeof text, WG_SAFETENSORS_CHECKSUM_TEXT, checksum(archive));
    made = made && json_object_set_new(notes, WG_SAFETENSORS_CHECKSUM, json_string(text)) == 0;
    json_decref(notes);
    return made;
}

/* NULL without memory. */
static json_t *header_of(const wg_archive *archive)
{
    uint64_t offset[2] = {0, total_bytes(archive, sizes[0])};
    json_t *header = json_object();
    bool made = header && put_notes(header, archive);
    for (size_t i = 0; i < wg_archive_count(archive) && made; i++) {
        const wg_array array = wg_archive_at(archive, i);
        uint64_t *begin = &offset[wg_dtype_size(array.dtype) == sizes[1]];
        made = json_object_set_new(header, wg_archive_name(archive, i), entry_of(&array, *begin)) == 0;
        *begin += bytes_of(&array);
    }
    if (made)
        return header;
    json_decref(header);
    return NULL;
}

/* ---- The file -------------------------------------------------------------------------------------- */

static wg_status write_numbers(wg_sink *sink, const wg_archive *archive, wg_error *error)
{
    wg_status status = WG_OK;
    for (size_t pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < wg_archive_count(archive) && status == WG_OK; i++) {
            const wg_array array = wg_archive_at(archive, i);
            if (wg_dtype_size(array.dtype) == sizes[pass])
                status = wg_elements_write(sink, &array, error);
        }
    return status;
}

/* Header and numbers; `bytes` holds the header's length and its text. */
static wg_status write_file(
    const char *path, const unsigned char *bytes, size_t size, const wg_archive *archive, wg_error *error)
{
    wg_sink sink;
    wg_status status = wg_sink_open(&sink, path, error);
    if (status == WG_OK)
        status = wg_sink_write(&sink, bytes, size, error);
    if (status == WG_OK)
        status = write_numbers(&sink, archive, error);
    return wg_sink_finish(&sink, status, error);
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
    const wg_allocator *memory = wg_archive_allocator(archive);
    json_t *header = header_of(archive);
    size_t length = header ? json_dumpb(header, NULL, 0, JSON_COMPACT) : 0, padded = (length + 7) / 8 * 8;
    unsigned char *bytes = length ? wg_mem_new(memory, 8 + padded) : NULL;
    wg_status status = WG_OK;
    if (padded > WG_SAFETENSORS_MOST_HEADER) {
        status = wg_error_set(error, WG_OVERFLOW, "%s: names and notes take %zu bytes, more than %d", name,
            padded, WG_SAFETENSORS_MOST_HEADER);
    } else if (!bytes) {
        status = wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory for the header", name);
    } else {
        wg_bytes_put_little(bytes, padded, 8);
        memset(bytes + 8, ' ', padded);
        json_dumpb(header, (char *)bytes + 8, length, JSON_COMPACT);
        status = write_file(path, bytes, 8 + padded, archive, error);
    }
    wg_mem_free(memory, bytes, 8 + padded);
    json_decref(header);
    return status;
}
