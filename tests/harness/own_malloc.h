/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* own_malloc.h - a malloc and its kin that stand before the C library's, for the whole program and all
 * libraries in it: they count, and one call can be made to fail. To be included once, by a program with
 * _GNU_SOURCE.
 *
 *     own_malloc.fail_at = own_malloc.calls + 3;        the third request from now on gets none
 *     ...
 *     ck_assert_uint_eq(own_malloc.blocks, before);     all given back */
#ifndef WG_TESTS_OWN_MALLOC_H
#define WG_TESTS_OWN_MALLOC_H

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* A sanitizer has a malloc of its own. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define OWN_MALLOC_NOT
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_MALLOC_NOT
#endif

static struct {
    atomic_size_t calls;   /* that asked for memory */
    atomic_size_t fail_at; /* the call that gets none; 0: all get some */
    atomic_size_t failures;
    atomic_size_t blocks; /* outstanding */
} own_malloc;

#ifndef OWN_MALLOC_NOT
/* What is asked for while the C library's functions are looked up: dlsym itself may ask. */
static _Alignas(max_align_t) char own_malloc_early[65536];
static atomic_size_t own_malloc_used;

static bool own_malloc_is_early(const void *p)
{
    return (const char *)p >= own_malloc_early &&
           (const char *)p < own_malloc_early + sizeof own_malloc_early;
}

static void *own_malloc_next(const char *name)
{
    static _Thread_local int depth;
    void *function = NULL;
    if (depth++ == 0)
        function = dlsym(RTLD_NEXT, name);
    depth--;
    return function;
}

static void *own_malloc_take_early(size_t size)
{
    size_t at = atomic_fetch_add(&own_malloc_used, (size + 63) / 64 * 64);
    return at + size <= sizeof own_malloc_early ? own_malloc_early + at : NULL;
}

/* Is this the call that fails? */
static bool own_malloc_fails(void)
{
    bool fails = atomic_fetch_add(&own_malloc.calls, 1) + 1 == own_malloc.fail_at;
    own_malloc.failures += fails;
    if (fails)
        errno = ENOMEM;
    return fails;
}

static void *own_malloc_counted(void *memory)
{
    own_malloc.blocks += memory != NULL && !own_malloc_is_early(memory);
    return memory;
}

/* A pointer to data becomes one to a function, as POSIX asks of dlsym. */
#define NEXT(type, name, ...)                                                                                \
    type (*function)(__VA_ARGS__);                                                                           \
    void *found = own_malloc_next(name);                                                                     \
    memcpy(&function, &found, sizeof function)

void *malloc(size_t size)
{
    NEXT(void *, "malloc", size_t);
    if (own_malloc_fails())
        return NULL;
    return own_malloc_counted(function ? function(size) : own_malloc_take_early(size));
}

void *calloc(size_t n, size_t size)
{
    NEXT(void *, "calloc", size_t, size_t);
    if (own_malloc_fails())
        return NULL;
    return own_malloc_counted(function ? function(n, size) : own_malloc_take_early(n * size));
}

void *realloc(void *memory, size_t size)
{
    NEXT(void *, "realloc", void *, size_t);
    if (own_malloc_is_early(memory) || !function) {
        char *fresh = malloc(size);
        for (size_t i = 0; fresh && memory && i < size && own_malloc_is_early((char *)memory + i); i++)
            fresh[i] = ((char *)memory)[i];
        return fresh;
    }
    if (own_malloc_fails())
        return NULL;
    void *fresh = function(memory, size);
    own_malloc.blocks += !memory && fresh;
    return fresh;
}

void free(void *memory)
{
    NEXT(void, "free", void *);
    if (!memory || own_malloc_is_early(memory) || !function)
        return;
    own_malloc.blocks--;
    function(memory);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    NEXT(void *, "aligned_alloc", size_t, size_t);
    if (own_malloc_fails() || !function)
        return NULL;
    return own_malloc_counted(function(alignment, size));
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    NEXT(int, "posix_memalign", void **, size_t, size_t);
    if (own_malloc_fails() || !function)
        return ENOMEM;
    int result = function(memory, alignment, size);
    own_malloc.blocks += result == 0;
    return result;
}
#endif

/* False where somebody else's malloc stands before this one: a sanitizer's, valgrind's. */
static inline bool own_malloc_is_called(void)
{
    size_t before = own_malloc.calls;
    void *volatile memory = malloc(8); /* a pair that nobody sees might be left out */
    free(memory);
    return own_malloc.calls != before;
}

#endif
