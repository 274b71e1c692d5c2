/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* format.h - real numbers as text, and back, with a point in every locale. printf and strtod follow the
 * program's locale; so whatever text may hold a real number is written here, and nowhere else. The C locale
 * is this thread's meanwhile, and what it had before is put back. */
#ifndef WG_BASE_FORMAT_H
#define WG_BASE_FORMAT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <wengert/status.h>

/* As snprintf, vsnprintf and fprintf. */
int wg__format(char *text, size_t size, const char *format, ...) WG_PRINTF(3, 4);
int wg__format_list(char *text, size_t size, const char *format, va_list arguments);
int wg__format_to(FILE *file, const char *format, ...) WG_PRINTF(2, 3);

/* As strtod; false when a C library has no memory for its C locale (glibc and musl need none). */
bool wg__format_read(const char *text, char **end, double *number);

#endif
