/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Every operation in a plan: results, gradients and loss have the bits of recording and wg_backward. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <wengert/math.h>
#include <wengert/plan.h>

#include "alloc.h"
#include "harness.h"
#include "op_cases.h"

/* A case's operands as parameters of memory of our own: the plan writes gradients there. */
typedef struct step {
    wg_tape *tape;
    wg_dtype dtype;
    void *value[WG_MAX_SAMPLE_ARGS], *gradient[WG_MAX_SAMPLE_ARGS];
    bool zero[WG_MAX_SAMPLE_ARGS];
    void *bias[WG_MAX_SAMPLE_ARGS]; /* gradients */
    size_t bias_bytes[WG_MAX_SAMPLE_ARGS];
    wg_var x[WG_MAX_SAMPLE_ARGS], y[WG_MAX_RESULTS], after[WG_MAX_RESULTS], loss;
} step;

static void *converted(const op_case *c, size_t i, wg_dtype dtype)
{
    void *numbers = malloc((c->size[i] + 1) * wg_dtype_size(dtype));
    for (size_t j = 0; j < c->size[i]; j++)
        if (dtype == WG_F32)
            ((float *)numbers)[j] = (float)c->real[i][j];
        else
            ((double *)numbers)[j] = c->real[i][j];
    return numbers;
}

/* Maps in front of operand i, for the plan to join to the operation's gradient, and to sum up: a factor of
 * one, and a zero for each channel, which is a parameter. */
static wg_var behind_maps(step *s, const op_case *c, size_t i)
{
    static const double zeros[256];
    wg_shape shape = wg_shape_of(s->x[i]);
    size_t channels = shape.rank > 1 ? shape.dim[1] : 1;
    for (size_t axis = 0; axis < shape.rank; axis++)
        shape.dim[axis] = axis == 1 ? channels : 1;
    ck_assert_uint_le(channels * wg_dtype_size(s->dtype), sizeof zeros);
    s->bias_bytes[i] = channels * wg_dtype_size(s->dtype);
    s->bias[i] = calloc(channels + 1, wg_dtype_size(s->dtype));
    wg_var bias = wg_bind(s->tape, &(wg_binding){.owner = c,
                                       .index = WG_MAX_SAMPLE_ARGS + i,
                                       .name = "bias",
                                       .dtype = s->dtype,
                                       .shape = shape,
                                       .data = (void *)(uintptr_t)zeros,
                                       .gradient = s->bias[i]});
    return wg_mulc(wg_add(wg_mulc(s->x[i], 1), bias), 1);
}

/* Records the case; operands that want a gradient as parameters, the others as inputs, which stay without a
 * value if there is to be a plan. */
static step record(const op_case *c, wg_dtype dtype, bool planned, bool maps)
{
    step s = {.tape = op_case_tape(c, dtype), .dtype = dtype};
    for (size_t i = 0; i < c->count; i++) {
        wg_array array = op_case_array(c, i);
        if (!op_case_differentiable(c, i)) {
            s.x[i] = planned ? wg_input_of(s.tape, array.dtype == WG_I32 ? WG_I32 : dtype, array.shape)
                             : wg_input(s.tape, array);
            continue;
        }
        s.value[i] = converted(c, i, dtype);
        s.gradient[i] = calloc(c->size[i] + 1, wg_dtype_size(dtype));
        s.x[i] = wg_bind(s.tape, &(wg_binding){.owner = c,
                                     .index = i,
                                     .name = "x",
                                     .dtype = dtype,
                                     .shape = array.shape,
                                     .data = s.value[i],
                                     .gradient = s.gradient[i]});
        if (maps)
            s.x[i] = behind_maps(&s, c, i);
    }
    wg_status status = op_case_apply(c, c->op, s.x, s.y);
    ck_assert_msg(status == WG_OK, "%s", op_case_name(c, s.tape));
    for (size_t i = 0; i < c->results; i++) { /* maps, for the plan to join to the operation */
        bool real = wg_dtype_of(s.y[i]) != WG_I32;
        s.after[i] = real ? wg_tanh(wg_addc(wg_mulc(s.y[i], 0.5), 0.25)) : s.y[i];
    }
    s.loss = op_case_project(s.after, c->results, 0);
    return s;
}

static void step_free(step *s)
{
    wg_tape_free(s->tape);
    for (size_t i = 0; i < WG_MAX_SAMPLE_ARGS; i++)
        free(s->value[i]), free(s->gradient[i]), free(s->bias[i]);
}

static void same_bits(const op_case *c, const char *what, const void *a, const void *b, size_t bytes)
{
    ck_assert_msg(bytes == 0 || (a && b && memcmp(a, b, bytes) == 0), "%s: %s", op_case_name(c, NULL), what);
}

static void compare(const op_case *c, const step *eager, const step *planned, const wg_plan *plan, bool kept)
{
    double loss = wg_plan_item(plan, planned->loss);
    same_bits(c, "loss", &(double){wg_item(eager->loss)}, &loss, sizeof loss);
    for (size_t i = 0; i < c->results && kept; i++)
        same_bits(c, "result", wg_data(eager->y[i]), wg_plan_array(plan, planned->y[i]).data,
            wg_count_of(eager->y[i]) * wg_dtype_size(wg_dtype_of(eager->y[i])));
    for (size_t i = 0; i < c->count; i++)
        if (eager->gradient[i] && !(c->op->traits & WG_OP_ZERO_GRADIENT))
            same_bits(c, "gradient", eager->gradient[i], planned->gradient[i],
                c->size[i] * wg_dtype_size(eager->dtype));
    for (size_t i = 0; i < c->count; i++)
        if (eager->bias[i] && !(c->op->traits & WG_OP_ZERO_GRADIENT))
            same_bits(c, "gradient of a bias", eager->bias[i], planned->bias[i], eager->bias_bytes[i]);
}

/* With its results kept, and with memory that is written over as soon as it may be. */
static void check_case(const op_case *c, wg_dtype dtype, bool kept, bool maps)
{
    step eager = record(c, dtype, false, maps), planned = record(c, dtype, true, maps);
    wg_error error = {0};
    if (!wg_is_valid(eager.loss)) { /* it has integer results only */
        step_free(&eager), step_free(&planned);
        return;
    }
    ck_assert_msg(wg_backward(eager.loss) == WG_OK, "%s", op_case_name(c, eager.tape));
    wg_plan *plan =
        wg_plan_new(planned.loss, &(wg_plan_options){.keep = planned.y, .keep_count = c->results}, &error);
    ck_assert_msg(plan != NULL, "%s: %s", op_case_name(c, planned.tape), error.message);
    for (size_t i = 0; i < c->count; i++)
        if (!op_case_differentiable(c, i))
            ck_assert_int_eq(wg_plan_set(plan, planned.x[i], op_case_array(c, i)), WG_OK);
    for (int run = 0; run < 2; run++) {
        for (size_t i = 0; i < c->count; i++)
            if (planned.gradient[i])
                memset(planned.gradient[i], 0x55, c->size[i] * wg_dtype_size(dtype));
        wg_plan_set_run_number(plan, UINT64_MAX); /* the next is run 0, as the eager one was */
        ck_assert_msg(wg_plan_run(plan) == WG_OK, "%s: %s", op_case_name(c, NULL), wg_plan_message(plan));
        compare(c, &eager, &planned, plan, kept);
    }
    wg_plan_free(plan);
    step_free(&eager), step_free(&planned);
}

START_TEST(plans_give_the_same_bits)
{
    const wg_op *op = op_case_op((size_t)_i);
    for (size_t k = 0; k < op_case_count(op); k++) {
        op_case c = op_case_new(op, k);
        for (int way = 0; way < 4; way++) {
            check_case(&c, WG_F64, way & 1, way & 2);
            check_case(&c, WG_F32, way & 1, way & 2);
        }
        op_case_free(&c);
    }
}
END_TEST

/* ---- Second order ----------------------------------------------------------------------------------- */

/* The loss of a recorded step becomes a sum over the gradients of what it was. */
static void differentiate(step *s, const op_case *c)
{
    wg_var x[WG_MAX_SAMPLE_ARGS], g[WG_MAX_SAMPLE_ARGS];
    size_t count = 0;
    for (size_t i = 0; i < c->count; i++)
        if (op_case_differentiable(c, i))
            x[count++] = s->x[i];
    ck_assert_msg(wg_grad(&s->loss, 1, NULL, x, count, g) == WG_OK, "%s", op_case_name(c, s->tape));
    s->loss = op_case_project(g, count, 1);
}

static void check_second_order(const op_case *c, wg_dtype dtype)
{
    step eager = record(c, dtype, false, false), planned = record(c, dtype, true, false);
    wg_error error = {0};
    differentiate(&eager, c), differentiate(&planned, c);
    ck_assert_msg(wg_backward(eager.loss) == WG_OK, "%s", op_case_name(c, eager.tape));
    wg_plan *plan = wg_plan_new(planned.loss, &(wg_plan_options){.layout = WG_LAYOUT_ROWS}, &error);
    ck_assert_msg(plan != NULL, "%s: %s", op_case_name(c, planned.tape), error.message);
    for (size_t i = 0; i < c->count; i++)
        if (!op_case_differentiable(c, i))
            ck_assert_int_eq(wg_plan_set(plan, planned.x[i], op_case_array(c, i)), WG_OK);
    wg_plan_set_run_number(plan, UINT64_MAX);
    ck_assert_msg(wg_plan_run(plan) == WG_OK, "%s: %s", op_case_name(c, NULL), wg_plan_message(plan));
    compare(c, &eager, &planned, plan, false);
    wg_plan_free(plan);
    step_free(&eager), step_free(&planned);
}

static bool has_gradients(const op_case *c)
{
    bool any = false;
    for (size_t i = 0; i < c->count; i++)
        any |= op_case_differentiable(c, i);
    return any && !(c->op->traits & WG_OP_ZERO_GRADIENT);
}

START_TEST(plans_of_gradients_give_the_same_bits)
{
    const wg_op *op = op_case_op((size_t)_i);
    for (size_t k = 0; k < op_case_count(op); k++) {
        op_case c = op_case_new(op, k);
        if (has_gradients(&c)) {
            check_second_order(&c, WG_F64);
            check_second_order(&c, WG_F32);
        }
        op_case_free(&c);
    }
}
END_TEST

/* ---- Leaves ----------------------------------------------------------------------------------------- */

/* A recording whose operands are leaves, where they want a gradient: recorded by wg_leaf, not bound. */
static step record_leaves(const op_case *c, wg_dtype dtype)
{
    step s = {.tape = op_case_tape(c, dtype), .dtype = dtype};
    for (size_t i = 0; i < c->count; i++)
        s.x[i] = op_case_differentiable(c, i) ? wg_leaf(s.tape, op_case_array(c, i))
                                              : wg_input(s.tape, op_case_array(c, i));
    wg_status status = op_case_apply(c, c->op, s.x, s.y);
    ck_assert_msg(status == WG_OK, "%s", op_case_name(c, s.tape));
    s.loss = op_case_project(s.y, c->results, 0);
    return s;
}

/* One gradient: of a tensor the bits; what is added to a number's may be added in another order. */
static void same_gradient(const op_case *c, const step *s, const wg_plan *plan, size_t i)
{
    size_t count = wg_count_of(s->x[i]), bytes = (count + 1) * sizeof(double);
    double *eager = malloc(bytes), *planned = malloc(bytes);
    wg_status status = wg_plan_read_grad(plan, s->x[i], planned, count);
    ck_assert_msg(status == WG_OK, "%s, leaf %zu: %s", op_case_name(c, NULL), i, wg_plan_message(plan));
    ck_assert_msg(wg_read_grad(s->x[i], eager, count) == WG_OK, "%s", op_case_name(c, s->tape));
    for (size_t j = 0; j < count; j++) {
        double tolerance = wg_shape_of(s->x[i]).rank ? 0 : 1e-13 * fmax(1, fabs(eager[j]));
        bool alike = memcmp(&eager[j], &planned[j], sizeof(double)) == 0 || eager[j] == planned[j];
        ck_assert_msg(alike || fabs(eager[j] - planned[j]) <= tolerance,
            "%s, leaf %zu[%zu]: %.17g, not %.17g", op_case_name(c, NULL), i, j, planned[j], eager[j]);
    }
    free(eager), free(planned);
}

static void check_leaves(const op_case *c, wg_dtype dtype)
{
    step s = record_leaves(c, dtype);
    wg_error error = {0};
    if (!wg_is_valid(s.loss)) {
        step_free(&s);
        return;
    }
    ck_assert_msg(wg_backward(s.loss) == WG_OK, "%s", op_case_name(c, s.tape));
    wg_plan *plan = wg_plan_new(s.loss, NULL, &error);
    ck_assert_msg(plan != NULL, "%s: %s", op_case_name(c, NULL), error.message);
    for (int run = 0; run < 2; run++) {
        wg_plan_set_run_number(plan, wg_tape_run_number(s.tape) - 1);
        ck_assert_msg(wg_plan_run(plan) == WG_OK, "%s: %s", op_case_name(c, NULL), wg_plan_message(plan));
        for (size_t i = 0; i < c->count; i++)
            if (op_case_differentiable(c, i) && !(c->op->traits & WG_OP_ZERO_GRADIENT) && wg_has_grad(s.x[i]))
                same_gradient(c, &s, plan, i);
    }
    wg_plan_free(plan);
    step_free(&s);
}

START_TEST(gradients_of_leaves)
{
    const wg_op *op = op_case_op((size_t)_i);
    for (size_t k = 0; k < op_case_count(op); k++) {
        op_case c = op_case_new(op, k);
        check_leaves(&c, WG_F64);
        check_leaves(&c, WG_F32);
        op_case_free(&c);
    }
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{plans_give_the_same_bits, (int)op_case_ops()},
        {plans_of_gradients_give_the_same_bits, (int)op_case_ops()},
        {gradients_of_leaves, (int)op_case_ops()}};
    return harness_run("plan_ops", tests, sizeof tests / sizeof tests[0]);
}
