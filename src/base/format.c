/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define _POSIX_C_SOURCE 200809L

#include "base/format.h"

#include <locale.h>
#include <stdlib.h>

struct passage {
    locale_t c, before; /* both 0: there was no memory */
};

static struct passage enter_c(void)
{
    struct passage p = {newlocale(LC_ALL_MASK, "C", (locale_t)0), (locale_t)0};
    if (p.c != (locale_t)0)
        p.before = uselocale(p.c);
    return p;
}

static void leave_c(struct passage p)
{
    if (p.c != (locale_t)0) {
        uselocale(p.before);
        freelocale(p.c);
    }
}

int wg__format_list(char *text, size_t size, const char *format, va_list arguments)
{
    struct passage p = enter_c();
    int length = vsnprintf(text, size, format, arguments);
    leave_c(p);
    return length;
}

int wg__format(char *text, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = wg__format_list(text, size, format, arguments);
    va_end(arguments);
    return length;
}

int wg__format_to(FILE *file, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct passage p = enter_c();
    int length = vfprintf(file, format, arguments);
    leave_c(p);
    va_end(arguments);
    return length;
}

bool wg__format_read(const char *text, char **end, double *number)
{
    struct passage p = enter_c();
    if (p.c == (locale_t)0)
        return false;
    *number = strtod(text, end);
    leave_c(p);
    return true;
}
