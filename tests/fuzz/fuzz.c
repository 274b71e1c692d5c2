/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define _GNU_SOURCE

#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

const char *fuzz_file(int slot, const void *bytes, size_t size)
{
    static int files[FUZZ_FILES]; /* descriptors + 1 */
    static char paths[FUZZ_FILES][32];
    if (files[slot] == 0) {
        files[slot] = memfd_create("fuzz", 0) + 1;
        fuzz_expect(files[slot] > 0, "a file in memory");
        snprintf(paths[slot], sizeof paths[slot], "/proc/self/fd/%d", files[slot] - 1);
    }
    int file = files[slot] - 1;
    fuzz_expect(
        ftruncate(file, 0) == 0 && pwrite(file, bytes, size, 0) == (ssize_t)size, "the file is written");
    return paths[slot];
}

void fuzz_expect(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "expected: %s\n", what);
    abort();
}

void fuzz_expect_reader(const void *object, const wg_error *error)
{
    fuzz_expect(object ? error->status == WG_OK : error->status != WG_OK, "an object, or an error");
    fuzz_expect((error->status == WG_OK) == (error->message[0] == 0), "an error has words");
}

void fuzz_expect_archive(const wg_archive *archive, size_t bytes)
{
    uint32_t crc = 0;
    size_t total = 0;
    for (size_t i = 0; i < wg_archive_count(archive); i++) {
        wg_array array = wg_archive_at(archive, i);
        size_t count;
        fuzz_expect(wg_archive_index(archive, wg_archive_name(archive, i)) == i, "a name finds its array");
        fuzz_expect(
            wg_shape_count(&array.shape, &count) && (count == 0 || array.data), "arrays with numbers");
        crc ^= fuzz_crc32(array.data, count * wg_dtype_size(array.dtype));
        total += count;
    }
    fuzz_expect(total <= bytes, "no more numbers than bytes");
    for (size_t i = 0; i < wg_archive_note_count(archive); i++) {
        const char *key = wg_archive_note_key(archive, i);
        fuzz_expect(key && wg_archive_note_of(archive, key), "a key finds its note");
    }
    fuzz_expect(crc != 1, "numbers that were looked at"); /* so that no compiler leaves the looking out */
}

/* By half bytes: a table of what 0 to 15 become. */
uint32_t fuzz_crc32(const uint8_t *bytes, size_t size)
{
    static const uint32_t table[16] = {0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4,
        0x4DB26158, 0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4,
        0xA00AE278, 0xBDBDF21C};
    uint32_t crc = 0xFFFFFFFF;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

/* RFC 1952 around one stored block of RFC 1951. */
size_t fuzz_gzip(uint8_t *out, size_t most, const uint8_t *bytes, size_t size)
{
    if (size > 0xFFFF || size + 23 > most)
        return 0;
    uint32_t crc = fuzz_crc32(bytes, size);
    const uint8_t low = (uint8_t)size, high = (uint8_t)(size >> 8);
    const uint8_t head[15] = {
        0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 1, low, high, (uint8_t)~low, (uint8_t)~high};
    const uint8_t tail[8] = {
        (uint8_t)crc, (uint8_t)(crc >> 8), (uint8_t)(crc >> 16), (uint8_t)(crc >> 24), low, high, 0, 0};
    memcpy(out, head, sizeof head);
    if (size)
        memcpy(out + 15, bytes, size);
    memcpy(out + 15 + size, tail, sizeof tail);
    return size + 23;
}

void fuzz_mend_safetensors(uint8_t *file, size_t size)
{
    static const char prefix[] = "crc32:";
    enum { PREFIX = sizeof prefix - 1, DIGITS = 8 };
    uint64_t begin = 8; /* of the numbers */
    for (size_t i = 0; i < 8 && i < size; i++)
        begin += (uint64_t)file[i] << 8 * i;
    for (size_t i = 8; begin <= size && i + PREFIX + DIGITS <= begin; i++)
        if (memcmp(file + i, prefix, PREFIX) == 0) {
            char digits[DIGITS + 1];
            snprintf(digits, sizeof digits, "%08x", (unsigned)fuzz_crc32(file + begin, size - (size_t)begin));
            memcpy(file + i + PREFIX, digits, DIGITS);
        }
}
