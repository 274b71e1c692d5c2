/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* .npz files: NumPy's own, ours, damaged ones. */
#define _XOPEN_SOURCE 700

#include <math.h>
#include <stdint.h>
#include <string.h>
#include <wengert/archive.h>

#include "alloc.h"
#include "archives.h"
#include "files.h"
#include "harness.h"
#include "npy_files.h"

static void check_numpys(const wg_archive *archive)
{
    ck_assert_uint_eq(wg_archive_count(archive), 2);
    ck_assert(strcmp(wg_archive_name(archive, 0), "a") == 0 && strcmp(wg_archive_name(archive, 1), "b") == 0);
    wg_array a = wg_archive_at(archive, 0), b = wg_archive_at(archive, 1);
    ck_assert(wg_shape_equal(&a.shape, &WG_SHAPE(1, 3)) && a.dtype == WG_F32);
    ck_assert(wg_shape_equal(&b.shape, &WG_SHAPE(2)) && b.dtype == WG_I32);
    ck_assert_mem_eq(a.data, ((float[]){1, 2.5f, -3}), 12);
    ck_assert_mem_eq(b.data, ((int32_t[]){7, -8}), 8);
}

START_TEST(numpys_files)
{
    files_enter("npz");
    files_write("a", savez_npz, sizeof savez_npz);
    wg_archive *archive = archives_read(wg_npz_read, "a");
    check_numpys(archive);
    wg_archive_free(archive);
    files_write("a", zip64_npz, sizeof zip64_npz);
    archive = archives_read(wg_npz_read, "a");
    check_numpys(archive);
    wg_archive_free(archive);
    files_write("a", compressed_npz, sizeof compressed_npz);
    wg_error error = {0};
    archive = wg_npz_read("a", NULL, &error);
    if (archive)
        check_numpys(archive);
    else /* a build without zlib says so */
        ck_assert_msg(error.status == WG_FILE && strstr(error.message, "without zlib"), "%s", error.message);
    wg_archive_free(archive);
    files_leave();
}
END_TEST

static wg_archive *example(const wg_allocator *allocator)
{
    static const float floats[6] = {1, NAN, 3, -4, HUGE_VALF, 6};
    static const double doubles[2] = {0.1, -0.0};
    static const int32_t ints[1] = {INT32_MIN};
    wg_archive *archive = wg_archive_new(allocator);
    wg_archive_add(archive, "floats", WG_FLOATS(floats, 2, 3), NULL);
    wg_archive_add(archive, "folder/doubles", WG_DOUBLES(doubles, 2), NULL);
    wg_archive_add(archive, "\xC3\xA4", wg_array_of(ints, WG_I32, wg_shape_scalar()), NULL);
    wg_archive_add(archive, "empty", wg_array_of(NULL, WG_F64, WG_SHAPE(0)), NULL);
    return archive;
}

START_TEST(round_trip)
{
    files_enter("npz");
    wg_archive *archive = example(NULL), *nothing = wg_archive_new(NULL);
    wg_error error = {0};
    ck_assert_msg(wg_npz_write("a", archive, &error) == WG_OK, "%s", error.message);
    wg_archive *again = archives_read(wg_npz_read, "a");
    archives_same(archive, again);
    ck_assert_int_eq(wg_npz_write("b", nothing, &error), WG_OK);
    wg_archive *nothing_again = archives_read(wg_npz_read, "b");
    ck_assert_uint_eq(wg_archive_count(nothing_again), 0);
    wg_archive_free(archive), wg_archive_free(nothing), wg_archive_free(again),
        wg_archive_free(nothing_again);
    files_leave();
}
END_TEST

START_TEST(what_cannot_be_written)
{
    static char name[65533];
    static const float x[1];
    files_enter("npz");
    wg_error error = {0};
    memset(name, 'n', sizeof name - 1);
    wg_archive *archive = wg_archive_new(NULL);
    wg_archive_add(archive, name, WG_FLOATS(x, 1), NULL);
    ck_assert_int_eq(wg_npz_write("a", archive, &error), WG_NAME);
    ck_assert_str_eq(error.message, "a: a name of 65532 bytes, 65531 are the most");
    ck_assert_int_eq(wg_npz_write("a", archive, &error), WG_NAME); /* the first error stays */
    wg_archive_free(archive);
    /* never touched: the size alone is too much */
    archive = wg_archive_new(NULL);
#if SIZE_MAX > UINT32_MAX
    wg_archive_add(archive, "large", WG_FLOATS(x, (size_t)1 << 30), NULL);
    wg_error_clear(&error);
    ck_assert_int_eq(wg_npz_write("a", archive, &error), WG_OVERFLOW);
    ck_assert_ptr_nonnull(strstr(error.message, "zip64"));
#else /* there is no such array */
    wg_error_clear(&error);
    wg_error_set(&error, WG_OVERFLOW, "an error of before");
#endif
    ck_assert_int_eq(wg_npz_write(NULL, archive, NULL), WG_INVALID);
    ck_assert_int_eq(wg_npz_write("a", NULL, NULL), WG_INVALID);
    ck_assert_int_eq(wg_npy_write(NULL, WG_FLOATS(x, 1), NULL), WG_INVALID);
    ck_assert_int_eq(wg_npy_write("a", WG_FLOATS(NULL, 1), NULL), WG_INVALID);
    ck_assert_int_eq(wg_npy_write("a", wg_array_of(x, (wg_dtype)9, WG_SHAPE(1)), NULL), WG_BAD_DTYPE);
    ck_assert_int_eq(wg_npy_write("no/a", WG_FLOATS(x, 1), NULL), WG_FILE);
    ck_assert_int_eq(wg_npy_write("a", WG_FLOATS(x, 1), &error), WG_OVERFLOW);
    ck_assert_uint_eq(files_count(), 0);
    wg_archive_free(archive);
    files_leave();
}
END_TEST

/* ---- Damaged archives ------------------------------------------------------------------------------ */

/* The offset of the first place with this mark, from `from` on. */
static size_t find(const unsigned char *bytes, size_t size, size_t from, const char *mark)
{
    while (from + 4 <= size && memcmp(bytes + from, mark, 4) != 0)
        from++;
    ck_assert_uint_le(from + 4, size);
    return from;
}

/* savez_npz with one byte changed. */
static void changed(size_t at, unsigned char byte, const char *text)
{
    unsigned char bytes[sizeof savez_npz];
    memcpy(bytes, savez_npz, sizeof bytes);
    ck_assert_uint_ne(bytes[at], byte);
    bytes[at] = byte;
    files_write("a", bytes, sizeof bytes);
    archives_refuse(wg_npz_read, WG_FORMAT, text);
}

START_TEST(directories_that_lie)
{
    const size_t size = sizeof savez_npz, central = find(savez_npz, size, 0, "PK\1\2"),
                 second = find(savez_npz, size, central + 1, "PK\1\2"),
                 end = find(savez_npz, size, second, "PK\5\6"), local = find(savez_npz, size, 1, "PK\3\4");
    files_enter("npz");
    changed(end, 'Q', "no zip archive: its end of directory is not there");
    changed(end + 20, 1, "no zip archive");
    changed(end + 4, 1, "an archive of several disks");
    changed(end + 8, 1, "an archive of several disks");
    changed(end + 12, 1, "the directory does not lie before its end");
    changed(end + 16, 1, "the directory does not lie before its end");
    changed(end + 19, 0xFE, "the directory does not lie before its end");
    changed(central, 'Q', "the directory is damaged");
    changed(central + 8, 1, "a (a): it is encrypted");
    changed(central + 10, 12, "a (a): it is compressed by method 12, which is not read");
    changed(central + 20, 1, "a.npy cannot have");
    changed(central + 24, 1, "a.npy cannot have");
    changed(central + 28, 0xFF, "the directory ends within an entry");
    changed(central + 28, 4, "the directory is damaged");
    changed(central + 45, 9, "a.npy cannot have");
    changed(central + 42, 3, "is not what the directory says");
    changed(central + 46, 'c', "the entry at offset 0 is not what the directory says");
    changed(central + 50, 'x', "a.npx is no name of an array");
    changed(second + 32, 1, "the directory ends within an entry");
    changed(0, 'Q', "the entry at offset 0 is not what the directory says");
    changed(local + 28, 255, "the entry at offset");
    changed(190, 7, "is damaged: its CRC-32 is false");
    changed(central + 16, (unsigned char)(savez_npz[central + 16] ^ 1), "is damaged: its CRC-32 is false");
    files_leave();
}
END_TEST

/* What is wrong with an array alone leaves the others, where that is asked for. */
START_TEST(some_of_an_archive)
{
    static const struct {
        size_t at; /* from the second central header; or, when over 1000, from the beginning */
        unsigned char byte;
        const char *reason;
    } cases[] = {{16, 7, "a (b): the entry at offset 195 is damaged: its CRC-32 is false"},
        {8, 1, "a (b): it is encrypted"}, {10, 12, "a (b): it is compressed by method 12"},
        {46, 'c', "the entry at offset 195 is not what the directory"},
        {50, 'x', "a: b.npx is no name of an array"},
        {1000 + 195 + 55, 'Q', "a (b): does not begin as a .npy file"},
        {1000 + 195 + 55 + 21, 'U', "a (b): the header says something unknown"},
        {1000 + 195 + 55 + 128 + 4, 1, "a (b): element 0 of b is 4294967303"}};
    const size_t size = sizeof savez_npz,
                 second = find(savez_npz, size, find(savez_npz, size, 0, "PK\1\2") + 1, "PK\1\2");
    files_enter("npz");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned char bytes[sizeof savez_npz];
        wg_archive_read_report report;
        wg_error error = {0};
        memcpy(bytes, savez_npz, size);
        bytes[cases[i].at >= 1000 ? cases[i].at - 1000 : second + cases[i].at] = cases[i].byte;
        files_write("a", bytes, size);
        ck_assert_ptr_null(wg_npz_read("a", NULL, NULL));
        wg_archive *archive =
            wg_npz_read("a", &(wg_archive_read_options){.lenient = true, .report = &report}, &error);
        ck_assert_msg(archive && error.status == WG_OK && error.message[0] == 0, "%zu: %s", i, error.message);
        ck_assert(wg_archive_count(archive) == 1 && wg_archive_index(archive, "a") == 0);
        ck_assert(report.read == 1 && report.skipped == 1);
        ck_assert_msg(
            report.skipped_names[0] == (cases[i].byte == 'c' ? 'c' : 'b'), "%s", report.skipped_names);
        ck_assert_msg(strstr(report.reason, cases[i].reason), "%zu: %s", i, report.reason);
        wg_archive_free(archive);
    }
    wg_archive_read_report report = {.skipped = 3};
    files_write("a", savez_npz, size);
    wg_archive_free(wg_npz_read("a", &(wg_archive_read_options){.lenient = true, .report = &report}, NULL));
    ck_assert(report.read == 2 && report.skipped == 0 && !report.reason[0] && !report.skipped_names[0]);
    files_leave();
}
END_TEST

/* The same entry twice, and with it the same bytes: what a zip bomb is made of. */
START_TEST(entries_twice)
{
    unsigned char bytes[sizeof savez_npz];
    const size_t size = sizeof savez_npz, central = find(savez_npz, size, 0, "PK\1\2"),
                 second = find(savez_npz, size, central + 1, "PK\1\2");
    files_enter("npz");
    memcpy(bytes, savez_npz, size);
    memcpy(bytes + second, bytes + central, second - central);
    files_write("a", bytes, size);
    archives_refuse(wg_npz_read, WG_FORMAT, "a.npy lies where other entries lie");
    memcpy(bytes + second + 20, "\x2C\1\0\0\x2C\1\0\0",
        8); /* with more bytes than are left beside the first's */
    files_write("a", bytes, size);
    archives_refuse(wg_npz_read, WG_FORMAT, "a.npy lies where other entries lie");
    files_leave();
}
END_TEST

/* Cut anywhere, or with any byte changed: an error or the right arrays, and no byte read beyond. */
START_TEST(cut_and_changed)
{
    const struct {
        const unsigned char *bytes;
        size_t size;
    } files[] = {{savez_npz, sizeof savez_npz}, {compressed_npz, sizeof compressed_npz},
        {zip64_npz, sizeof zip64_npz}};
    unsigned char bytes[2048];
    size_t refused = 0;
    files_enter("npz");
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        ck_assert_uint_le(files[i].size, sizeof bytes);
        for (size_t cut = 0; cut < files[i].size; cut++) {
            files_write("a", files[i].bytes, cut);
            ck_assert_ptr_null(wg_npz_read("a", NULL, NULL));
        }
        memcpy(bytes, files[i].bytes, files[i].size);
        for (size_t at = 0; at < files[i].size; at++) {
            bytes[at] ^= 0x81;
            files_write("a", bytes, files[i].size);
            bytes[at] ^= 0x81;
            wg_archive *archive = wg_npz_read("a", NULL, NULL);
            if (archive && wg_archive_index(archive, "a") == 0 && wg_archive_index(archive, "b") == 1)
                check_numpys(archive);
            refused += !archive;
            wg_archive_free(archive);
        }
    }
    ck_assert_uint_gt(refused, 500);
    files_leave();
}
END_TEST

START_TEST(no_memory)
{
    files_enter("npz");
    bool failed = true;
    files_write("f", fortran_npy, sizeof fortran_npy);
    for (size_t fail_at = 1; failed; fail_at++) {
        test_heap heap = {0};
        const wg_allocator hook = test_heap_hook(&heap);
        wg_error error = {0};
        wg_archive *archive = example(&hook);
        heap.requests = 0, heap.fail_at = fail_at;
        wg_npz_write("a", archive, &error);
        const wg_archive_read_options reading = {.allocator = hook};
        wg_archive *again = wg_npz_read("a", &reading, &error), *fortran = wg_npy_read("f", &reading, &error);
        failed = heap.failures > 0;
        ck_assert_int_eq(error.status, failed ? WG_OUT_OF_MEMORY : WG_OK);
        ck_assert(failed == !fortran);
        wg_archive_free(archive), wg_archive_free(again), wg_archive_free(fortran);
        test_heap_check(&heap);
    }
    files_leave();
}
END_TEST

TEST_MAIN("npz", numpys_files, round_trip, what_cannot_be_written, directories_that_lie, some_of_an_archive,
    entries_twice, cut_and_changed, no_memory)
