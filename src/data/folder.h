/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* folder.h - data that lie in a folder under their usual names. */
#ifndef WG_DATA_FOLDER_H
#define WG_DATA_FOLDER_H

#include <wengert/load.h>

enum { WG_PATH_SIZE = 4096, WG_FOLDER_NAMES = 3 };

/* WG_FILE unless the folder is there; WG_INVALID for what is no split. */
wg_status wg__folder_check(const char *folder, wg_split split, wg_error *error);

/* The path of the first of the names, NULL for fewer, under which there is a file, or one with ".gz" added.
 */
wg_status wg__folder_find(
    char path[WG_PATH_SIZE], const char *folder, const char *const names[WG_FOLDER_NAMES], wg_error *error);

#endif
