/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* An IDX file is a header of big-endian 32-bit words, then the numbers, big-endian and row-major:
 *
 *      offset 0    0, 0, type, rank       four bytes
 *      offset 4    size of axis 0         as many sizes as the rank says
 *      ...
 *      offset 4 + 4 rank                  the numbers, up to the end of the file */

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/elements.h"
#include "data/dataset.h"
#include "data/folder.h"
#include "data/pixels.h"

#include <inttypes.h>

enum { IMAGE_RANK = 3, BLOCK = 1 << 10 };

/* Types by their code, in NumPy's letters. */
static const struct {
    unsigned char code, size;
    char kind;
} types[] = {{0x08, 1, 'u'}, {0x09, 1, 'i'}, {0x0B, 2, 'i'}, {0x0C, 4, 'i'}, {0x0D, 4, 'f'}, {0x0E, 8, 'f'}};

/* One open file, its header read and held against its length. */
struct idx {
    wg_source source;
    wg_elements elements;
    wg_shape shape;
};

/* ---- Headers --------------------------------------------------------------------------------------- */

static wg_status read_sizes(struct idx *file, wg_error *error)
{
    unsigned char word[4];
    size_t bytes;
    for (size_t i = 0; i < file->shape.rank; i++) {
        wg_status status = wg__source_read(&file->source, word, 4, error);
        if (status != WG_OK)
            return status;
        file->shape.dim[i] = (size_t)wg__bytes_big(word, 4);
    }
    char text[192];
    uint64_t left = wg__source_left(&file->source);
    if (!wg_shape_count(&file->shape, &file->elements.count) ||
        !wg__mul_size(file->elements.count, file->elements.element->size, &bytes) || bytes > left)
        return wg_error_set(error, WG_FORMAT,
            "%s: the sizes %s at offset 4 promise more than the file can hold after offset %" PRIu64
            " (%" PRIu64 " bytes)",
            file->source.path, wg_shape_text(&file->shape, text, sizeof text), file->source.offset, left);
    return WG_OK;
}

static wg_status read_header(struct idx *file, size_t most_rank, const char *what, wg_error *error)
{
    unsigned char magic[4];
    wg_status status = wg__source_read(&file->source, magic, 4, error);
    if (status != WG_OK)
        return status;
    file->elements = (wg_elements){.big = true, .name = what};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].code == magic[2])
            file->elements.element = wg__element_of_kind(types[i].kind, types[i].size);
    if (magic[0] || magic[1] || !file->elements.element || !magic[3] || magic[3] > most_rank)
        return wg_error_set(error, WG_FORMAT,
            "%s: offset 0 holds %02x %02x %02x %02x, an IDX file of %s starts with 00 00, a type (08, 09, 0b "
            "to 0e) and a rank of 1 to %zu",
            file->source.path, magic[0], magic[1], magic[2], magic[3], what, most_rank);
    file->shape.rank = magic[3];
    return read_sizes(file, error);
}

static wg_status open_idx(struct idx *file, const char *path, size_t most_rank, const char *what,
    const wg_idx_options *options, wg_error *error)
{
    const wg_source_options limits = {.allocator = &options->allocator, .max_bytes = options->max_bytes};
    wg_status status = wg__source_open(&file->source, path, &limits, error);
    return status == WG_OK ? read_header(file, most_rank, what, error) : status;
}

/* ---- Numbers --------------------------------------------------------------------------------------- */

/* The next n integers, at most BLOCK. */
static wg_status read_block(struct idx *file, int32_t block[BLOCK], size_t n, wg_error *error)
{
    wg_elements some = file->elements;
    some.count = n;
    return wg__elements_read(&some, &file->source, block, error);
}

/* What is no byte stays as it is, in the smaller type that holds it. */
static wg_dtype image_dtype(const struct idx *file)
{
    return file->elements.element->size < 4 || file->elements.element->dtype == WG_F32 ? WG_F32 : WG_F64;
}

static wg_status read_integers(struct idx *file, void *x, wg_error *error)
{
    int32_t block[BLOCK];
    bool is_float = image_dtype(file) == WG_F32;
    wg_status status = WG_OK;
    for (size_t done = 0, n, count = file->elements.count; done < count && status == WG_OK; done += n) {
        n = count - done < BLOCK ? count - done : BLOCK;
        status = read_block(file, block, n, error);
        for (size_t i = 0; i < n && status == WG_OK; i++)
            if (is_float)
                ((float *)x)[done + i] = (float)block[i];
            else
                ((double *)x)[done + i] = block[i];
    }
    return status;
}

static wg_status read_images(struct idx *file, void *x, wg_error *error)
{
    const wg_element *element = file->elements.element;
    wg_status status = element->kind == 'u'   ? wg__pixels_read(&file->source, x, file->elements.count, error)
                       : element->kind == 'i' ? read_integers(file, x, error)
                                              : wg__elements_read(&file->elements, &file->source, x, error);
    return status == WG_OK ? wg__source_expect_end(&file->source, error) : status;
}

/* Of a row of several numbers the first is the label. */
static wg_status read_labels(struct idx *file, int32_t *y, size_t classes, wg_error *error)
{
    int32_t block[BLOCK];
    size_t row = file->shape.rank == 2 ? file->shape.dim[1] : 1, size = file->elements.element->size;
    for (size_t done = 0, n, count = file->elements.count; done < count; done += n) {
        uint64_t offset = file->source.offset;
        n = count - done < BLOCK ? count - done : BLOCK;
        wg_status status = read_block(file, block, n, error);
        if (status != WG_OK)
            return status;
        for (size_t i = (row - done % row) % row; i < n; i += row) {
            if (block[i] < 0 || (classes && (size_t)block[i] >= classes))
                return wg_error_set(error, WG_FORMAT,
                    "%s: the label %" PRId32 " at offset %" PRIu64 " is not below %zu", file->source.path,
                    block[i], offset + i * size, classes);
            y[(done + i) / row] = block[i];
        }
    }
    return wg__source_expect_end(&file->source, error);
}

/* ---- Pairs of files -------------------------------------------------------------------------------- */

static wg_status check_pair(struct idx *images, struct idx *labels, wg_error *error)
{
    size_t count = images->shape.dim[0];
    if (count != labels->shape.dim[0])
        return wg_error_set(error, WG_FORMAT,
            "%s promises %zu images at offset 4, %s promises %zu labels at offset 4", images->source.path,
            count, labels->source.path, labels->shape.dim[0]);
    if (labels->elements.element->dtype != WG_I32 || (count && labels->elements.count == 0))
        return wg_error_set(
            error, WG_FORMAT, "%s: labels are integers, at least one for each image", labels->source.path);
    uint64_t bytes = (uint64_t)images->elements.count * wg_dtype_size(image_dtype(images));
    wg_status status = wg__source_claim(&images->source, bytes, error);
    return status == WG_OK ? wg__source_claim(&labels->source, count * sizeof(int32_t), error) : status;
}

static wg_dataset *read_pair(
    struct idx *images, struct idx *labels, const wg_idx_options *options, wg_error *error)
{
    if (check_pair(images, labels, error) != WG_OK)
        return NULL;
    const wg_shape *s = &images->shape;
    wg_shape shape = s->rank == IMAGE_RANK ? WG_SHAPE(s->dim[0], 1, s->dim[1], s->dim[2]) : *s;
    wg_dataset *dataset =
        wg__dataset_new(&options->allocator, image_dtype(images), shape, WG_I32, WG_SHAPE(s->dim[0]), error);
    if (!dataset)
        return NULL;
    if (read_images(images, dataset->x, error) == WG_OK &&
        read_labels(labels, dataset->y, options->classes, error) == WG_OK &&
        wg__dataset_count_classes(dataset, options->classes, error) == WG_OK)
        return dataset;
    wg_dataset_free(dataset);
    return NULL;
}

wg_dataset *wg_idx_load(
    const char *images_path, const char *labels_path, const wg_idx_options *options, wg_error *error)
{
    const wg_idx_options o = options ? *options : (wg_idx_options){0};
    if (error && error->status != WG_OK)
        return NULL;
    if (!images_path || !labels_path) {
        wg_error_set(error, WG_INVALID, "idx: a path is missing");
        return NULL;
    }
    struct idx images = {.source.descriptor = -1}, labels = {.source.descriptor = -1};
    wg_dataset *dataset = NULL;
    if (open_idx(&images, images_path, WG_MAX_RANK, "images", &o, error) == WG_OK &&
        open_idx(&labels, labels_path, 2, "labels", &o, error) == WG_OK)
        dataset = read_pair(&images, &labels, &o, error);
    wg__source_close(&images.source);
    wg__source_close(&labels.source);
    return dataset;
}

/* ---- MNIST ----------------------------------------------------------------------------------------- */

/* Names of the same files: the usual ones, those with a point, QMNIST's. */
static const char *const image_names[2][WG_FOLDER_NAMES] = {
    {"train-images-idx3-ubyte", "train-images.idx3-ubyte", "qmnist-train-images-idx3-ubyte"},
    {"t10k-images-idx3-ubyte", "t10k-images.idx3-ubyte", "qmnist-test-images-idx3-ubyte"}};
static const char *const label_names[2][WG_FOLDER_NAMES] = {
    {"train-labels-idx1-ubyte", "train-labels.idx1-ubyte", "qmnist-train-labels-idx2-int"},
    {"t10k-labels-idx1-ubyte", "t10k-labels.idx1-ubyte", "qmnist-test-labels-idx2-int"}};

wg_dataset *wg_mnist_load(
    const char *folder, wg_split split, const wg_pictures_options *options, wg_error *error)
{
    const wg_pictures_options o = options ? *options : (wg_pictures_options){0};
    if ((error && error->status != WG_OK) || wg__folder_check(folder, split, error) != WG_OK)
        return NULL;
    bool test = split == WG_TEST_SPLIT;
    const wg_allocator memory = wg__allocator_or_default(&o.allocator);
    char(*path)[WG_PATH_SIZE] = wg__mem_new(&memory, 2 * sizeof *path); /* images, labels */
    wg_dataset *dataset = NULL;
    if (!path)
        wg_error_set(error, WG_OUT_OF_MEMORY, "%s: no memory", folder);
    else if (wg__folder_find(path[0], folder, image_names[test], error) == WG_OK &&
             wg__folder_find(path[1], folder, label_names[test], error) == WG_OK)
        dataset = wg_idx_load(path[0], path[1],
            &(wg_idx_options){.classes = 10, .max_bytes = o.max_bytes, .allocator = o.allocator}, error);
    wg__mem_free(&memory, path, 2 * sizeof *path);
    return dataset;
}
