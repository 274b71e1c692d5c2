/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The loops over the op table: every operation, at every one of its samples, through the public interface. A
 * new operation is tested as soon as it has a row. */

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <wengert/gradcheck.h>
#include <wengert/math.h>

#include "harness.h"
#include "op_cases.h"

static void for_each_case(int i, void (*check)(const op_case *c))
{
    const wg_op *op = op_case_op((size_t)i);
    ck_assert_msg(op_case_count(op) > 0, "%s has no sample", op->name);
    for (size_t k = 0; k < op_case_count(op); k++) {
        op_case c = op_case_new(op, k);
        check(&c);
        op_case_free(&c);
    }
}

/* The values of all results, or the gradients of all operands, one after another. */
typedef struct numbers {
    double *at;
    size_t count;
} numbers;

static numbers collect(const op_case *c, const wg_var *vars, size_t count, bool gradients)
{
    numbers all = {0};
    for (size_t i = 0; i < count; i++) {
        if (gradients && !op_case_differentiable(c, i))
            continue;
        size_t n = wg_count_of(vars[i]);
        all.at = realloc(all.at, (all.count + n + 1) * sizeof *all.at);
        wg_status status = gradients ? wg_read_grad(vars[i], all.at + all.count, n)
                                     : wg_read(vars[i], all.at + all.count, n);
        ck_assert_msg(status == WG_OK, "%s: reading var %zu: %s", op_case_name(c, wg_tape_of(vars[i])), i,
            wg_status_name(status));
        all.count += n;
    }
    return all;
}

static void check_same_bits(const op_case *c, const char *what, numbers a, numbers b)
{
    ck_assert_uint_eq(a.count, b.count);
    for (size_t i = 0; i < a.count; i++)
        ck_assert_msg(memcmp(&a.at[i], &b.at[i], sizeof a.at[i]) == 0, "%s: %s, number %zu: %.17g and %.17g",
            op_case_name(c, NULL), what, i, a.at[i], b.at[i]);
    free(a.at);
    free(b.at);
}

static void check_near(const op_case *c, const char *what, numbers a, numbers b, double tolerance)
{
    double scale = 1;
    for (size_t i = 0; i < a.count; i++)
        scale = fmax(scale, fabs(b.at[i]));
    ck_assert_uint_eq(a.count, b.count);
    for (size_t i = 0; i < a.count; i++)
        ck_assert_msg(fabs(a.at[i] - b.at[i]) <= tolerance * scale, "%s: %s, number %zu: %.9g and %.9g",
            op_case_name(c, NULL), what, i, a.at[i], b.at[i]);
    free(a.at);
    free(b.at);
}

/* ---- One recording of a case */

typedef struct recording {
    wg_tape *tape;
    wg_var x[WG_MAX_SAMPLE_ARGS], y[WG_MAX_RESULTS], loss;
} recording;

static void record(const op_case *c, const wg_op *op, recording *r)
{
    op_case_operands(c, r->tape, r->x);
    wg_status status = op_case_apply(c, op, r->x, r->y);
    ck_assert_msg(status == WG_OK, "%s", op_case_name(c, r->tape));
    r->loss = op_case_project(r->y, c->results, 0);
    ck_assert_msg(wg_tape_status(r->tape) == WG_OK, "%s", op_case_name(c, r->tape));
}

static recording record_new(const op_case *c, const wg_op *op, wg_dtype dtype)
{
    recording r = {.tape = op_case_tape(c, dtype)};
    record(c, op, &r);
    return r;
}

static numbers values(const op_case *c, const recording *r)
{
    return collect(c, r->y, c->results, false);
}

static bool is_differentiable(const op_case *c)
{
    bool any = false;
    for (size_t i = 0; i < c->count; i++)
        any |= op_case_differentiable(c, i) && c->size[i] > 0;
    return any && !(c->op->traits & WG_OP_ZERO_GRADIENT);
}

static numbers gradients(const op_case *c, const recording *r)
{
    if (!is_differentiable(c))
        return (numbers){0};
    wg_status status = wg_backward(r->loss);
    ck_assert_msg(status == WG_OK, "%s: %s", op_case_name(c, r->tape), wg_status_name(status));
    return collect(c, r->x, c->count, true);
}

/* ---- Floats agree with doubles, forward and backward */

static void check_float_case(const op_case *c)
{
    recording d = record_new(c, c->op, WG_F64), f = record_new(c, c->op, WG_F32);
    for (size_t i = 0; i < c->results; i++) {
        wg_shape a = wg_shape_of(d.y[i]), b = wg_shape_of(f.y[i]);
        ck_assert_msg(wg_shape_equal(&a, &b), "%s", op_case_name(c, NULL));
    }
    check_near(c, "float and double", values(c, &f), values(c, &d), 1e-5);
    check_near(c, "gradients in float and double", gradients(c, &f), gradients(c, &d), 3e-5);
    wg_tape_free(d.tape);
    wg_tape_free(f.tape);
}

START_TEST(floats_agree_with_doubles)
{
    for_each_case(_i, check_float_case);
}
END_TEST

/* ---- Replay gives the bits of recording */

/* Other numbers of the same kind: each operand's, turned round by one place. */
static void rotate(const op_case *c, double **real)
{
    for (size_t i = 0; i < c->count; i++) {
        if (!c->real[i])
            continue;
        real[i] = calloc(c->size[i] + 1, sizeof *real[i]);
        for (size_t j = 0; j < c->size[i]; j++)
            real[i][j] = c->real[i][(j + 1) % c->size[i]];
    }
}

static void set_operands(const op_case *c, const wg_var *x)
{
    for (size_t i = 0; i < c->count; i++) {
        wg_status status = wg_set(x[i], op_case_array(c, i));
        ck_assert_msg(status == WG_OK, "%s: set: %s", op_case_name(c, NULL), wg_status_name(status));
    }
}

/* Recorded with other numbers, then set and replayed: the second run of a tape. The same by eager recording
 * twice. */
static void check_replay_of(const op_case *c, wg_dtype dtype)
{
    op_case other = *c;
    rotate(c, other.real);
    recording replayed = record_new(&other, c->op, dtype), eager = record_new(c, c->op, dtype);
    size_t nodes = wg_tape_node_count(replayed.tape);
    set_operands(c, replayed.x);
    ck_assert_msg(wg_replay(replayed.tape) == WG_OK, "%s", op_case_name(c, replayed.tape));
    ck_assert_uint_eq(wg_tape_node_count(replayed.tape), nodes);
    wg_tape_reset(eager.tape);
    record(c, c->op, &eager);
    check_same_bits(c, "replay and eager", values(c, &replayed), values(c, &eager));
    check_same_bits(c, "gradients, replay and eager", gradients(c, &replayed), gradients(c, &eager));
    wg_tape_free(replayed.tape);
    wg_tape_free(eager.tape);
    for (size_t i = 0; i < c->count; i++)
        free(other.real[i]);
}

static void check_replay(const op_case *c)
{
    check_replay_of(c, WG_F64);
    check_replay_of(c, WG_F32);
}

START_TEST(replay_gives_the_same_bits)
{
    for_each_case(_i, check_replay);
}
END_TEST

/* ---- Recorded without values, then set: the same bits */

static void check_valueless(const op_case *c)
{
    recording r = {.tape = op_case_tape(c, WG_F64)}, eager = record_new(c, c->op, WG_F64);
    bool any_empty = false;
    for (size_t i = 0; i < c->count; i++) {
        r.x[i] = wg_input_of(r.tape, c->real[i] ? WG_F64 : WG_I32, c->sample.in[i]);
        any_empty |= c->size[i] > 0;
    }
    ck_assert_msg(op_case_apply(c, c->op, r.x, r.y) == WG_OK, "%s", op_case_name(c, r.tape));
    for (size_t i = 0; i < c->results; i++) {
        wg_shape a = wg_shape_of(r.y[i]), b = wg_shape_of(eager.y[i]);
        ck_assert_msg(wg_shape_equal(&a, &b), "%s: shapes differ without values", op_case_name(c, r.tape));
        ck_assert_msg(
            !any_empty || !wg_has_value(r.y[i]), "%s: a value from nowhere", op_case_name(c, r.tape));
    }
    set_operands(c, r.x);
    ck_assert_msg(wg_replay(r.tape) == WG_OK, "%s", op_case_name(c, r.tape));
    wg_tape_reset(eager.tape);
    record(c, c->op, &eager);
    check_same_bits(c, "recorded without values", values(c, &r), values(c, &eager));
    wg_tape_free(r.tape);
    wg_tape_free(eager.tape);
}

START_TEST(recorded_without_values)
{
    for_each_case(_i, check_valueless);
}
END_TEST

/* ---- The fused kernel against the rule: an operation that is the same but for its kernel */

static const wg_op *fused_op;

/* Kernels that several operations share look at op->op to know which one it is. */
static wg_status forward(wg_op_context *op, wg_status (*kernel)(wg_op_context *))
{
    const wg_op *own = op->op;
    op->op = fused_op;
    wg_status status = kernel(op);
    op->op = own;
    return status;
}

static wg_status forward_f64(wg_op_context *op)
{
    return forward(op, fused_op->forward_f64);
}

static wg_status forward_f32(wg_op_context *op)
{
    return forward(op, fused_op->forward_f32);
}

static void check_fused_in(const op_case *c, wg_dtype dtype, double tolerance)
{
    wg_op by_rule = *c->op;
    by_rule.backward_f64 = by_rule.backward_f32 = NULL;
    by_rule.forward_f64 = by_rule.forward_f64 ? forward_f64 : NULL;
    by_rule.forward_f32 = by_rule.forward_f32 ? forward_f32 : NULL;
    fused_op = c->op;
    recording fused = record_new(c, c->op, dtype), rule = record_new(c, &by_rule, dtype);
    check_same_bits(c, "two recordings", values(c, &fused), values(c, &rule));
    check_near(c, "fused kernel and rule", gradients(c, &fused), gradients(c, &rule), tolerance);
    wg_tape_free(fused.tape);
    wg_tape_free(rule.tape);
}

static void check_fused(const op_case *c)
{
    check_fused_in(c, WG_F64, 1e-12);
    check_fused_in(c, WG_F32, 3e-5);
}

START_TEST(fused_kernels_agree_with_rules)
{
    for_each_case(_i, check_fused);
}
END_TEST

/* ---- Recorded gradients are those of the sweep */

static void check_recorded(const op_case *c)
{
    if (!is_differentiable(c))
        return;
    recording r = record_new(c, c->op, WG_F64);
    numbers swept = gradients(c, &r);
    wg_var towards[WG_MAX_SAMPLE_ARGS], out[WG_MAX_SAMPLE_ARGS];
    size_t n = 0;
    for (size_t i = 0; i < c->count; i++)
        if (op_case_differentiable(c, i))
            towards[n++] = r.x[i];
    wg_status status = wg_grad(&r.loss, 1, NULL, towards, n, out);
    ck_assert_msg(status == WG_OK, "%s: wg_grad: %s", op_case_name(c, r.tape), wg_status_name(status));
    for (size_t i = 0; i < n; i++) {
        wg_shape a = wg_shape_of(towards[i]), b = wg_shape_of(out[i]);
        ck_assert_msg(wg_shape_equal(&a, &b), "%s: a gradient of another shape", op_case_name(c, NULL));
    }
    check_near(c, "wg_grad and wg_backward", collect(c, out, n, false), swept, 1e-12);
    wg_tape_free(r.tape);
}

START_TEST(recorded_gradients_agree)
{
    for_each_case(_i, check_recorded);
}
END_TEST

/* ---- An operation declared to have no gradient gives zeros */

static void check_zero(const op_case *c)
{
    if (!(c->op->traits & WG_OP_ZERO_GRADIENT))
        return;
    recording r = record_new(c, c->op, WG_F64);
    if (wg_is_valid(r.loss))
        for (size_t i = 0; i < c->count; i++) {
            if (!op_case_differentiable(c, i))
                continue;
            numbers g = {.at = calloc(c->size[i] + 1, sizeof *g.at)};
            wg_var out = wg_grad1(r.loss, r.x[i]);
            ck_assert_msg(wg_read(out, g.at, c->size[i]) == WG_OK, "%s", op_case_name(c, r.tape));
            for (size_t j = 0; j < c->size[i]; j++)
                ck_assert_msg(g.at[j] == 0, "%s: a gradient of %g", op_case_name(c, NULL), g.at[j]);
            free(g.at);
        }
    wg_tape_free(r.tape);
}

START_TEST(no_gradient_is_zero)
{
    for_each_case(_i, check_zero);
}
END_TEST

/* ---- Gradients against central differences, in double */

static wg_var results(wg_tape *tape, const wg_var *in, size_t n, void *user)
{
    wg_var y[WG_MAX_RESULTS];
    const op_case *c = user;
    (void)tape, (void)n;
    op_case_apply(c, c->op, in, y);
    return op_case_project(y, c->results, 0);
}

/* y (y + 1) of the results, so that the second derivative is not 0 where the operation is linear, nor where
 * it is a square root. */
static wg_var curved_results(wg_tape *tape, const wg_var *in, size_t n, void *user)
{
    wg_var y[WG_MAX_RESULTS];
    const op_case *c = user;
    (void)tape, (void)n;
    op_case_apply(c, c->op, in, y);
    for (size_t i = 0; i < c->results; i++)
        if (wg_dtype_of(y[i]) != WG_I32)
            y[i] = wg_mul(y[i], wg_addc(y[i], 1));
    return op_case_project(y, c->results, 0);
}

/* Nothing comes out of it, so nothing can be compared. */
static bool is_empty(const op_case *c)
{
    recording r = record_new(c, c->op, WG_F64);
    size_t n = 0;
    for (size_t i = 0; i < c->results; i++)
        n += wg_count_of(r.y[i]);
    wg_tape_free(r.tape);
    return n == 0;
}

static void check_order(const op_case *c, int order)
{
    if (!is_differentiable(c) || is_empty(c))
        return;
    op_case copy = *c;
    wg_array arrays[WG_MAX_SAMPLE_ARGS];
    wg_gradcheck_report report;
    wg_gradcheck_options options = {
        .order = order, .training = c->sample.training, .constant = c->sample.no_gradient_arg, .entries = 24};
    for (size_t i = 0; i < c->count; i++)
        arrays[i] = op_case_array(c, i);
    wg_gradcheck(order == 1 ? results : curved_results, &copy, arrays, c->count, &options, &report);
    ck_assert_msg(report.status == WG_OK, "%s, order %d: %s", op_case_name(c, NULL), order, report.message);
    ck_assert_msg(report.kinks == 0, "%s: a sample on a kink", op_case_name(c, NULL));
}

static void check_first_order(const op_case *c)
{
    check_order(c, 1);
}

static void check_second_order(const op_case *c)
{
    check_order(c, 2);
}

START_TEST(first_order)
{
    for_each_case(_i, check_first_order);
}
END_TEST

START_TEST(second_order)
{
    for_each_case(_i, check_second_order);
}
END_TEST

int main(void)
{
    int ops = (int)op_case_ops();
    const harness_test tests[] = {
        {floats_agree_with_doubles, ops},
        {replay_gives_the_same_bits, ops},
        {recorded_without_values, ops},
        {fused_kernels_agree_with_rules, ops},
        {recorded_gradients_agree, ops},
        {no_gradient_is_zero, ops},
        {first_order, ops},
        {second_order, ops},
    };
    return harness_run("ops", tests, sizeof tests / sizeof tests[0]);
}
