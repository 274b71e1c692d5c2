/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* engine.h - the tape from the inside.
 *
 *     steps     [value a b] [value a b] [  -   r 0] ...     16 bytes each, in order of recording
 *     codes     [  add    ] [  mulc   ] [  record ] ...     1 byte
 *     adjoints  [   -4    ] [    3    ] [    -    ] ...     8 bytes, after a sweep
 *     reached   [    1    ] [    1    ] [    1    ] ...     1 byte, after a sweep
 *                                           |
 *     records   ... [ op, attributes, operands, results {shape, dtype, block, adjoint}, flags ]
 *
 * A step whose code is a formula needs nothing else. Any other node has a record: leaves, tensors, operations
 * with more than two operands or with attributes. The value of a real scalar (rank 0) is always in its step,
 * as a double, also when it has a record. Of an operation with several results the node itself is no var;
 * each result is a projection, a node of its own that shares the numbers.
 *
 * Steps and codes move when the tape grows: nobody keeps a pointer into them across a recording. Records do
 * not. */
#ifndef WG_TAPE_ENGINE_H
#define WG_TAPE_ENGINE_H

#include <wengert/math.h>
#include <wengert/op.h>
#include "base/arena.h"
#include "base/blocks.h"
#include "base/holder.h"
#include "base/texts.h"
#include "tape/hints.h"

/* One result of a recorded operation. */
typedef struct wg_result {
    wg_shape shape;
    wg_dtype dtype;
    bool scalar; /* rank 0 and real: its value is a double, in the step (several results: in `value`) */
    bool has_gradient;
    size_t count;
    wg_block *block; /* whose numbers these are; NULL for a scalar, and for memory of the caller's */
    void *data;
    wg_block *gradient_block;
    void *gradient;        /* of a tensor; a parameter's may be the caller's memory */
    double value, adjoint; /* of a scalar among several results */
} wg_result;

typedef struct wg_record {
    const wg_op *op;
    void *attr;
    wg_place place; /* of the arena before this record */
    uint32_t node;
    uint32_t *args; /* node numbers */
    size_t arity, results;
    wg_result *result;
    void *keep[WG_MAX_KEEP];
    wg_block *keep_block[WG_MAX_KEEP]; /* whose memory that is */
    size_t keep_bytes[WG_MAX_KEEP];
    uint64_t ordinal;       /* among the random operations */
    struct wg_bound *bound; /* of a parameter */
    bool valued;            /* has been computed */
    bool tracked;           /* some leaf below wants a gradient */
    bool cut;               /* no gradient goes through */
    bool settable;
    bool keep_gradient;
    bool training;
    bool direct; /* in a sweep: the gradient is written straight into the parameter's memory */
} wg_record;

/* A binding that was seen on this tape. It stays over resets, so that private gradients do; one without them
 * goes when the list is full. */
typedef struct wg_bound {
    wg_binding binding; /* without a name, which is the node's */
    wg_var var;         /* its node, while that lives */
    uint64_t seen;      /* the owner's version when its values were last used */
    wg_holder holder;   /* of the owner; when that is gone, `binding` points nowhere, */
    bool gone;          /* and `var`, if it is alive, has no value */
    wg_block *own;      /* with own_grads: what was accumulated */
    bool own_is_new;    /* in a sweep: its memory was made just now */
} wg_bound;

/* A scope is shared by the stack of open ones, by nodes that were recorded in it, and by scopes inside. */
typedef struct wg_scope {
    struct wg_scope *outer; /* NULL: none */
    size_t references;
    uint32_t depth; /* of the outermost: 1 */
    char path[];    /* whole, "encoder/fc1": names of parameters are made of it */
} wg_scope;

typedef struct wg_engine {
    wg_tape head;        /* first: a wg_tape * is a wg_engine * */
    wg_allocator hook;   /* the caller's */
    wg_allocator memory; /* counts, and passes on to the hook */
    size_t bytes;
    wg_tape_options options;
    int threads;

    wg_record **records;
    size_t record_count, record_capacity;
    wg_arena arena; /* records, their operands and attributes */
    wg_blocks blocks;

    uint32_t epoch, first_epoch; /* now; since the last reset */
    struct wg_rewound {
        uint32_t epoch,
            node; /* rewound to `node`, when the epoch became `epoch`; both increase along the list */
    } * rewound;
    size_t rewound_count, rewound_capacity;

    wg_status status;
    char message[WG_MESSAGE_SIZE];

    bool training;
    bool planning; /* operations are recorded, not computed */
    bool sweeping; /* a rule's operations are recorded for their numbers. Then, and while a plan is made, */
    bool twice;  /* gradients are recorded as fused kernels, unless they will be differentiated themselves */
    bool frozen; /* gradient checks: random numbers stand still, effects do nothing */
    int no_grad; /* depth of no-gradient scopes */
    int in_rule; /* depth of rules being run */
    const wg_record *rule_of; /* the random operation whose rule runs: it lends its ordinal */
    uint64_t ordinals, run;
    bool missed;         /* since the reset a value was asked for that was not there */
    bool changed;        /* the values are not those of the leaves: */
    uint32_t changed_by; /* this leaf was set; WG_NO_NODE: a failed replay left none */
    wg_error unstuck;    /* of wg_grad, which did not stick: why its results are no vars */

    double *adjoints;
    uint8_t *reached;
    size_t sweep_capacity;
    uint32_t swept;     /* the last sweep covered nodes below this; 0: none did */
    uint32_t swept_end; /* the tape's end then: it reached none of the nodes between */

    wg_bound **bounds;
    size_t bound_count, bound_capacity, bound_next;

    wg_texts texts; /* names and scopes, as long as a node has them */
    struct wg_named {
        uint32_t node;
        char *text;
    } * names; /* in order of nodes */
    size_t name_count, name_capacity;
    struct wg_scoped {
        uint32_t node; /* from this node on, the scope is */
        struct wg_scope *scope;
    } * scopes;
    size_t scope_count, scope_capacity;
    struct wg_scope *scope; /* the innermost open one; NULL: none */
    size_t scopes_lost;     /* pushes that found no memory */
} wg_engine;

static inline wg_engine *wg__engine_of(const wg_tape *tape)
{
    return (wg_engine *)tape;
}

#define WG_NO_NODE UINT32_MAX
#define WG_NO_EPOCH UINT32_MAX
#define WG_SLOW UINT32_C(0x80000000)

static inline unsigned wg__code(const wg_engine *t, uint32_t node)
{
    return t->head.codes[node] & (unsigned)~WG_CODE_CUT;
}

/* The record of a node, or NULL for a bare step. */
static inline wg_record *wg__record_of(const wg_engine *t, uint32_t node)
{
    return wg__code(t, node) == WG_CODE_record ? t->records[t->head.steps[node].a] : NULL;
}

/* ---- state.c: life, memory, errors */
wg_status wg__fail(wg_engine *t, wg_status status, const char *format, ...) WG_PRINTF(3, 4);
bool wg__reserve_steps(wg_engine *t, size_t more);
bool wg__reserve_numbers(wg_engine *t, size_t more);
void wg__update_fast(wg_engine *t); /* after anything that decides on the inline path */

/* ---- handle.c: vars, marks */
wg_var wg__var_of(wg_engine *t, uint32_t node);
wg_var wg__invalid(wg_tape *tape);
bool wg__alive(const wg_engine *t, wg_var x);

/* The failure that left x, which is not alive, and that did not stick; NULL: none did. */
static inline const wg_error *wg__unstuck(const wg_engine *t, wg_var x)
{
    return x.epoch == 0 && t->unstuck.status != WG_OK ? &t->unstuck : NULL;
}
void wg__forget(
    wg_engine *t, uint32_t node); /* drops the nodes from `node` on; epochs are the caller's affair */

/* What a node's operation is called, for messages. */
static inline const char *wg__title(const wg_op *op, const void *attr)
{
    const char *title = op->title && attr ? op->title(attr) : NULL;
    return title ? title : op->name;
}

/* Checks operands: live vars of one tape. The tape, or NULL with the error on whichever tape there is in
 * *found. */
wg_engine *wg__common_tape(const char *name, const wg_var *x, size_t count, wg_tape **found);

/* ---- record.c: nodes with a record */
typedef struct wg_view { /* a node as an operand */
    const wg_shape *shape;
    wg_dtype dtype;
    bool scalar;
    bool valued;
    const void *data; /* of a tensor */
} wg_view;
wg_view wg__view_of(const wg_engine *t, uint32_t node);
bool wg__tracked(const wg_engine *t, uint32_t node);

/* A record in the arena with room for its operands, results and attributes (copied, or zeroed), not yet a
 * node. */
wg_record *wg__record_new(wg_engine *t, const wg_op *op, size_t arity, size_t results, const void *attr);

/* Makes it the next node; false when there is no room. */
bool wg__record_push(wg_engine *t, wg_record *record);

/* Records `op` with an explicit number of results and computes it. out has `results` entries. */
wg_status wg__record_op(wg_engine *t, const wg_op *op, const wg_var *args, size_t arity, const void *attr,
    size_t results, wg_var *out);

/* Computes a recorded node, when all its operands have values (else leaves it valueless). */
wg_status wg__compute(wg_engine *t, wg_record *record);
wg_status wg__compute_now(wg_engine *t, wg_record *record); /* asks nothing of the operands */
wg_status wg__project_value(wg_engine *t, wg_record *projection);

/* A tensor or scalar node with op `op` (a leaf) for an array's numbers. */
wg_var wg__leaf_of(wg_engine *t, const wg_op *op, wg_dtype dtype, const wg_shape *shape);

/* A constant whose numbers are somebody's already: `block` is shared (NULL: `data` is borrowed). */
wg_var wg__share_var(wg_engine *t, wg_dtype dtype, const wg_shape *shape, wg_block *block, void *data);

/* ---- frame.c: an operation's context, filled in */
typedef union wg_slot {
    double d;
    float f;
} wg_slot;

enum { WG_FRAME_ARGS = 8 };

typedef struct wg_frame {
    wg_op_context op;
    wg_engine *tape;
    wg_record *record; /* NULL for a formula step */
    uint32_t node;
    wg_block *scratch; /* list by `next` */
    wg_block *wide;    /* the arrays below, when there are more than WG_FRAME_ARGS operands */
    wg_var *arg;
    bool *wanted;
    const wg_shape **in_shape;
    wg_dtype *in_dtype;
    const void **in;
    wg_slot *in_slot;
    void **grad_in;
    wg_slot *grad_slot;
    wg_block **grad_block;
    wg_var *grad_var;
    wg_shape out_shape[WG_MAX_RESULTS];
    wg_dtype out_dtype[WG_MAX_RESULTS];
    void *out[WG_MAX_RESULTS];
    wg_slot out_slot[WG_MAX_RESULTS];
    const void *upstream[WG_MAX_RESULTS];
    wg_slot upstream_slot[WG_MAX_RESULTS];
    wg_var result[WG_MAX_RESULTS];
    unsigned texts;
    char text[4][256]; /* written in turn: a message names at most four operands */
    char bytes[64 + WG_FRAME_ARGS * (2 * sizeof(wg_var) + 4 * sizeof(void *) + 2 * sizeof(wg_slot) + 8)];
} wg_frame;

/* Fills what every function of an operation sees. False when there is no memory. Close it in any case. */
bool wg__frame_open(wg_frame *f, wg_engine *t, const wg_op *op, const void *attr, const uint32_t *args,
    size_t arity, size_t results);
void wg__frame_record(
    wg_frame *f, wg_record *record); /* the rest of a recorded node: results, keep, random */
void wg__frame_close(wg_frame *f);

/* The scalar slots of `in`, as the kernel of op.dtype wants them, and back. */
void wg__frame_load(wg_frame *f);
void wg__frame_slot_set(const wg_frame *f, wg_slot *slot, double value);
double wg__frame_slot_get(const wg_frame *f, const wg_slot *slot);

/* ---- formula.c and the generated loops */
extern const wg_op wg__formula_ops[]; /* by code; the operations' room makes them of the rows */
typedef struct wg_numbers {
    double c, d;
} wg_numbers;
size_t wg__number_count(unsigned code); /* of plain numbers that a code's step has: 0, 1 or 2 */
size_t wg__operand_count(unsigned code);
double wg__formula_value(unsigned code, double x, double b, const double *numbers); /* of one step */

/* Of a row's code, without those that have a plain number in place of an operand: what a step adds to the
 * adjoints of its one or two operands, with upstream gradient g. */
void wg__formula_gradient(
    unsigned code, double x, double b, const double *numbers, double y, double g, double slopes[2]);

/* Runs the bare steps from `node` on, up or down, until a node with a record: its number, or the end. */
uint32_t wg__replay_steps(wg_engine *t, uint32_t node, uint32_t end);
uint32_t wg__sweep_steps(wg_engine *t, uint32_t node); /* WG_NO_NODE when it went below node 0 */

/* ---- rule.c: local gradient rules */
/* Runs the rule of f's node: g[r] upstream, into grad_in (invalid: zero). */
wg_status wg__run_rule(wg_frame *f, const wg_var *g, wg_var *grad_in);

/* The recorded sweep, without checks. */
wg_status wg__grad_vars(
    wg_engine *t, const wg_var *ys, size_t ny, const wg_var *seeds, const wg_var *xs, size_t nx, wg_var *out);

/* ---- engine_ops.c: operations of the engine's own */
extern const wg_op wg__op_leaf, wg__op_input, wg__op_const, wg__op_parameter;
extern const wg_op wg__op_identity;   /* the same numbers, another node */
extern const wg_op wg__op_projection; /* result i of a node with several */
extern const wg_op wg__op_guard;      /* a branch that was taken */
extern const wg_op wg__op_gradient;   /* gradient of X */
/* Does it finish more than one gradient, each when it is the only one? */
static inline bool wg__finishes_several(const wg_op *op)
{
    unsigned gradients = op->finishes & ~WG_FINISHES_RESULT;
    return (gradients & (gradients - 1)) != 0;
}
bool wg__can_record_gradient(const wg_frame *f);
uint32_t wg__gradient_node(const wg_record *record);        /* the node of X, of a "gradient of X" */
bool wg__gradient_wants(const wg_record *record, size_t i); /* is it towards operand i of X (among others)? */
bool wg__gradient_reads(
    const wg_record *record, size_t i); /* does X's kernel read operand i of the gradient? */
/* Where operand i of a "gradient of X" is among all that such a node can have: operands and results of X, a
 * gradient of each result, the sum so far. */
size_t wg__gradient_place(const wg_record *record, size_t i);

/* Of an operation that adds to its gradient (WG_OP_ADDS_GRADIENT), in a plan: the gradient towards operand 0
 * is the sum of `so_far` (invalid: nothing) and its part. That sum is then the node's last operand: its
 * number, or SIZE_MAX when there is none. */
bool wg__adds_gradient(const wg_frame *f);
size_t wg__gradient_sum(const wg_record *record);
wg_status wg__record_gradient(wg_frame *f, const wg_var *g, wg_var so_far, wg_var *grad_in);

/* ---- bind.c */
void wg__bound_hold(wg_bound *bound); /* its owner, who then tells it of its end */
void wg__bounds_free(wg_engine *t);
wg_status wg__check_bounds(wg_engine *t, const char *who); /* or fails: a parameter's store was freed */
wg_status wg__check_fresh(wg_engine *t, const char *who);  /* or fails, and says what changed */
void wg__bounds_seen(wg_engine *t);
wg_status wg__bounds_accumulate(wg_engine *t, uint32_t y); /* at the end of a good sweep from y */

/* ---- copy.c: another tape's recording on a new one, whose nodes have the same numbers */
wg_status wg__copy_recording(wg_engine *to, const wg_engine *from);

/* ---- name.c */
bool wg__names_copy(wg_engine *to, const wg_engine *from);
void wg__names_forget(wg_engine *t, uint32_t node);
void wg__names_reset(wg_engine *t);
void wg__scopes_close(wg_engine *t, uint32_t depth); /* those that are deeper */
const char *wg__name_at(const wg_engine *t, uint32_t node);
enum { WG_NODE_TEXT = 192 };
const char *wg__node_text(wg_engine *t, uint32_t node, char text[WG_NODE_TEXT]); /* for messages */
const char *wg__scope_now(const wg_engine *t);

/* ---- adjoint.c, sweep_record.c: pieces of the sweep in numbers */
void wg__release_gradients(wg_engine *t);
bool wg__reserve_sweep(wg_engine *t); /* adjoints for all nodes */
void wg__add_numbers(wg_dtype dtype, void *sum, const void *more, size_t n);

/* The adjoint gets memory of its own, before it is added to: a copy if somebody shares its block. */
bool wg__own_gradient(wg_engine *t, wg_result *result);

/* Adds numbers of the result's shape to its adjoint; takes over the reference to `block`, if there is one. */
wg_status wg__contribute(wg_engine *t, wg_result *result, wg_block *block, const void *data);

/* Adds the value of var g to a node's adjoint. */
wg_status wg__contribute_var(wg_engine *t, uint32_t node, wg_var g);
wg_status wg__sweep_record(wg_engine *t, wg_record *record);

#endif
