/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* wg_idx_load: byte 0 says how many classes there are, byte 1 which of the two files are packed with gzip
 * here (so that what is changed lies behind a right checksum), bytes 2 and 3 where the labels' file begins.
 */

#include <wengert/data.h>

#include "fuzz.h"

enum { MOST = 1 << 12 };

static const char *file_of(int slot, bool packed, const uint8_t *bytes, size_t size)
{
    uint8_t gzip[MOST];
    size_t length = packed ? fuzz_gzip(gzip, MOST, bytes, size) : 0;
    return length ? fuzz_file(slot, gzip, length) : fuzz_file(slot, bytes, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4)
        return 0;
    size_t rest = size - 4, cut = (size_t)data[2] | (size_t)data[3] << 8;
    cut = cut < rest ? cut : rest;
    wg_error error = {0};
    wg_dataset *dataset = wg_idx_load(file_of(0, data[1] & 1, data + 4, cut),
        file_of(1, data[1] & 2, data + 4 + cut, rest - cut), &(wg_idx_options){.classes = data[0]}, &error);
    fuzz_expect_reader(dataset, &error);
    if (dataset && data[0])
        fuzz_expect(wg_dataset_class_count(dataset) == data[0], "as many classes as were asked for");
    wg_dataset_free(dataset);
    return 0;
}
