/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* init.h - initial values of parameters.
 *
 * A rule draws each element from U(-s, s) or N(0, s^2). Most rules choose s by the fans of the weight, the
 * number of terms in a sum of the forward pass (fan_in) and of the backward pass (fan_out), so that signals
 * neither die out nor blow up with depth:
 *
 *     rule                       element    s                                source
 *     wg_init_constant(c)        c          -
 *     wg_init_uniform(s)         U(-s, s)   s
 *     wg_init_normal(s)          N(0, s^2)  s                                the lectures' 0.01 * randn
 *     wg_init_fan_in(gain)       U(-s, s)   gain * sqrt(1 / fan_in)          LeCun et al. 1998
 *     wg_init_xavier_uniform()   U(-s, s)   sqrt(6 / (fan_in + fan_out))     Glorot and Bengio 2010
 *     wg_init_xavier_normal()    N(0, s^2)  sqrt(2 / (fan_in + fan_out))
 *     wg_init_he_uniform()       U(-s, s)   sqrt(6 / fan_in)                 He et al. 2015, for relu
 *     wg_init_he_normal()        N(0, s^2)  sqrt(2 / fan_in)
 *
 * The default is wg_init_fan_in(1), for weights and biases (with the weight's fan_in): what PyTorch's Linear
 * and Conv2d do. The lectures' task B is wg_init_fan_in(sqrt(5)).
 *
 * Fans come from the shape: [in, out] is a dense weight, [out, in, r, s, ...] a convolution's, whose fans are
 * in * r * s and out * r * s; of anything else, both are the count. `fan_in` and `fan_out` say otherwise. */
#ifndef WENGERT_INIT_H
#define WENGERT_INIT_H

#include <wengert/array.h>
#include <wengert/random.h>

WG_BEGIN_DECLS

/* The rules of the table above. */
typedef enum wg_init_rule {
    WG_INIT_DEFAULT,        /* wg_init_fan_in(1) */
    WG_INIT_CONSTANT,       /* wg_init_constant */
    WG_INIT_UNIFORM,        /* wg_init_uniform */
    WG_INIT_NORMAL,         /* wg_init_normal */
    WG_INIT_FAN_IN,         /* wg_init_fan_in */
    WG_INIT_XAVIER_UNIFORM, /* wg_init_xavier_uniform */
    WG_INIT_XAVIER_NORMAL,  /* wg_init_xavier_normal */
    WG_INIT_HE_UNIFORM,     /* wg_init_he_uniform */
    WG_INIT_HE_NORMAL       /* wg_init_he_normal */
} wg_init_rule;

/* A rule with its number: `value` is the constant, s, or the factor in front of the root. {0} is the default
 * rule, whose factor is 1. */
typedef struct wg_init {
    wg_init_rule rule; /* which line of the table */
    double value;
    size_t fan_in, fan_out; /* 0: from the shape */
} wg_init;

/* The lines of the table, as a wg_init; `fan_in` and `fan_out` may be set in the result. */
WG_API wg_init wg_init_constant(double c);
WG_API wg_init wg_init_uniform(double s);
WG_API wg_init wg_init_normal(double s);
WG_API wg_init wg_init_fan_in(double gain);
WG_API wg_init wg_init_xavier_uniform(void);
WG_API wg_init wg_init_xavier_normal(void);
WG_API wg_init wg_init_he_uniform(void);
WG_API wg_init wg_init_he_normal(void);

/* The s of a rule for an array of this shape (the constant of wg_init_constant); NaN for no rule. NULL: the
 * default. */
WG_API double wg_init_scale(const wg_init *init, wg_shape shape);

/* Fills `out`, which has room for `shape` in `dtype` (WG_F64 or WG_F32), with the next numbers of the stream.
 * Both dtypes get the same numbers, rounded. WG_INVALID when s is negative or not finite (a constant may be
 * anything), WG_BAD_DTYPE, WG_BAD_SHAPE. */
WG_API wg_status wg_init_fill(
    const wg_init *init, wg_shape shape, wg_dtype dtype, wg_random *random, void *out);

WG_END_DECLS
#endif
