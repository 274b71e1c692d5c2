/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define _POSIX_C_SOURCE 200809L

#include "base/holder.h"

#include <sched.h>
#include <stddef.h>

static void lock(wg_holders *holders)
{
    while (atomic_exchange_explicit(&holders->busy, true, memory_order_acquire))
        sched_yield();
}

static void unlock(wg_holders *holders)
{
    atomic_store_explicit(&holders->busy, false, memory_order_release);
}

void wg__hold(wg_holder *holder, wg_holders *of, void (*gone)(void *keeper), void *keeper)
{
    *holder = (wg_holder){.of = of, .gone = gone, .keeper = keeper};
    if (!of)
        return;
    lock(of);
    holder->next = of->first;
    if (of->first)
        of->first->previous = holder;
    of->first = holder;
    unlock(of);
}

/* Out of the list, which is locked. */
static void take_out(wg_holder *holder)
{
    if (holder->next)
        holder->next->previous = holder->previous;
    if (holder->previous)
        holder->previous->next = holder->next;
    else
        holder->of->first = holder->next;
    holder->of = NULL;
    holder->next = holder->previous = NULL;
}

void wg__let_go(wg_holder *holder)
{
    wg_holders *of = holder->of;
    if (!of)
        return;
    lock(of);
    take_out(holder);
    unlock(of);
}

void wg__holders_end(wg_holders *holders)
{
    for (wg_holder *holder; (holder = holders->first);) {
        lock(holders);
        take_out(holder);
        unlock(holders);
        holder->gone(holder->keeper);
    }
}
