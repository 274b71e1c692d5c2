/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* safetensors files: whole round trips, and files of others. */
#define _XOPEN_SOURCE 700

#include <math.h>
#include <stdint.h>
#include <string.h>
#include <wengert/archive.h>

#include "alloc.h"
#include "archives.h"
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

/* Same arrays, same notes. */
static void check_same(const wg_archive *a, const wg_archive *b)
{
    archives_same(a, b);
    ck_assert_uint_eq(wg_archive_note_count(a), wg_archive_note_count(b));
    for (size_t i = 0; i < wg_archive_note_count(a); i++)
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
    wg_archive *again = archives_read(wg_safetensors_read, "a");
    check_same(archive, again);
    ck_assert_int_eq(wg_safetensors_write("b", again, &error), WG_OK);
    char one[4096], two[4096];
    size_t size = files_read("a", one, sizeof one);
    ck_assert(size == files_read("b", two, sizeof two) && memcmp(one, two, size) == 0);
    ck_assert_int_eq(wg_safetensors_write("b", nothing, &error), WG_OK);
    wg_archive *nothing_again = archives_read(wg_safetensors_read, "b");
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
    wg_archive *archive = archives_read(wg_safetensors_read, "a");
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
        wg_archive *archive = archives_read(wg_safetensors_read, "a");
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
        archives_refuse(wg_safetensors_read, WG_BAD_DTYPE, cases[i].text);
    }
    files_leave();
}
END_TEST

/* Arrays may lie in another order than their names, an empty one anywhere; NaN and infinity are numbers. */
START_TEST(any_order_any_number)
{
    static const unsigned char numbers[12] = {0, 0, 0xC0, 0x7F, 0, 0, 0x80, 0x7F, 0, 0, 0x40, 0x40};
    files_enter("safetensors");
    write_raw("{\"c\":{\"shape\":[1],\"data_offsets\":[8,12],\"dtype\":\"F32\",\"new key\":null},"
              "\"none\":{\"dtype\":\"F64\",\"shape\":[0],\"data_offsets\":[8,8]},\"__metadata__\":{},"
              "\"ab\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}\n  ",
        numbers, sizeof numbers);
    wg_archive *archive = archives_read(wg_safetensors_read, "a");
    ck_assert_str_eq(wg_archive_name(archive, 0), "c");
    ck_assert_double_eq((double)*(const float *)wg_archive_at(archive, 0).data, 3);
    const float *ab = wg_archive_at(archive, wg_archive_index(archive, "ab")).data;
    ck_assert(isnan(ab[0]) && isinf(ab[1]));
    wg_archive_free(archive);
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
        wg_archive *again = wg_safetensors_read("a", &(wg_archive_read_options){.allocator = hook}, &error);
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
    integers_of_other_sizes, integers_beyond_32_bits, any_order_any_number, no_memory)
