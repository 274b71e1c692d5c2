/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* wg_safetensors_read. After a change the file's checksum is made true more often than not, so that what is
 * changed in the numbers and their places comes to be read. */

#include <wengert/archive.h>

#include "fuzz.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    size = LLVMFuzzerMutate(data, size, most);
    if (seed % 4)
        fuzz_mend_safetensors(data, size);
    return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wg_error error = {0};
    wg_archive *archive = wg_safetensors_read(fuzz_file(0, data, size), NULL, &error);
    fuzz_expect_reader(archive, &error);
    fuzz_expect_archive(archive, size);
    wg_archive_free(archive);
    return 0;
}
