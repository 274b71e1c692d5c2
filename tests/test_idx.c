/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define _POSIX_C_SOURCE 200809L

#include <string.h>
#include <sys/stat.h>
#include <wengert/data.h>

#include "files.h"
#include "gzip.h"
#include "harness.h"

/* Two images of 2 by 3 pixels, and their labels. */
static const unsigned char images[28] = {
    0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, 0, 51, 102, 153, 204, 255, 255, 0, 255, 0, 255, 0};
static const unsigned char labels[10] = {0, 0, 8, 1, 0, 0, 0, 2, 7, 9};

static void write_packed(const char *name, const unsigned char *bytes, size_t size)
{
    unsigned char packed[128];
    files_write(name, packed, gzip_pack(packed, bytes, size));
}

/* Loading "i" and "l" fails like this. */
static void expect(wg_status status, const char *text)
{
    wg_error error = {0};
    ck_assert_ptr_null(wg_idx_load("i", "l", 10, &error));
    ck_assert_msg(error.status == status && strstr(error.message, text), "expected \"%s\", got %s: %s", text,
        wg_status_name(error.status), error.message);
}

/* The same with the images or labels changed at one place; the message names file and offset. */
static void expect_changed(
    const char *name, size_t at, unsigned char byte, wg_status status, const char *text)
{
    bool is_image = *name == 'i';
    unsigned char changed[28];
    memcpy(changed, is_image ? images : labels, is_image ? 28 : 10);
    changed[at] = byte;
    files_write(name, changed, is_image ? 28 : 10);
    expect(status, text);
    files_write(name, is_image ? images : labels, is_image ? 28 : 10);
}

static void check_contents(wg_dataset *dataset, const wg_error *error)
{
    ck_assert_msg(dataset, "%s", error->message);
    wg_array x = wg_dataset_x(dataset), y = wg_dataset_y(dataset);
    ck_assert(wg_shape_equal(&x.shape, &WG_SHAPE(2, 1, 2, 3)) && wg_shape_equal(&y.shape, &WG_SHAPE(2)));
    const float pixels[6] = {0, 51 / 255.0f, 102 / 255.0f, 153 / 255.0f, 204 / 255.0f, 1};
    ck_assert_mem_eq(x.data, pixels, sizeof pixels);
    ck_assert(((const int32_t *)y.data)[0] == 7 && ((const int32_t *)y.data)[1] == 9);
    ck_assert_uint_eq(wg_dataset_classes(dataset), 10);
    wg_dataset_free(dataset);
}

START_TEST(plain_files)
{
    files_enter("idx");
    files_write("i", images, sizeof images);
    files_write("l", labels, sizeof labels);
    wg_error error = {0};
    check_contents(wg_idx_load("i", "l", 0, &error), &error);
    check_contents(wg_idx_load("i", "l", 10, &error), &error);
    files_leave();
}
END_TEST

START_TEST(a_folder_by_its_usual_names)
{
    files_enter("idx");
    files_write("train-images-idx3-ubyte", images, sizeof images);
    files_write("train-labels-idx1-ubyte", labels, sizeof labels);
    write_packed("t10k-images-idx3-ubyte.gz", images, sizeof images);
    write_packed("t10k-labels-idx1-ubyte.gz", labels, sizeof labels);
    wg_error error = {0};
    check_contents(wg_mnist_load(".", WG_TRAIN_SPLIT, &error), &error);
    wg_dataset *test = wg_mnist_load(".", WG_TEST_SPLIT, &error);
    if (!test) /* a build without zlib says so */
        ck_assert_ptr_nonnull(strstr(error.message, "without zlib"));
    else
        check_contents(test, &error);
    files_leave();
}
END_TEST

START_TEST(missing_files)
{
    files_enter("idx");
    wg_error error = {0};
    ck_assert_ptr_null(wg_mnist_load("nowhere", WG_TRAIN_SPLIT, &error));
    ck_assert(error.status == WG_FILE && strcmp(error.message, "nowhere: no such folder") == 0);
    files_write("train-images-idx3-ubyte", images, sizeof images);
    error.status = WG_OK;
    ck_assert_ptr_null(wg_mnist_load(".", WG_TRAIN_SPLIT, &error));
    ck_assert(error.status == WG_FILE && strstr(error.message, "neither train-labels-idx1-ubyte nor"));
    expect(WG_FILE, "i: No such file");
    files_write("i", images, sizeof images);
    ck_assert_int_eq(mkdir("l", 0700), 0);
    expect(WG_FILE, "l: a folder, not a regular file");
    ck_assert_int_eq(rmdir("l"), 0);
    error.status = WG_OK;
    ck_assert_ptr_null(wg_mnist_load(NULL, WG_TRAIN_SPLIT, &error));
    error.status = WG_OK;
    ck_assert_ptr_null(wg_idx_load(NULL, "l", 10, &error));
    ck_assert_int_eq(error.status, WG_INVALID);
    files_leave();
}
END_TEST

START_TEST(lying_headers)
{
    files_enter("idx");
    files_write("i", images, sizeof images);
    files_write("l", labels, sizeof labels);
    expect_changed("i", 0, 1, WG_FORMAT, "i: offset 0 holds 01 00 08 03");
    expect_changed("i", 2, 0x0D, WG_FORMAT, "i: offset 0 holds 00 00 0d 03");
    expect_changed("l", 3, 3, WG_FORMAT, "l: offset 0 holds 00 00 08 03");
    expect_changed("i", 4, 0xFF, WG_FORMAT, "i: the sizes [4278190082, 2, 3] at offset 4");
    expect_changed("i", 15, 4, WG_FORMAT, "i: the sizes [2, 2, 4] at offset 4");
    expect_changed("i", 15, 2, WG_FORMAT, "i: goes on at offset 24");
    expect_changed("l", 7, 3, WG_FORMAT, "l: the sizes [3] at offset 4");
    expect_changed("l", 7, 1, WG_FORMAT, "i promises 2 images at offset 4, l promises 1 labels");
    expect_changed("l", 9, 10, WG_FORMAT, "l: the label 10 at offset 9");
    unsigned char overflow[16] = {0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    files_write("i", overflow, sizeof overflow);
    expect(WG_FORMAT, "after offset 16 (0 bytes)");
    files_leave();
}
END_TEST

/* Cut after every byte, and with one byte more. */
START_TEST(truncated_and_surplus)
{
    files_enter("idx");
    files_write("l", labels, sizeof labels);
    for (size_t size = 0; size < sizeof images; size++) {
        files_write("i", images, size);
        expect(WG_FORMAT, size < 16 ? "i: ends at offset" : "i: the sizes");
    }
    unsigned char longer[sizeof images + 1] = {0};
    memcpy(longer, images, sizeof images);
    files_write("i", longer, sizeof longer);
    expect(WG_FORMAT, "i: goes on at offset 28");
    files_leave();
}
END_TEST

/* Cut after every byte (one byte alone is no gzip magic), or with any bit of its data wrong, a gzip file is
 * refused. */
START_TEST(damaged_gzip)
{
    files_enter("idx");
    files_write("l", labels, sizeof labels);
    unsigned char packed[128];
    size_t size = gzip_pack(packed, images, sizeof images);
    for (size_t cut = 0; cut < size; cut++) {
        wg_error error = {0};
        files_write("i", packed, cut);
        ck_assert_ptr_null(wg_idx_load("i", "l", 10, &error));
        ck_assert_msg(error.status == WG_FORMAT || strstr(error.message, "without zlib"), "cut at %zu: %s",
            cut, error.message);
    }
    for (size_t at = 15; at < size - 4; at++) {
        wg_error error = {0};
        packed[at] ^= 4;
        files_write("i", packed, size);
        packed[at] ^= 4;
        ck_assert_msg(!wg_idx_load("i", "l", 10, &error), "byte %zu", at);
        ck_assert_msg(error.status == WG_FORMAT || strstr(error.message, "without zlib"), "byte %zu: %s", at,
            error.message);
    }
    files_leave();
}
END_TEST

TEST_MAIN("idx", plain_files, a_folder_by_its_usual_names, missing_files, lying_headers,
    truncated_and_surplus, damaged_gzip)
