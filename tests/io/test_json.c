/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* JSON, read from end to end: what RFC 8259 allows and no more, and what becomes of texts and numbers. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "io/json.h"

enum { MOST = 256 };

/* In memory of its own, so that a step beyond it is seen by who watches memory. */
static bool is_json(const char *text, size_t length, const char **fault)
{
    char *copy = malloc(length ? length : 1);
    memcpy(copy, text, length);
    wg_json json = wg__json_of(copy, length);
    bool good = wg__json_skip(&json) && wg__json_ended(&json);
    *fault = json.fault;
    ck_assert(good == !json.fault && json.at <= json.end);
    free(copy);
    return good;
}

START_TEST(what_is_json)
{
    static const char *const good[] = {"null", "true", "false", "0", "-0", "10", "1.5", "-1.25e+3", "1E5",
        "0e-0", "\"\"", "\"a\"", "[]", "{}", "[[],{}]", "[1,2]", " [ 1 ,\t2\r\n] ", "{\"a\":1}",
        "{\"a\":1,\"b\":[]}", "{\"a\":{\"b\":{\"c\":[{}]}}}", "{\"\":\"\"}", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"\\u00e4\"", "\"\\ud83d\\ude00\"", "\"\xC3\xA4\xF0\x9F\x98\x80\"", "123456789012345678901234567890",
        "\"\\u007f\x7f\""};
    static const char *const bad[] = {"", " ", "nul", "True", "nan", "+1", "01", "-", "1.", ".5", "1e", "1e+",
        "0x1", "\"", "\"a", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u123g\"", "\"\\ud83d\"", "\"\\ude00\"",
        "\"\\ud83d\\u0041\"", "\"\\u0000\"", "\"\n\"", "\"\x80\"", "\"\xC0\x80\"", "[", "]", "[1", "[1,",
        "[1,]", "[,1]", "[1 2]", "[1}", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}",
        "{a:1}", "{1:1}", "{\"a\" 1}", "{\"a\":1]", "{\"a\":1 \"b\":2}", "[]]", "[] []", "{}x", "'a'",
        "[\"\\u\"]", "//", "\xEF\xBB\xBF[]"};
    const char *fault;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_msg(is_json(good[i], strlen(good[i]), &fault), "%s: %s", good[i], fault);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!is_json(bad[i], strlen(bad[i]), &fault), "%s", bad[i]);
    ck_assert(!is_json("[1\0]", 4, &fault) && !is_json("\"\0\"", 3, &fault) && !is_json("\0", 1, &fault));
}
END_TEST

START_TEST(texts)
{
    static const struct {
        const char *json, *text;
    } cases[] = {{"\"\"", ""}, {"\"plain\"", "plain"}, {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
        {"\"\\u0041\\u00e4\\u20AC\"", "A\xC3\xA4\xE2\x82\xAC"}, {"\"\\uD83D\\uDE00\"", "\xF0\x9F\x98\x80"},
        {"\"\\ud800\\udc00\\udbff\\udfff\"", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"},
        {"\"\\u07ff\\u0800\"", "\xDF\xBF\xE0\xA0\x80"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char bytes[MOST];
        strcpy(bytes, cases[i].json);
        wg_json json = wg__json_of(bytes, strlen(bytes));
        ck_assert_str_eq(wg__json_text(&json), cases[i].text);
        ck_assert(wg__json_ended(&json));
    }
}
END_TEST

START_TEST(step_by_step)
{
    char bytes[] = " { \"shape\" : [2, 18446744073709551616, -1, 2.0, 3e0, 7 ] , \"x\":\"y\" } ";
    size_t size = 0;
    wg_json json = wg__json_of(bytes, sizeof bytes - 1);
    ck_assert(!wg__json_enter(&json, '[') && wg__json_enter(&json, '{') && wg__json_more(&json, '{'));
    ck_assert_str_eq(wg__json_key(&json), "shape");
    ck_assert(!wg__json_size(&json, &size) && !wg__json_text(&json) && wg__json_enter(&json, '['));
    ck_assert(wg__json_more(&json, '[') && wg__json_size(&json, &size));
    ck_assert_uint_eq(size, 2);
    for (int i = 0; i < 4; i++) /* numbers, but none that size_t holds */
        ck_assert(wg__json_more(&json, '[') && !wg__json_size(&json, &size) && wg__json_skip(&json));
    ck_assert(wg__json_more(&json, '[') && wg__json_size(&json, &size) && !wg__json_more(&json, '['));
    ck_assert_uint_eq(size, 7);
    ck_assert(wg__json_more(&json, '{') && strcmp(wg__json_key(&json), "x") == 0);
    ck_assert_str_eq(wg__json_text(&json), "y");
    ck_assert(!wg__json_more(&json, '{') && wg__json_ended(&json));
    ck_assert_ptr_null(json.fault);
}
END_TEST

START_TEST(the_largest_size)
{
    char bytes[] = SIZE_MAX_TEXT " " SIZE_MAX_TEXT "0";
    size_t size;
    wg_json json = wg__json_of(bytes, sizeof bytes - 1);
    ck_assert(wg__json_size(&json, &size) && size == SIZE_MAX && !wg__json_size(&json, &size));
}
END_TEST

/* A million brackets are a fault, and no call within a call. */
START_TEST(depth)
{
    enum { DEEP = 1000000 };
    const char *fault;
    char *bytes = malloc(DEEP);
    memset(bytes, '[', DEEP);
    ck_assert(!is_json(bytes, DEEP, &fault) && strcmp(fault, "too deep") == 0);
    memset(bytes + 64, ']', 64);
    ck_assert(is_json(bytes, 128, &fault));
    bytes[64] = '[';
    memset(bytes + 65, ']', 65);
    ck_assert(!is_json(bytes, 130, &fault));
    free(bytes);
}
END_TEST

TEST_MAIN("json", what_is_json, texts, step_by_step, the_largest_size, depth)
