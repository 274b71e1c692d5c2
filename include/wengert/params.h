/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* params.h - the parameter store: named arrays that outlive tapes.
 *
 *     name            shape         where
 *     fc1.weight      [784, 512]    chunk 0   |value.......................................|   |gradient....|
 *     fc1.bias        [512]         chunk 1   |value..|                                        |gr|
 *     fc2.weight      [512, 256]    chunk 1           |value............|                         |grad...|
 *     bn1.mean        [64]          chunk 2   |value|    a buffer: no gradient
 *
 * Values and gradients lie in a few large chunks that never move. Each array starts on a 64-byte line; the
 * elements between arrays are 0. So a pass over all parameters (an update, a norm, an all-reduce) is one loop
 * per chunk, and a pointer into the store is good until wg_params_free.
 *
 * NAMES. A layer function gets or creates its arrays by name. The full name is the tape's scope, with a dot
 * for each '/', then a dot and the array's own name: wg_layer_dense(p, "fc1", x, ...) inside
 * wg_scope_push(tape, "encoder") owns "encoder.fc1.weight" and "encoder.fc1.bias". The names are the keys of
 * a saved file. Initial values depend on the store's seed and on the full name only: not on what else was
 * created, or when.
 *
 * GRADIENTS. wg_backward adds to them; wg_params_zero_grad sets them to 0, at the cost of a flag per array:
 * so call it before every wg_backward, unless gradients are to add up over several batches. A frozen array
 * gets no gradient and no update. Buffers (running statistics) never have a gradient.
 *
 * OWNERSHIP. The store belongs to its maker, and must outlive the recordings in which its arrays were bound,
 * that is until those tapes' reset or free. Free optimisers before their store. Where the store goes first,
 * tapes and optimisers are told: they say WG_INVALID to what would need it, see ORDER OF FREEING in tape.h.
 *
 * THREADS. Changes come from one thread at a time. Several tapes may read one sealed store at once if each
 * has options.own_grads; wg_params_add_grads then merges what they accumulated. (A batch norm layer in
 * training mode is a change: it updates running statistics.) */
#ifndef WENGERT_PARAMS_H
#define WENGERT_PARAMS_H

#include <stdio.h>
#include <wengert/init.h>
#include <wengert/tape.h>

WG_BEGIN_DECLS

/* A store; made by wg_params_new. */
typedef struct wg_params wg_params;

typedef struct wg_params_options {
    wg_dtype dtype; /* of every array: WG_F64 or WG_F32; that of the tapes it is used on */
    uint64_t seed;  /* of initial values */
    int threads;    /* at most this many in passes over the store and in predictions; 0: OpenMP's choice */
    wg_allocator allocator; /* {0}: malloc */
    size_t cache; /* bytes that wg_params_cache keeps at most; 0: WG_CACHE_LIMIT; 1: none, no block is so
                     small */
} wg_params_options;

/* A new, empty store; NULL options are the defaults. NULL when there is no memory; else only for a dtype that
 * is neither WG_F64 nor WG_F32, or negative threads. */
WG_API wg_params *wg_params_new(const wg_params_options *options);

/* Frees the store and its arrays; NULL is allowed. */
WG_API void wg_params_free(wg_params *params);

/* Who is told when the store is freed, for wg_binding.holders; NULL for NULL. The store's own functions on a
 * tape, and optimisers, see to it themselves. */
WG_API struct wg_holders *wg_params_holders(wg_params *params);

/* ---- On a tape ------------------------------------------------------------------------------------- */

/* The parameter `name` in the tape's scope, as a leaf of the tape: the array of that name, made with `init`
 * (NULL: the default) if there is none. Used twice in a recording it is one node. Errors, on the tape:
 * WG_NAME when the name is taken with another shape (the message has both), by a buffer, or is unknown to a
 * sealed store; WG_BAD_DTYPE when the store's dtype is not the tape's; WG_BAD_SHAPE; WG_OVERFLOW;
 * WG_OUT_OF_MEMORY; WG_INVALID. A tape that has an error already makes nothing. */
WG_API wg_var wg_param(
    wg_params *params, wg_tape *tape, const char *name, wg_shape shape, const wg_init *init);

/* The numbers of a buffer, found or made in the same way, for an operation's effect to update; NULL on an
 * error, which is on the tape. NULL init: zeros. Updating a buffer makes no tape stale. */
WG_API void *wg_param_buffer(
    wg_params *params, wg_tape *tape, const char *name, wg_shape shape, const wg_init *init);

/* The same buffer as a var: read like a parameter, never differentiated. */
WG_API wg_var wg_param_constant(
    wg_params *params, wg_tape *tape, const char *name, wg_shape shape, const wg_init *init);

/* Gradients := 0. */
WG_API void wg_params_zero_grad(wg_params *params);

/* Adds what the sweeps of a tape with options.own_grads accumulated for this store, and clears it there.
 * Frozen arrays stay untouched. The sum depends on the order of the calls, which is the caller's. */
WG_API wg_status wg_params_add_grads(wg_params *params, wg_tape *tape);

/* ---- By name or number ----------------------------------------------------------------------------- */

/* Creates, or finds and checks, an array by its full name, without a tape (for loaders). */
WG_API wg_status wg_params_add(
    wg_params *params, const char *name, wg_shape shape, const wg_init *init, wg_error *error);
WG_API wg_status wg_params_add_buffer(
    wg_params *params, const char *name, wg_shape shape, const wg_init *init, wg_error *error);

/* From now on an unknown name is an error (WG_NAME): after loading, a mistyped name must not get fresh
 * weights. The message says who sealed the store: "wg_params_seal", or `who`, a text that must stay, NULL for
 * that too. A prediction, an evaluation and a fit's validation seal a store that has parameters for as long
 * as they call the model, and name themselves. */
WG_API void wg_params_seal(wg_params *params);
WG_API void wg_params_seal_for(wg_params *params, const char *who);
WG_API void wg_params_unseal(wg_params *params);
WG_API bool wg_params_is_sealed(const wg_params *params);

/* Number of arrays, buffers included: they are numbered 0 .. count - 1 in order of creation. */
WG_API size_t wg_params_count(const wg_params *params);

/* Number of elements of all parameters; buffers are not counted. */
WG_API size_t wg_params_element_count(const wg_params *params);

/* What the store was made with. */
WG_API wg_dtype wg_params_dtype(const wg_params *params);
WG_API uint64_t wg_params_seed(const wg_params *params);
WG_API int wg_params_threads(const wg_params *params); /* as resolved: at least 1 */
WG_API const wg_allocator *wg_params_allocator(const wg_params *params);

/* The store's cache over its allocator: predictions and evaluations leave the memory that they worked in
 * here, for the next ones; several at once share it. It keeps no more than the largest needed, and its limit;
 * wg_cache_trim gives it back. A tape of one's own may use it too, and must be freed before the store. */
WG_API wg_cache *wg_params_cache(wg_params *params);

/* The number of an array, SIZE_MAX when there is none of that name. */
WG_API size_t wg_params_index(const wg_params *params, const char *name);

/* An array of the store; see wg_params_at. */
typedef struct wg_param_info {
    const char *name;             /* the store's */
    wg_shape shape;               /* {0}: one number */
    size_t count;                 /* of elements */
    const void *value;            /* in the store's dtype */
    bool buffer, frozen;          /* has no gradient; gets neither gradient nor update */
    double lr_scale, decay_scale; /* factors on the optimiser's learning rate and weight decay; 1 at first */
    size_t chunk, offset;         /* its place: element `offset` of chunk `chunk` */
} wg_param_info;

/* What is known of array `index`; all zero when there is none (then .name is NULL). */
WG_API wg_param_info wg_params_at(const wg_params *params, size_t index);

/* The values, to be written by the caller, who says so: tapes that were evaluated before with array `index`
 * (wg_params_changed_at), or with any of the store's (wg_params_changed), are then stale. The store's own
 * functions, loading and an optimiser's step say it of the arrays that they write. */
WG_API void *wg_params_value(wg_params *params, size_t index);
WG_API void wg_params_changed(wg_params *params);
WG_API void wg_params_changed_at(wg_params *params, size_t index);

/* Gives an array the values that it began with: those of its maker's rule, the store's seed and its name.
 * WG_INVALID when there is none of that number. */
WG_API wg_status wg_params_renew(wg_params *params, size_t index);

/* The gradient, in the store's dtype (zeros when none arrived since wg_params_zero_grad); NULL for a
 * buffer. */
WG_API void *wg_params_grad(wg_params *params, size_t index);

/* Copies an array's values out, or new ones in, converted; n, or the array's shape, must fit. WG_NAME for a
 * name that is not there. */
WG_API wg_status wg_params_read(const wg_params *params, const char *name, double *out, size_t n);
WG_API wg_status wg_params_read_grad(wg_params *params, const char *name, double *out, size_t n);
WG_API wg_status wg_params_set(wg_params *params, const char *name, wg_array array, wg_error *error);

/* ---- Groups ---------------------------------------------------------------------------------------- */

/* In a pattern '*' stands for any characters, also none: "fc1.weight", "encoder.*", "*.bias", "*". Both
 * functions act on the arrays there are now, and return how many parameters matched. */

/* Frozen parameters get no gradient (from the next recording on) and no update. */
WG_API size_t wg_params_freeze(wg_params *params, const char *pattern, bool frozen);

/* Factors for a group: wg_params_scale(p, "*.bias", 1, 0) takes weight decay off the biases. Both must be
 * finite and not negative, otherwise nothing is done and 0 returned. */
WG_API size_t wg_params_scale(wg_params *params, const char *pattern, double lr_scale, double decay_scale);

/* ---- Whole stores ---------------------------------------------------------------------------------- */

/* Names, shapes and counts, one line per array, and the total. WG_FILE when writing fails (view.h, STREAMS).
 */
WG_API wg_status wg_params_print(const wg_params *params, FILE *file);

/* Copies all values, buffers too, from one store to another, converted to its dtype: a snapshot, a moving
 * target. Arrays that `to` lacks are created. WG_NAME, before anything is changed, when a shape differs or
 * `to` is sealed and lacks a name. */
WG_API wg_status wg_params_copy(wg_params *to, const wg_params *from, wg_error *error);

/* Same dtype, names and shapes, in any order, and the same bits in every value (buffers too)? */
WG_API bool wg_params_equal(const wg_params *a, const wg_params *b);

/* ---- One pass over all parameters ------------------------------------------------------------------ */

/* A stretch of neighbouring elements of parameters that are treated alike. It starts on a 64-byte line and
 * ends on one: elements between arrays are part of it, and have value 0 and gradient 0. They must keep
 * gradient 0. */
typedef struct wg_params_run {
    void *value, *gradient;       /* `count` elements in the store's dtype */
    size_t count;                 /* of elements */
    size_t chunk, offset;         /* where in the store */
    size_t part;                  /* number of the part of the pass, see below */
    double lr_scale, decay_scale; /* as in wg_param_info */
} wg_params_run;

/* What wg_params_pass calls for each run; by several threads at once, for different parts. */
typedef void (*wg_params_visit)(void *user, const wg_params_run *run);

/* The most chunks that a store, and parts that a pass has. */
enum { WG_PARAMS_MAX_CHUNKS = 64, WG_PARAMS_MAX_PARTS = 256 + WG_PARAMS_MAX_CHUNKS };

/* Visits every parameter that is not frozen, in parallel. The store is cut into parts by its size, never by
 * the number of threads, and at most WG_PARAMS_MAX_PARTS of them; the runs of a part are visited by one
 * thread, in order. So a sum is kept per part and added up in order of the parts, and has the same bits on
 * any number of threads. Returns the number of parts. Who wrote values calls wg_params_changed afterwards.
 * The library's update rules are such visitors. */
WG_API size_t wg_params_pass(wg_params *params, wg_params_visit visit, void *user);

/* Chunks there are, and one of them (all zero when out of range), for memory beside the store's. */
typedef struct wg_params_chunk_info {
    size_t used, capacity; /* elements; `used` grows as arrays are made */
    bool buffers;          /* it holds buffers, and is not visited */
} wg_params_chunk_info;

/* How many there are, and one of them, as said above. */
WG_API size_t wg_params_chunk_count(const wg_params *params);
WG_API wg_params_chunk_info wg_params_chunk_at(const wg_params *params, size_t chunk);

WG_END_DECLS
#endif
