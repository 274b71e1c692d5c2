/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* csv_form.h - how a CSV file is written: what stands between its fields, and in its numbers. Both are found
 * together, since a comma may be either:
 *
 *      5,1;3,5;setosa      two numbers and a word              5,1;3       in two ways: refused */
#ifndef WG_DATA_CSV_FORM_H
#define WG_DATA_CSV_FORM_H

#include <stdbool.h>

/* Here and below `point` is what stands for the decimal point, or 0 where that is not known: a point or a
 * comma. Is the text a number? */
bool wg__csv_is_number(const char *text, char point);

/* What the text says about its point: '.' or ',' if it is a number with that one only, else 0. Nor does
 * "1,234" say anything, which may be a thousand. */
char wg__csv_point_of(const char *text);

/* The separator of the text up to `end`: of the four , ; tab | the first that stands outside quotes in the
 * first line with anything in it; but where all commas of the line are decimal, the first of the others. Then
 * *two_ways says that the line makes sense with commas between its fields too. */
char wg__csv_separator(const char *text, const char *end, char point, bool *two_ways);

#endif
