/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* data.h - data sets and the batches that training takes from them. It brings load.h, which reads data sets
 * from files, and synthetic.h, which makes them.
 *
 *      wg_dataset *train = wg_mnist_load("data/mnist", WG_TRAIN_SPLIT, NULL, &error);
 *      wg_batches *batches = wg_batches_new(train, &(wg_batches_options){.size = 64, .seed = 1}, &error);
 *      for (size_t epoch = 0; epoch < epochs; epoch++)
 *          for (wg_batch batch = {0}; wg_batches_next(batches, &batch);)
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

/* NULL is allowed. Batches made from the data set have no next one from then on, see wg_batches_status. */
WG_API void wg_dataset_free(wg_dataset *dataset);

/* Samples in it; 0 for NULL. */
WG_API size_t wg_dataset_count(const wg_dataset *dataset);

/* Views of all samples, borrowed until the data set is freed; a NULL data set gives {0}. */
WG_API wg_array wg_dataset_x(const wg_dataset *dataset);
WG_API wg_array wg_dataset_y(const wg_dataset *dataset);

/* 10 for digits; in general the largest label + 1; 0 when y holds no labels. */
WG_API size_t wg_dataset_class_count(const wg_dataset *dataset);

/* What class i, column j of x ([N, columns]) and y are called, as far as the file that they come from says
 * so; otherwise NULL. Borrowed until the data set is freed. */
WG_API const char *wg_dataset_class_name(const wg_dataset *dataset, size_t i);
WG_API const char *wg_dataset_column_name(const wg_dataset *dataset, size_t j);
WG_API const char *wg_dataset_target_name(const wg_dataset *dataset);

/* ---- Parts of a data set --------------------------------------------------------------------------- */

/* A new data set of samples rows[0], rows[1], ... of another, which may repeat: copies, with the same
 * classes, names and allocator. NULL and an error: WG_INVALID for a NULL data set or rows, WG_BAD_INDEX,
 * WG_OUT_OF_MEMORY. */
WG_API wg_dataset *wg_dataset_select(
    const wg_dataset *dataset, const size_t *rows, size_t count, wg_error *error);

typedef struct wg_dataset_split_options {
    uint64_t seed;   /* of the shuffling */
    bool stratified; /* every part gets its share of every class; needs labels */
    bool in_order;   /* do not shuffle: the samples of a part stay in the order of the data set */
} wg_dataset_split_options;

/* Deals the N samples out to `parts` parts, part p getting the share fractions[p]:
 *
 *      wg_dataset_split_rows(dataset, (double[]){0.8, 0.1, 0.1}, 3,
 *          &(wg_dataset_split_options){.seed = 1}, rows, counts, &error);
 *      rows      [N]      each sample once: counts[0] samples of part 0, then those of part 1 ...
 *      counts    [parts]
 *
 * counts[p] is N fractions[p] rounded down, or up for those that rounding down cuts most, until all samples
 * are dealt out (largest remainders; of equal ones the first). Unstratified, the samples are shuffled and
 * cut; in_order they are only cut, so that the first samples are part 0. Stratified, they are lined up class
 * by class, and the next sample goes to the part that must not wait (Tijdeman, "The chairman assignment
 * problem", Discrete Mathematics 32, 1980): of a class of n samples, part p gets n counts[p] / N, give or
 * take less than 2, and the counts are those above. A function of the labels, fractions and options alone.
 *
 * WG_INVALID: no data set, no parts, a fraction that is negative or not finite, fractions that do not add up
 * to 1 within 1e-6, or `stratified` without labels (i32 y of rank 1). WG_OUT_OF_MEMORY. */
WG_API wg_status wg_dataset_split_rows(const wg_dataset *dataset, const double *fractions, size_t parts,
    const wg_dataset_split_options *options, size_t *rows, size_t *counts, wg_error *error);

/* The same as data sets of their own: out[parts], each to be freed; all NULL on failure. */
WG_API wg_status wg_dataset_split(const wg_dataset *dataset, const double *fractions, size_t parts,
    const wg_dataset_split_options *options, wg_dataset **out, wg_error *error);

/* ---- Batches --------------------------------------------------------------------------------------- */

/* A way through a data set; made by wg_batches_new. */
typedef struct wg_batches wg_batches;

typedef struct wg_batches_options {
    size_t size;         /* samples of a batch; 0: 32 */
    uint64_t seed;       /* of the shuffling */
    bool in_order;       /* do not shuffle */
    bool drop_last;      /* leave out a last batch of fewer samples */
    size_t first, count; /* only the samples first .. first + count - 1; count 0: all from `first` on */
    const size_t *rows; /* or, instead of a range, these samples (wg_dataset_split_rows gives such); copied */
    size_t row_count;   /* with rows; 0 is an empty list. A sample may be listed more than once */
    const double *weights;  /* one for each sample of the data set, see below; copied; NULL: shuffle */
    double mean, std;       /* x is handed out as (x - mean) / std; std 0 counts as 1 */
    wg_allocator allocator; /* {0}: malloc */
} wg_batches_options;

/* A batch. `{0}` stands before the first batch of an epoch. All it points to is borrowed from the batches,
 * and good until the next call of wg_batches_next. */
typedef struct wg_batch {
    wg_array x, y;      /* [count, ...] */
    size_t count;       /* samples in it */
    const size_t *rows; /* which samples of the data set these are */
    size_t number;      /* 1 for the first of its epoch */
    uint64_t epoch;     /* 1 for the first */
} wg_batch;

/* NULL options are the defaults. The data set is borrowed: batches whose data set was freed have no next one.
 * When it is NULL, or the error is set already, nothing is made and an error that is set stays.
 *
 * Without weights an epoch has each sample of the range or list once. With weights w it has as many samples,
 * each drawn with replacement: sample i with probability w_i / sum of w over the range or list. Rare classes
 * are seen as often as frequent ones when w_i is 1 / (samples of i's class).
 *
 * WG_INVALID: a range beyond the data set; a range and a list; a row_count without rows; a std that is
 * negative or not finite; a weight that is negative or not finite, or weights that are all 0; weights with
 * in_order. WG_BAD_INDEX: a row beyond the data set. WG_OUT_OF_MEMORY. */
WG_API wg_batches *wg_batches_new(
    const wg_dataset *dataset, const wg_batches_options *options, wg_error *error);
WG_API void wg_batches_free(wg_batches *batches);

/* The next batch, or false at the end of the epoch and on failure (wg_batches_status tells which). A batch of
 * {0} starts a new epoch, whose order is a function of (seed, epoch) alone. Only one epoch runs at a time:
 * going on with a batch of an earlier one fails with WG_STALE. */
WG_API bool wg_batches_next(wg_batches *batches, wg_batch *batch);

/* WG_OK unless the last wg_batches_next failed: WG_STALE as said above, WG_INVALID when the data set was
 * freed; WG_INVALID for NULL. And in words, "" when all is well. */
WG_API wg_status wg_batches_status(const wg_batches *batches);
WG_API const char *wg_batches_message(const wg_batches *batches);

/* Batches in an epoch, and samples in these. */
WG_API size_t wg_batches_per_epoch(const wg_batches *batches);
WG_API size_t wg_batches_sample_count(const wg_batches *batches);

/* Epochs begun so far; and a way to go on where an earlier run stopped: the next {0} starts epoch `begun`
 * + 1, and a batch of that epoch, kept from the earlier run, goes on in the middle of it. */
WG_API uint64_t wg_batches_epoch(const wg_batches *batches);
WG_API void wg_batches_set_epoch(wg_batches *batches, uint64_t begun);

/* Goes on in the middle of an epoch: *batch becomes what it was after batch `number` (from 1) of `epoch`, but
 * without data, and the next wg_batches_next gives batch number + 1 with the samples that the uninterrupted
 * epoch has there. Number 0 stands before the epoch, the last number at its end. WG_INVALID for NULL;
 * WG_BAD_INDEX, with nothing changed, for epoch 0 or a number beyond the epoch. */
WG_API wg_status wg_batches_seek(wg_batches *batches, uint64_t epoch, size_t number, wg_batch *batch);

WG_END_DECLS

#include <wengert/synthetic.h>
#include <wengert/load.h>

#endif
