/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* path.h - paths, and what the system says of them, in messages. */
#ifndef WG_BASE_PATH_H
#define WG_BASE_PATH_H

#include <wengert/status.h>

enum { WG_PATH_SHOWN = 200 };

/* A path for messages: itself; of a long one "..." and its end, so that the reason behind it is not cut off;
 * "(no name)" for NULL and "(an empty name)" for "". */
const char *wg__path_shown(const char *path, char shown[WG_PATH_SHOWN]);

/* "PATH: REASON" for an errno: WG_OUT_OF_MEMORY where the system itself lacked memory, otherwise WG_FILE. */
wg_status wg__path_failed(const char *path, int reason, wg_error *error);

/* "PATH: a pipe, not a regular file", and so on. */
wg_status wg__path_irregular(const char *path, unsigned mode, wg_error *error);

#endif
