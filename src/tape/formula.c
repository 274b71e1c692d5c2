/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* formula.c - the scalar path: one generated case per formula row, for recording, replay and the reverse
 * sweep. */

#include <wengert/math.h>

#include <math.h>
#include "base/algebra_number.h"
#include "tape/engine.h"

typedef double REAL;

/* ---- One value ------------------------------------------------------------------------------------- */

#define WG_UNARY(name, v_, gradient, lo, hi)                                                                 \
    static inline double value_##name(double x)                                                              \
    {                                                                                                        \
        return v_;                                                                                           \
    }
#define WG_UNARY1(name, v_, gradient, lo, hi, c_)                                                            \
    static inline double value_##name(double x, double c)                                                    \
    {                                                                                                        \
        return v_;                                                                                           \
    }
#define WG_UNARY2(name, v_, gradient, lo, hi, c_, d_)                                                        \
    static inline double value_##name(double x, double c, double d)                                          \
    {                                                                                                        \
        return v_;                                                                                           \
    }
#define WG_BINARY(name, v_, gradient_a, gradient_b, lo, hi, lo_b, hi_b)                                      \
    static inline double value_##name(double a, double b)                                                    \
    {                                                                                                        \
        return v_;                                                                                           \
    }
#define WG_STEP(name, v_) WG_UNARY(name, v_, , , )
#define WG_STEP2(name, v_) WG_BINARY(name, v_, , , , , , )
#include <wengert/formulas.def>

double wg__formula_value(unsigned code, double x, double b, const double *numbers)
{
    switch (code) {
#define WG_UNARY(name, v_, gradient, lo, hi)                                                                 \
    case WG_CODE_##name:                                                                                     \
        return value_##name(x);
#define WG_UNARY1(name, v_, gradient, lo, hi, c)                                                             \
    case WG_CODE_##name:                                                                                     \
        return value_##name(x, numbers[0]);
#define WG_UNARY2(name, v_, gradient, lo, hi, c, d)                                                          \
    case WG_CODE_##name:                                                                                     \
        return value_##name(x, numbers[0], numbers[1]);
#define WG_BINARY(name, v_, gradient_a, gradient_b, lo, hi, lo_b, hi_b)                                      \
    case WG_CODE_##name:                                                                                     \
        return value_##name(x, b);                                                                           \
    case WG_CODE_##name##c:                                                                                  \
        return value_##name(x, numbers[0]);                                                                  \
    case WG_CODE_c##name:                                                                                    \
        return value_##name(numbers[0], x);
#define WG_STEP(name, v_) WG_UNARY(name, v_, , , )
#define WG_STEP2(name, v_) WG_BINARY(name, v_, , , , , , )
#include <wengert/formulas.def>
    default:
        return (double)NAN; /* leaves and records are no formulas */
    }
}

/* What a step adds to the adjoints of its operands. */
void wg__formula_gradient(
    unsigned code, double x, double b, const double *numbers, double y, double g, double slopes[2])
{
    const double a = x, c = numbers[0], d = numbers[1];
    (void)a, (void)c, (void)d, (void)y;
    slopes[0] = slopes[1] = 0;
    switch (code) {
#define WG_UNARY(name, v_, gradient, lo, hi)                                                                 \
    case WG_CODE_##name:                                                                                     \
        slopes[0] = gradient;                                                                                \
        break;
#define WG_UNARY1(name, v_, gradient, lo, hi, c_) WG_UNARY(name, , gradient, , )
#define WG_UNARY2(name, v_, gradient, lo, hi, c_, d_) WG_UNARY(name, , gradient, , )
#define WG_BINARY(name, v_, gradient_a, gradient_b, lo, hi, lo_b, hi_b)                                      \
    case WG_CODE_##name:                                                                                     \
        slopes[0] = gradient_a;                                                                              \
        slopes[1] = gradient_b;                                                                              \
        break;
#define WG_STEP(name, v_)
#define WG_STEP2(name, v_)
#include <wengert/formulas.def>
    default:
        break;
    }
}

static const struct {
    uint8_t operands, numbers;
} counts[WG_CODES] = {
#define WG_UNARY(name, v_, gradient, lo, hi) [WG_CODE_##name] = {1, 0},
#define WG_UNARY1(name, v_, gradient, lo, hi, c) [WG_CODE_##name] = {1, 1},
#define WG_UNARY2(name, v_, gradient, lo, hi, c, d) [WG_CODE_##name] = {1, 2},
#define WG_BINARY(name, v_, gradient_a, gradient_b, lo, hi, lo_b, hi_b)                                      \
    [WG_CODE_##name] = {2, 0}, [WG_CODE_##name##c] = {1, 1}, [WG_CODE_c##name] = {1, 1},
#define WG_STEP(name, v_) WG_UNARY(name, v_, , , )
#define WG_STEP2(name, v_) WG_BINARY(name, v_, , , , , , )
#include <wengert/formulas.def>
};

size_t wg__number_count(unsigned code)
{
    return counts[code].numbers;
}

size_t wg__operand_count(unsigned code)
{
    return counts[code].operands;
}

/* ---- Replay ---------------------------------------------------------------------------------------- */

uint32_t wg__replay_steps(wg_engine *t, uint32_t node, uint32_t end)
{
    wg_step *steps = t->head.steps;
    const uint8_t *codes = t->head.codes;
    const double *numbers = t->head.numbers;
    for (; node < end; node++) {
        wg_step *s = &steps[node];
        switch (codes[node] & ~WG_CODE_CUT) {
        case WG_CODE_record:
            return node;
#define WG_UNARY(name, v_, gradient, lo, hi)                                                                 \
    case WG_CODE_##name:                                                                                     \
        s->value = value_##name(steps[s->a].value);                                                          \
        break;
#define WG_UNARY1(name, v_, gradient, lo, hi, c)                                                             \
    case WG_CODE_##name:                                                                                     \
        s->value = value_##name(steps[s->a].value, numbers[s->b]);                                           \
        break;
#define WG_UNARY2(name, v_, gradient, lo, hi, c, d)                                                          \
    case WG_CODE_##name:                                                                                     \
        s->value = value_##name(steps[s->a].value, numbers[s->b], numbers[s->b + 1]);                        \
        break;
#define WG_BINARY(name, v_, gradient_a, gradient_b, lo, hi, lo_b, hi_b)                                      \
    case WG_CODE_##name:                                                                                     \
        s->value = value_##name(steps[s->a].value, steps[s->b].value);                                       \
        break;                                                                                               \
    case WG_CODE_##name##c:                                                                                  \
        s->value = value_##name(steps[s->a].value, numbers[s->b]);                                           \
        break;                                                                                               \
    case WG_CODE_c##name:                                                                                    \
        s->value = value_##name(numbers[s->b], steps[s->a].value);                                           \
        break;
#define WG_STEP(name, v_) WG_UNARY(name, v_, , , )
#define WG_STEP2(name, v_) WG_BINARY(name, v_, , , , , , )
#include <wengert/formulas.def>
        default:
            break;
        }
    }
    return end;
}

/* ---- The reverse sweep ----------------------------------------------------------------------------- */

/* What a case below needs of its step; x, a, b, c, d, y, g are the rows' names. A code with the cut bit, a
 * leaf and a constant match no case: nothing goes through. */
uint32_t wg__sweep_steps(wg_engine *t, uint32_t node)
{
    const wg_step *steps = t->head.steps;
    const uint8_t *codes = t->head.codes;
    const double *numbers = t->head.numbers;
    double *adjoints = t->adjoints;
    uint8_t *reached = t->reached;
    for (; node != WG_NO_NODE; node--) {
        if (!reached[node])
            continue;
        const wg_step s = steps[node];
        const double g = adjoints[node], y = s.value;
        switch (codes[node]) {
        case WG_CODE_record:
            return node;
#define WG_UNARY(name, v_, gradient, lo, hi)                                                                 \
    case WG_CODE_##name: {                                                                                   \
        const double x = steps[s.a].value;                                                                   \
        (void)x, (void)y;                                                                                    \
        adjoints[s.a] += gradient;                                                                           \
        reached[s.a] = 1;                                                                                    \
        break;                                                                                               \
    }
#define WG_UNARY1(name, v_, gradient, lo, hi, c_)                                                            \
    case WG_CODE_##name: {                                                                                   \
        const double x = steps[s.a].value, c = numbers[s.b];                                                 \
        adjoints[s.a] += gradient;                                                                           \
        reached[s.a] = 1;                                                                                    \
        break;                                                                                               \
    }
#define WG_UNARY2(name, v_, gradient, lo, hi, c_, d_)                                                        \
    case WG_CODE_##name: {                                                                                   \
        const double x = steps[s.a].value, c = numbers[s.b], d = numbers[s.b + 1];                           \
        adjoints[s.a] += gradient;                                                                           \
        reached[s.a] = 1;                                                                                    \
        break;                                                                                               \
    }
#define WG_BINARY(name, v_, gradient_a, gradient_b, lo, hi, lo_b, hi_b)                                      \
    case WG_CODE_##name: {                                                                                   \
        const double a = steps[s.a].value, b = steps[s.b].value;                                             \
        (void)a, (void)b;                                                                                    \
        adjoints[s.a] += gradient_a;                                                                         \
        adjoints[s.b] += gradient_b;                                                                         \
        reached[s.a] = reached[s.b] = 1;                                                                     \
        break;                                                                                               \
    }                                                                                                        \
    case WG_CODE_##name##c: {                                                                                \
        const double a = steps[s.a].value, b = numbers[s.b];                                                 \
        (void)a, (void)b;                                                                                    \
        adjoints[s.a] += gradient_a;                                                                         \
        reached[s.a] = 1;                                                                                    \
        break;                                                                                               \
    }                                                                                                        \
    case WG_CODE_c##name: {                                                                                  \
        const double a = numbers[s.b], b = steps[s.a].value;                                                 \
        (void)a, (void)b;                                                                                    \
        adjoints[s.a] += gradient_b;                                                                         \
        reached[s.a] = 1;                                                                                    \
        break;                                                                                               \
    }
#define WG_STEP(name, v_)
#define WG_STEP2(name, v_)
#include <wengert/formulas.def>
        default:
            break;
        }
    }
    return WG_NO_NODE;
}

/* ---- Recording with every check -------------------------------------------------------------------- */

/* A bare step serves when all operands are scalars with values; anything else is a node with a record. */
static wg_var record_step(wg_engine *t, unsigned code, const wg_var *x, size_t count, double c, double d)
{
    size_t numbers = wg__number_count(code);
    if (!wg__reserve_steps(t, 1) || !wg__reserve_numbers(t, numbers)) {
        wg__fail(t, WG_OUT_OF_MEMORY, "%s: out of memory", wg__formula_ops[code].name);
        return wg__invalid(&t->head);
    }
    wg_tape *head = &t->head;
    const double attributes[2] = {c, d};
    double b = count == 2 ? head->steps[x[1].node].value : 0;
    uint32_t node = head->count++;
    head->codes[node] = (uint8_t)(code | (t->no_grad ? WG_CODE_CUT : 0));
    head->steps[node] = (wg_step){.a = x[0].node, .b = count == 2 ? x[1].node : head->number_count};
    head->steps[node].value = wg__formula_value(code, head->steps[x[0].node].value, b, attributes);
    for (size_t i = 0; i < numbers; i++)
        head->numbers[head->number_count++] = attributes[i];
    return wg__var_of(t, node);
}

static wg_var record_formula(unsigned code, const wg_var *x, size_t count, double c, double d)
{
    const wg_op *op = &wg__formula_ops[code];
    wg_tape *tape;
    wg_engine *t = wg__common_tape(op->name, x, count, &tape);
    if (!t)
        return wg__invalid(tape);
    bool bare = true;
    for (size_t i = 0; i < count && bare; i++) {
        wg_view v = wg__view_of(t, x[i].node);
        bare = v.scalar && v.valued;
    }
    if (bare)
        return record_step(t, code, x, count, c, d);
    wg_var out[1];
    wg__record_op(t, op, x, count, &(wg_numbers){c, d}, 1, out);
    return out[0];
}

wg_var wg_record1_(unsigned code, wg_var x, double c, double d)
{
    return code < WG_CODES && wg__operand_count(code) == 1 ? record_formula(code, &x, 1, c, d)
                                                           : wg__invalid(x.tape);
}

wg_var wg_record2_(unsigned code, wg_var a, wg_var b)
{
    return code < WG_CODES && wg__operand_count(code) == 2 ? record_formula(code, (wg_var[]){a, b}, 2, 0, 0)
                                                           : wg__invalid(a.tape);
}
