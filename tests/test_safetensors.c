/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* safetensors files: whole round trips, files of others, damaged files. */
#define _XOPEN_SOURCE 700

#include <math.h>
#include <stdint.h>
#include <string.h>
#include <wengert/archive.h>

#include "alloc.h"
#include "files.h"
#include "harness.h"

static const double doubles[6] = {1, -2, 0.1, 1e300, -0.0, 5e-324};
static const float floats[6] = {1, -2, 0.5f, 3e38f, 1e-45f, 7};
static const int32_t ints[3] = {1, INT32_MIN, INT32_MAX};

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

static wg_archive *read_good(const char *path)
{
    wg_error error = {0};
    wg_archive *archive = wg_safetensors_read(path, NULL, &error);
    ck_assert_msg(archive, "%s", error.message);
    return archive;
}

/* Reading "a" fails like this. */
static void expect(wg_status status, const char *text)
{
    wg_error error = {0};
    ck_assert_ptr_null(wg_safetensors_read("a", NULL, &error));
    ck_assert_msg(
        error.status == status && strstr(error.message, text) && strncmp(error.message, "a: ", 3) == 0,
        "expected \"%s\", got %s: %s", text, wg_status_name(error.status), error.message);
}

static wg_archive *example(void)
{
    wg_archive *archive = wg_archive_new(NULL);
    wg_error error = {0};
    wg_archive_add(archive, "f3", WG_FLOATS(floats, 3), &error);
    wg_archive_add(archive, "d", WG_DOUBLES(doubles, 2, 3), &error);
    wg_archive_add(archive, "i", WG_INTS(ints, 3), &error);
    wg_archive_add(
        archive, "\xE2\x88\x91 \"quoted\" \\ /\n", wg_array_of(floats, WG_F32, wg_shape_scalar()), &error);
    wg_archive_add(archive, "empty", wg_array_of(NULL, WG_F64, WG_SHAPE(2, 0, 3)), &error);
    wg_archive_add(archive, "eight axes", WG_FLOATS(floats, 1, 1, 2, 1, 1, 3, 1, 1), &error);
    wg_archive_add(archive, "last", WG_DOUBLES(doubles + 3, 1), &error);
    wg_archive_note(archive, "key", "text, \"\xC3\xA4\"\n", &error);
    wg_archive_note(archive, "", "no key", NULL);
    wg_archive_note(archive, "empty", "", &error);
    ck_assert_msg(error.status == WG_OK, "%s", error.message);
    return archive;
}

/* Same arrays in the same order, same notes, same bits. */
static void check_same(const wg_archive *a, const wg_archive *b)
{
    ck_assert_uint_eq(wg_archive_count(a), wg_archive_count(b));
    for (size_t i = 0, count; i < wg_archive_count(a); i++) {
        wg_array x = wg_archive_at(a, i), y = wg_archive_at(b, i);
        ck_assert_str_eq(wg_archive_name(a, i), wg_archive_name(b, i));
        ck_assert(
            x.dtype == y.dtype && wg_shape_equal(&x.shape, &y.shape) && wg_shape_count(&x.shape, &count));
        if (count)
            ck_assert_mem_eq(x.data, y.data, count * wg_dtype_size(x.dtype));
    }
    ck_assert_uint_eq(wg_archive_notes(a), wg_archive_notes(b));
    for (size_t i = 0; i < wg_archive_notes(a); i++)
        ck_assert_str_eq(wg_archive_note_of(a, wg_archive_note_key(a, i)),
            wg_archive_note_of(b, wg_archive_note_key(a, i)));
}

/* ---- Writing --------------------------------------------------------------------------------------- */

START_TEST(round_trip)
{
    files_enter("safetensors");
    wg_error error = {0};
    wg_archive *archive = example(), *nothing = wg_archive_new(NULL);
    ck_assert_msg(wg_safetensors_write("a", archive, &error) == WG_OK, "%s", error.message);
    wg_archive *again = read_good("a");
    check_same(archive, again);
    ck_assert_int_eq(wg_safetensors_write("b", again, &error), WG_OK);
    char one[4096], two[4096];
    size_t size = files_read("a", one, sizeof one);
    ck_assert(size == files_read("b", two, sizeof two) && memcmp(one, two, size) == 0);
    ck_assert_int_eq(wg_safetensors_write("b", nothing, &error), WG_OK);
    wg_archive *nothing_again = read_good("b");
    check_same(nothing, nothing_again);
    wg_archive_free(archive), wg_archive_free(again), wg_archive_free(nothing),
        wg_archive_free(nothing_again);
    files_leave();
}
END_TEST

/* Byte for byte; and the doubles, though they come second, begin on a multiple of 8. */
START_TEST(what_is_written)
{
    static const char header[] =
        "{\"__metadata__\":{\"made by\":\"hand\",\"wengert.checksum\":\"crc32:3beab1b1\"},"
        "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]},"
        "\"a\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[0,8]}}";
    static const unsigned char numbers[12] = {0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 0, 0x40};
    files_enter("safetensors");
    char bytes[512];
    const float two = 2;
    const double one = 1;
    wg_archive *archive = wg_archive_new(NULL);
    wg_archive_add(archive, "b", WG_FLOATS(&two, 1), NULL);
    wg_archive_add(archive, "a", wg_array_of(&one, WG_F64, wg_shape_scalar()), NULL);
    wg_archive_note(archive, "made by", "hand", NULL);
    wg_archive_note(archive, "wengert.checksum", "crc32:00000000", NULL); /* the true one goes before */
    ck_assert_int_eq(wg_safetensors_write("a", archive, NULL), WG_OK);
    size_t length = strlen(header), padded = (length + 7) / 8 * 8;
    ck_assert_uint_eq(files_read("a", bytes, sizeof bytes), 8 + padded + 12);
    ck_assert_mem_eq(bytes, ((char[]){(char)padded, 0, 0, 0, 0, 0, 0, 0}), 8);
    ck_assert_mem_eq(bytes + 8, header, length);
    ck_assert_uint_eq(strspn(bytes + 8 + length, " "), padded - length);
    ck_assert_mem_eq(bytes + 8 + padded, numbers, 12);
    wg_archive_free(archive);
    files_leave();
}
END_TEST

START_TEST(what_cannot_be_written)
{
    files_enter("safetensors");
    wg_error error = {0};
    wg_archive *archive = example();
    ck_assert_int_eq(wg_safetensors_write(NULL, archive, &error), WG_INVALID);
    ck_assert_int_eq(wg_safetensors_write("a", archive, &error), WG_INVALID); /* the first error stays */
    ck_assert_int_eq(wg_safetensors_write("a", NULL, NULL), WG_INVALID);
    ck_assert_int_eq(wg_safetensors_write("no/a", archive, NULL), WG_FILE);
    wg_archive_add(archive, "__metadata__", WG_INTS(ints, 1), NULL);
    wg_error_clear(&error);
    ck_assert_int_eq(wg_safetensors_write("a", archive, &error), WG_NAME);
    ck_assert_str_eq(error.message, "a: no array of a safetensors file is named __metadata__");
    ck_assert_uint_eq(files_count(), 0);
    wg_archive_free(archive);
    files_leave();
}
END_TEST

/* ---- Files of others ------------------------------------------------------------------------------- */

START_TEST(half_floats_and_brain_floats)
{
    static const uint8_t numbers[] = {0x00, 0x3C, 0x00, 0xC0, 0x01, 0x00, 0x01, 0x80, 0xFF, 0x7B, 0x00, 0x7C,
        0x00, 0x7E, 0x00, 0x80, 0x80, 0x3F, 0x49, 0xC0, 0x80, 0x7F, 0x01, 0x00};
    static const float expected[] = {1, -2, 0x1p-24f, -0x1p-24f, 65504, HUGE_VALF};
    files_enter("safetensors");
    write_raw("{\"h\":{\"dtype\":\"F16\",\"shape\":[8],\"data_offsets\":[0,16]},"
              "\"b\":{\"dtype\":\"BF16\",\"shape\":[4],\"data_offsets\":[16,24]}} ",
        numbers, sizeof numbers);
    wg_archive *archive = read_good("a");
    ck_assert(wg_archive_at(archive, 0).dtype == WG_F32 && wg_archive_at(archive, 1).dtype == WG_F32);
    const float *h = wg_archive_at(archive, 0).data, *b = wg_archive_at(archive, 1).data;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        ck_assert_double_eq((double)h[i], (double)expected[i]);
    ck_assert(isnan(h[6]) && signbit(h[7]) && fabsf(h[7]) <= 0);
    ck_assert(b[0] == 1 && b[1] == -3.140625f && isinf(b[2]) && b[3] == 0x1p-133f);
    wg_archive_free(archive);
    files_leave();
}
END_TEST

START_TEST(integers_of_other_sizes)
{
    static const struct {
        const char *dtype;
        unsigned char bytes[16];
        size_t size;
        int32_t expected[2];
    } cases[] = {{"I64", {0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F}, 16,
                     {-2, INT32_MAX}},
        {"I16", {0x00, 0x80, 0xFF, 0x7F}, 4, {-32768, 32767}}, {"I8", {0x80, 0x7F}, 2, {-128, 127}},
        {"U64", {3, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F}, 16, {3, INT32_MAX}},
        {"U32", {3, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F}, 8, {3, INT32_MAX}},
        {"U16", {0, 0x80, 0xFF, 0xFF}, 4, {32768, 65535}}, {"U8", {0x80, 0xFF}, 2, {128, 255}},
        {"BOOL", {0, 1}, 2, {0, 1}}};
    files_enter("safetensors");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char header[128];
        snprintf(header, sizeof header, "{\"x\":{\"dtype\":\"%s\",\"shape\":[2],\"data_offsets\":[0,%zu]}}",
            cases[i].dtype, cases[i].size);
        write_raw(header, cases[i].bytes, cases[i].size);
        wg_archive *archive = read_good("a");
        ck_assert_int_eq(wg_archive_at(archive, 0).dtype, WG_I32);
        ck_assert_mem_eq(wg_archive_at(archive, 0).data, cases[i].expected, sizeof cases[i].expected);
        wg_archive_free(archive);
    }
    files_leave();
}
END_TEST

START_TEST(integers_beyond_32_bits)
{
    static const struct {
        const char *dtype;
        unsigned char bytes[8];
        size_t size;
        const char *text;
    } cases[] = {{"I64", {0, 0, 0, 0x80}, 8, "a: element 0 of x is 2147483648, no integer of 32 bits"},
        {"I64", {0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF}, 8, "is -2147483649,"},
        {"I64", {0, 0, 0, 0, 0, 0, 0, 0x80}, 8, "is -9223372036854775808,"},
        {"U64", {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, 8, "is 18446744073709551615,"},
        {"U32", {0, 0, 0, 0x80}, 4, "is 2147483648,"}};
    files_enter("safetensors");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char header[128];
        snprintf(header, sizeof header, "{\"x\":{\"dtype\":\"%s\",\"shape\":[1],\"data_offsets\":[0,%zu]}}",
            cases[i].dtype, cases[i].size);
        write_raw(header, cases[i].bytes, cases[i].size);
        expect(WG_BAD_DTYPE, cases[i].text);
    }
    files_leave();
}
END_TEST

/* Arrays may lie in another order than their names, an empty one anywhere; NaN and infinity are numbers. */
START_TEST(any_order_any_number)
{
    static const float numbers[3] = {NAN, HUGE_VALF, 3};
    files_enter("safetensors");
    write_raw("{\"c\":{\"shape\":[1],\"data_offsets\":[8,12],\"dtype\":\"F32\",\"new key\":null},"
              "\"none\":{\"dtype\":\"F64\",\"shape\":[0],\"data_offsets\":[8,8]},\"__metadata__\":{},"
              "\"ab\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}\n  ",
        numbers, sizeof numbers);
    wg_archive *archive = read_good("a");
    ck_assert_str_eq(wg_archive_name(archive, 0), "c");
    ck_assert_double_eq((double)*(const float *)wg_archive_at(archive, 0).data, 3);
    const float *ab = wg_archive_at(archive, wg_archive_index(archive, "ab")).data;
    ck_assert(isnan(ab[0]) && isinf(ab[1]));
    wg_archive_free(archive);
    files_leave();
}
END_TEST

/* ---- Damaged files --------------------------------------------------------------------------------- */

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
        {X("\"F32\"", "[9223372036854775808]", "[0,8]"), "too big integer", WG_FORMAT},
        {X("\"F32\"", "[9223372036854775807]", "[0,8]"), "x", WG_FORMAT},
        {X("\"F32\"", "[4611686018427387904,4]", "[0,8]"), "x", WG_FORMAT},
        {X("\"F32\"", "[2147483648,2147483648,8]", "[0,8]"), "x", WG_FORMAT},
        {X("\"F32\"", "[-2,-1]", "[0,8]"), "size 0 of the shape of x is none", WG_FORMAT},
        {X("\"F32\"", "[2.0]", "[0,8]"), "size 0 of the shape", WG_FORMAT},
        {X("\"F32\"", "[1,\"2\"]", "[0,8]"), "size 1 of the shape", WG_FORMAT},
        {X("\"F32\"", "2", "[0,8]"), "x has no shape", WG_FORMAT},
        {X("\"F32\"", "[1,1,1,1,1,1,1,1,2]", "[0,8]"), "x has 9 axes, and 8 are the most", WG_FORMAT},
        {X("\"F32\"", "[2]", "[0,8,8]"), "the data_offsets of x are not two integers", WG_FORMAT},
        {X("\"F32\"", "[2]", "[-8,0]"), "not two integers", WG_FORMAT},
        {X("\"F32\"", "[2]", "null"), "not two integers", WG_FORMAT},
        {X("\"F8_E4M3\"", "[8]", "[0,8]"), "x is of the unknown dtype F8_E4M3", WG_BAD_DTYPE},
        {X("4", "[2]", "[0,8]"), "x has no dtype", WG_FORMAT},
        {"{\"x\":[]}", "x has no dtype", WG_FORMAT},
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

START_TEST(lengths_that_lie)
{
    static const unsigned char huge[16] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, '{', '}'};
    static const unsigned char large[16] = {0, 0, 0, 6, 0, 0, 0, 0, '{', '}'};
    static const unsigned char zero[16] = {0, 0, 0, 0, 0, 0, 0, 0, '{', '}'};
    files_enter("safetensors");
    files_write("a", huge, 16);
    expect(WG_FORMAT, "a header of 18446744073709551615 bytes, where the file has 8");
    files_write("a", large, 16);
    expect(WG_FORMAT, "a header of 100663296 bytes, where the file has 8");
    files_write("a", zero, 16);
    expect(WG_FORMAT, "a header of 0 bytes");
    files_write("a", zero, 7);
    expect(WG_FORMAT, "ends at offset 7, where 1 more bytes are due");
    files_write("a", zero, 0);
    expect(WG_FORMAT, "ends at offset 0");
    remove("a");
    expect(WG_FILE, "No such file");
    ck_assert_ptr_null(wg_safetensors_read(NULL, NULL, NULL));
    ck_assert_ptr_null(wg_safetensors_read(".", NULL, NULL));
    files_leave();
}
END_TEST

/* Cut at any place it is an error; with any byte changed, one of the numbers among them is noticed. */
START_TEST(cut_and_changed)
{
    files_enter("safetensors");
    wg_archive *archive = example();
    unsigned char bytes[4096];
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
    wg_archive *archive = read_good("a");
    ck_assert_uint_eq(wg_archive_notes(archive), 0);
    wg_archive_free(archive);
    write_raw("{\"__metadata__\":{\"wengert.checksum\":\"md5:1\"},"
              "\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
        "", 1);
    expect(WG_FORMAT, "the numbers are damaged: their checksum is crc32:d202ef8d, the header's md5:1");
    files_leave();
}
END_TEST

START_TEST(no_memory)
{
    files_enter("safetensors");
    bool failed = true;
    for (size_t fail_at = 1; failed; fail_at++) {
        test_heap heap = {0};
        const wg_allocator hook = test_heap_hook(&heap);
        wg_error error = {0};
        wg_archive *archive = wg_archive_new(&hook);
        wg_archive_add(archive, "x", WG_FLOATS(floats, 6), &error);
        wg_archive_note(archive, "key", "text", &error);
        heap.requests = 0, heap.fail_at = fail_at;
        wg_safetensors_write("a", archive, &error);
        wg_archive *again = wg_safetensors_read("a", &hook, &error);
        failed = heap.failures > 0;
        ck_assert_int_eq(error.status, failed ? WG_OUT_OF_MEMORY : WG_OK);
        ck_assert(failed == !again);
        wg_archive_free(archive);
        wg_archive_free(again);
        test_heap_check(&heap);
    }
    files_leave();
}
END_TEST

TEST_MAIN("safetensors", round_trip, what_is_written, what_cannot_be_written, half_floats_and_brain_floats,
    integers_of_other_sizes, integers_beyond_32_bits, any_order_any_number, headers_that_lie,
    lengths_that_lie, cut_and_changed, checksums, no_memory)
