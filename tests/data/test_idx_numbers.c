/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define _POSIX_C_SOURCE 200809L

#include <string.h>
#include <wengert/data.h>

#include "files.h"
#include "harness.h"

static const unsigned char labels[10] = {0, 0, 8, 1, 0, 0, 0, 2, 7, 9};

static double number_at(const wg_array *x, size_t i)
{
    return x->dtype == WG_F64 ? ((const double *)x->data)[i] : (double)((const float *)x->data)[i];
}

/* Other types: numbers as they are, big-endian, in a type that holds them. */
START_TEST(types_of_numbers)
{
    static const struct {
        unsigned char type, bytes[16], size;
        wg_dtype dtype;
        double expected[2];
    } cases[] = {{0x09, {0x7F, 0x80}, 2, WG_F32, {127, -128}},
        {0x0B, {0x01, 0x00, 0xFF, 0xFE}, 4, WG_F32, {256, -2}},
        {0x0C, {0x7F, 0xFF, 0xFF, 0xFF, 0x80}, 8, WG_F64, {2147483647, -2147483648.0}},
        {0x0D, {0x3F, 0x80, 0, 0, 0xC0}, 8, WG_F32, {1, -2}},
        {0x0E, {0x3F, 0xF0, 0, 0, 0, 0, 0, 0, 0xC0}, 16, WG_F64, {1, -2}}};
    files_enter("idx");
    files_write("l", labels, sizeof labels);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned char file[8 + 16] = {0, 0, cases[i].type, 1, 0, 0, 0, 2};
        wg_error error = {0};
        memcpy(file + 8, cases[i].bytes, 16);
        files_write("i", file, 8 + (size_t)cases[i].size);
        wg_dataset *dataset = wg_idx_load("i", "l", NULL, &error);
        ck_assert_msg(dataset, "%s", error.message);
        wg_array x = wg_dataset_x(dataset);
        ck_assert(x.dtype == cases[i].dtype && wg_shape_equal(&x.shape, &WG_SHAPE(2)));
        for (size_t k = 0; k < 2; k++)
            ck_assert_double_eq(number_at(&x, k), cases[i].expected[k]);
        wg_dataset_free(dataset);
    }
    files_leave();
}
END_TEST

/* More numbers of each type than any block that a reader takes at once, and no multiple of one. */
START_TEST(more_than_a_block)
{
    enum { COLUMNS = 40009, COUNT = 2 * COLUMNS };
    static const unsigned char codes[] = {0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E}, sizes[] = {1, 1, 2, 4, 4, 8};
    static unsigned char file[12 + 8 * COUNT];
    files_enter("idx");
    files_write("l", labels, sizeof labels);
    for (size_t k = 0; k < sizeof codes; k++) {
        size_t size = sizes[k];
        memcpy(
            file, ((unsigned char[]){0, 0, codes[k], 2, 0, 0, 0, 2, 0, 0, COLUMNS >> 8, COLUMNS & 255}), 12);
        for (size_t i = 0; i < COUNT; i++) {
            float single = (float)(i % 101);
            double real = (double)(i % 101);
            uint32_t half;
            uint64_t bits = i % 101;
            memcpy(&half, &single, 4);
            if (codes[k] == 0x0D)
                bits = half;
            else if (codes[k] == 0x0E)
                memcpy(&bits, &real, 8);
            for (size_t b = 0; b < size; b++)
                file[12 + size * i + b] = (unsigned char)(bits >> (8 * (size - 1 - b)));
        }
        files_write("i", file, 12 + size * COUNT);
        wg_error error = {0};
        wg_dataset *dataset = wg_idx_load("i", "l", NULL, &error);
        ck_assert_msg(dataset, "%s", error.message);
        wg_array x = wg_dataset_x(dataset);
        ck_assert(wg_shape_equal(&x.shape, &WG_SHAPE(2, COLUMNS)));
        for (size_t i = 0; i < COUNT; i++)
            ck_assert_double_eq(
                number_at(&x, i), k ? (double)(i % 101) : (double)((float)(i % 101) / 255.0f));
        wg_dataset_free(dataset);
    }
    files_leave();
}
END_TEST

TEST_MAIN("idx_numbers", types_of_numbers, more_than_a_block)
