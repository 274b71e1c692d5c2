/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* optim.h - update rules. An optimiser walks a parameter store: w is a parameter, g its gradient, t the
 * step's number.
 *
 *     wg_optim *adam = wg_adam_new(params, &(wg_adam_options){.lr = 1e-3});
 *     ...
 *     wg_params_zero_grad(params);
 *     wg_backward(loss);
 *     wg_optim_step(adam);
 *     ...
 *     wg_optim_free(adam);                 before the store; afterwards works too
 *
 * A step updates every parameter that is not frozen, also one that got no gradient (its g is 0: momentum and
 * decay go on), with the factors of wg_params_scale. Moments are made, as zeros, at the first step after a
 * parameter appeared; from then on a step allocates nothing. The t of a late parameter counts from there. The
 * numbers do not depend on the number of threads (wg_params_options.threads).
 *
 * In all options 0 means the default. With an option out of range the optimiser is still made: its steps
 * do nothing but return WG_INVALID, and wg_optim_message says which option it was. So are the steps of an
 * optimiser whose store was freed, and whatever else would change it; it can only be freed. */
#ifndef WENGERT_OPTIM_H
#define WENGERT_OPTIM_H

#include <wengert/option.h>
#include <wengert/params.h>

WG_BEGIN_DECLS

/* A rule with its moments, for one store. */
typedef struct wg_optim wg_optim;

/* ---- Rules ----------------------------------------------------------------------------------------- */

typedef struct wg_sgd_options {
    double lr;           /* 0: 0.01 */
    double momentum;     /* 0: none */
    double weight_decay; /* 0: none */
    bool nesterov;       /* needs momentum */
} wg_sgd_options;

/* Stochastic gradient descent, with the momentum of Polyak or Nesterov (as PyTorch's SGD):
 *
 *     g = g + weight_decay w                    decay is coupled: part of the gradient
 *     v = momentum v + g                        without momentum, v is g
 *     w = w - lr v                              nesterov:  w = w - lr (g + momentum v)
 *
 * The lectures' v = momentum v - lr g, w = w + v is the same for a constant lr. With nesterov, what is stored
 * is the shifted variable w + momentum v of the lectures, the point where the gradient is taken; theirs is w
 * + lr momentum v. */
WG_API wg_optim *wg_sgd_new(wg_params *params, const wg_sgd_options *options);

typedef struct wg_adam_options {
    double lr;           /* 0: 0.001 */
    double beta1, beta2; /* 0: 0.9 and 0.999; WG_ZERO: 0 */
    double eps;          /* 0: 1e-8; WG_ZERO: 0 */
    double weight_decay; /* Adam: 0: none; AdamW: 0: 0.01, WG_ZERO: 0 */
} wg_adam_options;

/* Adam (Kingma and Ba 2015):
 *
 *     g = g + weight_decay w                    decay is coupled: part of the gradient
 *     m = beta1 m + (1 - beta1) g               v = beta2 v + (1 - beta2) g^2
 *     w = w - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps) */
WG_API wg_optim *wg_adam_new(wg_params *params, const wg_adam_options *options);

/* AdamW (Loshchilov and Hutter 2019): Adam whose decay is decoupled, w = w - lr weight_decay w, and not seen
 * by the moments. */
WG_API wg_optim *wg_adamw_new(wg_params *params, const wg_adam_options *options);

/* NULL is allowed. */
WG_API void wg_optim_free(wg_optim *optim);

/* ---- Steps ----------------------------------------------------------------------------------------- */

/* One update. Tapes that were evaluated before it are stale. WG_INVALID for NULL, for options out of range,
 * and when the store was freed; WG_OUT_OF_MEMORY, with nothing changed, when there is none for the moments.
 */
WG_API wg_status wg_optim_step(wg_optim *optim);

/* Bytes of the moments that there are; 0 for NULL. */
WG_API size_t wg_optim_bytes(const wg_optim *optim);

/* Makes the moments of every parameter that there is now, which the first step would do. WG_INVALID for NULL
 * and when the store was freed; WG_OUT_OF_MEMORY. */
WG_API wg_status wg_optim_prepare(wg_optim *optim);

/* WG_OK, or WG_INVALID when an option is out of range, the store was freed (or optim is NULL: no memory); and
 * in words, "" when all is well. */
WG_API wg_status wg_optim_status(const wg_optim *optim);
WG_API const char *wg_optim_message(const wg_optim *optim);

/* A new learning rate, for a schedule; here 0 is 0. WG_INVALID, and the old one stays, when it is negative or
 * not finite. wg_fit's schedule scales it, and leaves it as it is: set in a callback, it is the new rate
 * before the schedule. */
WG_API wg_status wg_optim_set_lr(wg_optim *optim, double lr);
WG_API double wg_optim_lr(const wg_optim *optim);

/* "sgd", "adam", "adamw"; and the store it was made for, NULL when that was freed. */
WG_API const char *wg_optim_name(const wg_optim *optim);
WG_API wg_params *wg_optim_params(const wg_optim *optim);

/* Steps done. Setting it, and the moments below, resumes a training: every parameter that is there is then
 * taken to be as old as the optimiser. More than 2^53 steps are WG_INVALID. */
WG_API uint64_t wg_optim_step_count(const wg_optim *optim);
WG_API wg_status wg_optim_set_step_count(wg_optim *optim, uint64_t steps);

/* Moments per parameter: SGD has v when there is momentum, Adam m and v. wg_optim_state makes them if need be
 * and gives moment `slot` of array `index`, in the store's dtype; NULL for a buffer, out of range, or without
 * memory. */
WG_API size_t wg_optim_slot_count(const wg_optim *optim);
WG_API void *wg_optim_state(wg_optim *optim, size_t slot, size_t index);

/* ---- Gradients before a step ----------------------------------------------------------------------- */

/* The number of the first parameter, in order of creation, whose gradient has a NaN or an infinity in it;
 * SIZE_MAX when there is none. Frozen ones are not asked. A step would spoil parameters and moments for good:
 * whoever writes a training loop leaves it out then, as wg_fit does. */
WG_API size_t wg_params_grad_not_finite(wg_params *params);

/* The same of the parameters themselves: after a step whose learning rate was too large for them. */
WG_API size_t wg_params_not_finite(wg_params *params);

/* The Euclidean norm of all gradients of parameters that are not frozen, as one vector; summed in double,
 * without overflow or underflow on the way. */
WG_API double wg_params_grad_norm(wg_params *params);

/* Scales all gradients by max_norm / norm when their norm is above max_norm (Pascanu et al. 2013). Returns
 * the norm before. A norm or a limit that is not finite, or a negative limit, changes nothing: check the
 * norm. It is not finite where a gradient is not, or where it is itself beyond the largest double. */
WG_API double wg_params_clip_grad_norm(wg_params *params, double max_norm);

/* Every element into [-limit, limit]; a NaN stays. WG_INVALID for a negative limit or NaN. */
WG_API wg_status wg_params_clip_grad_value(wg_params *params, double limit);

WG_END_DECLS
#endif
