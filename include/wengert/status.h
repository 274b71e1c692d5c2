/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* status.h - how functions say what went wrong.
 *
 * The library never aborts, exits or prints by itself. A function that can fail returns a wg_status; a
 * function that returns a var leaves its error on the var's tape (see tape.h, "errors stick"); a function
 * that has no tape takes a last wg_error pointer, which may be NULL. */
#ifndef WENGERT_STATUS_H
#define WENGERT_STATUS_H

#include <stddef.h>

/* Marks what the library exports; and a function whose argument `text` is a format of printf, for the
 * arguments from `first` on. */
#if !defined(_WIN32) && defined(__GNUC__)
#define WG_API __attribute__((visibility("default")))
#define WG_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define WG_API
#define WG_PRINTF(text, first)
#endif

#ifdef __cplusplus
#define WG_BEGIN_DECLS extern "C" {
#define WG_END_DECLS }
#else
/* Stand around declarations of C, for a C++ compiler. */
#define WG_BEGIN_DECLS
#define WG_END_DECLS
#endif

WG_BEGIN_DECLS

/* Every status, with the sentence that wg_status_text returns. */
#define WG_STATUS_LIST(X)                                                                                    \
    X(OK, "ok")                                                                                              \
    X(INVALID, "an argument has no meaning here")                                                            \
    X(BAD_SHAPE, "shapes do not fit")                                                                        \
    X(BAD_DTYPE, "data types do not fit")                                                                    \
    X(BAD_INDEX, "an index or a label is out of range")                                                      \
    X(OVERFLOW, "a size does not fit in size_t")                                                             \
    X(OUT_OF_MEMORY, "out of memory")                                                                        \
    X(TWO_TAPES, "the operands live on two tapes")                                                           \
    X(DEAD_VAR, "the var outlived its tape's reset or rewind")                                               \
    X(NO_VALUE, "the var has no value yet")                                                                  \
    X(NO_GRADIENT, "the var's gradient was not kept")                                                        \
    X(STALE, "leaves were set anew since the tape was evaluated: call wg_replay")                            \
    X(BRANCH, "a recorded branch would go the other way")                                                    \
    X(NOT_SCALAR, "a scalar is needed")                                                                      \
    X(NAME, "the name is unknown, or taken with another shape")                                              \
    X(CHECK, "a gradient check failed")                                                                      \
    X(NUMBER, "a value is not finite")                                                                       \
    X(FILE, "a file cannot be opened, read or written")                                                      \
    X(FORMAT, "a file does not hold what its format promises")                                               \
    X(DECLINED, "the fused kernel leaves this case to the operation's rule")

/* What became of a call. */
typedef enum wg_status {
#define WG_STATUS_ENUM(name, text) WG_##name,
    WG_STATUS_LIST(WG_STATUS_ENUM)
#undef WG_STATUS_ENUM
} wg_status;

/* Enough for any message of ours; longer ones are cut. */
enum { WG_MESSAGE_SIZE = 512 };

/* Status and message of a function without a tape. `{0}` is "no error". The first error stays: a function
 * that is given an error that is set already returns at once, so that calls can be chained and checked at
 * the end. */
typedef struct wg_error {
    wg_status status;
    char message[WG_MESSAGE_SIZE]; /* "" for none */
} wg_error;

/* "WG_BAD_SHAPE" for WG_BAD_SHAPE; never NULL. */
WG_API const char *wg_status_name(wg_status status);

/* A sentence for the status; never NULL. */
WG_API const char *wg_status_text(wg_status status);

/* Sets *error (NULL: nothing) unless it already holds one; returns `status`. */
WG_API wg_status wg_error_set(wg_error *error, wg_status status, const char *format, ...) WG_PRINTF(3, 4);

/* Back to "no error". */
WG_API void wg_error_clear(wg_error *error);

/* The library's version, "0.2.0". */
#define WG_VERSION_MAJOR 0
#define WG_VERSION_MINOR 2
#define WG_VERSION_PATCH 0
WG_API const char *wg_version(void);

/* The instructions that the library's kernels use: "avx512" (with BW, DQ and VL), "avx2" (with FMA) or "plain", what the build
 * asked of the compiler. The best that the processor has, or what WENGERT_ISA says in the environment of the process when the
 * library first needs to know: one of these words, which is ignored when the processor has not got it. Results are the same bits
 * on any number of threads, but not on any processor: sums are cut as vectors are, and AVX2 rounds a * b + c once. */
WG_API const char *wg_isa(void);

WG_END_DECLS
#endif
