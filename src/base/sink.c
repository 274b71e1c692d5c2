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

enum { MOST_LINKS = 40, MOST_NAMES = 1000, LONGEST_NAME = 200 };

/* The length of the folder's part of a path, with its last '/'. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

static bool copy_path(char *to, const char *from)
{
    size_t length = strlen(from);
    if (length == 0 || length >= WG_SINK_PATH) {
        errno = length ? ENAMETOOLONG : ENOENT;
        return false;
    }
    memcpy(to, from, length + 1);
    return true;
}

/* sink->target := where the path's links lead, whether there is a file or not. Whether a path ends in a link
 * is asked by readlink itself: EINVAL says that it is none. */
static bool follow_links(wg_sink *sink)
{
    char link[WG_SINK_PATH];
    if (!copy_path(sink->target, sink->path))
        return false;
    for (int links = 0; links < MOST_LINKS; links++) {
        ssize_t length = readlink(sink->target, link, sizeof link - 1);
        if (length < 0)
            return errno == EINVAL || errno == ENOENT;
        link[length] = 0;
        size_t folder = link[0] == '/' ? 0 : folder_length(sink->target);
        if (folder + (size_t)length >= WG_SINK_PATH) {
            errno = ENAMETOOLONG;
            return false;
        }
        memcpy(sink->target + folder, link, (size_t)length + 1);
    }
    errno = ELOOP;
    return false;
}

/* A new file beside the target, with a name that nobody has. */
static int open_temporary(wg_sink *sink)
{
    size_t folder = folder_length(sink->target);
    int descriptor = -1;
    errno = EEXIST;
    for (int i = 0; i < MOST_NAMES && descriptor < 0 && errno == EEXIST; i++) {
        int length = snprintf(sink->temporary, sizeof sink->temporary, "%.*s%.*s.%ld-%d.tmp", (int)folder,
            sink->target, LONGEST_NAME, sink->target + folder, (long)getpid(), i);
        if (length >= WG_SINK_PATH) {
            errno = ENAMETOOLONG;
            return -1;
        }
        descriptor = open(sink->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    }
    return descriptor;
}

wg_status wg_sink_open(wg_sink *sink, const char *path, wg_error *error)
{
    struct stat old;
    sink->path = path;
    sink->file = NULL;
    if (error && error->status != WG_OK)
        return error->status;
    if (!path)
        return wg_error_set(error, WG_INVALID, "a file to be written has no name");
    if (!follow_links(sink))
        return wg_error_set(error, WG_FILE, "%s: %s", path, strerror(errno));
    bool replaces = stat(sink->target, &old) == 0;
    if (replaces && !S_ISREG(old.st_mode))
        return wg_error_set(error, WG_FILE, "%s: %s, not a regular file", path,
            S_ISDIR(old.st_mode) ? "a folder" : "a device or pipe");
    if (replaces && access(sink->target, W_OK) != 0)
        return wg_error_set(error, WG_FILE, "%s: %s", path, strerror(errno));
    int descriptor = open_temporary(sink);
    if (descriptor < 0)
        return wg_error_set(error, WG_FILE, "%s: %s", path, strerror(errno));
    if ((replaces && fchmod(descriptor, old.st_mode & 0777) != 0) ||
        !(sink->file = fdopen(descriptor, "wb"))) {
        int reason = errno;
        close(descriptor);
        unlink(sink->temporary);
        return wg_error_set(error, WG_FILE, "%s: %s", path, strerror(reason));
    }
    return WG_OK;
}

/* What reached the file before the stream's buffer could not follow. */
static wg_status failed(wg_sink *sink, int reason, wg_error *error)
{
    off_t offset = lseek(fileno(sink->file), 0, SEEK_CUR);
    return wg_error_set(error, WG_FILE, "%s: cannot be written at offset %" PRIdMAX ": %s", sink->path,
        (intmax_t)offset, reason ? strerror(reason) : "the stream failed");
}

wg_status wg_sink_write(wg_sink *sink, const void *bytes, size_t size, wg_error *error)
{
    errno = 0;
    if (size && fwrite(bytes, 1, size, sink->file) != size)
        return failed(sink, errno, error);
    return WG_OK;
}

/* Makes the new name last over a power failure. Not every file system can, and the file is in its place. */
static void sync_folder(const char *path)
{
    char folder[WG_SINK_PATH];
    size_t length = folder_length(path);
    memcpy(folder, length ? path : ".", length ? length : 1);
    folder[length ? length : 1] = 0;
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        fsync(descriptor);
        close(descriptor);
    }
}

wg_status wg_sink_close(wg_sink *sink, wg_error *error)
{
    errno = 0;
    wg_status status = WG_OK;
    if (!sink->file)
        return WG_FILE;
    if (ferror(sink->file) || fflush(sink->file) != 0 || fsync(fileno(sink->file)) != 0)
        status = failed(sink, errno, error);
    if (status != WG_OK) {
        wg_sink_abandon(sink);
        return status;
    }
    FILE *file = sink->file;
    sink->file = NULL;
    if (fclose(file) != 0 || rename(sink->temporary, sink->target) != 0) {
        status = wg_error_set(error, WG_FILE, "%s: cannot be replaced: %s", sink->path, strerror(errno));
        unlink(sink->temporary);
        return status;
    }
    sync_folder(sink->target);
    return WG_OK;
}

void wg_sink_abandon(wg_sink *sink)
{
    if (!sink->file)
        return;
    fclose(sink->file);
    unlink(sink->temporary);
    sink->file = NULL;
}

wg_status wg_sink_finish(wg_sink *sink, wg_status status, wg_error *error)
{
    if (status == WG_OK)
        return wg_sink_close(sink, error);
    wg_sink_abandon(sink);
    return status;
}
