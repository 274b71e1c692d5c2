/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* draw.h - data sets that the library draws by itself, for programs and tests that need no download. */
#ifndef WENGERT_DRAW_H
#define WENGERT_DRAW_H

#include <wengert/data.h>

WG_BEGIN_DECLS

/* ---- Digits ---------------------------------------------------------------------------------------- */

/* Digits that the library draws by itself, for programs that must not depend on a download: each is a path of
 * a pen in one of several hands, shifted, turned, sheared, stretched and bent at random, drawn with a pen of
 * random width and ink on noisy paper. Shapes and scale are those of wg_mnist_load; sample i is a function of
 * (seed, i) alone: of a larger set with the same seed, a smaller one is the beginning. Labels are drawn too,
 * each digit equally likely. */
WG_API wg_dataset *wg_digits_draw(size_t count, uint64_t seed, wg_error *error);

WG_END_DECLS
#endif
