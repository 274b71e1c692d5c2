/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* pow_slope.c - y = the derivative of a^b, k times in a and j times in b; a and b are broadcast to one shape.
 *
 * With (b)_k = b (b - 1) .. (b - k + 1) and L = log(a), by Leibniz' rule
 *
 *     y = a^(b - k) sum_m c_m L^m,    c_m = C(j, m) (d/db)^(j - m) (b)_k,    m = 0 .. j
 *
 * where c comes from L^j by k steps: d/da (a^p sum_m c_m L^m) = a^(p - 1) sum_m (p c_m + (m + 1) c_(m + 1))
 * L^m. Its slopes are the same thing once more: k + 1 in a, j + 1 in b. So no order hides another one, and
 * what happens at a = 0 is decided in one place. */

#include "ops/pow_slope.h"

#include <math.h>
#include <wengert/math.h>
#include <wengert/reduce.h>
#include "kernels/strided.h"
#include "ops/ops.h"
#include "ops/pow_slope_lanes.h"

enum { MOST_IN_EXPONENT = 31 };

typedef struct pow_slope_attr {
    int k, j;
} pow_slope_attr;

static wg_status pow_slope_shape(wg_op_context *op)
{
    const pow_slope_attr *attr = op->attr;
    if (attr->k < 0 || attr->j < 0 || attr->j > MOST_IN_EXPONENT)
        return wg_op_fail(op, WG_INVALID,
            "the derivative of order %d in the base and %d in the exponent; at most %d in the exponent",
            attr->k, attr->j, MOST_IN_EXPONENT);
    return wg_shape_broadcast_all(op);
}

/* ---- One number ------------------------------------------------------------------------------------ */

/* Of a^(b - k). A negative base has a power where b is an integer, whose last bit b - k may have lost. */
static double sign_of_power(double a, double b, int k)
{
    if (!(a < 0))
        return 1;
    return b != floor(b) ? (double)NAN : (fmod(b, 2) != 0) != (k % 2 != 0) ? -1 : 1;
}

/* c |a|^p, where the power alone may leave the range; in two halves then. One that is 0 even so wins over
 * any c. */
static double times_power(double c, double a, double p)
{
    double power = pow(fabs(a), p);
    if (isnormal(power) || isnan(power))
        return c * power;
    double half = pow(fabs(a), p / 2);
    return half == 0 ? 0 : c * half * half;
}

/* At a = 0, where L is minus infinity, the last term decides, but a power of 0 wins over it. The slopes of
 * 0^b in b are 0 at b = 0 too. */
static double at_zero(const pow_slope_attr *o, const double *c, double b)
{
    int m = o->j;
    while (m > 0 && c[m] == 0)
        m--;
    return b > o->k || (b == 0 && o->k == 0) ? 0 : c[m] * (m % 2 ? -HUGE_VAL : HUGE_VAL);
}

static double slope_at(const pow_slope_attr *o, double a, double b)
{
    double c[MOST_IN_EXPONENT + 2] = {0};
    c[o->j] = 1;
    for (int i = 0; i < o->k; i++)
        for (int m = 0; m <= o->j; m++)
            c[m] = (b - i) * c[m] + (m + 1) * c[m + 1];
    double sum = c[o->j];
    if (o->j == 0 && sum == 0)
        return 0; /* the derivatives of a power that is used up, at a = 0 too */
    if (o->j > 0 && a <= 0)
        return a == 0 ? at_zero(o, c, b) : (double)NAN;
    const double l = o->j > 0 ? log(a) : 0;
    for (int m = o->j - 1; m >= 0; m--)
        sum = c[m] + (l == 0 ? 0 : sum * l);
    return sign_of_power(a, b, o->k) * times_power(sum, a, b - o->k);
}

static double pow_slope_scalar(const double *in, const void *attr)
{
    return slope_at(attr, in[0], in[1]);
}

/* ---- A tensor -------------------------------------------------------------------------------------- */

/* Numbers of a panel, several at once, and where they go. */
typedef struct gathered {
    wg_pow_lanes lanes;
    size_t count, to[WG_POW_LANES];
} gathered;

/* What no loop is there for goes one by one: negative, denormal and infinite numbers, and high orders in b.
 */
static void finish(const wg_op_context *op, gathered *g)
{
    const pow_slope_attr *attr = op->attr;
    const bool loop = attr->j <= 1;
    for (size_t i = g->count; i < WG_POW_LANES; i++)
        g->lanes.a[i] = g->lanes.b[i] = 1;
    if (loop)
        wg__pow_slope_lanes(&g->lanes, attr->k, attr->j);
    for (size_t i = 0; i < g->count; i++) {
        double y = loop && !g->lanes.left[i] ? g->lanes.y[i] : slope_at(attr, g->lanes.a[i], g->lanes.b[i]);
        if (op->dtype == WG_F32)
            ((float *)op->out[0])[g->to[i]] = (float)y;
        else
            ((double *)op->out[0])[g->to[i]] = y;
    }
    g->count = 0;
}

/* `count` numbers, `step` apart. */
static void gather(const void *data, wg_dtype dtype, ptrdiff_t at, ptrdiff_t step, size_t count, double *to)
{
    const float *f = data;
    const double *d = data;
    if (dtype == WG_F32)
        for (size_t i = 0; i < count; i++)
            to[i] = (double)f[at + (ptrdiff_t)i * step];
    else
        for (size_t i = 0; i < count; i++)
            to[i] = d[at + (ptrdiff_t)i * step];
}

/* Streams: result, a, b. */
static void run_panel(const void *work, const wg_panel *panel)
{
    const wg_op_context *op = work;
    gathered g = {.count = 0};
    for (size_t i = 0; i < panel->a; i++)
        for (size_t j = 0, taken; j < panel->b; j += taken) {
            ptrdiff_t at[3];
            for (size_t s = 0; s < 3; s++)
                at[s] = panel->at[s] + (ptrdiff_t)i * panel->step_a[s] + (ptrdiff_t)j * panel->step_b[s];
            taken = panel->b - j < WG_POW_LANES - g.count ? panel->b - j : WG_POW_LANES - g.count;
            gather(op->in[0], op->dtype, at[1], panel->step_b[1], taken, g.lanes.a + g.count);
            gather(op->in[1], op->dtype, at[2], panel->step_b[2], taken, g.lanes.b + g.count);
            for (size_t q = 0; q < taken; q++)
                g.to[g.count++] = (size_t)(at[0] + (ptrdiff_t)q * panel->step_b[0]);
            if (g.count == WG_POW_LANES)
                finish(op, &g);
        }
    if (g.count)
        finish(op, &g);
}

static wg_status pow_slope_forward(wg_op_context *op)
{
    wg_walk walk = wg__walk_over(&op->out_shape[0], 3);
    for (size_t i = 0; i < 2; i++)
        wg__walk_stretch(&walk, i + 1, op->in_shape[i]);
    wg__walk_merge(&walk);
    wg__walk_panels(op->threads, &walk, run_panel, op);
    return WG_OK;
}

static wg_status pow_slope_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    const pow_slope_attr *attr = op->attr;
    for (int i = 0; i < 2; i++)
        if (op->wanted[i]) {
            wg_var slope = wg__pow_slope(op->arg[0], op->arg[1], attr->k + (i == 0), attr->j + (i == 1));
            grad_in[i] = wg_sum_to(wg_mul(g[0], slope), *op->in_shape[i]);
        }
    return WG_OK;
}

static const char *const pow_slope_rule[] = {"g * pow_slope in a once more", "g * pow_slope in b once more"};

#define INTERVAL .lo = {0.3, -2}, .hi = {3, 2}

static const wg_op_sample pow_slope_samples[] = {
    {.label = "in the base",
        .in = {{2, {3, 4}}, {2, {3, 4}}},
        INTERVAL,
        .attr = &(const pow_slope_attr){1, 0}},
    {.label = "in the exponent",
        .in = {{2, {3, 4}}, {1, {4}}},
        INTERVAL,
        .attr = &(const pow_slope_attr){0, 1}},
    {.label = "in both",
        .in = {{2, {3, 1}}, {3, {2, 1, 5}}},
        INTERVAL,
        .attr = &(const pow_slope_attr){2, 1}},
    {.label = "scalars", .in = {{0, {0}}, {0, {0}}}, INTERVAL, .attr = &(const pow_slope_attr){1, 2}},
};

const wg_op wg__op_pow_slope = {
    .name = "pow_slope",
    .arity = 2,
    .attr_size = sizeof(pow_slope_attr),
    .traits = WG_OP_MAP | WG_OP_PLAIN_ATTR,
    .shape = pow_slope_shape,
    .forward_f64 = pow_slope_forward,
    .forward_f32 = pow_slope_forward,
    .vjp = pow_slope_vjp,
    .scalar = pow_slope_scalar,
    .formula = "pow_slope(a, b)",
    .rule = pow_slope_rule,
    .samples = pow_slope_samples,
    .sample_count = sizeof pow_slope_samples / sizeof pow_slope_samples[0],
};

wg_var wg__pow_slope(wg_var a, wg_var b, int in_base, int in_exponent)
{
    const pow_slope_attr attr = {in_base, in_exponent};
    return wg_apply(&wg__op_pow_slope, (wg_var[]){a, b}, 2, &attr);
}
