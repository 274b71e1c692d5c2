/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Archives of any names, notes and numbers: what could be added can be written in both formats, and is read
 * back bit by bit. */

#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wengert/archive.h>

#include "fuzz.h"

enum { MOST_TEXT = 64 };

typedef struct input {
    const uint8_t *next, *end;
} input;

static uint8_t byte_of(input *in)
{
    return in->next < in->end ? *in->next++ : 0;
}

/* Up to 63 bytes, as a text. */
static void text_of(input *in, char text[MOST_TEXT])
{
    size_t length = byte_of(in) % MOST_TEXT;
    for (size_t i = 0; i < length; i++)
        text[i] = (char)byte_of(in);
    text[length] = 0;
}

static void add_array(wg_archive *archive, input *in)
{
    char name[MOST_TEXT];
    double numbers[64];
    uint8_t kind = byte_of(in), *bytes = (uint8_t *)numbers;
    wg_shape shape = {.rank = kind >> 2 & 3};
    text_of(in, name);
    for (size_t i = 0; i < shape.rank; i++)
        shape.dim[i] = byte_of(in) % 5;
    for (size_t i = 0; i < sizeof numbers; i++)
        bytes[i] = (uint8_t)(byte_of(in) + i);
    wg_archive_add_copy(archive, name, wg_array_of(numbers, (wg_dtype)(kind & 3), shape), NULL);
}

static void add_note(wg_archive *archive, input *in)
{
    char key[MOST_TEXT], text[MOST_TEXT];
    text_of(in, key);
    text_of(in, text);
    wg_archive_note(archive, key, text, NULL);
}

static void expect_equal(const wg_archive *a, const wg_archive *b, bool notes)
{
    fuzz_expect(wg_archive_count(a) == wg_archive_count(b), "as many arrays");
    for (size_t i = 0; i < wg_archive_count(a); i++) {
        size_t count, j = wg_archive_index(b, wg_archive_name(a, i));
        wg_array x = wg_archive_at(a, i), y = wg_archive_at(b, j);
        fuzz_expect(
            j != SIZE_MAX && x.dtype == y.dtype && wg_shape_equal(&x.shape, &y.shape), "the same array");
        fuzz_expect(wg_shape_count(&x.shape, &count), "a shape");
        fuzz_expect(
            count == 0 || memcmp(x.data, y.data, count * wg_dtype_size(x.dtype)) == 0, "the same bits");
    }
    for (size_t i = 0; notes && i < wg_archive_note_count(a); i++) {
        const char *key = wg_archive_note_key(a, i), *text = wg_archive_note_of(b, key);
        if (strcmp(key, "wengert.checksum") != 0)
            fuzz_expect(text && strcmp(text, wg_archive_note_of(a, key)) == 0, "the same note");
    }
}

/* In memory where there is such a folder: writing waits for the disk. */
static const char *path_of_file(void)
{
    static char path[64];
    if (!path[0]) {
        snprintf(
            path, sizeof path, "%s/wengert-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        int file = mkstemp(path);
        fuzz_expect(file >= 0 && close(file) == 0, "a file");
    }
    return path;
}

static void check_format(const wg_archive *archive, bool zip)
{
    const char *path = path_of_file();
    wg_error error = {0};
    wg_status status =
        zip ? wg_npz_write(path, archive, &error) : wg_safetensors_write(path, archive, &error);
    bool reserved = !zip && wg_archive_index(archive, "__metadata__") != SIZE_MAX;
    fuzz_expect(reserved ? status == WG_NAME : status == WG_OK, error.message);
    if (status != WG_OK)
        return;
    wg_archive *again = zip ? wg_npz_read(path, NULL, &error) : wg_safetensors_read(path, NULL, &error);
    fuzz_expect(again != NULL, error.message);
    expect_equal(archive, again, !zip);
    wg_archive_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = {data, data + size};
    wg_archive *archive = wg_archive_new(NULL);
    while (in.next < in.end)
        if (byte_of(&in) & 1)
            add_note(archive, &in);
        else
            add_array(archive, &in);
    check_format(archive, false);
    check_format(archive, true);
    unlink(path_of_file());
    wg_archive_free(archive);
    return 0;
}
