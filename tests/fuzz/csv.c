/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* wg_csv_load: byte 0 chooses the options, what follows is the file. What could be read once can be read
 * again like the first time, and is the same. */

#include <string.h>
#include <wengert/load.h>

#include "fuzz.h"

static wg_csv_options options_of(uint8_t byte)
{
    static const char *const ignored[] = {"1", "id"};
    static const char *const targets[] = {NULL, "1", "y", "2"};
    wg_csv_options o = {.header = (wg_csv_header)(byte % 4), .target = targets[byte >> 2 & 3]};
    o.labels = byte & 16;
    o.dtype = byte & 32 ? WG_F32 : WG_F64;
    o.separator = (byte & 192) == 192 ? ';' : 0;
    o.ignore = ignored + (byte >> 7 & 1);
    o.ignore_count = byte & 64 && !o.separator;
    return o;
}

static void expect_same(wg_array a, wg_array b)
{
    size_t count;
    fuzz_expect(a.dtype == b.dtype && wg_shape_equal(&a.shape, &b.shape), "the same shape");
    fuzz_expect(wg_shape_count(&a.shape, &count), "a shape");
    fuzz_expect(memcmp(a.data, b.data, count * wg_dtype_size(a.dtype)) == 0, "the same numbers");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    wg_csv_options options = options_of(data[0]);
    wg_error error = {0};
    const char *path = fuzz_file(0, data + 1, size - 1);
    wg_dataset *dataset = wg_csv_load(path, &options, &error);
    fuzz_expect_reader(dataset, &error);
    if (dataset) {
        options.like = dataset;
        wg_dataset *again = wg_csv_load(path, &options, &error);
        fuzz_expect_reader(again, &error);
        fuzz_expect(again || strstr(error.message, "more than one column"), error.message);
        if (again) {
            expect_same(wg_dataset_x(dataset), wg_dataset_x(again));
            expect_same(wg_dataset_y(dataset), wg_dataset_y(again));
        }
        wg_dataset_free(again);
    }
    wg_dataset_free(dataset);
    return 0;
}
