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

/* ---- A rule of one's own ---------------------------------------------------------------------------
 *
 * A rule is a constant record, and the library's own are records as well: steps, groups, plans, wg_fit,
 * schedules and checkpoints take it as they take Adam. Lion (Chen et al. 2023), for stores of floats:
 *
 *     static void lion_f32(const void *options, const wg_optim_range *r)
 *     {
 *         const float beta1 = 0.9f, beta2 = 0.99f, lr = (float)r->lr, decay = (float)r->weight_decay;
 *         const float *g = r->gradient;
 *         float *w = r->value, *m = r->slot[0];
 *         (void)options;
 *         for (size_t i = 0; i < r->count; i++) {
 *             float u = beta1 * m[i] + (1 - beta1) * g[i];
 *             w[i] -= lr * ((float)((u > 0) - (u < 0)) + decay * w[i]);
 *             m[i] = beta2 * m[i] + (1 - beta2) * g[i];
 *         }
 *     }
 *
 *     static const wg_optim_rule lion = {
 *         .name = "lion", .slots = {"m"}, .elementwise = true, .update_f32 = lion_f32};
 *
 *     wg_optim *optim = wg_optim_new(params, &lion, &(wg_optim_options){.lr = 1e-4, .weight_decay = 1});
 *     wg_fit(model, NULL, params, data, &(wg_fit_options){.optim = optim}, &error);
 *
 * Its functions write values and slots of their range, and nothing else: no global, no memory of their own. */

enum { WG_OPTIM_SLOTS = 4, WG_OPTIM_NUMBERS = 4 }; /* the most of each */

/* Neighbouring elements of one array, in the store's dtype. */
typedef struct wg_optim_range {
    void *value;                     /* w */
    const void *gradient;            /* g */
    void *slot[WG_OPTIM_SLOTS];      /* the rule's state for these elements, zeros at first */
    size_t count;                    /* of elements */
    double lr, weight_decay;         /* with the factors of wg_params_scale, and of a schedule */
    double t;                        /* the step's number, from 1, since the array has slots */
    double number[WG_OPTIM_NUMBERS]; /* what `prepare` made of these */
} wg_optim_range;

/* What is NULL or 0 is not there, unless the comment says otherwise. */
typedef struct wg_optim_rule {
    const char *name; /* for messages, plans and checkpoints */

    /* Names of arrays of state, of which each parameter has one, up to the first NULL: at most 31 letters,
     * digits and '_', the first no digit. */
    const char *slots[WG_OPTIM_SLOTS];

    /* Are the new w[i] and slots a function of the old ones, g[i] and the range's numbers alone? Then updates
     * are called for ranges of any size, in any order, on any thread, also where a plan makes the gradient;
     * an element must be rounded in the same way wherever in a range it is (+ - * / and sqrt are; -ffast-math
     * breaks that). Otherwise, for a rule with norms, once in a step for each whole array: by one thread, but
     * several arrays at once. */
    bool elementwise;

    double lr, weight_decay; /* of whose options say 0; without an lr here, they must say one */
    size_t options_size;     /* of the rule's own options, a plain struct */

    /* Fills the defaults into a copy of them, and checks it: an error is the optimiser's status. */
    wg_status (*settle)(void *options, wg_error *error);

    /* Makes range->number from options, lr, weight_decay and t (of the range, only these are set): powers of
     * t, say. Called once in a step for arrays that have these alike. */
    void (*prepare)(const void *options, wg_optim_range *range);

    /* The update, for stores of double and of float; a store whose function is not there is refused. */
    void (*update_f64)(const void *options, const wg_optim_range *range);
    void (*update_f32)(const void *options, const wg_optim_range *range);
} wg_optim_rule;

typedef struct wg_optim_options {
    double lr;           /* 0: the rule's */
    double weight_decay; /* 0: the rule's; WG_ZERO: 0 */
    const void *own;     /* the rule's own: options_size bytes, copied; NULL: zeros */
} wg_optim_options;

/* An optimiser by that rule, which is read as long as there is one: make it static. NULL without store, rule
 * or memory. A record that is not as said above gives an optimiser whose status is WG_INVALID (WG_BAD_DTYPE
 * without an update for the store's dtype). NULL options are the rule's. */
WG_API wg_optim *wg_optim_new(wg_params *params, const wg_optim_rule *rule, const wg_optim_options *options);

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

/* The rule's name, "sgd", "adam", "adamw"; and the store it was made for, NULL when that was freed. */
WG_API const char *wg_optim_name(const wg_optim *optim);
WG_API wg_params *wg_optim_params(const wg_optim *optim);

/* Steps done. Setting it, and the moments below, resumes a training: every parameter that is there is then
 * taken to be as old as the optimiser. More than 2^53 steps are WG_INVALID. */
WG_API uint64_t wg_optim_step_count(const wg_optim *optim);
WG_API wg_status wg_optim_set_step_count(wg_optim *optim, uint64_t steps);

/* Slots per parameter, and their names: SGD has "v" when there is momentum, Adam "m" and "v". wg_optim_state
 * makes them if need be and gives slot `slot` of array `index`, in the store's dtype; NULL for a buffer, out of
 * range, or without memory. */
WG_API size_t wg_optim_slot_count(const wg_optim *optim);
WG_API const char *wg_optim_slot_name(const wg_optim *optim, size_t slot);
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
