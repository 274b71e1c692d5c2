/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* .npy and .npz files: NumPy's own, ours, damaged ones. */
#define _XOPEN_SOURCE 700

#include <math.h>
#include <stdint.h>
#include <string.h>
#include <wengert/archive.h>

#include "alloc.h"
#include "files.h"
#include "harness.h"
#include "npy_files.h"

typedef wg_archive *reader(const char *path, const wg_allocator *allocator, wg_error *error);

static wg_archive *read_good(reader *read, const char *path)
{
    wg_error error = {0};
    wg_archive *archive = read(path, NULL, &error);
    ck_assert_msg(archive, "%s", error.message);
    return archive;
}

/* Reading "a" fails like this. */
static void expect(reader *read, wg_status status, const char *text)
{
    wg_error error = {0};
    wg_archive *archive = read("a", NULL, &error);
    ck_assert_msg(
        !archive && error.status == status && strstr(error.message, text) && error.message[0] == 'a',
        "expected \"%s\", got %s: %s", text, wg_status_name(error.status), error.message);
}

/* ---- One array ------------------------------------------------------------------------------------- */

/* A .npy file with this header and these numbers. */
static void write_npy(int version, const char *header, const void *numbers, size_t size)
{
    unsigned char bytes[1024] = "\x93NUMPY";
    size_t length = strlen(header), begin = version > 1 ? 12 : 10;
    bytes[6] = (unsigned char)version;
    bytes[8] = (unsigned char)length, bytes[9] = (unsigned char)(length >> 8);
    memcpy(bytes + begin, header, length);
    if (size)
        memcpy(bytes + begin + length, numbers, size);
    files_write("a", bytes, begin + length + size);
}

#define HEADER(descr, shape) "{'descr': '" descr "', 'fortran_order': False, 'shape': " shape ", }  \n"

START_TEST(what_is_written)
{
    static const double x[6] = {1, 2, 3, 4, 5, 6};
    static const int32_t n[2] = {1, -1};
    const struct {
        wg_array array;
        const char *header;
    } cases[] = {{WG_DOUBLES(x, 2, 3), "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }"},
        {WG_INTS(n, 2), "{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }"},
        {wg_array_of(x, WG_F32, wg_shape_scalar()),
            "{'descr': '<f4', 'fortran_order': False, 'shape': (), }"},
        {WG_FLOATS(NULL, 3, 0), "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 0), }"}};
    files_enter("npy");
    for (size_t i = 0, count; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned char bytes[512];
        wg_error error = {0};
        ck_assert_msg(wg_npy_write("a", cases[i].array, &error) == WG_OK, "%s", error.message);
        size_t length = strlen(cases[i].header), size = files_read("a", bytes, sizeof bytes);
        wg_shape_count(&cases[i].array.shape, &count);
        ck_assert_mem_eq(bytes, "\x93NUMPY\1\0\x76\0", 10);
        ck_assert_mem_eq(bytes + 10, cases[i].header, length);
        ck_assert_uint_eq(strspn((char *)bytes + 10 + length, " "), 117 - length);
        ck_assert_int_eq(bytes[127], '\n');
        ck_assert_uint_eq(size, 128 + count * wg_dtype_size(cases[i].array.dtype));
        wg_archive *archive = read_good(wg_npy_read, "a");
        wg_array again = wg_archive_at(archive, 0);
        ck_assert_str_eq(wg_archive_name(archive, 0), "array");
        ck_assert(again.dtype == cases[i].array.dtype && wg_shape_equal(&again.shape, &cases[i].array.shape));
        if (count)
            ck_assert_mem_eq(again.data, cases[i].array.data, count * wg_dtype_size(again.dtype));
        wg_archive_free(archive);
    }
    files_leave();
}
END_TEST

START_TEST(eight_long_axes)
{
    files_enter("npy");
    const wg_array none =
        wg_array_of(NULL, WG_F64, WG_SHAPE(0, 1000000007, 1000000007, 1, 4000000007, 1, 1, 1));
    ck_assert_int_eq(wg_npy_write("a", none, NULL), WG_OVERFLOW);
    const wg_array wide = wg_array_of(NULL, WG_F64, WG_SHAPE(0, 1000003, 1000003, 1, 1, 1, 1000003, 1));
    wg_status status = wg_npy_write("a", wide, NULL);
    ck_assert_int_eq(status, sizeof(size_t) == 8 ? WG_OK : WG_OVERFLOW);
    if (status == WG_OK) {
        wg_archive *archive = read_good(wg_npy_read, "a");
        wg_shape shape = wg_archive_at(archive, 0).shape;
        ck_assert(wg_shape_equal(&shape, &wide.shape));
        wg_archive_free(archive);
    }
    files_leave();
}
END_TEST

START_TEST(dtypes_and_byte_orders)
{
    static const struct {
        const char *header;
        unsigned char bytes[16];
        size_t size;
        wg_dtype dtype;
        double expected[2];
    } cases[] = {{HEADER("<f8", "(2,)"), {0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0xC0}, 16,
                     WG_F64, {1, -2}},
        {HEADER(">f8", "(2,)"), {0x3F, 0xF0, 0, 0, 0, 0, 0, 0, 0xC0}, 16, WG_F64, {1, -2}},
        {HEADER("<f4", "(2,)"), {0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0}, 8, WG_F32, {1, -2}},
        {HEADER(">f4", "(2,)"), {0x3F, 0x80, 0, 0, 0xC0}, 8, WG_F32, {1, -2}},
        {HEADER(">f2", "(2,)"), {0x3C, 0, 0x80, 1}, 4, WG_F32, {1, -0x1p-24}},
        {HEADER("<i8", "(2,)"), {5, 0, 0, 0, 0, 0, 0, 0, 0xFB, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, 16,
            WG_I32, {5, -5}},
        {HEADER(">i8", "(2,)"), {0, 0, 0, 0, 0, 0, 1, 5, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFB}, 16,
            WG_I32, {261, -5}},
        {HEADER(">i4", "(2,)"), {0, 0, 1, 0, 0x80}, 8, WG_I32, {256, -2147483648.0}},
        {HEADER(">i2", "(2,)"), {1, 0, 0xFF, 0xFE}, 4, WG_I32, {256, -2}},
        {HEADER("|i1", "(2,)"), {127, 0x80}, 2, WG_I32, {127, -128}},
        {HEADER(">u8", "(2,)"), {0, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 1}, 16, WG_I32,
            {2147483647, 1}},
        {HEADER("<u4", "(2,)"), {1, 2}, 8, WG_I32, {513, 0}},
        {HEADER(">u2", "(2,)"), {0xFF, 0xFF, 0, 1}, 4, WG_I32, {65535, 1}},
        {HEADER("|u1", "(2,)"), {255, 1}, 2, WG_I32, {255, 1}},
        {HEADER("|b1", "(2,)"), {1, 0}, 2, WG_I32, {1, 0}}};
    files_enter("npy");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int version = 1; version <= 3; version++) {
            write_npy(version, cases[i].header, cases[i].bytes, cases[i].size);
            wg_archive *archive = read_good(wg_npy_read, "a");
            wg_array x = wg_archive_at(archive, 0);
            ck_assert_int_eq(x.dtype, cases[i].dtype);
            for (size_t k = 0; k < 2; k++) {
                double value = x.dtype == WG_F64   ? ((const double *)x.data)[k]
                               : x.dtype == WG_F32 ? (double)((const float *)x.data)[k]
                                                   : ((const int32_t *)x.data)[k];
                ck_assert_double_eq(value, cases[i].expected[k]);
            }
            wg_archive_free(archive);
        }
    files_leave();
}
END_TEST

START_TEST(headers_may_be_written_otherwise)
{
    static const char *const headers[] = {"{'shape':(2,),'fortran_order':False,'descr':'|u1'}",
        "{ \"descr\" : \"|u1\" , 'fortran_order' : True , \"shape\" : ( 2 , ) , } \n\n",
        "{'descr': '<u1', 'shape': (1, 2,), 'fortran_order': False}",
        "{'descr': '=u1', 'fortran_order': False, 'shape': (2, 1)}"};
    files_enter("npy");
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        write_npy(1, headers[i], "\3\4", 2);
        wg_archive *archive = read_good(wg_npy_read, "a");
        ck_assert_mem_eq(wg_archive_at(archive, 0).data, ((int32_t[]){3, 4}), 8);
        wg_archive_free(archive);
    }
    files_leave();
}
END_TEST

START_TEST(fortran_order)
{
    files_enter("npy");
    files_write("a", fortran_npy, sizeof fortran_npy);
    wg_archive *archive = read_good(wg_npy_read, "a");
    wg_array x = wg_archive_at(archive, 0);
    ck_assert(wg_shape_equal(&x.shape, &WG_SHAPE(2, 3)) && x.dtype == WG_F64);
    for (int i = 0; i < 6; i++)
        ck_assert_double_eq(((const double *)x.data)[i], i);
    wg_archive_free(archive);
    unsigned char bytes[24];
    for (unsigned i = 0; i < 24;
         i++) /* element [i][j][k] of [2, 3, 4] at i + 2 j + 6 k holds 12 i + 4 j + k */
        bytes[i] = (unsigned char)(12 * (i % 2) + 4 * (i / 2 % 3) + i / 6);
    write_npy(1, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 4), }\n", bytes, 24);
    archive = read_good(wg_npy_read, "a");
    for (int i = 0; i < 24; i++)
        ck_assert_int_eq(((const int32_t *)wg_archive_at(archive, 0).data)[i], i);
    wg_archive_free(archive);
    files_leave();
}
END_TEST

START_TEST(headers_that_lie)
{
    static const char *const unknown[] = {"", "{", "{}", "[]", "{'descr': '<f4'}", HEADER("<f16", "(1,)"),
        HEADER("<c8", "(1,)"), HEADER("<U1", "(1,)"), HEADER("|O", "(1,)"), HEADER("|f4", "(1,)"),
        HEADER("<f1", "(4,)"), HEADER("<B2", "(2,)"), HEADER("f4", "(1,)"), HEADER("<f4", "(1)"),
        HEADER("<f4", "1"), HEADER("<f4", "(-1,)"), HEADER("<f4", "(1.0,)"), HEADER("<f4", "(1 1)"),
        HEADER("<f4", "(,)"), HEADER("<f4", "(1,,)"), HEADER("<f4", "(1,1,1,1,1,1,1,1,1)"),
        HEADER("<f4", "(99999999999999999999999,)"), HEADER("<f4", "(1,)") "x",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,), }",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
        "{'descr': '<f4' 'fortran_order': False, 'shape': (1,)}",
        "{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f4\\'', 'fortran_order': False, 'shape': (1,)}"};
    files_enter("npy");
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        write_npy(1, unknown[i], "\0\0\0\0", 4);
        expect(wg_npy_read, WG_FORMAT,
            i ? "the header says something unknown before offset" : "a header of 0 bytes");
    }
    write_npy(1, HEADER("<f4", "(2,)"), "\0\0\0\0", 4);
    expect(wg_npy_read, WG_FORMAT, "[2] elements of 4 bytes are not the 4 bytes there are");
    write_npy(1, HEADER("<f4", "(1,)"), "\0\0\0\0\0", 5);
    expect(wg_npy_read, WG_FORMAT, "are not the 5 bytes there are");
    write_npy(1, HEADER("<f8", "(4294967296, 4294967296)"), "", 0);
    expect(wg_npy_read, WG_FORMAT, "the");
    write_npy(1, HEADER("<f8", "(9223372036854775808,)"), "", 0);
    expect(wg_npy_read, WG_FORMAT, "the");
    write_npy(4, HEADER("<f4", "(1,)"), "\0\0\0\0", 4);
    expect(wg_npy_read, WG_FORMAT, "version 4.0 of the format is unknown");
    write_npy(1, HEADER("<i8", "(2,)"), "\1\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0", 16);
    expect(wg_npy_read, WG_BAD_DTYPE, "element 1 of array is 4294967296, no integer of 32 bits");
    files_write("a", "\x93NUMPY\2\0\xFF\xFF\xFF\xFF", 12);
    expect(wg_npy_read, WG_FORMAT, "a header of 4294967295 bytes, where the file has 0");
    files_write("a", "PK", 2);
    expect(wg_npy_read, WG_FORMAT, "ends at offset 2");
    files_write("a", "PK34567890", 10);
    expect(wg_npy_read, WG_FORMAT, "does not begin as a .npy file does");
    files_leave();
}
END_TEST

/* ---- Many arrays ----------------------------------------------------------------------------------- */

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
    wg_archive *archive = read_good(wg_npz_read, "a");
    check_numpys(archive);
    wg_archive_free(archive);
    files_write("a", zip64_npz, sizeof zip64_npz);
    archive = read_good(wg_npz_read, "a");
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
    wg_archive *again = read_good(wg_npz_read, "a");
    ck_assert_uint_eq(wg_archive_count(again), wg_archive_count(archive));
    for (size_t i = 0, count; i < wg_archive_count(archive); i++) {
        wg_array x = wg_archive_at(archive, i), y = wg_archive_at(again, i);
        ck_assert_str_eq(wg_archive_name(archive, i), wg_archive_name(again, i));
        ck_assert(
            x.dtype == y.dtype && wg_shape_equal(&x.shape, &y.shape) && wg_shape_count(&x.shape, &count));
        if (count)
            ck_assert_mem_eq(x.data, y.data, count * wg_dtype_size(x.dtype));
    }
    ck_assert_int_eq(wg_npz_write("b", nothing, &error), WG_OK);
    wg_archive *nothing_again = read_good(wg_npz_read, "b");
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
    wg_archive_add(archive, "large", WG_FLOATS(x, (size_t)1 << 30), NULL);
    wg_error_clear(&error);
    ck_assert_int_eq(wg_npz_write("a", archive, &error), WG_OVERFLOW);
    ck_assert_ptr_nonnull(strstr(error.message, "zip64"));
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
    expect(wg_npz_read, WG_FORMAT, text);
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
    changed(central + 8, 1, "a.npy is encrypted");
    changed(central + 10, 12, "a.npy is compressed by method 12, which is not read");
    changed(central + 20, 1, "a.npy cannot have");
    changed(central + 24, 1, "a.npy cannot have");
    changed(central + 28, 0xFF, "the directory ends within an entry");
    changed(central + 28, 4, "is no name of an array");
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
    expect(wg_npz_read, WG_FORMAT, "a.npy is there twice");
    memcpy(bytes + second + 20, "\x2C\1\0\0\x2C\1\0\0",
        8); /* with more bytes than are left beside the first's */
    files_write("a", bytes, size);
    expect(wg_npz_read, WG_FORMAT, "a.npy lies where other entries lie");
    files_leave();
}
END_TEST

/* Cut anywhere, or with any byte changed: an error or the right arrays, and no reading beyond (the sanitizers
 * see it). */
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
        wg_archive *again = wg_npz_read("a", &hook, &error), *fortran = wg_npy_read("f", &hook, &error);
        failed = heap.failures > 0;
        ck_assert_int_eq(error.status, failed ? WG_OUT_OF_MEMORY : WG_OK);
        ck_assert(failed == !fortran);
        wg_archive_free(archive), wg_archive_free(again), wg_archive_free(fortran);
        test_heap_check(&heap);
    }
    files_leave();
}
END_TEST

TEST_MAIN("npy", what_is_written, eight_long_axes, dtypes_and_byte_orders, headers_may_be_written_otherwise,
    fortran_order, headers_that_lie, numpys_files, round_trip, what_cannot_be_written, directories_that_lie,
    entries_twice, cut_and_changed, no_memory)
