/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "data/csv_form.h"
#include "data/number.h"

#include <string.h>

/* ---- Numbers --------------------------------------------------------------------------------------- */

bool wg__csv_is_number(const char *text, char point)
{
    double value;
    return (point != ',' && wg__number_parse(text, '.', &value) != WG_NUMBER_NONE) ||
           (point != '.' && wg__number_parse(text, ',', &value) != WG_NUMBER_NONE);
}

/* One to three digits that begin with no 0, a comma, three digits: 1,234. */
static bool may_be_thousands(const char *text)
{
    text += *text == '-' || *text == '+';
    size_t digits = strspn(text, "0123456789");
    return digits >= 1 && digits <= 3 && *text != '0' && strspn(text + digits + 1, "0123456789") == 3 &&
           text[digits + 4] == 0;
}

char wg__csv_point_of(const char *text)
{
    if (!strpbrk(text, ".,"))
        return 0;
    if (wg__csv_is_number(text, '.'))
        return '.';
    return wg__csv_is_number(text, ',') && !may_be_thousands(text) ? ',' : 0;
}

/* ---- The separator --------------------------------------------------------------------------------- */

/* The first of the characters that stands outside quotes in c .. end, or end. */
static const char *find(const char *c, const char *end, const char *characters)
{
    bool quoted = false;
    for (; c < end && (quoted || !strchr(characters, *c) || *c == 0); c++)
        quoted = quoted != (*c == '"');
    return c;
}

static bool is_comma_number(const char *c, const char *end)
{
    enum { LONGEST = 64 };
    char text[LONGEST] = "";
    while (c < end && *c == ' ')
        c++;
    while (end > c && end[-1] == ' ')
        end--;
    if ((size_t)(end - c) >= sizeof text)
        return false;
    memcpy(text, c, (size_t)(end - c));
    return wg__csv_is_number(text, ',');
}

/* Is each field with a comma, between separators of the other kind, a number? */
static bool commas_are_decimal(const char *line, const char *stop, const char *separator)
{
    for (const char *end; line < stop; line = end < stop ? end + 1 : stop) {
        end = find(line, stop, separator);
        if (find(line, end, ",") < end && !is_comma_number(line, end))
            return false;
    }
    return true;
}

char wg__csv_separator(const char *text, const char *end, char point, bool *two_ways)
{
    static const char all[] = ",;\t|", *const others = all + 1;
    *two_ways = false;
    while (text < end && (*text == ' ' || *text == '\n' || *text == '\r'))
        text++;
    const char *stop = find(text, end, "\n\r"), *first = find(text, stop, all),
               *other = find(text, stop, others);
    if (first == stop)
        return ',';
    if (*first != ',' || other == stop || point == '.')
        return *first;
    if (point != ',' && !commas_are_decimal(text, stop, (const char[]){*other, 0}))
        return ',';
    /* 5,1;3 may be the number 5 and the label 1;3, while 5,1;3,5 has too many labels. */
    *two_ways = point == 0 && *other != '\t' && find(other, stop, ",") == stop;
    return *other;
}
