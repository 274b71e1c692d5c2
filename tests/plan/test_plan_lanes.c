/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Images in batch lanes: which lie so, and that nobody sees it but by the time it takes. The numbers are
 * small and whole, so that sums are exact in any order: results and gradients must have the bits of
 * recording. */
#include <stdlib.h>
#include "alloc.h"
#include "kernels/lanes.h"
#include "planning.h"

enum { HEIGHT = 8, WIDTH = 7, MOST = 32 * 2 * HEIGHT * WIDTH };

static float pixels[MOST];

/* -1, 0 or 1, in no order. */
static float whole(size_t i)
{
    return (float)((int)(i * 2654435761u % 104729 % 3) - 1);
}

static wg_var conv(wg_params *p, const char *name, wg_var x, size_t filters)
{
    return wg_layer_conv2d(p, name, x, filters, 3, &(wg_layer_conv2d_options){.conv.padding = 1});
}

/* The gradient of the last image is not the same for all. */
static wg_var loss_of(wg_var y)
{
    wg_shape shape = wg_shape_of(y);
    float numbers[MOST * 2];
    for (size_t i = 0; i < wg_count_of(y); i++)
        numbers[i] = whole(5 * i + 1);
    return wg_sum(wg_mul(y, wg_input(wg_tape_of(y), wg_array_of(numbers, WG_F32, shape))));
}

/* ---- Graphs ----------------------------------------------------------------------------------------- */

typedef wg_var graph(wg_params *p, wg_var x);

static wg_var stack(wg_params *p, wg_var x)
{
    x = wg_max_pool2d(wg_relu(conv(p, "a", x, 4)), 2, NULL);
    return wg_avg_pool2d(wg_relu(conv(p, "b", x, 3)), 2, NULL);
}

static wg_var flattened(wg_params *p, wg_var x)
{
    x = wg_max_pool2d(wg_relu(conv(p, "a", x, 4)), 3, &(wg_pool2d_options){.stride = 2, .padding = 1});
    return wg_layer_dense(p, "b", wg_flatten(x), 5, NULL);
}

static wg_var residual(wg_params *p, wg_var x)
{
    x = wg_relu(conv(p, "a", x, 4));
    wg_var h = conv(p, "b", wg_relu(conv(p, "c", x, 4)), 4);
    return wg_relu(wg_add(wg_mulc(h, 0.5), x));
}

/* Strides and groups lie in rows, between two regions. */
static wg_var islands(wg_params *p, wg_var x)
{
    x = wg_relu(conv(p, "a", x, 4));
    x = wg_layer_conv2d(p, "b", x, 4, 3, &(wg_layer_conv2d_options){.conv = {.stride = 2, .groups = 2}});
    return conv(p, "c", wg_abs(x), 2);
}

/* Operands of every kind: of a channel, a row of pixels, one number; the image itself; and those that cannot
 * be broadcast in lanes. */
static wg_var operands(wg_params *p, wg_var x)
{
    wg_tape *tape = wg_tape_of(x);
    wg_var y = conv(p, "a", x, 2);
    y = wg_mul(y, wg_param(p, tape, "channel", WG_SHAPE(1, 2, 1, 1), NULL));
    y = wg_add(y, wg_param(p, tape, "row", WG_SHAPE(HEIGHT, 1), NULL));
    y = wg_sub(y, wg_param(p, tape, "number", wg_shape_scalar(), NULL));
    y = wg_maximum(y, wg_param(p, tape, "pixel", wg_shape_of(y), NULL));
    y = wg_add(conv(p, "b", y, 2),
        wg_broadcast_to(wg_param(p, tape, "spread", WG_SHAPE(2, 1, 1), NULL), wg_shape_of(y)));
    y = wg_mul(y, wg_param(p, tape, "column", WG_SHAPE(WIDTH), NULL));
    return wg_add(
        conv(p, "c", y, 2), wg_param(p, tape, "image", WG_SHAPE(wg_shape_of(x).dim[0], 1, 1, 1), NULL));
}

/* Read in both layouts, more than once. */
static wg_var shared(wg_params *p, wg_var x)
{
    wg_var y = conv(p, "a", x, 2), z = wg_relu(y);
    wg_var flat = wg_add(wg_sum_over(z, WG_AXES(0), false), wg_max_over(y, WG_AXES(0), false));
    y = wg_add(conv(p, "b", y, 2), conv(p, "c", z, 2));
    return wg_add(wg_add(y, wg_concat((const wg_var[]){x, x}, 2, 1)), wg_mulc(flat, 0.5));
}

/* The places of the maxima are integers, which nobody turns. */
static wg_var indices(wg_params *p, wg_var x)
{
    wg_var places, y = wg_max_pool2d_indices(conv(p, "a", x, 2), 2, NULL, &places);
    return conv(p, "b", wg_max_unpool2d(y, places, HEIGHT, WIDTH), 2);
}

/* The gradients of a convolution as operations. */
static wg_var transposed(wg_params *p, wg_var x)
{
    wg_var w = wg_param(p, wg_tape_of(x), "w", WG_SHAPE(wg_shape_of(x).dim[1], 3, 3, 3), NULL);
    x = wg_relu(wg_conv_transpose2d(x, w, &(wg_conv2d_options){.padding = 1}));
    return conv(p, "a", x, 2);
}

static graph *const graphs[] = {stack, flattened, residual, islands, operands, shared, indices, transposed};
enum { GRAPHS = sizeof graphs / sizeof graphs[0] };

/* ---- A run ------------------------------------------------------------------------------------------ */

typedef struct run {
    wg_tape *tape;
    wg_params *params;
    wg_var x, y, loss;
    wg_plan *plan;
} run;

/* Records the graph, with parameters that are whole numbers. */
static run record(graph *apply, size_t batch, size_t channels, int threads, const wg_allocator *hook)
{
    const wg_allocator memory = hook ? *hook : (wg_allocator){0};
    run r = {
        .tape = wg_tape_new(&(wg_tape_options){.dtype = WG_F32, .threads = threads, .allocator = memory}),
        .params = wg_params_new(&(wg_params_options){.dtype = WG_F32, .allocator = memory})};
    for (size_t i = 0; i < MOST; i++)
        pixels[i] = whole(i);
    for (int pass = 0; pass < 2 && r.tape && r.params; pass++) {
        wg_tape_reset(r.tape);
        r.x = wg_input(r.tape, WG_FLOATS(pixels, batch, channels, HEIGHT, WIDTH));
        r.y = apply(r.params, r.x);
        r.loss = loss_of(r.y);
        for (size_t i = 0, at = 0; pass == 0 && i < wg_params_count(r.params); i++) {
            wg_shape shape = wg_params_at(r.params, i).shape;
            size_t count;
            wg_shape_count(&shape, &count);
            for (size_t j = 0; j < count; j++)
                ((float *)wg_params_value(r.params, i))[j] = whole(7 * at++ + 2);
        }
        if (pass == 0)
            wg_params_changed(r.params);
    }
    return r;
}

static void end(run *r)
{
    wg_plan_free(r->plan);
    wg_tape_free(r->tape);
    wg_params_free(r->params);
}

static void same_gradients(const run *a, const run *b)
{
    ck_assert_uint_eq(wg_params_count(a->params), wg_params_count(b->params));
    for (size_t i = 0; i < wg_params_count(a->params); i++) {
        wg_shape shape = wg_params_at(a->params, i).shape;
        size_t count;
        wg_shape_count(&shape, &count);
        const float *x = wg_params_grad(a->params, i), *y = wg_params_grad(b->params, i);
        for (size_t j = 0; j < count; j++)
            ck_assert_msg(x[j] == y[j], "%s[%zu]: %g, not %g", wg_params_at(a->params, i).name, j,
                (double)y[j], (double)x[j]);
    }
}

static void same_values(wg_var a, wg_array b)
{
    size_t count = 0;
    ck_assert(wg_shape_count(&b.shape, &count) && count == wg_count_of(a));
    for (size_t j = 0; j < count; j++)
        ck_assert(((const float *)wg_data(a))[j] == ((const float *)b.data)[j]);
}

/* How often a word stands in the printed list. */
static size_t printed(const wg_plan *plan, const char *word)
{
    FILE *file = tmpfile();
    char line[512];
    size_t times = 0;
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(wg_plan_print(plan, file), WG_OK);
    rewind(file);
    while (fgets(line, sizeof line, file))
        times += strstr(line, word) != NULL;
    fclose(file);
    return times;
}

/* ---- The same numbers ------------------------------------------------------------------------------- */

static void compare(
    graph *apply, size_t batch, size_t channels, int threads, wg_plan_layout layout, bool keep)
{
    run eager = record(apply, batch, channels, 1, NULL),
        planned = record(apply, batch, channels, threads, NULL);
    ck_assert_msg(wg_tape_status(eager.tape) == WG_OK, "%s", wg_tape_message(eager.tape));
    ck_assert_int_eq(wg_backward(eager.loss), WG_OK);
    planned.plan =
        plan_of(planned.loss, &(wg_plan_options){.layout = layout, .keep = &planned.y, .keep_count = keep});
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(wg_plan_run(planned.plan), WG_OK);
        ck_assert_double_eq(wg_plan_item(planned.plan, planned.loss), wg_item(eager.loss));
        ck_assert(wg_item(eager.loss) != 0);
        same_gradients(&eager, &planned);
    }
    if (keep)
        same_values(eager.y, wg_plan_array(planned.plan, planned.y));
    bool possible = wg__lanes() && batch % wg__lanes() == 0;
    if (layout == WG_LAYOUT_LANES)
        ck_assert_int_eq(printed(planned.plan, "in lanes") > 0, possible);
    if (layout == WG_LAYOUT_ROWS)
        ck_assert_uint_eq(printed(planned.plan, "lanes"), 0);
    end(&eager), end(&planned);
}

START_TEST(the_numbers_of_recording)
{
    graph *apply = graphs[_i];
    for (size_t batch = 8; batch <= 16; batch += 4)
        for (size_t channels = 1; channels <= 2; channels++) {
            bool keep = batch == 16;
            if (apply == shared && channels == 2)
                continue; /* it puts its input twice beside itself */
            compare(apply, batch, channels, 1, WG_LAYOUT_LANES, keep);
            compare(apply, batch, channels, 3, WG_LAYOUT_LANES, !keep);
            compare(apply, batch, channels, 2, WG_LAYOUT_CHOSEN, keep);
            compare(apply, batch, channels, 2, WG_LAYOUT_ROWS, !keep);
        }
}
END_TEST

/* With products of numbers that bfloat16 holds it is the same. */
START_TEST(rounded_factors)
{
    run eager = record(residual, 16, 2, 1, NULL), planned = record(residual, 16, 2, 1, NULL);
    ck_assert_int_eq(wg_backward(eager.loss), WG_OK);
    for (wg_plan_layout layout = WG_LAYOUT_CHOSEN; layout <= WG_LAYOUT_LANES; layout++) {
        planned.plan = plan_of(planned.loss, &(wg_plan_options){.layout = layout, .bf16 = true});
        ck_assert_int_eq(printed(planned.plan, "in lanes") > 0, layout == WG_LAYOUT_LANES && wg__lanes());
        ck_assert_int_eq(wg_plan_run(planned.plan), WG_OK);
        same_gradients(&eager, &planned);
        wg_plan_free(planned.plan), planned.plan = NULL;
    }
    end(&eager), end(&planned);
}
END_TEST

/* ---- The edges -------------------------------------------------------------------------------------- */

static void turns(graph *apply, size_t to_lanes, size_t to_rows)
{
    run r = record(apply, 16, 1, 1, NULL);
    r.plan = plan_of(r.loss, &(wg_plan_options){.layout = WG_LAYOUT_LANES});
    ck_assert_uint_eq(printed(r.plan, " lanes_from_rows"), wg__lanes() ? to_lanes : 0);
    ck_assert_uint_eq(printed(r.plan, " rows_from_lanes"), wg__lanes() ? to_rows : 0);
    end(&r);
}

/* Only where a region begins or ends, there and back, and each image once. */
START_TEST(what_is_turned)
{
    turns(flattened, 2, 1); /* the input, the dense layer's gradient; what is flattened */
    turns(residual, 3, 1);  /* the input, the loss's factors, the sum's gradient; what is summed */
}
END_TEST

/* Few products for each number that is turned. */
START_TEST(lanes_that_do_not_pay)
{
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = WG_F32});
    wg_params *params = wg_params_new(&(wg_params_options){.dtype = WG_F32});
    wg_var x = wg_input_of(tape, WG_F32, WG_SHAPE(16, 1, 16, 16));
    wg_var small = wg_layer_conv2d(params, "small", x, 1, 1, NULL),
           large = wg_layer_conv2d(params, "large", x, 6, 5, NULL);
    wg_plan *plan = plan_of(small, &(wg_plan_options){.forward = true});
    ck_assert_uint_eq(printed(plan, "lanes"), 0);
    wg_plan_free(plan);
    large = wg_max_pool2d(wg_layer_conv2d(params, "next", wg_relu(large), 16, 5, NULL), 2, NULL);
    plan = plan_of(wg_flatten(large), &(wg_plan_options){.forward = true});
    ck_assert_uint_eq(
        printed(plan, "in lanes"), wg__lanes() ? 5 : 0); /* bias and relu finish a convolution */
    wg_plan_free(plan);
    wg_tape_free(tape);
    wg_params_free(params);
}
END_TEST

/* ---- Life ------------------------------------------------------------------------------------------- */

/* Values, operands, shapes, and a sweep, while the plan is there, after a run and when it is gone. */
static void same_recording(const run *eager, const run *r)
{
    ck_assert_uint_eq(wg_tape_node_count(r->tape), wg_tape_node_count(eager->tape));
    for (size_t i = 0; i < wg_tape_node_count(r->tape); i++) {
        wg_var a[4], b[4], x = wg_node(eager->tape, i), y = wg_node(r->tape, i);
        wg_shape p = wg_shape_of(x), q = wg_shape_of(y);
        ck_assert(wg_shape_equal(&p, &q));
        size_t n = wg_operands_of(x, a, 4);
        ck_assert_uint_eq(wg_operands_of(y, b, 4), n);
        for (size_t j = 0; j < n; j++)
            ck_assert_uint_eq(wg_node_of(a[j]), wg_node_of(b[j]));
        ck_assert(!wg_data(x) == !wg_data(y));
        if (wg_data(x))
            ck_assert_mem_eq(wg_data(x), wg_data(y), wg_count_of(x) * wg_dtype_size(wg_dtype_of(x)));
    }
    wg_params_zero_grad(r->params);
    ck_assert_int_eq(wg_backward(r->loss), WG_OK);
    same_gradients(eager, r);
}

START_TEST(the_tape_does_not_know)
{
    run eager = record(residual, 16, 2, 1, NULL), r = record(residual, 16, 2, 1, NULL);
    ck_assert_int_eq(wg_backward(eager.loss), WG_OK);
    r.plan = plan_of(r.loss, &(wg_plan_options){.layout = WG_LAYOUT_LANES});
    same_recording(&eager, &r);
    ck_assert_int_eq(wg_plan_run(r.plan), WG_OK);
    same_recording(&eager, &r);
    wg_plan_free(r.plan);
    r.plan = NULL;
    same_recording(&eager, &r);
    ck_assert_int_eq(wg_replay(r.tape), WG_OK);
    same_recording(&eager, &r);
    end(&eager), end(&r);
}
END_TEST

/* Further or back, or to its beginning: the plan runs as before. */
START_TEST(a_tape_that_moved)
{
    run eager = record(stack, 16, 2, 1, NULL);
    ck_assert_int_eq(wg_backward(eager.loss), WG_OK);
    for (int where = 0; where < 3; where++) {
        run r = record(stack, 16, 2, 1, NULL);
        wg_mark mark = wg_tape_mark(r.tape);
        r.plan = plan_of(r.loss, &(wg_plan_options){.layout = WG_LAYOUT_LANES});
        wg_var more = wg_mulc(wg_input(r.tape, WG_FLOATS(pixels, 4)), 2);
        ck_assert(((const float *)wg_data(more))[0] == 2 * pixels[0]);
        if (where == 1)
            ck_assert_int_eq(wg_tape_rewind(r.tape, mark), WG_OK);
        if (where == 2)
            wg_tape_reset(r.tape);
        ck_assert_int_eq(wg_plan_run(r.plan), WG_OK);
        ck_assert_double_eq(wg_plan_item(r.plan, r.loss), wg_item(eager.loss));
        same_gradients(&eager, &r);
        end(&r);
    }
    end(&eager);
}
END_TEST

START_TEST(no_memory)
{
    for (size_t k = 1;; k++) {
        test_heap heap = {0};
        wg_allocator hook = test_heap_hook(&heap);
        run r = record(islands, 16, 1, 1, &hook);
        wg_error error = {0};
        heap.fail_at = heap.requests + k, heap.fail_after = true;
        r.plan = wg_plan_new(r.loss, &(wg_plan_options){.layout = WG_LAYOUT_LANES}, &error);
        ck_assert(r.plan || error.status == WG_OUT_OF_MEMORY);
        size_t requests = heap.requests;
        ck_assert_msg(!r.plan || wg_plan_run(r.plan) == WG_OK, "%s, at %zu", wg_plan_message(r.plan), k);
        ck_assert_msg(
            heap.requests == requests, "%zu requests in a run, at %zu", heap.requests - requests, k);
        bool failed = heap.failures;
        heap.fail_at = heap.fail_after = 0;
        wg_plan_free(r.plan), r.plan = NULL;
        ck_assert_int_eq(wg_backward(r.loss), WG_OK);
        end(&r);
        test_heap_check(&heap);
        if (!failed)
            break;
    }
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{the_numbers_of_recording, GRAPHS}, {rounded_factors, 0},
        {what_is_turned, 0}, {lanes_that_do_not_pay, 0}, {the_tape_does_not_know, 0}, {a_tape_that_moved, 0},
        {no_memory, 0}};
    return harness_run("plan_lanes", tests, sizeof tests / sizeof tests[0]);
}
