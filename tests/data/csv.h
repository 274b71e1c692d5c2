/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* csv.h - texts as CSV files, for tests of what becomes of them. Needs _POSIX_C_SOURCE 200809L. */
#ifndef WG_TESTS_CSV_H
#define WG_TESTS_CSV_H

#include <stdio.h>
#include <string.h>
#include <wengert/load.h>

#include "files.h"
#include "harness.h"

/* Every test reads the file "t.csv" of a fresh folder. */
static inline wg_dataset *csv_try(
    const void *bytes, size_t size, const wg_csv_options *options, wg_error *error)
{
    files_enter("csv");
    files_write("t.csv", bytes, size);
    wg_dataset *dataset = wg_csv_load("t.csv", options, error);
    files_leave();
    return dataset;
}

static inline wg_dataset *csv_load(const char *text, const wg_csv_options *options)
{
    wg_error error = {0};
    wg_dataset *dataset = csv_try(text, strlen(text), options, &error);
    ck_assert_msg(dataset, "%s", error.message);
    return dataset;
}

static inline void csv_refuse_bytes(
    const void *bytes, size_t size, const wg_csv_options *options, wg_status status, const char *message)
{
    wg_error error = {0};
    ck_assert_ptr_null(csv_try(bytes, size, options, &error));
    ck_assert_msg(error.status == status && strstr(error.message, message), "expected \"%s\", got %s: %s",
        message, wg_status_name(error.status), error.message);
}

static inline void csv_refuse(
    const char *text, const wg_csv_options *options, wg_status status, const char *message)
{
    csv_refuse_bytes(text, strlen(text), options, status, message);
}

/* x [rows, columns] in double, or f32 of the same values. */
static inline void csv_check_x(const wg_dataset *dataset, size_t rows, size_t columns, const double *expected)
{
    wg_array x = wg_dataset_x(dataset);
    ck_assert(wg_shape_equal(&x.shape, &WG_SHAPE(rows, columns)));
    for (size_t i = 0; i < rows * columns; i++) {
        double value = x.dtype == WG_F64 ? ((const double *)x.data)[i] : (double)((const float *)x.data)[i];
        ck_assert_msg(value == expected[i], "x[%zu] is %.17g, not %.17g", i, value, expected[i]);
    }
}

static inline void csv_check_labels(const wg_dataset *dataset, size_t rows, const int32_t *expected)
{
    wg_array y = wg_dataset_y(dataset);
    ck_assert(y.dtype == WG_I32 && wg_shape_equal(&y.shape, &WG_SHAPE(rows)));
    ck_assert_mem_eq(y.data, expected, rows * sizeof *expected);
}

#endif
