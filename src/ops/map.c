/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* map1: y = f(x); map2: y = f(a, b), broadcast: f is a user's, a plain function of doubles.
 *
 * A node is a partial derivative of f, j times in a and k times in b; f itself is (0, 0). Its slopes are the
 * same operation once more, so the rule is one line for every order:
 *
 *     dL/da = sum_to(g f_(j + 1, k)(a, b))        dL/db = sum_to(g f_(j, k + 1)(a, b)) */

#include <stdio.h>
#include <wengert/map.h>
#include <wengert/math.h>
#include <wengert/reduce.h>
#include "base/element.h"
#include "kernels/strided.h"
#include "ops/ops.h"

/* No padding: the bytes of equal attributes are equal. */
typedef struct map_attr {
    const void *map; /* wg_map1 or wg_map2 */
    size_t in_a, in_b;
} map_attr;

/* One number. The other kind's function is NULL. */
typedef struct partial {
    double (*one)(double x);
    double (*two)(double a, double b);
} partial;

/* The functions of a map, by how often they are differentiated. */
static partial partial_of(const wg_op *op, const map_attr *attr)
{
    const size_t j = attr->in_a, k = attr->in_b;
    if (j + k > 2)
        return (partial){0};
    if (op->arity == 1) {
        const wg_map1 *m = attr->map;
        return (partial){.one = j == 0 ? m->value : j == 1 ? m->slope : m->second};
    }
    const wg_map2 *m = attr->map;
    if (j + k < 2)
        return (partial){.two = j ? m->slope_a : k ? m->slope_b : m->value};
    return (partial){.two = j == 2 ? m->second_aa : k == 2 ? m->second_bb : m->second_ab};
}

static inline bool is_there(partial f)
{
    return f.one || f.two;
}

static inline double call(partial f, double a, double b)
{
    return f.one ? f.one(a) : f.two(a, b);
}

static const char *map_title(const void *attr)
{
    const map_attr *a = attr; /* both kinds begin with the name */
    return a->map ? *(const char *const *)a->map : NULL;
}

/* ---- Shape ----------------------------------------------------------------------------------------- */

static map_attr slope_attr(const map_attr *attr, size_t operand)
{
    return (map_attr){attr->map, attr->in_a + (operand == 0), attr->in_b + (operand == 1)};
}

static wg_status lacks(wg_op_context *op, const map_attr *wanted)
{
    static const char *const one[] = {"value", "slope", "second"};
    static const char *const two[3][3] = {
        {"value", "slope_b", "second_bb"}, {"slope_a", "second_ab"}, {"second_aa"}};
    if (wanted->in_a + wanted->in_b > 2)
        return wg_op_fail(op, WG_INVALID, "a map has no third derivative: record its formula instead");
    return wg_op_fail(op, WG_INVALID, "the map has no .%s",
        op->arity == 1 ? one[wanted->in_a] : two[wanted->in_a][wanted->in_b]);
}

static wg_status map_shape(wg_op_context *op)
{
    const map_attr *attr = op->attr;
    if (!attr->map)
        return wg_op_fail(op, WG_INVALID, "there is no map");
    const char *name = map_title(attr);
    if (!name || !*name)
        return wg_op_fail(op, WG_INVALID, "the map has no name");
    if (!is_there(partial_of(op->op, attr)))
        return lacks(op, attr);
    for (size_t i = 0; i < op->arity && attr->in_a + attr->in_b == 0; i++) {
        const map_attr slope = slope_attr(attr, i);
        if (!is_there(partial_of(op->op, &slope)))
            return lacks(op, &slope);
    }
    return wg_shape_broadcast_all(op);
}

/* ---- Values ---------------------------------------------------------------------------------------- */

static inline void put(void *to, wg_dtype dtype, size_t i, double number)
{
    if (dtype == WG_F32)
        ((float *)to)[i] = (float)number;
    else
        ((double *)to)[i] = number;
}

typedef struct map_work {
    const wg_op_context *op;
    partial value, slope[2];
} map_work;

/* Streams: result, a, b. Of a map of one operand b is a once more. */
static void run_panel(const void *work, const wg_panel *panel)
{
    const map_work *w = work;
    const wg_op_context *op = w->op;
    const void *b = op->in[op->arity - 1];
    for (size_t i = 0; i < panel->a; i++) {
        ptrdiff_t at[3];
        for (size_t s = 0; s < 3; s++)
            at[s] = panel->at[s] + (ptrdiff_t)i * panel->step_a[s];
        for (size_t j = 0; j < panel->b; j++) {
            put(op->out[0], op->dtype, (size_t)at[0],
                call(w->value, wg__element_at(op->in[0], op->dtype, (size_t)at[1]),
                    wg__element_at(b, op->dtype, (size_t)at[2])));
            for (size_t s = 0; s < 3; s++)
                at[s] += panel->step_b[s];
        }
    }
}

static wg_status map_forward(wg_op_context *op)
{
    const map_work work = {.op = op, .value = partial_of(op->op, op->attr)};
    wg_walk walk = wg__walk_over(&op->out_shape[0], 3);
    for (size_t i = 0; i < 2; i++)
        wg__walk_stretch(&walk, i + 1, op->in_shape[i < op->arity ? i : 0]);
    wg__walk_merge(&walk);
    wg__walk_panels(op->threads, &walk, run_panel, &work);
    return WG_OK;
}

static double map1_scalar(const double *in, const void *attr)
{
    return call(partial_of(&wg__op_map1, attr), in[0], 0);
}

static double map2_scalar(const double *in, const void *attr)
{
    return call(partial_of(&wg__op_map2, attr), in[0], in[1]);
}

/* ---- Gradients ------------------------------------------------------------------------------------- */

/* Streams: all operands and results, which are of one shape. */
static void slope_panel(const void *work, const wg_panel *panel)
{
    const map_work *w = work;
    const wg_op_context *op = w->op;
    const void *b = op->in[op->arity - 1];
    for (size_t i = 0; i < panel->a; i++)
        for (size_t j = 0; j < panel->b; j++) {
            size_t at =
                (size_t)(panel->at[0] + (ptrdiff_t)i * panel->step_a[0] + (ptrdiff_t)j * panel->step_b[0]);
            const double g = wg__element_at(op->upstream[0], op->dtype, at);
            const double x = wg__element_at(op->in[0], op->dtype, at), y = wg__element_at(b, op->dtype, at);
            for (size_t k = 0; k < op->arity; k++)
                if (op->grad_in[k])
                    put(op->grad_in[k], op->dtype, at, g * call(w->slope[k], x, y));
        }
}

/* Where nothing is broadcast, and the slopes are there; else the rule adds up, or says what is missing. */
static wg_status map_backward(wg_op_context *op)
{
    map_work work = {.op = op};
    for (size_t i = 0; i < op->arity; i++) {
        const map_attr slope = slope_attr(op->attr, i);
        work.slope[i] = partial_of(op->op, &slope);
        if (!wg_shape_equal(op->in_shape[i], &op->out_shape[0]) || !is_there(work.slope[i]))
            return WG_DECLINED;
    }
    wg_walk walk = wg__walk_over(&op->out_shape[0], 1);
    wg__walk_merge(&walk);
    wg__walk_panels(op->threads, &walk, slope_panel, &work);
    return WG_OK;
}

static wg_status map_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    for (size_t i = 0; i < op->arity; i++) {
        const map_attr slope = slope_attr(op->attr, i);
        if (!op->wanted[i])
            continue;
        if (!is_there(partial_of(op->op, &slope)))
            return lacks(op, &slope);
        wg_var local = wg_apply(op->op, op->arg, op->arity, &slope);
        grad_in[i] = wg_sum_to(wg_mul(g[0], local), *op->in_shape[i]);
    }
    return WG_OK;
}

/* "slope"; of two operands "slope_a", "second_ab". */
static void map1_describe(const void *attr, char *text, size_t size)
{
    static const char *const words[] = {"", "slope", "second"};
    const map_attr *a = attr;
    snprintf(text, size, "%s", words[a->in_a < 3 ? a->in_a : 0]);
}

static void map2_describe(const void *attr, char *text, size_t size)
{
    static const char *const words[3][3] = {
        {"", "slope_b", "second_bb"}, {"slope_a", "second_ab", ""}, {"second_aa", "", ""}};
    const map_attr *a = attr;
    snprintf(text, size, "%s", a->in_a < 3 && a->in_b < 3 ? words[a->in_a][a->in_b] : "");
}

/* ---- Records --------------------------------------------------------------------------------------- */

/* For the checks: x / (1 + x^2), and a / (1 + b^2). */
static double witch(double x)
{
    return x / (1 + x * x);
}

static double witch_slope(double x)
{
    return (1 - x * x) / ((1 + x * x) * (1 + x * x));
}

static double witch_second(double x)
{
    return 2 * x * (x * x - 3) / ((1 + x * x) * (1 + x * x) * (1 + x * x));
}

static double share(double a, double b)
{
    return a / (1 + b * b);
}

static double share_a(double a, double b)
{
    (void)a;
    return 1 / (1 + b * b);
}

static double share_b(double a, double b)
{
    return -2 * a * b / ((1 + b * b) * (1 + b * b));
}

static double share_aa(double a, double b)
{
    (void)a, (void)b;
    return 0;
}

static double share_ab(double a, double b)
{
    (void)a;
    return -2 * b / ((1 + b * b) * (1 + b * b));
}

static double share_bb(double a, double b)
{
    return 2 * a * (3 * b * b - 1) / ((1 + b * b) * (1 + b * b) * (1 + b * b));
}

static const wg_map1 sample1 = {"witch", witch, witch_slope, witch_second};
static const wg_map2 sample2 = {"share", share, share_a, share_b, share_aa, share_ab, share_bb};
static const map_attr attr1 = {.map = &sample1}, attr2 = {.map = &sample2};

static const wg_op_sample map1_samples[] = {
    {.label = "a scalar", .in = {{0}}, .attr = &attr1},
    {.label = "a matrix", .in = {{2, {3, 5}}}, .attr = &attr1},
    {.label = "many", .in = {{1, {67}}}, .attr = &attr1},
};

static const wg_op_sample map2_samples[] = {
    {.label = "scalars", .in = {{0}, {0}}, .attr = &attr2},
    {.label = "equal shapes", .in = {{2, {3, 5}}, {2, {3, 5}}}, .attr = &attr2},
    {.label = "rows", .in = {{2, {3, 4}}, {1, {4}}}, .attr = &attr2},
    {.label = "outer", .in = {{3, {2, 1, 3}}, {2, {4, 1}}}, .attr = &attr2},
    {.label = "a scalar first", .in = {{0}, {1, {5}}}, .attr = &attr2},
};

static const char *const map1_rule[] = {"g * slope(x)"};
static const char *const map2_rule[] = {"g * slope_a(a, b)", "g * slope_b(a, b)"};

#define MAP                                                                                                  \
    .attr_size = sizeof(map_attr), .traits = WG_OP_MAP | WG_OP_PLAIN_ATTR, .shape = map_shape,               \
    .forward_f64 = map_forward, .forward_f32 = map_forward, .vjp = map_vjp, .backward_f64 = map_backward,    \
    .backward_f32 = map_backward, .backward_ignores = WG_IGNORES_RESULT(0), .title = map_title

const wg_op wg__op_map1 = {.name = "map1",
    .arity = 1,
    MAP,
    .scalar = map1_scalar,
    .describe = map1_describe,
    .formula = "value(x)",
    .rule = map1_rule,
    .samples = map1_samples,
    .sample_count = sizeof map1_samples / sizeof map1_samples[0]};

const wg_op wg__op_map2 = {.name = "map2",
    .arity = 2,
    MAP,
    .scalar = map2_scalar,
    .describe = map2_describe,
    .formula = "value(a, b)",
    .rule = map2_rule,
    .samples = map2_samples,
    .sample_count = sizeof map2_samples / sizeof map2_samples[0]};

wg_var wg_apply_map1(const wg_map1 *map, wg_var x)
{
    return wg_apply(&wg__op_map1, &x, 1, &(map_attr){.map = map});
}

wg_var wg_apply_map2(const wg_map2 *map, wg_var a, wg_var b)
{
    return wg_apply(&wg__op_map2, (wg_var[]){a, b}, 2, &(map_attr){.map = map});
}
