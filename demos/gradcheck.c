/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* gradcheck - trust a derivative only after it was checked. Two custom operations compute x / (1 + e^-x); the
 * rule of the second forgets a factor. The check finds the wrong numbers, and names the operation that they
 * come from, deep inside a network. A kink, at which no derivative exists, is told from a wrong rule. */

#include <math.h>
#include <stdio.h>
#include <wengert/wengert.h>

#include "options.h"

static wg_status swish_forward(wg_op_context *op)
{
    const double *x = op->in[0];
    double *y = op->out[0];
    for (size_t i = 0; i < op->count; i++)
        y[i] = x[i] / (1 + exp(-x[i]));
    return WG_OK;
}

/* y' = s + x s (1 - s), with s = sigmoid(x). */
static wg_status swish_rule(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    wg_var x = op->arg[0], s = wg_sigmoid(x);
    grad_in[0] = wg_mul(g[0], wg_mul(s, wg_addc(wg_mul(x, wg_csub(1, s)), 1)));
    return WG_OK;
}

/* Here the 1 - s is missing: a slip of the pen. */
static wg_status wrong_rule(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    wg_var x = op->arg[0], s = wg_sigmoid(x);
    grad_in[0] = wg_mul(g[0], wg_mul(s, wg_addc(x, 1)));
    return WG_OK;
}

static const wg_op swish = {.name = "swish",
    .arity = 1,
    .shape = wg_shape_like_first,
    .forward_f64 = swish_forward,
    .vjp = swish_rule};
static const wg_op wrong_swish = {.name = "wrong_swish",
    .arity = 1,
    .shape = wg_shape_like_first,
    .forward_f64 = swish_forward,
    .vjp = wrong_rule};

/* Two layers with the operation in the middle: energy(x, W, V). */
static wg_var network(wg_tape *tape, const wg_var *in, size_t n, void *user)
{
    (void)tape, (void)n;
    wg_var hidden = wg_apply1(user, wg_matmul(in[0], in[1]));
    WG_NAME(hidden);
    return wg_mean(wg_square(wg_matmul(wg_tanh(hidden), in[2])));
}

static wg_var rectify(wg_tape *tape, const wg_var *in, size_t n, void *user)
{
    (void)tape, (void)n, (void)user;
    return wg_relu(in[0]);
}

static void report(const char *what, const wg_gradcheck_report *r)
{
    printf("%-38s %-9s %s\n\n", what, wg_status_name(r->status), r->message);
}

int main(int argc, char **argv)
{
    enum options_result result = read_options(argc, argv, "a right and a wrong derivative, checked", NULL, 0);
    if (result != OPTIONS_READ)
        return result == OPTIONS_WRONG;

    const wg_shape shapes[] = {WG_SHAPE(5, 4), WG_SHAPE(4, 3), WG_SHAPE(3, 2)};
    const wg_gradcheck_options second = {.order = 2};
    wg_gradcheck_report right, again, wrong, kink;

    wg_gradcheck_shapes(network, (void *)&swish, shapes, 3, NULL, &right);
    wg_gradcheck_shapes(network, (void *)&swish, shapes, 3, &second, &again);
    wg_gradcheck_shapes(network, (void *)&wrong_swish, shapes, 3, NULL, &wrong);

    static const double numbers[] = {-1, 0, 2};
    const wg_array point = WG_DOUBLES(numbers, 3);
    wg_gradcheck(rectify, NULL, &point, 1, NULL, &kink);

    report("swish, gradient", &right);
    report("swish, second derivatives", &again);
    report("wrong_swish, gradient", &wrong);
    report("relu at -1, 0 and 2", &kink);
    return !(right.status == WG_OK && again.status == WG_OK && wrong.status == WG_CHECK && kink.kinks == 1);
}
