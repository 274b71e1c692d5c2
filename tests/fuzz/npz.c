/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* wg_npz_read. After a change the archive is made whole more often than not: its offsets, the lengths and
 * checksums of stored entries, and the place of the directory, so that what lies within is read. */

#include <string.h>
#include <wengert/archive.h>

#include "fuzz.h"

enum { LOCAL = 30, CENTRAL = 46, END = 22, MOST_ENTRIES = 8, MOST_UNPACKED = 1032 };

/* The places of a mark; returns how many there are. */
static size_t find(
    const uint8_t *file, size_t size, const char *mark, size_t length, size_t places[MOST_ENTRIES])
{
    size_t count = 0;
    for (size_t at = 0; at + length <= size && count < MOST_ENTRIES; at++)
        if (memcmp(file + at, mark, 4) == 0)
            places[count++] = at;
    return count;
}

static size_t get(const uint8_t *bytes, size_t length)
{
    size_t value = 0;
    for (size_t i = length; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

static void put(uint8_t *bytes, size_t value, size_t length)
{
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

/* All ones say that the number is elsewhere, in 8 bytes; they stay. */
static void put_size(uint8_t *bytes, size_t value)
{
    if (get(bytes, 4) != 0xFFFFFFFF)
        put(bytes, value, 4);
}

/* A central header for the entry that begins at `local` and ends at `stop`. */
static void mend_entry(uint8_t *file, uint8_t *central, size_t local, size_t stop)
{
    size_t begin = local + LOCAL + get(file + local + 26, 2) + get(file + local + 28, 2);
    put_size(central + 42, local);
    if (begin > stop)
        return;
    put_size(central + 20, stop - begin);
    if (get(central + 10, 2) != 0)
        return; /* deflated: size and checksum are those of what it unpacks to */
    put_size(central + 24, stop - begin);
    put(central + 16, fuzz_crc32(file + begin, stop - begin), 4);
}

static void mend(uint8_t *file, size_t size)
{
    size_t locals[MOST_ENTRIES], centrals[MOST_ENTRIES], ends[MOST_ENTRIES];
    size_t count = find(file, size, "PK\1\2", CENTRAL, centrals);
    size_t bodies = find(file, size, "PK\3\4", LOCAL, locals), last = find(file, size, "PK\5\6", END, ends);
    if (count == 0 || last == 0 || ends[last - 1] < centrals[0])
        return;
    for (size_t i = 0; i < count && i < bodies; i++)
        mend_entry(file, file + centrals[i], locals[i], i + 1 < bodies ? locals[i + 1] : centrals[0]);
    uint8_t *end = file + ends[last - 1];
    put(end + 8, count, 2);
    put(end + 10, count, 2);
    put_size(end + 12, ends[last - 1] - centrals[0]);
    put_size(end + 16, centrals[0]);
    put(end + 20, size - ends[last - 1] - END, 2);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    size = LLVMFuzzerMutate(data, size, most);
    if (seed % 4)
        mend(data, size);
    return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wg_error error = {0};
    wg_archive *archive = wg_npz_read(fuzz_file(0, data, size), NULL, &error);
    fuzz_expect_reader(archive, &error);
    fuzz_expect_archive(archive, MOST_UNPACKED * size);
    wg_archive_free(archive);
    return 0;
}
