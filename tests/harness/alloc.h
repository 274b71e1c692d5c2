/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* alloc.h - an allocator hook that counts, that fails on demand, and that checks what the library promises
 * about it: every block is given back, with the size that was asked for, none twice, and none with a byte
 * written behind it.
 *
 *     test_heap heap = {.fail_at = 3};            the third request of memory gets none
 *     options.allocator = test_heap_hook(&heap);
 *     ...
 *     test_heap_check(&heap);                     all given back, all sizes true
 */
#ifndef WG_TESTS_ALLOC_H
#define WG_TESTS_ALLOC_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wengert/alloc.h>

typedef struct test_heap {
    size_t requests; /* calls that asked for memory, new or more */
    size_t fail_at;  /* the number of the request that fails, from 1; 0: none */
    bool fail_after; /* and all that follow */
    size_t failures;
    size_t blocks, bytes; /* outstanding */
    size_t lies;          /* sizes that do not match, blocks not of this heap, resizing to the same place */
    size_t trespasses;    /* blocks behind which something was written */
} test_heap;

/* In front of each block. Its size keeps malloc's alignment. */
typedef union test_heap_head {
    struct {
        size_t size;
        const test_heap *owner;
    } is;
    max_align_t alignment;
} test_heap_head;

/* Behind each block stands a guard, as wide as the widest vector; AddressSanitizer has its own, which also
 * sees what is read there. */
#ifdef __SANITIZE_ADDRESS__
enum { TEST_HEAP_GUARD = 0 };
#else
enum { TEST_HEAP_GUARD = 64 };
#endif
enum { TEST_HEAP_RUBBISH = 0xA5, TEST_HEAP_WATCH = 0x5C };

static inline void test_heap_free(test_heap *heap, test_heap_head *head)
{
    unsigned char whole[64];
    memset(whole, TEST_HEAP_WATCH, sizeof whole);
    heap->trespasses += memcmp((char *)(head + 1) + head->is.size, whole, TEST_HEAP_GUARD) != 0;
    heap->blocks--, heap->bytes -= head->is.size;
    head->is.owner = NULL;
    free(head);
}

static inline void *test_heap_resize(void *user, void *memory, size_t old_size, size_t new_size)
{
    test_heap *heap = user;
    test_heap_head *head = memory ? (test_heap_head *)memory - 1 : NULL;
    if (head ? head->is.owner != heap || head->is.size != old_size : old_size != 0)
        heap->lies++;
    if (new_size == 0) {
        if (head)
            test_heap_free(heap, head);
        return NULL;
    }
    heap->requests++;
    if (heap->fail_at &&
        (heap->requests == heap->fail_at || (heap->fail_after && heap->requests > heap->fail_at))) {
        heap->failures++;
        return NULL;
    }
    /* Always a new place, full of rubbish, so that no pointer to the old one and no unset byte goes unseen.
     */
    test_heap_head *fresh = malloc(sizeof *fresh + new_size + TEST_HEAP_GUARD);
    if (!fresh)
        return NULL;
    memset(fresh + 1, TEST_HEAP_RUBBISH, new_size);
    memset((char *)(fresh + 1) + new_size, TEST_HEAP_WATCH, TEST_HEAP_GUARD);
    fresh->is.size = new_size, fresh->is.owner = heap;
    heap->blocks++, heap->bytes += new_size;
    if (head) {
        memcpy(fresh + 1, memory, head->is.size < new_size ? head->is.size : new_size);
        test_heap_free(heap, head);
    }
    return fresh + 1;
}

static inline wg_allocator test_heap_hook(test_heap *heap)
{
    return (wg_allocator){.resize = test_heap_resize, .user = heap};
}

static inline void test_heap_check(const test_heap *heap)
{
    ck_assert_msg(heap->blocks == 0, "%zu blocks of %zu bytes leaked", heap->blocks, heap->bytes);
    ck_assert_msg(heap->lies == 0, "%zu blocks were given back with another size", heap->lies);
    ck_assert_msg(heap->trespasses == 0, "%zu blocks were written behind", heap->trespasses);
}

#endif
