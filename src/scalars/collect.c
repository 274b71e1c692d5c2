/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The steps of the tape as items. Arithmetic becomes products and sums of two, with plain numbers as operands
 * like any other:
 *
 *      -a = a * -1      a^2 = a a      a - b = a + -1 b      c - a = c + -1 a      a - c = a + (-c)
 *
 * which are the same bits: a product with 1 or -1 is exact. A quotient is a row. */
#include "scalars/build.h"

#include <string.h>

/* Codes of a row of two operands, or with a number in place of one, by the row. */
typedef struct code_form {
    uint8_t base;
    enum { PLAIN, NUMBER_RIGHT, NUMBER_LEFT } number;
    bool slope;
} code_form;

static const code_form forms[WG_CODES] = {
#define WG_UNARY(name, v_, gradient, lo, hi) [WG_CODE_##name] = {WG_CODE_##name, PLAIN, true},
#define WG_UNARY1(name, v_, gradient, lo, hi, c) WG_UNARY(name, , , , )
#define WG_UNARY2(name, v_, gradient, lo, hi, c, d) WG_UNARY(name, , , , )
#define WG_BINARY(name, v_, gradient_a, gradient_b, lo, hi, lo_b, hi_b)                                      \
    WG_UNARY(name, , , , )                                                                                   \
    [WG_CODE_##name##c] = {WG_CODE_##name, NUMBER_RIGHT, true},                                              \
    [WG_CODE_c##name] = {WG_CODE_##name, NUMBER_LEFT, true},
#define WG_STEP(name, v_) [WG_CODE_##name] = {WG_CODE_##name, PLAIN, false},
#define WG_STEP2(name, v_)                                                                                   \
    WG_STEP(name, )                                                                                          \
    [WG_CODE_##name##c] = {WG_CODE_##name, NUMBER_RIGHT, false},                                             \
    [WG_CODE_c##name] = {WG_CODE_##name, NUMBER_LEFT, false},
#include <wengert/formulas.def>
};

/* ---- Items ------------------------------------------------------------------------------------------ */

static bool add_item(wg_scalar_build *b, wg_scalar_item item, uint32_t *at)
{
    if (b->item_count >= WG_NO_NODE || !wg__mem_reserve(&b->memory, (void **)&b->items, &b->item_capacity,
                                           b->item_count + 1, sizeof *b->items))
        return false;
    item.before = item.heir = item.slot = item.value = item.first_term = item.last_term = WG_NO_NODE;
    if (item.kind >= WG_SCALAR_ITEM_PRODUCT) {
        wg_scalar_item *x = &b->items[item.a], *y = item.b == WG_NO_NODE ? NULL : &b->items[item.b];
        item.wants = !item.cut && (x->wants || (y && y->wants));
        x->uses++;
        if (y)
            y->uses++;
    }
    *at = (uint32_t)b->item_count;
    b->items[b->item_count++] = item;
    return true;
}

bool wg__scalar_number(wg_scalar_build *b, double number, uint32_t *item)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    size_t place = (size_t)(bits * 0x9E3779B97F4A7C15u >> 20) & (b->number_places - 1);
    for (; b->numbers[place] != WG_NO_NODE; place = (place + 1) & (b->number_places - 1))
        if (memcmp(&b->items[b->numbers[place]].numbers[0], &number, sizeof number) == 0) {
            *item = b->numbers[place];
            return true;
        }
    if (!add_item(b, (wg_scalar_item){.kind = WG_SCALAR_ITEM_NUMBER, .numbers = {number}}, item))
        return false;
    b->numbers[place] = *item;
    return true;
}

/* The item of a node that a step reads: one of the steps before, or an input. */
static bool item_of(wg_scalar_build *b, uint32_t node, uint32_t *item)
{
    const wg_engine *t = b->tape;
    const wg_record *record = wg__record_of(t, node);
    if (b->request->map[node] != WG_NO_NODE) {
        *item = b->request->map[node];
        return true;
    }
    if (b->request->flags[node] & WG_SCALAR_CONSTANT)
        return wg__scalar_number(b, t->head.steps[node].value, item);
    bool wants = record ? record->tracked : wg__code(t, node) == WG_CODE_leaf;
    return add_item(b, (wg_scalar_item){.kind = WG_SCALAR_ITEM_INPUT, .node = node, .wants = wants}, item) &&
           (b->request->map[node] = *item, true);
}

/* ---- Steps ------------------------------------------------------------------------------------------ */

typedef struct step {
    unsigned code;
    uint32_t node, operands[2];
    const double *numbers;
    bool cut;
} step;

static bool copy(wg_scalar_build *b, const step *s, wg_scalar_item item, uint32_t *at)
{
    item.kind = WG_SCALAR_ITEM_PRODUCT;
    return item_of(b, s->operands[0], &item.a) && wg__scalar_number(b, 1, &item.b) && add_item(b, item, at);
}

static bool is_sum(unsigned base)
{
    return base == WG_CODE_add || base == WG_CODE_sub;
}

/* a and b of a row of two, with plain numbers as items. */
static bool operands_of(wg_scalar_build *b, const step *s, wg_scalar_item *item)
{
    const code_form *form = &forms[s->code];
    uint32_t *x = form->number == NUMBER_LEFT ? &item->b : &item->a, *c = x == &item->a ? &item->b : &item->a;
    double number = s->numbers ? s->numbers[0] : 0;
    item->b = WG_NO_NODE;
    if (!item_of(b, s->operands[0], x))
        return false;
    if (form->number == PLAIN)
        return wg__operand_count(s->code) == 1 || item_of(b, s->operands[1], &item->b);
    if (s->code == WG_CODE_subc) {
        item->minus = false;
        number = -number;
    }
    return wg__scalar_number(b, number, c);
}

static bool add_step(wg_scalar_build *b, const step *s, uint32_t *at)
{
    const code_form *form = &forms[s->code];
    wg_scalar_item item = {.code = form->base,
        .cut = s->cut || !form->slope,
        .output = b->request->flags[s->node] & WG_SCALAR_KEPT,
        .minus = form->base == WG_CODE_sub};
    if (!form->base)
        return copy(b, s, item, at);
    if (!operands_of(b, s, &item))
        return false;
    if (form->base == WG_CODE_neg && !wg__scalar_number(b, -1, &item.b))
        return false;
    if (form->base == WG_CODE_square)
        item.b = item.a;
    bool product = form->base == WG_CODE_mul || form->base == WG_CODE_neg || form->base == WG_CODE_square;
    item.kind = product              ? WG_SCALAR_ITEM_PRODUCT
                : is_sum(form->base) ? WG_SCALAR_ITEM_SUM
                                     : WG_SCALAR_ITEM_ROW;
    if (item.kind == WG_SCALAR_ITEM_ROW && item.b == WG_NO_NODE)
        for (size_t i = 0; i < wg__number_count(s->code); i++)
            item.numbers[i] = s->numbers[i];
    return add_item(b, item, at);
}

static step step_of(const wg_engine *t, uint32_t node)
{
    const wg_record *record = wg__record_of(t, node);
    const wg_step *bare = &t->head.steps[node];
    if (!record)
        return (step){.code = wg__code(t, node),
            .node = node,
            .operands = {bare->a, bare->b},
            .numbers = t->head.numbers ? t->head.numbers + (wg__number_count(wg__code(t, node)) ? bare->b : 0)
                                       : NULL,
            .cut = t->head.codes[node] & WG_CODE_CUT};
    bool row = wg__chain_takes(record->op);
    return (step){.code = row ? (unsigned)(record->op - wg__formula_ops) : WG_CODE_leaf, /* a copy */
        .node = node,
        .operands = {record->args[0], record->args[record->arity - 1]},
        .numbers = record->attr,
        .cut = record->cut};
}

static bool add_guard(wg_scalar_build *b, uint32_t node, uint32_t read)
{
    wg_scalar_links *guards = &b->program->guards;
    uint32_t item;
    if (!item_of(b, read, &item) || !wg__mem_reserve(&b->memory, (void **)&guards->link, &guards->capacity,
                                        guards->count + 1, sizeof *guards->link))
        return false;
    b->items[item].output = true;
    guards->link[guards->count++] = (wg_scalar_link){node, item};
    return true;
}

/* From the result down, through everything that lets a gradient through. */
static void mark_reached(wg_scalar_build *b)
{
    if (b->y == WG_NO_NODE)
        return;
    b->items[b->y].reached = true;
    for (size_t i = b->item_count; i-- > 0;) {
        const wg_scalar_item *item = &b->items[i];
        if (item->kind < WG_SCALAR_ITEM_PRODUCT || !item->reached || item->cut)
            continue;
        b->items[item->a].reached = true;
        if (item->b != WG_NO_NODE)
            b->items[item->b].reached = true;
    }
}

bool wg__scalar_collect(wg_scalar_build *b)
{
    const wg_scalar_request *r = b->request;
    for (size_t i = 0; i < r->count; i++) {
        const wg_record *record = wg__record_of(b->tape, r->nodes[i]);
        uint32_t item;
        if (record && record->op == &wg__op_guard) {
            if (!add_guard(b, r->nodes[i], record->args[0]))
                return false;
            continue;
        }
        step s = step_of(b->tape, r->nodes[i]);
        if (!add_step(b, &s, &item))
            return false;
        b->items[item].window = (uint32_t)(i / WG_SCALAR_WINDOW);
        b->items[item].node = r->nodes[i];
        r->map[r->nodes[i]] = item;
        b->program->steps++;
    }
    b->y = WG_NO_NODE;
    if (r->y != WG_NO_NODE && !item_of(b, r->y, &b->y))
        return false;
    mark_reached(b);
    return true;
}
