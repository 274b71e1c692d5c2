/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* alloc.h - the allocator hook, as the library calls it. Sizes are given back on freeing, as the hook wants
 * them. */
#ifndef WG_BASE_ALLOC_H
#define WG_BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <wengert/alloc.h>

enum { WG_ALIGNMENT = 64 }; /* a cache line, and the widest vector */

/* *hook with a zeroed one (or NULL) replaced by the C library's. */
wg_allocator wg__allocator_or_default(const wg_allocator *hook);

/* Plain memory: garbage at first; NULL when there is none or size is 0. */
void *wg__mem_new(const wg_allocator *a, size_t size);
void *wg__mem_resize(const wg_allocator *a, void *memory, size_t old_size, size_t new_size);
void wg__mem_free(const wg_allocator *a, void *memory, size_t size); /* memory may be NULL */

/* Zeroed. */
void *wg__mem_zero(const wg_allocator *a, size_t size);

/* Aligned to WG_ALIGNMENT, for numbers. */
void *wg__mem_aligned_new(const wg_allocator *a, size_t size);
void wg__mem_aligned_free(const wg_allocator *a, void *memory, size_t size);

/* *product = a * b, or false on overflow. */
bool wg__mul_size(size_t a, size_t b, size_t *product);

/* Makes room for `needed` elements of `size` bytes in a growing array, at least doubling it. False, with
 * nothing changed, when there is no memory. */
bool wg__mem_reserve(const wg_allocator *a, void **array, size_t *capacity, size_t needed, size_t size);

#endif
