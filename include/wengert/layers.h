/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* layers.h - layers: functions from a var to a var that get or create their parameters by name.
 *
 *     static wg_var lenet(wg_params *p, wg_var x, void *user)              x: [N, 1, 28, 28]
 *     {
 *         x = wg_relu(wg_layer_conv2d(p, "conv1", x, 6, 5, &(wg_layer_conv2d_options){.conv.padding = 2}));
 *         x = wg_max_pool2d(x, 2, NULL);
 *         x = wg_relu(wg_layer_conv2d(p, "conv2", x, 16, 5, NULL));
 *         x = wg_flatten(wg_max_pool2d(x, 2, NULL));
 *         x = wg_relu(wg_layer_dense(p, "fc1", x, 120, NULL));
 *         return wg_layer_dense(p, "fc2", x, 10, NULL);
 *     }
 *
 * A model is such a function. The first call creates the parameters, later ones find them; sizes are inferred
 * from x. Activations, pooling, flattening, dropout are plain operations (math.h, conv.h, shaping.h, norm.h):
 * they have nothing to remember. A layer works in a scope of its name, so that its arrays are "conv1.weight",
 * "conv1.bias", ... (params.h).
 *
 * A layer of one's own is wg_param and operations between wg_scope_push and wg_scope_pop.
 *
 * Errors are left on x's tape, those of wg_param among them; an invalid x, or a tape with an error, gives an
 * invalid var and creates nothing. */
#ifndef WENGERT_LAYERS_H
#define WENGERT_LAYERS_H

#include <wengert/conv.h>
#include <wengert/option.h>
#include <wengert/params.h>

WG_BEGIN_DECLS

/* ---- Dense ----------------------------------------------------------------------------------------- */

typedef struct wg_layer_dense_options {
    bool no_bias;         /* y = x W */
    wg_init weight, bias; /* {0}: uniform in +-1 / sqrt(in). A rule by fan-in means `in`, for the bias too. */
} wg_layer_dense_options;

/* y = x W + b:  x [N, in] or [..., in], weight [in, out], bias [out]  ->  [N, out] or [..., out]. The
 * weight's layout is input by output, row-major: the transpose of PyTorch's. WG_BAD_SHAPE for a scalar x. (An
 * x of N images must be flattened first, see wg_flatten.) */
WG_API wg_var wg_layer_dense(
    wg_params *params, const char *name, wg_var x, size_t out, const wg_layer_dense_options *options);

/* ---- Convolution ----------------------------------------------------------------------------------- */

typedef struct wg_layer_conv2d_options {
    wg_conv2d_options conv;    /* .conv.padding = 2: as for wg_conv2d (conv.h) */
    size_t kernel_h, kernel_w; /* 0: the argument `kernel` */
    bool no_bias;              /* nothing is added */
    wg_init weight, bias;      /* {0}: uniform in +-1 / sqrt(fan_in), fan_in = channels / groups * kernel^2 */
} wg_layer_conv2d_options;

/* Convolution with a bias per filter:  x [N, C, H, W], weight [filters, C / groups, kernel, kernel], bias
 * [filters]  -> [N, filters, out(H), out(W)] (see conv.h). It has (kernel^2 C / groups + 1) filters
 * parameters. WG_BAD_SHAPE when x is not of rank 4, or groups do not divide its channels and the filters. */
WG_API wg_var wg_layer_conv2d(wg_params *params, const char *name, wg_var x, size_t filters, size_t kernel,
    const wg_layer_conv2d_options *options);

/* ---- Normalisation --------------------------------------------------------------------------------- */

typedef struct wg_layer_batch_norm_options {
    double momentum, eps; /* 0: 0.1 and 1e-5; WG_ZERO: 0 */
} wg_layer_batch_norm_options;

/* Batch normalisation of x [N, C] or [N, C, ...] (see norm.h): "weight" (gamma, ones) and "bias" (beta,
 * zeros), both [C], and the buffers "running_mean" (zeros) and "running_var" (ones), updated by runs in
 * training mode and used in evaluation. */
WG_API wg_var wg_layer_batch_norm(
    wg_params *params, const char *name, wg_var x, const wg_layer_batch_norm_options *options);

typedef struct wg_layer_layer_norm_options {
    size_t axes; /* how many last axes are normalised together; 0: 1 */
    double eps;  /* 0: 1e-5; WG_ZERO: 0 */
} wg_layer_layer_norm_options;

/* Layer normalisation of x over its last axes (see norm.h): "weight" (ones) and "bias" (zeros) of those axes'
 * shape. */
WG_API wg_var wg_layer_layer_norm(
    wg_params *params, const char *name, wg_var x, const wg_layer_layer_norm_options *options);

/* ---- Recurrent layers ------------------------------------------------------------------------------- */

/* Both layers take x [N, T, D], N samples of T steps of D numbers, to all their states y [N, T, H], H =
 * `hidden`; with .time_major, [T, N, D] to [T, N, H], which saves two copies. recurrent.h has the formulas.
 *
 * The gates' weights lie side by side, input by output, row-major: weight_x is the transpose of PyTorch's
 * weight_ih_l0, weight_h that of weight_hh_l0, gates in PyTorch's order. PyTorch has two biases that are only
 * ever added; here they are one (bias_ih_l0 + bias_hh_l0), but for the GRU's n, whose second one is
 * multiplied by a gate.
 *
 * A label for each sequence, from the last state:
 *
 *     wg_var h;
 *     wg_layer_lstm(p, "lstm", x, 128, &(wg_layer_lstm_options){.last_h = &h});
 *     return wg_layer_dense(p, "head", h, 10, NULL);
 *
 * Two layers, one of them .reverse, and wg_concat of their results over axis 2 are a bidirectional one. */

typedef struct wg_layer_lstm_options {
    bool time_major; /* x is [T, N, D], y is [T, N, H] */
    bool reverse;    /* from the last step to the first; y stays in x's order */
    wg_var h0, c0;   /* the states before the first step, [N, H]; {0}: zeros */
    /* If not NULL: set to the states after the last step, [N, H] (with .reverse that of x's first). Handed
     * to the next call as h0 and c0 they make two halves of a sequence a whole. Invalid on an error. */
    wg_var *last_h, *last_c;
    /* {0}: uniform in +-1 / sqrt(H). For another rule the fans are those of one gate: D and H, H and H. */
    wg_init weight_x, weight_h, bias;
    double forget_bias; /* added to the forget gate's bias when it is made: 1 remembers longer at first */
} wg_layer_lstm_options;

/* Long short-term memory (wg_lstm):  weight_x [D, 4H], weight_h [H, 4H], bias [4H], gates i, f, g, o:
 * 4H (D + H + 1) parameters. WG_BAD_SHAPE when x is not of rank 3 or a state does not fit. */
WG_API wg_var wg_layer_lstm(
    wg_params *params, const char *name, wg_var x, size_t hidden, const wg_layer_lstm_options *options);

typedef struct wg_layer_gru_options {
    bool time_major, reverse;                 /* as above */
    wg_var h0;                                /* the state before the first step, [N, H]; {0}: zeros */
    wg_var *last_h;                           /* as above */
    wg_init weight_x, weight_h, bias, bias_n; /* as above */
} wg_layer_gru_options;

/* Gated recurrent unit (wg_gru):  weight_x [D, 3H], weight_h [H, 3H], bias [3H], gates r, z, n, and bias_n
 * [H]: 3H (D + H + 1) + H parameters. Errors as above. */
WG_API wg_var wg_layer_gru(
    wg_params *params, const char *name, wg_var x, size_t hidden, const wg_layer_gru_options *options);

/* ---- Standardising --------------------------------------------------------------------------------- */

/* y = (x - mean) / std of x [N] or [N, C, ...], per feature of axis 1, with the buffers "mean" and "std" [C]
 * ([1] for x [N]): part of the store, so they are saved with the parameters, and who loads these and calls
 * the same model standardises alike. They are 0 and 1 until wg_layer_standardise_fit sets them. */
WG_API wg_var wg_layer_standardise(wg_params *params, const char *name, wg_var x);

/* y = x std + mean: the way back, for a model's output, whose buffers were fitted to the targets. */
WG_API wg_var wg_layer_unstandardise(wg_params *params, const char *name, wg_var x);

/* Sets both layers' buffers to the mean and the standard deviation (divided by the number, not by one less; 1
 * where all numbers are equal) of data, usually wg_dataset_x(train). `name` is the full name: with the scopes
 * around the layer, "encoder.input". WG_NUMBER when the data hold a NaN or an infinity (the message says
 * where), WG_BAD_SHAPE, WG_NAME, WG_OUT_OF_MEMORY. */
WG_API wg_status wg_layer_standardise_fit(wg_params *params, const char *name, wg_array x, wg_error *error);

WG_END_DECLS
#endif
