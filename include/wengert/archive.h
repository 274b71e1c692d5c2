/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* archive.h - named arrays, in memory and in files of three formats.
 *
 *     wg_archive *archive = wg_archive_new(NULL);
 *     wg_archive_add(archive, "pixels", WG_FLOATS(pixels, 28, 28), &error);
 *     wg_archive_note(archive, "camera", "left", &error);
 *     wg_safetensors_write("frame.safetensors", archive, &error);
 *     wg_archive_free(archive);
 *
 *     wg_archive *again = wg_safetensors_read("frame.safetensors", NULL, &error);
 *     wg_array pixels = wg_archive_at(again, wg_archive_index(again, "pixels"));
 *
 * An archive holds arrays (f64, f32, i32) under different names, in the order in which they came, and notes:
 * texts under keys. For a store of parameters there is wg_params_save, in <wengert/checkpoint.h>.
 *
 * WRITING is all or nothing: into a temporary file beside the old one, which is synced and then renamed. On a
 * failure, or when the process is killed, the old file is there, whole; a killed process leaves a file
 * NAME.wengert-DIGITS.tmp behind, which is locked (flock) while it is written, and which the next one that
 * writes NAME removes. A symbolic link stays a link, but for one that another user has put into a folder that
 * is open to all, as /tmp: that is WG_FILE. A replaced file's mode stays, and its temporary file never has
 * another. Only regular files are replaced, and only such as may be written to.
 *
 * READING believes nothing: lengths are held against the file's length before memory is taken, and what does
 * not fit exactly is an error whose message names the file and the place. How much memory a file may make a
 * reader take is bounded, by option. Nothing but a regular file is read, and no pipe is waited for. NaN and
 * infinities are read as they are.
 *
 * Every function takes NULL for an archive; a call whose error is already set does nothing, so that a chain
 * of calls is checked once. */
#ifndef WENGERT_ARCHIVE_H
#define WENGERT_ARCHIVE_H

#include <wengert/alloc.h>
#include <wengert/array.h>
#include <wengert/status.h>

WG_BEGIN_DECLS

/* Named arrays, and notes; made by wg_archive_new or by reading a file. */
typedef struct wg_archive wg_archive;

/* An empty archive; a NULL allocator is malloc's. NULL without memory. */
WG_API wg_archive *wg_archive_new(const wg_allocator *allocator);

/* Frees the archive and what it owns: copied arrays, and all that it read from a file. NULL is allowed. */
WG_API void wg_archive_free(wg_archive *archive);

/* ---- Arrays ---------------------------------------------------------------------------------------- */

/* Adds an array. The name (UTF-8, not empty) is copied. The numbers are borrowed by wg_archive_add, and must
 * stay until the archive is freed; wg_archive_add_copy copies them. WG_NAME for a name that is taken or is no
 * UTF-8; WG_BAD_SHAPE for a rank over 8; WG_OVERFLOW; WG_BAD_DTYPE; WG_INVALID without numbers, name or
 * archive; WG_OUT_OF_MEMORY. */
WG_API wg_status wg_archive_add(wg_archive *archive, const char *name, wg_array array, wg_error *error);
WG_API wg_status wg_archive_add_copy(wg_archive *archive, const char *name, wg_array array, wg_error *error);

/* Arrays are numbered 0 .. count - 1. */
WG_API size_t wg_archive_count(const wg_archive *archive);

/* The number of an array, SIZE_MAX when there is none of that name. */
WG_API size_t wg_archive_index(const wg_archive *archive, const char *name);

/* Name and numbers of an array, the archive's; NULL and {0} when there is none of that number. */
WG_API const char *wg_archive_name(const wg_archive *archive, size_t index);
WG_API wg_array wg_archive_at(const wg_archive *archive, size_t index);

/* ---- Notes ----------------------------------------------------------------------------------------- */

/* Sets a note; both texts (UTF-8, the key not empty) are copied, and a note of that key is replaced. */
WG_API wg_status wg_archive_note(wg_archive *archive, const char *key, const char *text, wg_error *error);

/* The text of a note, the archive's until it is set anew; NULL when there is none. */
WG_API const char *wg_archive_note_of(const wg_archive *archive, const char *key);

/* Notes are numbered 0 .. notes - 1, in the order in which their keys came. */
WG_API size_t wg_archive_note_count(const wg_archive *archive);
WG_API const char *wg_archive_note_key(const wg_archive *archive, size_t index);

/* Numbers as notes: integers in decimal, reals as hexadecimal floating point (C99's "0x3p-2"; Python reads it
 * with float.fromhex), exact and the same in every locale. Reading gives false, and leaves *value as it is,
 * when there is no such note or it holds something else. */
WG_API wg_status wg_archive_note_integer(
    wg_archive *archive, const char *key, uint64_t value, wg_error *error);
WG_API wg_status wg_archive_note_real(wg_archive *archive, const char *key, double value, wg_error *error);
WG_API bool wg_archive_integer_of(const wg_archive *archive, const char *key, uint64_t *value);
WG_API bool wg_archive_real_of(const wg_archive *archive, const char *key, double *value);

/* ---- How files are read ---------------------------------------------------------------------------- */

/* What a reading left out. skipped_names lists the arrays, "scale, table", as many as there is room for, then
 * "..."; reason is the message about the first of them. */
typedef struct wg_archive_read_report {
    size_t read;    /* arrays that are in the archive */
    size_t skipped; /* arrays that could not be read */
    char skipped_names[256];
    char reason[WG_MESSAGE_SIZE];
} wg_archive_read_report;

/* For files of all three formats. */
typedef struct wg_archive_read_options {
    bool
        lenient; /* leave out arrays that cannot be read, for reasons of their own (their dtype is unknown, */
                 /* an integer too large, a header or checksum of theirs wrong), instead of failing */
    wg_archive_read_report *report; /* filled in when the file was read; NULL: nobody asks */
    size_t max_bytes; /* memory for arrays, and for what tells of them; 0: 64 times the file's length, but */
                      /* at least 256 MiB. A file that wants more is WG_OUT_OF_MEMORY; both numbers are in */
                      /* the message */
    wg_allocator allocator; /* for the archive too */
} wg_archive_read_options;

/* ---- safetensors ----------------------------------------------------------------------------------- */

/* Arrays and notes in the format of https://github.com/huggingface/safetensors (format.html there):
 *
 *     offset 0        length n of the header, 8 bytes, little-endian; at most 100,000,000
 *     offset 8        {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...,
 *                      "__metadata__": {"key": "text", ...}}          JSON, padded with spaces
 *     offset 8 + n    the numbers, little-endian, without holes, up to the end of the file
 *
 * Written are F64, F32 and I32, aligned to their size, and the note "wengert.checksum": "crc32:" and eight
 * hexadecimal digits, the CRC-32 (RFC 1952) of all numbers. Errors: WG_NAME for an array that is named
 * "__metadata__"; WG_OVERFLOW for a header over its limit; WG_FILE with the offset where writing failed;
 * WG_OUT_OF_MEMORY. */
WG_API wg_status wg_safetensors_write(const char *path, const wg_archive *archive, wg_error *error);

/* Read are also F16 and BF16, exactly, to f32; I8, U8, I16, U16, U32, I64, U64 and BOOL to i32, where a
 * number beyond 32 bits is an error. When there is a checksum it must be true; it is not among the notes.
 * NULL and an error: WG_FILE when the file cannot be read; WG_BAD_DTYPE for another dtype, or an integer out
 * of range; WG_FORMAT for everything that is not as above (a header that is no JSON, keys twice, shapes that
 * are not the length of their numbers or have more than 8 axes, numbers missing, left over or used twice, a
 * false checksum); WG_OUT_OF_MEMORY. */
WG_API wg_archive *wg_safetensors_read(
    const char *path, const wg_archive_read_options *options, wg_error *error);

/* ---- NumPy's formats ------------------------------------------------------------------------------- */

/* A .npz file, as numpy.savez writes it and numpy.load reads it: a zip archive that holds for each array a
 * file NAME.npy. The notes are left out. Written are stored entries with their CRC-32; WG_OVERFLOW for a file
 * of 4 GB or more, WG_NAME for a name of more than 65,531 bytes. */
WG_API wg_status wg_npz_write(const char *path, const wg_archive *archive, wg_error *error);

/* Read are stored entries, those of numpy.savez_compressed (with zlib in the build, otherwise WG_FILE), and
 * zip64; the dtypes f2 (to f32, exactly), f4, f8, i1 .. i8, u1 .. u8 and booleans (to i32), in both byte
 * orders; Fortran's order, which becomes C's (and takes its memory twice). NULL and an error: as
 * wg_safetensors_read. */
WG_API wg_archive *wg_npz_read(const char *path, const wg_archive_read_options *options, wg_error *error);

/* One array in a file of its own, as numpy.save writes it; version 1.0 of the format is written, 1.0 to 3.0
 * are read. The archive that is read holds one array, named "array". */
WG_API wg_status wg_npy_write(const char *path, wg_array array, wg_error *error);
WG_API wg_archive *wg_npy_read(const char *path, const wg_archive_read_options *options, wg_error *error);

WG_END_DECLS
#endif
