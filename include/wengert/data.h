/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* data.h - data sets, where they come from, and the batches that training takes from them.
 *
 *      wg_dataset *train = wg_mnist_load("data/mnist", WG_TRAIN_SPLIT, &error);
 *      wg_batches *batches = wg_batches_new(train, &(wg_batches_options){.size = 64, .seed = 1}, &error);
 *      for (size_t epoch = 0; epoch < epochs; epoch++)
 *          for (wg_batch batch = {0}; wg_next_batch(batches, &batch);)
 *              step(batch.x, batch.y);                    float [64, 1, 28, 28], i32 [64]
 *      if (wg_batches_status(batches) != WG_OK) ...       the loop ended because something failed
 *      wg_batches_free(batches);
 *      wg_dataset_free(train);
 *
 * Every function takes NULL for a dataset or for batches, so that a chain of calls is checked once, by its
 * error. */
#ifndef WENGERT_DATA_H
#define WENGERT_DATA_H

#include <wengert/alloc.h>
#include <wengert/array.h>
#include <wengert/status.h>

WG_BEGIN_DECLS

/* ---- A data set ------------------------------------------------------------------------------------ */

/* N samples in memory, never changed once made, so that several threads may read it:
 *      x   [N, ...]   f32 or f64
 *      y   [N, ...]   any dtype; i32 [N] are the labels of a classification, 0 .. classes - 1 */
typedef struct wg_dataset wg_dataset;

/* Copies two arrays, which must agree in their first size. Labels (i32, rank 1) must not be negative.
 * NULL and an error: WG_BAD_SHAPE, WG_BAD_DTYPE, WG_BAD_INDEX, WG_OUT_OF_MEMORY. */
WG_API wg_dataset *wg_dataset_from_arrays(wg_array x, wg_array y, wg_error *error);

/* NULL is allowed. Batches made from the data set must not be used any more. */
WG_API void wg_dataset_free(wg_dataset *dataset);

WG_API size_t wg_dataset_count(const wg_dataset *dataset);

/* Views of all samples, borrowed until the data set is freed; a NULL data set gives {0}. */
WG_API wg_array wg_dataset_x(const wg_dataset *dataset);
WG_API wg_array wg_dataset_y(const wg_dataset *dataset);

/* 10 for digits; in general the largest label + 1; 0 when y holds no labels. */
WG_API size_t wg_dataset_classes(const wg_dataset *dataset);

/* ---- Where data come from -------------------------------------------------------------------------- */

typedef enum wg_split { WG_TRAIN_SPLIT, WG_TEST_SPLIT } wg_split;

/* Handwritten digits from a folder that holds the files of MNIST under their usual names,
 *      train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte,
 * each plain or with ".gz" (read when the library was built with zlib). x: f32 [N, 1, 28, 28], a pixel's byte
 * divided by 255, so 0 is paper and 1 is ink. y: i32 [N], 0 to 9. Fashion-MNIST has the same files. The
 * format is described at http://yann.lecun.com/exdb/mnist. */
WG_API wg_dataset *wg_mnist_load(const char *folder, wg_split split, wg_error *error);

/* Any pair of IDX files of unsigned bytes: images of rank 3 become [N, 1, H, W] of byte / 255, labels of rank
 * 1 must be below `classes` (0: the largest label + 1). Nothing in a file is believed: every size is held
 * against the file's length before memory is taken for it. WG_FILE when a file cannot be opened or read,
 * WG_FORMAT for wrong, truncated or surplus contents, with a message that names the file and the offset. */
WG_API wg_dataset *wg_idx_load(const char *images, const char *labels, size_t classes, wg_error *error);

/* Digits that the library draws by itself, for programs that must not depend on a download: each is a path of
 * a pen in one of several hands, shifted, turned, sheared, stretched and bent at random, drawn with a pen of
 * random width and ink on noisy paper. Shapes and scale are those of wg_mnist_load; sample i is a function of
 * (seed, i) alone: of a larger set with the same seed, a smaller one is the beginning. Labels are drawn too,
 * each digit equally likely. */
WG_API wg_dataset *wg_digits_draw(size_t count, uint64_t seed, wg_error *error);

/* ---- Batches --------------------------------------------------------------------------------------- */

typedef struct wg_batches wg_batches;

typedef struct wg_batches_options {
    size_t size;    /* samples of a batch; 0: 32 */
    uint64_t seed;  /* of the shuffling */
    bool in_order;  /* do not shuffle */
    bool drop_last; /* leave out a last batch of fewer samples */
    size_t first;   /* only the samples first .. first + count - 1; count 0: all from `first` on */
    size_t count;
    double mean, std; /* x is handed out as (x - mean) / std; std 0 counts as 1 */
    wg_allocator allocator;
} wg_batches_options;

/* A batch. `{0}` stands before the first batch of an epoch. All it points to is borrowed from the batches,
 * and good until the next call of wg_next_batch. */
typedef struct wg_batch {
    wg_array x, y;      /* [count, ...] */
    size_t count;       /* samples in it */
    const size_t *rows; /* which samples of the data set these are */
    size_t number;      /* 1 for the first of its epoch */
    uint64_t epoch;     /* 1 for the first */
} wg_batch;

/* NULL options are the defaults. The data set is borrowed and must outlive the batches; when it is NULL, or
 * the error is set already, nothing is made and an error that is set stays. WG_INVALID: a range beyond the
 * data set, or a std that is negative or not finite. */
WG_API wg_batches *wg_batches_new(
    const wg_dataset *dataset, const wg_batches_options *options, wg_error *error);
WG_API void wg_batches_free(wg_batches *batches);

/* The next batch, or false at the end of the epoch and on failure (wg_batches_status tells which). A batch of
 * {0} starts a new epoch, whose order is a function of (seed, epoch) alone. Only one epoch runs at a time:
 * going on with a batch of an earlier one fails with WG_STALE. */
WG_API bool wg_next_batch(wg_batches *batches, wg_batch *batch);

/* WG_OK unless the last wg_next_batch failed; WG_INVALID for NULL. */
WG_API wg_status wg_batches_status(const wg_batches *batches);

/* Batches in an epoch, and samples in these. */
WG_API size_t wg_batches_per_epoch(const wg_batches *batches);
WG_API size_t wg_batches_samples(const wg_batches *batches);

/* Epochs begun so far; and a way to go on where an earlier run stopped: the next {0} starts epoch `begun`
 * + 1. */
WG_API uint64_t wg_batches_epoch(const wg_batches *batches);
WG_API void wg_batches_set_epoch(wg_batches *batches, uint64_t begun);

WG_END_DECLS
#endif
