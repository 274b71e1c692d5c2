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
static const wg_idx_options ten = {.classes = 10};
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
    ck_assert_ptr_null(wg_idx_load("i", "l", &ten, &error));
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
    ck_assert_uint_eq(wg_dataset_class_count(dataset), 10);
    wg_dataset_free(dataset);
}

START_TEST(plain_files)
{
    files_enter("idx");
    files_write("i", images, sizeof images);
    files_write("l", labels, sizeof labels);
    wg_error error = {0};
    check_contents(wg_idx_load("i", "l", NULL, &error), &error);
    check_contents(wg_idx_load("i", "l", &ten, &error), &error);
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
    check_contents(wg_mnist_load(".", WG_TRAIN_SPLIT, NULL, &error), &error);
    wg_error small = {0};
    ck_assert_ptr_null(wg_mnist_load(".", WG_TRAIN_SPLIT, &(wg_pictures_options){.max_bytes = 3}, &small));
    ck_assert(small.status == WG_OUT_OF_MEMORY && strstr(small.message, ".max_bytes allows 3") != NULL);
    wg_dataset *test = wg_mnist_load(".", WG_TEST_SPLIT, NULL, &error);
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
    ck_assert_ptr_null(wg_mnist_load("nowhere", WG_TRAIN_SPLIT, NULL, &error));
    ck_assert(error.status == WG_FILE && strcmp(error.message, "nowhere: No such file or directory") == 0);
    files_write("train-images-idx3-ubyte", images, sizeof images);
    error.status = WG_OK;
    ck_assert_ptr_null(wg_mnist_load(".", WG_TRAIN_SPLIT, NULL, &error));
    ck_assert(error.status == WG_FILE && strstr(error.message, "neither train-labels-idx1-ubyte nor"));
    expect(WG_FILE, "i: No such file");
    files_write("i", images, sizeof images);
    ck_assert_int_eq(mkdir("l", 0700), 0);
    expect(WG_FILE, "l: a folder, not a regular file");
    ck_assert_int_eq(rmdir("l"), 0);
    error.status = WG_OK;
    ck_assert_ptr_null(wg_mnist_load(NULL, WG_TRAIN_SPLIT, NULL, &error));
    error.status = WG_OK;
    ck_assert_ptr_null(wg_idx_load(NULL, "l", &ten, &error));
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
    expect_changed("i", 2, 0x0A, WG_FORMAT, "i: offset 0 holds 00 00 0a 03, an IDX file of images starts");
    expect_changed("i", 2, 0x0D, WG_FORMAT, "i: the sizes [2, 2, 3] at offset 4");
    expect_changed("i", 3, 0, WG_FORMAT, "i: offset 0 holds 00 00 08 00");
    expect_changed("i", 3, 9, WG_FORMAT, "i: offset 0 holds 00 00 08 09");
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

/* Ranks from 1 to 8; only rank 3 is that of images without a channel. */
START_TEST(ranks)
{
    files_enter("idx");
    files_write("l", labels, sizeof labels);
    for (size_t rank = 1; rank <= 8; rank++) {
        unsigned char file[4 + 4 * 8 + 256] = {0, 0, 8, (unsigned char)rank};
        wg_shape expected = {.rank = rank};
        for (size_t i = 0; i < rank; i++)
            file[4 + 4 * i + 3] = 2, expected.dim[i] = 2;
        files_write("i", file, 4 + 4 * rank + ((size_t)1 << rank));
        wg_dataset *dataset = wg_idx_load("i", "l", NULL, NULL);
        ck_assert_ptr_nonnull(dataset);
        wg_shape shape = wg_dataset_x(dataset).shape;
        ck_assert(wg_shape_equal(&shape, rank == 3 ? &WG_SHAPE(2, 1, 2, 2) : &expected));
        wg_dataset_free(dataset);
    }
    files_leave();
}
END_TEST

/* Labels of every integer type, and the first column of more than fits a block of the reader. */
START_TEST(labels_of_other_types)
{
    enum { MANY = 700, COLUMNS = 7 }; /* so that blocks do not end with rows */
    static unsigned char file[12 + 4 * COLUMNS * MANY], pixels[12 + MANY];
    static const unsigned char codes[] = {0x08, 0x09, 0x0B, 0x0C}, sizes[] = {1, 1, 2, 4};
    files_enter("idx");
    memcpy(pixels, ((unsigned char[]){0, 0, 8, 2, 0, 0, MANY >> 8, MANY & 255, 0, 0, 0, 1}), 12);
    files_write("i", pixels, sizeof pixels);
    for (size_t k = 0; k < 4; k++)
        for (size_t columns = 1; columns <= COLUMNS; columns += COLUMNS - 1) {
            size_t at = columns == 1 ? 8 : 12, size = sizes[k];
            memset(file, 0, sizeof file);
            memcpy(file,
                ((unsigned char[]){
                    0, 0, codes[k], columns == 1 ? 1 : 2, 0, 0, MANY >> 8, MANY & 255, 0, 0, 0, COLUMNS}),
                at);
            for (size_t i = 0; i < MANY * columns; i++)
                file[at + size * i + size - 1] = (unsigned char)(i % columns ? 99 : i / columns * 7 % 10);
            files_write("l", file, at + size * MANY * columns);
            wg_error error = {0};
            wg_dataset *dataset = wg_idx_load("i", "l", &ten, &error);
            ck_assert_msg(dataset, "%s", error.message);
            for (size_t i = 0; i < MANY; i++)
                ck_assert_int_eq(((const int32_t *)wg_dataset_y(dataset).data)[i], (int32_t)(i * 7 % 10));
            wg_dataset_free(dataset);
            file[at + size * (MANY - 1) * columns] = k ? 0xFF : 10; /* the last one, beyond or negative */
            files_write("l", file, at + size * MANY * columns);
            ck_assert_ptr_null(wg_idx_load("i", "l", &ten, &error));
            char text[64];
            snprintf(text, sizeof text, "at offset %zu is not below 10", at + size * (MANY - 1) * columns);
            ck_assert_msg(
                error.status == WG_FORMAT && strstr(error.message, text), "%s: %s", text, error.message);
        }
    static const unsigned char reals[16] = {0, 0, 0x0D, 1, 0, 0, 0, 2},
                               none[12] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 0};
    files_write("i", images, sizeof images);
    files_write("l", reals, sizeof reals);
    expect(WG_FORMAT, "l: labels are integers");
    files_write("l", none, sizeof none);
    expect(WG_FORMAT, "l: labels are integers, at least one for each image");
    files_leave();
}
END_TEST

/* The other names of MNIST's files, and a folder of a file's name, as some archives unpack to. */
START_TEST(other_names)
{
    static const unsigned char qmnist[12 + 2 * 8 * 4] = {
        0, 0, 0x0C, 2, 0, 0, 0, 2, 0, 0, 0, 8, 0, 0, 0, 7, [12 + 32] = 0, 0, 0, 9};
    wg_error error = {0};
    files_enter("idx");
    files_write("train-images.idx3-ubyte", images, sizeof images);
    files_write("train-labels.idx1-ubyte", labels, sizeof labels);
    files_write("qmnist-test-images-idx3-ubyte", images, sizeof images);
    files_write("qmnist-test-labels-idx2-int", qmnist, sizeof qmnist);
    ck_assert_int_eq(mkdir("train-images-idx3-ubyte", 0700), 0);
    check_contents(wg_mnist_load(".", WG_TRAIN_SPLIT, NULL, &error), &error);
    check_contents(wg_mnist_load(".", WG_TEST_SPLIT, NULL, &error), &error);
    files_leave();
}
END_TEST

/* A packed file could hold more than memory is given for its length: 64 times that, but at least 256 MiB. */
START_TEST(what_packed_files_may_want)
{
    enum { LENGTH = 65500 };
    static unsigned char bytes[LENGTH], packed[LENGTH + GZIP_EXTRA];
    files_enter("idx");
    memcpy(bytes, ((unsigned char[]){0, 0, 8, 2, 0, 0, 0xFF, 0xFF, 0, 0, 4, 1}), 12); /* 65535 * 1025 */
    files_write("i", packed, gzip_pack(packed, bytes, LENGTH));
    memcpy(bytes, ((unsigned char[]){0, 0, 8, 1, 0, 0, 0xFF, 0xFF}), 8);
    files_write("l", packed, gzip_pack(packed, bytes, LENGTH));
    wg_error error = {0};
    ck_assert_ptr_null(wg_idx_load("i", "l", NULL, &error));
    ck_assert_msg(
        strstr(error.message, "without zlib") ||
            (error.status == WG_OUT_OF_MEMORY &&
                strcmp(error.message, "i: it wants 268693500 bytes of memory, of which .max_bytes allows "
                                      "268435456") == 0),
        "%s", error.message);
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
        ck_assert_ptr_null(wg_idx_load("i", "l", &ten, &error));
        ck_assert_msg(error.status == WG_FORMAT || strstr(error.message, "without zlib"), "cut at %zu: %s",
            cut, error.message);
    }
    for (size_t at = 15; at < size - 4; at++) {
        wg_error error = {0};
        packed[at] ^= 4;
        files_write("i", packed, size);
        packed[at] ^= 4;
        ck_assert_msg(!wg_idx_load("i", "l", &ten, &error), "byte %zu", at);
        ck_assert_msg(error.status == WG_FORMAT || strstr(error.message, "without zlib"), "byte %zu: %s", at,
            error.message);
    }
    files_leave();
}
END_TEST

TEST_MAIN("idx", plain_files, a_folder_by_its_usual_names, missing_files, lying_headers, ranks,
    labels_of_other_types, other_names, what_packed_files_may_want, truncated_and_surplus, damaged_gzip)
