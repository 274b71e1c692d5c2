/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Plans with the option bf16: each product is the eager one of factors that were rounded before, but for the
 * order in which its terms are added: where a processor multiplies bfloat16 that is a library's. */
#include <stdlib.h>
#include "planning.h"
#include "rounded.h"

enum { MOST = 4096 };

typedef wg_var product(wg_var a, wg_var b);

static wg_var matmul_tt(wg_var a, wg_var b)
{
    return wg_matmul_t(a, b, true, true);
}

static wg_var conv(wg_var a, wg_var b)
{
    return wg_conv2d(a, b, &(wg_conv2d_options){.padding = 1});
}

static wg_var conv_strided(wg_var a, wg_var b)
{
    return wg_conv2d(a, b, &(wg_conv2d_options){.stride = 2, .groups = 2});
}

static wg_var conv_transpose(wg_var a, wg_var b)
{
    return wg_conv_transpose2d(a, b, &(wg_conv2d_options){.stride = 2});
}

static wg_var conv_weight(wg_var a, wg_var b)
{
    return wg_conv2d_weight_gradient(a, b, 3, 3, &(wg_conv2d_options){.padding = 1});
}

static const struct {
    const char *name;
    product *of;
    wg_shape a, b;
} products[] = {
    {"matmul", wg_matmul, {2, {33, 20}}, {2, {20, 35}}},
    {"matmul, transposed", matmul_tt, {2, {20, 33}}, {2, {35, 20}}},
    {"matmul of a vector", wg_matmul, {1, {20}}, {2, {20, 35}}},
    {"matmul of batches", wg_matmul, {3, {3, 5, 6}}, {3, {1, 6, 7}}},
    {"matmul of a batch", wg_matmul, {3, {3, 5, 6}}, {2, {6, 7}}},
    {"conv2d", conv, {4, {3, 4, 9, 9}}, {4, {6, 4, 3, 3}}},
    {"conv2d of a batch", conv, {4, {16, 4, 8, 8}}, {4, {4, 4, 3, 3}}},
    {"conv2d, strides", conv_strided, {4, {2, 4, 9, 9}}, {4, {6, 2, 3, 3}}},
    {"conv_transpose2d", conv_transpose, {4, {2, 4, 5, 5}}, {4, {4, 3, 3, 3}}},
    {"conv2d_weight_gradient", conv_weight, {4, {2, 3, 6, 6}}, {4, {2, 4, 6, 6}}},
};

enum { PRODUCTS = sizeof products / sizeof products[0] };

/* The result and both gradients for an upstream gradient c. */
typedef struct answer {
    float y[MOST], da[MOST], db[MOST];
    size_t ny, na, nb;
} answer;

static size_t count_of(wg_shape shape)
{
    size_t count = 0;
    ck_assert(wg_shape_count(&shape, &count));
    ck_assert_uint_le(count, MOST);
    return count;
}

/* Factors as they come, rounded to bfloat16, or the magnitudes of these. */
enum { ROUGH, ROUNDED, MAGNITUDES };

/* Numbers over many binades: rounding changes each in its own way. */
static void draw(float *x, size_t count, uint64_t seed, int as)
{
    wg_random r = {.seed = seed};
    for (size_t i = 0; i < count; i++) {
        x[i] = (float)(wg_random_normal(&r) * exp(wg_random_normal(&r)));
        x[i] = as == ROUGH ? x[i] : rounded(x[i]);
        x[i] = as == MAGNITUDES ? fabsf(x[i]) : x[i];
    }
}

static void answer_read(answer *out, const float *y, size_t ny, wg_params *params)
{
    out->ny = ny;
    memcpy(out->y, y, ny * sizeof(float));
    memcpy(out->da, wg_params_grad(params, wg_params_index(params, "a")), out->na * sizeof(float));
    memcpy(out->db, wg_params_grad(params, wg_params_index(params, "b")), out->nb * sizeof(float));
}

static void add(wg_params *params, const char *name, wg_shape shape, const float *numbers)
{
    ck_assert_int_eq(wg_params_add(params, name, shape, NULL, NULL), WG_OK);
    ck_assert_int_eq(wg_params_set(params, name, wg_array_of(numbers, WG_F32, shape), NULL), WG_OK);
}

static void calculate(size_t p, bool planned, bool bf16, int as, int threads, answer *out)
{
    static float a[MOST], b[MOST], c[MOST];
    out->na = count_of(products[p].a), out->nb = count_of(products[p].b);
    draw(a, out->na, 1, as);
    draw(b, out->nb, 2, as);
    draw(c, MOST, 3, as);
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = WG_F32, .threads = threads});
    wg_params *params = wg_params_new(&(wg_params_options){.dtype = WG_F32});
    add(params, "a", products[p].a, a);
    add(params, "b", products[p].b, b);
    wg_var y = products[p].of(
        wg_param(params, tape, "a", products[p].a, NULL), wg_param(params, tape, "b", products[p].b, NULL));
    ck_assert_msg(wg_is_valid(y), "%s: %s", products[p].name, wg_tape_message(tape));
    count_of(wg_shape_of(y));
    wg_var loss = wg_sum(wg_mul(y, wg_const(tape, wg_array_of(c, WG_F32, wg_shape_of(y)))));
    if (planned) {
        wg_plan *plan = plan_of(loss, &(wg_plan_options){.bf16 = bf16, .keep = &y, .keep_count = 1});
        ck_assert_int_eq(wg_plan_run(plan), WG_OK);
        answer_read(out, wg_plan_array(plan, y).data, wg_count_of(y), params);
        wg_plan_free(plan);
    } else {
        ck_assert_int_eq(wg_backward(loss), WG_OK);
        answer_read(out, wg_data(y), wg_count_of(y), params);
    }
    wg_tape_free(tape);
    wg_params_free(params);
}

static void expect_equal(const answer *a, const answer *b, const char *name)
{
    ck_assert_uint_eq(a->ny, b->ny);
    ck_assert_msg(memcmp(a->y, b->y, a->ny * sizeof(float)) == 0, "%s: the result", name);
    ck_assert_msg(memcmp(a->da, b->da, a->na * sizeof(float)) == 0, "%s: the gradient of a", name);
    ck_assert_msg(memcmp(a->db, b->db, a->nb * sizeof(float)) == 0, "%s: the gradient of b", name);
}

/* Sums of the same terms in another order: `size` is the sum of their magnitudes. Factors that were not
 * rounded are off by 1e-3 of it. */
static double worst(const float *a, const float *b, const float *size, size_t count)
{
    double most = 0;
    for (size_t i = 0; i < count; i++)
        most = fmax(most, fabs((double)a[i] - (double)b[i]) / (double)size[i]);
    return most;
}

static void expect_near(const answer *a, const answer *b, const answer *size, const char *name)
{
    const double bound = 1e-6;
    ck_assert_uint_eq(a->ny, b->ny);
    double y = worst(a->y, b->y, size->y, a->ny), da = worst(a->da, b->da, size->da, a->na),
           db = worst(a->db, b->db, size->db, a->nb);
    ck_assert_msg(y <= bound, "%s: the result is off by %g", name, y);
    ck_assert_msg(da <= bound, "%s: the gradient of a is off by %g", name, da);
    ck_assert_msg(db <= bound, "%s: the gradient of b is off by %g", name, db);
}

START_TEST(a_product_is_that_of_rounded_factors)
{
    static answer planned, eager, plain, size;
    calculate((size_t)_i, true, true, ROUGH, 1, &planned);
    calculate((size_t)_i, false, false, ROUNDED, 1, &eager);
    calculate((size_t)_i, true, false, ROUGH, 1, &plain);
    calculate((size_t)_i, false, false, MAGNITUDES, 1, &size);
    expect_near(&planned, &eager, &size, products[_i].name);
    ck_assert_msg(
        worst(planned.y, plain.y, size.y, plain.ny) > 1e-4, "%s: nothing was rounded", products[_i].name);
    ck_assert_msg(worst(planned.da, plain.da, size.da, plain.na) > 1e-4,
        "%s: no factor of a gradient was rounded", products[_i].name);
}
END_TEST

START_TEST(any_number_of_threads_has_the_same_bits)
{
    static answer one, more;
    calculate((size_t)_i, true, true, ROUGH, 1, &one);
    for (int threads = 2; threads <= 3; threads++) {
        calculate((size_t)_i, true, true, ROUGH, threads, &more);
        expect_equal(&more, &one, products[_i].name);
    }
}
END_TEST

/* What follows a product is computed of its float result, in the same pass or not; the parameters stay
 * floats. */
START_TEST(bias_activation_and_update_stay_floats)
{
    float x[6 * 7], w[7 * 5], b[5];
    draw(x, 42, 1, ROUGH);
    draw(w, 35, 2, ROUGH);
    draw(b, 5, 3, ROUGH);
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = WG_F32});
    wg_params *params = wg_params_new(&(wg_params_options){.dtype = WG_F32});
    add(params, "b", WG_SHAPE(5), b);
    wg_optim *sgd = wg_sgd_new(params, &(wg_sgd_options){.lr = 0.1});
    wg_var xw = wg_matmul(wg_input(tape, WG_FLOATS(x, 6, 7)), wg_input(tape, WG_FLOATS(w, 7, 5)));
    wg_var y = wg_relu(wg_add(xw, wg_param(params, tape, "b", WG_SHAPE(5), NULL)));
    wg_plan *plan =
        plan_of(wg_sum(y), &(wg_plan_options){.bf16 = true, .optim = sgd, .keep = &y, .keep_count = 1});
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    const float *activated = wg_plan_array(plan, y).data;
    ck_assert_ptr_nonnull(activated);
    for (size_t i = 0; i < 6; i++)
        for (size_t j = 0; j < 5; j++) {
            double sum = 0, size = 0;
            for (size_t k = 0; k < 7; k++) {
                double term = (double)rounded(x[i * 7 + k]) * (double)rounded(w[k * 5 + j]);
                sum += term, size += fabs(term);
            }
            double is = (double)activated[i * 5 + j], wanted = fmax(sum + (double)b[j], 0);
            ck_assert_msg(fabs(is - wanted) <= 1e-6 * (size + fabs((double)b[j])), "%g, not %g", is, wanted);
        }
    double now[5];
    ck_assert_int_eq(wg_params_read(params, "b", now, 5), WG_OK);
    for (size_t j = 0; j < 5; j++) {
        float count = 0;
        for (size_t i = 0; i < 6; i++)
            count += activated[i * 5 + j] > 0;
        ck_assert_double_eq_tol(now[j], (double)b[j] - 0.1 * (double)count, 1e-6);
    }
    wg_plan_free(plan);
    wg_optim_free(sgd);
    wg_tape_free(tape);
    wg_params_free(params);
}
END_TEST

/* It is the plan's affair: what is computed eagerly after it is not rounded. */
START_TEST(only_runs_of_the_plan_are_rounded)
{
    float x[] = {1 + 0x1p-12f};
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = WG_F32});
    wg_var a = wg_leaf(tape, WG_FLOATS(x, 1, 1)), y = wg_matmul(a, a);
    wg_plan *plan = plan_of(y, &(wg_plan_options){.bf16 = true, .forward = true});
    ck_assert_int_eq(wg_plan_run(plan), WG_OK);
    ck_assert(wg_plan_item(plan, y) == 1);
    ck_assert(*(const float *)wg_data(y) == x[0] * x[0]);
    ck_assert_int_eq(wg_replay(tape), WG_OK);
    ck_assert(*(const float *)wg_data(y) == x[0] * x[0]);
    wg_plan_free(plan);
    wg_tape_free(tape);
}
END_TEST

START_TEST(a_tape_of_doubles_is_refused)
{
    wg_tape *tape = wg_tape_new(NULL);
    double x[] = {1, 2};
    wg_var y = wg_sum(wg_leaf(tape, WG_DOUBLES(x, 2)));
    wg_error error = {0};
    ck_assert_ptr_null(wg_plan_new(y, &(wg_plan_options){.bf16 = true}, &error));
    ck_assert_int_eq(error.status, WG_BAD_DTYPE);
    ck_assert_str_eq(error.message, "plan: bf16 is for a tape of floats, and this is one of f64");
    wg_tape_free(tape);
}
END_TEST

/* ---- In a fit --------------------------------------------------------------------------------------- */

static wg_var classify(wg_params *params, wg_var x, void *user)
{
    (void)user;
    return wg_layer_dense(params, "fc2", wg_relu(wg_layer_dense(params, "fc1", x, 16, NULL)), 3, NULL);
}

static wg_params *fitted(bool bf16, int threads)
{
    wg_error error = {0};
    wg_dataset *points = three_classes(96, 7);
    wg_params *params = wg_params_new(&(wg_params_options){.dtype = WG_F32, .seed = 1});
    wg_fit_options options = {.epochs = 30, .batch = 16, .bf16 = bf16, .threads = threads};
    ck_assert_msg(wg_fit(classify, NULL, params, points, &options, &error) == WG_OK, "%s", error.message);
    ck_assert_double_gt(wg_accuracy(classify, NULL, params, points, &error), 0.8);
    wg_dataset_free(points);
    return params;
}

START_TEST(a_fit_trains_in_bf16)
{
    wg_params *low = fitted(true, 1), *same = fitted(true, 3), *high = fitted(false, 1);
    ck_assert(wg_params_equal(low, same));
    ck_assert(!wg_params_equal(low, high));
    wg_params_free(low);
    wg_params_free(same);
    wg_params_free(high);
}
END_TEST

START_TEST(a_fit_of_doubles_is_refused)
{
    wg_error error = {0};
    wg_dataset *points = three_classes(32, 7);
    wg_params *params = wg_params_new(NULL);
    wg_fit_options options = {.bf16 = true};
    ck_assert_int_eq(wg_fit(classify, NULL, params, points, &options, &error), WG_BAD_DTYPE);
    ck_assert_str_eq(error.message, "fit: bf16 is for a store of floats, and this is one of f64");
    wg_params_free(params);
    wg_dataset_free(points);
}
END_TEST

static wg_var reading(wg_params *params, wg_var x, void *user)
{
    return wg_mulc(classify(params, x, user), wg_item(wg_sum(x)) > 0 ? 1 : 2);
}

/* Another each time, so that plans are given up. */
static wg_var changing(wg_params *params, wg_var x, void *user)
{
    return wg_mulc(classify(params, x, user), 1 + ++*(double *)user / 100);
}

static int look(void *user, const wg_epoch *so_far)
{
    (void)user, (void)so_far;
    return 0;
}

START_TEST(a_fit_that_no_plan_trains_is_refused)
{
    double calls = 0;
    const struct {
        wg_model model;
        void *user;
        wg_fit_options options;
        const char *text;
    } bad[] = {{classify, NULL, {.record = true}, "trains, and .record leaves none"},
        {classify, NULL, {.accumulate = 2}, "trains, and .accumulate leaves none"},
        {classify, &calls, {.on_batch = look}, "a callback beside a model's user leaves none"},
        {classify, &calls, {.on_epoch = look}, "a callback beside a model's user leaves none"},
        {reading, NULL, {0}, "epoch 1, batch 1: bf16 is for batches that a plan trains, and the model asks"},
        {changing, &calls, {0}, "and the model cannot be planned, or changes too often"}};
    wg_dataset *points = three_classes(192, 7);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        wg_params *params = wg_params_new(&(wg_params_options){.dtype = WG_F32, .seed = 1});
        wg_fit_options options = bad[i].options;
        wg_error error = {0};
        options.bf16 = true;
        refused(wg_fit(bad[i].model, bad[i].user, params, points, &options, &error), WG_INVALID, &error,
            bad[i].text);
        wg_params_free(params);
    }
    wg_dataset_free(points);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{a_product_is_that_of_rounded_factors, PRODUCTS},
        {any_number_of_threads_has_the_same_bits, PRODUCTS}, {bias_activation_and_update_stay_floats, 0},
        {only_runs_of_the_plan_are_rounded, 0}, {a_tape_of_doubles_is_refused, 0}, {a_fit_trains_in_bf16, 0},
        {a_fit_of_doubles_is_refused, 0}, {a_fit_that_no_plan_trains_is_refused, 0}};
    return harness_run("plan_bf16", tests, sizeof tests / sizeof tests[0]);
}
