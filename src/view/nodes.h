/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* nodes.h - what the views share: which nodes to show, and their texts. */
#ifndef WG_VIEW_NODES_H
#define WG_VIEW_NODES_H

#include <wengert/op.h>

/* Marks y and its ancestors: an array of wg_node_of(y) + 1 flags, to be freed; NULL when there is no memory.
 * Results of an operation with several stand for the operation. */
bool *wg__ancestors(wg_var y);

/* "-12", "[2, 3] 1 2 3 ...": a var's value or gradient, "-" when there is none. */
char *wg__numbers_text(wg_var x, bool gradient, char *text, size_t size);

/* The node's name, or "#5". */
char *wg__label_text(wg_var x, char *text, size_t size);

#endif
