/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Numbers as notes. */
#include "io/archive.h"
#include "base/format.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

wg_status wg_archive_note_integer(wg_archive *archive, const char *key, uint64_t value, wg_error *error)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64, value);
    return wg_archive_note(archive, key, text, error);
}

/* An integer of 53 bits times a power of two, and so the same text from every C library: %a is not. */
wg_status wg_archive_note_real(wg_archive *archive, const char *key, double value, wg_error *error)
{
    char text[48];
    int exponent = 0;
    if (isfinite(value)) {
        int64_t mantissa = (int64_t)ldexp(frexp(value, &exponent), 53);
        snprintf(text, sizeof text, "%s0x%" PRIx64 "p%+d", signbit(value) ? "-" : "",
            (uint64_t)(mantissa < 0 ? -mantissa : mantissa), exponent - 53);
    } else {
        snprintf(text, sizeof text, "%s", isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
    }
    return wg_archive_note(archive, key, text, error);
}

bool wg_archive_integer_of(const wg_archive *archive, const char *key, uint64_t *value)
{
    const char *text = wg_archive_note_of(archive, key);
    if (!text || !*text || text[strspn(text, "0123456789")])
        return false;
    errno = 0;
    unsigned long long number = strtoull(text, NULL, 10);
    if (errno)
        return false;
    *value = number;
    return true;
}

bool wg_archive_real_of(const wg_archive *archive, const char *key, double *value)
{
    const char *text = wg_archive_note_of(archive, key);
    char *end = NULL;
    if (!text || !*text || text[strspn(text, "0123456789abcdefABCDEFpxPX+-nifNIF")])
        return false;
    double number;
    if (!wg__format_read(text, &end, &number) || *end)
        return false;
    *value = number;
    return true;
}
