/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <math.h>
#include <wengert/init.h>

wg_init wg_init_constant(double c)
{
    return (wg_init){.rule = WG_INIT_CONSTANT, .value = c};
}

wg_init wg_init_uniform(double s)
{
    return (wg_init){.rule = WG_INIT_UNIFORM, .value = s};
}

wg_init wg_init_normal(double s)
{
    return (wg_init){.rule = WG_INIT_NORMAL, .value = s};
}

wg_init wg_init_fan_in(double gain)
{
    return (wg_init){.rule = WG_INIT_FAN_IN, .value = gain};
}

wg_init wg_init_xavier_uniform(void)
{
    return (wg_init){.rule = WG_INIT_XAVIER_UNIFORM, .value = 1};
}

wg_init wg_init_xavier_normal(void)
{
    return (wg_init){.rule = WG_INIT_XAVIER_NORMAL, .value = 1};
}

wg_init wg_init_he_uniform(void)
{
    return (wg_init){.rule = WG_INIT_HE_UNIFORM, .value = 1};
}

wg_init wg_init_he_normal(void)
{
    return (wg_init){.rule = WG_INIT_HE_NORMAL, .value = 1};
}

/* As doubles: nothing overflows, and an array without elements has fans of 1, for which nothing is drawn. */
static void fans_of(const wg_init *init, const wg_shape *shape, double *fan_in, double *fan_out)
{
    double in = 1, out = 1;
    if (shape->rank == 2) {
        in = (double)shape->dim[0];
        out = (double)shape->dim[1];
    } else {
        for (size_t i = 0; i < shape->rank && i < WG_MAX_RANK; i++) {
            in *= shape->rank > 2 && i == 0 ? 1 : (double)shape->dim[i];
            out *= shape->rank > 2 && i == 1 ? 1 : (double)shape->dim[i];
        }
    }
    if (init->fan_in)
        in = (double)init->fan_in;
    if (init->fan_out)
        out = (double)init->fan_out;
    *fan_in = in < 1 ? 1 : in;
    *fan_out = out < 1 ? 1 : out;
}

double wg_init_scale(const wg_init *init, wg_shape shape)
{
    wg_init rule = init ? *init : (wg_init){0};
    double in, out;
    fans_of(&rule, &shape, &in, &out);
    switch (rule.rule) {
    case WG_INIT_DEFAULT:
        return sqrt(1 / in);
    case WG_INIT_CONSTANT:
    case WG_INIT_UNIFORM:
    case WG_INIT_NORMAL:
        return rule.value;
    case WG_INIT_FAN_IN:
        return rule.value * sqrt(1 / in);
    case WG_INIT_XAVIER_UNIFORM:
        return rule.value * sqrt(6 / (in + out));
    case WG_INIT_XAVIER_NORMAL:
        return rule.value * sqrt(2 / (in + out));
    case WG_INIT_HE_UNIFORM:
        return rule.value * sqrt(6 / in);
    case WG_INIT_HE_NORMAL:
        return rule.value * sqrt(2 / in);
    }
    return (double)NAN;
}

static double draw(wg_init_rule rule, double s, wg_random *random)
{
    switch (rule) {
    case WG_INIT_CONSTANT:
        return s;
    case WG_INIT_NORMAL:
    case WG_INIT_XAVIER_NORMAL:
    case WG_INIT_HE_NORMAL:
        return s * wg_random_normal(random);
    default:
        return s * (2 * wg_random_uniform(random) - 1);
    }
}

wg_status wg_init_fill(const wg_init *init, wg_shape shape, wg_dtype dtype, wg_random *random, void *out)
{
    wg_init_rule rule = init ? init->rule : WG_INIT_DEFAULT;
    double s = wg_init_scale(init, shape);
    size_t count;
    if (!wg_shape_count(&shape, &count))
        return WG_BAD_SHAPE;
    if (dtype != WG_F64 && dtype != WG_F32)
        return WG_BAD_DTYPE;
    if (rule != WG_INIT_CONSTANT && !(s >= 0 && isfinite(s)))
        return WG_INVALID;
    if (count && (!random || !out))
        return WG_INVALID;
    float *f = out;
    double *d = out;
    for (size_t i = 0; i < count; i++)
        if (dtype == WG_F32)
            f[i] = (float)draw(rule, s, random);
        else
            d[i] = draw(rule, s, random);
    return WG_OK;
}
