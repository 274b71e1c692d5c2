/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Bytes from a file or from memory: the same behaviour. */
#define _POSIX_C_SOURCE 200809L

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/source.h"
#include "harness.h"

static void check_five(wg_source *source)
{
    char got[6] = "";
    wg_error error = {0};
    ck_assert_uint_eq(wg_source_left(source), 5);
    ck_assert_int_eq(wg_source_read(source, got, 2, &error), WG_OK);
    ck_assert_str_eq(got, "ab");
    ck_assert_int_eq(wg_source_expect_end(source, &error), WG_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.message, "goes on at offset 2"));
    wg_error_clear(&error);
    ck_assert_int_eq(wg_source_seek(source, 1, &error), WG_OK);
    ck_assert_int_eq(wg_source_read(source, got, 4, &error), WG_OK);
    ck_assert_str_eq(got, "bcde");
    ck_assert_uint_eq(wg_source_left(source), 0);
    ck_assert_int_eq(wg_source_expect_end(source, &error), WG_OK);
    ck_assert_int_eq(wg_source_read(source, got, 1, &error), WG_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.message, "ends at offset 5, where 1 more bytes are due"));
    wg_error_clear(&error);
    ck_assert_int_eq(wg_source_seek(source, 5, &error), WG_OK);
    ck_assert_int_eq(wg_source_seek(source, 6, &error), WG_FORMAT);
    ck_assert_int_eq(wg_source_seek(source, UINT64_MAX, NULL), WG_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.message, "there is no offset 6"));
    wg_source_close(source);
}

START_TEST(a_file_and_memory)
{
    wg_source source;
    wg_source_open_memory(&source, "memory", "abcde", 5);
    check_five(&source);
    wg_source_open_memory(&source, "nothing", NULL, 0);
    ck_assert_int_eq(wg_source_expect_end(&source, NULL), WG_OK);
    char path[] = "wengert-source-XXXXXX";
    int descriptor = mkstemp(path);
    ck_assert(descriptor >= 0 && write(descriptor, "abcde", 5) == 5 && close(descriptor) == 0);
    ck_assert_int_eq(wg_source_open(&source, path, NULL), WG_OK);
    check_five(&source);
    ck_assert_int_eq(wg_source_open_plain(&source, path, NULL), WG_OK);
    check_five(&source);
    unlink(path);
    ck_assert_int_eq(wg_source_open_plain(&source, path, NULL), WG_FILE);
}
END_TEST

/* Formats may begin with gzip's two bytes. */
START_TEST(plain_means_plain)
{
    char path[] = "wengert-source-XXXXXX", got[4];
    int descriptor = mkstemp(path);
    ck_assert(descriptor >= 0 && write(descriptor, "\x1F\x8B\0\0", 4) == 4 && close(descriptor) == 0);
    wg_source source;
    ck_assert_int_eq(wg_source_open_plain(&source, path, NULL), WG_OK);
    ck_assert_int_eq(wg_source_read(&source, got, 4, NULL), WG_OK);
    ck_assert_mem_eq(got, "\x1F\x8B\0\0", 4);
    wg_source_close(&source);
    unlink(path);
}
END_TEST

TEST_MAIN("source", a_file_and_memory, plain_means_plain)
