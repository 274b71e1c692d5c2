/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Points in the plane. Sample i uses the random stream i of its set's name and seed, and nothing else.
 * Their formulas are in the public header. */

#include "data/dataset.h"

#include <math.h>
#include <wengert/random.h>

#define TWO_PI 6.283185307179586476925

struct plane {
    const char *name;
    size_t classes;
    double noise;
    /* Sets x of a sample; returns its label. */
    size_t (*place)(const struct plane *plane, size_t i, wg_random *random, double x[2]);
};

static wg_dataset *draw(const struct plane *plane, size_t count, uint64_t seed, wg_error *error)
{
    if (error && error->status != WG_OK)
        return NULL;
    if (plane->classes == 0 || plane->classes > INT32_MAX || !(plane->noise >= 0) || isinf(plane->noise)) {
        wg_error_set(
            error, WG_INVALID, "%s: %zu classes, noise %g", plane->name, plane->classes, plane->noise);
        return NULL;
    }
    wg_dataset *dataset = wg__dataset_new(NULL, WG_F64, WG_SHAPE(count, 2), WG_I32, WG_SHAPE(count), error);
    if (!dataset)
        return NULL;
    wg_random random = wg_random_named(seed, plane->name);
    for (size_t i = 0; i < count; i++) {
        wg_random own = {.seed = seed, .stream = random.stream + i};
        ((int32_t *)dataset->y)[i] = (int32_t)plane->place(plane, i, &own, (double *)dataset->x + 2 * i);
    }
    dataset->classes = plane->classes;
    return dataset;
}

static void add_noise(const struct plane *plane, wg_random *random, double x[2])
{
    x[0] += plane->noise * wg_random_normal(random);
    x[1] += plane->noise * wg_random_normal(random);
}

static size_t place_on_moon(const struct plane *plane, size_t i, wg_random *random, double x[2])
{
    double a = TWO_PI / 2 * wg_random_uniform(random);
    x[0] = i % 2 ? 1 - cos(a) : cos(a);
    x[1] = i % 2 ? 0.5 - sin(a) : sin(a);
    add_noise(plane, random, x);
    return i % 2;
}

static size_t place_on_circle(const struct plane *plane, size_t i, wg_random *random, double x[2])
{
    double a = TWO_PI * wg_random_uniform(random), r = i % 2 ? 0.5 : 1;
    x[0] = r * cos(a);
    x[1] = r * sin(a);
    add_noise(plane, random, x);
    return i % 2;
}

static size_t place_at_corner(const struct plane *plane, size_t i, wg_random *random, double x[2])
{
    size_t a = i / 2 % 2, b = i % 2;
    x[0] = (double)a;
    x[1] = (double)b;
    add_noise(plane, random, x);
    return a ^ b;
}

static size_t place_on_arm(const struct plane *plane, size_t i, wg_random *random, double x[2])
{
    size_t arm = i % plane->classes;
    double r = wg_random_uniform(random);
    double a =
        TWO_PI * (double)arm / (double)plane->classes + 4 * r + plane->noise * wg_random_normal(random);
    x[0] = r * sin(a);
    x[1] = r * cos(a);
    return arm;
}

static size_t place_in_blob(const struct plane *plane, size_t i, wg_random *random, double x[2])
{
    size_t blob = i % plane->classes;
    double a = TWO_PI * (double)blob / (double)plane->classes;
    x[0] = cos(a);
    x[1] = sin(a);
    add_noise(plane, random, x);
    return blob;
}

wg_dataset *wg_moons_make(size_t count, double noise, uint64_t seed, wg_error *error)
{
    return draw(&(struct plane){"moons", 2, noise, place_on_moon}, count, seed, error);
}

wg_dataset *wg_circles_make(size_t count, double noise, uint64_t seed, wg_error *error)
{
    return draw(&(struct plane){"circles", 2, noise, place_on_circle}, count, seed, error);
}

wg_dataset *wg_xor_make(size_t count, double noise, uint64_t seed, wg_error *error)
{
    return draw(&(struct plane){"xor", 2, noise, place_at_corner}, count, seed, error);
}

wg_dataset *wg_spiral_make(size_t count, size_t arms, double noise, uint64_t seed, wg_error *error)
{
    return draw(&(struct plane){"spiral", arms, noise, place_on_arm}, count, seed, error);
}

wg_dataset *wg_blobs_make(size_t count, size_t classes, double noise, uint64_t seed, wg_error *error)
{
    return draw(&(struct plane){"blobs", classes, noise, place_in_blob}, count, seed, error);
}
