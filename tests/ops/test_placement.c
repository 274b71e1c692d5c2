/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Where operands and results lie changes no bit. Every node of a recording is computed again, forward and
 * backward, with its arrays one behind the other, without a number between them, in two orders and at each
 * distance from a cache line: a loop that a compiler has versioned by where its arrays lie, or that peels to
 * a line, gives itself away. The recordings are all samples of all operations, and layers of sizes that fill
 * vectors, with something left over. */

#include <string.h>
#include <wengert/wengert.h>
#include "harness.h"
#include "op_cases.h"
#include "tape/engine.h"

enum { LINE = 64, MOST_ARRAYS = 24 };

/* An array of a node's computation, and where it was. */
typedef struct array {
    const void *from; /* NULL: made by the function */
    void *result;     /* where the bits are that it must make again */
    size_t size, bytes, at;
} array;

typedef struct arrays {
    array of[MOST_ARRAYS];
    size_t count;
} arrays;

static size_t add(arrays *a, const void *from, void *result, wg_dtype dtype, const wg_shape *shape)
{
    size_t count;
    ck_assert(wg_shape_count(shape, &count) && a->count < MOST_ARRAYS);
    size_t size = dtype == WG_F64 ? sizeof(double) : sizeof(float);
    a->of[a->count] = (array){from, result, size, count * size, 0};
    return a->count++;
}

/* From byte `first` on, in order or the other way round; the end. */
static size_t place(arrays *a, size_t first, bool backwards)
{
    for (size_t i = 0; i < a->count; i++) {
        array *x = &a->of[backwards ? a->count - 1 - i : i];
        x->at = (first + x->size - 1) / x->size * x->size;
        first = x->at + x->bytes;
    }
    return first;
}

typedef wg_status kernel(wg_op_context *op);

/* One computation: which of its pointers are which arrays. */
typedef struct call {
    kernel *run;
    wg_op_context *op;
    arrays arrays;
    const void **in, **upstream;
    void **out, **grad;
    size_t first_in, first_out, first_upstream, first_grad[WG_MAX_SAMPLE_ARGS]; /* SIZE_MAX: none */
} call;

static wg_status run_at(call *c, char *memory)
{
    for (size_t i = 0; i < c->arrays.count; i++) {
        const array *x = &c->arrays.of[i];
        if (x->from)
            memcpy(memory + x->at, x->from, x->bytes);
        else
            memset(memory + x->at, 0, x->bytes);
    }
    for (size_t i = 0; i < c->op->arity; i++) {
        c->in[i] = memory + c->arrays.of[c->first_in + i].at;
        c->grad[i] = c->first_grad[i] == SIZE_MAX ? NULL : memory + c->arrays.of[c->first_grad[i]].at;
    }
    for (size_t r = 0; r < c->op->results; r++) {
        c->out[r] = memory + c->arrays.of[c->first_out + r].at;
        if (c->first_upstream != SIZE_MAX)
            c->upstream[r] = memory + c->arrays.of[c->first_upstream + r].at;
    }
    return c->run(c->op);
}

static void check(call *c, const char *way)
{
    size_t room = 0;
    for (size_t i = 0; i < c->arrays.count; i++)
        room += c->arrays.of[i].bytes + 2 * LINE;
    room = (room / LINE + 2) * LINE;
    char *memory = aligned_alloc(LINE, room), *wanted = malloc(room);
    for (size_t i = 0, at = 0; i < c->arrays.count; i++) { /* apart from each other, and on lines, at first */
        c->arrays.of[i].at = at;
        at += (c->arrays.of[i].bytes / LINE + 1) * LINE;
    }
    wg_status status = run_at(c, memory);
    ck_assert_msg(status == WG_OK || status == WG_DECLINED, "%s of %s", way, c->op->op->name);
    for (size_t i = 0; i < c->arrays.count; i++) {
        array *x = &c->arrays.of[i];
        if (!x->from)
            x->result = memcpy(wanted + x->at, memory + x->at, x->bytes);
    }
    size_t step = c->op->dtype == WG_F64 ? sizeof(double) : sizeof(float);
    for (size_t first = 0; status == WG_OK && first < 2 * LINE; first += step) {
        place(&c->arrays, first % LINE, first >= LINE);
        ck_assert(run_at(c, memory) == WG_OK);
        for (size_t i = 0; i < c->arrays.count; i++)
            if (c->arrays.of[i].result &&
                memcmp(memory + c->arrays.of[i].at, c->arrays.of[i].result, c->arrays.of[i].bytes) != 0)
                ck_abort_msg("%s of %s in %s: other bits %zu bytes from a line, %s", way, c->op->op->name,
                    wg_dtype_name(c->op->dtype), first % LINE, first < LINE ? "in order" : "backwards");
    }
    free(memory);
    free(wanted);
}

/* The arrays that both ways have. */
static call call_of(wg_frame *f, kernel *run)
{
    call c = {
        .run = run, .op = &f->op, .in = f->in, .out = f->out, .upstream = f->upstream, .grad = f->grad_in};
    c.first_in = 0;
    c.first_upstream = SIZE_MAX;
    for (size_t i = 0; i < f->op.arity; i++) {
        add(&c.arrays, f->in[i], NULL, f->op.in_dtype[i] == WG_I32 ? WG_I32 : f->op.dtype, f->op.in_shape[i]);
        c.first_grad[i] = SIZE_MAX;
    }
    c.first_out = c.arrays.count;
    return c;
}

static wg_dtype result_dtype(const wg_frame *f, size_t r, bool forward)
{
    bool wide = forward && f->op.op->traits & WG_OP_WIDE_RESULT && f->op.out_shape[r].rank == 0;
    return wide ? WG_F64 : f->op.out_dtype[r] == WG_I32 ? WG_I32 : f->op.dtype;
}

static void check_forward(wg_frame *f)
{
    call c = call_of(f, f->op.dtype == WG_F32 ? f->op.op->forward_f32 : f->op.op->forward_f64);
    if (f->op.op->traits & WG_OP_ALIAS || !c.run)
        return;
    for (size_t r = 0; r < f->op.results; r++)
        add(&c.arrays, NULL, NULL, result_dtype(f, r, true), &f->op.out_shape[r]);
    check(&c, "value");
}

static bool wants(const wg_frame *f, size_t i)
{
    const wg_record *operand = wg__record_of(f->tape, f->arg[i].node);
    return f->op.in_dtype[i] != WG_I32 && (!operand || operand->tracked);
}

/* `numbers` are upstream gradients of any size. */
static void check_backward(wg_frame *f, const wg_record *record, const void *numbers)
{
    call c = call_of(f, f->op.dtype == WG_F32 ? f->op.op->backward_f32 : f->op.op->backward_f64);
    if (!c.run || !record->tracked)
        return;
    for (size_t r = 0; r < f->op.results; r++) {
        if (record->result[r].scalar)
            wg__frame_slot_set(f, &f->out_slot[r],
                f->op.results == 1 ? f->tape->head.steps[record->node].value : record->result[r].value);
        add(&c.arrays, f->out[r], NULL, result_dtype(f, r, false), &f->op.out_shape[r]);
    }
    c.first_upstream = c.arrays.count;
    for (size_t r = 0; r < f->op.results; r++)
        add(&c.arrays, numbers, NULL, result_dtype(f, r, false), &f->op.out_shape[r]);
    size_t wanted = 0;
    for (size_t i = 0; i < f->op.arity; i++)
        if (wants(f, i)) {
            c.first_grad[i] = add(&c.arrays, NULL, NULL, f->op.dtype, f->op.in_shape[i]);
            wanted++;
        }
    if (wanted)
        check(&c, "gradient");
}

static void check_node(wg_engine *t, wg_record *record, const void *numbers)
{
    wg_frame f;
    ck_assert(wg__frame_open(&f, t, record->op, record->attr, record->args, record->arity, record->results));
    if (record->op != &wg__op_projection && record->arity <= WG_MAX_SAMPLE_ARGS) {
        wg__frame_record(&f, record);
        wg__frame_load(&f);
        check_forward(&f);
        wg__frame_record(&f, record);
        wg__frame_load(&f);
        check_backward(&f, record, numbers);
    }
    wg__frame_close(&f);
}

enum { MOST_NUMBERS = 1 << 15 };

static void check_tape(wg_tape *tape)
{
    static double wide[MOST_NUMBERS];
    static float narrow[MOST_NUMBERS];
    wg_random r = {.seed = 7};
    for (size_t i = 0; i < MOST_NUMBERS; i++)
        wide[i] = (double)(narrow[i] = (float)wg_random_normal(&r));
    wg_engine *t = (wg_engine *)tape;
    ck_assert_msg(wg_tape_status(tape) == WG_OK, "%s", wg_tape_message(tape));
    for (uint32_t node = 0; node < t->head.count; node++) {
        wg_record *record = wg__record_of(t, node);
        if (record && record->op && record->arity > 0)
            check_node(t, record, wg_tape_dtype(tape) == WG_F32 ? (void *)narrow : (void *)wide);
    }
}

/* ---- Samples ---------------------------------------------------------------------------------------- */

START_TEST(of_every_sample)
{
    const wg_op *op = op_case_op((size_t)_i);
    for (size_t i = 0; i < op_case_count(op); i++)
        for (wg_dtype dtype = WG_F64; dtype <= WG_F32; dtype++) {
            op_case c = op_case_new(op, i);
            wg_tape *tape = op_case_tape(&c, dtype);
            wg_var x[WG_MAX_SAMPLE_ARGS], result[WG_MAX_RESULTS];
            op_case_operands(&c, tape, x);
            ck_assert_int_eq(op_case_apply(&c, op, x, result), WG_OK);
            check_tape(tape);
            wg_tape_free(tape);
            op_case_free(&c);
        }
}
END_TEST

/* ---- Layers ----------------------------------------------------------------------------------------- */

static wg_var leaf(wg_tape *tape, wg_shape shape, uint64_t stream)
{
    static double numbers[MOST_NUMBERS];
    size_t count;
    wg_random r = {.seed = 3, .stream = stream};
    ck_assert(wg_shape_count(&shape, &count) && count <= MOST_NUMBERS);
    for (size_t i = 0; i < count; i++)
        numbers[i] = (double)(float)wg_random_normal(&r);
    return wg_leaf(tape, wg_array_of(numbers, WG_F64, shape));
}

static wg_var labels(wg_tape *tape, size_t count, int32_t below)
{
    static int32_t label[64];
    for (size_t i = 0; i < count; i++)
        label[i] = (int32_t)(i * 7 % (size_t)below);
    return wg_const(tape, WG_INTS(label, count));
}

static void every_row(wg_tape *tape)
{
    wg_var x = leaf(tape, WG_SHAPE(5, 67), 1), y = leaf(tape, WG_SHAPE(67), 2),
           z = leaf(tape, WG_SHAPE(5, 1), 3);
    for (size_t i = 0; i < op_case_ops(); i++) {
        const wg_op *op = op_case_op(i);
        wg_var both[2] = {x, y}, other[2] = {z, x};
        double attr[2] = {0.5, 2};
        if (op->traits & WG_OP_MAP && op->scalar && !op->samples && op->arity == 1)
            wg_apply(op, &x, 1, attr);
        else if (op->traits & WG_OP_MAP && op->scalar && !op->samples && op->arity == 2)
            wg_apply(op, both, 2, attr), wg_apply(op, other, 2, attr);
    }
}

static void products(wg_tape *tape)
{
    static const size_t sizes[][3] = {
        {1, 67, 48}, {1, 5, 3}, {19, 67, 45}, {67, 1, 45}, {13, 35, 1}, {3, 130, 9}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int way = 0; way < 4; way++) {
            const size_t m = sizes[i][0], n = sizes[i][1], k = sizes[i][2];
            wg_matmul_t(leaf(tape, way & 1 ? WG_SHAPE(k, m) : WG_SHAPE(m, k), 1),
                leaf(tape, way & 2 ? WG_SHAPE(n, k) : WG_SHAPE(k, n), 2), way & 1, way & 2);
        }
    wg_linear(leaf(tape, WG_SHAPE(7, 45), 3), leaf(tape, WG_SHAPE(37, 45), 4), leaf(tape, WG_SHAPE(37), 5));
}

static void images(wg_tape *tape)
{
    wg_var x = leaf(tape, WG_SHAPE(2, 3, 11, 19), 1), b = leaf(tape, WG_SHAPE(21), 2);
    for (size_t size = 1; size <= 5; size += 2) {
        wg_var w = leaf(tape, WG_SHAPE(21, 3, size, size), size);
        wg_conv2d_bias(x, w, b, &(wg_conv2d_options){.padding = size / 2});
        wg_conv2d(x, w, &(wg_conv2d_options){.stride = 2});
    }
    for (size_t size = 2; size <= 3; size++) {
        wg_max_pool2d(x, size, NULL);
        wg_avg_pool2d(x, size, NULL);
    }
    wg_max_pool2d(x, 3, &(wg_pool2d_options){.stride = 1, .padding = 1});
    wg_avg_pool2d(x, 3, &(wg_pool2d_options){.stride = 1, .padding = 1});
    wg_batch_norm(x, leaf(tape, WG_SHAPE(3), 7), leaf(tape, WG_SHAPE(3), 8), NULL);
}

static void reductions(wg_tape *tape)
{
    wg_var x = leaf(tape, WG_SHAPE(9, 5, 43), 1);
    const wg_axes axes[] = {WG_AXES(0), WG_AXES(1), WG_AXES(2), WG_AXES(0, 2), WG_AXES(1, 2), WG_AXES(0, 1)};
    for (size_t i = 0; i < sizeof axes / sizeof axes[0]; i++) {
        wg_sum_over(x, axes[i], false);
        wg_variance_over(x, axes[i], 1, true);
        wg_norm_over(x, axes[i], false);
        wg_logsumexp_over(x, axes[i], false);
        wg_prod_over(x, axes[i], false);
        wg_max_over(x, axes[i], false);
    }
    for (int axis = 0; axis < 3; axis++) {
        wg_softmax(x, axis);
        wg_log_softmax(x, axis);
        wg_cumsum(x, axis);
        wg_argmax(x, axis);
    }
    wg_sum(x);
    wg_mean(x);
    wg_broadcast_to(leaf(tape, WG_SHAPE(5, 1), 2), WG_SHAPE(9, 5, 43));
    wg_permute(x, WG_AXES(2, 0, 1));
}

static void norms_and_losses(wg_tape *tape)
{
    wg_var x = leaf(tape, WG_SHAPE(21, 37), 1), y = leaf(tape, WG_SHAPE(21, 37), 2);
    wg_var gamma = leaf(tape, WG_SHAPE(37), 3), beta = leaf(tape, WG_SHAPE(37), 4);
    wg_layer_norm(x, gamma, beta, NULL);
    wg_batch_norm(x, gamma, beta, NULL);
    wg_dropout(x, 0.3);
    wg_cross_entropy(x, labels(tape, 21, 37), NULL);
    wg_cross_entropy(x, wg_softmax(y, 1), NULL);
    wg_hinge(x, labels(tape, 21, 37), NULL);
    wg_mse(x, y, NULL);
    wg_l1(x, y, NULL);
    wg_huber(x, y, NULL);
    wg_bce_with_logits(x, wg_sigmoid(y), NULL);
}

typedef void program(wg_tape *tape);

static program *const programs[] = {every_row, products, images, reductions, norms_and_losses};
enum { PROGRAMS = sizeof programs / sizeof programs[0] };

START_TEST(of_layers)
{
    for (wg_dtype dtype = WG_F64; dtype <= WG_F32; dtype++) {
        wg_tape *tape =
            wg_tape_new(&(wg_tape_options){.dtype = dtype, .training = true, .seed = 11, .threads = 1});
        programs[_i](tape);
        check_tape(tape);
        wg_tape_free(tape);
    }
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{of_every_sample, (int)op_case_ops()}, {of_layers, PROGRAMS}};
    return harness_run("placement", tests, sizeof tests / sizeof tests[0]);
}
