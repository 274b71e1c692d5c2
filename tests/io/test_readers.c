/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* What is the same for every reader of files, and for every writer. */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "alloc.h"
#include "formats.h"
#include "harness.h"

static const wg_allocator none = {0};

START_TEST(good_files_are_read)
{
    files_enter("readers");
    formats_write_all();
    for (size_t i = 0; i < FORMATS_READERS; i++) {
        wg_error error = {0};
        ck_assert_msg(formats_reads(i, 0, &none, &error), "%s: %s", formats_readers[i].file, error.message);
    }
    files_leave();
}
END_TEST

/* ---- Things that are no files ---------------------------------------------------------------------- */

static void refused_by_all(const char *path, const char *words)
{
    formats_store store;
    ck_assert(formats_store_open(&store));
    for (size_t i = 0; i < FORMATS_READERS + FORMATS_WRITERS; i++) {
        size_t w = i - FORMATS_READERS;
        wg_error error = {0};
        if (i < FORMATS_READERS)
            ck_assert(!formats_readers[i].read(path, 0, &none, &error));
        else if (!formats_writers[w].ending) /* of the name, which is looked at first */
            ck_assert_int_eq(formats_writers[w].write(&store, path, &error), WG_FILE);
        else
            continue;
        ck_assert_msg(error.status == WG_FILE && strstr(error.message, words),
            "%s: \"%s\" expected, got %s: %s",
            i < FORMATS_READERS ? formats_readers[i].file : formats_writers[w].file, words,
            wg_status_name(error.status), error.message);
    }
    formats_store_close(&store);
}

/* None waits for somebody at the other end: Check's timeout would end it. */
START_TEST(pipes_devices_sockets_folders)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    files_enter("readers");
    formats_write_all();
    ck_assert(mkfifo("pipe", 0600) == 0 && mkdir("folder", 0700) == 0);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert(listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof address) == 0);
    refused_by_all("pipe", "pipe: a pipe, not a regular file");
    refused_by_all("folder", "folder: a folder, not a regular file");
    refused_by_all("socket", "socket: a socket, not a regular file");
    refused_by_all("/dev/zero", "/dev/zero: a device, not a regular file");
    close(listener);
    files_leave();
}
END_TEST

/* Of a path of 200 bytes or more its end, from a character's first byte on: letters of one byte and of two.
 */
START_TEST(long_paths_are_shown_by_their_ends)
{
    files_enter("readers");
    formats_write_all();
    for (size_t length = 195; length < 206; length++)
        for (size_t width = 1; width <= 2; width++) {
            char path[256] = "nowhere/", expected[512];
            for (size_t i = strlen(path); i < length; i += width)
                memcpy(path + i, width == 1 ? (char[]){(char)('a' + i % 26), 0} : "\xC3\xA9", width);
            size_t all = strlen(path), from = all < 200 ? 0 : all - 196;
            while (((unsigned char)path[from] & 0xC0) == 0x80)
                from++;
            snprintf(expected, sizeof expected, "%s%s: %s", from ? "..." : "", path + from, strerror(ENOENT));
            refused_by_all(path, expected);
        }
    files_leave();
}
END_TEST

START_TEST(paths_and_their_causes)
{
    static char longer[6000];
    files_enter("readers");
    formats_write_all();
    refused_by_all("", "(an empty name): No such file or directory");
    memset(longer, 'n', sizeof longer - 1);
    refused_by_all(longer, strerror(ENAMETOOLONG));
    longer[4096] = 0; /* a byte longer than a path may be */
    refused_by_all(longer, strerror(ENAMETOOLONG));
    longer[256] = 0; /* and than a name */
    refused_by_all(longer, strerror(ENAMETOOLONG));
    refused_by_all("nowhere/file", strerror(ENOENT));
    refused_by_all("labels/file", strerror(ENOTDIR));
    for (wg_split split = WG_TRAIN_SPLIT; split <= WG_TEST_SPLIT; split++) {
        wg_error of_empty = {0}, of_long = {0}, of_file = {0};
        ck_assert(!wg_mnist_load("", split, NULL, &of_empty) && !wg_cifar10_load("", split, NULL, NULL));
        ck_assert(!wg_mnist_load(longer, split, NULL, &of_long) &&
                  !wg_cifar10_load("labels", split, NULL, &of_file));
        ck_assert_str_eq(of_empty.message, "(an empty name): No such file or directory");
        ck_assert(strstr(of_long.message, strerror(ENAMETOOLONG)) && of_long.status == WG_FILE);
        ck_assert_str_eq(of_file.message, "labels: Not a directory");
    }
    files_leave();
}
END_TEST

/* With its standard streams closed, a program's first file is descriptor 0. */
START_TEST(closed_standard_streams)
{
    files_enter("readers");
    formats_write_all();
    int descriptor = -1, status = -1;
    pid_t child = fork();
    if (child == 0) {
        size_t good = 0;
        formats_store store;
        close(0), close(1), close(2);
        for (size_t i = 0; i < FORMATS_READERS; i++) {
            wg_error error = {0};
            good += formats_reads(i, 0, &none, &error);
        }
        for (size_t i = 0; i < FORMATS_WRITERS && formats_store_open(&store); i++) {
            wg_error error = {0};
            good += formats_writers[i].write(&store, formats_writers[i].file, &error) == WG_OK ||
                    strstr(error.message, "without libpng");
            formats_store_close(&store);
        }
        descriptor = open("labels", O_RDONLY);
        _exit(descriptor == 0 ? (int)good : 100); /* nothing is left open either */
    }
    ck_assert(waitpid(child, &status, 0) == child && WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), FORMATS_READERS + FORMATS_WRITERS);
    files_leave();
}
END_TEST

/* ---- Memory ---------------------------------------------------------------------------------------- */

START_TEST(a_bound_on_memory)
{
    files_enter("readers");
    formats_write_all();
    for (size_t i = 0; i < FORMATS_READERS; i++) {
        test_heap heap = {0};
        const wg_allocator hook = test_heap_hook(&heap);
        wg_error error = {0}, enough = {0};
        bool read = formats_reads(i, 3, &hook, &error);
        ck_assert_msg(!formats_readers[i].bounded || error.status != WG_OK, "%s", formats_readers[i].file);
        ck_assert_msg(read || (error.status == WG_OUT_OF_MEMORY &&
                                  strstr(error.message, " bytes of memory, of which ") &&
                                  strstr(error.message, ".max_bytes allows 3")),
            "%s: %s", formats_readers[i].file, error.message);
        ck_assert_msg(
            formats_reads(i, 100000, &hook, &enough), "%s: %s", formats_readers[i].file, enough.message);
        test_heap_check(&heap);
    }
    files_leave();
}
END_TEST

/* The most that was taken at a time. */
typedef struct peak {
    size_t now, most;
} peak;

static void *resize(void *user, void *memory, size_t old_size, size_t new_size)
{
    peak *p = user;
    p->now += new_size - old_size;
    p->most = p->now > p->most ? p->now : p->most;
    if (new_size)
        return realloc(memory, new_size);
    free(memory);
    return NULL;
}

/* A header of many values, all of which a tree would hold, takes its own length. */
START_TEST(headers_without_bound)
{
    enum { LENGTH = 9000000 };
    static const char begin[] = "{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0],\"b\":[{}",
                      end[] = "]}}";
    files_enter("readers");
    unsigned char *bytes = malloc(8 + LENGTH);
    for (size_t i = 0; i < 8; i++)
        bytes[i] = (unsigned char)((uint64_t)LENGTH >> 8 * i);
    memcpy(bytes + 8, begin, sizeof begin - 1);
    size_t at = 8 + sizeof begin - 1;
    for (; at + 3 <= 8 + LENGTH - sizeof end; at += 3)
        memcpy(bytes + at, ",{}", 3);
    memcpy(bytes + at, end, sizeof end - 1);
    for (at += sizeof end - 1; at < 8 + LENGTH; at++)
        bytes[at] = ' ';
    files_write("a", bytes, 8 + LENGTH);
    free(bytes);
    peak p = {0};
    wg_error error = {0};
    const wg_archive_read_options options = {.allocator = {.resize = resize, .user = &p}};
    wg_archive *archive = wg_safetensors_read("a", &options, &error);
    ck_assert_msg(archive && wg_archive_count(archive) == 1, "%s", error.message);
    wg_archive_free(archive);
    ck_assert_uint_lt(p.most, LENGTH + 100000);
    ck_assert_uint_eq(p.now, 0);
    files_leave();
}
END_TEST

/* ---- Killed writers -------------------------------------------------------------------------------- */

/* Numbers that are all alike. */
static void save(double value)
{
    enum { MANY = 20000 };
    static double numbers[MANY];
    for (size_t i = 0; i < MANY; i++)
        numbers[i] = value;
    wg_archive *archive = wg_archive_new(NULL);
    wg_archive_add(archive, "x", WG_DOUBLES(numbers, MANY), NULL);
    ck_assert(wg_safetensors_write("a.safetensors", archive, NULL) == WG_OK &&
              wg_npz_write("a.npz", archive, NULL) == WG_OK &&
              wg_npy_write("a.npy", wg_archive_at(archive, 0), NULL) == WG_OK);
    wg_archive_free(archive);
}

static void save_forever(void)
{
    for (double value = 1;; value++)
        save(value);
}

static void check_alike(wg_archive *archive, const wg_error *error)
{
    ck_assert_msg(archive, "%s", error->message);
    const wg_array x = wg_archive_at(archive, 0);
    for (size_t i = 1; i < x.shape.dim[0]; i++)
        ck_assert_double_eq(((const double *)x.data)[i], ((const double *)x.data)[0]);
    wg_archive_free(archive);
}

START_TEST(writers_that_are_killed)
{
    enum { ROUNDS = 100, FILES = 3 };
    files_enter("readers");
    save(0);
    ck_assert_uint_eq(files_count(), FILES);
    for (int i = 0; i < ROUNDS; i++) {
        int status = 0;
        wg_error error = {0};
        pid_t child = fork();
        if (child == 0)
            save_forever();
        nanosleep(&(struct timespec){.tv_nsec = 1000 * (rand() % 10000)}, NULL);
        ck_assert(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status));
        check_alike(wg_npz_read("a.npz", NULL, &error), &error);
        check_alike(wg_npy_read("a.npy", NULL, &error), &error);
        check_alike(wg_safetensors_read("a.safetensors", NULL, &error), &error);
        ck_assert_uint_le(files_count(), 2 * FILES); /* what the last round left behind, this one removes */
    }
    save(0);
    ck_assert_uint_eq(files_count(), FILES);
    files_leave();
}
END_TEST

TEST_MAIN("readers", good_files_are_read, pipes_devices_sockets_folders, paths_and_their_causes,
    long_paths_are_shown_by_their_ends, closed_standard_streams, a_bound_on_memory, headers_without_bound,
    writers_that_are_killed)
