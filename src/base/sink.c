/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define _POSIX_C_SOURCE 200809L

#include "base/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/sink_names.h"

static void leave_folder(wg_sink *sink)
{
    if (sink->folder >= 0)
        close(sink->folder);
    sink->folder = -1;
}

/* The temporary file is open to nobody before it has the old one's mode; only a new file begins with what the
 * umask leaves. */
static bool open_file(wg_sink *sink, const struct stat *old)
{
    int descriptor = wg_sink_make_temporary(sink, old ? 0600 : 0666);
    if (descriptor < 0)
        return false;
    if ((!old || fchmod(descriptor, old->st_mode & 0777) == 0) && (sink->file = fdopen(descriptor, "wb")))
        return true;
    int reason = errno;
    unlinkat(sink->folder, sink->temporary, 0);
    close(descriptor);
    errno = reason;
    return false;
}

wg_status wg_sink_open(wg_sink *sink, const char *path, wg_error *error)
{
    struct stat old;
    sink->path = wg_path_shown(path, sink->shown);
    sink->file = NULL;
    sink->folder = -1;
    if (error && error->status != WG_OK)
        return error->status;
    if (!path)
        return wg_error_set(error, WG_INVALID, "a file to be written has no name");
    wg_status status = wg_sink_find(sink, path, error);
    if (status != WG_OK)
        return status;
    bool replaces = fstatat(sink->folder, sink->name, &old, AT_SYMLINK_NOFOLLOW) == 0;
    if (replaces && !S_ISREG(old.st_mode))
        status = wg_path_irregular(path, old.st_mode, error);
    else if (replaces && faccessat(sink->folder, sink->name, W_OK, 0) != 0)
        status = wg_path_failed(path, errno, error);
    if (status == WG_OK) {
        wg_sink_clean(sink);
        if (!open_file(sink, replaces ? &old : NULL))
            status = wg_path_failed(path, errno, error);
    }
    if (status != WG_OK)
        leave_folder(sink);
    return status;
}

/* What reached the file before the stream's buffer could not follow. */
static wg_status failed(wg_sink *sink, int reason, wg_error *error)
{
    off_t offset = lseek(fileno(sink->file), 0, SEEK_CUR);
    return wg_error_set(error, reason == ENOMEM ? WG_OUT_OF_MEMORY : WG_FILE,
        "%s: cannot be written at offset %" PRIdMAX ": %s", sink->path, (intmax_t)offset,
        reason ? strerror(reason) : "the stream failed");
}

wg_status wg_sink_write(wg_sink *sink, const void *bytes, size_t size, wg_error *error)
{
    errno = 0;
    if (size && fwrite(bytes, 1, size, sink->file) != size)
        return failed(sink, errno, error);
    return WG_OK;
}

static int sync_file(int descriptor)
{
    int result;
    do
        result = fsync(descriptor);
    while (result != 0 && errno == EINTR);
    return result;
}

wg_status wg_sink_close(wg_sink *sink, wg_error *error)
{
    errno = 0;
    wg_status status = WG_OK;
    if (!sink->file)
        return WG_FILE;
    if (ferror(sink->file) || fflush(sink->file) != 0 || sync_file(fileno(sink->file)) != 0)
        status = failed(sink, errno, error);
    else if (renameat(sink->folder, sink->temporary, sink->folder, sink->name) != 0)
        status = wg_error_set(error, WG_FILE, "%s: cannot be replaced: %s", sink->path, strerror(errno));
    if (status != WG_OK) {
        wg_sink_abandon(sink);
        return status;
    }
    /* What was synced is written, whatever closing says now. */
    fclose(sink->file);
    sink->file = NULL;
    sync_file(sink->folder); /* so that the new name outlasts a power failure; not every file system can */
    leave_folder(sink);
    return WG_OK;
}

void wg_sink_abandon(wg_sink *sink)
{
    if (!sink->file)
        return;
    unlinkat(sink->folder, sink->temporary, 0);
    fclose(sink->file);
    sink->file = NULL;
    leave_folder(sink);
}

wg_status wg_sink_finish(wg_sink *sink, wg_status status, wg_error *error)
{
    if (status == WG_OK)
        return wg_sink_close(sink, error);
    wg_sink_abandon(sink);
    return status;
}
