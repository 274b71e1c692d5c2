/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* A user's operation whose backward functions add to operand 0's gradient (WG_OP_ADDS_GRADIENT): in sweeps,
 * recorded, in plans, when it declines. */

#include "vars.h"

/* y = a_place b + b, z = a_place: a is a vector or a number, b one number in a vector. */
typedef struct pick_attr {
    size_t place;
} pick_attr;

static wg_status pick_shape(wg_op_context *op)
{
    op->out_shape[0] = op->out_shape[1] = *op->in_shape[1];
    return WG_OK;
}

static wg_status pick_f64(wg_op_context *op)
{
    const double a = ((const double *)op->in[0])[((const pick_attr *)op->attr)->place];
    *(double *)op->out[1] = a;
    *(double *)op->out[0] = a * *(const double *)op->in[1] + *(const double *)op->in[1];
    return WG_OK;
}

static wg_status pick_f32(wg_op_context *op)
{
    const float a = ((const float *)op->in[0])[((const pick_attr *)op->attr)->place];
    *(float *)op->out[1] = a;
    *(float *)op->out[0] = a * *(const float *)op->in[1] + *(const float *)op->in[1];
    return WG_OK;
}

/* Nothing but adds to operand 0's gradient, and writes operand 1's. */
static wg_status pick_backward_f64(wg_op_context *op)
{
    const size_t place = ((const pick_attr *)op->attr)->place;
    const double g = op->upstream[0] ? *(const double *)op->upstream[0] : 0,
                 h = op->upstream[1] ? *(const double *)op->upstream[1] : 0;
    if (op->grad_in[0])
        ((double *)op->grad_in[0])[place] += g * *(const double *)op->in[1] + h;
    if (op->grad_in[1])
        *(double *)op->grad_in[1] = g * ((const double *)op->in[0])[place] + g;
    return WG_OK;
}

static wg_status pick_backward_f32(wg_op_context *op)
{
    const size_t place = ((const pick_attr *)op->attr)->place;
    const float g = op->upstream[0] ? *(const float *)op->upstream[0] : 0,
                h = op->upstream[1] ? *(const float *)op->upstream[1] : 0;
    if (op->grad_in[0])
        ((float *)op->grad_in[0])[place] += g * *(const float *)op->in[1] + h;
    if (op->grad_in[1])
        *(float *)op->grad_in[1] = g * ((const float *)op->in[0])[place] + g;
    return WG_OK;
}

static wg_status declines(wg_op_context *op)
{
    (void)op;
    return WG_DECLINED;
}

static wg_status pick_expand(wg_op_context *op, wg_var *results)
{
    const pick_attr *attr = op->attr;
    wg_var a = op->in_shape[0]->rank == 0
                   ? wg_reshape(op->arg[0], WG_SHAPE(1))
                   : wg_slice(op->arg[0], 0, (ptrdiff_t)attr->place, (ptrdiff_t)attr->place + 1, 1);
    results[0] = wg_add(wg_mul(a, op->arg[1]), op->arg[1]);
    results[1] = a;
    return WG_OK;
}

static const wg_op pick = {.name = "pick",
    .arity = 2,
    .results = 2,
    .attr_size = sizeof(pick_attr),
    .traits = WG_OP_PLAIN_ATTR | WG_OP_ADDS_GRADIENT,
    .shape = pick_shape,
    .forward_f64 = pick_f64,
    .forward_f32 = pick_f32,
    .expand = pick_expand,
    .backward_f64 = pick_backward_f64,
    .backward_f32 = pick_backward_f32};

/* One that is made of several: its gradient's own gradient is made of theirs. */
static wg_status several_f64(wg_op_context *op)
{
    const double *a = op->in[0], b = *(const double *)op->in[1];
    *(double *)op->out[0] = (a[0] * b + b) * (a[1] * b + b) * (a[0] * b + b);
    return WG_OK;
}

static wg_status several_backward_f64(wg_op_context *op)
{
    const double *a = op->in[0], b = *(const double *)op->in[1], g = *(const double *)op->upstream[0],
                 p = a[0] * b + b, q = a[1] * b + b;
    if (op->grad_in[0]) {
        ((double *)op->grad_in[0])[0] += g * 2 * p * q * b;
        ((double *)op->grad_in[0])[1] += g * p * p * b;
    }
    if (op->grad_in[1])
        *(double *)op->grad_in[1] = g * (2 * p * q * (a[0] + 1) + p * p * (a[1] + 1));
    return WG_OK;
}

static wg_status several_expand(wg_op_context *op, wg_var *results)
{
    wg_var p = wg_apply(&pick, op->arg, 2, &(pick_attr){0}), q = wg_apply(&pick, op->arg, 2, &(pick_attr){1});
    results[0] = wg_mul(wg_mul(p, q), p);
    return WG_OK;
}

static wg_status like_second(wg_op_context *op)
{
    op->out_shape[0] = *op->in_shape[1];
    return WG_OK;
}

static const wg_op several = {.name = "several",
    .arity = 2,
    .traits = WG_OP_ADDS_GRADIENT,
    .shape = like_second,
    .forward_f64 = several_f64,
    .forward_f32 = several_f64, /* never called */
    .expand = several_expand,
    .backward_f64 = several_backward_f64,
    .backward_f32 = several_backward_f64};

enum { WIDTH = 3, WAYS = 4 };
static const double as[WIDTH] = {0.7, -1.3, 2.1}, bs[1] = {0.3};

/* Uses of a, before and after which it is used as a whole; what is picked goes by both results, or by one. */
static wg_var program(const wg_op *op, wg_var a, wg_var b, int way)
{
    wg_tape *tape = wg_tape_of(a);
    wg_var y = way % 2 ? wg_sum(wg_tanh(a)) : wg_const_scalar(tape, 0);
    const size_t width = wg_count_of(a);
    for (size_t i = 0; i < 3; i++) {
        wg_var both[2] = {{0}};
        wg_apply_all(op, (wg_var[]){a, b}, 2, &(pick_attr){(i * i + 2) % width}, both);
        y = wg_add(y, wg_sum(wg_exp(i == 2 ? both[1] : both[0])));
        if (i == 0)
            y = wg_add(y, wg_sum(wg_sin(both[1])));
    }
    return way / 2 ? wg_add(y, wg_sum(wg_cos(a))) : y;
}

/* The vector is a leaf; or lies in between; or is a number; or is operand 1, too. */
typedef enum kind { LEAF, BETWEEN, NUMBER, BOTH, KINDS } kind;

typedef struct step {
    wg_var x, b, y;
    size_t count;
} step;

static step record(wg_tape *tape, const wg_op *op, kind k, int way)
{
    step s = {.count = k == NUMBER || k == BOTH ? 1 : WIDTH};
    s.x = k == NUMBER ? wg_scalar(tape, as[0]) : wg_leaf(tape, WG_DOUBLES(as, s.count));
    s.b = wg_leaf(tape, WG_DOUBLES(bs, 1));
    wg_var a = k == BETWEEN ? wg_mulc(s.x, 0.5) : s.x;
    s.y = program(op, a, k == BOTH ? a : s.b, way);
    ok(tape);
    return s;
}

static void gradients(const step *s, double g[WIDTH + 1])
{
    ck_assert_msg(wg_backward(s->y) == WG_OK, "%s", wg_tape_message(wg_tape_of(s->y)));
    ck_assert_int_eq(wg_read_grad(s->x, g, s->count), WG_OK);
    ck_assert_int_eq(wg_read_grad(s->b, g + s->count, 1), WG_OK);
}

static void near(const double *a, const double *b, size_t n, double tolerance, kind k, int way)
{
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(fabs(a[i] - b[i]) <= tolerance * fmax(1, fabs(b[i])),
            "kind %d, way %d, element %zu: %.17g and %.17g", (int)k, way, i, a[i], b[i]);
}

/* Sweeps with the kernel, by the expansion, and with a kernel that declines. */
START_TEST(a_sweep_adds)
{
    const wg_dtype dtype = _i ? WG_F32 : WG_F64;
    wg_op other = pick;
    for (int run = 0; run < 2 * KINDS * WAYS; run++) {
        kind k = (kind)(run % KINDS);
        int way = run / KINDS % WAYS;
        double by_kernel[WIDTH + 1], by_rule[WIDTH + 1];
        other.backward_f64 = other.backward_f32 = run < KINDS * WAYS ? NULL : declines;
        wg_tape *tape = new_tape(dtype, false, 1), *ruled = new_tape(dtype, false, 1);
        step s = record(tape, &pick, k, way), r = record(ruled, &other, k, way);
        gradients(&s, by_kernel);
        gradients(&r, by_rule);
        near(by_kernel, by_rule, s.count + 1, _i ? 1e-6 : 1e-14, k, way);
        wg_tape_free(tape), wg_tape_free(ruled);
    }
}
END_TEST

/* "gradient of pick" in wg_grad, and what is made of that. */
START_TEST(recorded_gradients)
{
    wg_op other = pick;
    other.backward_f64 = other.backward_f32 = NULL;
    for (int run = 0; run < KINDS * WAYS; run++) {
        kind k = (kind)(run % KINDS);
        int way = run / KINDS;
        double g[2][WIDTH + 1], first[2][WIDTH];
        for (int ruled = 0; ruled < 2; ruled++) {
            wg_tape *tape = new_tape(WG_F64, false, 1);
            step s = record(tape, ruled ? &other : &pick, k, way);
            wg_var slope = wg_grad1(s.y, s.x);
            ck_assert_int_eq(wg_read(slope, first[ruled], s.count), WG_OK);
            s.y = wg_sum(wg_mul(slope, wg_exp(slope)));
            gradients(&s, g[ruled]);
            near(first[ruled], first[0], s.count, 1e-14, k, way);
            near(g[ruled], g[0], s.count + 1, 1e-13, k, way);
            wg_tape_free(tape);
        }
    }
}
END_TEST

START_TEST(a_plan_has_the_bits_of_a_sweep)
{
    const wg_dtype dtype = _i ? WG_F32 : WG_F64;
    for (int run = 0; run < KINDS * WAYS; run++) {
        kind k = (kind)(run % KINDS);
        int way = run / KINDS;
        double swept[WIDTH + 1], planned[WIDTH + 1];
        wg_tape *tape = new_tape(dtype, false, 1);
        step s = record(tape, &pick, k, way);
        gradients(&s, swept);
        wg_error error = {0};
        wg_plan *plan = wg_plan_new(s.y, NULL, &error);
        ck_assert_msg(plan != NULL, "%s", error.message);
        for (int i = 0; i < 2; i++) {
            ck_assert_msg(wg_plan_run(plan) == WG_OK, "%s", wg_plan_message(plan));
            ck_assert_int_eq(wg_plan_read_grad(plan, s.x, planned, s.count), WG_OK);
            ck_assert_int_eq(wg_plan_read_grad(plan, s.b, planned + s.count, 1), WG_OK);
            near(planned, swept, s.count + 1, 0, k, way);
        }
        wg_plan_free(plan);
        wg_tape_free(tape);
    }
}
END_TEST

/* Gradients that will be differentiated begin with nothing, also where a plan records them. */
START_TEST(a_plan_of_second_order)
{
    double swept[WIDTH + 1], planned[WIDTH + 1];
    wg_tape *tape = new_tape(WG_F64, false, 1);
    step s = {
        .x = wg_leaf(tape, WG_DOUBLES(as, WIDTH)), .b = wg_leaf(tape, WG_DOUBLES(bs, 1)), .count = WIDTH};
    wg_var slope = wg_grad1(wg_sum(wg_apply2(&several, s.x, s.b)), s.x);
    s.y = wg_sum(wg_exp(slope));
    gradients(&s, swept);
    wg_error error = {0};
    wg_plan *plan = wg_plan_new(s.y, NULL, &error);
    ck_assert_msg(plan != NULL, "%s", error.message);
    ck_assert_msg(wg_plan_run(plan) == WG_OK, "%s", wg_plan_message(plan));
    ck_assert_int_eq(wg_plan_read_grad(plan, s.x, planned, WIDTH), WG_OK);
    ck_assert_int_eq(wg_plan_read_grad(plan, s.b, planned + WIDTH, 1), WG_OK);
    near(planned, swept, WIDTH + 1, 1e-14, LEAF, 0);
    wg_plan_free(plan);
    wg_tape_free(tape);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{a_sweep_adds, 2}, {recorded_gradients, 0},
        {a_plan_has_the_bits_of_a_sweep, 2}, {a_plan_of_second_order, 0}};
    return harness_run("adds_gradient", tests, sizeof tests / sizeof tests[0]);
}
