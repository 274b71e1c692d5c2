/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* parallel.h - the one `parallel for` of the library.
 *
 * Work is cut into chunks by its size, never by the number of threads, and each chunk is computed by one
 * thread; what chunks produce together (sums) is combined in chunk order. So the number of threads never
 * changes a bit of the result. A chunk runs in the default floating-point environment, see
 * base/float_state.h. */
#ifndef WG_KERNELS_PARALLEL_H
#define WG_KERNELS_PARALLEL_H

#include <stddef.h>

/* Does the items begin .. end - 1. */
typedef void wg_loop_function(void *work, size_t begin, size_t end);

/* Cuts 0 .. count - 1 into chunks of `grain` items (the last may be shorter) and runs them on at most
 * `threads` threads; nothing is forked for a single chunk or a single thread, nor in a process that was
 * forked by this thread (see team.h). grain 0 counts as 1. */
void wg__parallel_for(int threads, size_t count, size_t grain, wg_loop_function *run, void *work);

/* The number of chunks that it makes. */
size_t wg__chunks(size_t count, size_t grain);

/* Is told a number, too. */
typedef void wg_chunk_function(void *work, size_t number, size_t begin, size_t end);

/* The same with the number of the chunk, for what each chunk leaves. */
void wg__parallel_chunks(int threads, size_t count, size_t grain, wg_chunk_function *run, void *work);

/* The same with the number of the worker, for memory to work in: below wg__workers, and no two chunks that run
 * at once have the same. */
void wg__parallel_workers(int threads, size_t count, size_t grain, wg_chunk_function *run, void *work);

/* At most this many, and at least 1. */
size_t wg__workers(int threads, size_t count, size_t grain);

/* Memory to work in: a room for each worker, one behind the other. No loop has it on its stack, which may be
 * small. */
typedef struct wg_rooms {
    char *memory;
    size_t bytes; /* of one room: whole lines */
} wg_rooms;

/* NULL when a room has no bytes. */
static inline void *wg__room_of(const wg_rooms *rooms, size_t worker)
{
    return rooms->bytes ? rooms->memory + worker * rooms->bytes : NULL;
}

/* What the option `threads` stands for: 0 is OpenMP's own choice. Never more than 64 or one for each
 * processor, whichever is more: OpenMP ends a program whose threads it cannot make. 1 without OpenMP. */
int wg__threads_of(int asked);

#endif
