/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* load.h - data sets from files: CSV, IDX (MNIST), CIFAR-10.
 *
 * A file may be plain or, when the library was built with zlib, gzip; its name does not matter for that.
 * Nothing in a file is believed: memory is taken only for what a file of its length can hold. */
#ifndef WENGERT_LOAD_H
#define WENGERT_LOAD_H

#include <wengert/data.h>

WG_BEGIN_DECLS

/* Which part of a data set that comes in two. */
typedef enum wg_split {
    WG_TRAIN_SPLIT, /* to learn from */
    WG_TEST_SPLIT   /* to be judged by */
} wg_split;

/* ---- CSV ------------------------------------------------------------------------------------------- */

/* Is the first line a header, names instead of values? */
typedef enum wg_csv_header {
    WG_CSV_HEADER_AUTO, /* if a field of it, in a column of x, is a word */
    WG_CSV_HEADER_YES,  /* yes, even if its names look like numbers */
    WG_CSV_HEADER_NO    /* no: columns are given by number */
} wg_csv_header;

/* How wg_csv_load reads. */
typedef struct wg_csv_options {
    char separator; /* 0: the first of , ; tab | that stands outside quotes in the first line, else a comma */
    char decimal;   /* '.' or ',', which stands in numbers; 0: found out, see below */
    wg_csv_header header;      /* 0: found out */
    const char *target;        /* the column that becomes y; NULL: the last */
    const char *const *ignore; /* columns that are left out */
    size_t ignore_count;       /* of them */
    bool labels;               /* y are classes, even if they look like numbers */
    wg_dtype dtype;            /* of x, and of y if it is no class: WG_F64 or WG_F32 */
    const wg_dataset *like;    /* read a further file just as this one, which was read from CSV too */
    size_t max_bytes;          /* memory for the text, and for the numbers in it; 0: 64 times the file's */
                               /* length, but at least 256 MiB */
    wg_allocator allocator;    /* for the data set too */
} wg_csv_options;

/* A table with a sample in each line:
 *
 *      sepal length,sepal width,species        x   f64 [N, 2]
 *      5.1,3.5,setosa                          y   i32 [N]: 0, 2      classes "setosa", ..., "virginica"
 *      5.9,3.0,virginica
 *
 *      wg_dataset *train = wg_csv_load("train.csv", NULL, &error);
 *      wg_dataset *test = wg_csv_load("test.csv", &(wg_csv_options){.like = train}, &error);
 *
 * Columns are given by name, if there is a header (a name in `target` or `ignore` says that there is), or by
 * number from 1. y are numbers [N] if the first sample's is one; otherwise, or with `labels`, they are
 * classes, i32 [N], by the order of their names: numbers by value, then others byte by byte. "1" and "1.0"
 * are two names.
 *
 * `like` makes data that the same model understands: where both files have headers, the columns of x are
 * found by their names, in the order of `like`, and any others are left out; otherwise there must be as many.
 * Types are those of `like`, and so are the classes: a label that it has not is an error.
 *
 * The form is that of RFC 4180: a field in quotes may hold separators, line ends and quotes ("" is one).
 * Lines end with \n, \r\n or \r; empty ones are passed over, and so are blanks around a field outside its
 * quotes, and UTF-8's byte order mark. A number is like -12.5e-3, whatever the locale, and correctly rounded
 * to double; or -12,5e-3, if `decimal` says so. Where it does not, the first number that has only one way to
 * be read decides for all: 0.5 for a point; 0,5 for a comma; but 1,234 might be a thousand, and decides
 * nothing. A comma in all of the first line's numbers separates nothing: 5,1;3,5 are two numbers. What can be
 * read in two ways is refused with a message that says which option tells.
 *
 * WG_FORMAT, naming file, line and column: a value that is missing (empty, ?, NA, N/A, NaN, null) or no
 * number, is infinite, too large for the dtype or longer than 1,000 characters; lines with different numbers
 * of fields; a quote that is not closed or not at a field's beginning; a byte 0. WG_FORMAT too: an empty
 * file, a header without samples, one column only. WG_NAME: `target` or `ignore` is not in the file, or its
 * name is there twice. WG_INVALID: another option out of range, no column left for x. WG_BAD_DTYPE: `dtype`
 * is no real type. WG_FILE, WG_OUT_OF_MEMORY. */
WG_API wg_dataset *wg_csv_load(const char *path, const wg_csv_options *options, wg_error *error);

/* ---- IDX and MNIST --------------------------------------------------------------------------------- */

/* How folders of pictures are read. */
typedef struct wg_pictures_options {
    size_t max_bytes;       /* memory for the numbers of any one file; 0: 64 times its length, but at least */
                            /* 256 MiB */
    wg_allocator allocator; /* for the data set too */
} wg_pictures_options;

/* Handwritten digits from a folder that holds the files of MNIST under their usual names,
 *      train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte,
 * or with a point (train-images.idx3-ubyte), or those of QMNIST (qmnist-train-images-idx3-ubyte,
 * qmnist-train-labels-idx2-int, qmnist-test-...), each plain or with ".gz" (read when the library was built
 * with zlib). x: f32 [N, 1, 28, 28], a pixel's byte divided by 255, so 0 is paper and 1 is ink. y: i32 [N], 0
 * to 9. Fashion-MNIST has the same files. The format is described at http://yann.lecun.com/exdb/mnist. */
WG_API wg_dataset *wg_mnist_load(
    const char *folder, wg_split split, const wg_pictures_options *options, wg_error *error);

/* How wg_idx_load reads. */
typedef struct wg_idx_options {
    size_t classes;         /* labels must be below; 0: the largest label + 1 */
    size_t max_bytes;       /* memory for the numbers of either file; 0: 64 times the file's length, but at */
                            /* least 256 MiB */
    wg_allocator allocator; /* for the data set too */
} wg_idx_options;

/* Any pair of IDX files, of images (or anything else, a sample in each row) and of labels. Images of rank 3
 * become [N, 1, H, W], others keep their shape. Of unsigned bytes x is byte / 255, f32; of other types it is
 * the numbers as they are: bytes with a sign, 16-bit integers and floats as f32, 32-bit integers and doubles
 * as f64. Labels are integers of any type, [N], or [N, M] of which the first column counts, as QMNIST has
 * them.
 *
 * Nothing in a file is believed: every size is held against the file's length before memory is taken for it.
 * WG_FILE when a file cannot be opened or read, WG_FORMAT for wrong, truncated or surplus contents, with a
 * message that names the file and the offset; WG_OUT_OF_MEMORY, also beyond `max_bytes`. */
WG_API wg_dataset *wg_idx_load(
    const char *images, const char *labels, const wg_idx_options *options, wg_error *error);

/* ---- CIFAR-10 -------------------------------------------------------------------------------------- */

/* Small coloured pictures from a folder that holds the files of CIFAR-10's "binary version",
 *      data_batch_1.bin, ..., data_batch_5.bin, test_batch.bin,
 * each plain or with ".gz". x: f32 [N, 3, 32, 32], red, green, blue, a byte divided by 255. y: i32 [N], 0 to
 * 9, whose names are airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck. The format is
 * described at https://www.cs.toronto.edu/~kriz/cifar.html.
 *
 * WG_FORMAT, naming file and offset: a length that is no multiple of a record's 3,073 bytes, an empty file, a
 * label over 9. WG_FILE, WG_INVALID; WG_OUT_OF_MEMORY, also beyond `max_bytes`. */
WG_API wg_dataset *wg_cifar10_load(
    const char *folder, wg_split split, const wg_pictures_options *options, wg_error *error);

/* The records of any such files, one file after the other. */
WG_API wg_dataset *wg_cifar10_load_files(
    const char *const *paths, size_t count, const wg_pictures_options *options, wg_error *error);

WG_END_DECLS
#endif
