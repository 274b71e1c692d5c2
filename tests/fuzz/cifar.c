/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* wg_cifar10_load_files: bytes 0 and 1 say how long the file is (records are large, so what follows is
 * repeated up to there), byte 2 whether it is packed with gzip and how often it is listed. */

#include <string.h>
#include <wengert/load.h>

#include "fuzz.h"

enum { RECORD = 3073, MOST = 4 * RECORD };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4)
        return 0;
    uint8_t bytes[MOST], gzip[MOST + 64];
    size_t length = ((size_t)data[0] | (size_t)data[1] << 8) % (MOST + 1), count = 1 + (data[2] >> 1 & 1);
    for (size_t i = 0; i < length; i++)
        bytes[i] = data[3 + i % (size - 3)];
    size_t packed = data[2] & 1 ? fuzz_gzip(gzip, sizeof gzip, bytes, length) : 0;
    const char *path = packed ? fuzz_file(0, gzip, packed) : fuzz_file(0, bytes, length);
    wg_error error = {0};
    wg_dataset *dataset = wg_cifar10_load_files((const char *const[]){path, path}, count, &error);
    fuzz_expect_reader(dataset, &error);
    if (dataset) {
        const int32_t *label = wg_dataset_y(dataset).data;
        size_t samples = wg_dataset_count(dataset);
        fuzz_expect(samples * RECORD == count * length, "every byte belongs to a record");
        for (size_t i = 0; i < samples; i++)
            fuzz_expect(wg_dataset_class_name(dataset, (size_t)label[i]) != NULL, "a label below 10");
    }
    wg_dataset_free(dataset);
    return 0;
}
