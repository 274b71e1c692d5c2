/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define _POSIX_C_SOURCE 200809L

#include "base/path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

const char *wg__path_shown(const char *path, char shown[WG_PATH_SHOWN])
{
    size_t length = path ? strlen(path) : 0;
    if (!path || !length)
        return path ? "(an empty name)" : "(no name)";
    if (length < WG_PATH_SHOWN)
        return path;
    const char *end = path + length - (WG_PATH_SHOWN - 4);
    while (((unsigned char)*end & 0xC0) == 0x80)
        end++; /* not amid the bytes of a character */
    snprintf(shown, WG_PATH_SHOWN, "...%s", end);
    return shown;
}

wg_status wg__path_failed(const char *path, int reason, wg_error *error)
{
    char shown[WG_PATH_SHOWN];
    return wg_error_set(error, reason == ENOMEM ? WG_OUT_OF_MEMORY : WG_FILE, "%s: %s",
        wg__path_shown(path, shown), strerror(reason));
}

wg_status wg__path_irregular(const char *path, unsigned mode, wg_error *error)
{
    char shown[WG_PATH_SHOWN];
    const char *kind = S_ISDIR(mode)    ? "a folder"
                       : S_ISFIFO(mode) ? "a pipe"
                       : S_ISSOCK(mode) ? "a socket"
                                        : "a device";
    return wg_error_set(error, WG_FILE, "%s: %s, not a regular file", wg__path_shown(path, shown), kind);
}
