/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "harness_thread.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { GUARD = 1 << 20, PAINT = 0xA5 };

/* A test's process has this from the one that it was forked from. */
static const harness_test *all_tests;
static size_t bytes, *deepest; /* of a stack; used by the deepest test, in memory that all processes share */

typedef struct call {
    TFun run;
    int i;
} call;

static void *run(void *user)
{
    const call *c = user;
    c->run(c->i);
    return NULL;
}

/* On a stack of `bytes` bytes that ends there. */
static void run_on(unsigned char *stack, call c)
{
    pthread_t thread;
    pthread_attr_t attributes;
    ck_assert_int_eq(pthread_attr_init(&attributes), 0);
    ck_assert_int_eq(pthread_attr_setstack(&attributes, stack, bytes), 0);
    ck_assert_int_eq(pthread_create(&thread, &attributes, run, &c), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
}

void harness_on_thread(int number)
{
    unsigned char *memory =
        mmap(NULL, GUARD + bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert(memory != MAP_FAILED && mprotect(memory, GUARD, PROT_NONE) == 0);
    unsigned char *stack = memory + GUARD;
    size_t untouched = 0;
    memset(stack, PAINT, bytes);
    run_on(stack, (call){all_tests[number / HARNESS_LOOP].test->fn, number % HARNESS_LOOP});
    while (untouched < bytes && stack[untouched] == PAINT)
        untouched++;
    if (*deepest < bytes - untouched)
        *deepest = bytes - untouched;
    munmap(memory, GUARD + bytes);
}

bool harness_threads_begin(const harness_test *tests)
{
    const char *kilobytes = getenv("HARNESS_STACK"), *fork = getenv("CK_FORK");
    all_tests = tests;
    /* Without a process of its own, a test that fails jumps out of its function: it must be on the same
     * stack. */
    bytes = kilobytes && !(fork && strcmp(fork, "no") == 0) ? (size_t)atoi(kilobytes) << 10 : 0;
    if (bytes == 0)
        return false;
    deepest = mmap(NULL, sizeof *deepest, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return deepest != MAP_FAILED;
}

void harness_threads_end(const char *name)
{
    if (bytes)
        printf("%s: %zu of %zu bytes of stack\n", name, *deepest, bytes);
}
