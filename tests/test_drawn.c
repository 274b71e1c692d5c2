/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <string.h>
#include <wengert/draw.h>

#include "harness.h"

/* A smaller set is the beginning of a larger one; another seed gives others; pixels are in [0, 1] and there
 * is ink. */
START_TEST(drawn_digits)
{
    wg_dataset *large = wg_digits_draw(300, 1, NULL), *small = wg_digits_draw(100, 1, NULL),
               *other = wg_digits_draw(100, 2, NULL);
    wg_array x = wg_dataset_x(large);
    const float *pixel = x.data;
    const int32_t *label = wg_dataset_y(large).data;
    ck_assert(wg_shape_equal(&x.shape, &WG_SHAPE(300, 1, 28, 28)) && x.dtype == WG_F32);
    ck_assert_mem_eq(pixel, wg_dataset_x(small).data, 100 * 784 * sizeof(float));
    ck_assert_mem_eq(label, wg_dataset_y(small).data, 100 * sizeof(int32_t));
    ck_assert_mem_ne(pixel, wg_dataset_x(other).data, 100 * 784 * sizeof(float));
    ck_assert_uint_eq(wg_dataset_classes(large), 10);
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
    ck_assert_ptr_null(wg_digits_draw(SIZE_MAX / 16, 1, &error));
    ck_assert_int_eq(error.status, WG_OVERFLOW);
}
END_TEST

TEST_MAIN("drawn", drawn_digits)
