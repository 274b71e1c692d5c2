/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* tape.h - the Wengert list: record a computation, sweep it backward, replay it.
 *
 * A tape records every operation as a node, in the order of its evaluation, which is a topological order:
 *
 *      node   op      arg 0   arg 1   value                 adjoint after wg_backward(node 4)
 *      0      leaf    -       -       -2.0                  -4.0
 *      1      leaf    -       -        5.0                  -4.0
 *      2      add     0       1        3.0                  -4.0
 *      3      leaf    -       -       -4.0                   3.0
 *      4      mul     2       3      -12.0                   1.0
 *      5      matmul  ->record         tensor                tensor
 *
 * A scalar step is 16 bytes (value, two operand numbers) and a byte of operation, its adjoint 8 more; a
 * tensor keeps the rest in a record of its own. The values are there as soon as the operation is recorded.
 *
 * OWNERSHIP. Everything recorded on a tape belongs to the tape and dies at its reset, rewind or free. A var
 * is a small value, a name for a node; it needs no freeing, and using it after its node died is detected
 * (WG_DEAD_VAR). Only a freed tape is not detected.
 *
 * ORDER OF FREEING. What holds another object is best freed before it: plan, tape, optimiser and batches
 * before store and data set, plan before optimiser; plan and tape in any order. Nothing is freed twice or
 * lost in a wrong one, and the functions that need what is gone return WG_INVALID and say what was freed: an
 * optimiser's steps and a tape's sweeps and replays after its store, a plan's runs after its store, optimiser
 * or tuning table, the next batch after its data set. Not detected are a freed tape whose vars are used, memory that
 * was lent (wg_binding without holders, wg_archive_add, a plan's block, an allocator or a cache), and a
 * handle used after its own free.
 *
 * ERRORS STICK. The first operation that fails leaves status and message on its tape and returns an invalid
 * var; operations on an invalid var return an invalid var and keep the first error; wg_backward returns it.
 * So wg_relu(wg_add(wg_matmul(x, W), b)) is checked once, at the end. wg_tape_reset clears the error. Every
 * function takes invalid vars and NULL.
 *
 * THREADS. One tape is used by one thread at a time; different tapes are independent. Kernels use OpenMP
 * inside (options.threads); the numbers do not depend on how many threads there are. A stack of 64 kB is
 * enough for a thread that calls the library, beside what the program itself takes, and for OpenMP's
 * (OMP_STACKSIZE); with the option bf16 of plans and oneDNN it is not.
 *
 * FLOATING-POINT STATE. Kernels and rules, also those of a user's operation, run in the default environment:
 * round to nearest, nothing trapped. The caller's is put back behind them, with the flags that were raised
 * before and no other. So a program that traps INVALID, DIVBYZERO or OVERFLOW is not stopped by lanes of
 * vectors that nobody reads, nor by a kernel's real 0 / 0: wg_first_not_finite (op.h) finds where that was.
 * Scalar steps are plain arithmetic of the caller's thread: they trap, raise flags and round as it does.
 *
 * ON A SHARED MACHINE. Between kernels OpenMP's threads wait by spinning. Where other programs run too, they
 * spin on processors that these need, and that the threads they wait for need: a program can become many
 * times slower. The remedy is a variable of the environment, set before the program starts, since OpenMP
 * reads it when it is loaded. GOMP_SPINCOUNT=20000 (gcc's OpenMP; clang's: KMP_BLOCKTIME=0) lets threads
 * spin for a fraction of a millisecond, then sleep, and costs little on a quiet machine. Where the processors
 * are always taken, OMP_WAIT_POLICY=passive is better: they sleep at once. Or .threads = 1.
 *
 * FORK. In the child of a process that ran kernels on several threads, the thread that forked computes alone:
 * its OpenMP threads did not come along. The numbers are the same. Threads that the child makes have OpenMP
 * threads of their own, as usual. (What the program's own OpenMP regions left behind is the program's affair;
 * .threads = 1 keeps out of it.) */
#ifndef WENGERT_TAPE_H
#define WENGERT_TAPE_H

#include <stdint.h>
#include <wengert/alloc.h>
#include <wengert/array.h>
#include <wengert/status.h>

WG_BEGIN_DECLS

/* The list of what was computed; made by wg_tape_new. */
typedef struct wg_tape wg_tape;

/* A name for a node of a tape. Passed by value; {0} is an invalid var. The top bit of `epoch` says that the
 * node is no plain scalar. */
typedef struct wg_var {
    wg_tape *tape;  /* NULL: invalid from the start */
    uint32_t node;  /* its number */
    uint32_t epoch; /* of the tape's life when it was recorded */
} wg_var;

/* Neighbouring scalars made by wg_scalars_new. */
typedef struct wg_span {
    wg_tape *tape;  /* as in wg_var */
    uint32_t node;  /* of the first */
    uint32_t epoch; /* as in wg_var */
    size_t count;   /* how many there are */
} wg_span;

/* ---- A tape's life --------------------------------------------------------------------------------- */

/* Called at the failing call, with the message that the tape keeps; it may print, or end the program. */
typedef void (*wg_error_handler)(void *user, wg_status status, const char *message);

typedef struct wg_tape_options {
    wg_dtype dtype;  /* of tensors made from plain numbers and of parameters; scalars are always double */
    bool training;   /* dropout drops, batch norm uses the batch's statistics */
    bool keep_grads; /* keep every node's gradient after wg_backward (traces and drawings want them) */
    bool own_grads;  /* parameters' gradients stay on the tape, see wg_params_add_grads */
    bool frozen;     /* random numbers stand still over resets and replays, effects do nothing: for checks */
    uint64_t seed;   /* of random operations */
    int threads;     /* at most this many, and 64 or one per processor; 0: OpenMP's own choice */
    wg_allocator allocator;    /* {0}: malloc; for tapes that come and go see wg_cache_allocator */
    wg_error_handler on_error; /* NULL: none */
    void *on_error_user;       /* handed to it */
} wg_tape_options;

/* A new, empty tape; NULL options are the defaults. NULL when there is no memory; else only for a dtype that
 * is neither WG_F64 nor WG_F32, or negative threads. */
WG_API wg_tape *wg_tape_new(const wg_tape_options *options);

/* Frees the tape and all that is on it; NULL is allowed. */
WG_API void wg_tape_free(wg_tape *tape);

/* Forgets all nodes, names, scopes and the error; keeps the memory for the next recording, so that a training
 * loop stops allocating after its first step. Vars made before are dead. Starts a new run of random
 * operations. */
WG_API void wg_tape_reset(wg_tape *tape);

/* A place on the tape to come back to: what is recorded later lies behind it. */
typedef struct wg_mark {
    wg_tape *tape;   /* as in wg_var */
    uint32_t node;   /* the first one that would be forgotten */
    uint32_t epoch;  /* as in wg_var */
    uint32_t scopes; /* that were open, one in the other */
    int no_grads;    /* wg_no_grad_begin's that had no end */
} wg_mark;

/* The place where the tape ends now. */
WG_API wg_mark wg_tape_mark(wg_tape *tape);

/* Forgets the nodes recorded since the mark, with their names, scopes and bindings, and keeps their memory
 * for what comes next: marking once and rewinding again and again takes no more of it. Vars below the mark
 * stay good and keep the names, marks of wg_keep_grad and values that they were given since. Scopes and
 * no-gradient parts that are deeper than at the mark are closed. WG_DEAD_VAR if the tape was reset, or
 * rewound below the mark, since. Does not clear an error. */
WG_API wg_status wg_tape_rewind(wg_tape *tape, wg_mark mark);

/* The first error since the last reset, or WG_OK; its message, or "" ("matmul: inner dimensions differ:
 * ..."). A NULL tape answers WG_INVALID. The message is the tape's and lives until the next reset. */
WG_API wg_status wg_tape_status(const wg_tape *tape);
WG_API const char *wg_tape_message(const wg_tape *tape);

/* Records an error of the caller's own, as a failing operation does; the first one stays. Returns the tape's
 * status. */
WG_API wg_status wg_tape_fail(wg_tape *tape, wg_status status, const char *format, ...) WG_PRINTF(3, 4);

/* Evaluation (false) or training (true) from here on. */
WG_API void wg_tape_set_training(wg_tape *tape, bool training);
WG_API bool wg_tape_training(const wg_tape *tape);

/* The number of the run of random operations: resets and replays count it up, and with seed, ordinal and
 * element it says what is drawn. Set to what it was, a training that is resumed drops the units that it would
 * have dropped. */
WG_API uint64_t wg_tape_run_number(const wg_tape *tape);
WG_API void wg_tape_set_run_number(wg_tape *tape, uint64_t run);

WG_API wg_dtype wg_tape_dtype(const wg_tape *tape); /* of new tensors; f64 for NULL */
WG_API int wg_tape_threads(const wg_tape *tape);    /* as resolved: at least 1 */

/* Nodes recorded, and bytes held (in use and cached) by the tape. */
WG_API size_t wg_tape_node_count(const wg_tape *tape);
WG_API size_t wg_tape_bytes(const wg_tape *tape);

/* ---- Leaves ---------------------------------------------------------------------------------------- */

/* A scalar that wants a gradient. */
WG_API wg_var wg_scalar(wg_tape *tape, double value);

/* `count` neighbouring scalars that want gradients, copied from `values`. On failure the span has count 0 and
 * a NULL or failed tape. */
WG_API wg_span wg_scalars_new(wg_tape *tape, const double *values, size_t count);

/* A tensor that wants a gradient; the array is copied (and converted to the tape's dtype). WG_I32 is
 * refused. */
WG_API wg_var wg_leaf(wg_tape *tape, wg_array array);

/* A tensor that wants none and can be set anew; a floating array is converted to the tape's dtype, integers
 * stay. */
WG_API wg_var wg_input(wg_tape *tape, wg_array array);

/* An input without a value until wg_set and wg_replay: operations on it are recorded (shapes, errors) but not
 * computed. */
WG_API wg_var wg_input_of(wg_tape *tape, wg_dtype dtype, wg_shape shape);

/* Constants: no gradient, never set anew. wg_const converts like wg_input; wg_const_like gives x's shape and
 * dtype (f64 or f32), filled with c; wg_full a given shape in the tape's dtype. */
WG_API wg_var wg_const(wg_tape *tape, wg_array array);
WG_API wg_var wg_const_scalar(wg_tape *tape, double value);
WG_API wg_var wg_const_like(wg_var x, double c);
WG_API wg_var wg_full(wg_tape *tape, wg_shape shape, double c);

/* New numbers for a leaf or input, of the same count and shape; values computed from it before are stale
 * until wg_replay. wg_set_scalar and wg_set_scalars for wg_scalar and wg_scalars_new. */
WG_API wg_status wg_set(wg_var leaf, wg_array array);
WG_API wg_status wg_set_scalar(wg_var leaf, double value);
WG_API wg_status wg_set_scalars(wg_span span, const double *values);

/* ---- Memory of the caller's as a leaf -------------------------------------------------------------- */

/* An array that outlives the tape (a parameter): read in place, its gradient accumulated in place. The
 * parameter store binds its arrays by this same door. Everything pointed to must live until the tape's
 * reset. */
typedef struct wg_binding {
    const void *owner;       /* with `index` the identity: bound twice in a recording, it is one node */
    size_t index;            /* of the array at its owner */
    const char *name;        /* for messages and drawings; copied */
    wg_dtype dtype;          /* f64 or f32 */
    wg_shape shape;          /* of data and gradient */
    const void *data;        /* read at each evaluation */
    void *gradient;          /* wg_backward adds here; NULL: wants no gradient (frozen) */
    bool *gradient_is_zero;  /* true: the memory at `gradient` is garbage and means 0; the sweep writes, and
                                clears the flag. NULL: always add. */
    const uint64_t *version; /* a count of the array's changes; a sweep over older values is WG_STALE. NULL:
                                never changes. Arrays may share one. */
    const bool *frozen;         /* whether no gradient is wanted now: a plan that was made while none was, and is
                                   run when one is, is WG_STALE. NULL: that never changes */
    struct wg_holders *holders; /* wg_params_holders of the store that the memory is of: when it is freed, the
                                   leaf has no value, and the tape says so. NULL: the caller sees to it */
} wg_binding;

/* The leaf of a binding; the struct is copied. Errors, on the tape: WG_NAME when this recording has
 * bound the same array with another shape; WG_BAD_DTYPE when the tape has another; WG_INVALID;
 * WG_OUT_OF_MEMORY. */
WG_API wg_var wg_bind(wg_tape *tape, const wg_binding *binding);

/* With options.own_grads: what this tape's sweeps accumulated for a binding since the last wg_own_grad_clear,
 * in the binding's dtype and shape; NULL when nothing was. It survives resets. */
WG_API const void *wg_own_grad(const wg_tape *tape, const void *owner, size_t index, size_t *count);
WG_API void wg_own_grad_clear(wg_tape *tape, const void *owner);

/* ---- Asking a var ---------------------------------------------------------------------------------- */

WG_API bool wg_is_valid(wg_var x);     /* does it name a node that is still there? */
WG_API wg_tape *wg_tape_of(wg_var x);  /* also of a var that is dead; NULL for {0} */
WG_API wg_shape wg_shape_of(wg_var x); /* rank 0 for an invalid var */
WG_API size_t wg_count_of(wg_var x);   /* number of elements; 0 for an invalid var */
WG_API wg_dtype wg_dtype_of(wg_var x); /* a rank-0 var is f64, unless an integer */
WG_API bool wg_has_value(wg_var x);    /* false for what hangs on an input that was never set */

/* The value of a scalar (any var with one element); NaN for an invalid or valueless one, with no new
 * error. NaN also for one with more elements; wg_tape_message then says so. */
WG_API double wg_item(wg_var x);

/* Copies the value to `out`, converted; n must be its count. */
WG_API wg_status wg_read(wg_var x, double *out, size_t n);
WG_API wg_status wg_read_f32(wg_var x, float *out, size_t n);

/* The value in place, in the var's dtype; borrowed until the next reset, rewind or (for a scalar) recording.
 * NULL when there is none. */
WG_API const void *wg_data(wg_var x);

/* wg_at(span, i), in scalar.h: the i-th scalar; invalid when out of range (WG_BAD_INDEX on the tape). */

/* ---- Derivatives ----------------------------------------------------------------------------------- */

/* The reverse sweep: fills the gradients of `y`, which must be a scalar (one element), over y's ancestors
 * only. After it, this sweep's gradient can be read in leaves that want one, in all scalars, and in nodes
 * marked by wg_keep_grad (or all, with options.keep_grads); parameters' gradients are added to (see
 * wg_binding). A sweep that fails changes no gradient that outlives it. Errors: the tape's first error;
 * WG_NOT_SCALAR; WG_NO_VALUE; WG_STALE; WG_OUT_OF_MEMORY; WG_INVALID when a store was freed that the
 * recording has a parameter of. WG_STALE does not stick. */
WG_API wg_status wg_backward(wg_var y);

/* The same for any y, with a seed (dL/dy) of y's shape: a vector-Jacobian product. */
WG_API wg_status wg_backward_from(wg_var y, wg_array seed);

/* The same from several vars of one tape in one sweep: the gradient of sum_i <seeds[i], ys[i]>, which is that
 * of several losses, or of several outputs each with its upstream gradient. seeds NULL: ones. A var that is
 * named twice counts twice, and one may be an ancestor of another. WG_INVALID for no var at all; the other
 * errors are those of wg_backward_from. */
WG_API wg_status wg_backward_all(const wg_var *ys, size_t ny, const wg_array *seeds);

/* Keeps the gradient of this var in later sweeps; returns x. */
WG_API wg_var wg_keep_grad(wg_var x);

/* The last sweep's gradient. It is 0 in a var that was there and that the sweep did not reach, as wg_grad's
 * is. There is none (WG_NO_GRADIENT, NaN, NULL) without a sweep since the var was recorded, in what wants
 * none, and where it was not kept; the message says which. */
WG_API double wg_item_grad(wg_var x);
WG_API bool wg_has_grad(wg_var x); /* is there one? */
WG_API wg_status wg_read_grad(wg_var x, double *out, size_t n);
WG_API wg_status wg_read_grad_f32(wg_var x, float *out, size_t n);
WG_API wg_status wg_read_grads(wg_span span, double *out);
WG_API const void *wg_grad_data(wg_var x);

/* Gradients as vars, which can be differentiated again:
 *     out[j] = sum_i  seeds[i]^T  d ys[i] / d xs[j],      of the shape of xs[j].
 * seeds NULL: ones. An x that is not reached gets zeros. The xs may be any nodes, whether they want a
 * gradient or not; the way from ys to xs is structural, cut only by wg_detach and the no-gradient scope.
 * `out` has nx entries, all invalid on failure.
 *
 * What it records stays on the tape until its reset. Where derivatives are taken again and again on one
 * recording (Newton steps, a power iteration), go back each time, or the tape grows by a sweep a turn:
 *
 *     wg_mark mark = wg_tape_mark(tape);
 *     for (...) {
 *         wg_var g = wg_grad1(y, x);
 *         ...                                   read g, wg_set x, wg_replay
 *         wg_tape_rewind(tape, mark);           g is dead, y and x live on
 *     } */
WG_API wg_status wg_grad(
    const wg_var *ys, size_t ny, const wg_var *seeds, const wg_var *xs, size_t nx, wg_var *out);
WG_API wg_var wg_grad1(wg_var y, wg_var x);

/* The same value, through which no gradient goes. */
WG_API wg_var wg_detach(wg_var x);

/* Between begin and end (they nest), what is recorded lets no gradient through. */
WG_API void wg_no_grad_begin(wg_tape *tape);
WG_API void wg_no_grad_end(wg_tape *tape);

/* ---- Replay ---------------------------------------------------------------------------------------- */

/* Evaluates the whole recorded tape again, in order, with the leaves and parameters as they are now: no new
 * node, no allocation, the same bits as recording would give. Starts a new run of random operations.
 * WG_BRANCH when a guard flips (see wg_branch); WG_NO_VALUE when an input was never set; WG_INVALID when a
 * parameter's store was freed. None sticks. */
WG_API wg_status wg_replay(wg_tape *tape);

/* A number that tells recordings apart: equal for the same operations, operands, attributes, plain numbers,
 * shapes, modes, values of constants, leaves and inputs, in the same order; for others different but for one
 * chance in 2^64. Of parameters it knows the identity and whether they want a gradient, not the values; an
 * input that was never set counts by its shape. It holds for one process. 0 when it cannot be told: after an
 * error, or when the attributes of an operation cannot be compared (see WG_OP_PLAIN_ATTR). */
WG_API uint64_t wg_tape_fingerprint(const wg_tape *tape);

/* Since the last reset, has a value been asked for (wg_item, wg_read, wg_has_value, wg_branch ...) that was
 * not there? A recording without values that asked for none is what one with values would have been. */
WG_API bool wg_tape_missed(const wg_tape *tape);

/* x != 0, for an `if` of the program: records a guard, so that a replay in which the answer changes returns
 * WG_BRANCH instead of a wrong number. x is a scalar with a value; otherwise false, and an error on the
 * tape. */
WG_API bool wg_branch(wg_var x);

/* ---- Names ----------------------------------------------------------------------------------------- */

/* Names a node for messages, traces and drawings; the text is copied; a later name replaces it. Returns x. */
WG_API wg_var wg_set_name(wg_var x, const char *name);
#define WG_NAME(x) wg_set_name((x), #x)

/* The name, or "" when there is none; the tape's, until the var dies or gets another name. */
WG_API const char *wg_name_of(wg_var x);

/* Between push and pop, nodes belong to a scope ("encoder/fc1"), which messages and drawings show. */
WG_API void wg_scope_push(wg_tape *tape, const char *name);
WG_API void wg_scope_pop(wg_tape *tape);

/* The scope in which a node was recorded, "" outside any; the tape's, until the var dies. */
WG_API const char *wg_scope_of(wg_var x);

/* The scope that is open now, "" outside any: what wg_scope_of would say of the next node. The tape's, until
 * it is closed. */
WG_API const char *wg_tape_scope(const wg_tape *tape);

WG_END_DECLS
#endif
