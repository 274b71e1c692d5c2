/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* wg_cifar10_load_files. A record has 3,073 bytes, too many to be found by chance: byte 0 says how many
 * records each of two files has and whether it is packed, two bytes make a record, and what is left ends the
 * second. */

#include <string.h>
#include <wengert/load.h>

#include "fuzz.h"

enum { RECORD = 3073, MOST_RECORDS = 3, MOST = (MOST_RECORDS + 2) * RECORD };

typedef struct input {
    const uint8_t *next, *end;
} input;

static uint8_t byte_of(input *in)
{
    return in->next < in->end ? *in->next++ : 0;
}

static const char *file_of(input *in, int slot, size_t records, bool packed, bool last)
{
    uint8_t bytes[MOST], gzip[MOST + 32];
    size_t size = 0;
    for (size_t i = 0; i < records; i++, size += RECORD) {
        bytes[size] = byte_of(in);
        memset(bytes + size + 1, byte_of(in), RECORD - 1);
    }
    size_t rest = (size_t)(in->end - in->next);
    rest = !last ? 0 : rest < MOST - size ? rest : MOST - size;
    memcpy(bytes + size, in->next, rest);
    size += rest;
    size_t length = packed ? fuzz_gzip(gzip, sizeof gzip, bytes, size) : 0;
    return length ? fuzz_file(slot, gzip, length) : fuzz_file(slot, bytes, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    input in = {data + 1, data + size};
    const char *paths[2];
    paths[0] = file_of(&in, 0, data[0] & 3, data[0] & 16, false);
    paths[1] = file_of(&in, 1, data[0] >> 2 & 3, data[0] & 32, true);
    wg_error error = {0};
    wg_dataset *dataset = wg_cifar10_load_files(paths, data[0] & 64 ? 1 : 2, NULL, &error);
    fuzz_expect_reader(dataset, &error);
    fuzz_expect(!dataset || wg_dataset_class_count(dataset) == 10, "ten classes");
    wg_dataset_free(dataset);
    return 0;
}
