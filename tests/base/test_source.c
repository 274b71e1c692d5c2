/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Bytes from a file, as they lie there or unpacked. */
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE /* whose inline functions have the names of those below */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/source.h"
#include "gzip.h"
#include "harness.h"

static const wg_source_options plain = {.plain = true};

static void check_five(wg_source *source)
{
    char got[6] = "";
    wg_error error = {0};
    ck_assert_uint_eq(wg__source_left(source), 5);
    ck_assert_int_eq(wg__source_read(source, got, 2, &error), WG_OK);
    ck_assert_str_eq(got, "ab");
    ck_assert_int_eq(wg__source_expect_end(source, &error), WG_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.message, "goes on at offset 2"));
    wg_error_clear(&error);
    ck_assert_int_eq(wg__source_seek(source, 1, &error), WG_OK);
    ck_assert_int_eq(wg__source_read(source, got, 4, &error), WG_OK);
    ck_assert_str_eq(got, "bcde");
    ck_assert_uint_eq(wg__source_left(source), 0);
    ck_assert_int_eq(wg__source_expect_end(source, &error), WG_OK);
    ck_assert_int_eq(wg__source_read(source, got, 1, &error), WG_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.message, "ends at offset 5, where 1 more bytes are due"));
    wg_error_clear(&error);
    ck_assert_int_eq(wg__source_seek(source, 5, &error), WG_OK);
    ck_assert_int_eq(wg__source_seek(source, 6, &error), WG_FORMAT);
    ck_assert_int_eq(wg__source_seek(source, UINT64_MAX, NULL), WG_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.message, "there is no offset 6"));
    wg__source_close(source);
}

START_TEST(a_file)
{
    wg_source source;
    char path[] = "wengert-source-XXXXXX";
    int descriptor = mkstemp(path);
    ck_assert(descriptor >= 0 && write(descriptor, "abcde", 5) == 5 && close(descriptor) == 0);
    ck_assert_int_eq(wg__source_open(&source, path, NULL, NULL), WG_OK);
    check_five(&source);
    ck_assert_int_eq(wg__source_open(&source, path, &plain, NULL), WG_OK);
    check_five(&source);
    unlink(path);
    ck_assert_int_eq(wg__source_open(&source, path, &plain, NULL), WG_FILE);
}
END_TEST

/* This program's open and pread stand before the C library's: every other call is interrupted by a signal
 * that there was not, and what is read comes in small pieces. */
static bool interrupts;
static size_t interrupted;

static bool is_interrupted(void)
{
    static size_t calls;
    bool now = interrupts && calls++ % 2 == 0;
    interrupted += now;
    errno = now ? EINTR : errno;
    return now;
}

int open(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return is_interrupted() ? -1 : openat(AT_FDCWD, path, flags, mode);
}

ssize_t pread(int descriptor, void *bytes, size_t size, off_t offset)
{
    if (is_interrupted() || lseek(descriptor, offset, SEEK_SET) < 0)
        return -1;
    return read(descriptor, bytes, interrupts && size > 3 ? 3 : size);
}

START_TEST(interruptions)
{
    char path[] = "wengert-source-XXXXXX", got[6] = "";
    int descriptor = mkstemp(path);
    ck_assert(descriptor >= 0 && write(descriptor, "abcde", 5) == 5 && close(descriptor) == 0);
    wg_source source;
    wg_error error = {0};
    interrupts = true;
    for (int i = 0; i < 2; i++) {
        ck_assert_msg(
            wg__source_open(&source, path, i ? &plain : NULL, &error) == WG_OK, "%s", error.message);
        ck_assert_msg(wg__source_read(&source, got, 5, &error) == WG_OK, "%s", error.message);
        ck_assert_str_eq(got, "abcde");
        ck_assert_int_eq(fcntl(source.descriptor, F_GETFD), FD_CLOEXEC);
        ck_assert_int_eq(fcntl(source.descriptor, F_GETFL) & O_NONBLOCK, 0);
        ck_assert_int_eq(wg__source_expect_end(&source, &error), WG_OK);
        wg__source_close(&source);
    }
    interrupts = false;
    ck_assert_uint_gt(interrupted, 3);
    unlink(path);
}
END_TEST

/* A part of a file ends where it ends, and what it claims is the file's. */
START_TEST(a_part)
{
    char path[] = "wengert-source-XXXXXX", got[4] = "";
    int descriptor = mkstemp(path);
    ck_assert(descriptor >= 0 && write(descriptor, "abcde", 5) == 5 && close(descriptor) == 0);
    wg_source whole, part;
    wg_error error = {0};
    const wg_source_options small = {.plain = true, .max_bytes = 10};
    ck_assert_int_eq(wg__source_open(&whole, path, &small, &error), WG_OK);
    const wg_part middle = {.name = "middle", .begin = 1, .length = 3, .size = 3};
    ck_assert_int_eq(wg__source_open_part(&part, &whole, &middle, &error), WG_OK);
    part.summing = true;
    ck_assert_int_eq(wg__source_read(&part, got, 3, &error), WG_OK);
    ck_assert_str_eq(got, "bcd");
    ck_assert_uint_eq(part.crc, 0xB01D5B79);
    ck_assert_int_eq(wg__source_expect_end(&part, &error), WG_OK);
    ck_assert(wg__source_claim(&part, 4, &error) == WG_OK && wg__source_claim(&whole, 6, &error) == WG_OK);
    ck_assert_int_eq(wg__source_claim(&part, 1, &error), WG_OUT_OF_MEMORY);
    ck_assert_str_eq(error.message, "middle: it wants 11 bytes of memory, of which .max_bytes allows 10");
    ck_assert_int_eq(wg__source_claim(&part, UINT64_MAX, NULL), WG_OUT_OF_MEMORY);
    wg__source_close(&part);
    wg__source_close(&whole);
    unlink(path);
}
END_TEST

/* Several packed files in a row are one, and zeros may follow; anything else is damage, and so is an end amid
 * a member. */
START_TEST(members_of_gzip)
{
    static const struct {
        size_t members, zeros, cut;
        const char *more, *fault;
    } cases[] = {{1, 0, 0, "", NULL}, {2, 0, 0, "", NULL}, {3, 700, 0, "", NULL},
        {1, 0, 0, "xyz", "incorrect header"}, {1, 5, 0, "xyz", "incorrect header"},
        {1, 0, 0, "\x1F", "too early"}, {2, 0, 1, "", "too early"}, {2, 0, 20, "", "too early"},
        {2, 9, 0, "\x1F\x8B\x07\x01", "unknown compression method"}};
    char path[] = "wengert-source-XXXXXX", got[64];
    unsigned char packed[1024];
    int descriptor = mkstemp(path);
    ck_assert(descriptor >= 0 && close(descriptor) == 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size = 0, count = 0;
        for (size_t k = 0; k < cases[i].members; k++)
            size += gzip_pack(packed + size, (const unsigned char *)"abcde", 5);
        memset(packed + size, 0, cases[i].zeros);
        size += cases[i].zeros - cases[i].cut;
        memcpy(packed + size, cases[i].more, strlen(cases[i].more));
        size += strlen(cases[i].more);
        FILE *file = fopen(path, "wb");
        ck_assert(file && fwrite(packed, 1, size, file) == size && fclose(file) == 0);
        wg_source source;
        wg_error error = {0};
        if (wg__source_open(&source, path, NULL, &error) != WG_OK) {
            ck_assert(error.status == WG_FILE && strstr(error.message, "without zlib: gunzip it"));
            break;
        }
        ck_assert_uint_eq(wg__source_left(&source), size * 1032);
        wg_status status = wg__source_read_some(&source, got, sizeof got, &count, &error);
        ck_assert_msg(status == (cases[i].fault ? WG_FORMAT : WG_OK), "case %zu: %s", i, error.message);
        ck_assert_msg(
            !cases[i].fault || strstr(error.message, cases[i].fault), "case %zu: %s", i, error.message);
        ck_assert(cases[i].fault || count == 5 * cases[i].members);
        ck_assert_int_eq(wg__source_seek(&source, 0, NULL), WG_FORMAT);
        wg__source_close(&source);
    }
    unlink(path);
}
END_TEST

/* Formats may begin with gzip's two bytes. */
START_TEST(plain_means_plain)
{
    char path[] = "wengert-source-XXXXXX", got[4];
    int descriptor = mkstemp(path);
    ck_assert(descriptor >= 0 && write(descriptor, "\x1F\x8B\0\0", 4) == 4 && close(descriptor) == 0);
    wg_source source;
    ck_assert_int_eq(wg__source_open(&source, path, &plain, NULL), WG_OK);
    ck_assert_int_eq(wg__source_read(&source, got, 4, NULL), WG_OK);
    ck_assert_mem_eq(got, "\x1F\x8B\0\0", 4);
    wg__source_close(&source);
    unlink(path);
}
END_TEST

TEST_MAIN("source", a_file, a_part, interruptions, members_of_gzip, plain_means_plain)
