/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* archives.h - what the tests of file formats share: reading that must succeed, reading that must not. */
#ifndef WG_TESTS_ARCHIVES_H
#define WG_TESTS_ARCHIVES_H

#include <string.h>
#include <wengert/archive.h>

#include "harness.h"

typedef wg_archive *archives_reader(
    const char *path, const wg_archive_read_options *options, wg_error *error);

static inline wg_archive *archives_read(archives_reader *read, const char *path)
{
    wg_error error = {0};
    wg_archive *archive = read(path, NULL, &error);
    ck_assert_msg(archive, "%s", error.message);
    return archive;
}

/* Reading the file "a" fails with this status and text; the message begins with the file's name. */
static inline void archives_refuse(archives_reader *read, wg_status status, const char *text)
{
    wg_error error = {0};
    wg_archive *archive = read("a", NULL, &error);
    ck_assert_msg(
        !archive && error.status == status && strstr(error.message, text) && error.message[0] == 'a',
        "expected \"%s\", got %s: %s", text, wg_status_name(error.status), error.message);
}

/* Same names in the same order, same dtypes and shapes, same bits. */
static inline void archives_same(const wg_archive *a, const wg_archive *b)
{
    ck_assert_uint_eq(wg_archive_count(a), wg_archive_count(b));
    for (size_t i = 0, count; i < wg_archive_count(a); i++) {
        wg_array x = wg_archive_at(a, i), y = wg_archive_at(b, i);
        ck_assert_str_eq(wg_archive_name(a, i), wg_archive_name(b, i));
        ck_assert(
            x.dtype == y.dtype && wg_shape_equal(&x.shape, &y.shape) && wg_shape_count(&x.shape, &count));
        if (count)
            ck_assert_mem_eq(x.data, y.data, count * wg_dtype_size(x.dtype));
    }
}

#endif
