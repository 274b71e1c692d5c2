/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Damaged safetensors files. */
#define _XOPEN_SOURCE 700

#include <math.h>
#include <stdint.h>
#include <string.h>
#include <wengert/archive.h>

#include "archives.h"
#include "files.h"
#include "harness.h"

/* A file with this header and these numbers, as any program could have written it. */
static void write_raw(const char *header, const void *numbers, size_t size)
{
    unsigned char bytes[4096] = {0};
    size_t length = strlen(header);
    ck_assert_uint_le(8 + length + size, sizeof bytes);
    bytes[0] = (unsigned char)length, bytes[1] = (unsigned char)(length >> 8);
    memcpy(bytes + 8, header, length);
    if (size)
        memcpy(bytes + 8 + length, numbers, size);
    files_write("a", bytes, 8 + length + size);
}

#define X(dtype, shape, offsets)                                                                             \
    "{\"x\":{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}}"

START_TEST(headers_that_lie)
{
    static const struct {
        const char *header, *text;
        wg_status status;
    } cases[] = {
        {X("\"F32\"", "[3]", "[0,8]"), "x of shape [3] and dtype F32 does not take 8 bytes", WG_FORMAT},
        {X("\"F32\"", "[2]", "[0,4]"), "does not take 4 bytes", WG_FORMAT},
        {X("\"F32\"", "[1]", "[0,4]"), "the arrays end at 4 of 8 bytes", WG_FORMAT},
        {X("\"F32\"", "[1]", "[4,8]"), "x begins at 4, where 0 is due", WG_FORMAT},
        {X("\"F32\"", "[2]", "[8,0]"), "x lies at 8 .. 0 of 8 bytes", WG_FORMAT},
        {X("\"F32\"", "[4]", "[0,16]"), "x lies at 0 .. 16 of 8 bytes", WG_FORMAT},
        {X("\"F32\"", "[9223372036854775808]", "[0,8]"),
            "x of shape [9223372036854775808] and dtype F32 does not take 8 bytes", WG_FORMAT},
        {X("\"F32\"", "[9223372036854775807]", "[0,8]"), "x", WG_FORMAT},
        {X("\"F32\"", "[4611686018427387904,4]", "[0,8]"), "x", WG_FORMAT},
        {X("\"F32\"", "[2147483648,2147483648,8]", "[0,8]"), "x", WG_FORMAT},
        {X("\"F32\"", "[-2,-1]", "[0,8]"), "the shape of x is no list of sizes (size 0)", WG_FORMAT},
        {X("\"F32\"", "[2.0]", "[0,8]"), "the shape of x is no list of sizes (size 0)", WG_FORMAT},
        {X("\"F32\"", "[1,\"2\"]", "[0,8]"), "the shape of x is no list of sizes (size 1)", WG_FORMAT},
        {X("\"F32\"", "2", "[0,8]"), "the shape of x is no list of sizes (size 0)", WG_FORMAT},
        {X("\"F32\"", "[1,1,1,1,1,1,1,1,2]", "[0,8]"), "x has 9 axes, and 8 are the most", WG_FORMAT},
        {X("\"F32\"", "[2]", "[0,8,8]"), "the data_offsets of x are not two integers", WG_FORMAT},
        {X("\"F32\"", "[2]", "[-8,0]"), "not two integers", WG_FORMAT},
        {X("\"F32\"", "[2]", "null"), "not two integers", WG_FORMAT},
        {X("\"F8_E4M3\"", "[8]", "[0,8]"), "x is of the unknown dtype F8_E4M3", WG_BAD_DTYPE},
        {X("4", "[2]", "[0,8]"), "x has no dtype", WG_FORMAT},
        {"{\"x\":[]}", "x is no object", WG_FORMAT},
        {"{\"x\":{}}", "x has no dtype", WG_FORMAT},
        {"{}", "the arrays end at 0 of 8 bytes", WG_FORMAT},
        {"[]", "offset 8 holds no '{'", WG_FORMAT},
        {" {}", "offset 8 holds no '{'", WG_FORMAT},
        {"{\"x\"", "the header is no JSON at offset 12: ", WG_FORMAT},
        {"{} {}", "the header is no JSON", WG_FORMAT},
        {"{\"__metadata__\":1}", "__metadata__ is no object", WG_FORMAT},
        {"{\"__metadata__\":{\"a\":1}}", "the note \"a\" is no text", WG_FORMAT},
        {"{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", "duplicate", WG_FORMAT},
        {"{\"\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", "array 0 has no name", WG_FORMAT},
        {"{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
         "\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
            "duplicate", WG_FORMAT},
        {"{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
         "\"y\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
            "y begins at 4, where 8 is due", WG_FORMAT},
    };
    static const char eight[8];
    files_enter("safetensors");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_raw(cases[i].header, eight, 8);
        wg_error error = {0};
        ck_assert_ptr_null(wg_safetensors_read("a", NULL, &error));
        ck_assert_msg(error.status == cases[i].status && strstr(error.message, cases[i].text), "%s: %s: %s",
            cases[i].header, wg_status_name(error.status), error.message);
    }
    files_leave();
}
END_TEST

/* Arrays that no reader of ours understands leave the others, where that is asked for. */
START_TEST(some_of_a_file)
{
    static const char header[] =
        "{\"f8\":{\"dtype\":\"F8_E4M3\",\"shape\":[4],\"data_offsets\":[0,4]},"
        "\"good\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]},"
        "\"large\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[8,16]},"
        "\"deep\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,1,2],\"data_offsets\":[16,18]},"
        "\"short\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[18,20]},"
        "\"last\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[20,28]},"
        "\"__metadata__\":{\"wengert.checksum\":\"crc32:%s\"}}";
    static const unsigned char numbers[28] = {[6] = 0x80, [7] = 0x3F, [12] = 1, [20] = 5};
    char text[sizeof header + 8];
    wg_archive_read_report report;
    wg_error error = {0};
    files_enter("safetensors");
    snprintf(text, sizeof text, header, "b92c11c9");
    write_raw(text, numbers, sizeof numbers);
    ck_assert_ptr_null(wg_safetensors_read("a", NULL, NULL));
    const wg_archive_read_options options = {.lenient = true, .report = &report};
    wg_archive *archive = wg_safetensors_read("a", &options, &error);
    ck_assert_msg(archive, "%s", error.message);
    ck_assert(wg_archive_count(archive) == 2 && report.read == 2 && report.skipped == 4);
    ck_assert_str_eq(report.skipped_names, "f8, deep, short, large");
    ck_assert_str_eq(report.reason, "a: f8 is of the unknown dtype F8_E4M3");
    ck_assert_str_eq(wg_archive_name(archive, 0), "good");
    ck_assert_double_eq((double)((const float *)wg_archive_at(archive, 0).data)[0], 1);
    ck_assert_int_eq(((const int32_t *)wg_archive_at(archive, 1).data)[0], 5);
    wg_archive_free(archive);
    snprintf(text, sizeof text, header, "00000000"); /* that the file is damaged is no array's own fault */
    write_raw(text, numbers, sizeof numbers);
    ck_assert_ptr_null(wg_safetensors_read("a", &options, &error));
    ck_assert(error.status == WG_FORMAT && strstr(error.message, "the numbers are damaged"));
    files_leave();
}
END_TEST

START_TEST(lengths_that_lie)
{
    static const unsigned char huge[16] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, '{', '}'};
    static const unsigned char large[16] = {0, 0, 0, 6, 0, 0, 0, 0, '{', '}'};
    static const unsigned char zero[16] = {0, 0, 0, 0, 0, 0, 0, 0, '{', '}'};
    files_enter("safetensors");
    files_write("a", huge, 16);
    archives_refuse(
        wg_safetensors_read, WG_FORMAT, "a header of 18446744073709551615 bytes, where the file has 8");
    files_write("a", "length,width", 12);
    archives_refuse(
        wg_safetensors_read, WG_FORMAT, "no safetensors file, but text that begins with \"length,w\"");
    files_write("a", large, 16);
    archives_refuse(wg_safetensors_read, WG_FORMAT, "a header of 100663296 bytes, where the file has 8");
    files_write("a", zero, 16);
    archives_refuse(wg_safetensors_read, WG_FORMAT, "a header of 0 bytes");
    files_write("a", zero, 7);
    archives_refuse(wg_safetensors_read, WG_FORMAT, "ends at offset 7, where 1 more bytes are due");
    files_write("a", zero, 0);
    archives_refuse(wg_safetensors_read, WG_FORMAT, "ends at offset 0");
    remove("a");
    archives_refuse(wg_safetensors_read, WG_FILE, "No such file");
    ck_assert_ptr_null(wg_safetensors_read(NULL, NULL, NULL));
    ck_assert_ptr_null(wg_safetensors_read(".", NULL, NULL));
    files_leave();
}
END_TEST

/* Cut at any place it is an error; with any byte changed, one of the numbers among them is noticed. */
START_TEST(cut_and_changed)
{
    files_enter("safetensors");
    static const double doubles[3] = {1, -2, 0.1};
    static const int32_t ints[2] = {1, INT32_MIN};
    unsigned char bytes[4096];
    wg_archive *archive = wg_archive_new(NULL);
    wg_archive_add(archive, "ints", WG_INTS(ints, 2), NULL);
    wg_archive_add(archive, "doubles", WG_DOUBLES(doubles, 1, 3), NULL);
    wg_archive_note(archive, "key", "text", NULL);
    ck_assert_int_eq(wg_safetensors_write("b", archive, NULL), WG_OK);
    size_t size = files_read("b", bytes, sizeof bytes), header = 8 + (bytes[0] | (size_t)bytes[1] << 8);
    for (size_t cut = 0; cut < size; cut++) {
        files_write("a", bytes, cut);
        ck_assert_ptr_null(wg_safetensors_read("a", NULL, NULL));
    }
    for (size_t at = 0; at < size; at++) {
        bytes[at] ^= 0x15;
        files_write("a", bytes, size);
        bytes[at] ^= 0x15;
        wg_error error = {0};
        wg_archive *damaged = wg_safetensors_read("a", NULL, &error);
        ck_assert_msg(
            at < header || (!damaged && strstr(error.message, "the numbers are damaged")), "offset %zu", at);
        wg_archive_free(damaged);
    }
    wg_archive_free(archive);
    files_leave();
}
END_TEST

START_TEST(checksums)
{
    files_enter("safetensors");
    write_raw("{\"__metadata__\":{\"wengert.checksum\":\"crc32:d202ef8d\"},"
              "\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
        "", 1);
    wg_archive *archive = archives_read(wg_safetensors_read, "a");
    ck_assert_uint_eq(wg_archive_note_count(archive), 0);
    wg_archive_free(archive);
    write_raw("{\"__metadata__\":{\"wengert.checksum\":\"md5:1\"},"
              "\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
        "", 1);
    archives_refuse(wg_safetensors_read, WG_FORMAT,
        "the numbers are damaged: their checksum is crc32:d202ef8d, the header's md5:1");
    files_leave();
}
END_TEST

TEST_MAIN(
    "safetensors_damaged", headers_that_lie, some_of_a_file, lengths_that_lie, cut_and_changed, checksums)
