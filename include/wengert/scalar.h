/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* scalar.h - the inline scalar path: arithmetic on plain scalars appends a step to the tape without a
 * function call. math.h includes it; there is nothing here to call by hand.
 *
 * The path is taken when both operands are live scalars of one tape that has no error, no no-gradient scope
 * and room: all of that is one comparison of epochs each, since a var of anything else has the top bit of its
 * epoch set, and `fast` is UINT32_MAX (which no var has) while the tape is in an unusual state. Otherwise
 * wg_record1_ and wg_record2_ do the same work with every check and message.
 *
 * The struct below is the head of the tape, laid open for this path alone; its layout belongs to this version
 * of the library (while the version is 0.x, each release has its own soname). */
#ifndef WENGERT_SCALAR_H
#define WENGERT_SCALAR_H

#include <wengert/math.h>

WG_BEGIN_DECLS

/* What a step is: the byte of operation, generated from the rows. */
enum {
    WG_CODE_leaf,   /* a number that may be set anew */
    WG_CODE_const,  /* a number that may not */
    WG_CODE_record, /* a step with a record: any other operation */
#define WG_UNARY(name, value, gradient, lo, hi) WG_CODE_##name,
#define WG_UNARY1(name, value, gradient, lo, hi, c) WG_CODE_##name,
#define WG_UNARY2(name, value, gradient, lo, hi, c, d) WG_CODE_##name,
#define WG_BINARY(name, value, gradient_a, gradient_b, lo, hi, lo_b, hi_b)                                   \
    WG_CODE_##name, WG_CODE_##name##c, WG_CODE_c##name,
#define WG_STEP(name, value) WG_CODE_##name,
#define WG_STEP2(name, value) WG_CODE_##name, WG_CODE_##name##c, WG_CODE_c##name,
#include <wengert/formulas.def>
    WG_CODES,          /* how many there are */
    WG_CODE_CUT = 0x80 /* added to a code: no gradient goes through this step */
};

/* Operands are node numbers; of a step with plain numbers, b is their place in `numbers`; of a step with a
 * record, a is the record's number. */
typedef struct wg_step {
    double value;  /* of the step */
    uint32_t a, b; /* operands */
} wg_step;

/* The head of a tape. */
struct wg_tape {
    wg_step *steps;                         /* [capacity], `count` of them in use */
    uint8_t *codes;                         /* as many: what each step is */
    double *numbers;                        /* [number_capacity]: plain numbers of steps */
    uint32_t count, capacity;               /* of steps */
    uint32_t number_count, number_capacity; /* of numbers */
    uint32_t fast; /* the epoch of vars that may take the inline path, or UINT32_MAX */
};

/* The same with every check: for the formula `code`. Each plain number goes where the code says. */
WG_API wg_var wg_record1_(unsigned code, wg_var x, double c, double d);
WG_API wg_var wg_record2_(unsigned code, wg_var a, wg_var b);

/* The usual case lies straight ahead in the machine's code. */
#if defined(__GNUC__)
#define WG_USUAL_(condition) __builtin_expect(!!(condition), 1)
#else
#define WG_USUAL_(condition) (condition)
#endif

/* Appends a step, for which there is room; `epoch` is that of its operands. What is read of the tape is read
 * before anything is written: a byte may alias all of it. */
WG_FAST wg_var wg_push_(wg_tape *t, uint32_t epoch, unsigned code, double value, uint32_t a, uint32_t b)
{
    const uint32_t node = t->count;
    wg_step *step = t->steps + node;
    uint8_t *where = t->codes + node;
    wg_var result;
    result.tape = t;
    result.node = node;
    result.epoch = epoch;
    t->count = node + 1;
    step->value = value;
    step->a = a;
    step->b = b;
    *where = (uint8_t)code;
    return result;
}

WG_API wg_var wg_no_such_scalar_(wg_span span, size_t i);

/* The i-th scalar of a span; invalid when out of range (WG_BAD_INDEX on the tape). */
WG_FAST wg_var wg_at(wg_span span, size_t i)
{
    wg_var x;
    if (i >= span.count)
        return wg_no_such_scalar_(span, i);
    x.tape = span.tape;
    x.node = span.node + (uint32_t)i;
    x.epoch = span.epoch;
    return x;
}

#define WG_UNARY(name, value_, gradient, lo, hi)                                                             \
    WG_FAST wg_var wg_##name(wg_var v)                                                                       \
    {                                                                                                        \
        wg_tape *t = v.tape;                                                                                 \
        if (WG_USUAL_(t && v.epoch == t->fast && t->count < t->capacity)) {                                  \
            double x = t->steps[v.node].value;                                                               \
            return wg_push_(t, v.epoch, WG_CODE_##name, value_, v.node, 0);                                  \
        }                                                                                                    \
        return wg_record1_(WG_CODE_##name, v, 0, 0);                                                         \
    }
#define WG_BINARY(name, value_, gradient_a, gradient_b, lo, hi, lo_b, hi_b)                                  \
    WG_FAST wg_var wg_##name(wg_var va, wg_var vb)                                                           \
    {                                                                                                        \
        wg_tape *t = va.tape;                                                                                \
        if (WG_USUAL_(t && vb.tape == t && va.epoch == t->fast && vb.epoch == t->fast &&                     \
                      t->count < t->capacity)) {                                                             \
            double a = t->steps[va.node].value, b = t->steps[vb.node].value;                                 \
            return wg_push_(t, va.epoch, WG_CODE_##name, value_, va.node, vb.node);                          \
        }                                                                                                    \
        return wg_record2_(WG_CODE_##name, va, vb);                                                          \
    }                                                                                                        \
    WG_FAST wg_var wg_##name##c(wg_var va, double b)                                                         \
    {                                                                                                        \
        wg_tape *t = va.tape;                                                                                \
        if (WG_USUAL_(t && va.epoch == t->fast && t->count < t->capacity &&                                  \
                      t->number_count < t->number_capacity)) {                                               \
            double a = t->steps[va.node].value;                                                              \
            uint32_t number = t->number_count++;                                                             \
            t->numbers[number] = b;                                                                          \
            return wg_push_(t, va.epoch, WG_CODE_##name##c, value_, va.node, number);                        \
        }                                                                                                    \
        return wg_record1_(WG_CODE_##name##c, va, b, 0);                                                     \
    }                                                                                                        \
    WG_FAST wg_var wg_c##name(double a, wg_var vb)                                                           \
    {                                                                                                        \
        wg_tape *t = vb.tape;                                                                                \
        if (WG_USUAL_(t && vb.epoch == t->fast && t->count < t->capacity &&                                  \
                      t->number_count < t->number_capacity)) {                                               \
            double b = t->steps[vb.node].value;                                                              \
            uint32_t number = t->number_count++;                                                             \
            t->numbers[number] = a;                                                                          \
            return wg_push_(t, vb.epoch, WG_CODE_c##name, value_, vb.node, number);                          \
        }                                                                                                    \
        return wg_record1_(WG_CODE_c##name, vb, a, 0);                                                       \
    }
#include <wengert/arithmetic.def>
#undef WG_UNARY
#undef WG_BINARY
#undef WG_USUAL_

WG_END_DECLS
#endif
