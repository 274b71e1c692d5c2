/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "data/number.h"
#include "base/format.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* +- mantissa 10^exponent, unless there were more digits than a mantissa holds. */
struct decimal {
    uint64_t mantissa;
    int64_t exponent;
    bool is_negative, is_cut;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void add_digit(struct decimal *d, char digit)
{
    if (d->mantissa < UINT64_C(1000000000000000000))
        d->mantissa = 10 * d->mantissa + (uint64_t)(digit - '0');
    else
        d->is_cut = true;
}

/* The exponent behind an e, held back where any more of it would make no difference. */
static bool scan_exponent(const char **text, struct decimal *d)
{
    const char *c = *text + 1;
    int64_t exponent = 0;
    bool negative = *c == '-';
    c += *c == '-' || *c == '+';
    if (!is_digit(*c))
        return false;
    for (; is_digit(*c); c++)
        exponent = exponent < 100000 ? 10 * exponent + (*c - '0') : exponent;
    d->exponent += negative ? -exponent : exponent;
    *text = c;
    return true;
}

static bool scan(const char *c, char point, struct decimal *d)
{
    size_t digits = 0;
    d->is_negative = *c == '-';
    c += *c == '-' || *c == '+';
    for (; is_digit(*c); c++, digits++)
        add_digit(d, *c);
    if (*c == point)
        for (c++; is_digit(*c); c++, digits++) {
            add_digit(d, *c);
            d->exponent--;
        }
    if (digits == 0 || ((*c == 'e' || *c == 'E') && !scan_exponent(&c, d)))
        return false;
    return *c == 0;
}

/* Where mantissa and power of ten are exact, one operation rounds once: the result is the nearest double
 * (Clinger, "How to read floating point numbers accurately", PLDI 1990). */
static bool convert(const struct decimal *d, double *value)
{
    static const double power[23] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13,
        1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (FLT_EVAL_METHOD != 0 || d->is_cut || d->mantissa > UINT64_C(1) << 53 || d->exponent < -22 ||
        d->exponent > 22)
        return false;
    double magnitude = (double)d->mantissa;
    magnitude = d->exponent < 0 ? magnitude / power[-d->exponent] : magnitude * power[d->exponent];
    *value = d->is_negative ? -magnitude : magnitude;
    return true;
}

static wg_number convert_by_library(const char *text, char point, double *value)
{
    char copy[WG_LONGEST_NUMBER + 1];
    strcpy(copy, text);
    char *at = strchr(copy, point);
    if (at)
        *at = '.';
    if (!wg__format_read(copy, NULL, value))
        return WG_NUMBER_NO_MEMORY;
    return isinf(*value) ? WG_NUMBER_LARGE : WG_NUMBER_GOOD;
}

wg_number wg__number_parse(const char *text, char point, double *value)
{
    struct decimal decimal = {0};
    if (!scan(text, point, &decimal))
        return WG_NUMBER_NONE;
    if (convert(&decimal, value))
        return WG_NUMBER_GOOD;
    if (strlen(text) > WG_LONGEST_NUMBER)
        return WG_NUMBER_LONG;
    return convert_by_library(text, point, value);
}
