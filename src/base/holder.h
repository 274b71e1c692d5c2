/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* holder.h - who keeps a pointer to an object that may be freed before its keeper is.
 *
 *     the object's   holders -> holder <-> holder <-> holder        each is a part of its keeper
 *
 * The object's end tells each keeper, which forgets the pointer and refuses what would need it. A keeper that
 * goes first lets go. So an order of freeing that is wrong becomes a status, and nothing global is needed.
 *
 * Objects that several threads read (stores, data sets) are held by several threads at once: the list has a
 * lock, which is held for a few instructions. The end itself is the freeing thread's alone. */
#ifndef WG_BASE_HOLDER_H
#define WG_BASE_HOLDER_H

#include <stdatomic.h>
#include <stdbool.h>

/* A part of the object; zeroed memory holds nobody. */
typedef struct wg_holders {
    struct wg_holder *first;
    atomic_bool busy;
    atomic_bool written; /* somebody writes the object's gradients, who must be the only one */
} wg_holders;

typedef struct wg_holder {
    wg_holders *of; /* NULL: nothing is held, or the object is gone */
    struct wg_holder *next, *previous;
    void (*gone)(void *keeper); /* called once, at the object's end, when nothing is held any more */
    void *keeper;
} wg_holder;

/* Begins to hold; `of` NULL: nothing. The holder must not move until it lets go, or is told. */
void wg__hold(wg_holder *holder, wg_holders *of, void (*gone)(void *keeper), void *keeper);

/* Nothing happens to a holder that holds nothing. */
void wg__let_go(wg_holder *holder);

/* The first thing that the freeing of an object does. */
void wg__holders_end(wg_holders *holders);

#endif
