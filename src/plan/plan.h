/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* plan.h - a plan from the inside: a tape of its own, the program made of it, and the memory that runs in.
 *
 *     the recording --copy--> tape --gradients--> tape --lower--> program --passes--> program --run-->
 *                             the step            and its backward pass, recorded
 *
 * Rules build vars, so the backward pass is recorded behind a copy of the step (tape/copy.c). From then on
 * the tape says what nodes are called, holds numbers of rank 0 and what was given, and the program does the
 * rest. The recording is only read, while the plan is made. */
#ifndef WG_PLAN_PLAN_H
#define WG_PLAN_PLAN_H

#include <wengert/plan.h>
#include "nn/buffers.h"
#include "optim/optim.h"
#include "plan/program.h"

/* A gradient that is asked for, of a parameter or a leaf. */
typedef struct wg_plan_gradient {
    wg_bound *bound; /* NULL: of node `leaf` */
    uint32_t leaf;
    uint32_t node; /* of the tape: what holds it */
    bool in_place; /* in the parameter store already; else it is copied there, or read where it is */
    bool updates;  /* its parameter, as it is made */
} wg_plan_gradient;

/* A parameter that a call updates by the gradient that it makes. */
typedef struct wg_plan_update {
    struct wg_plan *plan;
    size_t index;         /* in the store */
    uint32_t value;       /* its gradient */
    void *gradient;       /* there; written only by kernels that cannot do without */
    wg_optim_range array; /* this run's step; .count 0: none is made */
    wg_epilogue epilogue;
} wg_plan_update;

struct wg_plan {
    wg_allocator memory;
    const wg_tape *recorded; /* where the recording was: vars of it are keys; never looked at */
    wg_engine *tape;         /* its own */
    wg_program program;
    wg_holder of_optim, of_tuning;
    uint32_t y;       /* the result's node */
    uint32_t start;   /* the step's nodes are below */
    wg_optim *optim;  /* NULL: none, or it was freed */
    const char *gone; /* which of optimiser and tuning table was freed; NULL: none */
    wg_hints hints;   /* of all operations */
    bool forward, profile;
    bool gradients_stay; /* in the store, after an update */
    bool own_grads;      /* gradients stay with the plan */
    bool only_scalars;   /* one program, which sweeps, too: no backward pass is recorded */
    bool swept;          /* scalars that are leaves get gradients */

    uint32_t *inputs; /* [input_count]: leaves that may have no value yet */
    size_t input_count, input_capacity;
    wg_plan_gradient *gradients;
    size_t gradient_count, gradient_capacity;
    wg_plan_update *updates; /* by index in the store */
    size_t update_count, update_capacity;
    size_t arrays;       /* of the optimiser's store, when the plan was made */
    wg_holders **stores; /* whose gradients a run writes */
    size_t store_count, store_capacity;

    char *block;  /* [sizes.block]: of tensors */
    wg_work work; /* of operations: behind the tensors in a block of the caller's, else a block of its own */
    bool own_block, own_work;
    wg_plan_memory sizes;

    wg_frame frame;        /* of the call that runs: what it may ask of its context */
    wg_buffers statistics; /* of the optimiser's store, before a run: an effect of computing changes them */
    bool written;          /* this run's gradients are all written, as they might not be finite */
    bool computed;         /* this run has come so far that only the update was missing */
    bool good;             /* the last run was: what is kept may be read */
    uint8_t *known;        /* [start]: the node may be read: it was given, or is kept */
    wg_plan_profile times; /* with profile */
    double clock;          /* when it was last looked at */
};

/* What the passes share. */
typedef struct wg_passes {
    wg_plan *plan;
    wg_program *program;
    wg_engine *tape;
    const wg_plan_options *options;
    wg_error *error;
} wg_passes;

/* The passes, in the order of the table in passes.c. */
wg_status wg__pass_gradients(wg_passes *p); /* the backward pass, on the tape */
wg_status wg__pass_lower(wg_passes *p);     /* from the tape to the program */
wg_status wg__pass_share(wg_passes *p);     /* equal calls once */
wg_status wg__pass_dead(wg_passes *p);      /* without what nothing needs */
wg_status wg__pass_constants(wg_passes *p); /* what is the same in every run, computed now */
wg_status wg__pass_updates(wg_passes *p);   /* gradients that update their parameters as they are made */
wg_status wg__pass_layout(wg_passes *p);    /* which images lie in batch lanes */
wg_status wg__pass_fuse(wg_passes *p);      /* maps behind what computes their operand */
wg_status wg__pass_sums(wg_passes *p);      /* sums of what is computed, on the way */
wg_status wg__pass_scalars(wg_passes *p);   /* programs of bare steps */
wg_status wg__pass_memory(wg_passes *p);    /* when each value is in use; what is written over what */
wg_status wg__pass_place(wg_passes *p);     /* where in the block */
wg_status wg__pass_contexts(wg_passes *p);  /* the memory itself, and every call ready to run */
wg_status wg__passes_run(wg_passes *p);
wg_status wg__pass_no_memory(wg_passes *p); /* fails with that */

/* print_program.c: for options.print_after */
void wg__program_print(const wg_plan *plan, const char *pass, FILE *file);

/* scalars.c: what there is of scalars, before gradients are recorded. */
wg_status wg__plan_survey(wg_passes *p);

/* fuse.c: the maps of a call that could have some: itself, if it is one. NULL: out of memory. */
wg_maps *wg__call_maps(wg_passes *p, wg_call *call);
wg_maps *wg__maps_init(wg_maps *maps, wg_dtype dtype, size_t count);
bool wg__call_is_map(const wg_program *p, const wg_call *call);

/* repeats.c: calls that repeat a smaller tensor, for maps that make it themselves; how an operand is made. */
void wg__repeats_find(wg_passes *p);
bool wg__repeats_operand(wg_passes *p, const wg_call *call, wg_chain_operand *operand, wg_use *smaller);
wg_stretch *wg__stretch_new(wg_passes *p, const wg_shape *out, const wg_shape *a, const wg_shape *b);

/* relayout.c: the images in lanes that are named for each call, and what changes the layout of others. False:
 * out of memory. */
bool wg__relayout(wg_passes *p, const unsigned *images);

/* contexts.c: what an operation's functions see, as far as it is known; NULL: out of memory. */
typedef struct wg_ready wg_ready;
wg_op_context *wg__call_context(wg_plan *plan, wg_call *call);
bool wg__call_prepare(wg_plan *plan, wg_call *call); /* with memory */

/* compute.c: one call. */
wg_status wg__call_run(wg_plan *plan, wg_call *call);
void wg__maps_part(const wg_maps *maps, size_t first, size_t count, const void *value, void *room);
size_t wg__maps_work(const wg_plan *plan, const wg_call *call); /* bytes that it works in */

/* block.c: the memory of tensors and of operations at work. */
wg_status wg__plan_take_block(wg_passes *p);
void wg__plan_give_block(wg_plan *plan);
wg_status wg__plan_count_bytes(wg_passes *p);
uint32_t wg__value_root(const wg_program *p, uint32_t value); /* the value whose place it has */

/* store.c: a parameter's name, or a weight's node, by which a run differs from what was planned; NULL, or
 * WG_NO_NODE. */
const char *wg__store_late(wg_plan *plan);
uint32_t wg__store_thawed(const wg_plan *plan);
/* Stores whose gradients a run writes: false when another run does. */
wg_status wg__stores_find(wg_passes *p);
bool wg__store_take(const wg_plan *plan);
void wg__store_give(const wg_plan *plan);
/* The gradients there, before a run or after a failed one; after a good one. A parameter's own one. */
void wg__store_forget(const wg_plan *plan);
void wg__store_hand_over(const wg_plan *plan);
const wg_plan_gradient *wg__store_own(const wg_plan *plan, uint32_t parameter);

/* updates.c: is operand i of a gradient something that it is a product of? update.c: the step of a run. */
bool wg__update_is_factor(const wg_call *call, size_t i);
void wg__updates_attach(wg_plan *plan);
wg_status wg__updates_begin(wg_plan *plan);
wg_status wg__updates_end(wg_plan *plan);

#endif
