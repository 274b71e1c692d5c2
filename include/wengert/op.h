/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* op.h - what an operation is: one const record. Ours enter by this door, and so do yours.
 *
 *     static wg_status length_forward_f64(wg_op_context *op)
 *     {
 *         const double *a = op->in[0], *b = op->in[1];
 *         double *y = op->out[0];
 *         for (size_t i = 0; i < op->count; i++)
 *             y[i] = hypot(a[i], b[i]);
 *         return WG_OK;
 *     }
 *     static wg_status length_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
 *     {
 *         wg_var slope = wg_div(g[0], op->result[0]);
 *         grad_in[0] = wg_mul(slope, op->arg[0]);
 *         grad_in[1] = wg_mul(slope, op->arg[1]);
 *         return WG_OK;
 *     }
 *     static const wg_op length = {.name = "length", .arity = 2, .traits = WG_OP_MAP,
 *                                  .shape = wg_shape_all_equal,
 *                                  .forward_f64 = length_forward_f64, .vjp = length_vjp};
 *     wg_var y = wg_apply2(&length, a, b);
 *
 * A forward function reads its operands as they lie, in their own shapes: the engine does not broadcast
 * them. The shape rule decides which shapes a function must be able to read, see "Shape rules" below. Whoever
 * has a [1000] and a [1] for the operation above calls it with wg_broadcast_to(b, wg_shape_of(a)).
 *
 * For a function of numbers, applied element by element, map.h has a short form.
 *
 * An operation without `vjp` and `expand` must be declared WG_OP_ZERO_GRADIENT, or is refused when it is
 * recorded. A tape of a dtype for which there is no forward function refuses it too, with WG_BAD_DTYPE. */
#ifndef WENGERT_OP_H
#define WENGERT_OP_H

#include <wengert/tape.h>

WG_BEGIN_DECLS

/* An operation, see below. */
typedef struct wg_op wg_op;

enum {
    WG_MAX_KEEP = 4,        /* blocks that a forward pass keeps */
    WG_MAX_RESULTS = 8,     /* of an operation */
    WG_MAX_SAMPLE_ARGS = 6, /* operands of a wg_op_sample */
    WG_VARIADIC = -1        /* as arity: any number of operands */
};

/* What the engine hands to an operation's functions. Which fields are set:
 *
 *     shape         everything of the operands but their data; it sets out_shape, out_dtype, keep_bytes
 *     forward       in, out, keep, and all of the above; result 0 has `count` elements
 *     backward      as forward, with upstream (NULL: this result got no gradient) and grad_in (NULL: not
 *                   wanted); every other grad_in[i] is written whole, in the operand's shape, or added to,
 *                   see WG_OP_ADDS_GRADIENT
 *     workspace     as forward, or, if `backward` is set, as backward, but for memory: in, out, keep, upstream
 *                   and grad_in are not there; `wanted` says which gradients will be
 *     vjp, expand   arg, result (vjp only) and wanted; they build vars
 *
 * A rank-0 operand or result is seen in the dtype of the kernel that runs, like any other; the engine
 * converts. */
typedef struct wg_op_context {
    const wg_op *op;       /* the operation */
    wg_tape *tape;         /* on which it is */
    const void *attr;      /* the tape's copy of the attributes */
    size_t arity, results; /* how many operands and results there are */

    const wg_var *arg;    /* operands, as vars */
    const wg_var *result; /* results, as vars */
    const bool *wanted;   /* per operand: is its gradient wanted? */
    bool backward;        /* a backward function is called, or will be */

    const wg_shape *const *in_shape; /* per operand */
    const wg_dtype *in_dtype;        /* per operand */
    wg_dtype dtype;      /* of the floating kernel that will run, f64 or f32: that of the floating operands */
    wg_shape *out_shape; /* [results]; preset to operand 0's */
    wg_dtype *out_dtype; /* [results]; preset to `dtype` */
    size_t keep_bytes[WG_MAX_KEEP]; /* memory that the forward pass keeps for the backward pass */

    const void *const *in;
    void *const *out;
    void *keep[WG_MAX_KEEP];
    const void *const *upstream;
    void *const *grad_in;
    size_t count;

    bool training; /* the tape's mode when the node was recorded */
    int threads;   /* at most this many */
    struct {
        uint64_t seed, ordinal, run; /* the tape's, the node's among the random ones, the evaluation's */
    } random;                        /* the key of a WG_OP_RANDOM node, see random.h */
    const struct wg_hints *hints;    /* a plan's, for our own operations; NULL: none */
    void *engine;                    /* the engine's own */
} wg_op_context;

/* Fails the operation: "name: <message>" is left on the tape with its scope. Returns `status`. */
WG_API wg_status wg_op_fail(wg_op_context *op, wg_status status, const char *format, ...) WG_PRINTF(3, 4);

/* "x [128, 784]": an operand's name (or "operand 0") and shape, for a message; good until the function
 * returns. */
WG_API const char *wg_op_operand(wg_op_context *op, size_t i);

/* Aligned working memory, garbage at first, given back by the engine when the function returns; NULL when
 * there is none (the function then returns WG_OUT_OF_MEMORY). Comes from the tape's block cache. */
WG_API void *wg_op_scratch(wg_op_context *op, size_t bytes);

/* What wg_op_scratch takes for so many bytes, in bytes: whole lines, and one more. See `workspace` below. */
WG_API size_t wg_op_scratch_size(size_t bytes);

/* Elements first .. first + count - 1 of result 0 are final, says a forward function of an operation whose
 * `finishes` has WG_FINISHES_RESULT: a plan adds a bias there, or applies an activation, while they are in
 * cache. Each element is said once; from any thread. A backward function says the same of the first gradient
 * that is wanted, if `finishes` has WG_FINISHES_GRADIENT of that operand. */
WG_API void wg_op_finish(const wg_op_context *op, size_t first, size_t count);

/* How many images lie side by side in what the function was given, see WG_LANES_OPERAND; 0: none do. */
WG_API size_t wg_op_lanes(const wg_op_context *op);

/* Traits: what planning, replay and checks may assume. Zero is the conservative answer. */
enum {
    WG_OP_ZERO_GRADIENT = 1 << 0, /* piecewise constant, or integer: no gradient goes through */
    WG_OP_MAP = 1 << 1,       /* result element i depends on operand elements i alone (after broadcasting) */
    WG_OP_REDUCTION = 1 << 2, /* result elements sum up, or choose from, many operand elements */
    WG_OP_IN_PLACE = 1 << 3,  /* a map that may write result 0 over an operand of its shape, and a gradient
                                   over the upstream one */
    WG_OP_RANDOM = 1 << 4,    /* reads op->random */
    WG_OP_EFFECT = 1 << 5,    /* has an `effect` */
    WG_OP_WIDE_RESULT = 1 << 6,  /* a rank-0 result is written as double by the float kernel too */
    WG_OP_ALIAS = 1 << 7,        /* result 0 is operand 0's memory under another shape; no forward function */
    WG_OP_PLAIN_ATTR = 1 << 8,   /* its attributes have no padding: those of equal bytes are equal */
    WG_OP_ADDS_GRADIENT = 1 << 9 /* its backward functions add to grad_in[0], which holds zeros or what else
                                      was added already, instead of writing it: for one that reads a small
                                      part of operand 0, which so costs that part and not the whole. What they
                                      decline they leave as it is */
};

/* What calls wg_op_finish. Of more than one gradient: a plan asks for one at a time. */
#define WG_FINISHES_RESULT 1u
#define WG_FINISHES_GRADIENT(i) (2u << (i)) /* i below 16 */

/* What the fused backward kernels do not read: a plan need not keep it until then. */
#define WG_IGNORES_OPERAND(i) (1u << (i)) /* i below 16 */
#define WG_IGNORES_RESULT(r) (1u << (16 + (r)))

/* Batch lanes. A plan may keep images of float, [N, C, H, W], in memory as [N / L, C, H, W, L]: L images side
 * by side, as many as a vector of the processor holds. Which operands and results of an operation lie so,
 * when its float kernels are called and wg_op_lanes says L: what `lanes` of its record says. For backward
 * kernels, the gradients of those operands and results do, too.
 *
 * WG_LANES_FOLDED: the kernels treat batch, rows and columns alike, and see such an image as one of shape
 * [N / L, C, H, W L], which is what it is in memory. Else they see its shape as everybody does. */
#define WG_LANES_OPERAND(i) (1u << (i))      /* i below 8 */
#define WG_LANES_RESULT(r) (1u << (8 + (r))) /* r below 8 */
#define WG_LANES_FOLDED (1u << 16)

/* A point at which the tests check the operation. Operand i has shape in[i]; int_below[i] > 0 makes it i32,
 * drawn from 0 .. int_below[i] - 1; floating operands are drawn from lo[i] .. hi[i] (both 0: the op's own
 * interval), kept apart from each other so that no kink is near. */
typedef struct wg_op_sample {
    const char *label; /* what is special about it, for messages */
    size_t count;      /* operands; 0: the op's arity */
    wg_shape in[WG_MAX_SAMPLE_ARGS];
    int32_t int_below[WG_MAX_SAMPLE_ARGS];
    double lo[WG_MAX_SAMPLE_ARGS], hi[WG_MAX_SAMPLE_ARGS];
    const void *attr;                         /* as for wg_apply */
    bool training;                            /* recorded in training mode */
    bool no_gradient_arg[WG_MAX_SAMPLE_ARGS]; /* operand i is not checked (a mask, a condition) */
} wg_op_sample;

/* The record. What is NULL or 0 is not there, unless the comment says otherwise. */
struct wg_op {
    const char *name;  /* for messages, traces and drawings */
    int arity;         /* or WG_VARIADIC */
    size_t results;    /* 0 means 1 */
    size_t attr_size;  /* of a plain struct, copied by the tape */
    unsigned traits;   /* WG_OP_... */
    unsigned finishes; /* WG_FINISHES_... */

    /* Checks the operands, and sets shape and dtype of the results and the memory to keep. */
    wg_status (*shape)(wg_op_context *op);

    /* Compute the results from the operands. */
    wg_status (*forward_f64)(wg_op_context *op);
    wg_status (*forward_f32)(wg_op_context *op);

    /* The bytes that the forward function, or, with op->backward, the backward one takes when it is called
     * with this context: the sum of wg_op_scratch_size of what it asks for by wg_op_scratch. A plan lays out
     * so much. What an operation takes beyond, or without this rule, it gets all the same, but from the
     * allocator: its plan's runs may allocate. */
    size_t (*workspace)(const wg_op_context *op);

    /* The rule: given g[r] (dL / d result r; invalid where no gradient arrives), set grad_in[i] for each
     * wanted operand by recording public operations; an entry left invalid, or set to (wg_var){0}, is
     * zero. */
    wg_status (*vjp)(wg_op_context *op, const wg_var *g, wg_var *grad_in);

    /* The operation in simpler ones, for a fused op without a vjp: the rule is then the expansion's. */
    wg_status (*expand)(wg_op_context *op, wg_var *results);

    /* Fused first-order kernels, optional; they may return WG_DECLINED to leave a case to the rule. When the
     * gradient itself is to be differentiated, an op with `vjp` records its vjp, one with only `expand` is
     * recorded as one node "gradient of NAME", which runs this kernel and whose own rule is a sweep over the
     * expansion. */
    wg_status (*backward_f64)(wg_op_context *op);
    wg_status (*backward_f32)(wg_op_context *op);
    unsigned backward_ignores; /* WG_IGNORES_...; zero: they read everything */

    /* Of a map: bit i says that operand i's gradient is the upstream one as it is, if their shapes are the
     * same. Nothing is computed for that in a plan, where the operation has a vjp. */
    unsigned passes_on;

    /* May the float kernels, forward and backward, work in batch lanes on operands of these shapes? Images
     * that lie so then: WG_LANES_...; 0: no. *saved, preset to 0: nanoseconds that the forward pass takes
     * less so, roughly, on one thread; each gradient counts as much. NULL: never. */
    unsigned (*lanes)(wg_op_context *op, double *saved);

    /* A state update (running statistics), done once per run in training mode after the forward pass; never
     * by a rule, an expansion, a gradient check or a recording without values. */
    wg_status (*effect)(wg_op_context *op);

    /* The value on one number each, for rank-0 operands and results; optional, for formula rows. */
    double (*scalar)(const double *in, const void *attr);

    /* How many floating-point operations the forward functions do, from the shapes; NULL: a map's are the
     * signs and functions in `formula` (a gradient's those in `rule`) for each element, a reduction does one
     * for each element of operand 0, and others are not counted. For what a plan prints. */
    double (*flops)(const wg_op_context *op);

    /* For traces and drawings. `numbers`: the attributes are that many doubles and nothing else, to be shown
     * as numbers. `base`: a plain number stands for one of the operands of the operation so named, "sub" of x
     * - c; it is the first one, c - x, if `number_first`. `describe` says other attributes in words, "axes 0
     * 2", cut to `size` bytes with the final NUL. */
    size_t numbers;
    const char *base;
    bool number_first;
    void (*describe)(const void *attr, char *text, size_t size);

    /* The name of a node, where its attributes have a better one than `name`; see wg_title_of. NULL: `name`.
     */
    const char *(*title)(const void *attr);

    const char *formula;         /* "x @ w", for traces and documentation; optional */
    const char *const *rule;     /* per operand, "g * y", for traces; optional */
    double lo, hi;               /* the interval in which checks sample; both 0: -2 .. 2 */
    const wg_op_sample *samples; /* NULL: a few shapes that fit a map of this arity */
    size_t sample_count;         /* of samples */
};

/* Records op(args) and computes it. attr: NULL, or attr_size bytes (NULL with attr_size > 0: zeros). The
 * first result is returned; the second form fills all (op->results of them; all invalid on failure). */
WG_API wg_var wg_apply(const wg_op *op, const wg_var *args, size_t count, const void *attr);
WG_API wg_status wg_apply_all(
    const wg_op *op, const wg_var *args, size_t count, const void *attr, wg_var *results);
WG_API wg_var wg_apply1(const wg_op *op, wg_var x);
WG_API wg_var wg_apply2(const wg_op *op, wg_var a, wg_var b);

/* ---- Shape rules ----------------------------------------------------------------------------------- */

/* What an operation's `shape` may be. All refuse integers (WG_BAD_DTYPE); a shape rule of one's own must do
 * so too where its kernels expect real numbers.
 *
 *     wg_shape_all_equal      in[0][i], in[1][i], .. and out[0][i], for i < count, are there and belong
 *                             together; operands of unequal shapes are refused (WG_BAD_SHAPE)
 *     wg_shape_like_first     in[0] and out[0] have `count` elements; of other operands nothing is known:
 *                             right for one operand, else to be called by a rule that checks the others
 *     wg_shape_broadcast_all  out[0] has `count` elements; an operand has those of in_shape[i], which may be
 *                             fewer: the function finds the element by in_shape and out_shape itself. A
 *                             backward function sums grad_in[i] over what was broadcast, a `vjp` calls
 *                             wg_sum_to for that */

/* The result is like the operands, which have one shape. */
WG_API wg_status wg_shape_all_equal(wg_op_context *op);

/* The result is like operand 0. */
WG_API wg_status wg_shape_like_first(wg_op_context *op);

/* The result is the broadcast of all operands. */
WG_API wg_status wg_shape_broadcast_all(wg_op_context *op);

/* A rule for batch lanes to share: of a map of images, with operands of their shape, or broadcast along
 * batch and columns ([C, 1, 1], a number). */
WG_API unsigned wg_lanes_of_map(wg_op_context *op, double *saved);

/* The table of the library's own operations; the pointers and records are constant. */
WG_API const wg_op *const *wg_op_table(size_t *count);
WG_API const wg_op *wg_op_find(const char *name); /* NULL when there is none */

/* ---- Looking at a tape (traces, drawings, tests) --------------------------------------------------- */

/* The var of node i (0 .. wg_tape_node_count - 1); invalid when out of range. */
WG_API wg_var wg_node(wg_tape *tape, size_t i);

/* The node's number on its tape; SIZE_MAX for an invalid var. */
WG_API size_t wg_node_of(wg_var x);

/* The op of a node; leaves have ops named "leaf", "input", "const", "parameter". NULL for an invalid var. */
WG_API const wg_op *wg_op_of(wg_var x);

/* The first node, in the order of recording, with a NaN or an infinity in its value: where a computation went
 * wrong. Invalid when there is none. */
WG_API wg_var wg_first_not_finite(wg_tape *tape);

/* The first node, in the order of the last sweep, which goes from the result down, with a NaN or an infinity
 * in its gradient: the rule of an operation that reads it made that. Looks at gradients that were kept: all,
 * with options.keep_grads. Invalid when there is none. */
WG_API wg_var wg_first_grad_not_finite(wg_tape *tape);

/* Writes at most n operands; returns how many there are. */
WG_API size_t wg_operands_of(wg_var x, wg_var *out, size_t n);

/* What the operation that made x is called: wg_op_of(x)->name, of a user's map (map.h) that one's; "" for an
 * invalid var. Good as long as the node and the map are there. */
WG_API const char *wg_title_of(wg_var x);

/* The node's attributes (op->attr_size bytes), or NULL; borrowed until the next recording. */
WG_API const void *wg_attr_of(wg_var x);

WG_END_DECLS
#endif
