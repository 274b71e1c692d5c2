/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Three steps, each over all arrays: what the header says of them; whether they cover the numbers exactly;
 * and only then memory, and the numbers. */
#include "io/safetensors.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/bytes.h"
#include "io/archive.h"
#include "io/elements.h"

typedef struct tensor {
    wg_elements elements;
    wg_shape shape;
    uint64_t begin, end;
    void *numbers;
} tensor;

typedef struct reader {
    wg_source *source;
    wg_allocator memory;
    wg_archive *archive;
    json_t *header;
    tensor *tensors; /* in the header's order */
    tensor **order;  /* in the order of the numbers */
    size_t count, capacity;
    uint64_t length; /* of the numbers */
    char *checksum;  /* the header's, or NULL */
    wg_error *error;
} reader;

#define BAD(reader, format, ...)                                                                             \
    wg_error_set((reader)->error, WG_FORMAT, "%s: " format, (reader)->source->path, __VA_ARGS__)

/* ---- The header ------------------------------------------------------------------------------------ */

static wg_status parse(reader *r, const char *text, size_t length)
{
    json_error_t e;
    if (*text != '{')
        return BAD(r, "offset 8 holds no '{', where the header begins (%zu bytes)", length);
    r->header = json_loadb(text, length, JSON_REJECT_DUPLICATES, &e);
    if (r->header)
        return WG_OK;
    if (json_error_code(&e) == json_error_out_of_memory)
        return wg_error_set(r->error, WG_OUT_OF_MEMORY, "%s: no memory for the header", r->source->path);
    return BAD(r, "the header is no JSON at offset %d: %s", e.position + 8, e.text);
}

static wg_status read_header(reader *r)
{
    unsigned char head[8];
    wg_status status = wg_source_read(r->source, head, sizeof head, r->error);
    if (status != WG_OK)
        return status;
    uint64_t length = wg_bytes_little(head, 8), left = wg_source_left(r->source);
    if (length > WG_SAFETENSORS_MOST_HEADER || length > left || length == 0)
        return BAD(r, "a header of %" PRIu64 " bytes, where the file has %" PRIu64 " and %d are the most",
            length, left, WG_SAFETENSORS_MOST_HEADER);
    char *text = wg_mem_new(&r->memory, (size_t)length);
    if (!text)
        return wg_error_set(r->error, WG_OUT_OF_MEMORY, "%s: no memory for a header of %" PRIu64 " bytes",
            r->source->path, length);
    status = wg_source_read(r->source, text, (size_t)length, r->error);
    if (status == WG_OK)
        status = parse(r, text, (size_t)length);
    wg_mem_free(&r->memory, text, (size_t)length);
    r->length = wg_source_left(r->source);
    return status;
}

static wg_status read_notes(reader *r, json_t *notes)
{
    const char *key;
    json_t *value;
    wg_status status = WG_OK;
    if (!json_is_object(notes))
        return BAD(r, "%s is no object", WG_SAFETENSORS_NOTES);
    json_object_foreach(notes, key, value)
    {
        if (!json_is_string(value) || !*key)
            return BAD(r, "the note \"%s\" is no text, or has no key", key);
        if (strcmp(key, WG_SAFETENSORS_CHECKSUM) == 0)
            r->checksum = (char *)(uintptr_t)json_string_value(value);
        else
            status = wg_archive_note(r->archive, key, json_string_value(value), r->error);
        if (status != WG_OK)
            return status;
    }
    return WG_OK;
}

/* A size or offset: an integer, not negative, that a size_t holds. */
static bool natural(const json_t *value, size_t *number)
{
    json_int_t n = json_integer_value(value);
    if (!json_is_integer(value) || n < 0 || (uint64_t)n > SIZE_MAX)
        return false;
    *number = (size_t)n;
    return true;
}

static wg_status read_shape(reader *r, tensor *t, const json_t *shape)
{
    if (!json_is_array(shape))
        return BAD(r, "%s has no shape", t->elements.name);
    t->shape.rank = json_array_size(shape);
    if (t->shape.rank > WG_MAX_RANK)
        return BAD(r, "%s has %zu axes, and %d are the most", t->elements.name, t->shape.rank, WG_MAX_RANK);
    for (size_t i = 0; i < t->shape.rank; i++)
        if (!natural(json_array_get(shape, i), &t->shape.dim[i]))
            return BAD(r, "size %zu of the shape of %s is none", i, t->elements.name);
    return WG_OK;
}

static wg_status read_tensor(reader *r, const char *name, const json_t *value)
{
    tensor *t = r->order[r->count] = &r->tensors[r->count];
    r->count++;
    if (!*name)
        return BAD(r, "array %zu has no name", r->count - 1);
    t->elements.name = name;
    const json_t *offsets = json_object_get(value, "data_offsets");
    const char *dtype = json_string_value(json_object_get(value, "dtype"));
    size_t begin, end, bytes;
    if (!dtype)
        return BAD(r, "%s has no dtype", name);
    if (!(t->elements.element = wg_element_named(dtype)))
        return wg_error_set(
            r->error, WG_BAD_DTYPE, "%s: %s is of the unknown dtype %.20s", r->source->path, name, dtype);
    wg_status status = read_shape(r, t, json_object_get(value, "shape"));
    if (status != WG_OK)
        return status;
    if (json_array_size(offsets) != 2 || !natural(json_array_get(offsets, 0), &begin) ||
        !natural(json_array_get(offsets, 1), &end))
        return BAD(r, "the data_offsets of %s are not two integers", name);
    char shape[192];
    wg_shape_text(&t->shape, shape, sizeof shape);
    if (begin > end || end > r->length)
        return BAD(r, "%s lies at %zu .. %zu of %" PRIu64 " bytes", name, begin, end, r->length);
    if (!wg_shape_count(&t->shape, &t->elements.count) ||
        !wg_mul_size(t->elements.count, t->elements.element->size, &bytes) || bytes != end - begin)
        return BAD(r, "%s of shape %s and dtype %s does not take %zu bytes", name, shape, dtype, end - begin);
    t->begin = begin, t->end = end;
    return WG_OK;
}

static wg_status read_entries(reader *r)
{
    const char *key;
    json_t *value;
    wg_status status = WG_OK;
    r->capacity = json_object_size(r->header);
    r->tensors = wg_mem_zero(&r->memory, r->capacity * sizeof *r->tensors);
    r->order = wg_mem_new(&r->memory, r->capacity * sizeof *r->order);
    if (r->capacity && (!r->tensors || !r->order))
        return wg_error_set(
            r->error, WG_OUT_OF_MEMORY, "%s: no memory for %zu arrays", r->source->path, r->capacity);
    json_object_foreach(r->header, key, value)
    {
        if (strcmp(key, WG_SAFETENSORS_NOTES) == 0)
            status = read_notes(r, value);
        else
            status = read_tensor(r, key, value);
        if (status != WG_OK)
            return status;
    }
    return WG_OK;
}

/* ---- The numbers ----------------------------------------------------------------------------------- */

/* By place; what is empty comes before what begins there. */
static int by_place(const void *a, const void *b)
{
    const tensor *x = *(tensor *const *)a, *y = *(tensor *const *)b;
    return x->begin != y->begin ? (x->begin > y->begin) - (x->begin < y->begin)
                                : (x->end > y->end) - (x->end < y->end);
}

static wg_status check_places(const reader *r)
{
    uint64_t end = 0;
    if (r->count)
        qsort(r->order, r->count, sizeof *r->order, by_place);
    for (size_t i = 0; i < r->count; i++) {
        const tensor *t = r->order[i];
        if (t->begin != end)
            return BAD(
                r, "%s begins at %" PRIu64 ", where %" PRIu64 " is due", t->elements.name, t->begin, end);
        end = t->end;
    }
    if (end != r->length)
        return BAD(r, "the arrays end at %" PRIu64 " of %" PRIu64 " bytes", end, r->length);
    return WG_OK;
}

static wg_status read_numbers(reader *r)
{
    uint32_t crc = 0;
    wg_status status = check_places(r);
    for (size_t i = 0; i < r->count && status == WG_OK; i++) {
        tensor *t = &r->tensors[i];
        status = wg_archive_make(
            r->archive, t->elements.name, t->elements.element->dtype, &t->shape, &t->numbers, r->error);
    }
    for (size_t i = 0; i < r->count && status == WG_OK; i++)
        status = wg_elements_read(&r->order[i]->elements, r->source, r->order[i]->numbers, &crc, r->error);
    char text[32];
    snprintf(text, sizeof text, WG_SAFETENSORS_CHECKSUM_TEXT, crc);
    if (status == WG_OK && r->checksum && strcmp(text, r->checksum) != 0)
        return BAD(r, "the numbers are damaged: their checksum is %s, the header's %.40s", text, r->checksum);
    return status;
}

wg_archive *wg_safetensors_from(wg_source *source, const wg_allocator *allocator, wg_error *error)
{
    reader r = {.source = source, .memory = wg_allocator_or_default(allocator), .error = error};
    r.archive = wg_archive_new(&r.memory);
    wg_status status =
        r.archive ? WG_OK : wg_error_set(r.error, WG_OUT_OF_MEMORY, "%s: no memory", source->path);
    if (status == WG_OK)
        status = read_header(&r);
    if (status == WG_OK)
        status = read_entries(&r);
    if (status == WG_OK)
        status = read_numbers(&r);
    wg_mem_free(&r.memory, r.tensors, r.capacity * sizeof *r.tensors);
    wg_mem_free(&r.memory, (void *)r.order, r.capacity * sizeof *r.order);
    json_decref(r.header);
    if (status == WG_OK)
        return r.archive;
    wg_archive_free(r.archive);
    return NULL;
}

wg_archive *wg_safetensors_read(const char *path, const wg_allocator *allocator, wg_error *error)
{
    return wg_archive_read(path, wg_safetensors_from, allocator, error);
}
