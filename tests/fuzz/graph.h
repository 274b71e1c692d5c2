/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* graph.h - the machine of graph.c: bytes are instructions of nine bytes, each an operation on vars that
 * earlier ones made, with numbers that fit or do not. */
#ifndef WG_TESTS_FUZZ_GRAPH_H
#define WG_TESTS_FUZZ_GRAPH_H

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <wengert/wengert.h>

#include "../harness/alloc.h"
#include "fuzz.h"

enum { VARS = 16, NUMBERS = 512, MOST_NODES = 5000, MOST_GRADIENTS = 4 };

typedef struct machine {
    const uint8_t *next, *end;
    test_heap heap;
    wg_tape *tape;
    wg_params *params;
    wg_optim *optim;
    bool own_grads;     /* stay on the tape */
    bool frozen;        /* nothing random moves on: a replay gives the same bits */
    bool moved;         /* values may differ from what was recorded, until the next replay */
    wg_var vars[VARS];  /* the latest ones */
    size_t count;       /* made so far */
    size_t gradients;   /* recorded: each makes the tape several times as long */
    size_t after_error; /* steps since the first error */
    wg_mark mark;
    wg_status status; /* the first error, which must stay */
    char message[WG_MESSAGE_SIZE];
    FILE *nowhere;
    double reals[NUMBERS]; /* what leaves are made of */
    int32_t integers[NUMBERS];
    uint64_t random;
} machine;

/* One instruction, decoded: its operands, and numbers in several readings. */
typedef struct step {
    wg_var x, y, z;
    bool a, b, c;
    size_t n[4];
    wg_shape shape;
    wg_axes axes;
    int axis;
    double number;
} step;

/* A record of operands, a, b, c and n[0 .. 3] in sizes: what an operation's options are filled with. */
typedef wg_var group(machine *m, unsigned which, const step *s);

group graph_leaves, graph_formulas, graph_reductions, graph_shaping, graph_indices, graph_images,
    graph_losses, graph_layers;

enum { GRAPH_HASH = 0x1C9DC5 };

/* Goes on with a hash over more bytes; of nothing for NULL. */
static inline uint64_t graph_hash(uint64_t hash, const void *bytes, size_t size)
{
    for (size_t i = 0; bytes && i < size; i++)
        hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001B3u;
    return hash;
}

/* graph_plan.c: plans x, and runs the plan. */
void graph_plan(machine *m, const step *s);

#endif
