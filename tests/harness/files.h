/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* files.h - a test's own folder, and files of bytes in it. Needs _POSIX_C_SOURCE 200809L, and mkdtemp:
 *
 *     files_enter("npy");                       a fresh folder wengert-npy-XXXXXX, the current one now
 *     files_write("a.npy", bytes, sizeof bytes);
 *     ...
 *     files_leave();                            out of it again, with all files in it removed */
#ifndef WG_TESTS_FILES_H
#define WG_TESTS_FILES_H

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void files_enter(const char *name)
{
    char folder[64];
    snprintf(folder, sizeof folder, "wengert-%s-XXXXXX", name);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static inline size_t files_count(void)
{
    size_t count = 0;
    DIR *here = opendir(".");
    ck_assert_ptr_nonnull(here);
    for (const struct dirent *entry; (entry = readdir(here));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(here);
    return count;
}

static inline void files_leave(void)
{
    char folder[4096];
    ck_assert_ptr_nonnull(getcwd(folder, sizeof folder));
    DIR *here = opendir(".");
    ck_assert_ptr_nonnull(here);
    for (const struct dirent *entry; (entry = readdir(here));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            ck_assert_int_eq(remove(entry->d_name), 0);
    closedir(here);
    ck_assert_int_eq(chdir(".."), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}

/* A new file each time: one that is cut and filled again is flushed by ext4, which takes milliseconds. */
static inline void files_write(const char *name, const void *bytes, size_t size)
{
    remove(name);
    FILE *file = fopen(name, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert(size == 0 || fwrite(bytes, 1, size, file) == size);
    ck_assert_int_eq(fclose(file), 0);
}

/* At most `size` bytes; returns how many there were. */
static inline size_t files_read(const char *name, void *bytes, size_t size)
{
    FILE *file = fopen(name, "rb");
    ck_assert_ptr_nonnull(file);
    size_t got = fread(bytes, 1, size, file);
    ck_assert_int_eq(fclose(file), 0);
    return got;
}

#endif
