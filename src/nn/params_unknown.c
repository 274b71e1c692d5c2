/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* params_unknown.c - a name that a sealed store does not have, and the one that may have been meant. */
#include "nn/params.h"

#include <ctype.h>
#include <string.h>

enum { LONGEST = 128 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Letters to change, insert and leave out to make `a` of `b`, where case counts for nothing (Levenshtein's
 * distance, row by row); both have at most LONGEST letters. */
static size_t distance(const char *a, const char *b)
{
    size_t row[LONGEST + 1], n = strlen(b);
    for (size_t k = 0; k <= n; k++)
        row[k] = k;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0]++;
        for (size_t k = 0; k < n; k++) {
            bool same = tolower((unsigned char)a[i]) == tolower((unsigned char)b[k]);
            size_t changed = diagonal + !same;
            diagonal = row[k + 1];
            row[k + 1] = least(changed, least(diagonal, row[k]) + 1);
        }
    }
    return row[n];
}

/* The nearest name that differs in a third of its letters at most; NULL when none does. */
static const char *nearest(const wg_params *p, const char *name)
{
    const char *best = NULL;
    size_t length = strlen(name), smallest = length / 3 + 1;
    for (size_t i = 0; i < p->count && length <= LONGEST; i++) {
        const char *other = p->arrays[i]->name;
        size_t d = strlen(other) <= LONGEST ? distance(name, other) : SIZE_MAX;
        if (d < smallest) {
            smallest = d;
            best = other;
        }
    }
    return best;
}

wg_status wg__params_unknown(const wg_params *p, const char *name, wg_error *error)
{
    const char *near = nearest(p, name);
    return wg_error_set(error, WG_NAME, "%s is unknown, and the store is sealed by %s%s%s%s", name, p->sealed,
        near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}
