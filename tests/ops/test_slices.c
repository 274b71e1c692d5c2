/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Many small reads of one tensor: their gradients are added into its own, each at its place. */

#include "alloc.h"
#include "slices.h"

#include <time.h>

/* The weights that arrive at each cell. A part of a matrix that holds the cells' numbers says which they are.
 */
static void arrivals(const int which[3], double sum[CELLS])
{
    wg_tape *tape = new_tape(WG_F64, false, 1);
    double cells[CELLS];
    for (size_t i = 0; i < CELLS; i++)
        cells[i] = (double)i, sum[i] = 0;
    wg_var x = wg_leaf(tape, WG_DOUBLES(cells, ROWS, COLUMNS));
    for (int k = 0; k < 3; k++) {
        wg_var part = use(x, which[k]);
        double *from = values(part), *w = values(weights_for(part, k));
        for (size_t i = 0; i < wg_count_of(part); i++)
            sum[(size_t)from[i]] += w[i];
        free(from), free(w);
    }
    wg_tape_free(tape);
}

static double cell(size_t i)
{
    return (double)(i % 4) - 1;
}

static wg_var matrix(wg_tape *tape)
{
    double cells[CELLS];
    for (size_t i = 0; i < CELLS; i++)
        cells[i] = cell(i);
    return wg_leaf(tape, WG_DOUBLES(cells, ROWS, COLUMNS));
}

/* sum_k sum(w_k part_k^power) */
static wg_var weighed(wg_var x, const int which[3], int power)
{
    wg_var y = wg_const_scalar(wg_tape_of(x), 0);
    for (int k = 0; k < 3; k++) {
        wg_var part = use(x, which[k]), raised = part;
        for (int i = 1; i < power; i++)
            raised = wg_mul(raised, part);
        y = wg_add(y, wg_sum(wg_mul(weights_for(part, k), raised)));
    }
    return y;
}

static void check_grad(wg_var y, wg_var x, const double expected[CELLS], const int which[3])
{
    double g[CELLS];
    ck_assert_msg(wg_backward(y) == WG_OK, "%s", wg_tape_message(wg_tape_of(y)));
    ck_assert_int_eq(wg_read_grad(x, g, CELLS), WG_OK);
    for (size_t i = 0; i < CELLS; i++)
        ck_assert_msg(g[i] == expected[i], "uses %d %d %d, cell %zu: %g instead of %g", which[0], which[1],
            which[2], i, g[i], expected[i]);
}

START_TEST(uses_add_up_in_any_order)
{
    for (int order = 0; order < ORDERS; order++) {
        wg_tape *tape = new_tape(_i ? WG_F32 : WG_F64, false, 1);
        int which[3];
        double expected[CELLS];
        uses_of(order, which);
        arrivals(which, expected);
        wg_var x = matrix(tape);
        check_grad(weighed(x, which, 1), x, expected, which);
        wg_tape_free(tape);
    }
}
END_TEST

/* Of w x^3: w (6 x v) and w (6 v v), v the directions. */
START_TEST(second_and_third_order)
{
    for (int order = 0; order < ORDERS; order += 5) {
        wg_tape *tape = new_tape(_i ? WG_F32 : WG_F64, false, 1);
        int which[3];
        double w[CELLS], expected[CELLS], v[CELLS];
        uses_of(order, which);
        arrivals(which, w);
        for (size_t i = 0; i < CELLS; i++)
            v[i] = (double)(i % 3) + 1, expected[i] = w[i] * 6 * cell(i) * v[i];
        wg_var x = matrix(tape), direction = wg_const(tape, WG_DOUBLES(v, ROWS, COLUMNS));
        wg_var slope = wg_sum(wg_mul(wg_grad1(weighed(x, which, 3), x), direction));
        check_grad(slope, x, expected, which);
        for (size_t i = 0; i < CELLS; i++)
            expected[i] = w[i] * 6 * v[i] * v[i];
        check_grad(wg_sum(wg_mul(wg_grad1(slope, x), direction)), x, expected, which);
        wg_tape_free(tape);
    }
}
END_TEST

/* The upstream gradient of a sum is that of both operands, one block: x's part of it is not to be written
 * over by what the slice adds, nor to be read while it is. */
START_TEST(a_gradient_that_others_share)
{
    for (int kept = 0; kept < 2; kept++) {
        wg_tape *tape = wg_tape_new(&(wg_tape_options){.keep_grads = kept});
        wg_var x = matrix(tape), h = wg_mulc(x, 2), turned = use(h, 6), both = wg_add(h, turned);
        wg_var w = weights_for(both, 0);
        ck_assert_int_eq(wg_backward(wg_sum(wg_mul(both, w))), WG_OK);
        double g[CELLS], *one = values(w);
        ck_assert_int_eq(wg_read_grad(x, g, CELLS), WG_OK);
        for (size_t i = 0; i < CELLS; i++)
            ck_assert_double_eq(g[i], 2 * (one[i] + one[(ROWS - 1 - i / COLUMNS) * COLUMNS + i % COLUMNS]));
        wg_var readers[2] = {turned, both};
        for (int r = 0; r < 2 && kept; r++) {
            ck_assert_int_eq(wg_read_grad(readers[r], g, CELLS), WG_OK);
            ck_assert_mem_eq(g, one, sizeof g);
        }
        free(one);
        wg_tape_free(tape);
    }
}
END_TEST

/* ---- Parameters ------------------------------------------------------------------------------------- */

typedef struct store {
    double data[CELLS], gradient[CELLS];
    bool zero;
} store;

static void store_new(store *s)
{
    for (size_t i = 0; i < CELLS; i++)
        s->data[i] = cell(i), s->gradient[i] = (double)NAN; /* garbage */
    s->zero = true;
}

static wg_var bound(wg_tape *tape, store *s)
{
    return wg_bind(tape, &(wg_binding){.owner = s,
                             .name = "w",
                             .dtype = WG_F64,
                             .shape = WG_SHAPE(ROWS, COLUMNS),
                             .data = s->data,
                             .gradient = s->gradient,
                             .gradient_is_zero = &s->zero});
}

/* The first use writes where garbage was, later ones add, and so do later sweeps. */
START_TEST(into_the_store)
{
    for (int order = 0; order < ORDERS; order++) {
        wg_tape *tape = wg_tape_new(NULL);
        store s;
        int which[3];
        double expected[CELLS];
        uses_of(order, which);
        arrivals(which, expected);
        store_new(&s);
        wg_var y = weighed(bound(tape, &s), which, 1);
        for (int sweep = 1; sweep < 3; sweep++) {
            ck_assert_int_eq(wg_backward(y), WG_OK);
            ck_assert(!s.zero);
            for (size_t i = 0; i < CELLS; i++)
                ck_assert_double_eq(s.gradient[i], sweep * expected[i]);
        }
        wg_tape_free(tape);
    }
}
END_TEST

START_TEST(into_gradients_of_its_own)
{
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.own_grads = true});
    const int which[3] = {1, 4, 0};
    double expected[CELLS];
    store s;
    arrivals(which, expected);
    store_new(&s);
    wg_var y = weighed(bound(tape, &s), which, 1);
    for (int sweep = 1; sweep < 3; sweep++) {
        ck_assert_int_eq(wg_backward(y), WG_OK);
        size_t count = 0;
        const double *own = wg_own_grad(tape, &s, 0, &count);
        ck_assert_uint_eq(count, CELLS);
        for (size_t i = 0; i < CELLS; i++)
            ck_assert_double_eq(own[i], sweep * expected[i]);
    }
    ck_assert(s.zero && isnan(s.gradient[0]));
    wg_tape_free(tape);
}
END_TEST

static wg_status copy_f64(wg_op_context *op)
{
    memcpy(op->out[0], op->in[0], op->count * sizeof(double));
    return WG_OK;
}

static wg_status failing_vjp(wg_op_context *op, const wg_var *g, wg_var *grad_in)
{
    (void)g, (void)grad_in;
    return wg_op_fail(op, WG_INVALID, "no");
}

/* What was added before the sweep failed is nobody's gradient. */
START_TEST(a_sweep_that_fails)
{
    static const wg_op failing = {.name = "failing",
        .arity = 1,
        .shape = wg_shape_all_equal,
        .forward_f64 = copy_f64,
        .vjp = failing_vjp};
    const int which[3] = {0, 1, 4};
    double expected[CELLS];
    arrivals(which, expected);
    for (int zero = 0; zero < 2; zero++) {
        wg_tape *tape = wg_tape_new(NULL);
        store s;
        store_new(&s);
        wg_var x = bound(tape, &s), below = wg_sum(wg_apply1(&failing, x)), y = weighed(x, which, 1);
        if (!zero)
            ck_assert_int_eq(wg_backward(y), WG_OK);
        ck_assert_int_eq(wg_backward(wg_add(y, below)), WG_INVALID);
        ck_assert(s.zero == zero);
        ck_assert_int_eq(wg_backward(y), WG_OK);
        for (size_t i = 0; i < CELLS; i++)
            ck_assert_double_eq(s.gradient[i], (zero ? 1 : 2) * expected[i]);
        wg_tape_free(tape);
    }
}
END_TEST

START_TEST(every_request_of_memory_fails_once)
{
    const int which[3] = {7, 1, 4};
    double expected[CELLS];
    arrivals(which, expected);
    size_t failures = 1;
    for (size_t k = 1; failures; k++) {
        test_heap heap = {0};
        wg_tape *tape = wg_tape_new(&(wg_tape_options){.allocator = test_heap_hook(&heap)});
        store s;
        store_new(&s);
        wg_var y = weighed(bound(tape, &s), which, 1);
        heap.requests = 0, heap.fail_at = k, heap.fail_after = _i;
        wg_status status = wg_backward(y);
        failures = heap.failures;
        heap.fail_at = 0;
        ck_assert(status == WG_OK || (failures && status == WG_OUT_OF_MEMORY));
        ck_assert(s.zero == (status != WG_OK));
        ck_assert(status == WG_OK || wg_backward(y) == WG_OK);
        for (size_t i = 0; i < CELLS; i++)
            ck_assert_double_eq(s.gradient[i], expected[i]);
        wg_tape_free(tape);
        test_heap_check(&heap);
        ck_assert(k > 1 || failures);
    }
}
END_TEST

/* ---- Many ------------------------------------------------------------------------------------------- */

static double sweep_rows(size_t n)
{
    const size_t width = 14;
    double *data = numbers(n * width, 3, 0), *gradient = calloc(n * width, sizeof *gradient);
    bool zero = true;
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_bind(tape, &(wg_binding){.owner = data,
                                 .dtype = WG_F64,
                                 .shape = WG_SHAPE(n, width),
                                 .data = data,
                                 .gradient = gradient,
                                 .gradient_is_zero = &zero});
    wg_var y = wg_const_scalar(tape, 0);
    for (size_t i = 0; i < n; i++)
        y = wg_add(y, wg_sum(wg_square(wg_select(x, 0, (ptrdiff_t)i))));
    size_t before = wg_tape_bytes(tape);
    clock_t began = clock();
    ck_assert_int_eq(wg_backward(y), WG_OK);
    double seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
    for (size_t i = 0; i < n * width; i++)
        ck_assert_double_eq(gradient[i], 2 * data[i]);
    size_t whole = n * width * sizeof(double);
    ck_assert_msg(wg_tape_bytes(tape) - before < 3 * whole / 2, "%zu bytes more, for a tensor of %zu",
        wg_tape_bytes(tape) - before, whole);
    wg_tape_free(tape);
    free(data), free(gradient);
    return seconds;
}

START_TEST(thousands_of_rows)
{
    double some = sweep_rows(1024), more = sweep_rows(4096);
    printf("sweeps over 1,024 and 4,096 rows of one tensor: %.2f and %.2f ms\n", 1e3 * some, 1e3 * more);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{uses_add_up_in_any_order, 2}, {second_and_third_order, 2},
        {a_gradient_that_others_share, 0}, {into_the_store, 0}, {into_gradients_of_its_own, 0},
        {a_sweep_that_fails, 0}, {every_request_of_memory_fails_once, 2}, {thousands_of_rows, 0}};
    return harness_run("slices", tests, sizeof tests / sizeof tests[0]);
}
