/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* synthetic.h - data sets that the library makes by itself, for programs and tests that need no download.
 *
 * Sample i is a function of the seed, the other arguments and i alone: of a larger set a smaller one is the
 * beginning. Below, u is uniform in [0, 1) and n, n1, n2 are normal with mean 0 and variance 1, drawn for the
 * sample.
 *
 * NULL and an error: WG_INVALID for an argument out of range, WG_OVERFLOW, WG_OUT_OF_MEMORY. */
#ifndef WENGERT_SYNTHETIC_H
#define WENGERT_SYNTHETIC_H

#include <wengert/data.h>

WG_BEGIN_DECLS

/* ---- Digits ---------------------------------------------------------------------------------------- */

/* Digits that the library draws by itself, for programs that must not depend on a download: each is a path of
 * a pen in one of several hands, shifted, turned, sheared, stretched and bent at random, drawn with a pen of
 * random width and ink on noisy paper. Shapes and scale are those of wg_mnist_load. Labels are drawn too,
 * each digit equally likely. */
WG_API wg_dataset *wg_digits_make(size_t count, uint64_t seed, wg_error *error);

/* ---- Points in the plane --------------------------------------------------------------------------- */

/* x: f64 [count, 2]. y: i32 [count]; sample i is of class i mod classes (for XOR see there), so that classes
 * differ by one sample at most. `noise`, finite and not negative, is a standard deviation. */

/* Two interleaving half circles of radius 1; 2 classes, with a = pi u:
 *
 *      class 0    x = (cos a, sin a) + noise (n1, n2)
 *      class 1    x = (1 - cos a, 1/2 - sin a) + noise (n1, n2) */
WG_API wg_dataset *wg_moons_make(size_t count, double noise, uint64_t seed, wg_error *error);

/* Two circles about the origin, of radius r = 1 (class 0) and r = 1/2 (class 1), with a = 2 pi u:
 *
 *      x = r (cos a, sin a) + noise (n1, n2) */
WG_API wg_dataset *wg_circles_make(size_t count, double noise, uint64_t seed, wg_error *error);

/* The corners of the unit square, labelled by exclusive or; with a = floor(i / 2) mod 2 and b = i mod 2:
 *
 *      x = (a, b) + noise (n1, n2)        y = a xor b
 *
 * Four samples without noise are the truth table. */
WG_API wg_dataset *wg_xor_make(size_t count, double noise, uint64_t seed, wg_error *error);

/* `arms` spirals that wind out of the origin, one for each class j, with r = u. The lectures' has three arms
 * and noise 0.2 (Stanford's CS231n); the noise is of the angle, in radians:
 *
 *      a = 2 pi j / arms + 4 r + noise n        x = r (sin a, cos a) */
WG_API wg_dataset *wg_spiral_make(size_t count, size_t arms, double noise, uint64_t seed, wg_error *error);

/* Round clouds whose centres lie evenly on the unit circle, one for each class j:
 *
 *      x = (cos(2 pi j / classes), sin(2 pi j / classes)) + noise (n1, n2) */
WG_API wg_dataset *wg_blobs_make(size_t count, size_t classes, double noise, uint64_t seed, wg_error *error);

/* ---- Regression ------------------------------------------------------------------------------------ */

/* A linear law with noise: x f64 [count, features] and w, b are normal with mean 0 and variance 1,
 *
 *      y = x w + b + noise n        f64 [count]
 *
 * The law depends on the seed alone, not on count. Unless NULL, `weights` gets its features + 1 numbers w, b.
 * WG_INVALID: no feature or more than 2^31 - 1, a noise that is negative or not finite. */
WG_API wg_dataset *wg_regression_make(
    size_t count, size_t features, double noise, uint64_t seed, double *weights, wg_error *error);

WG_END_DECLS
#endif
