/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* program.h - what a plan runs: values, and calls that compute them.
 *
 *     values   [ x ] [ w ] [ b ] [ h ] [ y ] ...       tensors: what is known of each, and where it lies
 *     calls    [ matmul x, w -> h | add b | relu -> y ] [ gradient of relu ... ] ...    in the order of a run
 *
 * A tensor's other names (reshape) are the same value. Numbers of rank 0 are no values: they stay on the
 * plan's tape, each in the step of its node, and are named by it.
 *
 * A call is an operation's forward function, or its backward function; maps that were fused; or bare steps
 * of numbers. The passes (passes.c) write the program, one after the other; a run only reads it. */
#ifndef WG_PLAN_PROGRAM_H
#define WG_PLAN_PROGRAM_H

#include "kernels/reduce.h"
#include "ops/chain.h"
#include "tape/engine.h"

#define WG_NONE UINT32_MAX /* no value, no call */

typedef enum wg_value_kind {
    WG_VALUE_GIVEN,  /* there before a run: a leaf, an input, a parameter, a constant */
    WG_VALUE_RESULT, /* a call's */
    WG_VALUE_KEPT,   /* memory that a forward function keeps for the backward function */
    WG_VALUE_SUMS    /* of the pieces of a result, see sums.c */
} wg_value_kind;

typedef struct wg_value {
    wg_value_kind kind;
    wg_dtype dtype;
    const wg_shape *shape; /* the record's; NULL: only bytes */
    size_t count, bytes;
    uint32_t node;        /* of the tape: its name */
    uint32_t maker;       /* the call that writes it; WG_NONE: none does */
    uint32_t readers;     /* how often calls read it */
    uint32_t asked;       /* how often it is read from outside, after a run */
    bool constant;        /* the same in every run */
    bool parameter;       /* memory that somebody bound */
    bool in_lanes;        /* an image in batch lanes */
    bool unwritten;       /* made and used up in the cache */
    uint32_t first, last; /* calls between which it is in use; WG_NONE as the last: until after the run */
    uint32_t over;        /* the value over which it is written; WG_NONE: it has a place of its own */
    size_t offset;        /* of that place in the block */
    void *outside;        /* in place of that: memory of the parameter store */
    void *data;           /* where it lies */
    wg_block *block;      /* of a constant that was computed */
} wg_value;

/* What a call reads, or writes, as the call sees it. */
typedef struct wg_use {
    uint32_t value;        /* WG_NONE: a number, or nothing */
    uint32_t node;         /* its name; of a number, where it is. WG_NO_NODE: nothing */
    const wg_shape *shape; /* which may be another name's */
    bool number;
} wg_use;

/* A map that was fused, and what it reads. */
typedef struct wg_map {
    const wg_op *op;
    const void *attr;
    bool gradient; /* of op */
    wg_use in[2], y, g;
} wg_map;

/* Maps that follow one another while a range of numbers is in cache. */
typedef struct wg_maps {
    wg_chain chain; /* what runs: a step for each map */
    wg_map *map;    /* [chain.steps] */
    size_t capacity;
    wg_epilogue epilogue; /* of a producer's result */
    void *result;
    wg_pieces *pieces; /* of its result, which is summed up on the way; NULL: it is not */
    uint32_t sums;     /* a value: [pieces.count][pieces.width] doubles, and whether each piece is summed */
    double *sum;
    bool *done;
} wg_maps;

typedef enum wg_call_kind {
    WG_CALL_GONE,     /* fused, dead, or computed already */
    WG_CALL_FORWARD,  /* op's forward function */
    WG_CALL_GRADIENT, /* op's backward function */
    WG_CALL_MAPS,     /* `maps` alone */
    WG_CALL_NUMBER,   /* op's function of numbers, in double */
    WG_CALL_COPY,     /* a number to a tensor of one element, or back, or to another node */
    WG_CALL_STEPS     /* bare steps of numbers */
} wg_call_kind;

/* With n operands and m results of the operation:
 *
 *                  in                                                        out
 *     forward      [n] operands                                              [m] results
 *     gradient     [n] operands, [m] results, [m] their gradients, and of    [n] gradients of operands
 *                  what adds to a sum (WG_OP_ADDS_GRADIENT), if there is
 *                  one already: the sum so far
 *
 * What is not read, not wanted or not there is a use of nothing, which has its node and shape where the
 * operation may ask for them. */
typedef struct wg_call {
    wg_call_kind kind;
    uint32_t node; /* of the operation's record: names, random numbers */
    const wg_op *op;
    const void *attr;
    uint32_t arity, results; /* of the operation: n and m */
    wg_use *in, *out;
    uint32_t in_count, out_count;
    uint32_t kept[WG_MAX_KEEP]; /* values: written by the forward call, read by gradients */
    uint32_t sums;              /* of a sum: of the pieces of its operand, already there; WG_NONE: none */
    unsigned lanes;             /* images that lie in batch lanes (WG_LANES_...), forward's and gradient's */
    bool repeats;               /* a smaller tensor: by those who read it, see repeats.c */
    bool updates;               /* a parameter, by the gradient that it makes; such calls are the last */
    bool trained;               /* recorded in training mode */
    wg_maps *maps;              /* what follows its first result, or all there is; NULL: nothing */
    uint32_t first_step, steps; /* of WG_CALL_STEPS: in the program's list of nodes */
    struct wg_scalars *scalars; /* them, compiled; NULL: one after the other */
    struct wg_ready *ready;     /* the operation's context, filled in */
    double seconds;             /* with profile, of all runs */
} wg_call;

typedef struct wg_program {
    wg_allocator memory;
    wg_arena arena; /* uses, maps, contexts */
    wg_value *values;
    wg_call *calls;
    uint32_t *steps;    /* nodes of bare steps, call after call */
    uint32_t *value_of; /* [nodes]: the value that a node of the tape names, or WG_NONE */
    uint8_t *numbers;   /* [nodes]: WG_NUMBER_... of nodes that are numbers */
    size_t value_count, value_capacity, call_count, call_capacity, step_count, step_capacity, nodes;
} wg_program;

enum {
    WG_NUMBER_NEEDED = 1,
    WG_NUMBER_CONSTANT = 2, /* the same in every run */
    WG_NUMBER_READ = 4      /* from outside after a run, or by other calls than steps */
};

/* The number of a new value or call, or WG_NONE when there is no memory. */
uint32_t wg__program_value(wg_program *p, const wg_value *value);
uint32_t wg__program_call(wg_program *p, const wg_call *call);
bool wg__program_step(wg_program *p, uint32_t node); /* of the last call */
wg_use *wg__program_uses(wg_program *p, size_t count);

/* Calls that are gone go, in the order of the others; readers and makers are counted anew. */
void wg__program_settle(wg_program *p);
void wg__program_free(wg_program *p, wg_engine *t);

/* Visits every value that a call reads. */
void wg__call_reads(const wg_call *call, void (*visit)(void *user, uint32_t value), void *user);

/* The use of its first result: of a gradient, that of the first operand that is wanted. */
wg_use *wg__call_result(const wg_call *call);

/* The one operand of whose gradient a call is; -1 for others. */
int wg__call_towards(const wg_call *call);

/* Which image of its operation operand i, or result r, of a call is (WG_LANES_...). */
unsigned wg__call_in_bit(const wg_call *call, size_t i);
unsigned wg__call_out_bit(const wg_call *call, size_t r);

/* A shape as the kernels of a call see it, of an image that is `bit` of its operation. */
wg_shape wg__call_shape(const wg_call *call, unsigned bit, const wg_shape *shape);

/* Does it say which ranges of its first result are final, so that maps may follow? */
bool wg__call_produces(const wg_program *p, const wg_call *call);

static inline bool wg__use_reads(const wg_use *use)
{
    return use->value != WG_NONE || use->number;
}

#endif
