/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* wg_npy_read. After a change the header's length is made true more often than not: to its last byte, the end
 * of a line. */

#include <string.h>
#include <wengert/archive.h>

#include "fuzz.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    size = LLVMFuzzerMutate(data, size, most);
    const uint8_t *end = size > 10 && seed % 4 ? memchr(data + 10, '\n', size - 10) : NULL;
    if (end) {
        size_t length = (size_t)(end - data) + 1 - 10;
        data[8] = (uint8_t)length, data[9] = (uint8_t)(length >> 8);
    }
    return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wg_error error = {0};
    wg_archive *archive = wg_npy_read(fuzz_file(0, data, size), NULL, &error);
    fuzz_expect_reader(archive, &error);
    fuzz_expect(!archive || wg_archive_count(archive) == 1, "one array");
    fuzz_expect_archive(archive, size);
    wg_archive_free(archive);
    return 0;
}
