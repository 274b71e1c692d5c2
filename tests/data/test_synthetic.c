/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <math.h>
#include <string.h>
#include <wengert/synthetic.h>

#include "harness.h"

#define PI 3.14159265358979323846

/* The sets of points in the plane, as functions of the same arguments. */
static wg_dataset *moons(size_t count, size_t classes, double noise, uint64_t seed, wg_error *error)
{
    (void)classes;
    return wg_moons_make(count, noise, seed, error);
}

static wg_dataset *circles(size_t count, size_t classes, double noise, uint64_t seed, wg_error *error)
{
    (void)classes;
    return wg_circles_make(count, noise, seed, error);
}

static wg_dataset *corners(size_t count, size_t classes, double noise, uint64_t seed, wg_error *error)
{
    (void)classes;
    return wg_xor_make(count, noise, seed, error);
}

static const struct {
    wg_dataset *(*draw)(size_t count, size_t classes, double noise, uint64_t seed, wg_error *error);
    size_t classes;
} sets[] = {{moons, 2}, {circles, 2}, {corners, 2}, {wg_spiral_make, 3}, {wg_blobs_make, 5}};

enum { SETS = sizeof sets / sizeof sets[0] };

static const double *x_of(const wg_dataset *dataset)
{
    return wg_dataset_x(dataset).data;
}

static const int32_t *y_of(const wg_dataset *dataset)
{
    return wg_dataset_y(dataset).data;
}

/* Shapes; classes equal to within one sample, in every beginning of a set; a beginning is a smaller set. */
START_TEST(beginnings_and_classes)
{
    size_t classes = sets[_i].classes, seen[5] = {0};
    wg_dataset *large = sets[_i].draw(101, classes, 0.1, 7, NULL),
               *small = sets[_i].draw(50, classes, 0.1, 7, NULL),
               *other = sets[_i].draw(50, classes, 0.1, 8, NULL);
    wg_array x = wg_dataset_x(large), y = wg_dataset_y(large);
    ck_assert(x.dtype == WG_F64 && wg_shape_equal(&x.shape, &WG_SHAPE(101, 2)));
    ck_assert(y.dtype == WG_I32 && wg_shape_equal(&y.shape, &WG_SHAPE(101)));
    ck_assert_uint_eq(wg_dataset_class_count(large), classes);
    ck_assert_mem_eq(x_of(large), x_of(small), 100 * sizeof(double));
    ck_assert_mem_eq(y_of(large), y_of(small), 50 * sizeof(int32_t));
    ck_assert_mem_ne(x_of(other), x_of(small), 100 * sizeof(double));
    for (size_t i = 0; i < 101; i++) {
        size_t least = SIZE_MAX, most = 0;
        seen[y_of(large)[i]]++;
        for (size_t c = 0; c < classes; c++) {
            least = seen[c] < least ? seen[c] : least;
            most = seen[c] > most ? seen[c] : most;
        }
        ck_assert(most - least <= 1);
        ck_assert(isfinite(x_of(large)[2 * i]) && isfinite(x_of(large)[2 * i + 1]));
    }
    wg_dataset_free(large);
    wg_dataset_free(small);
    wg_dataset_free(other);
    wg_dataset *empty = sets[_i].draw(0, classes, 0, 1, NULL);
    ck_assert(empty && wg_dataset_count(empty) == 0 && wg_dataset_class_count(empty) == classes);
    wg_dataset_free(empty);
}
END_TEST

/* What noise adds: n1 and n2 with mean 0 and variance 1, the rest of the sample as it was. The mean of 4,000
 * has the deviation 1 / sqrt(4000) = 0.016, their mean square 0.022. Of the spiral's the angle is compared.
 */
START_TEST(noise_is_normal)
{
    size_t classes = sets[_i].classes, n = 2000;
    wg_dataset *clear = sets[_i].draw(n, classes, 0, 3, NULL),
               *noisy = sets[_i].draw(n, classes, 0.125, 3, NULL);
    double sum = 0, squares = 0;
    size_t count = 0;
    for (size_t i = 0; i < 2 * n; i++) {
        double difference = (x_of(noisy)[i] - x_of(clear)[i]) / 0.125;
        if (sets[_i].draw == wg_spiral_make) {
            if (i % 2)
                continue;
            const double *a = x_of(clear) + i, *b = x_of(noisy) + i;
            ck_assert(fabs(hypot(a[0], a[1]) - hypot(b[0], b[1])) < 1e-12);
            difference = remainder(atan2(b[0], b[1]) - atan2(a[0], a[1]), 2 * PI) / 0.125;
        }
        count++;
        sum += difference;
        squares += difference * difference;
    }
    ck_assert_msg(fabs(sum / (double)count) < 0.12, "mean %g", sum / (double)count);
    ck_assert_msg(fabs(squares / (double)count - 1) < 0.17, "variance %g", squares / (double)count);
    wg_dataset_free(clear);
    wg_dataset_free(noisy);
}
END_TEST

START_TEST(moons_without_noise)
{
    wg_dataset *d = wg_moons_make(1000, 0, 1, NULL);
    double lowest = 1, highest = 0;
    for (size_t i = 0; i < 1000; i++) {
        double x = x_of(d)[2 * i], y = x_of(d)[2 * i + 1];
        bool first = y_of(d)[i] == 0;
        ck_assert(fabs(hypot(first ? x : x - 1, first ? y : y - 0.5) - 1) < 1e-12);
        ck_assert(first ? y >= 0 : y <= 0.5);
        if (first) {
            lowest = fmin(lowest, x);
            highest = fmax(highest, x);
        }
    }
    ck_assert(lowest < -0.99 && highest > 0.99); /* the whole half */
    wg_dataset_free(d);
}
END_TEST

START_TEST(circles_without_noise)
{
    wg_dataset *d = wg_circles_make(1000, 0, 1, NULL);
    size_t quadrant[2][4] = {{0}};
    for (size_t i = 0; i < 1000; i++) {
        double x = x_of(d)[2 * i], y = x_of(d)[2 * i + 1];
        ck_assert(fabs(hypot(x, y) - (y_of(d)[i] ? 0.5 : 1)) < 1e-12);
        quadrant[y_of(d)[i]][2 * (x < 0) + (y < 0)]++;
    }
    for (size_t k = 0; k < 8; k++)
        ck_assert_uint_ge(quadrant[k / 4][k % 4], 80); /* of 125 */
    wg_dataset_free(d);
}
END_TEST

START_TEST(the_truth_table_of_xor)
{
    wg_dataset *d = wg_xor_make(5, 0, 9, NULL);
    const double x[10] = {0, 0, 0, 1, 1, 0, 1, 1, 0, 0};
    const int32_t y[5] = {0, 1, 1, 0, 0};
    ck_assert_mem_eq(x_of(d), x, sizeof x);
    ck_assert_mem_eq(y_of(d), y, sizeof y);
    wg_dataset_free(d);
}
END_TEST

/* Unwound by 4 r, an arm is a ray. */
START_TEST(spirals_without_noise)
{
    for (size_t arms = 1; arms <= 4; arms++) {
        wg_dataset *d = wg_spiral_make(400, arms, 0, 1, NULL);
        double longest = 0;
        for (size_t i = 0; i < 400; i++) {
            double r = hypot(x_of(d)[2 * i], x_of(d)[2 * i + 1]);
            double a = atan2(x_of(d)[2 * i], x_of(d)[2 * i + 1]) - 4 * r;
            ck_assert(r < 1 + 1e-12 &&
                      fabs(remainder(a - 2 * PI * (double)(i % arms) / (double)arms, 2 * PI)) < 1e-9);
            longest = fmax(longest, r);
        }
        ck_assert(longest > 0.98);
        wg_dataset_free(d);
    }
}
END_TEST

START_TEST(blobs_without_noise)
{
    wg_dataset *d = wg_blobs_make(4, 4, 0, 1, NULL);
    const double x[8] = {1, 0, 0, 1, -1, 0, 0, -1};
    for (size_t i = 0; i < 8; i++)
        ck_assert(fabs(x_of(d)[i] - x[i]) < 1e-15);
    wg_dataset_free(d);
}
END_TEST

START_TEST(a_linear_law)
{
    double w[4], same[4];
    wg_dataset *d = wg_regression_make(2000, 3, 0, 5, w, NULL),
               *noisy = wg_regression_make(1000, 3, 0.5, 5, same, NULL);
    ck_assert_mem_eq(w, same, sizeof w);
    ck_assert_mem_eq(x_of(d), x_of(noisy), 3000 * sizeof(double));
    wg_array x_array = wg_dataset_x(d), y_array = wg_dataset_y(d);
    ck_assert(x_array.dtype == WG_F64 && wg_shape_equal(&x_array.shape, &WG_SHAPE(2000, 3)));
    ck_assert(y_array.dtype == WG_F64 && wg_shape_equal(&y_array.shape, &WG_SHAPE(2000)));
    ck_assert_uint_eq(wg_dataset_class_count(d), 0);
    const double *y = y_array.data, *with_noise = wg_dataset_y(noisy).data;
    double mean = 0, squares = 0, noise = 0;
    for (size_t i = 0; i < 2000; i++) {
        const double *x = x_of(d) + 3 * i;
        ck_assert(fabs(y[i] - (x[0] * w[0] + x[1] * w[1] + x[2] * w[2] + w[3])) < 1e-12);
        mean += (x[0] + x[1] + x[2]) / 6000;
        squares += (x[0] * x[0] + x[1] * x[1] + x[2] * x[2]) / 6000;
    }
    for (size_t i = 0; i < 1000; i++)
        noise += (with_noise[i] - y[i]) * (with_noise[i] - y[i]) / 1000;
    ck_assert(fabs(mean) < 5 / sqrt(6000) && fabs(squares - 1) < 5 * sqrt(2 / 6000.0));
    ck_assert(fabs(noise - 0.25) < 5 * 0.25 * sqrt(2 / 1000.0));
    wg_dataset_free(d);
    wg_dataset_free(noisy);
    d = wg_regression_make(0, 3, 0, 5, same, NULL);
    ck_assert_mem_eq(w, same, sizeof w);
    wg_dataset_free(d);
    d = wg_regression_make(10, 3, 0, 6, NULL, NULL);
    ck_assert_ptr_nonnull(d);
    wg_dataset_free(d);
}
END_TEST

START_TEST(arguments_out_of_range)
{
    static const double bad[] = {-1, (double)NAN, (double)INFINITY, (double)-INFINITY};
    wg_error error = {0};
    for (size_t s = 0; s < SETS; s++) {
        for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
            wg_error_clear(&error);
            ck_assert_ptr_null(sets[s].draw(10, sets[s].classes, bad[k], 1, &error));
            ck_assert(error.status == WG_INVALID && strstr(error.message, "noise"));
        }
        ck_assert_ptr_null(sets[s].draw(10, sets[s].classes, 0, 1, &error)); /* an error that is set */
        wg_error_clear(&error);
        ck_assert_ptr_null(sets[s].draw(SIZE_MAX / 4, sets[s].classes, 0, 1, &error));
        ck_assert_int_eq(error.status, WG_OVERFLOW);
    }
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++)
        ck_assert_ptr_null(wg_regression_make(10, 2, bad[k], 1, NULL, NULL));
    wg_error_clear(&error);
    ck_assert_ptr_null(wg_spiral_make(10, 0, 0, 1, &error));
    ck_assert_str_eq(error.message, "spiral: 0 classes, noise 0");
    ck_assert_ptr_null(wg_blobs_make(10, (size_t)INT32_MAX + 1, 0, 1, NULL));
    ck_assert_ptr_null(wg_regression_make(10, 0, 0, 1, NULL, NULL));
    ck_assert_ptr_null(wg_regression_make(0, SIZE_MAX, 0, 1, NULL, NULL));
    wg_error_clear(&error);
    ck_assert_ptr_null(wg_regression_make(SIZE_MAX / 2, 2, 0, 1, NULL, &error));
    ck_assert_int_eq(error.status, WG_OVERFLOW);
    ck_assert_ptr_null(wg_regression_make(1, 1, 0, 1, NULL, &error));
}
END_TEST

/* A smaller set is the beginning of a larger one; another seed gives others; pixels are in [0, 1] and there
 * is ink. */
START_TEST(drawn_digits)
{
    wg_dataset *large = wg_digits_make(300, 1, NULL), *small = wg_digits_make(100, 1, NULL),
               *other = wg_digits_make(100, 2, NULL);
    wg_array x = wg_dataset_x(large);
    const float *pixel = x.data;
    const int32_t *label = wg_dataset_y(large).data;
    ck_assert(wg_shape_equal(&x.shape, &WG_SHAPE(300, 1, 28, 28)) && x.dtype == WG_F32);
    ck_assert_mem_eq(pixel, wg_dataset_x(small).data, 100 * 784 * sizeof(float));
    ck_assert_mem_eq(label, wg_dataset_y(small).data, 100 * sizeof(int32_t));
    ck_assert_mem_ne(pixel, wg_dataset_x(other).data, 100 * 784 * sizeof(float));
    ck_assert_uint_eq(wg_dataset_class_count(large), 10);
    size_t seen[10] = {0};
    for (size_t i = 0; i < 300; i++) {
        float ink = 0;
        for (size_t k = 0; k < 784; k++) {
            ck_assert(pixel[784 * i + k] >= 0 && pixel[784 * i + k] <= 1);
            ink += pixel[784 * i + k];
        }
        ck_assert_msg(ink > 20 && ink < 350, "image %zu has ink %g", i, (double)ink);
        ck_assert(label[i] >= 0 && label[i] < 10);
        seen[label[i]]++;
    }
    for (size_t digit = 0; digit < 10; digit++)
        ck_assert_uint_ge(seen[digit], 12);
    wg_dataset_free(large);
    wg_dataset_free(small);
    wg_dataset_free(other);
    wg_error error = {0};
    ck_assert_ptr_null(wg_digits_make(SIZE_MAX / 16, 1, &error));
    ck_assert_int_eq(error.status, WG_OVERFLOW);
}
END_TEST

/* Twelve digits as they are: the label; the sums of the ink and of its squares, and of the ink times its
 * column and its row. They were taken from pictures that a person could read. */
START_TEST(digits_by_a_known_answer)
{
    static const struct {
        int32_t label;
        double sums[4];
    } known[] = {{1, {83.619, 40.844, 1109.0, 1032.4}}, {0, {149.227, 106.529, 2470.8, 2177.2}},
        {2, {74.613, 45.519, 964.7, 1106.6}}, {3, {147.001, 119.320, 2172.7, 2008.8}},
        {1, {59.770, 32.969, 767.6, 846.4}}, {7, {154.631, 107.425, 2288.8, 1953.3}},
        {4, {99.810, 55.362, 1439.6, 1401.7}}, {3, {58.951, 30.285, 769.7, 782.1}},
        {0, {108.764, 77.991, 1493.6, 1794.4}}, {3, {79.168, 40.274, 1120.3, 1100.8}},
        {3, {91.295, 42.331, 1207.9, 1221.2}}, {0, {127.260, 82.061, 1877.4, 1625.9}}};
    enum { KNOWN = sizeof known / sizeof known[0], SIDE = 28, PIXELS = SIDE * SIDE };
    wg_dataset *d = wg_digits_make(KNOWN, 1, NULL), *other = wg_digits_make(KNOWN, 2, NULL);
    const float *x = wg_dataset_x(d).data;
    for (size_t i = 0; i < KNOWN; i++, x += PIXELS) {
        double sums[4] = {0};
        for (size_t p = 0; p < PIXELS; p++) {
            double ink = (double)x[p];
            ck_assert(ink >= 0 && ink <= 1);
            sums[0] += ink;
            sums[1] += ink * ink;
            sums[2] += ink * (double)(p % SIDE);
            sums[3] += ink * (double)(p / SIDE);
        }
        ck_assert_int_eq(y_of(d)[i], known[i].label);
        for (size_t k = 0; k < 4; k++) /* the last digits are those of the C library's functions */
            ck_assert_msg(fabs(sums[k] - known[i].sums[k]) < 1e-3 * known[i].sums[k],
                "digit %zu, sum %zu: %.3f", i, k, sums[k]);
    }
    ck_assert_mem_ne(wg_dataset_x(other).data, wg_dataset_x(d).data, PIXELS * sizeof(float));
    wg_dataset_free(d);
    wg_dataset_free(other);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {
        {beginnings_and_classes, SETS},
        {noise_is_normal, SETS},
        {moons_without_noise, 0},
        {circles_without_noise, 0},
        {the_truth_table_of_xor, 0},
        {spirals_without_noise, 0},
        {blobs_without_noise, 0},
        {a_linear_law, 0},
        {arguments_out_of_range, 0},
        {drawn_digits, 0},
        {digits_by_a_known_answer, 0},
    };
    return harness_run("synthetic", tests, sizeof tests / sizeof tests[0]);
}
