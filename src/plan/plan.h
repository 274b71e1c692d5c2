/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* plan.h - a plan from the inside. It has a tape of its own, a copy of the recording (tape/copy.c): whatever
 * is decided is written there, and the recording is only read, while the plan is made.
 *
 *      tape    x  y  [ conv  relu  ...  loss ][ gradient of loss  ...  gradients of parameters ]
 *              leaves  the step, copied          recorded by the plan, from `start` to `end`
 *
 *      nodes   those of both that a run computes, in the order of the tape; before its first reader, what
 *              turns an image from rows to batch lanes, or back (recorded at the end of the tape)
 *      block   the memory of their results, and of what operations keep
 *
 * The engine computes planned nodes as any others: it finds their memory there already. */
#ifndef WG_PLAN_PLAN_H
#define WG_PLAN_PLAN_H

#include <wengert/plan.h>
#include "kernels/epilogue.h"
#include "kernels/reduce.h"
#include "nn/buffers.h"
#include "ops/chain.h"
#include "optim/optim.h"
#include "tape/engine.h"

/* A stretch of memory, and when it is in use: from the node that writes it to the last one that reads it, by
 * their places in the list. Node and what of it: result `index`, or, from WG_MAX_RESULTS on, what it keeps.
 */
typedef struct wg_plan_buffer {
    uint32_t node;
    size_t index;
    size_t bytes; /* a multiple of a line */
    size_t first, last;
    size_t offset;
    struct wg_plan_buffer *next_left; /* while places are given out, see place.c */
    size_t over;   /* written over this buffer, whose last reader writes it; SIZE_MAX: none */
    void *outside; /* in the parameter store; NULL: in the block */
} wg_plan_buffer;

/* A parameter's gradient: in its place in the store already, or to be copied there. Of a leaf that is a
 * scalar: to be copied to the tape's adjoints; that is a tensor: kept. */
typedef struct wg_plan_gradient {
    wg_bound *bound; /* NULL: of node `leaf` */
    uint32_t leaf;
    uint32_t node;
    bool in_place;
    bool updates; /* its parameter, as it is made */
} wg_plan_gradient;

/* A parameter that the node of its gradient updates. */
typedef struct wg_plan_update {
    struct wg_plan *plan;
    uint32_t node;
    size_t index;         /* in the store */
    void *gradient;       /* there; written only by kernels that cannot do without */
    wg_optim_range array; /* this run's step; .count 0: none is made */
    wg_epilogue epilogue;
} wg_plan_update;

/* Nodes of the list that are run as one, where the last of them stands. */
typedef struct wg_plan_chain {
    wg_chain chain;
    size_t last;
    size_t head; /* a node that finishes its result with the chain; SIZE_MAX: none */
    wg_epilogue epilogue;
    void *result;
    bool summed;       /* its result is summed up on the way, for node `sum` of the list: */
    bool unwritten;    /* nobody else reads it, so it gets no memory */
    wg_pieces pieces;  /* of the result */
    size_t sum;        /* the node */
    size_t sum_buffer; /* [pieces.count][pieces.width] doubles, and whether each piece is summed */
    double *sums;
    bool *done;
    size_t *calls; /* [chain.steps] */
    size_t capacity;
    struct wg_plan_chain *next;
} wg_plan_chain;

/* Neighbours in the list, first .. end - 1, that run as a program of scalars. */
typedef struct wg_plan_stretch {
    size_t first, end;
    struct wg_scalars *program;
} wg_plan_stretch;

/* One node that a run computes, in the order of the runs. */
typedef struct wg_plan_call {
    uint32_t node;
    unsigned lanes;        /* its images that lie in batch lanes (WG_LANES_...) */
    bool kept;             /* its value may be read after a run */
    bool outside;          /* its first result is read by the world, or is a parameter's gradient */
    bool updates;          /* a parameter, by the gradient that it makes; such calls are the last */
    bool spread;           /* a tensor that chains make themselves, where they read it */
    size_t readers;        /* how often its first result is read by calls */
    size_t runs_at;        /* the call that computes it: the last of its chain */
    wg_plan_chain *chain;  /* which one it belongs to; NULL: it is run by itself */
    wg_plan_chain *summed; /* of a sum: its operand is summed up by this one; NULL: by the sum itself */
    double seconds;        /* with profile, of all runs */
} wg_plan_call;

struct wg_plan {
    wg_allocator memory;
    const wg_tape *recorded; /* where the recording was: vars of it are keys; never looked at */
    wg_engine *tape;         /* its own */
    wg_holder of_optim, of_tuning;
    wg_var y;
    uint32_t start, end;
    wg_optim *optim;  /* NULL: none, or it was freed */
    const char *gone; /* which of optimiser and tuning table was freed; NULL: none */
    bool forward, profile;
    wg_hints hints;      /* of its operations */
    bool gradients_stay; /* in the store, after an update */
    bool in_lanes;       /* some of the images are */
    bool only_scalars;   /* one program, which sweeps, too: no backward pass is recorded */
    bool swept;          /* scalars that are leaves get gradients */

    wg_arena arena;      /* chains, their steps */
    wg_plan_call *calls; /* [count] */
    wg_plan_chain *first_chain;
    uint32_t *inputs; /* [input_count]: leaves that may have no value yet */
    size_t count, input_count;

    wg_plan_stretch *stretches; /* in the order of the list */
    size_t stretch_count, stretch_capacity;

    wg_plan_gradient *gradients;
    size_t gradient_count, gradient_capacity;
    wg_plan_update *updates; /* by index; the nodes' finishes lie in it */
    size_t update_count, update_capacity;
    bool written;          /* this run's gradients are all written, as they might not be finite */
    bool computed;         /* this run has come so far that only the update was missing */
    wg_buffers statistics; /* of the optimiser's store, before a run: an effect of computing changes them */
    wg_plan_buffer *buffers;
    size_t buffer_count, buffer_capacity;
    char *block;  /* [sizes.block]: of tensors */
    wg_work work; /* of operations: behind the tensors in a block of the caller's, else a block of its own */
    bool own_block, own_work;
    wg_plan_memory sizes;
    wg_plan_profile times; /* with profile */
    double clock;          /* when it was last looked at */

    uint8_t *known; /* [start]: the node may be read: it was given, or is kept */
    bool good;      /* the last run was: what is kept may be read */
    size_t arrays;  /* of the optimiser's store, when the plan was made */
};

/* What the passes know of a node. */
typedef struct wg_plan_value {
    unsigned flags; /* WG_PLAN_... */
    size_t call;    /* its place in the list; SIZE_MAX: no run computes it */
    size_t buffer;  /* its first one; SIZE_MAX: it has none */
    size_t reads;   /* by nodes that are computed and by the world, see update.c */
} wg_plan_value;

typedef struct wg_plan_passes wg_plan_passes;

/* What the passes share. */
struct wg_plan_passes {
    wg_plan *plan;
    const wg_plan_options *options;
    wg_error *error;
    wg_plan_value *values; /* [end], by node */
    size_t value_count;
};

/* A buffer's index: the sums of a chain's result. */
enum { WG_PLAN_SUMS = WG_MAX_RESULTS + WG_MAX_KEEP };

enum {
    WG_PLAN_NEEDED = 1,
    WG_PLAN_KEPT = 2,    /* is read from outside after a run */
    WG_PLAN_CONSTANT = 4 /* the same in every run */
};

/* Memory for a list of `count` nodes; false when there is none. What there is, given back. */
bool wg__plan_list_new(wg_plan *plan, size_t count);
void wg__plan_list_free(wg_plan *plan);

/* Room for the values of so many nodes, those that there are kept; false when there is no memory. */
bool wg__plan_passes_reserve(wg_plan_passes *p, size_t nodes);

/* record.c: the backward pass onto the tape. choose.c: which nodes a run computes. lanes.c: which images lie
 * in batch lanes. fuse.c, heads.c, reduce.c: which nodes run as one. update.c: which gradients update
 * their parameters at once. memory.c: where results lie. block.c: in which memory that is. */
wg_status wg__plan_record_gradients(wg_plan_passes *p);
wg_status wg__plan_choose(wg_plan_passes *p);
wg_status wg__plan_choose_lanes(wg_plan_passes *p);
wg_status wg__plan_fuse(wg_plan_passes *p);
wg_status wg__plan_choose_updates(wg_plan_passes *p);
wg_status wg__plan_lay_out(wg_plan_passes *p);
wg_status wg__plan_place_buffers(wg_plan_passes *p);

/* turn.c: operand number `operand` of a node is turned to lanes, or to rows. Then the list anew, with what
 * turns them, and what lies in lanes. */
wg_status wg__plan_turn_operand(wg_plan_passes *p, uint32_t node, size_t operand, bool lanes);
wg_status wg__plan_list_turned(wg_plan_passes *p, const unsigned *images);

/* scalar_tape.c: what there is of scalars, before gradients are recorded; the programs they make. */
wg_status wg__plan_survey(wg_plan_passes *p);
wg_status wg__plan_compile_scalars(wg_plan_passes *p);
void wg__plan_free_scalars(wg_plan *plan);

/* Is node `k` of the list run by itself, or the last of its chain? */
static inline bool wg__plan_is_last(const wg_plan *plan, size_t k)
{
    const wg_plan_chain *chain = plan->calls[k].chain;
    return !chain || chain->last == k;
}

/* May node `k` of the list be the head of a chain? If it is, and runs where node `until` stands, does nobody
 * in between miss anything? */
bool wg__plan_is_head(const wg_plan *plan, size_t k);
bool wg__plan_may_wait(const wg_plan *plan, size_t head, size_t until);
void wg__plan_head_attach(wg_plan *plan, wg_plan_chain *chain);

/* The row that a node computes, or whose gradient it is towards one operand: *towards, or -1. NULL: neither.
 */
const wg_record *wg__plan_row_of(const wg_engine *t, const wg_record *record, int *towards);

/* The list's node whose first result is what `node` shows; SIZE_MAX when there is none. */
size_t wg__plan_first_result(const wg_plan_passes *p, uint32_t node);

/* The chain of node `k` of the list, a row's or a head; if it has none, a new one of that node alone. NULL:
 * out of memory. */
wg_plan_chain *wg__plan_chain_of(wg_plan_passes *p, size_t k);

/* Which tensors chains make themselves of smaller ones; then, how an operand is made. */
void wg__plan_find_spreads(wg_plan_passes *p);
bool wg__plan_fuse_spreads(wg_plan_passes *p);
bool wg__plan_spread_operand(wg_plan_passes *p, uint32_t node, wg_chain_operand *operand);
wg_stretch *wg__plan_stretch_new(
    wg_plan_passes *p, const wg_shape *out, const wg_shape *a, const wg_shape *b);
void wg__plan_spread_load(const wg_engine *t, wg_chain_operand *operand, uint32_t node);

/* Which chains sum up their results; their memory, and a run of such a chain. */
bool wg__plan_fuse_sums(wg_plan_passes *p);
void wg__plan_sums_attach(wg_plan *plan, wg_plan_chain *chain);
void wg__plan_chain_part(
    const wg_plan_chain *chain, size_t first, size_t count, const void *value, void *room);
wg_status wg__plan_run_summed(wg_plan *plan, wg_plan_chain *chain);

void wg__plan_updates_attach(wg_plan *plan);
wg_status wg__plan_updates_begin(wg_plan *plan);
wg_status wg__plan_updates_end(wg_plan *plan);
const wg_plan_update *wg__plan_update_by(const wg_plan *plan, uint32_t node); /* NULL: it makes none */

void wg__plan_chain_attach(wg_plan *plan);
wg_status wg__plan_chain_run(wg_plan *plan, size_t k);

/* The memory of tensors; when the rehearsal has shown how much operations work in, that of the operations. */
wg_status wg__plan_take_block(wg_plan_passes *p);
wg_status wg__plan_take_work(wg_plan *plan, const wg_plan_options *options, wg_error *error);
void wg__plan_give_block(wg_plan *plan);
wg_status wg__plan_count_bytes(wg_plan_passes *p);

/* Gives the planned records their memory; all that lies outside of the block, `instead`, if that is not NULL.
 */
void wg__plan_attach(wg_plan *plan, void *instead);

/* Node `k` of the list: is it more than another name for numbers? What is known of it. */
bool wg__plan_is_kernel(const wg_plan *plan, size_t k);
wg_plan_kernel wg__plan_describe(const wg_plan *plan, size_t k);

/* The buffer whose place a buffer has. */
size_t wg__plan_root(const wg_plan *plan, size_t buffer);

wg_status wg__plan_rehearse(wg_plan *plan);

/* The node and the number of the result whose memory a node's value is; false for a scalar. */
bool wg__plan_source(const wg_engine *t, uint32_t node, uint32_t *source, size_t *index);

/* Does a node read the numbers of its operand i? */
static inline bool wg__plan_reads(const wg_record *record, size_t i)
{
    return record->op != &wg__op_gradient || wg__gradient_reads(record, i);
}

/* Does it call wg_op_finish for each element of its one result? */
static inline bool wg__plan_finishes(const wg_engine *t, const wg_record *record)
{
    if (record->op != &wg__op_gradient)
        return record->op->traits & WG_OP_FINISHES;
    return wg__gradient_towards(record) >= 0 &&
           wg__record_of(t, wg__gradient_node(record))->op->traits & WG_OP_FINISHES_EACH;
}

static inline bool wg__plan_is_alias(const wg_engine *t, const wg_record *record)
{
    return record && record->op->traits & WG_OP_ALIAS && !wg__view_of(t, record->args[0]).scalar;
}

#endif
