/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* peer.h - the functions of a contestant (contestant.h) that a peer in C++ has: works "record", the gradient
 * by a tape made anew, and "replay", the gradient elsewhere by the same tape; tell: the sum of a work's
 * gradient. */
#ifndef WG_BENCH_PEER_H
#define WG_BENCH_PEER_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

extern const char *const peer_warm; /* contestant.warm */

void *peer_make(const char *subject, const char *work, size_t batch);
void peer_run(void *made);
void peer_free(void *made);
double peer_tell(const char *subject, const char *what, size_t batch);

#ifdef __cplusplus
}
#endif

#endif
