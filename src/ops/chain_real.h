/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* chain_real.h - included by formula_kernels.c for each type of number, behind the rows' kernels.
 *
 * Blocks lie on the stack, which may be small: each function here has its own frame. */

enum { FN(CHAIN_BLOCK) = 2048 / sizeof(REAL) };

WG_KERNEL(FN(chain_fill), (REAL x, size_t n, REAL *out), (x, n, out))
{
    for (size_t i = 0; i < n; i++)
        out[i] = x;
}

/* n numbers of a smaller tensor, or of a scalar, repeated: from element `first` of the result on. */
static const REAL *FN(chain_spread)(const wg_chain_operand *in, size_t first, size_t n, REAL *room)
{
    const wg_stretch *w = in->stretch;
    REAL scalar = (REAL)in->scalar;
    for (size_t done = 0, piece; done < n; done += piece) {
        size_t row = (first + done) / w->inner, at = (first + done) % w->inner, begin[2] = {0};
        const REAL *from = &scalar;
        piece = w->inner - at < n - done ? w->inner - at : n - done;
        if (in->data) {
            wg__stretch_row(w, row, begin);
            from = (const REAL *)in->data + begin[0] + w->step[0] * at;
        }
        if (w->step[0] == 0)
            FN(chain_fill)((REAL)((double)*from / in->divisor), piece, room + done);
        else if (in->divisor == 1)
            memcpy(room + done, from, piece * sizeof *room);
        else
            for (size_t i = 0; i < piece; i++)
                room[done + i] = (REAL)((double)from[i] / in->divisor);
    }
    return room;
}

/* n numbers of a tensor or the value from element `first` of the result on; a scalar's one number. room[n] */
static const REAL *FN(chain_numbers)(
    const wg_chain_operand *in, size_t first, size_t n, const REAL *value, REAL *room)
{
    if (in->kind == WG_CHAIN_SPREAD)
        return FN(chain_spread)(in, first, n, room);
    *room = (REAL)in->scalar;
    return in->kind == WG_CHAIN_VALUE    ? value
           : in->kind == WG_CHAIN_TENSOR ? (const REAL *)in->data + first
           : in->kind == WG_CHAIN_SCALAR ? room
                                         : NULL;
}

OWN_FRAME static void FN(chain_gradient)(
    const wg_chain_step *s, unsigned code, size_t first, size_t n, const REAL *value, REAL *out)
{
    REAL numbers[2] = {(REAL)s->numbers[0], (REAL)s->numbers[1]}, room[3][FN(CHAIN_BLOCK)], number;
    const REAL *g = FN(chain_numbers)(&s->g, first, n, value, room[0]);
    const REAL *y = FN(chain_numbers)(&s->y, first, n, value, &number); /* a row's: never spread */
    const REAL *in[2] = {FN(chain_numbers)(&s->in[0], first, n, value, room[1]),
        FN(chain_numbers)(&s->in[1], first, n, value, room[2])};
    for (size_t i = 0; i < 2; i++)
        in[i] = in[i] ? in[i] : g; /* what is not read must be there all the same */
    bool left = kinds[code].number == NUMBER_LEFT, two = kinds[code].binary && !kinds[code].number;
    wg_steps step = steps_of(code);
    const REAL *b = left ? in[0] : two ? in[1] : numbers;
    wg_formula_streams streams = {.a = left ? numbers : in[0],
        .b = b,
        .y = y ? y : g,
        .g = g,
        .out = out,
        .step_a = step.a,
        .step_b = step.b};
    wg_kernel kernel = FN(kernel)(slope_loop(code, (size_t)s->towards));
    run(&kernel, n, &streams);
}

/* Two operands, of which one may be broadcast: row by row. */
OWN_FRAME static void FN(chain_two)(
    const wg_chain_step *s, unsigned code, size_t first, size_t n, const REAL *value, REAL *out)
{
    const wg_stretch *w = s->stretch;
    wg_kernel kernel = FN(kernel)(value_loop(code));
    for (size_t done = 0, piece; done < n; done += piece) {
        const REAL *in[2];
        REAL room[2][FN(CHAIN_BLOCK)];
        size_t row = s->stretched ? (first + done) / w->inner : 0,
               at = s->stretched ? (first + done) % w->inner : 0, begin[2] = {0};
        piece = s->stretched && w->inner - at < n - done ? w->inner - at : n - done;
        if (s->stretched)
            wg__stretch_row(w, row, begin);
        for (size_t i = 0; i < 2; i++)
            in[i] =
                s->stretched && s->in[i].kind == WG_CHAIN_TENSOR
                    ? (const REAL *)s->in[i].data + begin[i] + w->step[i] * at
                    : FN(chain_numbers)(&s->in[i], first + done, piece, value ? value + done : NULL, room[i]);
        bool number[2];
        for (size_t i = 0; i < 2; i++)
            number[i] = s->in[i].kind == WG_CHAIN_SCALAR || (s->stretched && w->step[i] == 0);
        wg_steps step = steps_of_row(!number[0], !number[1]);
        wg_formula_streams streams = {
            .a = in[0], .b = in[1], .out = out + done, .step_a = step.a, .step_b = step.b};
        run(&kernel, piece, &streams);
    }
}

static void FN(chain_step)(const wg_chain_step *s, size_t first, size_t n, const REAL *value, REAL *out)
{
    unsigned code = (unsigned)(s->op - wg__formula_ops);
    REAL numbers[2] = {(REAL)s->numbers[0], (REAL)s->numbers[1]}, room[FN(CHAIN_BLOCK)];
    if (s->towards >= 0) {
        FN(chain_gradient)(s, code, first, n, value, out);
    } else if (s->op->arity == 2) {
        FN(chain_two)(s, code, first, n, value, out);
    } else {
        const REAL *x = FN(chain_numbers)(&s->in[0], first, n, value, room);
        bool left = kinds[code].number == NUMBER_LEFT;
        wg_steps step = steps_of(code);
        wg_formula_streams streams = {
            .a = left ? numbers : x, .b = left ? x : numbers, .out = out, .step_a = step.a, .step_b = step.b};
        wg_kernel kernel = FN(kernel)(value_loop(code));
        run(&kernel, n, &streams);
    }
}

/* Values between steps take turns in two pieces of memory; the last one goes to its place. */
static void FN(chain_range)(
    const wg_chain *chain, size_t first, size_t count, const REAL *value, REAL *result)
{
    REAL between[2][FN(CHAIN_BLOCK)];
    for (size_t done = 0, n; done < count; done += n) {
        const REAL *now = value ? value + done : NULL;
        n = count - done < FN(CHAIN_BLOCK) ? count - done : FN(CHAIN_BLOCK);
        for (size_t i = 0; i < chain->steps; i++) {
            REAL *out = i + 1 == chain->steps ? result + done : between[i % 2];
            FN(chain_step)(&chain->step[i], first + done, n, now, out);
            now = out;
        }
    }
}
