/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define _POSIX_C_SOURCE 200809L

#include "base/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h> /* renameat */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/again.h"
#include "base/sink_names.h"

enum { MOST_AT_ONCE = 1 << 30 }; /* some systems refuse more than an int */

static void leave(wg_sink *sink)
{
    if (sink->file >= 0)
        close(sink->file);
    if (sink->folder >= 0)
        close(sink->folder);
    sink->file = sink->folder = -1;
}

/* The temporary file is open to nobody before it has the old one's mode; only a new file begins with what the
 * umask leaves. */
static bool open_file(wg_sink *sink, const struct stat *old)
{
    int result = 0;
    sink->file = wg__sink_make_temporary(sink, old ? 0600 : 0666);
    if (sink->file < 0)
        return false;
    if (old)
        WG_AGAIN(result, fchmod(sink->file, old->st_mode & 0777));
    if (result == 0)
        return true;
    int reason = errno;
    wg__sink_remove(sink, sink->temporary);
    errno = reason;
    return false;
}

wg_status wg__sink_open(wg_sink *sink, const char *path, wg_error *error)
{
    struct stat old;
    sink->path = wg__path_shown(path, sink->shown);
    sink->file = sink->folder = -1;
    sink->failed = 0;
    sink->written = sink->used = 0;
    if (error && error->status != WG_OK)
        return error->status;
    if (!path)
        return wg_error_set(error, WG_INVALID, "a file to be written has no name");
    wg_status status = wg__sink_find(sink, path, error);
    if (status != WG_OK)
        return status;
    bool replaces = fstatat(sink->folder, sink->name, &old, AT_SYMLINK_NOFOLLOW) == 0;
    if (replaces && !S_ISREG(old.st_mode))
        status = wg__path_irregular(path, old.st_mode, error);
    else if (replaces && faccessat(sink->folder, sink->name, W_OK, 0) != 0)
        status = wg__path_failed(path, errno, error);
    if (status == WG_OK) {
        wg__sink_clean(sink);
        if (!open_file(sink, replaces ? &old : NULL))
            status = wg__path_failed(path, errno, error);
    }
    if (status != WG_OK)
        leave(sink);
    return status;
}

static wg_status failed(wg_sink *sink, wg_error *error)
{
    return wg_error_set(error, sink->failed == ENOMEM ? WG_OUT_OF_MEMORY : WG_FILE,
        "%s: cannot be written at offset %" PRIu64 ": %s", sink->path, sink->written, strerror(sink->failed));
}

/* Until the file has taken all: a write may take a part, or, interrupted, nothing. */
static void put(wg_sink *sink, const unsigned char *bytes, size_t size)
{
    while (size && !sink->failed) {
        ssize_t taken;
        WG_AGAIN(taken, write(sink->file, bytes, size < MOST_AT_ONCE ? size : MOST_AT_ONCE));
        if (taken <= 0) {
            sink->failed = taken < 0 ? errno : EIO;
            return;
        }
        bytes += taken;
        size -= (size_t)taken;
        sink->written += (uint64_t)taken;
    }
}

static void empty_buffer(wg_sink *sink)
{
    put(sink, sink->buffer, sink->used);
    sink->used = 0;
}

wg_status wg__sink_write(wg_sink *sink, const void *bytes, size_t size, wg_error *error)
{
    if (size >= WG_SINK_BUFFER - sink->used)
        empty_buffer(sink);
    if (size >= WG_SINK_BUFFER) {
        put(sink, bytes, size);
    } else if (size) {
        memcpy(sink->buffer + sink->used, bytes, size);
        sink->used += size;
    }
    return sink->failed ? failed(sink, error) : WG_OK;
}

static int sync_file(int descriptor)
{
    int result;
    WG_AGAIN(result, fsync(descriptor));
    return result;
}

static int take_place(const wg_sink *sink)
{
    int result;
    WG_AGAIN(result, renameat(sink->folder, sink->temporary, sink->folder, sink->name));
    return result;
}

wg_status wg__sink_close(wg_sink *sink, wg_error *error)
{
    wg_status status = WG_OK;
    if (sink->file < 0)
        return WG_FILE;
    empty_buffer(sink);
    if (!sink->failed && sync_file(sink->file) != 0)
        sink->failed = errno;
    if (sink->failed)
        status = failed(sink, error);
    else if (take_place(sink) != 0)
        status = wg_error_set(error, WG_FILE, "%s: cannot be replaced: %s", sink->path, strerror(errno));
    if (status != WG_OK) {
        wg__sink_abandon(sink);
        return status;
    }
    sync_file(sink->folder); /* so that the new name outlasts a power failure; not every file system can */
    leave(sink);             /* what was synced is written, whatever closing says now */
    return WG_OK;
}

void wg__sink_abandon(wg_sink *sink)
{
    if (sink->file >= 0)
        wg__sink_remove(sink, sink->temporary);
    leave(sink);
}

wg_status wg__sink_finish(wg_sink *sink, wg_status status, wg_error *error)
{
    if (status == WG_OK)
        return wg__sink_close(sink, error);
    wg__sink_abandon(sink);
    return status;
}
