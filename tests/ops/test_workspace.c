/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* What an operation declares as workspace is what its kernels take: every operation of the table, at its
 * samples and at larger ones, float and double, on 1 to 4 threads, forward and each set of gradients, in batch
 * lanes, and under every hint that changes what is taken. And what it says to finish is finished, each
 * element once. */

#include <stdlib.h>
#include <string.h>
#include <wengert/reduce.h>
#include <wengert/tuning.h>
#include "harness.h"
#include "kernels/lanes.h"
#include "op_cases.h"
#include "tape/engine.h"
#include "workspace_cases.h"

enum { MOST_THREADS = 4 };

static struct {
    size_t kernels, in_lanes; /* that were looked at */
} seen;

/* ---- One kernel ------------------------------------------------------------------------------------- */

typedef struct kernel {
    const op_case *c;
    wg_record *record;
    wg_hints hints;
    int threads;
    unsigned wanted; /* bits of operands; 0: forward */
    unsigned lanes;  /* images in batch lanes (WG_LANES_...) */
    bool more;       /* may be declared than is taken */
} kernel;

/* How often each element was said to be final. */
typedef struct finished {
    unsigned char times[1 << 21];
} finished;

static void note(void *user, size_t begin, size_t count, const void *values)
{
    finished *f = user;
    for (size_t i = begin; i < begin + count; i++)
        f->times[i]++;
    (void)values;
}

/* Of the largest of the tensors. */
static size_t most_of(const kernel *k)
{
    size_t most = k->record->result[0].count;
    for (size_t i = 0; i < k->c->count; i++)
        most = k->c->size[i] > most ? k->c->size[i] : most;
    ck_assert(most <= sizeof(finished));
    return most;
}

/* Of result 0, or the first wanted gradient, if the record says so; else nothing was. */
static void check_finished(const wg_frame *f, const kernel *k)
{
    size_t operand = 0;
    while (k->wanted && !(k->wanted >> operand & 1))
        operand++;
    bool says = f->op.op->finishes & (k->wanted ? WG_FINISHES_GRADIENT(operand) : WG_FINISHES_RESULT);
    size_t count = !says ? 0 : k->wanted ? k->c->size[operand] : f->op.count;
    const finished *counted = k->hints.epilogue->user;
    for (size_t i = 0; i < most_of(k); i++)
        ck_assert_msg(counted->times[i] == (i < count),
            "%s, wanted %u: element %zu of %zu is finished %d times", op_case_name(k->c, NULL), k->wanted, i,
            count, counted->times[i]);
}

/* Ones, of as many numbers. */
static void *ones(wg_dtype dtype, size_t count)
{
    void *numbers = aligned_alloc(64, (count * sizeof(double) / 64 + 1) * 64);
    for (size_t i = 0; i < count; i++)
        if (dtype == WG_F32)
            ((float *)numbers)[i] = 1;
        else
            ((double *)numbers)[i] = 1;
    return numbers;
}

/* Memory for what a gradient's kernel reads and writes; rank-0 results as its slots want them. */
static void give_gradients(wg_frame *f, const kernel *k, void **memory)
{
    const wg_engine *t = f->tape;
    for (size_t r = 0; r < f->op.results; r++) {
        const wg_result *result = &k->record->result[r];
        if (result->scalar)
            wg__frame_slot_set(f, &f->out_slot[r], t->head.steps[k->record->node].value);
        f->upstream[r] = result->dtype == WG_I32 ? NULL : (*memory++ = ones(f->op.dtype, result->count));
    }
    for (size_t i = 0; i < f->op.arity; i++)
        if (f->wanted[i])
            f->grad_in[i] = *memory++ = ones(f->op.dtype, k->c->size[i]);
}

static wg_status run(wg_frame *f, const kernel *k)
{
    void *memory[WG_MAX_RESULTS + WG_MAX_SAMPLE_ARGS] = {0};
    const wg_op *op = f->op.op;
    wg__frame_load(f);
    if (k->wanted)
        give_gradients(f, k, memory);
    wg_status (*const function)(wg_op_context *) =
        k->wanted               ? f->op.dtype == WG_F32 ? op->backward_f32 : op->backward_f64
        : f->op.dtype == WG_F32 ? op->forward_f32
                                : op->forward_f64;
    wg_status status = function(&f->op);
    for (size_t i = 0; i < sizeof memory / sizeof memory[0]; i++)
        free(memory[i]);
    return status;
}

/* An image as kernels see it that treat batch, rows and columns alike. */
static const wg_shape *fold(wg_shape *to, const wg_shape *shape, bool image)
{
    size_t lanes = wg__lanes();
    *to =
        image ? WG_SHAPE(shape->dim[0] / lanes, shape->dim[1], shape->dim[2], shape->dim[3] * lanes) : *shape;
    return to;
}

static void check(wg_engine *t, const kernel *k)
{
    wg_frame f;
    wg_work work = {0};
    wg_hints hints = k->hints;
    wg_shape folded[WG_FRAME_ARGS], result;
    hints.work = &work;
    hints.lanes = k->lanes ? wg__lanes() : 0;
    const wg_record *r = k->record;
    ck_assert(wg__frame_open(&f, t, r->op, r->attr, r->args, r->arity, r->results));
    wg__frame_record(&f, k->record);
    f.op.hints = &hints;
    for (size_t i = 0; k->lanes & WG_LANES_FOLDED && i < r->arity; i++)
        f.in_shape[i] = fold(&folded[i], f.in_shape[i], k->lanes & WG_LANES_OPERAND(i));
    for (size_t i = 0; k->lanes & WG_LANES_FOLDED && i < r->results; i++)
        f.out_shape[i] = *fold(&result, &f.out_shape[i], k->lanes & WG_LANES_RESULT(i));
    f.op.threads = k->threads;
    f.op.backward = k->wanted != 0;
    for (size_t i = 0; i < r->arity; i++)
        f.wanted[i] = k->wanted >> i & 1;
    size_t declared = r->op->workspace ? r->op->workspace(&f.op) : 0, before = work.used;
    if (k->hints.epilogue)
        memset(k->hints.epilogue->user, 0, most_of(k));
    wg_status status = run(&f, k);
    if (k->hints.epilogue && status == WG_OK)
        check_finished(&f, k);
    size_t taken = work.most - before;
    wg__frame_close(&f);
    ck_assert_msg(status == WG_OK || status == WG_DECLINED, "%s: %s", op_case_name(k->c, &t->head),
        wg_status_name(status));
    ck_assert_msg(k->more ? taken <= declared : taken == declared || status == WG_DECLINED,
        "%s, %s, wanted %u, %d threads, lanes %u, bf16 %d, library %d, epilogue %d: %zu bytes are declared, "
        "and "
        "%zu taken",
        op_case_name(k->c, NULL), wg_dtype_name(f.op.dtype), k->wanted, k->threads, k->lanes, k->hints.bf16,
        k->hints.library != NULL, k->hints.epilogue != NULL, declared, taken);
    seen.kernels++;
    seen.in_lanes += k->lanes != 0;
}

/* ---- All kernels of a recorded operation ------------------------------------------------------------- */

static void check_threads(wg_engine *t, kernel *k)
{
    for (k->threads = 1; k->threads <= MOST_THREADS; k->threads++)
        check(t, k);
}

/* Forward, then each set of gradients that there is a kernel for. */
static void check_passes(wg_engine *t, kernel *k)
{
    const wg_op *op = k->record->op;
    bool is_float = t->options.dtype == WG_F32;
    unsigned differentiable = 0;
    k->wanted = 0;
    if (is_float ? op->forward_f32 : op->forward_f64)
        check_threads(t, k);
    for (size_t i = 0; i < k->c->count; i++)
        differentiable |= (unsigned)op_case_differentiable(k->c, i) << i;
    if (op->traits & WG_OP_ZERO_GRADIENT || !(is_float ? op->backward_f32 : op->backward_f64))
        return;
    for (k->wanted = 1; k->wanted <= differentiable; k->wanted++)
        if ((k->wanted & ~differentiable) == 0)
            check_threads(t, k);
}

/* The same while something follows the result, which may then be left unwritten. */
static void check_epilogues(wg_engine *t, kernel *k)
{
    finished *counted = calloc(1, sizeof *counted);
    for (int transient = 0; transient < 2; transient++) {
        const wg_epilogue epilogue = {.run = note, .user = counted, .transient = transient};
        k->hints.epilogue = &epilogue;
        check_passes(t, k);
    }
    k->hints.epilogue = NULL;
    free(counted);
}

/* With bf16, by our own loops and by the library's. */
static void check_narrow(wg_engine *t, kernel *k)
{
    if (t->options.dtype != WG_F32)
        return;
    k->hints.bf16 = true;
    check_passes(t, k);
#ifdef WG_ONEDNN
    k->hints.library = wg__onednn_new(&t->memory);
    check_passes(t, k);
    wg__onednn_free(k->hints.library);
    k->hints.library = NULL;
#endif
    k->hints.bf16 = false;
}

/* With a table that is being filled, and with one that says each way in turn. */
static void check_tuned(wg_engine *t, kernel *k)
{
    wg_tuning *tuning = wg_tuning_new(NULL);
    k->hints.tuning = tuning;
    tuning->measuring = k->more = true;
    check_passes(t, k);
    tuning->measuring = k->more = false;
    for (size_t way = WG_CONV_BY_ROWS; way < WG_CONV_WAYS; way++) {
        for (size_t i = 0; i < tuning->count; i++)
            for (size_t w = 0; w < WG_CONV_WAYS; w++)
                tuning->entry[i].nanoseconds[w] = w == way;
        check_passes(t, k);
    }
    k->hints.tuning = NULL;
    wg_tuning_free(tuning);
}

static void check_hints(wg_engine *t, kernel *k)
{
    const wg_op *op = k->record->op;
    bool convolves =
        op == &wg__op_conv2d || op == &wg__op_conv2d_input_gradient || op == &wg__op_conv2d_weight_gradient;
    check_passes(t, k);
    if (!(op->traits & WG_OP_MAP))
        check_epilogues(t, k);
    if (op == &wg__op_matmul || convolves)
        check_narrow(t, k);
    if (convolves)
        check_tuned(t, k);
}

/* Once more in batch lanes, where the operation can. The numbers of the images are then others. */
static void check_lanes(wg_engine *t, kernel *k)
{
    wg_frame f;
    wg_record *r = k->record;
    double saved;
    unsigned images = 0;
    if (!r->op->lanes || t->options.dtype != WG_F32 || wg__lanes() == 0)
        return;
    ck_assert(wg__frame_open(&f, t, r->op, r->attr, r->args, r->arity, r->results));
    wg__frame_record(&f, r);
    images = r->op->lanes(&f.op, &saved);
    wg__frame_close(&f);
    if (!images)
        return;
    k->lanes = images;
    check_hints(t, k);
    k->lanes = 0;
}

/* ---- All operations --------------------------------------------------------------------------------- */

static void check_case(const op_case *c, const wg_op *op, wg_dtype dtype)
{
    wg_var x[WG_MAX_SAMPLE_ARGS], y[WG_MAX_RESULTS];
    wg_tape *tape = op_case_tape(c, dtype);
    wg_engine *t = wg__engine_of(tape);
    op_case_operands(c, tape, x);
    ck_assert_msg(op_case_apply(c, op, x, y) == WG_OK, "%s", op_case_name(c, tape));
    wg_record *record = wg__record_of(t, y[0].node);
    if (record && record->op == &wg__op_projection)
        record = wg__record_of(t, record->args[0]);
    if (record && !(op->traits & WG_OP_ALIAS)) {
        kernel k = {.c = c, .record = record, .more = op == &wg__op_norm && dtype == WG_F64};
        check_hints(t, &k);
        check_lanes(t, &k);
    }
    wg_tape_free(tape);
}

START_TEST(samples_take_what_is_declared)
{
    const wg_op *op = op_case_op((size_t)_i);
    for (size_t i = 0; i < op_case_count(op); i++) {
        op_case c = op_case_new(op, i);
        check_case(&c, op, WG_F64);
        check_case(&c, op, WG_F32);
        op_case_free(&c);
    }
}
END_TEST

START_TEST(large_ones_take_what_is_declared)
{
    wg_op own = *large[_i].op;
    own.samples = &large[_i].sample;
    op_case c = op_case_new(&own, 0);
    seen.in_lanes = 0;
    check_case(&c, large[_i].op, WG_F64);
    check_case(&c, large[_i].op, WG_F32);
    if (own.lanes && wg__lanes() && c.sample.attr == &padded && c.sample.in[1].dim[2] == 3)
        ck_assert_msg(seen.in_lanes > 0, "%s: never in lanes", op_case_name(&c, NULL));
    op_case_free(&c);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {
        {samples_take_what_is_declared, (int)op_case_ops()}, {large_ones_take_what_is_declared, LARGE}};
    return harness_run("workspace", tests, sizeof tests / sizeof tests[0]);
}
