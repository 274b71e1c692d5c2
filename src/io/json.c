/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "io/json.h"

#include <stdint.h>
#include <string.h>
#include "base/names.h"

enum { DEEPEST = 64 }; /* lists and objects within each other, in what is skipped */

wg_json wg__json_of(char *text, size_t length)
{
    return (wg_json){.begin = text, .at = text, .end = text + length};
}

static bool fail(wg_json *j, const char *fault)
{
    j->fault = j->fault ? j->fault : fault;
    return false;
}

/* The next byte that is no blank; 0 at the end, and where nothing more is to be read. */
static char peek(wg_json *j)
{
    while (j->at < j->end && (*j->at == ' ' || *j->at == '\t' || *j->at == '\n' || *j->at == '\r'))
        j->at++;
    return j->at < j->end && !j->fault ? *j->at : 0;
}

static bool take(wg_json *j, char c)
{
    if (peek(j) != c || !c)
        return false;
    j->at++;
    return true;
}

/* ---- Lists and objects ----------------------------------------------------------------------------- */

bool wg__json_enter(wg_json *j, char open)
{
    bool taken = take(j, open);
    j->first = j->first || taken;
    return taken;
}

bool wg__json_more(wg_json *j, char open)
{
    bool first = j->first;
    j->first = false;
    if (take(j, open == '{' ? '}' : ']'))
        return false;
    if (!first && !take(j, ','))
        return fail(j, "a comma or an end is due");
    return peek(j) != 0 || fail(j, "it ends too early");
}

/* ---- Texts ----------------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The four digits behind \u; -1 when they are not there. */
static int32_t take_unit(wg_json *j)
{
    int32_t unit = 0;
    for (int i = 0; i < 4; i++, j->at++) {
        int digit = j->at < j->end ? hex_digit(*j->at) : -1;
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

/* A character of one or two units of UTF-16, as UTF-8, which is shorter than its escape; `at` is behind the
 * u.
 */
static bool take_unicode(wg_json *j, char **to)
{
    int32_t point = take_unit(j);
    if (point >= 0xD800 && point < 0xDC00) {
        bool pair = j->end - j->at >= 2 && j->at[0] == '\\' && j->at[1] == 'u';
        j->at += pair ? 2 : 0;
        int32_t low = pair ? take_unit(j) : -1;
        point = low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00) : -1;
    }
    if (point <= 0 || (point >= 0xDC00 && point < 0xE000))
        return fail(j, "no character");
    int more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const unsigned char first[4] = {0, 0xC0, 0xE0, 0xF0};
    *(*to)++ = (char)(first[more] | point >> 6 * more);
    for (int i = more - 1; i >= 0; i--)
        *(*to)++ = (char)(0x80 | (point >> 6 * i & 0x3F));
    return true;
}

static bool take_escape(wg_json *j, char **to)
{
    static const char names[] = "\"\\/bfnrt", characters[] = "\"\\/\b\f\n\r\t";
    const char *name = j->at < j->end && *j->at ? strchr(names, *j->at) : NULL;
    if (j->at < j->end && *j->at == 'u') {
        j->at++;
        return take_unicode(j, to);
    }
    if (!name)
        return fail(j, "an escape that there is not");
    *(*to)++ = characters[name - names];
    j->at++;
    return true;
}

const char *wg__json_text(wg_json *j)
{
    if (!take(j, '"'))
        return NULL;
    char *text = j->at, *to = text;
    while (j->at < j->end && *j->at != '"') {
        char c = *j->at++;
        if ((unsigned char)c < ' ')
            fail(j, "a control character in a text");
        else if (c != '\\')
            *to++ = c;
        else
            take_escape(j, &to);
        if (j->fault)
            return NULL;
    }
    if (j->at == j->end || !wg__utf8_valid(text, (size_t)(to - text))) {
        fail(j, j->at == j->end ? "a text that does not end" : "a text that is no UTF-8");
        return NULL;
    }
    j->at++;
    *to = 0;
    return text;
}

const char *wg__json_key(wg_json *j)
{
    const char *key = wg__json_text(j);
    if (key && take(j, ':'))
        return key;
    fail(j, key ? "a colon is due" : "a key is due");
    return NULL;
}

/* ---- Numbers, and the rest ------------------------------------------------------------------------- */

static bool take_digits(wg_json *j)
{
    const char *begin = j->at;
    while (j->at < j->end && *j->at >= '0' && *j->at <= '9')
        j->at++;
    return j->at > begin;
}

static bool take_number(wg_json *j)
{
    j->at += *j->at == '-';
    bool zero = j->at < j->end && *j->at == '0';
    j->at += zero;
    bool good = zero || take_digits(j);
    if (good && j->at < j->end && *j->at == '.') {
        j->at++;
        good = take_digits(j);
    }
    if (good && j->at < j->end && (*j->at == 'e' || *j->at == 'E')) {
        j->at++;
        j->at += j->at < j->end && (*j->at == '+' || *j->at == '-');
        good = take_digits(j);
    }
    return good || fail(j, "a number that is none");
}

bool wg__json_size(wg_json *j, size_t *size)
{
    wg_json before = *j;
    char c = peek(j);
    const char *begin = j->at;
    if (c < '0' || c > '9' || !take_number(j))
        return false;
    for (*size = 0; begin < j->at; begin++) {
        size_t digit = (size_t)(*begin - '0');
        if (digit > 9 || *size > (SIZE_MAX - digit) / 10) {
            *j = before;
            return false;
        }
        *size = *size * 10 + digit;
    }
    return true;
}

static bool take_scalar(wg_json *j)
{
    static const char *const words[] = {"true", "false", "null"};
    char c = peek(j);
    if (c == '"')
        return wg__json_text(j) != NULL;
    if (c == '-' || (c >= '0' && c <= '9'))
        return take_number(j);
    for (size_t i = 0; i < 3; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(j->end - j->at) >= length && memcmp(j->at, words[i], length) == 0) {
            j->at += length;
            return true;
        }
    }
    return fail(j, "a value is due");
}

/* Lists and objects that are open are bits and not calls: texts of strangers may be as deep as they are long.
 */
bool wg__json_skip(wg_json *j)
{
    uint64_t objects = 0; /* bit i: level i is an object */
    int depth = 0;
    do {
        bool object = wg__json_enter(j, '{');
        if (object || wg__json_enter(j, '[')) {
            if (depth == DEEPEST)
                return fail(j, "too deep");
            objects = objects << 1 | object;
            depth++;
        } else if (!take_scalar(j)) {
            return false;
        }
        while (depth && !wg__json_more(j, objects & 1 ? '{' : '[') && !j->fault) {
            objects >>= 1;
            depth--;
        }
        if (depth && objects & 1)
            wg__json_key(j);
    } while (depth && !j->fault);
    return !j->fault;
}

bool wg__json_ended(wg_json *j)
{
    return (peek(j) == 0 && j->at == j->end && !j->fault) || fail(j, "something follows it");
}
