/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* formula.c - the rows as operations: rules that record, records, public functions. */

/* This is the one place that emits the inline functions of scalar.h as symbols too. */
#include <wengert/status.h>
#define WG_FAST WG_API extern inline
#include "ops/formula.h"

#include <wengert/reduce.h>
#include "ops/formula_reads.h"
#include "ops/algebra_var.h"

/* ---- Rules ----------------------------------------------------------------------------------------- */

/* A gradient has the result's shape: broadcasting is undone here, for all rows. A number is a zero. */
static wg_var fold(wg_op_context *op, size_t i, wg_term gradient)
{
    return gradient.is_number ? (wg_var){0} : wg_sum_to(gradient.var, *op->in_shape[i]);
}

#define WG_UNARY2(name, v_, gradient, lo, hi, c_, d_)                                                        \
    static wg_status name##_vjp(wg_op_context *op, const wg_var *upstream, wg_var *grad_in)                  \
    {                                                                                                        \
        const double *number = op->attr;                                                                     \
        const wg_term x = wg__term_var(op->arg[0]), y = wg__term_var(op->result[0]);                         \
        const wg_term c = wg__term_number(number[0]), d = wg__term_number(number[1]);                        \
        const wg_term g = wg__term_var(upstream[0]);                                                         \
        (void)y;                                                                                             \
        grad_in[0] = fold(op, 0, gradient);                                                                  \
        return WG_OK;                                                                                        \
    }
#define WG_UNARY1(name, v_, gradient, lo, hi, c_)                                                            \
    static wg_status name##_vjp(wg_op_context *op, const wg_var *upstream, wg_var *grad_in)                  \
    {                                                                                                        \
        const double *number = op->attr;                                                                     \
        const wg_term x = wg__term_var(op->arg[0]), y = wg__term_var(op->result[0]);                         \
        const wg_term c = wg__term_number(number[0]), g = wg__term_var(upstream[0]);                         \
        (void)y;                                                                                             \
        grad_in[0] = fold(op, 0, gradient);                                                                  \
        return WG_OK;                                                                                        \
    }
#define WG_UNARY(name, v_, gradient, lo, hi)                                                                 \
    static wg_status name##_vjp(wg_op_context *op, const wg_var *upstream, wg_var *grad_in)                  \
    {                                                                                                        \
        const wg_term x = wg__term_var(op->arg[0]), y = wg__term_var(op->result[0]);                         \
        const wg_term g = wg__term_var(upstream[0]);                                                         \
        (void)x, (void)y;                                                                                    \
        grad_in[0] = fold(op, 0, gradient);                                                                  \
        return WG_OK;                                                                                        \
    }
#define WG_BINARY(name, v_, gradient_a, gradient_b, lo, hi, lo_b, hi_b)                                      \
    static wg_status name##_vjp(wg_op_context *op, const wg_var *upstream, wg_var *grad_in)                  \
    {                                                                                                        \
        const wg_term a = wg__term_var(op->arg[0]), b = wg__term_var(op->arg[1]);                            \
        const wg_term y = wg__term_var(op->result[0]), g = wg__term_var(upstream[0]);                        \
        (void)a, (void)b, (void)y;                                                                           \
        if (op->wanted[0])                                                                                   \
            grad_in[0] = fold(op, 0, gradient_a);                                                            \
        if (op->wanted[1])                                                                                   \
            grad_in[1] = fold(op, 1, gradient_b);                                                            \
        return WG_OK;                                                                                        \
    }                                                                                                        \
    static wg_status name##c_vjp(wg_op_context *op, const wg_var *upstream, wg_var *grad_in)                 \
    {                                                                                                        \
        const double *number = op->attr;                                                                     \
        const wg_term a = wg__term_var(op->arg[0]), b = wg__term_number(number[0]);                          \
        const wg_term y = wg__term_var(op->result[0]), g = wg__term_var(upstream[0]);                        \
        (void)a, (void)b, (void)y;                                                                           \
        grad_in[0] = fold(op, 0, gradient_a);                                                                \
        return WG_OK;                                                                                        \
    }                                                                                                        \
    static wg_status c##name##_vjp(wg_op_context *op, const wg_var *upstream, wg_var *grad_in)               \
    {                                                                                                        \
        const double *number = op->attr;                                                                     \
        const wg_term a = wg__term_number(number[0]), b = wg__term_var(op->arg[0]);                          \
        const wg_term y = wg__term_var(op->result[0]), g = wg__term_var(upstream[0]);                        \
        (void)a, (void)b, (void)y;                                                                           \
        grad_in[0] = fold(op, 0, gradient_b);                                                                \
        return WG_OK;                                                                                        \
    }
#define WG_STEP(name, v_)
#define WG_STEP2(name, v_)
#include <wengert/formulas.def>

/* ---- Records --------------------------------------------------------------------------------------- */

/* Rank-0 operands take the scalar path's own value function, so that both paths give the same bits. */
#define WG_UNARY(name, v_, gradient, lo, hi)                                                                 \
    static double name##_scalar(const double *in, const void *attr)                                          \
    {                                                                                                        \
        return wg__formula_value(WG_CODE_##name, in[0], 0, attr);                                            \
    }
#define WG_UNARY1(name, v_, gradient, lo, hi, c) WG_UNARY(name, , , , )
#define WG_UNARY2(name, v_, gradient, lo, hi, c, d) WG_UNARY(name, , , , )
#define WG_BINARY(name, v_, gradient_a, gradient_b, lo, hi, lo_b, hi_b)                                      \
    static double name##_scalar(const double *in, const void *attr)                                          \
    {                                                                                                        \
        return wg__formula_value(WG_CODE_##name, in[0], in[1], attr);                                        \
    }                                                                                                        \
    WG_UNARY(name##c, , , , )                                                                                \
    WG_UNARY(c##name, , , , )
#define WG_STEP(name, v_) WG_UNARY(name, , , , )
#define WG_STEP2(name, v_) WG_BINARY(name, , , , , , , )
#include <wengert/formulas.def>

/* Of two operands: five samples, and one with a number on either side. A sample is large, and most rows are
 * sampled in -2 .. 2: these share them, and the compiler drops what nobody points to. */
#define PAIR_SAMPLES(name, lo_a, hi_a, lo_b, hi_b)                                                           \
    static const double name##_numbers[] = {(lo_b) / 2.0 + (hi_b) / 1.7, (hi_a) / 1.3};                      \
    static const wg_op_sample name##_samples[] = {                                                           \
        {.label = "alike", .in = {{2, {3, 4}}, {2, {3, 4}}}, .lo = {lo_a, lo_b}, .hi = {hi_a, hi_b}},        \
        {.label = "[3, 4] and [4]", .in = {{2, {3, 4}}, {1, {4}}}, .lo = {lo_a, lo_b}, .hi = {hi_a, hi_b}},  \
        {.label = "[3, 1] and [2, 1, 5]",                                                                    \
            .in = {{2, {3, 1}}, {3, {2, 1, 5}}},                                                             \
            .lo = {lo_a, lo_b},                                                                              \
            .hi = {hi_a, hi_b}},                                                                             \
        {.label = "[] and [2, 3]", .in = {{0, {0}}, {2, {2, 3}}}, .lo = {lo_a, lo_b}, .hi = {hi_a, hi_b}},   \
        {.label = "[] and []", .in = {{0, {0}}, {0, {0}}}, .lo = {lo_a, lo_b}, .hi = {hi_a, hi_b}},          \
        {.label = "a number on the right",                                                                   \
            .in = {{2, {3, 4}}},                                                                             \
            .lo = {lo_a},                                                                                    \
            .hi = {hi_a},                                                                                    \
            .attr = &name##_numbers[0]},                                                                     \
        {.label = "a number on the left",                                                                    \
            .in = {{2, {3, 4}}},                                                                             \
            .lo = {lo_b},                                                                                    \
            .hi = {hi_b},                                                                                    \
            .attr = &name##_numbers[1]}};
PAIR_SAMPLES(usual, -2, 2, -2, 2)
#define IS_USUAL(lo_a, hi_a, lo_b, hi_b) ((lo_a) == -2 && (hi_a) == 2 && (lo_b) == -2 && (hi_b) == 2)

/* The numbers at which a row's samples are taken. */
#define WG_UNARY(name, v_, gradient, lo, hi)
#define WG_UNARY1(name, v_, gradient, lo_, hi_, c)                                                           \
    static const double name##_numbers[] = {c};                                                              \
    static const wg_op_sample name##_samples[] = {                                                           \
        {.label = #name " at " #c, .in = {{2, {3, 4}}}, .lo = {lo_}, .hi = {hi_}, .attr = name##_numbers}};
#define WG_UNARY2(name, v_, gradient, lo_, hi_, c, d)                                                        \
    static const double name##_numbers[] = {c, d};                                                           \
    static const wg_op_sample name##_samples[] = {{.label = #name " at " #c ", " #d,                         \
        .in = {{2, {3, 4}}},                                                                                 \
        .lo = {lo_},                                                                                         \
        .hi = {hi_},                                                                                         \
        .attr = name##_numbers}};
#define WG_BINARY(name, v_, gradient_a, gradient_b, lo_a, hi_a, lo_b, hi_b)                                  \
    PAIR_SAMPLES(name, lo_a, hi_a, lo_b, hi_b)
#define WG_STEP(name, v_)
#define WG_STEP2(name, v_) WG_BINARY(name, , , , -2, 2, -2, 2)
#include <wengert/formulas.def>

#define PAIRS(name, first, count, lo_a, hi_a, lo_b, hi_b)                                                    \
    .samples = (IS_USUAL(lo_a, hi_a, lo_b, hi_b) ? usual_samples : name##_samples) + (first),                \
    .sample_count = (count)
#define SAMPLES(list) .samples = list, .sample_count = sizeof list / sizeof list[0]
#define ENTRY(name_, arity_, numbers_, traits_, vjp_, lo_, hi_, ...)                                         \
    [WG_CODE_##name_] = {.name = #name_,                                                                     \
        .arity = arity_,                                                                                     \
        .attr_size = (numbers_) * sizeof(double),                                                            \
        .traits = WG_OP_MAP | WG_OP_IN_PLACE | WG_OP_PLAIN_ATTR | (traits_),                                 \
        .shape = wg_shape_broadcast_all,                                                                     \
        .forward_f64 = wg__formula_forward_f64,                                                              \
        .forward_f32 = wg__formula_forward_f32,                                                              \
        .vjp = vjp_,                                                                                         \
        .backward_f64 = wg__formula_backward_f64,                                                            \
        .backward_f32 = wg__formula_backward_f32,                                                            \
        .backward_ignores = name_##_ignores,                                                                 \
        .passes_on = name_##_passes_on,                                                                      \
        .lanes = wg_lanes_of_map,                                                                            \
        .scalar = name_##_scalar,                                                                            \
        .numbers = numbers_,                                                                                 \
        .lo = lo_,                                                                                           \
        .hi = hi_,                                                                                           \
        .formula = wg__formula_texts[WG_CODE_##name_].formula,                                               \
        .rule = wg__formula_texts[WG_CODE_##name_].rule,                                                     \
        __VA_ARGS__},

#define WG_UNARY(name, v_, gradient, lo, hi) ENTRY(name, 1, 0, 0, name##_vjp, lo, hi, .samples = NULL)
#define WG_UNARY1(name, v_, gradient, lo, hi, c)                                                             \
    ENTRY(name, 1, 1, 0, name##_vjp, lo, hi, SAMPLES(name##_samples))
#define WG_UNARY2(name, v_, gradient, lo, hi, c, d)                                                          \
    ENTRY(name, 1, 2, 0, name##_vjp, lo, hi, SAMPLES(name##_samples))
#define PAIR(name, traits, vjp, cvjp, vjpc, lo, hi, lo_b, hi_b)                                              \
    ENTRY(name, 2, 0, traits, vjp, lo, hi, PAIRS(name, 0, 5, lo, hi, lo_b, hi_b))                            \
    ENTRY(name##c, 1, 1, traits, vjpc, lo, hi, .base = #name, PAIRS(name, 5, 1, lo, hi, lo_b, hi_b))         \
    ENTRY(c##name, 1, 1, traits, cvjp, lo_b, hi_b, .base = #name, .number_first = true,                      \
        PAIRS(name, 6, 1, lo, hi, lo_b, hi_b))
#define WG_BINARY(name, v_, gradient_a, gradient_b, lo, hi, lo_b, hi_b)                                      \
    PAIR(name, 0, name##_vjp, c##name##_vjp, name##c_vjp, lo, hi, lo_b, hi_b)
#define WG_STEP(name, v_) ENTRY(name, 1, 0, WG_OP_ZERO_GRADIENT, NULL, -2, 2, .samples = NULL)
#define WG_STEP2(name, v_) PAIR(name, WG_OP_ZERO_GRADIENT, NULL, NULL, NULL, -2, 2, -2, 2)

const wg_op wg__formula_ops[WG_CODES] = {
#include <wengert/formulas.def>
};

/* ---- Public functions ------------------------------------------------------------------------------ */

/* Those of the arithmetic rows are scalar.h's inline functions; the rest is one call each. */
#define WG_ARITHMETIC_IS_INLINE
#define WG_UNARY(name, v_, gradient, lo, hi)                                                                 \
    wg_var wg_##name(wg_var x)                                                                               \
    {                                                                                                        \
        return wg_record1_(WG_CODE_##name, x, 0, 0);                                                         \
    }
#define WG_UNARY1(name, v_, gradient, lo, hi, c_)                                                            \
    wg_var wg_##name(wg_var x, double c)                                                                     \
    {                                                                                                        \
        return wg_record1_(WG_CODE_##name, x, c, 0);                                                         \
    }
#define WG_UNARY2(name, v_, gradient, lo, hi, c_, d_)                                                        \
    wg_var wg_##name(wg_var x, double c, double d)                                                           \
    {                                                                                                        \
        return wg_record1_(WG_CODE_##name, x, c, d);                                                         \
    }
#define WG_BINARY(name, v_, gradient_a, gradient_b, lo, hi, lo_b, hi_b)                                      \
    wg_var wg_##name(wg_var a, wg_var b)                                                                     \
    {                                                                                                        \
        return wg_record2_(WG_CODE_##name, a, b);                                                            \
    }                                                                                                        \
    WG_UNARY1(name##c, , , , , )                                                                             \
    wg_var wg_c##name(double c, wg_var x)                                                                    \
    {                                                                                                        \
        return wg_record1_(WG_CODE_c##name, x, c, 0);                                                        \
    }
#define WG_STEP(name, v_) WG_UNARY(name, , , , )
#define WG_STEP2(name, v_) WG_BINARY(name, , , , , , , )
#include <wengert/formulas.def>
