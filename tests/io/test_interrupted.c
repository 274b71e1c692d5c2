/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* What is written while signals interrupt the writer: handlers without SA_RESTART. This program's system
 * calls stand before the C library's, and fail as one that is interrupted does, or let a file be a pipe with
 * a slow reader. */
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE /* whose inline functions have the names of those below */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "formats.h"
#include "harness.h"

/* ---- System calls ---------------------------------------------------------------------------------- */

enum { OPENAT, FCHMOD, FLOCK, WRITE, FSYNC, RENAMEAT, UNLINKAT, CALLS };

static struct {
    bool on, every_other[CALLS]; /* call fails with EINTR */
    size_t count[CALLS], done[CALLS];
} interruption;

static struct fifo {
    bool on;            /* a new file is a pipe */
    size_t interrupted; /* writes that took a part or nothing */
} fifo;

static bool interrupts(int call)
{
    bool *every_other = &interruption.every_other[call];
    *every_other = interruption.on && !*every_other;
    interruption.count[call] += *every_other;
    interruption.done[call] += !*every_other;
    if (*every_other)
        errno = EINTR;
    return *every_other;
}

static int make_fifo(int from, const char *path, mode_t mode);

int openat(int from, const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    if (interrupts(OPENAT))
        return -1;
    return fifo.on && flags & O_CREAT ? make_fifo(from, path, mode)
                                      : (int)syscall(SYS_openat, from, path, flags, mode);
}

int fchmod(int file, mode_t mode)
{
    return interrupts(FCHMOD) ? -1 : (int)syscall(SYS_fchmod, file, mode);
}

int flock(int file, int operation)
{
    return interrupts(FLOCK) ? -1 : (int)syscall(SYS_flock, file, operation);
}

ssize_t write(int file, const void *bytes, size_t size)
{
    if (interrupts(WRITE))
        return -1;
    ssize_t taken = syscall(SYS_write, file, bytes, interruption.on && size > 7 ? 7 : size);
    fifo.interrupted += fifo.on && taken != (ssize_t)size;
    return taken;
}

int fsync(int file)
{
    return interrupts(FSYNC) ? -1 : fifo.on ? 0 : (int)syscall(SYS_fsync, file);
}

int renameat(int from, const char *name, int to, const char *new_name)
{
    return interrupts(RENAMEAT) ? -1 : (int)syscall(SYS_renameat2, from, name, to, new_name, 0);
}

int unlinkat(int folder, const char *name, int flags)
{
    return interrupts(UNLINKAT) ? -1 : (int)syscall(SYS_unlinkat, folder, name, flags);
}

/* Every other call of each kind is interrupted, and none writes more than 7 bytes; there are an old file,
 * whose mode stays, and a leftover, which goes. */
START_TEST(each_call_is_made_again)
{
    static unsigned char before[1 << 16], after[1 << 16];
    formats_store store;
    files_enter("interrupted");
    ck_assert(formats_store_open(&store));
    size_t written = 0;
    for (size_t i = 0; i < FORMATS_WRITERS; i++) {
        const char *file = formats_writers[i].file;
        char left[64];
        struct stat status;
        wg_error error = {0};
        if (formats_writers[i].write(&store, file, &error) == WG_INVALID)
            continue; /* libpng was left out */
        size_t size = files_read(file, before, sizeof before);
        ck_assert(size && size < sizeof before && chmod(file, 0604) == 0);
        snprintf(left, sizeof left, "%s.wengert-0123456789abcdef.tmp", file);
        files_write(left, "x", 1);
        memset(&interruption, 0, sizeof interruption);
        interruption.on = true;
        formats_writers[i].write(&store, file, &error);
        interruption.on = false;
        ck_assert_msg(error.status == WG_OK, "%s", error.message);
        for (int call = 0; call < CALLS; call++)
            ck_assert_msg(interruption.count[call] > 0, "%s: no call %d", file, call);
        ck_assert_uint_eq(interruption.done[FLOCK], 2); /* of the leftover and the new file */
        ck_assert_uint_eq(interruption.done[FSYNC], 2); /* of the file and the folder */
        ck_assert_msg(files_read(file, after, sizeof after) == size && memcmp(before, after, size) == 0,
            "%s is another file", file);
        ck_assert(stat(file, &status) == 0 && (status.st_mode & 0777) == 0604);
        ck_assert_uint_eq(files_count(), ++written);
    }
    formats_store_close(&store);
    files_leave();
}
END_TEST

/* ---- Signals, and a slow reader -------------------------------------------------------------------- */

enum { MOST = 1 << 22 };

/* A signal for the writing thread every 200 microseconds. */
typedef struct interrupting {
    pthread_t writer, ticker;
    atomic_bool ends;
} interrupting;

static void handle(int signal)
{
    (void)signal;
}

static void *tick(void *user)
{
    interrupting *i = user;
    while (!atomic_load(&i->ends)) {
        pthread_kill(i->writer, SIGUSR1);
        nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
    }
    return NULL;
}

static void begin_interrupting(interrupting *i, int flags)
{
    const struct sigaction action = {.sa_handler = handle, .sa_flags = flags};
    ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
    i->writer = pthread_self();
    atomic_init(&i->ends, false);
    ck_assert_int_eq(pthread_create(&i->ticker, NULL, tick, i), 0);
}

static void end_interrupting(interrupting *i)
{
    atomic_store(&i->ends, true);
    pthread_join(i->ticker, NULL);
}

static unsigned char received[MOST];
static size_t received_size;

static void *read_slowly(void *user)
{
    int file = *(int *)user;
    ssize_t got = 1;
    for (received_size = 0; got > 0 && received_size < MOST; received_size += (size_t)got) {
        size_t room = MOST - received_size;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        got = read(file, received + received_size, room < 20000 ? room : 20000);
        ck_assert(got >= 0);
    }
    close(file);
    return NULL;
}

/* The pipe's name is random: its reader begins where it is made. */
static pthread_t reader;

static int make_fifo(int from, const char *path, mode_t mode)
{
    static int file;
    if (mkfifoat(from, path, mode) != 0)
        return -1;
    file = (int)syscall(SYS_openat, from, path, O_RDONLY | O_NONBLOCK, 0);
    int writer = (int)syscall(SYS_openat, from, path, O_WRONLY, 0);
    ck_assert(file >= 0 && writer >= 0 && fcntl(file, F_SETFL, 0) == 0);
    ck_assert_int_eq(pthread_create(&reader, NULL, read_slowly, &file), 0);
    return writer;
}

/* ---- Large files ----------------------------------------------------------------------------------- */

static float numbers[300000];

static wg_status write_checkpoint(const char *path, wg_error *error)
{
    wg_params *params = wg_params_new(&(wg_params_options){.threads = 1});
    const wg_array array = WG_FLOATS(numbers, 300000);
    wg_params_add(params, "w", array.shape, NULL, error);
    wg_params_set(params, "w", array, error);
    wg_status status = wg_params_save(params, path, error);
    wg_params_free(params);
    return status;
}

/* One large array, and many small ones. */
static wg_status write_npz(const char *path, wg_error *error)
{
    wg_archive *archive = wg_archive_new(NULL);
    char name[16];
    for (size_t i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "%zu", i);
        wg_archive_add(archive, name, WG_FLOATS(numbers + i, i == 500 ? 100000 : 20), error);
    }
    wg_status status = wg_npz_write(path, archive, error);
    wg_archive_free(archive);
    return status;
}

static wg_status write_picture(const char *path, wg_error *error)
{
    const wg_tile tile = {.grey = numbers, .rows = 500, .columns = 600};
    return wg_sheet_write(path, &tile, 1, &(wg_sheet_options){.zoom = 1}, error);
}

static wg_status write_plot(const char *path, wg_error *error)
{
    const wg_plot_series series = {.y = WG_FLOATS(numbers, 50000)};
    return wg_plot_write(path, &series, 1, NULL, error);
}

static const struct {
    const char *file;
    wg_status (*write)(const char *path, wg_error *error);
} large[] = {{"a.safetensors", write_checkpoint}, {"a.npz", write_npz}, {"a.ppm", write_picture},
    {"a.pgm", write_picture}, {"a.png", write_picture}, {"a.svg", write_plot}};

static void fill_numbers(void)
{
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        numbers[i] = (float)(i * 2654435761u % 65536) / 65536;
}

/* As written without signals, into a file and into a pipe. */
START_TEST(large_files)
{
    static unsigned char before[MOST];
    size_t most = 0;
    interrupting signals;
    files_enter("interrupted");
    fill_numbers();
    for (size_t i = 0; i < sizeof large / sizeof large[0]; i++) {
        const char *file = large[i].file;
        wg_error error = {0};
        if (large[i].write(file, &error) == WG_INVALID)
            continue; /* libpng was left out */
        ck_assert_msg(error.status == WG_OK, "%s", error.message);
        size_t size = files_read(file, before, sizeof before);
        ck_assert_uint_lt(size, MOST);
        for (int pipe = 0; pipe < 2; pipe++) {
            fifo = (struct fifo){.on = pipe == 1};
            begin_interrupting(&signals, 0);
            large[i].write(file, &error);
            end_interrupting(&signals);
            ck_assert_msg(error.status == WG_OK, "%s", error.message);
            if (pipe)
                pthread_join(reader, NULL), remove(file);
            else
                received_size = files_read(file, received, sizeof received);
            most = fifo.interrupted > most ? fifo.interrupted : most;
            fifo.on = false;
            ck_assert_msg(received_size == size && memcmp(before, received, size) == 0,
                "%s, %s: %zu of %zu bytes", file, pipe ? "a pipe" : "a file", received_size, size);
        }
    }
    ck_assert_uint_gt(most, 0);
    files_leave();
}
END_TEST

/* ---- The caller's streams -------------------------------------------------------------------------- */

static wg_status print_history(const wg_history *history, FILE *file)
{
    wg_status status = wg_history_print(history, file);
    fclose(file);
    return status;
}

/* A stream is the C library's, which may lose what it held: then it is said. With SA_RESTART nothing is lost.
 */
START_TEST(a_stream_that_loses_says_so)
{
    enum { EPOCHS = 5000 };
    static unsigned char before[MOST];
    static wg_epoch epochs[EPOCHS];
    const wg_history history = {.epochs = epochs, .count = EPOCHS};
    interrupting signals;
    files_enter("interrupted");
    for (size_t i = 0; i < EPOCHS; i++)
        epochs[i] = (wg_epoch){.epoch = i + 1, .loss = 1.0 / (double)(i + 1), .samples = 60000};
    ck_assert_int_eq(print_history(&history, fopen("a", "wb")), WG_OK);
    size_t size = files_read("a", before, sizeof before);
    ck_assert_uint_gt(size, 1 << 17);
    for (int restarts = 0; restarts < 2; restarts++) {
        int ends[2];
        ck_assert(pipe(ends) == 0 && pthread_create(&reader, NULL, read_slowly, ends) == 0);
        begin_interrupting(&signals, restarts ? SA_RESTART : 0);
        wg_status status = print_history(&history, fdopen(ends[1], "wb"));
        end_interrupting(&signals);
        pthread_join(reader, NULL);
        bool whole = received_size == size && memcmp(before, received, size) == 0;
        ck_assert_msg(status == (whole ? WG_OK : WG_FILE), "%s, %zu of %zu bytes", wg_status_name(status),
            received_size, size);
        ck_assert(whole || !restarts);
    }
    files_leave();
}
END_TEST

TEST_MAIN("interrupted", each_call_is_made_again, large_files, a_stream_that_loses_says_so)
