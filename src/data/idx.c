/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* An IDX file is a header of big-endian 32-bit words, then the numbers, row-major:
 *
 *      offset 0    0, 0, type, rank       four bytes; type 8: unsigned bytes
 *      offset 4    size of axis 0         as many sizes as the rank says
 *      ...
 *      offset 4 + 4 rank                  the numbers, up to the end of the file */

#include "base/source.h"
#include "data/dataset.h"
#include "data/folder.h"
#include "data/pixels.h"

#include <inttypes.h>

enum { UNSIGNED_BYTES = 8, IMAGE_RANK = 3, LABEL_RANK = 1, BLOCK = 1 << 12 };

/* One open file, its header read and held against its length. */
struct idx {
    wg_source source;
    wg_shape shape;
    size_t count; /* of numbers */
};

static wg_status read_sizes(struct idx *file, size_t rank, wg_error *error)
{
    unsigned char word[4];
    file->shape.rank = rank;
    for (size_t i = 0; i < rank; i++) {
        wg_status status = wg_source_read(&file->source, word, 4, error);
        if (status != WG_OK)
            return status;
        file->shape.dim[i] = (size_t)word[0] << 24 | (size_t)word[1] << 16 | (size_t)word[2] << 8 | word[3];
    }
    char text[192];
    uint64_t left =
        file->source.at_most > file->source.offset ? file->source.at_most - file->source.offset : 0;
    if (!wg_shape_count(&file->shape, &file->count) || file->count > left)
        return wg_error_set(error, WG_FORMAT,
            "%s: the sizes %s at offset 4 promise more than the file can hold after offset %" PRIu64
            " (%" PRIu64 " bytes)",
            file->source.path, wg_shape_text(&file->shape, text, sizeof text), file->source.offset, left);
    return WG_OK;
}

static wg_status read_header(struct idx *file, size_t rank, wg_error *error)
{
    unsigned char magic[4];
    wg_status status = wg_source_read(&file->source, magic, 4, error);
    if (status != WG_OK)
        return status;
    if (magic[0] != 0 || magic[1] != 0 || magic[2] != UNSIGNED_BYTES || magic[3] != rank)
        return wg_error_set(error, WG_FORMAT,
            "%s: offset 0 holds %02x %02x %02x %02x, an IDX file of %s starts with 00 00 08 %02zx",
            file->source.path, magic[0], magic[1], magic[2], magic[3],
            rank == LABEL_RANK ? "labels" : "images", rank);
    return read_sizes(file, rank, error);
}

static wg_status open_idx(struct idx *file, const char *path, size_t rank, wg_error *error)
{
    wg_status status = wg_source_open(&file->source, path, NULL, error);
    return status == WG_OK ? read_header(file, rank, error) : status;
}

static wg_status read_images(struct idx *file, float *x, wg_error *error)
{
    wg_status status = wg_pixels_read(&file->source, x, file->count, error);
    return status == WG_OK ? wg_source_expect_end(&file->source, error) : status;
}

static wg_status read_labels(struct idx *file, int32_t *y, size_t classes, wg_error *error)
{
    unsigned char bytes[BLOCK];
    for (size_t done = 0; done < file->count;) {
        uint64_t offset = file->source.offset;
        size_t n = file->count - done < BLOCK ? file->count - done : BLOCK;
        wg_status status = wg_source_read(&file->source, bytes, n, error);
        if (status != WG_OK)
            return status;
        for (size_t i = 0; i < n; i++) {
            if (classes && bytes[i] >= classes)
                return wg_error_set(error, WG_FORMAT,
                    "%s: the label %u at offset %" PRIu64 " is not below %zu", file->source.path,
                    (unsigned)bytes[i], offset + i, classes);
            y[done + i] = bytes[i];
        }
        done += n;
    }
    return wg_source_expect_end(&file->source, error);
}

static wg_dataset *read_pair(struct idx *images, struct idx *labels, size_t classes, wg_error *error)
{
    size_t count = images->shape.dim[0];
    if (count != labels->shape.dim[0]) {
        wg_error_set(error, WG_FORMAT,
            "%s promises %zu images at offset 4, %s promises %zu labels at offset 4", images->source.path,
            count, labels->source.path, labels->shape.dim[0]);
        return NULL;
    }
    wg_shape shape = WG_SHAPE(count, 1, images->shape.dim[1], images->shape.dim[2]);
    wg_dataset *dataset = wg_dataset_new(NULL, WG_F32, shape, WG_I32, WG_SHAPE(count), error);
    if (!dataset)
        return NULL;
    if (read_images(images, dataset->x, error) == WG_OK &&
        read_labels(labels, dataset->y, classes, error) == WG_OK &&
        wg_dataset_count_classes(dataset, classes, error) == WG_OK)
        return dataset;
    wg_dataset_free(dataset);
    return NULL;
}

wg_dataset *wg_idx_load(const char *images_path, const char *labels_path, size_t classes, wg_error *error)
{
    if (error && error->status != WG_OK)
        return NULL;
    if (!images_path || !labels_path) {
        wg_error_set(error, WG_INVALID, "idx: a path is missing");
        return NULL;
    }
    struct idx images = {0}, labels = {0};
    wg_dataset *dataset = NULL;
    if (open_idx(&images, images_path, IMAGE_RANK, error) == WG_OK &&
        open_idx(&labels, labels_path, LABEL_RANK, error) == WG_OK)
        dataset = read_pair(&images, &labels, classes, error);
    wg_source_close(&images.source);
    wg_source_close(&labels.source);
    return dataset;
}

wg_dataset *wg_mnist_load(const char *folder, wg_split split, wg_error *error)
{
    char images[WG_PATH_SIZE], labels[WG_PATH_SIZE];
    if ((error && error->status != WG_OK) || wg_folder_check(folder, split, error) != WG_OK)
        return NULL;
    bool test = split == WG_TEST_SPLIT;
    const char *image_name = test ? "t10k-images-idx3-ubyte" : "train-images-idx3-ubyte",
               *label_name = test ? "t10k-labels-idx1-ubyte" : "train-labels-idx1-ubyte";
    if (wg_folder_find(images, folder, image_name, error) != WG_OK ||
        wg_folder_find(labels, folder, label_name, error) != WG_OK)
        return NULL;
    return wg_idx_load(images, labels, 10, error);
}
