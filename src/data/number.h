/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* number.h - decimal text to double, the same in every locale. */
#ifndef WG_DATA_NUMBER_H
#define WG_DATA_NUMBER_H

enum { WG_LONGEST_NUMBER = 1000 }; /* characters; a double that is written out in full has under 800 */

typedef enum wg_number {
    WG_NUMBER_GOOD,
    WG_NUMBER_NONE,     /* the text is no number */
    WG_NUMBER_LONG,     /* longer than WG_LONGEST_NUMBER */
    WG_NUMBER_LARGE,    /* beyond the largest double */
    WG_NUMBER_NO_MEMORY /* for the C locale */
} wg_number;

/* Of the form [+-] digits [. digits] [e [+-] digits], with a digit before or after the point and nothing
 * around it: no infinity, no NaN, no hexadecimal. Correctly rounded. `point` is the character that stands for
 * the point. */
wg_number wg__number_parse(const char *text, char point, double *value);

#endif
