/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Three steps, each over all arrays: what the header says of them; whether they cover the numbers exactly;
 * and only then memory, and the numbers. */
#include "io/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/bytes.h"
#include "base/elements.h"
#include "base/names.h"
#include "io/archive.h"
#include "io/json.h"

typedef struct tensor {
    wg_elements elements; /* element NULL: it is left out */
    const char *dtype;
    wg_shape shape;
    uint64_t begin, end;
    void *numbers;
} tensor;

typedef struct reader {
    wg_reading *reading;
    wg_source *source;
    char *header;
    size_t header_size;
    wg_json json;    /* of the header */
    wg_names names;  /* of the tensors */
    tensor *tensors; /* in the header's order */
    tensor **order;  /* in the order of the numbers */
    size_t count, capacity;
    uint64_t length;      /* of the numbers */
    const char *checksum; /* the header's, or NULL */
    wg_error *error;
} reader;

/* Text that is no JSON is said to be that, and not what is missing in it. */
#define BAD(reader, format, ...)                                                                             \
    ((reader)->json.fault                                                                                    \
            ? no_json(reader)                                                                                \
            : wg_error_set((reader)->error, WG_FORMAT, "%s: " format, (reader)->source->path, __VA_ARGS__))

static wg_status no_json(const reader *r)
{
    return wg_error_set(r->error, WG_FORMAT, "%s: the header is no JSON at offset %zu: %s", r->source->path,
        (size_t)(r->json.at - r->json.begin) + 8, r->json.fault);
}

/* ---- The header ------------------------------------------------------------------------------------ */

/* Eight letters would be the length of a header of more than 10^17 bytes. */
static bool is_text(const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i] < ' ' || bytes[i] > '~')
            return false;
    return true;
}

static wg_status read_header(reader *r)
{
    unsigned char head[8];
    wg_status status = wg__source_read(r->source, head, sizeof head, r->error);
    if (status != WG_OK)
        return status;
    uint64_t length = wg__bytes_little(head, 8), left = wg__source_left(r->source);
    if (is_text(head, sizeof head))
        return BAD(
            r, "no safetensors file, but text that begins with \"%.*s\"", (int)sizeof head, (char *)head);
    if (length > WG_SAFETENSORS_MOST_HEADER || length > left || length == 0)
        return BAD(r, "a header of %" PRIu64 " bytes, where the file has %" PRIu64 " and %d are the most",
            length, left, WG_SAFETENSORS_MOST_HEADER);
    if ((status = wg__source_claim(r->source, length, r->error)) != WG_OK)
        return status;
    r->header = wg__mem_new(&r->source->allocator, (size_t)length);
    if (!r->header)
        return wg_error_set(r->error, WG_OUT_OF_MEMORY, "%s: no memory for a header of %" PRIu64 " bytes",
            r->source->path, length);
    r->header_size = (size_t)length;
    status = wg__source_read(r->source, r->header, (size_t)length, r->error);
    r->json = wg__json_of(r->header, (size_t)length);
    r->length = wg__source_left(r->source);
    if (status == WG_OK && *r->header != '{')
        return BAD(r, "offset 8 holds no '{', where the header begins (%" PRIu64 " bytes)", length);
    return status;
}

static wg_status read_notes(reader *r)
{
    wg_status status = WG_OK;
    if (!wg__json_enter(&r->json, '{'))
        return BAD(r, "%s is no object", WG_SAFETENSORS_NOTES);
    while (status == WG_OK && wg__json_more(&r->json, '{')) {
        const char *key = wg__json_key(&r->json), *text = key ? wg__json_text(&r->json) : NULL;
        if (!text || !*key)
            return BAD(r, "the note \"%s\" is no text, or has no key", key);
        bool checksum = strcmp(key, WG_SAFETENSORS_CHECKSUM) == 0;
        if (checksum ? r->checksum != NULL : wg_archive_note_of(r->reading->archive, key) != NULL)
            return BAD(r, "duplicate key \"%s\" among the notes", key);
        if (checksum)
            r->checksum = text;
        else if ((status = wg__source_claim(r->source, strlen(key) + strlen(text), r->error)) == WG_OK)
            status = wg_archive_note(r->reading->archive, key, text, r->error);
    }
    return status;
}

/* A list of sizes, of which the first `most` are kept; *count is how many there are. */
static bool read_sizes(wg_json *json, size_t *sizes, size_t most, size_t *count)
{
    size_t more;
    *count = 0;
    if (!wg__json_enter(json, '['))
        return false;
    for (; wg__json_more(json, '['); ++*count)
        if (!wg__json_size(json, *count < most ? &sizes[*count] : &more))
            return false;
    return !json->fault;
}

/* What stands behind a key of a tensor. */
static wg_status read_property(reader *r, tensor *t, const char *key)
{
    const char *name = t->elements.name;
    size_t offsets[2], count;
    if (strcmp(key, "dtype") == 0 && !t->dtype) {
        t->dtype = wg__json_text(&r->json);
        return t->dtype ? WG_OK : BAD(r, "%s has no dtype", name);
    }
    if (strcmp(key, "shape") == 0 && t->shape.rank == SIZE_MAX) {
        if (read_sizes(&r->json, t->shape.dim, WG_MAX_RANK, &t->shape.rank))
            return WG_OK;
        return BAD(r, "the shape of %s is no list of sizes (size %zu)", name, t->shape.rank);
    }
    if (strcmp(key, "data_offsets") == 0 && t->end == UINT64_MAX) {
        if (!read_sizes(&r->json, offsets, 2, &count) || count != 2)
            return BAD(r, "the data_offsets of %s are not two integers", name);
        t->begin = offsets[0], t->end = offsets[1];
        return WG_OK;
    }
    return wg__json_skip(&r->json) ? WG_OK : BAD(r, "%s", key);
}

static wg_status parse_tensor(reader *r, tensor *t)
{
    wg_status status = WG_OK;
    const char *name = t->elements.name;
    t->shape.rank = SIZE_MAX, t->end = UINT64_MAX; /* not yet read */
    if (!wg__json_enter(&r->json, '{'))
        return BAD(r, "%s is no object", name);
    while (status == WG_OK && wg__json_more(&r->json, '{')) {
        const char *key = wg__json_key(&r->json);
        status = key ? read_property(r, t, key) : BAD(r, "%s", name);
    }
    if (status != WG_OK)
        return status;
    if (r->json.fault || !t->dtype || t->shape.rank == SIZE_MAX || t->end == UINT64_MAX)
        return BAD(r, "%s has no %s", name,
            !t->dtype                   ? "dtype"
            : t->shape.rank == SIZE_MAX ? "shape"
                                        : "data_offsets");
    if (t->begin > t->end || t->end > r->length)
        return BAD(r, "%s lies at %" PRIu64 " .. %" PRIu64 " of %" PRIu64 " bytes", name, t->begin, t->end,
            r->length);
    return WG_OK;
}

/* Is it an array that can be read? */
static wg_status check_tensor(reader *r, tensor *t)
{
    size_t bytes;
    char shape[192];
    const char *name = t->elements.name;
    const wg_element *element = t->elements.element = wg__element_named(t->dtype);
    if (!element)
        return wg_error_set(
            r->error, WG_BAD_DTYPE, "%s: %s is of the unknown dtype %.20s", r->source->path, name, t->dtype);
    if (t->shape.rank > WG_MAX_RANK)
        return BAD(r, "%s has %zu axes, and %d are the most", name, t->shape.rank, WG_MAX_RANK);
    if (!wg_shape_count(&t->shape, &t->elements.count) ||
        !wg__mul_size(t->elements.count, element->size, &bytes) || bytes != t->end - t->begin)
        return BAD(r, "%s of shape %s and dtype %s does not take %" PRIu64 " bytes", name,
            wg_shape_text(&t->shape, shape, sizeof shape), t->dtype, t->end - t->begin);
    return WG_OK;
}

/* What cannot be read has no element afterwards, if the reading goes on at all. */
static wg_status judge(reader *r, tensor *t, wg_status status)
{
    if (status != WG_OK)
        t->elements.element = NULL;
    return wg__reading_judge(r->reading, t->elements.name, wg_archive_count(r->reading->archive), status);
}

static wg_status read_tensor(reader *r, const char *name)
{
    void *tensors = r->tensors;
    size_t before = r->capacity;
    if (!*name)
        return BAD(r, "array %zu has no name", r->count);
    if (wg__names_find(&r->names, name) != SIZE_MAX)
        return BAD(r, "duplicate key \"%s\"", name);
    if (!wg__mem_reserve(&r->source->allocator, &tensors, &r->capacity, r->count + 1, sizeof *r->tensors) ||
        !wg__names_add(&r->names, name)) {
        r->tensors = tensors;
        return wg_error_set(
            r->error, WG_OUT_OF_MEMORY, "%s: no memory for %zu arrays", r->source->path, r->count + 1);
    }
    r->tensors = tensors;
    tensor *t = &r->tensors[r->count++];
    *t = (tensor){.elements.name = name};
    wg_status status = wg__source_claim(r->source, (r->capacity - before) * sizeof *t, r->error);
    if (status == WG_OK)
        status = parse_tensor(r, t);
    return status == WG_OK ? judge(r, t, check_tensor(r, t)) : status;
}

static wg_status read_entries(reader *r)
{
    wg_status status = WG_OK;
    bool notes = false;
    wg__json_enter(&r->json, '{');
    while (status == WG_OK && wg__json_more(&r->json, '{')) {
        const char *key = wg__json_key(&r->json);
        bool is_notes = key && strcmp(key, WG_SAFETENSORS_NOTES) == 0;
        if (!key || (is_notes && notes))
            return BAD(r, "duplicate key \"%s\"", WG_SAFETENSORS_NOTES);
        status = is_notes ? read_notes(r) : read_tensor(r, key);
        notes = notes || is_notes;
    }
    if (status == WG_OK && !wg__json_ended(&r->json))
        return no_json(r);
    return status;
}

/* ---- The numbers ----------------------------------------------------------------------------------- */

/* By place; what is empty comes before what begins there. */
static int by_place(const void *a, const void *b)
{
    const tensor *x = *(tensor *const *)a, *y = *(tensor *const *)b;
    return x->begin != y->begin ? (x->begin > y->begin) - (x->begin < y->begin)
                                : (x->end > y->end) - (x->end < y->end);
}

static wg_status check_places(reader *r)
{
    uint64_t end = 0;
    const size_t bytes = r->count * sizeof *r->order;
    wg_status status = wg__source_claim(r->source, bytes, r->error);
    if (status != WG_OK)
        return status;
    r->order = wg__mem_new(&r->source->allocator, bytes);
    if (r->count && !r->order)
        return wg_error_set(
            r->error, WG_OUT_OF_MEMORY, "%s: no memory for %zu bytes", r->source->path, bytes);
    for (size_t i = 0; i < r->count; i++)
        r->order[i] = &r->tensors[i];
    if (r->count)
        qsort((void *)r->order, r->count, sizeof *r->order, by_place);
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

/* Integers may turn out to be too large when memory was taken for all arrays. So where such arrays are to be
 * left out, they are looked through first. */
static wg_status look_through(reader *r)
{
    wg_status status = WG_OK;
    uint64_t begin = r->source->offset;
    for (size_t i = 0; i < r->count && status == WG_OK && r->reading->lenient; i++) {
        tensor *t = &r->tensors[i];
        if (!t->elements.element || t->elements.element->dtype != WG_I32)
            continue;
        status = wg__source_seek(r->source, begin + t->begin, r->error);
        if (status == WG_OK)
            status = judge(r, t, wg__elements_read(&t->elements, r->source, NULL, r->error));
    }
    return status == WG_OK ? wg__source_seek(r->source, begin, r->error) : status;
}

/* One after the other, also those that are left out: their bytes are in the checksum. */
static wg_status read_numbers(reader *r)
{
    wg_status status = WG_OK;
    r->source->summing = true;
    for (size_t i = 0; i < r->count && status == WG_OK; i++) {
        tensor *t = r->order[i];
        const wg_elements bytes = {.element = wg__element_named("U8"),
            .count = (size_t)(t->end - t->begin),
            .name = t->elements.name};
        status =
            wg__elements_read(t->elements.element ? &t->elements : &bytes, r->source, t->numbers, r->error);
    }
    char text[32];
    snprintf(text, sizeof text, WG_SAFETENSORS_CHECKSUM_TEXT, r->source->crc);
    if (status == WG_OK && r->checksum && strcmp(text, r->checksum) != 0)
        return BAD(r, "the numbers are damaged: their checksum is %s, the header's %.40s", text, r->checksum);
    return status;
}

static wg_status read_all(reader *r)
{
    wg_status status = read_header(r);
    if (status == WG_OK)
        status = read_entries(r);
    if (status == WG_OK)
        status = check_places(r);
    if (status == WG_OK)
        status = look_through(r);
    for (size_t i = 0; i < r->count && status == WG_OK; i++) {
        tensor *t = &r->tensors[i];
        if (t->elements.element)
            status = wg__reading_make(
                r->reading, t->elements.name, t->elements.element->dtype, &t->shape, &t->numbers);
    }
    return status == WG_OK ? read_numbers(r) : status;
}

static wg_status read_file(wg_reading *reading)
{
    reader r = {.reading = reading, .source = &reading->source, .error = reading->error};
    const wg_allocator *memory = &reading->source.allocator;
    r.names.memory = memory;
    wg_status status = read_all(&r);
    wg__mem_free(memory, r.tensors, r.capacity * sizeof *r.tensors);
    wg__mem_free(memory, (void *)r.order, r.count * sizeof *r.order);
    wg__mem_free(memory, r.header, r.header_size);
    wg__names_free(&r.names);
    return status;
}

wg_archive *wg_safetensors_read(const char *path, const wg_archive_read_options *options, wg_error *error)
{
    return wg__archive_read(path, read_file, options, error);
}
