/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* team.h - OpenMP's threads, and fork.
 *
 * libgomp keeps a team of waiting threads for each thread that ran a parallel region. A child process has the
 * forking thread only, and that one's note of a team, which no longer exists: its next parallel region would
 * wait for it for ever. So such a thread goes on alone in the child. A thread made in the child has no team
 * yet, and gets one. */
#ifndef WG_KERNELS_TEAM_H
#define WG_KERNELS_TEAM_H

#include <stdbool.h>

/* May the calling thread run a parallel region? It will have a team then. Always true where there is no
 * pthread_atfork. */
bool wg__team_ready(void);

#endif
