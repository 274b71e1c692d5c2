/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* view.h - seeing a computation: the table that a teacher writes on the board, and the graph with values and
 * gradients.
 *
 * Views read the tape through op.h's public questions and change nothing. Gradients are those of the last
 * wg_backward; make the tape with .keep_grads = true to see those of tensors in between, too.
 *
 * STREAMS. A FILE that is handed to a function here, to wg_plan_print, wg_history_print, wg_confusion_print
 * or wg_params_print, or to a fit for its progress, is the caller's: so are its buffer, its lock and its
 * place in the file. A function that returns a status flushes it, and WG_OK says that the stream took every
 * byte; WG_FILE that it failed, or had failed before (ferror), and that a part may be missing. The C library
 * decides what a signal does to it: glibc drops what a stream held when a handler without SA_RESTART
 * interrupts its write, which happens to pipes, sockets and terminals. A program with such handlers prints to
 * a stream of memory (open_memstream), or blocks these signals meanwhile. Files that are given by path
 * (archives, checkpoints, pictures, plots, tables of tuning) go through no stream and are whole whatever
 * interrupts. */
#ifndef WENGERT_VIEW_H
#define WENGERT_VIEW_H

#include <stdio.h>
#include <wengert/tape.h>

WG_BEGIN_DECLS

/* Prints y's ancestors and y, one line each in the order of recording:
 *
 *     step  name  op    operands     local rule              value  gradient
 *     0     x     leaf                                    -2     -4
 *     2           add   x, y         x: g   y: g             3      -4
 *     4     f     mul   #2, z        #2: g * z   z: g * #2   -12    1
 *
 * A node without a name goes by its number. In a rule g is the gradient of the row's value; the letters of an
 * operation's record (x, or a and b, for the operands, w for the second, y for the value, c and d for its
 * numbers) give way to what they stand for. A tensor shows its shape and first numbers. "-" stands for no
 * value or no gradient. WG_FILE if the file cannot be written, the tape's status or WG_INVALID for an invalid
 * var. */
WG_API wg_status wg_trace_print(wg_var y, FILE *file);

/* The same for every node of a tape. */
WG_API wg_status wg_tape_print(wg_tape *tape, FILE *file);

typedef struct wg_draw_options {
    const char *title; /* NULL: none */
    size_t most;       /* nodes to draw, the last ones; 0: 200. What is left out is said in the drawing. */
    bool top_down;     /* else from left to right, as the lectures draw circuits */
    bool no_numbers;   /* operations and shapes only */
} wg_draw_options;

/* Writes y's ancestors and y as a Graphviz graph (dot -Tsvg): values in green, gradients in red, one cluster
 * for each scope. A result that is its operand in another shape (a flatten, a bias for the channels) is no
 * gate unless it has a name: the new shape stands at the edge. Errors as for wg_trace_print. */
WG_API wg_status wg_draw_dot(wg_var y, FILE *file, const wg_draw_options *options);

WG_END_DECLS
#endif
