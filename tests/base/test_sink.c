/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Files written whole or not at all. */
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE /* whose inline functions have the names of those below */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/sink.h"
#include "harness.h"

/* Every test works in a fresh folder, which must be empty when its files are removed. */
static char folder[32];

static void enter(void)
{
    strcpy(folder, "wengert-sink-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static void leave(void)
{
    ck_assert_int_eq(chdir(".."), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}

static size_t files_here(void)
{
    size_t count = 0;
    DIR *here = opendir(".");
    for (const struct dirent *entry; (entry = readdir(here));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(here);
    return count;
}

static wg_status save(const char *path, const char *text, wg_error *error)
{
    wg_sink sink;
    if (wg__sink_open(&sink, path, error) == WG_OK &&
        wg__sink_write(&sink, text, strlen(text), error) == WG_OK)
        return wg__sink_close(&sink, error);
    wg__sink_abandon(&sink);
    return error->status;
}

static void holds(const char *path, const char *text)
{
    char found[64] = "";
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file, "%s is not there", path);
    size_t got = fread(found, 1, sizeof found - 1, file);
    fclose(file);
    found[got] = 0;
    ck_assert_str_eq(found, text);
}

START_TEST(the_old_file_stays_until_the_new_one_is_whole)
{
    enter();
    wg_error error = {0};
    wg_sink sink;
    ck_assert_int_eq(save("a", "old", &error), WG_OK);
    ck_assert_int_eq(wg__sink_open(&sink, "a", &error), WG_OK);
    ck_assert_int_eq(wg__sink_write(&sink, "new", 3, &error), WG_OK);
    holds("a", "old");
    ck_assert_uint_eq(files_here(), 2);
    ck_assert_int_eq(wg__sink_close(&sink, &error), WG_OK);
    holds("a", "new");
    ck_assert_int_eq(wg__sink_open(&sink, "a", &error), WG_OK);
    ck_assert_int_eq(wg__sink_write(&sink, "newer", 5, &error), WG_OK);
    wg__sink_abandon(&sink);
    wg__sink_abandon(&sink);
    ck_assert_int_eq(wg__sink_close(&sink, &error), WG_FILE);
    holds("a", "new");
    ck_assert_uint_eq(files_here(), 1);
    unlink("a");
    leave();
}
END_TEST

/* Two writers of one file: each has a temporary file of its own, and the later one wins whole. */
START_TEST(two_at_once)
{
    enter();
    wg_error error = {0};
    wg_sink one, two;
    wg__sink_open(&one, "a", &error), wg__sink_open(&two, "a", &error);
    wg__sink_write(&one, "one", 3, &error), wg__sink_write(&two, "two", 3, &error);
    ck_assert_int_eq(wg__sink_close(&two, &error), WG_OK);
    holds("a", "two");
    ck_assert_int_eq(wg__sink_close(&one, &error), WG_OK);
    holds("a", "one");
    unlink("a");
    leave();
}
END_TEST

/* This program's openat stands before the C library's, and keeps the mode of the last file it made. */
static mode_t made;

int openat(int from, const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    made = flags & O_CREAT ? mode : made;
    return (int)syscall(SYS_openat, from, path, flags, mode);
}

START_TEST(modes)
{
    enter();
    wg_error error = {0};
    struct stat status;
    mode_t mask = umask(027);
    ck_assert_int_eq(save("a", "1", &error), WG_OK);
    umask(mask);
    ck_assert(stat("a", &status) == 0 && (status.st_mode & 0777) == 0640);
    ck_assert_int_eq(chmod("a", 0604), 0);
    ck_assert_int_eq(save("a", "2", &error), WG_OK);
    ck_assert(stat("a", &status) == 0 && (status.st_mode & 0777) == 0604);
    mask = umask(0); /* what replaces a file begins as its owner's alone */
    ck_assert_int_eq(chmod("a", 0600), 0);
    ck_assert_int_eq(save("a", "3", &error), WG_OK);
    umask(mask);
    ck_assert(stat("a", &status) == 0 && (status.st_mode & 0777) == 0600);
    ck_assert_int_eq(made, 0600);
    unlink("a");
    leave();
}
END_TEST

/* Links stay links: absolute, relative to their own folder, in a row, and one whose file is not there yet. */
START_TEST(links)
{
    enter();
    wg_error error = {0};
    char path[2048];
    struct stat status;
    ck_assert(mkdir("d", 0700) == 0 && symlink("../file", "d/link") == 0 && symlink("d/link", "link") == 0);
    ck_assert_int_eq(save("link", "through two", &error), WG_OK);
    holds("file", "through two");
    ck_assert(getcwd(path, sizeof path - 8) && symlink(strcat(path, "/file"), "d/absolute") == 0);
    ck_assert_int_eq(save("d/absolute", "absolute", &error), WG_OK);
    holds("file", "absolute");
    for (const char *const *link = (const char *const[]){"link", "d/link", "d/absolute", NULL}; *link; link++)
        ck_assert(lstat(*link, &status) == 0 && S_ISLNK(status.st_mode));
    ck_assert_int_eq(symlink("round", "round"), 0);
    ck_assert_int_eq(save("round", "", &error), WG_FILE);
    ck_assert_ptr_nonnull(strstr(error.message, strerror(ELOOP)));
    unlink("round"), unlink("link"), unlink("d/link"), unlink("d/absolute"), unlink("file"), rmdir("d");
    leave();
}
END_TEST

/* In a folder that is open to all, links of strangers are not followed, whoever they lead to; the folder's
 * owner's are, and elsewhere all are. Only root can make links that are another's. */
START_TEST(links_of_strangers)
{
    enum { STRANGER = 12345, OWNER = 12346 };
    static const struct {
        mode_t folder;
        uid_t folder_owner, link_owner;
        bool followed;
    } cases[] = {{01777, 0, 0, true}, {01777, 0, STRANGER, false}, {01777, OWNER, OWNER, true},
        {01777, OWNER, STRANGER, false}, {01777, OWNER, 0, true}, {01770, OWNER, STRANGER, true},
        {0777, OWNER, STRANGER, true}};
    if (geteuid() != 0)
        return;
    enter();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wg_error error = {0};
        ck_assert(save("victim", "old", &error) == WG_OK && mkdir("d", 0700) == 0);
        ck_assert(symlink("../victim", "d/link") == 0 && symlink("d/link", "to") == 0);
        ck_assert(lchown("d/link", cases[i].link_owner, 0) == 0 &&
                  chown("d", cases[i].folder_owner, 0) == 0 && chmod("d", cases[i].folder) == 0);
        for (const char *const *path = (const char *const[]){"d/link", "to", NULL}; *path; path++) {
            wg_error_clear(&error);
            wg_status status = save(*path, "new", &error);
            ck_assert_msg(status == (cases[i].followed ? WG_OK : WG_FILE), "case %zu: %s", i, error.message);
            ck_assert(cases[i].followed || strstr(error.message, "a link that another user has put"));
            holds("victim", cases[i].followed ? "new" : "old");
        }
        unlink("d/link"), unlink("to"), unlink("victim"), rmdir("d");
    }
    leave();
}
END_TEST

static void make(const char *name)
{
    FILE *file = fopen(name, "wb");
    ck_assert(file && fclose(file) == 0);
}

/* A thousand files that killed processes left behind: the next save removes them, and nothing else. */
START_TEST(leftovers)
{
    static const char *const stay[] = {"a", "a.wengert-.tmp", "a.wengert-0123456789abcde.tmp",
        "a.wengert-0123456789abcdeF.tmp", "a.wengert-0123456789abcdef.tmp~", "a.wengert-0123456789abcdef",
        "a.4711-0.tmp", "b.wengert-0123456789abcdef.tmp", "a.a.wengert-0123456789abcdef.tmp"};
    enum { STAY = sizeof stay / sizeof stay[0], MANY = 1000 };
    enter();
    wg_error error = {0};
    for (size_t i = 0; i < STAY; i++)
        make(stay[i]);
    ck_assert_int_eq(mkdir("a.wengert-00000000000f01de.tmp", 0700), 0);
    ck_assert_int_eq(symlink("a", "a.wengert-00000000000011ec.tmp"), 0);
    for (uint64_t i = 0; i < MANY; i++) {
        char name[64];
        snprintf(name, sizeof name, "a.wengert-%016" PRIx64 ".tmp", i * 0x9E3779B97F4A7C15u);
        make(name);
    }
    make("a.wengert-00000000000010cd.tmp"); /* somebody writes it */
    int busy = open("a.wengert-00000000000010cd.tmp", O_WRONLY);
    ck_assert(busy >= 0 && flock(busy, LOCK_EX) == 0);
    ck_assert_uint_eq(files_here(), STAY + MANY + 3);
    ck_assert_msg(save("a", "new", &error) == WG_OK, "%s", error.message);
    ck_assert_uint_eq(files_here(), STAY + 3);
    close(busy);
    ck_assert_int_eq(save("a", "newer", &error), WG_OK);
    ck_assert_uint_eq(files_here(), STAY + 2);
    for (size_t i = 0; i < STAY; i++)
        ck_assert_int_eq(unlink(stay[i]), 0);
    rmdir("a.wengert-00000000000f01de.tmp"), unlink("a.wengert-00000000000011ec.tmp");
    leave();
}
END_TEST

/* What is written is locked, under a name that is another each time. */
START_TEST(temporary_files)
{
    enter();
    wg_sink sink;
    wg_error error = {0};
    char before[WG_SINK_NAME] = "";
    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(wg__sink_open(&sink, "a", &error), WG_OK);
        int other = open(sink.temporary, O_WRONLY);
        ck_assert(other >= 0 && flock(other, LOCK_EX | LOCK_NB) != 0);
        ck_assert_int_eq(fcntl(sink.file, F_GETFD), FD_CLOEXEC);
        ck_assert_int_eq(fcntl(sink.folder, F_GETFD), FD_CLOEXEC);
        close(other);
        ck_assert_str_ne(sink.temporary, before);
        strcpy(before, sink.temporary);
        wg__sink_abandon(&sink);
    }
    leave();
}
END_TEST

static void refuses(const char *path, const char *words)
{
    wg_error error = {0};
    ck_assert_int_eq(save(path, "x", &error), WG_FILE);
    ck_assert_msg(strstr(error.message, words), "%s", error.message);
}

START_TEST(places_that_take_no_file)
{
    enter();
    char name[4096 + 8];
    wg_error error = {0};
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    refuses(name, strerror(ENAMETOOLONG));
    name[300] = 0;
    refuses(name, strerror(ENAMETOOLONG));
    name[255] = 0; /* the longest name that file systems take */
    ck_assert_msg(save(name, "x", &error) == WG_OK, "%s", error.message);
    unlink(name);
    refuses("nowhere/a", "nowhere/a: No such file or directory");
    refuses("", "(an empty name): No such file or directory");
    ck_assert_int_eq(mkdir("d", 0700), 0);
    refuses("d", "d: a folder, not a regular file");
    refuses("d/", "d/: a folder");
    refuses("/dev/null", "/dev/null: a device, not a regular file");
    ck_assert_int_eq(mkfifo("pipe", 0600), 0);
    refuses("pipe", "pipe: a pipe, not a regular file");
    unlink("pipe");
    ck_assert_int_eq(save(NULL, "x", &error), WG_INVALID);
    ck_assert_int_eq(save("fine", "x", &error), WG_INVALID); /* an error that is set stays */
    rmdir("d");
    ck_assert_uint_eq(files_here(), 0);
    leave();
}
END_TEST

/* As somebody who can look but not write: root may write anywhere. */
static int write_without_permission(void)
{
    wg_error in_folder = {0}, over_file = {0};
    if (geteuid() == 0 && setuid(65534) != 0)
        return 1;
    if (save("d/a", "x", &in_folder) != WG_FILE || save("a", "x", &over_file) != WG_FILE)
        return 2;
    return strcmp(in_folder.message, "d/a: Permission denied") ||
           strcmp(over_file.message, "a: Permission denied");
}

START_TEST(read_only)
{
    enter();
    wg_error error = {0};
    int status = -1;
    ck_assert(save("a", "old", &error) == WG_OK && chmod("a", 0444) == 0);
    ck_assert(mkdir("d", 0700) == 0 && chmod("d", 0555) == 0 && chmod(".", 0777) == 0);
    pid_t child = fork();
    if (child == 0)
        _exit(write_without_permission());
    ck_assert(waitpid(child, &status, 0) == child && WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
    holds("a", "old");
    ck_assert_uint_eq(files_here(), 2);
    unlink("a"), rmdir("d");
    leave();
}
END_TEST

/* A disk that is full after 100,000 bytes: in a child, since the limit cannot be taken back. */
static int full_disk(size_t size)
{
    wg_sink sink;
    wg_error error = {0};
    static const char block[1000];
    const struct rlimit limit = {100000, 100000};
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0 || wg__sink_open(&sink, "a", &error) != WG_OK)
        return 1;
    for (size_t i = 0; i < size / sizeof block && error.status == WG_OK; i++)
        wg__sink_write(&sink, block, sizeof block, &error);
    if (wg__sink_close(&sink, &error) != WG_FILE)
        return 2;
    return strstr(error.message, "a: cannot be written at offset 100000: ") ? 0 : 3;
}

/* The limit is met while writing, and, with less than the buffer too much, on closing. */
START_TEST(disk_full)
{
    static const size_t sizes[] = {1000000, 101000};
    enter();
    wg_error error = {0};
    ck_assert_int_eq(save("a", "old", &error), WG_OK);
    for (size_t i = 0; i < 2; i++) {
        int status = -1;
        pid_t child = fork();
        if (child == 0)
            _exit(full_disk(sizes[i]));
        ck_assert(waitpid(child, &status, 0) == child && WIFEXITED(status));
        ck_assert_int_eq(WEXITSTATUS(status), 0);
        holds("a", "old");
        ck_assert_uint_eq(files_here(), 1);
    }
    unlink("a");
    leave();
}
END_TEST

/* A child writes "1", "22", "333" ... over and over, and is killed at any moment. */
static void write_forever(void)
{
    char text[10] = "";
    for (int digit = 1;; digit = digit % 9 + 1) {
        wg_error error = {0};
        memset(text, '0' + digit, (size_t)digit);
        text[digit] = 0;
        if (save("a", text, &error) != WG_OK)
            _exit(1);
    }
}

static void remove_what_is_here(void)
{
    DIR *here = opendir(".");
    for (const struct dirent *entry; (entry = readdir(here));)
        unlink(entry->d_name); /* of folders it takes none */
    closedir(here);
}

START_TEST(killed_writers_leave_a_whole_file)
{
    enter();
    wg_error error = {0};
    ck_assert_int_eq(save("a", "1", &error), WG_OK);
    for (int i = 0; i < 100; i++) {
        pid_t child = fork();
        if (child == 0)
            write_forever();
        nanosleep(&(struct timespec){.tv_nsec = 1000 * (rand() % 10000)}, NULL);
        int status = 0;
        ck_assert(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status));
        char text[16] = "";
        FILE *file = fopen("a", "rb");
        size_t length = file ? fread(text, 1, sizeof text, file) : 0;
        ck_assert(
            length && length == (size_t)(text[0] - '0') && strspn(text, (char[]){text[0], 0}) == length);
        fclose(file);
    }
    ck_assert_int_eq(save("a", "1", &error), WG_OK);
    ck_assert_uint_eq(files_here(), 1);
    remove_what_is_here();
    leave();
}
END_TEST

TEST_MAIN("sink", the_old_file_stays_until_the_new_one_is_whole, two_at_once, modes, links,
    links_of_strangers, leftovers, temporary_files, places_that_take_no_file, read_only, disk_full,
    killed_writers_leave_a_whole_file)
