/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* fuzz.h - what fuzz targets share. A target is one file, tests/fuzz/NAME.c, with one function:
 *
 *     int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
 *     {
 *         wg_error error = {0};
 *         wg_archive_free(wg_npz_read(fuzz_file(0, data, size), NULL, &error));
 *         return 0;
 *     }
 *
 * libFuzzer calls it with bytes of its own making (tests/fuzz.sh); replay.c calls it with the files of
 * corpus/NAME and some thousand changed ones, in the test suite, with any compiler. A new target is its file,
 * its corpus and one word in meson.build. */
#ifndef WG_TESTS_FUZZ_H
#define WG_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wengert/archive.h>
#include <wengert/status.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* For targets that repair checksums: changes bytes, up to `most` of them; returns how many there are then. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

enum { FUZZ_FILES = 4 };

/* The path of a file in memory that holds these bytes; one file for each slot, written anew each time. */
const char *fuzz_file(int slot, const void *bytes, size_t size);

/* Ends the program, so that the bytes at hand are kept as a crash, unless `holds`. */
void fuzz_expect(bool holds, const char *what);

/* What every reader promises: an object or an error with words, never both and never neither. */
void fuzz_expect_reader(const void *object, const wg_error *error);

/* Names that find their arrays, and numbers that are there, each of which took a byte of the file. */
void fuzz_expect_archive(const wg_archive *archive, size_t bytes);

/* Packs bytes as a gzip file of one stored block, with a right checksum. Returns its size: size + 23, or 0
 * when it is over 65535 or `most` is too small. */
size_t fuzz_gzip(uint8_t *out, size_t most, const uint8_t *bytes, size_t size);

/* Makes the checksum of a changed safetensors file true, if it has one. */
void fuzz_mend_safetensors(uint8_t *file, size_t size);

/* The checksum of gzip, zip and our safetensors files. */
uint32_t fuzz_crc32(const uint8_t *bytes, size_t size);

#endif
