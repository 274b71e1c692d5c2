/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* sink.h - a file written whole or not at all.
 *
 *      model.safetensors                                   the old file, untouched until ...
 *      model.safetensors.wengert-9f2c40d15be8a713.tmp      what is being written: beside it, so on the same
 *                                                          file system, and locked (flock)
 *
 * wg__sink_close syncs the new file and renames it over the old one, which is one step to whoever looks. On
 * any failure before that the temporary file is removed. A process that is killed leaves it behind, and the
 * old file whole; with the process its lock is gone, so that whoever writes that file next removes it.
 *
 * Bytes go through a buffer of the sink's own, not a stream's: glibc drops what a stream holds when a
 * signal's handler interrupts the write, so that it could not be done again. */
#ifndef WG_BASE_SINK_H
#define WG_BASE_SINK_H

#include <stddef.h>
#include <stdint.h>
#include <wengert/status.h>
#include "base/path.h"

enum { WG_SINK_NAME = 256, WG_SINK_BUFFER = 1024 };

typedef struct wg_sink {
    const char *path; /* the caller's, or `shown`; for messages */
    char shown[WG_PATH_SHOWN];
    int file, folder;                                 /* descriptors; -1 when closed */
    char name[WG_SINK_NAME], temporary[WG_SINK_NAME]; /* in the folder */
    int failed;                                       /* the errno of the first write that failed, or 0 */
    uint64_t written;                                 /* bytes that the file has taken */
    size_t used;                                      /* bytes in the buffer, which come next */
    unsigned char buffer[WG_SINK_BUFFER];
} wg_sink;

/* Opens the temporary file. Where `path` is a symbolic link, the file it leads to will be replaced and the
 * link stays; but no link is followed that somebody else has put into a folder that is open to all (sticky
 * and writable to others, as /tmp), as Linux protects it: its owner must be this process's or the folder's.
 * An existing file must be a regular one that may be written to, and hands its mode on, before anything is
 * written; a new one gets what the umask leaves of rw-rw-rw-. WG_FILE otherwise; an error that is set already
 * is returned. */
wg_status wg__sink_open(wg_sink *sink, const char *path, wg_error *error);

/* WG_FILE, with the offset in the message, when it cannot be written. wg__sink_finish follows in any case. */
wg_status wg__sink_write(wg_sink *sink, const void *bytes, size_t size, wg_error *error);

/* The new file takes the old one's place. A sink that could not be written is abandoned instead: WG_FILE. */
wg_status wg__sink_close(wg_sink *sink, wg_error *error);

/* wg__sink_close when all went well so far, otherwise wg__sink_abandon; returns how it all went. */
wg_status wg__sink_finish(wg_sink *sink, wg_status status, wg_error *error);

/* As if nothing had been written; nothing happens to a closed sink. */
void wg__sink_abandon(wg_sink *sink);

#endif
