/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* again.h - a system call that a signal's handler interrupted is made again: a program may have handlers
 * without SA_RESTART, and timers. Not for close, whose descriptor is gone all the same, and may be another
 * thread's by now. */
#ifndef WG_BASE_AGAIN_H
#define WG_BASE_AGAIN_H

#include <errno.h>

#define WG_AGAIN(result, call)                                                                               \
    do                                                                                                       \
        (result) = (call);                                                                                   \
    while ((result) == -1 && errno == EINTR)

#endif
