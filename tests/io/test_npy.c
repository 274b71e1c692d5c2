/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* .npy files: NumPy's own, ours, damaged ones. */
#define _XOPEN_SOURCE 700

#include <math.h>
#include <stdint.h>
#include <string.h>
#include <wengert/archive.h>

#include "archives.h"
#include "files.h"
#include "harness.h"
#include "npy_files.h"

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
        wg_archive *archive = archives_read(wg_npy_read, "a");
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
        wg_archive *archive = archives_read(wg_npy_read, "a");
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
            wg_archive *archive = archives_read(wg_npy_read, "a");
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
        "{'descr': '=u1', 'fortran_order': False, 'shape': (2, 1)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2L,), }", /* as Python 2 wrote it */
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1L, 2L), }"};
    files_enter("npy");
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        write_npy(1, headers[i], "\3\4", 2);
        wg_archive *archive = archives_read(wg_npy_read, "a");
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
    wg_archive *archive = archives_read(wg_npy_read, "a");
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
    archive = archives_read(wg_npy_read, "a");
    for (int i = 0; i < 24; i++)
        ck_assert_int_eq(((const int32_t *)wg_archive_at(archive, 0).data)[i], i);
    wg_archive_free(archive);
    files_leave();
}
END_TEST

/* Every letter counts, the last one of each word too. */
START_TEST(words_of_a_header)
{
    static const char header[] = HEADER("|u1", "(2,)"),
                      turned[] = "{'descr': '|u1', 'fortran_order': True, 'shape': (2,), }\n";
    static const char *const words[] = {"descr", "fortran_order", "False", "shape", "True"};
    files_enter("npy");
    for (size_t w = 0; w < sizeof words / sizeof words[0]; w++) {
        const char *text = w == 4 ? turned : header;
        size_t at = (size_t)(strstr(text, words[w]) - text);
        for (size_t i = 0; i <= strlen(words[w]); i++) { /* a letter changed; at the end, one more */
            char changed[sizeof header + 8] = "";
            memcpy(changed, text, at + i);
            strcat(changed, "x");
            strcat(changed, text + at + i + (i < strlen(words[w])));
            write_npy(1, changed, "\0\1", 2);
            archives_refuse(wg_npy_read, WG_FORMAT, "the header says something unknown");
        }
        write_npy(1, text, "\0\1", 2);
        wg_archive_free(archives_read(wg_npy_read, "a"));
    }
    files_leave();
}
END_TEST

START_TEST(headers_that_lie)
{
    static const char *const unknown[] = {"", "{", "{}", "[]", "{'descr': '<f4'}", HEADER("<f16", "(1,)"),
        HEADER("<c8", "(1,)"), HEADER("<U1", "(1,)"), HEADER("|O", "(1,)"), HEADER("|f4", "(1,)"),
        HEADER("<f1", "(4,)"), HEADER("<B2", "(2,)"), HEADER("f4", "(1,)"), HEADER("<f4", "(1)"),
        HEADER("<f4", "1"), HEADER("<f4", "(-1,)"), HEADER("<f4", "(1.0,)"), HEADER("<f4", "(1LL,)"),
        HEADER("<f4", "(1 L,)"), HEADER("<f4", "(L,)"), HEADER("<f4", "(1l,)"), HEADER("<f4", "(1 1)"),
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
        archives_refuse(wg_npy_read, WG_FORMAT,
            i ? "the header says something unknown before offset" : "a header of 0 bytes");
    }
    write_npy(1, HEADER("<f4", "(2,)"), "\0\0\0\0", 4);
    archives_refuse(wg_npy_read, WG_FORMAT, "[2] elements of 4 bytes are not the 4 bytes there are");
    write_npy(1, HEADER("<f4", "(1,)"), "\0\0\0\0\0", 5);
    archives_refuse(wg_npy_read, WG_FORMAT, "are not the 5 bytes there are");
    write_npy(1, HEADER("<f8", "(4294967296, 4294967296)"), "", 0);
    archives_refuse(wg_npy_read, WG_FORMAT, "the");
    write_npy(1, HEADER("<f8", "(9223372036854775808,)"), "", 0);
    archives_refuse(wg_npy_read, WG_FORMAT, "the");
    write_npy(4, HEADER("<f4", "(1,)"), "\0\0\0\0", 4);
    archives_refuse(wg_npy_read, WG_FORMAT, "version 4.0 of the format is unknown");
    write_npy(1, HEADER("<i8", "(2,)"), "\1\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0", 16);
    archives_refuse(wg_npy_read, WG_BAD_DTYPE, "element 1 of array is 4294967296, no integer of 32 bits");
    files_write("a", "\x93NUMPY\2\0\xFF\xFF\xFF\xFF", 12);
    archives_refuse(wg_npy_read, WG_FORMAT, "a header of 4294967295 bytes, where the file has 0");
    files_write("a", "PK", 2);
    archives_refuse(wg_npy_read, WG_FORMAT, "ends at offset 2");
    files_write("a", "PK34567890", 10);
    archives_refuse(wg_npy_read, WG_FORMAT, "does not begin as a .npy file does");
    files_leave();
}
END_TEST

TEST_MAIN("npy", what_is_written, eight_long_axes, dtypes_and_byte_orders, headers_may_be_written_otherwise,
    words_of_a_header, fortran_order, headers_that_lie)
