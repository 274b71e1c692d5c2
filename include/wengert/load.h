/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* load.h - data sets from files: IDX and MNIST.
 *
 * A file may be plain or, when the library was built with zlib, gzip; its name does not matter for that. */
#ifndef WENGERT_LOAD_H
#define WENGERT_LOAD_H

#include <wengert/data.h>

WG_BEGIN_DECLS

/* ---- IDX and MNIST --------------------------------------------------------------------------------- */

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

WG_END_DECLS
#endif
