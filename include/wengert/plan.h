/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* plan.h - a recorded step as a fixed list of kernel calls over one block of memory.
 *
 *     wg_var x = wg_input_of(tape, WG_F32, WG_SHAPE(64, 1, 28, 28));             no value: what follows
 *     wg_var y = wg_input_of(tape, WG_I32, WG_SHAPE(64));                        is recorded, not computed
 *     wg_var loss = wg_cross_entropy(lenet(params, x, NULL), y, NULL);
 *
 *     wg_plan *plan = wg_plan_new(loss, &(wg_plan_options){.optim = adam}, &error);
 *     for (wg_batch batch = {0}; wg_batches_next(batches, &batch);) {       batches made with .drop_last
 *         wg_plan_set(plan, x, batch.x);
 *         wg_plan_set(plan, y, batch.y);
 *         if (wg_plan_run(plan) != WG_OK)                                   forward, backward, update
 *             return fail(wg_plan_message(plan));
 *         total += wg_plan_item(plan, loss);
 *     }
 *     wg_plan_free(plan);
 *
 * WHOSE. A plan owns what it needs: it copies the recording, and the numbers of its leaves, inputs and
 * constants. The tape is only read, while the plan is made; it may be swept, replayed, reset, recorded anew
 * or freed before and after, and be planned several times. Vars of the recording remain the names of what
 * goes into the plan and comes out of it, also when the tape has been reset. What wg_bind was given - the
 * parameters of a store - is not copied, and must live as long as the plan. A random operation has the
 * numbers of the recording's seed and of the plan's own count of runs, which begins at the tape's. The mode
 * (training, or not) is that of each operation when it was recorded.
 *
 * MAKING. The backward pass is recorded behind the step; operations that nothing needs are dropped, constants
 * computed once, equal operations shared; maps one behind the other run as one pass, in the cache of the
 * product, convolution, pooling or norm before them, with the sums of what they compute; every tensor gets
 * its place in one block, which it shares with those that live at other times. Nothing but constants is
 * computed. A run asks for no memory and records nothing, unless an operation of a user's takes working memory
 * without saying so beforehand (wg_op.workspace).
 *
 * RUNNING. Before a run inputs may be set anew; parameters, learning rate and random numbers are what they
 * are then; shapes are those of the recording, and wg_plan_set refuses others. A run gives the bits that
 * recording, wg_backward and wg_optim_step give, but where images lie in lanes (see LAYOUT) and where
 * scalars are added up (see SCALARS); on any number of threads the same. A plan is used by one thread at a
 * time. Several may run at once in threads of their own if they write to no store in common: forward passes
 * of one store, say, or plans with gradients of their own. A run that meets another one which writes the same
 * store's gradients is WG_INVALID. They are made and freed in one thread, as other users of a store are.
 *
 * READING. After a good run there are values of what was given (leaves, constants), of the result, and of
 * vars named by options.keep. All others have none, scalars too: their memory may be another's. Reading them
 * is WG_NO_VALUE (wg_plan_item: NaN). Parameters' gradients are in the store, unless an optimiser has used
 * them up (see options.gradients), and those of leaves are read by wg_plan_read_grad; for that of another var
 * record wg_grad, and keep what it returns. On a tape with own_grads the parameters' gradients stay with the
 * plan: wg_plan_read_grad reads them, and wg_plan_add_grads adds them to the store, in whatever order it is
 * called in for several plans; so several threads may train on one store.
 *
 * SCALARS. Where nothing but scalars leads to the result, no backward pass is recorded: the tape's steps
 * become a program that computes and sweeps in one go, several times as fast as wg_replay and wg_backward.
 *
 *     wg_span x = wg_scalars_new(tape, start, n);
 *     wg_plan *plan = wg_plan_new(f(x), NULL, &error);
 *     for (...)                                                                  as often as you like
 *         wg_plan_set_scalars(plan, x, point), wg_plan_run(plan), wg_plan_read_grads(plan, x, gradient);
 *
 * Scalars among tensors become programs, too, a stretch of neighbours each. Values of + - * / are the same
 * bits as recorded ones. What several operations add to one gradient may be added in another order, and a
 * gradient of 0 may have another sign. Where four or more steps of one formula run together, they do so by
 * its tensor kernel: what the processor has no instruction for (exp, tanh, ...) is then, as in tensors,
 * within 6 units in the last place of the true value (gelu 6 + 2 x^2, gelu_tanh 6 + 3 x^2).
 *
 * MEMORY. A program that must not allocate gives a block of its own:
 *
 *     _Alignas(WG_PLAN_ALIGNMENT) static char block[200000];
 *     wg_plan_options options = {.optim = sgd, .block = block, .block_bytes = sizeof block};
 *
 * Too small a block is WG_OUT_OF_MEMORY, and the message says how many bytes are needed; so does
 * wg_plan_bytes_needed. Tensors and working memory lie there; the list itself, and the copy of the recording,
 * are in memory of the tape's allocator (see wg_tape_options.allocator), which must outlive the plan.
 *
 * LAYOUT. While a plan runs, images of float, [N, C, H, W], may lie in memory as [N / L, C, H, W, L]: L
 * images side by side in a vector of the processor ("batch lanes"; L is 8 with AVX2, 16 with AVX-512).
 * Convolutions are faster so, above all those of few channels. What lies in lanes is a region of operations
 * that hand images to each other: convolutions with stride 1, dilation 1 and one group; pooling; formulas,
 * with operands of the images' shape or such as [C, 1, 1]; batch norm; and the gradients of all these. At its
 * edges (the input, a stride, a dense layer) images are turned; what is set, read and kept lies in rows as
 * everywhere. The batch must be a multiple of L: 64, say, rather than 60. By default a region lies in lanes
 * if, by an estimate from the shapes, its convolutions save more than the turning costs; options.layout can
 * say which.
 *
 * In lanes sums are made in another order. A sum of n products that recording gives as s can differ from s by
 * 2 n 2^-24 times the sum of the products' absolute values; what follows differs accordingly.
 *
 * PRECISION. With options.bf16 the factors of matrix products and convolutions, forward and backward, are
 * rounded to bfloat16: eight bits of exponent as a float has, eight significant bits instead of 24; to the
 * nearest, of two equally near ones to the even. Their products, which are exact, are summed in floats, and
 * everything else is in floats too: parameters, what follows a product, gradients, the update. The gradient
 * passes the rounding by unchanged (a "straight-through" gradient). What an LSTM or a GRU multiplies within
 * its steps stays float, and so do products of constants, which are made once.
 *
 * It is for processors that multiply such numbers by instructions of their own (AVX512-BF16, AMX), and for a
 * library built with oneDNN (-Donednn=enabled), which then rounds and multiplies them. Anywhere else the
 * numbers are rounded in passes of their own and multiplied as floats: that takes longer than without the
 * option, and shows what such arithmetic does to a training. The terms are the same on both, but that the
 * processor's instructions take numbers below 2^-126 for 0; oneDNN adds them up in an order of its own, the
 * same on any number of threads, and asks malloc for a few hundred bytes in each call. Where malloc has none,
 * oneDNN 2.6 ends the process: it throws an exception, which cannot pass through C. Every other lack of
 * memory is a status, as everywhere in this library. */
#ifndef WENGERT_PLAN_H
#define WENGERT_PLAN_H

#include <stdio.h>
#include <wengert/optim.h>
#include <wengert/tape.h>

WG_BEGIN_DECLS

/* A planned step; made by wg_plan_new. */
typedef struct wg_plan wg_plan;

/* How images lie in memory while a plan runs, see LAYOUT above. */
typedef enum wg_plan_layout {
    WG_LAYOUT_CHOSEN, /* in lanes where that seems faster; with options.bf16, in rows */
    WG_LAYOUT_ROWS,   /* one behind the other: a run has the bits of recording */
    WG_LAYOUT_LANES   /* in lanes wherever that is possible */
} wg_plan_layout;

/* Measured choices, see tuning.h. */
typedef struct wg_tuning wg_tuning;

/* What is planned. */
typedef struct wg_plan_options {
    wg_optim *optim;    /* makes a step at the end of each run, which fails when it was freed; NULL: none */
    bool forward;       /* no backward pass: for a result of any shape, which is kept */
    const wg_var *keep; /* vars to be read after a run, beside the result */
    size_t keep_count;  /* of them */
    const wg_var *also; /* more results: the gradients are those of the sum of all, each times its seed; they
                           are kept, as y is */
    size_t also_count;  /* of them */
    const wg_var *seeds; /* [1 + also_count]: of y and of the others, dL / d result: a var of its shape, such as
                            an input that is set for each run. {0}, or NULL for all: 1, of one element */
    bool gradients;     /* with optim: the gradients stay in the store, to be looked at */
    bool profile;       /* measures each kernel's time, for wg_plan_print */
    wg_plan_layout layout; /* of images, see LAYOUT; 0 means WG_LAYOUT_CHOSEN */
    bool bf16;             /* factors of matrix products and convolutions are rounded, see above */
    wg_tuning *tuning;     /* which way convolutions are computed; runs fail when it was freed; NULL: none */
    void *block; /* memory of the caller's to run in, on a multiple of WG_PLAN_ALIGNMENT; NULL: the tape's
                    allocator gives it */
    size_t block_bytes; /* of it: at least wg_plan_bytes_needed */
    const char *print_after; /* name of a pass, or "all": the program is printed when that is through, a line
                                for each call, to see what a plan was made of; NULL: no */
    FILE *print_file;        /* where; needed with print_after */
} wg_plan_options;

/* What a block of the caller's must be aligned to: `_Alignas(WG_PLAN_ALIGNMENT) static char block[...]`. */
enum { WG_PLAN_ALIGNMENT = 64 };

/* Plans what it takes to compute y - and, unless options.forward, its gradients towards all parameters that
 * want one, and all leaves - as it was recorded on y's tape. The gradients are in the store
 * after a run, in place of what was there: they do not add up. With an optimiser they are used up by its step
 * and read as 0 afterwards, unless options.gradients: a gradient that a matrix product makes then updates its
 * parameter tile by tile, while it is in cache, and is never written to memory. The numbers are the same.
 *
 * The plan belongs to the caller. It is good as long as store, optimiser and tuning table are there; best
 * free it before them. The block must outlive its last run. The tape is as it was, whether this succeeds or
 * fails.
 *
 * NULL and an error: WG_INVALID (no live var, another store's optimiser, a block that is not aligned, an
 * optimiser on a tape with own_grads), WG_NOT_SCALAR (a result of several elements without a seed, and without
 * options.forward), WG_BAD_SHAPE (a seed that has not its result's), WG_BAD_DTYPE (options.bf16 on a tape of doubles), WG_OUT_OF_MEMORY (a block that is too
 * small, too), or the tape's own error. */
WG_API wg_plan *wg_plan_new(wg_var y, const wg_plan_options *options, wg_error *error);

/* NULL is allowed. */
WG_API void wg_plan_free(wg_plan *plan);

/* One run. WG_NO_VALUE when an input was never set, WG_BRANCH when a guard flips (see wg_branch), WG_NAME
 * when the optimiser's store has a parameter that it had not when the plan was made, WG_STALE when a weight
 * that was frozen then wants a gradient now, WG_INVALID when store, optimiser or tuning table was freed; others are the operations' own. A run that fails makes no update, and
 * leaves nothing to be read; the store's gradients are zero, and its buffers what they were. The next run may
 * succeed.
 *
 * With an optimiser, WG_NUMBER when the result or a gradient is not finite: nothing is updated then, and what
 * is kept can be read, to see why. All gradients are looked at before the first update. Of one that a product
 * makes tile by tile it is known beforehand from the largest of its factors; where these are so large that a
 * sum of their products might leave the type's range, the gradients are written first. */
WG_API wg_status wg_plan_run(wg_plan *plan);

/* What failed last, of all functions that take the plan; "" when nothing did. */
WG_API const char *wg_plan_message(const wg_plan *plan);

/* The number of the last run, of which random numbers depend (see random.h): that of the tape, counted up by
 * each wg_plan_run. Two plans, or a plan and a tape, with the same seed and number draw the same. */
WG_API uint64_t wg_plan_run_number(const wg_plan *plan);
WG_API void wg_plan_set_run_number(wg_plan *plan, uint64_t run);

/* ---- What goes in, and comes out ----------------------------------------------------------------------
 *
 * x, and a span, are of the recording. As wg_set, wg_item, wg_read, ... are for a tape; WG_DEAD_VAR for what
 * is none of what was planned. */

/* The numbers of a leaf or an input, from the next run on; copied. */
WG_API wg_status wg_plan_set(wg_plan *plan, wg_var x, wg_array array);
WG_API wg_status wg_plan_set_scalar(wg_plan *plan, wg_var x, double value);
WG_API wg_status wg_plan_set_scalars(wg_plan *plan, wg_span span, const double *values);

/* Values: of leaves, constants, the result and what is kept, see READING; WG_NO_VALUE, NaN or an array
 * without data for others. The array's data is borrowed until the next run. */
WG_API bool wg_plan_has_value(const wg_plan *plan, wg_var x);
WG_API double wg_plan_item(const wg_plan *plan, wg_var x);
WG_API wg_status wg_plan_read(const wg_plan *plan, wg_var x, double *out, size_t n);
WG_API wg_status wg_plan_read_f32(const wg_plan *plan, wg_var x, float *out, size_t n);
WG_API wg_array wg_plan_array(const wg_plan *plan, wg_var x);

/* Gradients of leaves, after a good run: 0 where the result does not depend on one. WG_NO_GRADIENT, or NaN,
 * for others, and after a forward pass. Those of parameters are in their store. */
WG_API double wg_plan_item_grad(const wg_plan *plan, wg_var x);
WG_API wg_status wg_plan_read_grad(const wg_plan *plan, wg_var x, double *out, size_t n);
WG_API wg_status wg_plan_read_grad_f32(const wg_plan *plan, wg_var x, float *out, size_t n);
WG_API wg_status wg_plan_read_grads(const wg_plan *plan, wg_span span, double *out);

/* With wg_tape_options.own_grads: adds the last run's gradients of the parameters of `params` to those in the
 * store, as wg_params_add_grads does for a tape. WG_INVALID without own_grads, or when the store was freed;
 * WG_NO_GRADIENT before a good run. */
WG_API wg_status wg_plan_add_grads(wg_plan *plan, wg_params *params);

/* What a plan takes, in bytes.
 *
 *     the plan's     block [ activations and gradients, in places that they share ]  workspace
 *     the store's    parameters  parameter_gradients
 *     others'        moments (the optimiser's)  inputs (the plan's copies) */
typedef struct wg_plan_memory {
    size_t block;     /* in which all tensors of a run lie */
    size_t workspace; /* that operations need while they run: the most that one of them does */

    size_t activations; /* tensors of the step, and what its operations keep for the backward pass, */
    size_t gradients;   /* and tensors of the backward pass: what both would take without sharing */
    size_t live;        /* the most of both that is in use at once: no block can be smaller */

    size_t parameters;          /* values that the step reads */
    size_t parameter_gradients; /* which a run writes there */
    size_t moments;             /* of all parameters of the optimiser's store */
    size_t inputs;              /* leaves and constants that the step reads */
} wg_plan_memory;

/* Known before the first run; all zero for NULL. */
WG_API wg_plan_memory wg_plan_memory_of(const wg_plan *plan);

/* block + workspace: what a block of the caller's must have. */
WG_API size_t wg_plan_bytes(const wg_plan *plan);

/* The same before there is a plan: makes one in memory of the tape's allocator, and frees it. The number is
 * that of this machine: kernels differ between processors, and some work in more memory on more threads. 0
 * and an error where wg_plan_new would fail. */
WG_API size_t wg_plan_bytes_needed(wg_var y, const wg_plan_options *options, wg_error *error);

/* ---- What a run does --------------------------------------------------------------------------------- */

/* Kernels that a run calls, one after the other: an operation each, or several that were fused. Names for
 * numbers that are there already (reshape) are none. */
WG_API size_t wg_plan_kernel_count(const wg_plan *plan);

/* One of them. Bytes are those that it cannot do without: what it reads of others, and what it writes. */
typedef struct wg_plan_kernel {
    char name[96];     /* "conv2d + add + relu": what is fused, in order; cut where it is too long */
    size_t operations; /* how many that is */
    wg_shape shape;    /* of its result */
    size_t bytes;      /* read and written by a run */
    double flops;      /* floating-point operations of a run: a product and its addition are two, and any
                          function of a formula is one; see wg_op.flops */
    double seconds;    /* with options.profile: in all runs so far */
} wg_plan_kernel;

/* Kernel i, from 0; all zero when there is none. */
WG_API wg_plan_kernel wg_plan_kernel_at(const wg_plan *plan, size_t i);

/* With options.profile, where the time of all runs went, also of those that failed; the first three add up to
 * `seconds`. */
typedef struct wg_plan_profile {
    double kernels; /* in kernels; of which each has its own part, see wg_plan_kernel */
    double between; /* what else it takes: names, gradients copied to the store */
    double update;  /* in the optimiser */
    double seconds; /* from the beginning of each run to its end */
    size_t runs;    /* how many there were */
} wg_plan_profile;

/* All zero without a profile. */
WG_API wg_plan_profile wg_plan_profile_of(const wg_plan *plan);

/* The kernels as a table: name, shape of the result, its place in the block, kilobytes moved, thousands of
 * floating-point operations; with options.profile microseconds in the mean, share of the time, and GFLOP/s.
 * Then the memory, and the sums. WG_FILE when writing fails (view.h, STREAMS). */
WG_API wg_status wg_plan_print(const wg_plan *plan, FILE *file);

WG_END_DECLS
#endif
