/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/team.h"

#ifdef WG_HAVE_ATFORK
#include <pthread.h>

/* The one state that is no object's: a fork asks nobody. It is the thread's, so the child's copy is that of
 * the thread that forked, and those of new threads are NONE. */
static _Thread_local enum { NONE, MADE, LOST } wg_team_of_thread;

static void in_child(void)
{
    if (wg_team_of_thread == MADE)
        wg_team_of_thread = LOST;
}

/* Before main, or while the library is loaded: one call, and nothing to keep. Without memory for it a child
 * is as it would be without this file. */
__attribute__((constructor)) static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, in_child);
}

bool wg__team_ready(void)
{
    if (wg_team_of_thread == NONE)
        wg_team_of_thread = MADE;
    return wg_team_of_thread == MADE;
}
#else
bool wg__team_ready(void)
{
    return true;
}
#endif
