/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* A file is a row of records of 3,073 bytes, without any header:
 *
 *      offset 0       label, 0 to 9
 *      offset 1       red, 32 rows of 32 bytes
 *      offset 1025    green
 *      offset 2049    blue */

#include "base/alloc.h"
#include "base/source.h"
#include "data/dataset.h"
#include "data/folder.h"
#include "data/pixels.h"

#include <inttypes.h>

enum { CHANNELS = 3, SIDE = 32, PIXELS = CHANNELS * SIDE * SIDE, RECORD = 1 + PIXELS, TRAIN_FILES = 5 };

static const char *const class_names[10] = {
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};

/* A gzip file does not say how long its contents are: they are read to see. */
static wg_status measure(wg_source *source, uint64_t *length, wg_error *error)
{
    char bytes[1 << 12];
    size_t got = sizeof bytes;
    wg_status status = WG_OK;
    while (source->packed && status == WG_OK && got == sizeof bytes)
        status = wg__source_read_some(source, bytes, sizeof bytes, &got, error);
    *length = source->packed ? source->offset : source->at_most;
    return status;
}

static wg_status count_records(
    const char *path, const wg_source_options *limits, size_t *count, wg_error *error)
{
    wg_source source;
    uint64_t length;
    wg_status status = wg__source_open(&source, path, limits, error);
    if (status != WG_OK)
        return status;
    status = measure(&source, &length, error);
    if (status == WG_OK)
        status = wg__source_claim(&source, length * sizeof(float), error);
    wg__source_close(&source);
    if (status != WG_OK)
        return status;
    if (length == 0 || length % RECORD)
        return wg_error_set(
            error, WG_FORMAT, "%s: its %" PRIu64 " bytes are no records of %d", path, length, RECORD);
    if (length / RECORD > SIZE_MAX - *count)
        return wg_error_set(error, WG_OVERFLOW, "%s: more records than size_t counts", path);
    *count += (size_t)(length / RECORD);
    return WG_OK;
}

/* Appends the records of a file to the `filled` ones. There is room for as many as were counted. */
static wg_status read_records(wg_source *source, wg_dataset *dataset, size_t *filled, wg_error *error)
{
    for (;; ++*filled) {
        unsigned char label;
        size_t got;
        wg_status status = wg__source_read_some(source, &label, 1, &got, error);
        if (status != WG_OK || got == 0)
            return status;
        if (*filled == dataset->y_shape.dim[0])
            return wg_error_set(error, WG_FORMAT, "%s: grew while it was read", source->path);
        if (label > 9)
            return wg_error_set(error, WG_FORMAT, "%s: the label %u at offset %" PRIu64 " is not below 10",
                source->path, (unsigned)label, source->offset - 1);
        ((int32_t *)dataset->y)[*filled] = label;
        status = wg__pixels_read(source, (float *)dataset->x + *filled * PIXELS, PIXELS, error);
        if (status != WG_OK)
            return status;
    }
}

static wg_status read_files(const char *const *paths, size_t count, const wg_source_options *limits,
    wg_dataset *dataset, wg_error *error)
{
    size_t filled = 0;
    for (size_t i = 0; i < count; i++) {
        wg_source source;
        wg_status status = wg__source_open(&source, paths[i], limits, error);
        if (status != WG_OK)
            return status;
        status = read_records(&source, dataset, &filled, error);
        wg__source_close(&source);
        if (status != WG_OK)
            return status;
    }
    if (filled < dataset->y_shape.dim[0])
        return wg_error_set(error, WG_FORMAT, "%s: shrank while it was read", paths[count - 1]);
    dataset->classes = 10;
    return wg__words_copy(&dataset->class_names, &dataset->allocator, class_names, 10)
               ? WG_OK
               : wg_error_set(error, WG_OUT_OF_MEMORY, "cifar10: no memory for names");
}

wg_dataset *wg_cifar10_load_files(
    const char *const *paths, size_t count, const wg_pictures_options *options, wg_error *error)
{
    const wg_pictures_options o = options ? *options : (wg_pictures_options){0};
    const wg_source_options limits = {.allocator = &o.allocator, .max_bytes = o.max_bytes};
    size_t records = 0;
    if (error && error->status != WG_OK)
        return NULL;
    for (size_t i = 0; i < count || i == 0; i++) {
        if (count == 0 || !paths || !paths[i]) {
            wg_error_set(error, WG_INVALID, "cifar10: path %zu of %zu is missing", i, count);
            return NULL;
        }
        if (count_records(paths[i], &limits, &records, error) != WG_OK)
            return NULL;
    }
    wg_dataset *dataset = wg__dataset_new(
        &o.allocator, WG_F32, WG_SHAPE(records, CHANNELS, SIDE, SIDE), WG_I32, WG_SHAPE(records), error);
    if (dataset && read_files(paths, count, &limits, dataset, error) == WG_OK)
        return dataset;
    wg_dataset_free(dataset);
    return NULL;
}

wg_dataset *wg_cifar10_load(
    const char *folder, wg_split split, const wg_pictures_options *options, wg_error *error)
{
    static const char *const train[TRAIN_FILES] = {
        "data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"};
    const char *paths[TRAIN_FILES];
    if ((error && error->status != WG_OK) || wg__folder_check(folder, split, error) != WG_OK)
        return NULL;
    size_t count = split == WG_TRAIN_SPLIT ? TRAIN_FILES : 1;
    const wg_allocator memory = wg__allocator_or_default(options ? &options->allocator : NULL);
    char(*text)[WG_PATH_SIZE] = wg__mem_new(&memory, TRAIN_FILES * sizeof *text);
    wg_status status = text ? WG_OK : wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory", folder);
    for (size_t i = 0; i < count && status == WG_OK; i++) {
        const char *name = split == WG_TRAIN_SPLIT ? train[i] : "test_batch.bin";
        status = wg__folder_find(text[i], folder, (const char *const[WG_FOLDER_NAMES]){name}, error);
        paths[i] = text[i];
    }
    wg_dataset *dataset = status == WG_OK ? wg_cifar10_load_files(paths, count, options, error) : NULL;
    wg__mem_free(&memory, text, TRAIN_FILES * sizeof *text);
    return dataset;
}
