/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Small tools of base that files need: texts by hash, UTF-8, CRC-32, bytes. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "base/bytes.h"
#include "base/crc32.h"
#include "base/names.h"
#include "base/texts.h"
#include "harness.h"

START_TEST(texts_are_numbered)
{
    static char text[1000][8];
    const wg_allocator memory = wg__allocator_or_default(NULL);
    wg_names names = {.memory = &memory};
    ck_assert_uint_eq(wg__names_find(&names, "0"), SIZE_MAX);
    for (size_t i = 0; i < 1000; i++) {
        snprintf(text[i], sizeof text[i], "%zu", i * i);
        ck_assert_uint_eq(wg__names_find(&names, text[i]), SIZE_MAX);
        ck_assert(wg__names_add(&names, text[i]));
    }
    for (size_t i = 0; i < 1000; i++)
        ck_assert_uint_eq(wg__names_find(&names, text[i]), i);
    ck_assert_uint_eq(wg__names_find(&names, "2"), SIZE_MAX);
    ck_assert_uint_eq(wg__names_find(&names, NULL), SIZE_MAX);
    wg__names_free(&names);
}
END_TEST

START_TEST(no_memory_changes_nothing)
{
    for (size_t fail_at = 1, failed = 1; failed; fail_at++) {
        test_heap heap = {.fail_at = fail_at};
        const wg_allocator memory = test_heap_hook(&heap);
        static char text[40][3];
        wg_names names = {.memory = &memory};
        failed = 0;
        for (size_t i = 0; i < 40; i++) {
            snprintf(text[i], sizeof text[i], "%zu", i);
            if (!wg__names_add(&names, text[i])) {
                failed++;
                ck_assert_uint_eq(wg__names_find(&names, text[i]), SIZE_MAX);
                ck_assert(wg__names_add(&names, text[i]));
            }
        }
        for (size_t i = 0; i < 40; i++)
            ck_assert_uint_eq(wg__names_find(&names, text[i]), i);
        wg__names_free(&names);
        test_heap_check(&heap);
    }
}
END_TEST

/* What was given back serves the next one who wants as much; a reset gives back all, and keeps the memory. */
START_TEST(memory_of_texts)
{
    test_heap heap = {0};
    const wg_allocator memory = test_heap_hook(&heap);
    wg_texts texts = {.arena.memory = &memory};
    for (int round = 0; round < 3; round++) {
        for (size_t size = 1; size < 3000; size += 7) {
            char *a = wg__text_take(&texts, size), *b = wg__text_take(&texts, size);
            ck_assert(a && b && a != b);
            ck_assert_uint_eq((uintptr_t)a % 16, 0);
            memset(a, 1, size), memset(b, 2, size);
            ck_assert(a[size - 1] == 1 && b[0] == 2);
            wg__text_give(&texts, a, size);
            ck_assert_ptr_eq(wg__text_take(&texts, size), a);
            wg__text_give(&texts, b, size);
            wg__text_give(&texts, a, size);
        }
        ck_assert_uint_le(heap.bytes, 4 * 4096 + 16384); /* two of each size, in whole chunks */
        wg__texts_reset(&texts);
    }
    ck_assert_ptr_null(wg__text_take(&texts, SIZE_MAX));
    ck_assert_ptr_null(wg__text_take(&texts, SIZE_MAX / 2));
    wg__arena_free(&texts.arena);
    test_heap_check(&heap);
}
END_TEST

START_TEST(utf8)
{
    static const char *const good[] = {"", "plain", "\x7F", "\xC2\x80", "\xC3\xA4\xDF\xBF", "\xE0\xA0\x80",
        "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"};
    static const char *const bad[] = {"\x80", "\xBF", "\xC3", "a\xC3", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF",
        "\xE2\x82", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
        "\xF8\x88\x80\x80\x80", "\xFF", "\xC3\xC3", "\xE2\x82g", "\xF0\x90\x80"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_msg(wg__utf8_valid(good[i], strlen(good[i])), "good %zu", i);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!wg__utf8_valid(bad[i], strlen(bad[i])), "bad %zu", i);
}
END_TEST

/* The check value of the catalogue of parametrised CRC algorithms; in two pieces it is the same. */
START_TEST(crc)
{
    ck_assert_uint_eq(wg__crc32(0, "123456789", 9), 0xCBF43926);
    ck_assert_uint_eq(wg__crc32(wg__crc32(0, "1234", 4), "56789", 5), 0xCBF43926);
    ck_assert_uint_eq(wg__crc32(0, "", 0), 0);
    ck_assert_uint_eq(wg__crc32(0, "\0", 1), 0xD202EF8D);
}
END_TEST

START_TEST(bytes)
{
    unsigned char byte[8] = {1, 2, 3, 4, 5, 6, 7, 0x88};
    ck_assert(wg__bytes_little(byte, 8) == 0x8807060504030201 && wg__bytes_little(byte, 2) == 0x201);
    ck_assert(wg__bytes_big(byte, 8) == 0x0102030405060788 && wg__bytes_big(byte, 3) == 0x10203);
    wg__bytes_put_little(byte, 0xA1B2C3D4, 4);
    ck_assert_mem_eq(byte, "\xD4\xC3\xB2\xA1\x05", 5);
    uint32_t word = 1;
    ck_assert_int_eq(wg__host_is_little(), memcmp(&word, "\1\0\0\0", 4) == 0);
}
END_TEST

TEST_MAIN("names", texts_are_numbered, no_memory_changes_nothing, memory_of_texts, utf8, crc, bytes)
