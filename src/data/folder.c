/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define _POSIX_C_SOURCE 200809L

#include "data/folder.h"

#include <stdio.h>
#include <sys/stat.h>

wg_status wg_folder_check(const char *folder, wg_split split, wg_error *error)
{
    struct stat status;
    if (split != WG_TRAIN_SPLIT && split != WG_TEST_SPLIT)
        return wg_error_set(error, WG_INVALID, "load: the split is %d", (int)split);
    if (!folder || stat(folder, &status) != 0 || !S_ISDIR(status.st_mode))
        return wg_error_set(error, WG_FILE, "%s: no such folder", folder ? folder : "(no name)");
    return WG_OK;
}

wg_status wg_folder_find(char path[WG_PATH_SIZE], const char *folder, const char *name, wg_error *error)
{
    static const char *const endings[] = {"", ".gz"};
    struct stat status;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        int length = snprintf(path, WG_PATH_SIZE, "%s/%s%s", folder, name, endings[i]);
        if (length < 0 || length >= WG_PATH_SIZE)
            return wg_error_set(error, WG_FILE, "%.200s...: the path is too long", folder);
        if (stat(path, &status) == 0)
            return WG_OK;
    }
    return wg_error_set(error, WG_FILE, "%s: holds neither %s nor %s.gz", folder, name, name);
}
