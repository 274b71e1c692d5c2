/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wengert/load.h>

#include "files.h"
#include "gzip.h"
#include "harness.h"

enum { PIXELS = 3 * 32 * 32, RECORD = 1 + PIXELS, MOST = 3 };

/* Record r of a file: its label, then the bytes pixel(r, 0), pixel(r, 1) ... */
static unsigned char pixel(size_t record, size_t i)
{
    return (unsigned char)(i * 7 + i / 256 + record * 31);
}

static const unsigned char *records(size_t first, size_t count)
{
    static unsigned char bytes[MOST * RECORD];
    for (size_t r = 0; r < count; r++) {
        bytes[r * RECORD] = (unsigned char)((first + r) % 10);
        for (size_t i = 0; i < PIXELS; i++)
            bytes[r * RECORD + 1 + i] = pixel(first + r, i);
    }
    return bytes;
}

static void write_records(const char *name, size_t first, size_t count)
{
    files_write(name, records(first, count), count * RECORD);
}

static void write_packed(const char *name, size_t first, size_t count)
{
    unsigned char packed[MOST * RECORD + GZIP_EXTRA];
    files_write(name, packed, gzip_pack(packed, records(first, count), count * RECORD));
}

/* Records 0 .. count - 1. */
static void check_records(wg_dataset *dataset, size_t count, const wg_error *error)
{
    ck_assert_msg(dataset, "%s", error->message);
    wg_array x = wg_dataset_x(dataset), y = wg_dataset_y(dataset);
    ck_assert(x.dtype == WG_F32 && wg_shape_equal(&x.shape, &WG_SHAPE(count, 3, 32, 32)));
    ck_assert(y.dtype == WG_I32 && wg_shape_equal(&y.shape, &WG_SHAPE(count)));
    for (size_t r = 0; r < count; r++) {
        ck_assert_int_eq(((const int32_t *)y.data)[r], (int32_t)(r % 10));
        for (size_t i = 0; i < PIXELS; i++)
            ck_assert(((const float *)x.data)[r * PIXELS + i] == (float)pixel(r, i) / 255.0f);
    }
    ck_assert_uint_eq(wg_dataset_class_count(dataset), 10);
    ck_assert_str_eq(wg_dataset_class_name(dataset, 0), "airplane");
    ck_assert_str_eq(wg_dataset_class_name(dataset, 9), "truck");
    wg_dataset_free(dataset);
}

static void refuse(const char *path, wg_status status, const char *message)
{
    wg_error error = {0};
    ck_assert_ptr_null(wg_cifar10_load_files(&path, 1, NULL, &error));
    ck_assert_msg(error.status == status && strstr(error.message, message), "expected \"%s\", got %s: %s",
        message, wg_status_name(error.status), error.message);
}

/* A build without zlib says so. */
static bool has_zlib(const wg_dataset *dataset, const wg_error *error)
{
    return dataset || !strstr(error->message, "without zlib");
}

START_TEST(a_folder_by_its_usual_names)
{
    files_enter("cifar");
    write_records("data_batch_1.bin", 0, 3);
    write_records("data_batch_2.bin", 3, 1);
    write_records("data_batch_3.bin", 4, 2);
    write_records("data_batch_4.bin", 6, 1);
    write_records("data_batch_5.bin", 7, 3);
    write_packed("test_batch.bin.gz", 0, 2);
    wg_error error = {0};
    check_records(wg_cifar10_load(".", WG_TRAIN_SPLIT, NULL, &error), 10, &error);
    wg_dataset *test = wg_cifar10_load(".", WG_TEST_SPLIT, NULL, &error);
    if (has_zlib(test, &error))
        check_records(test, 2, &error);
    wg_error_clear(&error);
    unlink("data_batch_4.bin");
    ck_assert_ptr_null(wg_cifar10_load(".", WG_TRAIN_SPLIT, NULL, &error));
    ck_assert(error.status == WG_FILE && strstr(error.message, "neither data_batch_4.bin nor"));
    files_leave();
}
END_TEST

START_TEST(a_list_of_files)
{
    files_enter("cifar");
    write_records("a", 0, 2);
    write_packed("b", 2, 1);
    wg_error error = {0};
    const char *const paths[] = {"a", "b", NULL};
    wg_dataset *both = wg_cifar10_load_files(paths, 2, NULL, &error);
    if (has_zlib(both, &error))
        check_records(both, 3, &error);
    wg_error_clear(&error);
    check_records(wg_cifar10_load_files(paths, 1, NULL, &error), 2, &error);
    ck_assert_ptr_null(wg_cifar10_load_files(paths + 2, 1, NULL, &error));
    ck_assert(error.status == WG_INVALID && strstr(error.message, "path 0 of 1"));
    ck_assert_ptr_null(wg_cifar10_load_files(paths, 1, NULL, &error)); /* an error that is set */
    ck_assert_ptr_null(wg_cifar10_load_files(paths, 0, NULL, NULL));
    ck_assert_ptr_null(wg_cifar10_load_files(NULL, 1, NULL, NULL));
    files_leave();
}
END_TEST

START_TEST(lengths_that_do_not_fit)
{
    files_enter("cifar");
    static const size_t sizes[] = {0, 1, 2, RECORD - 1, RECORD + 1, 2 * RECORD - 1};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        files_write("a", records(0, 2), sizes[i]);
        char message[64];
        snprintf(message, sizeof message, "a: its %zu bytes are no records of 3073", sizes[i]);
        refuse("a", WG_FORMAT, message);
        unsigned char packed[2 * RECORD + GZIP_EXTRA];
        files_write("p", packed, gzip_pack(packed, records(0, 2), sizes[i]));
        message[0] = 'p';
        wg_error error = {0};
        const char *path = "p";
        wg_dataset *none = wg_cifar10_load_files(&path, 1, NULL, &error);
        if (has_zlib(none, &error))
            refuse("p", WG_FORMAT, message);
    }
    unsigned char packed[RECORD + GZIP_EXTRA];
    size_t size = gzip_pack(packed, records(0, 1), RECORD);
    for (size_t cut = 2; cut < size; cut += cut < 20 || cut + 40 > size ? 1 : 500) {
        wg_error error = {0};
        const char *path = "p";
        files_write("p", packed, cut);
        ck_assert_ptr_null(wg_cifar10_load_files(&path, 1, NULL, &error));
        ck_assert_msg(
            error.status == WG_FORMAT || !has_zlib(NULL, &error), "cut at %zu: %s", cut, error.message);
    }
    files_leave();
}
END_TEST

START_TEST(labels_and_paths_that_are_wrong)
{
    files_enter("cifar");
    unsigned char bytes[2 * RECORD];
    memcpy(bytes, records(0, 2), sizeof bytes);
    bytes[RECORD] = 10;
    files_write("a", bytes, sizeof bytes);
    refuse("a", WG_FORMAT, "a: the label 10 at offset 3073 is not below 10");
    refuse("b", WG_FILE, "b: No such file");
    ck_assert_int_eq(mkdir("folder", 0700), 0);
    refuse("folder", WG_FILE, "folder: a folder, not a regular file");
    wg_error error = {0};
    ck_assert_ptr_null(wg_cifar10_load("a", WG_TRAIN_SPLIT, NULL, &error));
    ck_assert(error.status == WG_FILE && strstr(error.message, "a: Not a directory"));
    wg_error_clear(&error);
    ck_assert_ptr_null(wg_cifar10_load(".", (wg_split)2, NULL, &error));
    ck_assert(error.status == WG_INVALID && strstr(error.message, "split is 2"));
    wg_error_clear(&error);
    ck_assert_ptr_null(wg_mnist_load(".", (wg_split)7, NULL, &error));
    ck_assert_int_eq(error.status, WG_INVALID);
    ck_assert_ptr_null(wg_cifar10_load(NULL, WG_TRAIN_SPLIT, NULL, NULL));
    char deep[5000];
    memset(deep, '/', sizeof deep);
    deep[sizeof deep - 1] = 0;
    wg_error_clear(&error);
    ck_assert_ptr_null(wg_cifar10_load(deep, WG_TEST_SPLIT, NULL, &error));
    ck_assert_int_eq(error.status, WG_FILE);
    files_leave();
}
END_TEST

TEST_MAIN("cifar", a_folder_by_its_usual_names, a_list_of_files, lengths_that_do_not_fit,
    labels_and_paths_that_are_wrong)
