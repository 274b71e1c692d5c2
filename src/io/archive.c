/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Named arrays and notes in memory. */
#include "io/archive.h"

#include <string.h>
#include "base/names.h"

typedef struct entry {
    wg_array array;
    void *owned; /* the numbers, if they are the archive's */
    size_t bytes;
} entry;

struct wg_archive {
    wg_allocator memory;
    wg_names names, keys; /* of arrays and of notes */
    entry *entries;
    size_t capacity;
    char **texts; /* of notes */
    size_t text_capacity;
};

wg_archive *wg_archive_new(const wg_allocator *allocator)
{
    const wg_allocator memory = wg__allocator_or_default(allocator);
    wg_archive *archive = wg__mem_zero(&memory, sizeof *archive);
    if (archive) {
        archive->memory = memory;
        archive->names.memory = archive->keys.memory = &archive->memory;
    }
    return archive;
}

const wg_allocator *wg__archive_allocator(const wg_archive *archive)
{
    return &archive->memory;
}

static char *copy_text(const wg_allocator *memory, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = wg__mem_new(memory, size);
    return copy ? memcpy(copy, text, size) : NULL;
}

static void free_text(const wg_allocator *memory, const char *text)
{
    if (text)
        wg__mem_free(memory, (void *)(uintptr_t)text, strlen(text) + 1);
}

void wg_archive_free(wg_archive *archive)
{
    if (!archive)
        return;
    const wg_allocator memory = archive->memory;
    for (size_t i = 0; i < archive->names.count; i++) {
        free_text(&memory, archive->names.text[i]);
        wg__mem_aligned_free(&memory, archive->entries[i].owned, archive->entries[i].bytes);
    }
    for (size_t i = 0; i < archive->keys.count; i++) {
        free_text(&memory, archive->keys.text[i]);
        free_text(&memory, archive->texts[i]);
    }
    wg__names_free(&archive->names);
    wg__names_free(&archive->keys);
    wg__mem_free(&memory, archive->entries, archive->capacity * sizeof *archive->entries);
    wg__mem_free(&memory, archive->texts, archive->text_capacity * sizeof *archive->texts);
    wg__mem_free(&memory, archive, sizeof *archive);
}

/* ---- Arrays ---------------------------------------------------------------------------------------- */

static wg_status check_name(const wg_archive *archive, const char *name, wg_error *error)
{
    if (error && error->status != WG_OK)
        return error->status;
    if (!archive || !name || !*name)
        return wg_error_set(error, WG_INVALID, archive ? "an empty name in an archive" : "no archive");
    if (!wg__utf8_valid(name, strlen(name)))
        return wg_error_set(error, WG_NAME, "%s: a name that is no UTF-8", name);
    return WG_OK;
}

wg_status wg__check_array(
    const char *name, wg_dtype dtype, const wg_shape *shape, size_t *bytes, wg_error *error)
{
    char text[192];
    size_t count;
    if (wg_dtype_size(dtype) == 0)
        return wg_error_set(error, WG_BAD_DTYPE, "%s: numbers of no known dtype", name);
    if (shape->rank > WG_MAX_RANK)
        return wg_error_set(error, WG_BAD_SHAPE, "%s: rank over %d", name, WG_MAX_RANK);
    if (!wg_shape_count(shape, &count) || !wg__mul_size(count, wg_dtype_size(dtype), bytes))
        return wg_error_set(error, WG_OVERFLOW, "%s: the size of %s overflows", name,
            wg_shape_text(shape, text, sizeof text));
    return WG_OK;
}

static wg_status check(const wg_archive *archive, const char *name, wg_dtype dtype, const wg_shape *shape,
    size_t *bytes, wg_error *error)
{
    wg_status status = check_name(archive, name, error);
    if (status != WG_OK)
        return status;
    if (wg_archive_index(archive, name) != SIZE_MAX)
        return wg_error_set(error, WG_NAME, "%s: the archive holds an array of this name already", name);
    return wg__check_array(name, dtype, shape, bytes, error);
}

/* A checked array becomes the archive's last entry; it owns `owned` from here on, also on failure. */
static wg_status append(
    wg_archive *archive, const char *name, wg_array array, void *owned, size_t bytes, wg_error *error)
{
    const wg_allocator *memory = &archive->memory;
    size_t count = archive->names.count;
    char *copy = copy_text(memory, name);
    if (copy &&
        wg__mem_reserve(
            memory, (void **)&archive->entries, &archive->capacity, count + 1, sizeof *archive->entries) &&
        wg__names_add(&archive->names, copy)) {
        archive->entries[count] = (entry){.array = array, .owned = owned, .bytes = bytes};
        return WG_OK;
    }
    free_text(memory, copy);
    wg__mem_aligned_free(memory, owned, bytes);
    return wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory in the archive", name);
}

wg_status wg_archive_add(wg_archive *archive, const char *name, wg_array array, wg_error *error)
{
    size_t bytes;
    wg_status status = check(archive, name, array.dtype, &array.shape, &bytes, error);
    if (status != WG_OK)
        return status;
    if (!array.data && bytes)
        return wg_error_set(error, WG_INVALID, "%s: no numbers were given", name);
    return append(archive, name, array, NULL, 0, error);
}

wg_status wg__archive_make(wg_archive *archive, const char *name, wg_dtype dtype, const wg_shape *shape,
    void **numbers, wg_error *error)
{
    size_t bytes;
    wg_status status = check(archive, name, dtype, shape, &bytes, error);
    if (status != WG_OK)
        return status;
    bytes = bytes ? bytes : 1; /* an empty array has a place too */
    *numbers = wg__mem_aligned_new(&archive->memory, bytes);
    if (!*numbers)
        return wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory for %zu bytes", name, bytes);
    return append(archive, name, wg_array_of(*numbers, dtype, *shape), *numbers, bytes, error);
}

void wg__archive_keep(wg_archive *archive, size_t count)
{
    while (archive->names.count > count) {
        size_t last = archive->names.count - 1;
        const char *name = archive->names.text[last];
        wg__names_drop(&archive->names);
        free_text(&archive->memory, name);
        wg__mem_aligned_free(&archive->memory, archive->entries[last].owned, archive->entries[last].bytes);
    }
}

wg_status wg_archive_add_copy(wg_archive *archive, const char *name, wg_array array, wg_error *error)
{
    void *numbers;
    size_t count = 0;
    bool fits = wg_shape_count(&array.shape, &count);
    if (archive && fits && count && !array.data)
        return wg_error_set(error, WG_INVALID, "%s: no numbers were given", name ? name : "(null)");
    wg_status status = wg__archive_make(archive, name, array.dtype, &array.shape, &numbers, error);
    if (status == WG_OK && count)
        memcpy(numbers, array.data, count * wg_dtype_size(array.dtype));
    return status;
}

size_t wg_archive_count(const wg_archive *archive)
{
    return archive ? archive->names.count : 0;
}

size_t wg_archive_index(const wg_archive *archive, const char *name)
{
    return archive ? wg__names_find(&archive->names, name) : SIZE_MAX;
}

const char *wg_archive_name(const wg_archive *archive, size_t index)
{
    return index < wg_archive_count(archive) ? archive->names.text[index] : NULL;
}

wg_array wg_archive_at(const wg_archive *archive, size_t index)
{
    return index < wg_archive_count(archive) ? archive->entries[index].array : (wg_array){0};
}

void wg__archive_swap(wg_archive *a, wg_archive *b)
{
    wg_archive old = *a;
    *a = *b;
    *b = old;
    a->names.memory = a->keys.memory = &a->memory;
    b->names.memory = b->keys.memory = &b->memory;
}

/* ---- Notes ----------------------------------------------------------------------------------------- */

static bool add_note(wg_archive *archive, const char *key, char *text)
{
    const wg_allocator *memory = &archive->memory;
    size_t count = archive->keys.count;
    char *copy = copy_text(memory, key);
    if (!copy ||
        !wg__mem_reserve(
            memory, (void **)&archive->texts, &archive->text_capacity, count + 1, sizeof *archive->texts) ||
        !wg__names_add(&archive->keys, copy)) {
        free_text(memory, copy);
        return false;
    }
    archive->texts[count] = text;
    return true;
}

wg_status wg_archive_note(wg_archive *archive, const char *key, const char *text, wg_error *error)
{
    wg_status status = check_name(archive, key, error);
    if (status != WG_OK)
        return status;
    if (!text || !wg__utf8_valid(text, strlen(text)))
        return wg_error_set(error, WG_INVALID, "%s: a note that is no UTF-8", key);
    char *copy = copy_text(&archive->memory, text);
    size_t index = wg__names_find(&archive->keys, key);
    if (copy && index != SIZE_MAX) {
        free_text(&archive->memory, archive->texts[index]);
        archive->texts[index] = copy;
    } else if (!copy || !add_note(archive, key, copy)) {
        free_text(&archive->memory, copy);
        return wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory for a note", key);
    }
    return WG_OK;
}

const char *wg_archive_note_of(const wg_archive *archive, const char *key)
{
    size_t index = archive ? wg__names_find(&archive->keys, key) : SIZE_MAX;
    return index == SIZE_MAX ? NULL : archive->texts[index];
}

size_t wg_archive_note_count(const wg_archive *archive)
{
    return archive ? archive->keys.count : 0;
}

const char *wg_archive_note_key(const wg_archive *archive, size_t index)
{
    return index < wg_archive_note_count(archive) ? archive->keys.text[index] : NULL;
}
