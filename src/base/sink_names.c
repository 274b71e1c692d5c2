/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define _GNU_SOURCE /* getentropy, flock, O_PATH */

#include "base/sink_names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/again.h"

enum { MOST_PATH = 4096, MOST_LINKS = 40, MOST_NAMES = 100, LONGEST_NAME = 200, DIGITS = 16 };

#define MARK ".wengert-" /* then DIGITS hexadecimal digits, then */
#define ENDING ".tmp"

/* ---- The file -------------------------------------------------------------------------------------- */

/* A folder in which one may create files need not be readable. */
static int open_folder(int from, const char *path)
{
    int folder;
    WG_AGAIN(folder, openat(from, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
#ifdef O_PATH
    if (folder < 0 && errno == EACCES)
        WG_AGAIN(folder, openat(from, path, O_PATH | O_DIRECTORY | O_CLOEXEC));
#endif
    return folder;
}

/* Goes from the sink's folder to that of `path`, which loses its name. */
static bool enter(wg_sink *sink, char *path)
{
    char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    if (strlen(name) >= WG_SINK_NAME || strlen(path) == 0) {
        errno = *path ? ENAMETOOLONG : ENOENT;
        return false;
    }
    strcpy(sink->name, *name ? name : ".");
    if (slash)
        slash[1] = 0;
    int from = sink->folder;
    sink->folder = open_folder(from < 0 ? AT_FDCWD : from, slash ? path : ".");
    int reason = errno;
    if (from >= 0)
        close(from);
    errno = reason;
    return sink->folder >= 0;
}

/* May a link in the sink's folder be followed? */
static bool is_trusted(const wg_sink *sink, const struct stat *link)
{
    struct stat folder;
    if (fstat(sink->folder, &folder) != 0)
        return false;
    bool open_to_all = (folder.st_mode & S_ISVTX) && (folder.st_mode & S_IWOTH);
    return !open_to_all || link->st_uid == geteuid() || link->st_uid == folder.st_uid;
}

wg_status wg__sink_find(wg_sink *sink, const char *path, wg_error *error)
{
    char text[MOST_PATH];
    struct stat link;
    size_t length = strlen(path);
    sink->folder = -1;
    if (length >= sizeof text)
        return wg__path_failed(path, ENAMETOOLONG, error);
    memcpy(text, path, length + 1);
    int reason = ELOOP;
    for (int links = 0; links < MOST_LINKS; links++) {
        if (!enter(sink, text))
            return wg__path_failed(path, errno, error);
        bool there = fstatat(sink->folder, sink->name, &link, AT_SYMLINK_NOFOLLOW) == 0;
        if (there ? !S_ISLNK(link.st_mode) : errno == ENOENT)
            return WG_OK;
        reason = !there ? errno : is_trusted(sink, &link) ? ELOOP : EACCES;
        ssize_t got = reason == ELOOP ? readlinkat(sink->folder, sink->name, text, sizeof text - 1) : -1;
        if (got < 0 || got == sizeof text - 1)
            break;
        text[got] = 0;
    }
    close(sink->folder);
    sink->folder = -1;
    if (reason == EACCES)
        return wg_error_set(error, WG_FILE,
            "%s: a link that another user has put into a folder that is open to all is not followed",
            sink->path);
    return wg__path_failed(path, reason, error);
}

/* ---- The temporary file ---------------------------------------------------------------------------- */

/* The folder's file of that name is the one that is open. */
static bool is_there(const wg_sink *sink, int descriptor)
{
    struct stat open, there;
    return fstat(descriptor, &open) == 0 &&
           fstatat(sink->folder, sink->temporary, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
           open.st_ino == there.st_ino && open.st_dev == there.st_dev;
}

static uint64_t random_bits(void)
{
    uint64_t bits;
    struct timespec now;
    if (getentropy(&bits, sizeof bits) == 0)
        return bits;
    clock_gettime(CLOCK_REALTIME, &now);
    return ((uint64_t)getpid() << 40) ^ ((uint64_t)now.tv_sec << 30) ^ (uint64_t)now.tv_nsec;
}

static int lock(int descriptor)
{
    int result;
    WG_AGAIN(result, flock(descriptor, LOCK_EX | LOCK_NB));
    return result;
}

int wg__sink_make_temporary(wg_sink *sink, mode_t mode)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    for (int i = 0; i < MOST_NAMES; i++) {
        snprintf(sink->temporary, sizeof sink->temporary, "%.*s" MARK "%0*" PRIx64 ENDING, LONGEST_NAME,
            sink->name, DIGITS, random_bits());
        int descriptor;
        WG_AGAIN(descriptor, openat(sink->folder, sink->temporary, flags, mode));
        if (descriptor < 0 && errno != EEXIST)
            return -1;
        if (descriptor < 0)
            continue;
        /* Before it is locked, somebody who cleans up may take it for a leftover. Where there are no locks,
         * nobody cleans up. */
        if ((lock(descriptor) == 0 || errno != EWOULDBLOCK) && is_there(sink, descriptor))
            return descriptor;
        close(descriptor);
    }
    errno = EEXIST;
    return -1;
}

void wg__sink_remove(const wg_sink *sink, const char *name)
{
    int result;
    WG_AGAIN(result, unlinkat(sink->folder, name, 0));
    (void)result; /* what is gone or stays is not for a writer to complain of */
}

/* NAME MARK DIGITS ENDING */
static bool is_temporary(const wg_sink *sink, const char *name)
{
    size_t length = strnlen(sink->name, LONGEST_NAME), mark = sizeof MARK - 1, ending = sizeof ENDING - 1;
    return strlen(name) == length + mark + DIGITS + ending && memcmp(name, sink->name, length) == 0 &&
           memcmp(name + length, MARK, mark) == 0 &&
           strspn(name + length + mark, "0123456789abcdef") == DIGITS &&
           strcmp(name + length + mark + DIGITS, ENDING) == 0;
}

/* It is mine, and I alone have it locked. */
static void remove_leftover(const wg_sink *sink, const char *name)
{
    struct stat file;
    int descriptor;
    WG_AGAIN(descriptor, openat(sink->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (descriptor < 0)
        return;
    if (fstat(descriptor, &file) == 0 && S_ISREG(file.st_mode) && file.st_uid == geteuid() &&
        lock(descriptor) == 0)
        wg__sink_remove(sink, name);
    close(descriptor);
}

void wg__sink_clean(const wg_sink *sink)
{
    int copy;
    WG_AGAIN(copy, openat(sink->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    DIR *folder = copy >= 0 ? fdopendir(copy) : NULL;
    if (!folder && copy >= 0)
        close(copy);
    for (const struct dirent *entry; folder && (entry = readdir(folder));)
        if (is_temporary(sink, entry->d_name))
            remove_leftover(sink, entry->d_name);
    if (folder)
        closedir(folder);
}
