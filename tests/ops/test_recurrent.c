/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The operations lstm and gru: against plain loops, and against the same built of small operations, to the
 * second order. */

#include "recurrent.h"

/* ---- Against plain loops --------------------------------------------------------------------------- */

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* z = h weight for one sample */
static void product(size_t hidden, size_t width, const double *h, const double *weight, double *z)
{
    for (size_t j = 0; j < width; j++) {
        z[j] = 0;
        for (size_t i = 0; i < hidden; i++)
            z[j] += h[i] * weight[i * width + j];
    }
}

static void lstm_loop(const cell *s, double *const x[4], double *y, double *c)
{
    size_t n = s->samples, H = s->hidden;
    double *z = calloc(4 * H + 1, sizeof *z);
    memcpy(c, x[2], n * H * sizeof *c);
    for (size_t t = 0; t < s->steps; t++)
        for (size_t r = 0; r < n; r++) {
            const double *gx = x[0] + (t * n + r) * 4 * H, *h = t ? y + ((t - 1) * n + r) * H : x[1] + r * H;
            product(H, 4 * H, h, x[3], z);
            for (size_t j = 0; j < H; j++) {
                double i = z[j] + gx[j], f = z[H + j] + gx[H + j];
                double g = z[2 * H + j] + gx[2 * H + j], o = z[3 * H + j] + gx[3 * H + j];
                c[r * H + j] = sigmoid(f) * c[r * H + j] + sigmoid(i) * tanh(g);
                y[(t * n + r) * H + j] = sigmoid(o) * tanh(c[r * H + j]);
            }
        }
    free(z);
}

static void gru_loop(const cell *s, double *const x[4], double *y)
{
    size_t n = s->samples, H = s->hidden;
    double *a = calloc(3 * H + 1, sizeof *a);
    for (size_t t = 0; t < s->steps; t++)
        for (size_t r = 0; r < n; r++) {
            const double *gx = x[0] + (t * n + r) * 3 * H, *h = t ? y + ((t - 1) * n + r) * H : x[1] + r * H;
            product(H, 3 * H, h, x[2], a);
            for (size_t j = 0; j < H; j++) {
                double reset = sigmoid(gx[j] + a[j]), z = sigmoid(gx[H + j] + a[H + j]);
                double new = tanh(gx[2 * H + j] + reset * (a[2 * H + j] + x[3][j]));
                y[(t * n + r) * H + j] = (1 - z) * new + z *h[j];
            }
        }
    free(a);
}

static void near(wg_var v, const double *expected, double tolerance)
{
    double *is = values(v);
    for (size_t i = 0; i < wg_count_of(v); i++)
        ck_assert_msg(
            fabs(is[i] - expected[i]) <= tolerance, "element %zu: %.15g, not %.15g", i, is[i], expected[i]);
    free(is);
}

START_TEST(values_of_plain_loops)
{
    static const size_t sizes[][3] = {{6, 19, 37}, {1, 1, 1}, {4, 2, 16}, {3, 33, 5}, {2, 70, 8}};
    cell s = {.kind = _i % 2, .steps = sizes[_i / 2][0], .samples = sizes[_i / 2][1]};
    s.hidden = sizes[_i / 2][2];
    for (int f32 = 0; f32 < 2; f32++) {
        wg_tape *tape = new_tape(f32 ? WG_F32 : WG_F64, false, 1);
        double *x[4], *y = calloc(s.steps * s.samples * s.hidden, sizeof *y);
        double *c = calloc(s.samples * s.hidden, sizeof *c);
        operands(tape, &s);
        apply(&s);
        for (int i = 0; i < 4; i++)
            x[i] = values(s.x[i]);
        if (s.kind == LSTM)
            lstm_loop(&s, x, y, c);
        else
            gru_loop(&s, x, y);
        near(s.y, y, f32 ? 2e-6 : 1e-14);
        if (s.kind == LSTM)
            near(s.c, c, f32 ? 2e-6 : 1e-14);
        for (int i = 0; i < 4; i++)
            free(x[i]);
        free(y), free(c);
        wg_tape_free(tape);
    }
}
END_TEST

/* ---- Against small operations, to the second order ------------------------------------------------- */

static wg_var columns(wg_var z, size_t i, size_t hidden)
{
    return wg_slice(z, 1, (ptrdiff_t)(i * hidden), (ptrdiff_t)((i + 1) * hidden), 1);
}

static void apply_small(cell *s)
{
    size_t H = s->hidden;
    wg_var h = s->x[1], all[8];
    s->c = s->x[2];
    for (size_t t = 0; t < s->steps; t++) {
        wg_var gx = wg_slice(s->x[0], 0, (ptrdiff_t)t, (ptrdiff_t)t + 1, 1), z[4];
        gx = wg_reshape(gx, WG_SHAPE(s->samples, (s->kind == LSTM ? 4 : 3) * H));
        wg_var a = wg_matmul(h, s->x[s->kind == LSTM ? 3 : 2]);
        for (size_t i = 0; i < (s->kind == LSTM ? 4 : 2); i++)
            z[i] = wg_add(columns(gx, i, H), columns(a, i, H));
        if (s->kind == LSTM) {
            s->c = wg_add(wg_mul(wg_sigmoid(z[1]), s->c), wg_mul(wg_sigmoid(z[0]), wg_tanh(z[2])));
            h = wg_mul(wg_sigmoid(z[3]), wg_tanh(s->c));
        } else {
            wg_var r = wg_sigmoid(z[0]), q = wg_add(columns(a, 2, H), s->x[3]);
            wg_var n = wg_tanh(wg_add(columns(gx, 2, H), wg_mul(r, q)));
            h = wg_add(n, wg_mul(wg_sigmoid(z[1]), wg_sub(h, n)));
        }
        all[t] = h;
    }
    s->y = wg_stack(all, s->steps, 0);
}

START_TEST(the_same_of_small_operations)
{
    wg_tape *tape = new_tape(WG_F64, false, 1);
    cell a = {.kind = _i, .steps = 4, .samples = 6, .hidden = 18}, b;
    operands(tape, &a);
    b = a;
    apply(&a);
    apply_small(&b);
    same(a.y, b.y, 1e-14, "y");
    if (a.kind == LSTM)
        same(a.c, b.c, 1e-14, "c");
    wg_var one[4], small_one[4], two[4], small_two[4], la = loss_of(&a), lb = loss_of(&b);
    ck_assert_int_eq(wg_grad(&la, 1, NULL, a.x, 4, one), WG_OK);
    ck_assert_int_eq(wg_grad(&lb, 1, NULL, b.x, 4, small_one), WG_OK);
    wg_var sum_a = wg_const_scalar(tape, 0), sum_b = wg_const_scalar(tape, 0);
    for (uint64_t i = 0; i < 4; i++) {
        same(one[i], small_one[i], 1e-13, "first order");
        sum_a = wg_add(sum_a, weigh(one[i], 20 + i)), sum_b = wg_add(sum_b, weigh(small_one[i], 20 + i));
    }
    ck_assert_int_eq(wg_grad(&sum_a, 1, NULL, a.x, 4, two), WG_OK);
    ck_assert_int_eq(wg_grad(&sum_b, 1, NULL, b.x, 4, small_two), WG_OK);
    for (int i = 0; i < 4; i++)
        same(two[i], small_two[i], 1e-12, "second order");
    wg_tape_free(tape);
}
END_TEST

/* Only y, or only the last cell state, is used: the other one's upstream gradient does not exist. */
START_TEST(one_result_used)
{
    for (int which = 0; which < 2; which++) {
        wg_tape *tape = new_tape(WG_F64, false, 1);
        cell a = {.kind = LSTM, .steps = 3, .samples = 5, .hidden = 4}, b;
        operands(tape, &a);
        b = a;
        apply(&a);
        apply_small(&b);
        wg_var fused[4], composed[4], la = weigh(which ? a.c : a.y, 1), lb = weigh(which ? b.c : b.y, 1);
        ck_assert_int_eq(wg_grad(&la, 1, NULL, a.x, 4, fused), WG_OK);
        ck_assert_int_eq(wg_grad(&lb, 1, NULL, b.x, 4, composed), WG_OK);
        for (int i = 0; i < 4; i++)
            same(fused[i], composed[i], 1e-13, "gradient");
        wg_tape_free(tape);
    }
}
END_TEST

/* Each operand alone has a gradient: what is not wanted is not written. */
START_TEST(one_gradient_wanted)
{
    wg_tape *tape = new_tape(WG_F64, false, 1);
    cell a = {.kind = _i, .steps = 3, .samples = 5, .hidden = 4};
    operands(tape, &a);
    apply(&a);
    wg_var all[4], loss = loss_of(&a);
    ck_assert_int_eq(wg_grad(&loss, 1, NULL, a.x, 4, all), WG_OK);
    for (int i = 0; i < 4; i++) {
        cell b = a;
        for (int k = 0; k < 4; k++)
            b.x[k] = k == i ? a.x[k] : wg_detach(a.x[k]);
        apply(&b);
        ck_assert_int_eq(wg_backward(loss_of(&b)), WG_OK);
        double *expected = values(all[i]), *is = calloc(wg_count_of(all[i]), sizeof *is);
        ck_assert_int_eq(wg_read_grad(a.x[i], is, wg_count_of(all[i])), WG_OK);
        for (size_t j = 0; j < wg_count_of(all[i]); j++)
            ck_assert_double_eq(is[j], expected[j]);
        free(expected), free(is);
    }
    wg_tape_free(tape);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {
        {values_of_plain_loops, 10},
        {the_same_of_small_operations, 2},
        {one_result_used, 1},
        {one_gradient_wanted, 2},
    };
    return harness_run("recurrent", tests, sizeof tests / sizeof tests[0]);
}
