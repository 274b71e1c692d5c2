/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define _POSIX_C_SOURCE 200809L

#include "data/folder.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include "base/path.h"

wg_status wg__folder_check(const char *folder, wg_split split, wg_error *error)
{
    struct stat status;
    if (split != WG_TRAIN_SPLIT && split != WG_TEST_SPLIT)
        return wg_error_set(error, WG_INVALID, "load: the split is %d", (int)split);
    if (!folder || stat(folder, &status) != 0)
        return wg__path_failed(folder, folder ? errno : ENOENT, error);
    return S_ISDIR(status.st_mode) ? WG_OK : wg__path_failed(folder, ENOTDIR, error);
}

wg_status wg__folder_find(
    char path[WG_PATH_SIZE], const char *folder, const char *const names[WG_FOLDER_NAMES], wg_error *error)
{
    static const char *const endings[] = {"", ".gz"};
    char shown[WG_PATH_SHOWN];
    struct stat status;
    for (size_t i = 0; i < 2 * WG_FOLDER_NAMES && names[i / 2]; i++) {
        int length = snprintf(path, WG_PATH_SIZE, "%s/%s%s", folder, names[i / 2], endings[i % 2]);
        if (length < 0 || length >= WG_PATH_SIZE)
            return wg__path_failed(folder, ENAMETOOLONG, error);
        if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
            return WG_OK;
    }
    return wg_error_set(
        error, WG_FILE, "%s: holds neither %s nor %s.gz", wg__path_shown(folder, shown), names[0], names[0]);
}
