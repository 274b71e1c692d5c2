/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* A .npz file as numpy.savez writes it: stored entries, whose sizes are known before the first byte. */
#include <string.h>
#include "base/bytes.h"
#include "base/crc32.h"
#include "io/npy.h"
#include "io/zip.h"

enum { MOST_ENTRIES = 0xFFFE, MOST_NAME = 0xFFFF - 4 };

static const uint64_t most_bytes = 0xFFFFFFFE; /* all ones would mean zip64 */

typedef struct place {
    uint64_t offset, size; /* of the local header; of the .npy file */
    uint32_t crc;
} place;

typedef struct writer {
    const wg_archive *archive;
    const char *path;
    place *places;
    size_t count;
    uint64_t directory; /* its offset */
    wg_sink sink;
    wg_error *error;
} writer;

/* ---- Where everything will be ---------------------------------------------------------------------- */

static wg_status lay_out(writer *w)
{
    unsigned char head[WG_NPY_MOST_HEAD];
    uint64_t offset = 0, directory = 0;
    for (size_t i = 0, count; i < w->count; i++) {
        const wg_array array = wg_archive_at(w->archive, i);
        size_t name = strlen(wg_archive_name(w->archive, i));
        if (name > MOST_NAME)
            return wg_error_set(
                w->error, WG_NAME, "%s: a name of %zu bytes, %d are the most", w->path, name, MOST_NAME);
        wg_shape_count(&array.shape, &count);
        w->places[i].offset = offset;
        w->places[i].size = wg__npy_make_head(head, &array) + (uint64_t)count * wg_dtype_size(array.dtype);
        offset += WG_ZIP_LOCAL + name + 4 + w->places[i].size;
        directory += WG_ZIP_CENTRAL + name + 4;
        if (offset + directory > most_bytes)
            break;
    }
    w->directory = offset;
    if (offset + directory > most_bytes || w->count > MOST_ENTRIES)
        return wg_error_set(w->error, WG_OVERFLOW,
            "%s: a .npz file of 4 GB or more than %d arrays would need zip64: write safetensors", w->path,
            MOST_ENTRIES);
    return WG_OK;
}

static void checksums(writer *w)
{
    unsigned char head[WG_NPY_MOST_HEAD];
    for (size_t i = 0; i < w->count; i++) {
        const wg_array array = wg_archive_at(w->archive, i);
        w->places[i].crc = wg__elements_crc(wg__crc32(0, head, wg__npy_make_head(head, &array)), &array);
    }
}

/* ---- The file -------------------------------------------------------------------------------------- */

/* Local and central headers share the fields from the version needed on (`at`) to the length of the extra
 * field. Times are those of 1 January 1980, as NumPy's: the same arrays give the same file. */
static void put_fields(unsigned char *at, const place *p, const char *name)
{
    bool plain = true;
    for (const char *c = name; *c; c++)
        plain = plain && (unsigned char)*c < 0x80;
    wg__bytes_put_little(at, 20, 2);                    /* version needed: 2.0 */
    wg__bytes_put_little(at + 2, plain ? 0 : 0x800, 2); /* the name is UTF-8 */
    wg__bytes_put_little(at + 8, 0x21, 2);
    wg__bytes_put_little(at + 10, p->crc, 4);
    wg__bytes_put_little(at + 14, p->size, 4);
    wg__bytes_put_little(at + 18, p->size, 4);
    wg__bytes_put_little(at + 22, strlen(name) + 4, 2);
}

static wg_status write_name(writer *w, const char *name)
{
    wg_status status = wg__sink_write(&w->sink, name, strlen(name), w->error);
    return status == WG_OK ? wg__sink_write(&w->sink, ".npy", 4, w->error) : status;
}

static wg_status write_entry(writer *w, size_t i)
{
    unsigned char local[WG_ZIP_LOCAL] = {0}, head[WG_NPY_MOST_HEAD];
    const char *name = wg_archive_name(w->archive, i);
    const wg_array array = wg_archive_at(w->archive, i);
    wg__bytes_put_little(local, WG_ZIP_LOCAL_MARK, 4);
    put_fields(local + 4, &w->places[i], name);
    wg_status status = wg__sink_write(&w->sink, local, sizeof local, w->error);
    if (status == WG_OK)
        status = write_name(w, name);
    if (status == WG_OK)
        status = wg__sink_write(&w->sink, head, wg__npy_make_head(head, &array), w->error);
    return status == WG_OK ? wg__elements_write(&w->sink, &array, w->error) : status;
}

static wg_status write_central(writer *w, size_t i)
{
    unsigned char central[WG_ZIP_CENTRAL] = {0};
    const char *name = wg_archive_name(w->archive, i);
    wg__bytes_put_little(central, WG_ZIP_CENTRAL_MARK, 4);
    wg__bytes_put_little(central + 4, 20, 2);
    put_fields(central + 6, &w->places[i], name);
    wg__bytes_put_little(central + 42, w->places[i].offset, 4);
    wg_status status = wg__sink_write(&w->sink, central, sizeof central, w->error);
    return status == WG_OK ? write_name(w, name) : status;
}

static wg_status write_end(writer *w)
{
    unsigned char end[WG_ZIP_END] = {0};
    uint64_t size = 0;
    for (size_t i = 0; i < w->count; i++)
        size += WG_ZIP_CENTRAL + strlen(wg_archive_name(w->archive, i)) + 4;
    wg__bytes_put_little(end, WG_ZIP_END_MARK, 4);
    wg__bytes_put_little(end + 8, w->count, 2);
    wg__bytes_put_little(end + 10, w->count, 2);
    wg__bytes_put_little(end + 12, size, 4);
    wg__bytes_put_little(end + 16, w->directory, 4);
    return wg__sink_write(&w->sink, end, sizeof end, w->error);
}

static wg_status write_file(writer *w)
{
    wg_status status = wg__sink_open(&w->sink, w->path, w->error);
    for (size_t i = 0; i < w->count && status == WG_OK; i++)
        status = write_entry(w, i);
    for (size_t i = 0; i < w->count && status == WG_OK; i++)
        status = write_central(w, i);
    if (status == WG_OK)
        status = write_end(w);
    return wg__sink_finish(&w->sink, status, w->error);
}

wg_status wg_npz_write(const char *path, const wg_archive *archive, wg_error *error)
{
    if (error && error->status != WG_OK)
        return error->status;
    if (!archive || !path)
        return wg_error_set(error, WG_INVALID, "%s: no archive to be written", path ? path : "(no name)");
    const wg_allocator *memory = wg__archive_allocator(archive);
    writer w = {.archive = archive, .path = path, .count = wg_archive_count(archive), .error = error};
    w.places = wg__mem_zero(memory, w.count * sizeof *w.places);
    if (w.count && !w.places)
        return wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory", path);
    wg_status status = lay_out(&w);
    if (status == WG_OK) {
        checksums(&w);
        status = write_file(&w);
    }
    wg__mem_free(memory, w.places, w.count * sizeof *w.places);
    return status;
}
