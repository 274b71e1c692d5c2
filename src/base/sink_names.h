/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* sink_names.h - where a sink's file is, and its temporary one beside it. */
#ifndef WG_BASE_SINK_NAMES_H
#define WG_BASE_SINK_NAMES_H

#include <stdbool.h>
#include <sys/types.h>
#include "base/sink.h"

/* Opens the folder in which the path's links end, and sets the name in it, whether there is such a file or
 * not. On failure the folder is closed. */
wg_status wg__sink_find(wg_sink *sink, const char *path, wg_error *error);

/* A new file under a random name that nobody has, locked as long as it is open: its descriptor, or -1 with an
 * errno. */
int wg__sink_make_temporary(wg_sink *sink, mode_t mode);

/* Removes a file of the sink's folder. */
void wg__sink_remove(const wg_sink *sink, const char *name);

/* Removes temporary files of the same target that nobody has locked: those of killed processes. */
void wg__sink_clean(const wg_sink *sink);

#endif
