/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The header of a .npy file: the text of a Python dictionary, of which exactly three entries are known. */
#include "io/npy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/alloc.h"
#include "base/bytes.h"

enum { MOST_TEXT = 1 << 16 }; /* NumPy itself stops at 10,000, and writes under 200 */

/* ---- Tokens ---------------------------------------------------------------------------------------- */

typedef struct text {
    const char *begin, *at, *end;
} text;

static bool take(text *t, char c)
{
    while (t->at < t->end && *t->at == ' ')
        t->at++;
    if (t->at == t->end || *t->at != c)
        return false;
    t->at++;
    return true;
}

static bool take_word(text *t, const char *word)
{
    size_t length = strlen(word);
    if (!take(t, *word))
        return false;
    if ((size_t)(t->end - t->at) < length - 1 || memcmp(t->at, word + 1, length - 1) != 0)
        return false;
    t->at += length - 1;
    return true;
}

/* Between quotes of either kind; nothing is escaped. */
static bool take_quoted(text *t, const char **word, size_t *length)
{
    char quote = take(t, '\'') ? '\'' : take(t, '"') ? '"' : 0;
    const char *end = quote ? memchr(t->at, quote, (size_t)(t->end - t->at)) : NULL;
    if (!end || memchr(t->at, '\\', (size_t)(end - t->at)))
        return false;
    *word = t->at;
    *length = (size_t)(end - t->at);
    t->at = end + 1;
    return true;
}

static bool is_digit(const text *t)
{
    return t->at < t->end && *t->at >= '0' && *t->at <= '9';
}

static bool take_size(text *t, size_t *size)
{
    while (t->at < t->end && *t->at == ' ')
        t->at++;
    if (!is_digit(t))
        return false;
    for (*size = 0; is_digit(t); t->at++) {
        size_t digit = (size_t)(*t->at - '0');
        if (*size > (SIZE_MAX - digit) / 10)
            return false;
        *size = *size * 10 + digit;
    }
    return true;
}

/* ---- Entries --------------------------------------------------------------------------------------- */

/* A byte order, a kind and a size: "<f8". */
static bool parse_descr(text *t, wg_npy *npy)
{
    const char *d;
    size_t length;
    if (!take_quoted(t, &d, &length) || length != 3 || !memchr("<>|=", d[0], 4) || !memchr("fiub", d[1], 4))
        return false;
    npy->elements.element = wg__element_of_kind(d[1], (size_t)(d[2] - '0'));
    npy->elements.big = d[0] == '>' || (d[0] == '=' && !wg__host_is_little());
    return npy->elements.element && (d[0] != '|' || npy->elements.element->size == 1);
}

/* (), (3,), (3, 4) or (3, 4,); Python 2 wrote some sizes as 3L. */
static bool parse_shape(text *t, wg_npy *npy)
{
    bool comma = true;
    npy->shape = wg_shape_scalar();
    if (!take(t, '('))
        return false;
    while (!take(t, ')')) {
        if (!comma || npy->shape.rank == WG_MAX_RANK || !take_size(t, &npy->shape.dim[npy->shape.rank]))
            return false;
        if (t->at < t->end && *t->at == 'L')
            t->at++;
        npy->shape.rank++;
        comma = take(t, ',');
    }
    return comma || npy->shape.rank > 1;
}

static bool parse_order(text *t, wg_npy *npy)
{
    text before = *t;
    npy->fortran = take_word(t, "True");
    if (npy->fortran)
        return true;
    *t = before;
    return take_word(t, "False");
}

/* Each key once, in any order. `t` stops where it is wrong. */
static bool parse(text *t, wg_npy *npy)
{
    static const struct {
        const char *key;
        bool (*parse)(text *t, wg_npy *npy);
    } entries[] = {{"descr", parse_descr}, {"fortran_order", parse_order}, {"shape", parse_shape}};
    bool seen[3] = {false, false, false}, comma = true;
    if (!take(t, '{'))
        return false;
    while (!take(t, '}')) {
        const char *key;
        size_t length, i = 0;
        if (!comma || !take_quoted(t, &key, &length))
            return false;
        while (i < 3 && (strlen(entries[i].key) != length || memcmp(entries[i].key, key, length) != 0))
            i++;
        if (i == 3 || seen[i] || !take(t, ':') || !entries[i].parse(t, npy))
            return false;
        seen[i] = true;
        comma = take(t, ',');
    }
    while (t->at < t->end && (*t->at == ' ' || *t->at == '\n'))
        t->at++;
    return t->at == t->end && seen[0] && seen[1] && seen[2];
}

/* ---- The head -------------------------------------------------------------------------------------- */

static wg_status read_text(wg_npy *npy, wg_source *source, size_t length, wg_error *error)
{
    uint64_t offset = source->offset;
    char *bytes = wg__mem_new(&source->allocator, length);
    if (!bytes)
        return wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory for the header", source->path);
    wg_status status = wg__source_read(source, bytes, length, error);
    text t = {bytes, bytes, bytes + length};
    if (status == WG_OK && !parse(&t, npy))
        status = wg_error_set(error, WG_FORMAT,
            "%s: the header says something unknown before offset %" PRIu64
            " (floats f2 to f8, integers i1 to u8 and booleans are read, of at most %d axes)",
            source->path, offset + (uint64_t)(t.at - t.begin), WG_MAX_RANK);
    wg__mem_free(&source->allocator, bytes, length);
    return status;
}

wg_status wg__npy_read_head(wg_npy *npy, wg_source *source, wg_error *error)
{
    unsigned char head[12];
    wg_status status = wg__source_read(source, head, 10, error);
    if (status != WG_OK)
        return status;
    if (memcmp(head, "\x93NUMPY", 6) != 0)
        return wg_error_set(error, WG_FORMAT, "%s: does not begin as a .npy file does", source->path);
    if (head[6] < 1 || head[6] > 3 || head[7] != 0)
        return wg_error_set(
            error, WG_FORMAT, "%s: version %d.%d of the format is unknown", source->path, head[6], head[7]);
    if (head[6] > 1)
        status = wg__source_read(source, head + 10, 2, error);
    if (status != WG_OK)
        return status;
    uint64_t length = wg__bytes_little(head + 8, head[6] > 1 ? 4 : 2), left = wg__source_left(source);
    if (length == 0 || length > left || length > MOST_TEXT)
        return wg_error_set(error, WG_FORMAT,
            "%s: a header of %" PRIu64 " bytes, where the file has %" PRIu64 " and %d are the most",
            source->path, length, left, MOST_TEXT);
    status = read_text(npy, source, (size_t)length, error);
    if (status != WG_OK)
        return status;
    size_t bytes;
    char shape[192];
    left = wg__source_left(source);
    if (!wg_shape_count(&npy->shape, &npy->elements.count) ||
        !wg__mul_size(npy->elements.count, npy->elements.element->size, &bytes) || bytes != left)
        return wg_error_set(error, WG_FORMAT,
            "%s: %s elements of %d bytes are not the %" PRIu64 " bytes there are", source->path,
            wg_shape_text(&npy->shape, shape, sizeof shape), npy->elements.element->size, left);
    return WG_OK;
}

size_t wg__npy_make_head(unsigned char head[WG_NPY_MOST_HEAD], const wg_array *array)
{
    char shape[192];
    const wg_element *element = wg__element_of(array->dtype);
    wg_shape_text(&array->shape, shape, sizeof shape); /* "[2, 3]" */
    memset(head, ' ', WG_NPY_MOST_HEAD);
    int length = snprintf((char *)head + 10, WG_NPY_MOST_HEAD - 10,
        "{'descr': '<%c%d', 'fortran_order': False, 'shape': (%.*s%s), }", element->kind, element->size,
        (int)strlen(shape) - 2, shape + 1, array->shape.rank == 1 ? "," : "");
    size_t size = (10 + (size_t)length + 1 + 63) / 64 * 64;
    head[10 + length] = ' ';
    head[size - 1] = '\n';
    memcpy(head, "\x93NUMPY\1", 8);
    wg__bytes_put_little(head + 8, size - 10, 2);
    return size;
}
