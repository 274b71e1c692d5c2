/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Operations of a user's: what the record may ask of the engine, and what the engine says of a record that is
 * wrong. (The loops over the op table run over good ones, see op_custom.c.) */

#include <stdint.h>
#include <string.h>
#include <wengert/math.h>
#include <wengert/op.h>
#include <wengert/plan.h>
#include <wengert/random.h>
#include <wengert/reduce.h>

#include "harness.h"

static wg_tape *new_tape(wg_dtype dtype)
{
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = dtype, .seed = 7, .threads = 1});
    ck_assert_ptr_nonnull(tape);
    return tape;
}

static wg_var vector(wg_tape *tape)
{
    const double values[3] = {1, 2, 4};
    return wg_leaf(tape, WG_DOUBLES(values, 3));
}

static void check_grad(wg_var x, double a, double b, double c)
{
    double grad[3];
    ck_assert_int_eq(wg_read_grad(x, grad, 3), WG_OK);
    ck_assert_double_eq(grad[0], a);
    ck_assert_double_eq(grad[1], b);
    ck_assert_double_eq(grad[2], c);
}

/* y = x, with the true rule. */
static wg_status copy_f64(wg_op_context *op)
{
    memcpy(op->out[0], op->in[0], op->count * sizeof(double));
    return WG_OK;
}

static wg_status copy_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    (void)op;
    grad_in[0] = g[0];
    return WG_OK;
}

static const wg_op copy = {
    .name = "copy", .arity = 1, .shape = wg_shape_like_first, .forward_f64 = copy_f64, .vjp = copy_vjp};

/* ---- Records that are refused */

static void check_refused(const wg_op *op, wg_status expected, const char *text)
{
    wg_tape *tape = new_tape(WG_F64);
    wg_var y = wg_apply1(op, vector(tape));
    ck_assert(!wg_is_valid(y));
    ck_assert_msg(wg_tape_status(tape) == expected, "%s", wg_status_name(wg_tape_status(tape)));
    ck_assert_msg(
        strstr(wg_tape_message(tape), text) != NULL, "\"%s\" is not in \"%s\"", text, wg_tape_message(tape));
    wg_tape_free(tape);
}

static wg_status fail_shape(wg_op_context *op)
{
    return wg_op_fail(op, WG_BAD_SHAPE, "no shape will do, not even %s", wg_op_operand(op, 0));
}

static wg_status huge_shape(wg_op_context *op)
{
    op->out_shape[0] = WG_SHAPE(SIZE_MAX, 2);
    return WG_OK;
}

static wg_status bytes_overflow_shape(wg_op_context *op)
{
    op->out_shape[0] = WG_SHAPE(SIZE_MAX / 2);
    return WG_OK;
}

static wg_status fail_forward(wg_op_context *op)
{
    return wg_op_fail(op, WG_BAD_INDEX, "label 12 of 10");
}

static wg_status mute_failure(wg_op_context *op)
{
    (void)op;
    return WG_NUMBER;
}

START_TEST(records_that_are_refused)
{
    wg_op op = copy;
    op.vjp = NULL;
    check_refused(&op, WG_INVALID, "copy: has neither vjp nor expand");
    op = copy, op.shape = NULL;
    check_refused(&op, WG_INVALID, "copy: has no shape rule");
    op = copy, op.name = NULL;
    check_refused(&op, WG_INVALID, "has no name");
    op = copy, op.results = WG_MAX_RESULTS + 1;
    check_refused(&op, WG_INVALID, "copy: at most 8 results");
    op = copy, op.forward_f64 = NULL;
    check_refused(&op, WG_BAD_DTYPE, "copy: has no forward function for f64");
    op = copy, op.shape = fail_shape;
    check_refused(&op, WG_BAD_SHAPE, "copy: no shape will do, not even operand 0 [3]");
    op = copy, op.shape = huge_shape;
    check_refused(&op, WG_OVERFLOW, "copy: a result of shape");
    op = copy, op.shape = bytes_overflow_shape;
    check_refused(&op, WG_OVERFLOW, "copy: a result of shape");
    op = copy, op.forward_f64 = fail_forward;
    check_refused(&op, WG_BAD_INDEX, "copy: label 12 of 10");
    op = copy, op.forward_f64 = mute_failure;
    check_refused(&op, WG_NUMBER, "copy: a value is not finite");
}
END_TEST

START_TEST(a_float_tape_needs_a_float_kernel)
{
    wg_tape *tape = new_tape(WG_F32);
    ck_assert(!wg_is_valid(wg_apply1(&copy, vector(tape))));
    ck_assert_int_eq(wg_tape_status(tape), WG_BAD_DTYPE);
    ck_assert_str_eq(wg_tape_message(tape), "copy: has no forward function for f32");
    wg_tape_free(tape);
}
END_TEST

START_TEST(null_arguments)
{
    wg_tape *tape = new_tape(WG_F64);
    wg_var x = vector(tape), y;
    ck_assert(!wg_is_valid(wg_apply(NULL, &x, 1, NULL)));
    ck_assert_int_eq(wg_apply_all(&copy, &x, 1, NULL, NULL), WG_INVALID);
    ck_assert_int_eq(wg_apply_all(&copy, NULL, 1, NULL, &y), WG_INVALID);
    wg_tape_free(tape);
}
END_TEST

/* ---- Rules that are wrong */

static wg_status wrong_shape_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    (void)op;
    grad_in[0] = wg_sum(g[0]);
    return WG_OK;
}

static wg_status no_var_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    (void)g;
    grad_in[0] = op->arg[0];
    grad_in[0].node = 100000;
    return WG_OK;
}

static wg_status failing_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    (void)op;
    grad_in[0] = wg_add(g[0], wg_full(op->tape, WG_SHAPE(7), 1));
    return WG_OK;
}

static wg_status status_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    (void)op, (void)g, (void)grad_in;
    return WG_NUMBER;
}

static void check_rule_fails(wg_op op, wg_status expected, const char *text)
{
    wg_tape *tape = new_tape(WG_F64);
    wg_var x = vector(tape), y = wg_sum(wg_apply1(&op, x));
    ck_assert_int_eq(wg_tape_status(tape), WG_OK);
    size_t nodes = wg_tape_node_count(tape);
    wg_status status = wg_backward(y);
    ck_assert_msg(status == expected, "%s", wg_status_name(status));
    ck_assert_msg(
        strstr(wg_tape_message(tape), text) != NULL, "\"%s\" is not in \"%s\"", text, wg_tape_message(tape));
    ck_assert(!wg_has_grad(x)); /* a failed sweep leaves no half gradients, and nothing on the tape */
    ck_assert_uint_eq(wg_tape_node_count(tape), nodes);
    wg_tape_free(tape);

    tape = new_tape(WG_F64);
    x = vector(tape), y = wg_sum(wg_apply1(&op, x));
    ck_assert(!wg_is_valid(wg_grad1(y, x)));
    ck_assert_int_eq(wg_tape_status(tape), expected);
    wg_tape_free(tape);
}

START_TEST(rules_that_are_wrong)
{
    wg_op op = copy;
    op.vjp = wrong_shape_vjp;
    check_rule_fails(op, WG_BAD_SHAPE, "copy: its rule returned a gradient f64 [] for operand 0 [3]");
    op.vjp = no_var_vjp;
    check_rule_fails(op, WG_INVALID, "copy: its rule returned no var for operand 0");
    op.vjp = failing_vjp;
    check_rule_fails(op, WG_BAD_SHAPE, "add: shapes do not broadcast");
    op.vjp = status_vjp;
    check_rule_fails(op, WG_NUMBER, "copy: its rule failed");
}
END_TEST

static wg_status declining_backward(wg_op_context *op)
{
    return op->grad_in[0] ? WG_DECLINED : WG_INVALID;
}

static wg_status failing_backward(wg_op_context *op)
{
    return wg_op_fail(op, WG_NUMBER, "not today");
}

START_TEST(a_kernel_may_decline_or_fail)
{
    wg_tape *tape = new_tape(WG_F64);
    wg_op op = copy;
    op.backward_f64 = declining_backward;
    wg_var x = vector(tape);
    ck_assert_int_eq(wg_backward(wg_sum(wg_square(wg_apply1(&op, x)))), WG_OK);
    check_grad(x, 2, 4, 8);
    op.backward_f64 = failing_backward;
    x = vector(tape);
    ck_assert_int_eq(wg_backward(wg_sum(wg_apply1(&op, x))), WG_NUMBER);
    ck_assert_ptr_nonnull(strstr(wg_tape_message(tape), "copy: not today"));
    wg_tape_free(tape);
}
END_TEST

/* ---- Gradients whose memory is shared */

static wg_status plus_f64(wg_op_context *op)
{
    const double *a = op->in[0], *b = op->in[1];
    double *y = op->out[0];
    for (size_t i = 0; i < op->count; i++)
        y[i] = a[i] + b[i];
    return WG_OK;
}

/* Both operands get the same var. */
static wg_status plus_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    (void)op;
    grad_in[0] = grad_in[1] = g[0];
    return WG_OK;
}

static const wg_op plus = {
    .name = "plus", .arity = 2, .shape = wg_shape_all_equal, .forward_f64 = plus_f64, .vjp = plus_vjp};

/* What plus_f64 could not read is refused, in both orders; of several operands, any one may be the odd one.
 */
START_TEST(unequal_shapes_are_refused)
{
    static const wg_shape shapes[] = {
        {0}, {1, {1}}, {1, {3}}, {1, {4}}, {2, {1, 3}}, {2, {3, 1}}, {2, {3, 3}}, {1, {0}}, {2, {0, 3}}};
    enum { SHAPES = sizeof shapes / sizeof shapes[0] };
    wg_op triple = plus;
    triple.arity = 3;
    for (size_t i = 0; i < SHAPES; i++)
        for (size_t j = 0; j < SHAPES; j++) {
            wg_tape *tape = wg_tape_new(NULL);
            wg_var a = wg_set_name(wg_full(tape, shapes[i], 1), "a");
            wg_var b = wg_set_name(wg_full(tape, shapes[j], 2), "b"), y = wg_apply2(&plus, a, b);
            ck_assert_int_eq(wg_tape_status(tape), i == j ? WG_OK : WG_BAD_SHAPE);
            ck_assert_int_eq(wg_is_valid(y), i == j);
            if (i != j) {
                ck_assert_ptr_nonnull(strstr(wg_tape_message(tape), "plus: shapes are not equal: a "));
                ck_assert_ptr_nonnull(strstr(wg_tape_message(tape), " and b "));
            }
            for (size_t odd = 0; odd < 3 && i != j; odd++) {
                wg_tape_reset(tape);
                wg_var x[3];
                for (size_t k = 0; k < 3; k++)
                    x[k] = wg_full(tape, shapes[k == odd ? i : j], 1);
                ck_assert(!wg_is_valid(wg_apply(&triple, x, 3, NULL)));
                ck_assert_int_eq(wg_tape_status(tape), WG_BAD_SHAPE);
            }
            wg_tape_free(tape);
        }
    wg_tape *tape = wg_tape_new(NULL);
    const int32_t n[3] = {1, 2, 3};
    wg_apply2(&plus, vector(tape), wg_input(tape, WG_INTS(n, 3)));
    ck_assert_int_eq(wg_tape_status(tape), WG_BAD_DTYPE);
    wg_tape_free(tape);
}
END_TEST

START_TEST(a_shared_gradient_is_not_added_to)
{
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.keep_grads = true});
    wg_var x = vector(tape), z = vector(tape), s = wg_apply2(&plus, x, z), t = wg_apply2(&plus, s, x);
    wg_var u = wg_apply2(&plus, t, t);
    ck_assert_int_eq(wg_backward(wg_sum(wg_mul(u, vector(tape)))), WG_OK);
    check_grad(u, 1, 2, 4);
    check_grad(t, 2, 4, 8);
    check_grad(s, 2, 4, 8);
    check_grad(z, 2, 4, 8);
    check_grad(x, 4, 8, 16);
    wg_tape_free(tape);
}
END_TEST

/* ---- Zeros: an entry left as it is, or a var that is all zeros */

static wg_status zero_for_second_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    (void)op;
    grad_in[0] = g[0];
    grad_in[1] = (wg_var){0};
    return WG_OK;
}

static wg_status nothing_for_second_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    (void)op;
    grad_in[0] = g[0];
    return WG_OK;
}

static wg_status all_zero_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    (void)g;
    for (size_t i = 0; i < op->arity; i++)
        grad_in[i] = (wg_var){0};
    return WG_OK;
}

/* y = a + b, where the rule says that b, or both, get nothing: swept, recorded, recorded twice, planned. */
START_TEST(a_rule_says_zero)
{
    wg_op op = plus;
    op.vjp = _i == 0 ? zero_for_second_vjp : _i == 1 ? nothing_for_second_vjp : all_zero_vjp;
    const double first = _i == 2 ? 0 : 1;
    wg_tape *tape = new_tape(WG_F64);
    wg_var x = vector(tape), z = vector(tape), y = wg_sum(wg_mul(wg_apply2(&op, x, z), z));
    ck_assert_int_eq(wg_backward(y), WG_OK);
    check_grad(z, 2, 4, 8); /* by way of the product */
    if (first != 0)
        check_grad(x, 1, 2, 4);
    wg_var d[2], both[2] = {x, z};
    double got[3];
    ck_assert_int_eq(wg_grad(&y, 1, NULL, both, 2, d), WG_OK);
    ck_assert_int_eq(wg_read(d[0], got, 3), WG_OK);
    ck_assert_double_eq(got[2], 4 * first);
    ck_assert_int_eq(wg_read(wg_grad1(wg_sum(d[1]), x), got, 3), WG_OK); /* d[1] = x + z */
    ck_assert_double_eq(got[2], first);
    wg_var a = wg_scalar(tape, 3), b = wg_scalar(tape, 5);
    wg_plan *plan = wg_plan_new(wg_mul(wg_apply2(&op, a, b), b), NULL, NULL);
    ck_assert_ptr_nonnull(plan);
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert_double_eq(wg_plan_item_grad(plan, b), 8);
    ck_assert_double_eq(wg_plan_item_grad(plan, a), 5 * first);
    wg_plan_free(plan);
    wg_tape_free(tape);
}
END_TEST

/* ---- Attributes, names, scratch memory, many operands, random numbers */

typedef struct powers_attr {
    double factor;
} powers_attr;

/* y = factor * sum over the operands of (i + 1) x_i */
static wg_status weighted_f64(wg_op_context *op)
{
    const powers_attr *attr = op->attr;
    double *sum = wg_op_scratch(op, op->count * sizeof *sum), *y = op->out[0];
    if (!sum || (uintptr_t)sum % 64 != 0)
        return WG_OUT_OF_MEMORY;
    for (size_t j = 0; j < op->count; j++)
        sum[j] = 0;
    for (size_t i = 0; i < op->arity; i++)
        for (size_t j = 0; j < op->count; j++)
            sum[j] += (double)(i + 1) * ((const double *)op->in[i])[j];
    for (size_t j = 0; j < op->count; j++)
        y[j] = attr->factor * sum[j];
    return WG_OK;
}

static wg_status weighted_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    const powers_attr *attr = op->attr;
    for (size_t i = 0; i < op->arity; i++)
        if (op->wanted[i])
            grad_in[i] = wg_mulc(g[0], attr->factor * (double)(i + 1));
    return WG_OK;
}

static wg_status weighted_backward_f64(wg_op_context *op)
{
    const powers_attr *attr = op->attr;
    const double *g = op->upstream[0];
    for (size_t i = 0; i < op->arity; i++)
        for (size_t j = 0; op->grad_in[i] && j < op->count; j++)
            ((double *)op->grad_in[i])[j] = attr->factor * (double)(i + 1) * g[j];
    return WG_OK;
}

START_TEST(many_operands_and_attributes)
{
    wg_op weighted = {.name = "weighted",
        .arity = WG_VARIADIC,
        .attr_size = sizeof(powers_attr),
        .shape = wg_shape_all_equal,
        .forward_f64 = weighted_f64,
        .vjp = weighted_vjp};
    for (int fused = 0; fused < 2; fused++) {
        wg_tape *tape = new_tape(WG_F64);
        wg_var x[20];
        for (int i = 0; i < 20; i++)
            x[i] = i == 5 ? wg_detach(vector(tape)) : vector(tape);
        powers_attr attr = {.factor = 2};
        weighted.backward_f64 = fused ? weighted_backward_f64 : NULL;
        wg_var y = wg_apply(&weighted, x, 20, &attr);
        attr.factor = 99; /* the tape has its own copy */
        double values[3];
        ck_assert_int_eq(wg_read(y, values, 3), WG_OK);
        ck_assert_double_eq(values[2], 2 * 210 * 4);
        ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
        check_grad(x[0], 2, 2, 2);
        check_grad(x[19], 40, 40, 40);
        wg_var operands[32];
        ck_assert_uint_eq(wg_operands_of(y, operands, 32), 20);
        ck_assert_uint_eq(wg_node_of(operands[19]), wg_node_of(x[19]));
        ck_assert_ptr_eq(wg_op_of(y), &weighted);
        ck_assert_double_eq(((const powers_attr *)wg_attr_of(y))->factor, 2);
        ck_assert_int_eq(wg_read(wg_apply(&weighted, x, 20, NULL), values, 3), WG_OK);
        ck_assert_double_eq(values[2], 0); /* no attributes are zeros */
        wg_tape_free(tape);
    }
}
END_TEST

START_TEST(messages_have_names_and_scopes)
{
    wg_tape *tape = new_tape(WG_F64);
    wg_op op = copy;
    op.shape = fail_shape;
    wg_var h = wg_set_name(vector(tape), "h1");
    wg_scope_push(tape, "encoder");
    wg_apply1(&op, h);
    ck_assert_str_eq(wg_tape_message(tape), "encoder: copy: no shape will do, not even h1 [3]");
    wg_tape_free(tape);
}
END_TEST

static wg_status noise_f64(wg_op_context *op)
{
    wg_random r = {.seed = op->random.seed, .stream = op->random.ordinal};
    r.position = op->random.run << 32;
    const double *x = op->in[0];
    double *y = op->out[0];
    for (size_t i = 0; i < op->count; i++)
        y[i] = x[i] + wg_random_uniform(&r);
    return WG_OK;
}

static const wg_op noise = {.name = "noise",
    .arity = 1,
    .traits = WG_OP_RANDOM,
    .shape = wg_shape_like_first,
    .forward_f64 = noise_f64,
    .vjp = copy_vjp};

START_TEST(random_numbers_are_keyed_by_seed_ordinal_and_run)
{
    wg_tape *tape = new_tape(WG_F64), *same = new_tape(WG_F64);
    wg_tape *other = wg_tape_new(&(wg_tape_options){.seed = 8});
    wg_var x = wg_scalar(tape, 0), a = wg_apply1(&noise, x), b = wg_apply1(&noise, x);
    double first = wg_item(a);
    ck_assert_double_ne(first, wg_item(b));
    ck_assert_double_eq(first, wg_item(wg_apply1(&noise, wg_scalar(same, 0))));
    ck_assert_double_ne(first, wg_item(wg_apply1(&noise, wg_scalar(other, 0))));
    ck_assert_int_eq(wg_replay(tape), WG_OK);
    double second = wg_item(a);
    ck_assert_double_ne(first, second);
    wg_tape_reset(same);
    ck_assert_double_eq(second, wg_item(wg_apply1(&noise, wg_scalar(same, 0))));
    wg_tape_free(tape);
    wg_tape_free(same);
    wg_tape_free(other);
}
END_TEST

static wg_status count_effect(wg_op_context *op)
{
    int *const *counter = op->attr;
    ++**counter;
    return WG_OK;
}

START_TEST(effects_happen_once_per_training_run)
{
    int count = 0, *counter = &count;
    wg_op op = copy;
    op.traits = WG_OP_EFFECT, op.effect = count_effect, op.attr_size = sizeof counter;
    wg_tape *tape = new_tape(WG_F64);
    wg_var x = vector(tape);
    wg_apply(&op, &x, 1, &counter);
    ck_assert_int_eq(count, 0); /* evaluation */
    wg_tape_set_training(tape, true);
    wg_var y = wg_sum(wg_square(wg_apply(&op, &x, 1, &counter)));
    ck_assert_int_eq(count, 1);
    ck_assert_int_eq(wg_backward(y), WG_OK);
    ck_assert(wg_is_valid(wg_grad1(y, x)));
    ck_assert_int_eq(count, 1);
    ck_assert_int_eq(wg_replay(tape), WG_OK);
    ck_assert_int_eq(count, 2);
    wg_var nothing = wg_input_of(tape, WG_F64, WG_SHAPE(3));
    ck_assert(wg_is_valid(wg_apply(&op, &nothing, 1, &counter)));
    ck_assert_int_eq(count, 2);
    wg_tape_free(tape);
}
END_TEST

/* ---- The table */

START_TEST(the_table_finds_by_name)
{
    size_t count;
    const wg_op *const *table = wg_op_table(&count);
    ck_assert_uint_gt(count, 100);
    for (size_t i = 0; i < count; i++) {
        ck_assert_msg(wg_op_find(table[i]->name) == table[i], "two operations are called %s", table[i]->name);
        ck_assert_msg(table[i]->vjp || table[i]->expand || table[i]->traits & WG_OP_ZERO_GRADIENT,
            "%s has no rule", table[i]->name);
    }
    ck_assert_ptr_null(wg_op_find("no such operation"));
    ck_assert_ptr_null(wg_op_find(NULL));
}
END_TEST

/* A user may take one of our records as a pattern: under another name it computes the same. */
START_TEST(a_copy_of_a_record_works)
{
    wg_op twin = *wg_op_find("square");
    twin.name = "twin";
    wg_tape *tape = new_tape(WG_F64);
    wg_var x = vector(tape), y = wg_apply1(&twin, x);
    ck_assert_int_eq(wg_backward(wg_sum(y)), WG_OK);
    check_grad(x, 2, 4, 8);
    ck_assert_str_eq(wg_op_of(y)->name, "twin");
    wg_tape_free(tape);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{records_that_are_refused, 1}, {a_float_tape_needs_a_float_kernel, 1},
        {null_arguments, 1}, {rules_that_are_wrong, 1}, {a_kernel_may_decline_or_fail, 1},
        {unequal_shapes_are_refused, 1}, {a_shared_gradient_is_not_added_to, 1}, {a_rule_says_zero, 3},
        {many_operands_and_attributes, 1}, {messages_have_names_and_scopes, 1},
        {random_numbers_are_keyed_by_seed_ordinal_and_run, 1}, {effects_happen_once_per_training_run, 1},
        {the_table_finds_by_name, 1}, {a_copy_of_a_record_works, 1}};
    return harness_run("custom_op", tests, sizeof tests / sizeof tests[0]);
}
