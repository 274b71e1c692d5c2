/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Random recordings: sequences of the public operations, with shapes and numbers that fit or do not, on a
 * heap that may fail. Whatever comes, nothing crashes; the first error stays, with its words; a sweep works,
 * or says why not, and works the same again; a replay asks for no memory and gives the same bits; all memory
 * is given back; and after its reset the tape is as good as new. */

#include "graph.h"

enum { LARGEST_BLOCK = 1 << 17, HEAP = 1 << 26, INSTRUCTION = 9 };

/* ---- Decoding -------------------------------------------------------------------------------------- */

static uint8_t byte_of(machine *m)
{
    return m->next < m->end ? *m->next++ : 0;
}

/* One of the latest vars, by how long ago; rarely one that is none. */
static wg_var var_of(const machine *m, uint8_t byte)
{
    size_t kept = m->count < VARS ? m->count : VARS;
    if (byte == 255 || kept == 0)
        return (wg_var){.tape = byte & 1 ? m->tape : NULL};
    return m->vars[(m->count - 1 - byte % kept) % VARS];
}

/* Mostly small, rarely absurd. */
static size_t size_of(uint8_t byte)
{
    static const size_t odd[] = {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 2 + 1, SIZE_MAX / 4 + 1,
        (size_t)UINT32_MAX + 1, INT32_MAX, 100, 17};
    return byte < 240 ? byte % 6 : odd[byte % 8];
}

static double number_of(uint8_t byte)
{
    static const double odd[] = {
        0, -0.0, 1, -1, 0.5, 2, -3, 1e-3, 20, -20, 700, 1e-300, 1e300, HUGE_VAL, -HUGE_VAL, (double)NAN};
    return odd[byte % 16];
}

static step step_of(machine *m)
{
    step s = {.x = var_of(m, byte_of(m)), .y = var_of(m, byte_of(m)), .z = var_of(m, byte_of(m))};
    uint8_t flags = byte_of(m), last = 0;
    s.a = flags & 1, s.b = flags & 2, s.c = flags & 4;
    s.shape.rank = s.axes.count = flags >> 3 & 3;
    if (flags >> 5 == 7)
        s.shape.rank = s.axes.count = flags; /* no rank */
    for (size_t i = 0; i < 4; i++) {
        last = byte_of(m);
        s.n[i] = size_of(last);
        s.shape.dim[i] = s.n[i];
        s.axes.axis[i] = (int8_t)last % 5;
    }
    s.axis = s.n[3] == SIZE_MAX ? INT_MIN : (int8_t)last % 5;
    s.number = number_of(last);
    return s;
}

/* ---- What must hold -------------------------------------------------------------------------------- */

/* Of the values, or the gradients, of all vars at hand. */
static uint64_t hash_of_vars(const machine *m, bool gradients)
{
    uint64_t hash = GRAPH_HASH;
    for (size_t i = 0; i < VARS && i < m->count; i++) {
        wg_var x = m->vars[i];
        if (!wg_is_valid(x) || (gradients ? !wg_has_grad(x) : !wg_has_value(x)))
            continue;
        const void *bytes = gradients ? wg_grad_data(x) : wg_data(x);
        hash = graph_hash(hash, bytes, wg_count_of(x) * wg_dtype_size(wg_dtype_of(x)));
    }
    return hash;
}

/* The first error stays, word by word, and so does the lack of one. */
static void check_error(machine *m)
{
    wg_status status = wg_tape_status(m->tape);
    const char *message = wg_tape_message(m->tape);
    fuzz_expect((status == WG_OK) == (message[0] == 0) || status == WG_OK, "an error has words");
    if (m->status == WG_OK && status != WG_OK) {
        m->status = status;
        snprintf(m->message, sizeof m->message, "%s", message);
    }
    fuzz_expect(m->status == status, "the first error stays");
    fuzz_expect(status == WG_OK || strcmp(m->message, message) == 0, "the first message stays");
}

static void sweep(machine *m, const step *s)
{
    wg_status status = wg_backward(s->x);
    if (status != WG_OK)
        return;
    uint64_t before = hash_of_vars(m, true);
    status = wg_backward(s->x);
    fuzz_expect(status == WG_OK || m->heap.failures, "a sweep can be done again");
    fuzz_expect(status != WG_OK || hash_of_vars(m, true) == before, "a sweep gives the same bits again");
}

static void replay(machine *m)
{
    wg_status status = wg_replay(m->tape);
    if (status != WG_OK || (m->moved && wg_replay(m->tape) != WG_OK))
        return;
    uint64_t before = hash_of_vars(m, false);
    size_t requests = m->heap.requests;
    status = wg_replay(m->tape);
    fuzz_expect(status == WG_OK, "a replay can be done again");
    fuzz_expect(m->heap.requests == requests, "a replay asks for no memory");
    fuzz_expect(!m->frozen || hash_of_vars(m, false) == before, "a replay gives the same bits");
    m->moved = false;
}

/* ---- Instructions ---------------------------------------------------------------------------------- */

static void push(machine *m, wg_var x)
{
    if (wg_is_valid(x))
        m->vars[m->count++ % VARS] = x;
}

static void reset(machine *m)
{
    wg_tape_reset(m->tape);
    m->status = WG_OK;
    m->after_error = m->gradients = 0;
    m->moved = false;
}

/* Gradients of two results by two vars, as vars. */
static void record_gradients(machine *m, const step *s)
{
    wg_var out[2];
    const wg_var seeds[2] = {s->z, s->z};
    if (m->gradients++ < MOST_GRADIENTS) {
        wg_grad((const wg_var[]){s->x, s->y}, 1 + s->a, s->b ? seeds : NULL, (const wg_var[]){s->y, s->z},
            1 + s->c, out);
        push(m, out[0]);
        if (s->c)
            push(m, out[1]);
    }
}

static void set_anew(machine *m, const step *s)
{
    size_t count;
    wg_shape shape = s->a ? wg_shape_of(s->x) : s->shape;
    m->moved = true;
    if (wg_shape_count(&shape, &count) && count <= NUMBERS)
        wg_set(s->x, wg_dtype_of(s->x) == WG_I32 ? wg_array_of(m->integers, WG_I32, shape)
                                                 : wg_array_of(m->reals, WG_F64, shape));
}

static void look(machine *m, const step *s)
{
    double out[2];
    wg_read(s->x, out, s->n[0] < 2 ? s->n[0] : 2);
    wg_read_grad(s->x, out, s->n[0] < 2 ? s->n[0] : 2);
    if (s->a)
        wg_trace_print(s->x, m->nowhere);
    if (s->b)
        wg_draw_dot(s->x, m->nowhere, &(wg_draw_options){.most = s->n[1], .top_down = s->c});
}

static void optimise(machine *m, const step *s)
{
    m->moved = true;
    if (s->a)
        wg_params_zero_grad(m->params);
    if (s->b)
        wg_params_freeze(m->params, s->c ? "*.bias" : "*", s->a);
    if (s->n[0])
        wg_params_add_grads(m->params, m->tape);
    wg_optim_step(m->optim);
}

/* What the tape itself does, and the library around it. */
static void control(machine *m, unsigned which, const step *s)
{
    switch (which) {
    case 0:
        sweep(m, s);
        break;
    case 1:
        replay(m);
        break;
    case 2:
        record_gradients(m, s);
        break;
    case 3:
        set_anew(m, s);
        break;
    case 4:
        look(m, s);
        break;
    case 5:
        optimise(m, s);
        break;
    case 6:
        wg_scope_push(m->tape, s->a ? "a/b" : "scope");
        break;
    case 7:
        wg_scope_pop(m->tape);
        break;
    case 8:
        wg_no_grad_begin(m->tape);
        break;
    case 9:
        wg_no_grad_end(m->tape);
        break;
    case 10:
        m->mark = wg_tape_mark(m->tape);
        break;
    case 11:
        wg_tape_rewind(m->tape, m->mark);
        break;
    case 12:
        wg_tape_set_training(m->tape, s->a);
        break;
    case 13:
        if (s->a)
            wg_keep_grad(s->x);
        else
            graph_plan(m, s);
        break;
    case 14:
        s->a ? (void)wg_branch(s->x) : (void)wg_set_name(s->x, "name");
        break;
    default:
        reset(m);
    }
}

static void instruct(machine *m)
{
    static group *const groups[] = {graph_leaves, graph_formulas, graph_reductions, graph_shaping,
        graph_indices, graph_images, graph_losses, graph_layers};
    uint8_t code = byte_of(m);
    step s = step_of(m);
    if (code >> 4 < 12)
        push(m, groups[(code >> 4) % 8](m, code & 15, &s));
    else
        control(m, code & 15, &s);
    check_error(m);
    if (m->status != WG_OK && ++m->after_error == 3)
        reset(m);
}

/* ---- A life ---------------------------------------------------------------------------------------- */

static void *small_heap(void *user, void *memory, size_t old_size, size_t new_size)
{
    test_heap *heap = user;
    bool refused = new_size > LARGEST_BLOCK || heap->bytes + new_size > HEAP;
    heap->failures += refused;
    return refused ? NULL : test_heap_resize(heap, memory, old_size, new_size);
}

/* The numbers of leaves: some that occur, and those that hurt. */
static void make_numbers(machine *m, uint8_t kind)
{
    wg_random r = {.seed = kind};
    for (size_t i = 0; i < NUMBERS; i++) {
        m->reals[i] = kind % 4 == 3 ? number_of((uint8_t)i) : 4 * wg_random_uniform(&r) - 2;
        m->integers[i] = kind % 4 == 2 ? (int32_t)wg_random_u32(&r) % 7 : (int32_t)(i % 3);
    }
}

static void end(machine *m)
{
    m->heap.fail_at = 0;
    reset(m);
    wg_var x = wg_scalar(m->tape, 3);
    fuzz_expect(wg_backward(wg_mul(x, x)) == WG_OK && wg_item_grad(x) == 6, "a reset tape is as good as new");
    wg_optim_free(m->optim);
    wg_params_free(m->params);
    wg_tape_free(m->tape);
    fuzz_expect(m->heap.blocks == 0 && m->heap.bytes == 0, "all memory is given back");
    fuzz_expect(m->heap.lies == 0, "memory is given back with its size");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *nowhere;
    static machine m;
    nowhere = nowhere ? nowhere : fopen("/dev/null", "w");
    m = (machine){.next = data, .end = data + size, .nowhere = nowhere};
    uint8_t flags = byte_of(&m), kind = byte_of(&m);
    size_t fail_at = byte_of(&m);
    wg_allocator hook = {.resize = small_heap, .user = &m.heap};
    wg_dtype dtype = flags & 1 ? WG_F32 : WG_F64;
    make_numbers(&m, kind);
    m.frozen = !(flags & 2);
    m.own_grads = flags & 16;
    m.tape = wg_tape_new(&(wg_tape_options){.dtype = dtype,
        .training = flags & 4,
        .keep_grads = flags & 8,
        .own_grads = flags & 16,
        .frozen = m.frozen,
        .threads = 1,
        .allocator = hook});
    m.params = wg_params_new(&(wg_params_options){.dtype = dtype, .threads = 1, .allocator = hook});
    m.optim = flags & 32 ? wg_adam_new(m.params, NULL) : wg_sgd_new(m.params, NULL);
    m.heap.fail_at = fail_at ? m.heap.requests + fail_at : 0;
    m.heap.fail_after = flags & 64;
    while (m.end - m.next >= INSTRUCTION && wg_tape_node_count(m.tape) < MOST_NODES)
        instruct(&m);
    if (m.status == WG_OK)
        replay(&m);
    end(&m);
    return 0;
}
