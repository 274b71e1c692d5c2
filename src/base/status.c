/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <stdarg.h>
#include <stdbool.h>
#include <wengert/status.h>
#include "base/format.h"

static const struct {
    const char *name, *text;
} statuses[] = {
#define ROW(name, text) [WG_##name] = {"WG_" #name, text},
    WG_STATUS_LIST(ROW)
#undef ROW
};

static bool is_status(wg_status status)
{
    return (size_t)status < sizeof statuses / sizeof statuses[0];
}

const char *wg_status_name(wg_status status)
{
    return is_status(status) ? statuses[status].name : "WG_?";
}

const char *wg_status_text(wg_status status)
{
    return is_status(status) ? statuses[status].text : "no status of this library";
}

wg_status wg_error_set(wg_error *error, wg_status status, const char *format, ...)
{
    if (error && error->status == WG_OK && status != WG_OK) {
        va_list arguments;
        va_start(arguments, format);
        wg__format_list(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
        error->status = status;
    }
    return status;
}

void wg_error_clear(wg_error *error)
{
    if (error) {
        error->status = WG_OK;
        error->message[0] = 0;
    }
}

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

const char *wg_version(void)
{
    return TEXT(WG_VERSION_MAJOR) "." TEXT(WG_VERSION_MINOR) "." TEXT(WG_VERSION_PATCH);
}
