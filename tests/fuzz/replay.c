/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Calls a fuzz target without libFuzzer: with every file of a corpus, and with as many changed ones as asked
 * for. replay_NAME FOLDER [CHANGES] The changes are the same in every run. */

#define _POSIX_C_SOURCE 200809L

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wengert/random.h>

#include "fuzz.h"

enum { MOST_FILES = 1024, MOST_BYTES = 1 << 16 };

typedef struct input {
    uint8_t *bytes;
    size_t size;
} input;

/* Not every target has one. */
__attribute__((weak)) size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

static wg_random chance = {.seed = 1};

/* Some bytes set, taken out, or doubled. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most)
{
    size_t changes = 1 + wg_random_below(&chance, 4);
    for (size_t i = 0; i < changes; i++) {
        size_t at = size ? wg_random_below(&chance, size) : 0, length = 1 + wg_random_below(&chance, 8);
        length = length < size - at ? length : size - at;
        switch (wg_random_below(&chance, 5)) {
        case 0:
            memmove(data + at, data + at + length, size - at - length);
            size -= length;
            break;
        case 1:
            if (size + length <= most) {
                memmove(data + at + length, data + at, size - at);
                size += length;
            }
            break;
        case 2:
            if (size)
                data[at] ^= (uint8_t)(1 << wg_random_below(&chance, 8));
            break;
        default:
            if (size)
                data[at] = wg_random_below(&chance, 3) ? (uint8_t)wg_random_u32(&chance) : 0xFF;
        }
    }
    return size;
}

static input read_file(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    input in = {.bytes = malloc(MOST_BYTES)};
    FILE *file = fopen(path, "rb");
    fuzz_expect(in.bytes && file, path);
    in.size = fread(in.bytes, 1, MOST_BYTES, file);
    fuzz_expect(in.size < MOST_BYTES, "small files in the corpus");
    fclose(file);
    return in;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The files of a folder, in the order of their names. */
static size_t read_folder(const char *folder, input *inputs)
{
    char *names[MOST_FILES];
    size_t count = 0;
    DIR *listing = opendir(folder);
    fuzz_expect(listing != NULL, folder);
    for (struct dirent *entry; (entry = readdir(listing)) && count < MOST_FILES;)
        if (entry->d_name[0] != '.')
            names[count++] = strdup(entry->d_name);
    closedir(listing);
    qsort(names, count, sizeof names[0], by_name);
    for (size_t i = 0; i < count; i++) {
        inputs[i] = read_file(folder, names[i]);
        free(names[i]);
    }
    return count;
}

/* A copy of its own, so that a sanitizer sees its end. */
static void run(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    fuzz_expect(copy != NULL, "memory");
    memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

int main(int argc, char **argv)
{
    static input inputs[MOST_FILES];
    static uint8_t changed[MOST_BYTES];
    size_t count = argc > 1 ? read_folder(argv[1], inputs) : 0;
    size_t changes = argc > 2 ? (size_t)strtoull(argv[2], NULL, 10) : 0;
    for (size_t i = 0; i < count; i++)
        run(inputs[i].bytes, inputs[i].size);
    for (size_t i = 0; i < changes && count; i++) {
        const input *in = &inputs[i % count];
        memcpy(changed, in->bytes, in->size);
        run(changed, LLVMFuzzerCustomMutator
                         ? LLVMFuzzerCustomMutator(changed, in->size, MOST_BYTES, (unsigned)i)
                         : LLVMFuzzerMutate(changed, in->size, MOST_BYTES));
    }
    for (size_t i = 0; i < count; i++)
        free(inputs[i].bytes);
    printf("%s: %zu files, %zu changed ones\n", argv[0], count, changes);
    return count == 0;
}
