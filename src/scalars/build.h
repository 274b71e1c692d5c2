/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* build.h - what the passes that make a scalar program know.
 *
 *      collect    steps of the tape -> items: products, sums of two, rows
 *      fuse       sums that only a sum reads, and products, become its terms; long products become chains
 *      order      windows; rows behind what they need; places of values and adjoints
 *      emit       the two streams */
#ifndef WG_SCALARS_BUILD_H
#define WG_SCALARS_BUILD_H

#include "ops/chain.h"
#include "scalars/program.h"

enum {
    WG_SCALAR_WINDOW = 4096,  /* steps: what they write stays in the second-level cache */
    WG_SCALAR_LONG_CHAIN = 8, /* products that are worth a node of their own */
    WG_SCALAR_EVEN_RUN = 16   /* sums that are alike are worth a loop of their own */
};

typedef enum wg_scalar_kind {
    WG_SCALAR_ITEM_INPUT,
    WG_SCALAR_ITEM_NUMBER,
    WG_SCALAR_ITEM_PRODUCT,
    WG_SCALAR_ITEM_SUM,
    WG_SCALAR_ITEM_ROW
} wg_scalar_kind;

typedef struct wg_scalar_item {
    wg_scalar_kind kind;
    unsigned code; /* of a row, as an operation of two vars, if it has two operands */
    uint32_t a, b; /* operands: a b, a + b, f(a, b); WG_NO_NODE: no b */
    bool minus;    /* a - b */
    bool cut;      /* no gradient goes through, or it has none */
    bool output;   /* read from outside */
    bool wants;    /* a gradient, for a leaf below */
    bool reached;  /* by the sweep */
    bool absorbed; /* has become a term, or lies within a chain */
    bool far;      /* read in another window than its own */
    uint32_t node; /* of an input */
    uint32_t uses; /* operands that it is */
    uint32_t window, phase, level;
    uint32_t terms, fan;            /* of a sum: how many, and how many adjoints they add to */
    uint32_t first_term, last_term; /* of a sum */
    uint32_t before;                /* of a chain: the product that this one multiplies by b */
    uint32_t length;                /* of the chain that ends here; 0: none */
    uint32_t heir;                  /* the sum that has this as a term, and so has its adjoint */
    uint32_t row;                   /* the same for rows that may run together; 0: none */
    uint32_t value, slot;
    double numbers[2];
} wg_scalar_item;

typedef struct wg_scalar_term {
    uint32_t a, b, next;
} wg_scalar_term;

typedef struct wg_scalar_build {
    wg_engine *tape;
    const wg_scalar_request *request;
    wg_scalars *program;
    wg_allocator memory;
    wg_scalar_item *items;
    size_t item_count, item_capacity;
    wg_scalar_term *terms;
    size_t term_count, term_capacity;
    uint32_t *numbers; /* items of plain numbers, by hash */
    size_t number_places;
    uint32_t *order; /* items that are computed, as they are */
    size_t order_count;
    uint32_t y;
} wg_scalar_build;

/* Each is false when there is no memory. */
bool wg__scalar_collect(wg_scalar_build *b);
bool wg__scalar_number(wg_scalar_build *b, double number, uint32_t *item);
bool wg__scalar_fuse(wg_scalar_build *b);
bool wg__scalar_order(wg_scalar_build *b);
bool wg__scalar_emit(wg_scalar_build *b);
bool wg__scalar_emit_sweep(wg_scalar_build *b);

/* Calls `visit` for each item that a node of the program reads. */
void wg__scalar_operands(
    wg_scalar_build *b, uint32_t item, void (*visit)(wg_scalar_build *, uint32_t operand, uint32_t item));

/* scalar_stream.c: puts one more thing into a stream; a sum goes to the piece of sums that the stream ends
 * with, or to a new one. */
bool wg__scalar_put_number(wg_scalar_build *b, wg_scalar_stream *s, uint32_t number);
bool wg__scalar_put_pair(wg_scalar_build *b, wg_scalar_stream *s, uint32_t x, uint32_t y);
bool wg__scalar_put_fan(wg_scalar_build *b, wg_scalar_stream *s, uint32_t slot, uint32_t count);
bool wg__scalar_put_piece(wg_scalar_build *b, wg_scalar_stream *s, wg_scalar_piece piece);
bool wg__scalar_put_sum(wg_scalar_build *b, wg_scalar_stream *s, uint32_t value);

/* What `of` says of operand a (which 0), operand b (1) or the result of `count` rows from place `first` on.
 */
bool wg__scalar_put_rows(wg_scalar_build *b, wg_scalar_stream *s, size_t first, size_t count, int which,
    uint32_t (*of)(const wg_scalar_build *, uint32_t));
uint32_t wg__scalar_value_of(const wg_scalar_build *b, uint32_t item);
uint32_t wg__scalar_slot_of(const wg_scalar_build *b, uint32_t item);

/* Do the rows at two places run together? */
bool wg__scalar_alike_rows(const wg_scalar_build *b, size_t first, size_t second);

/* The product with which a chain begins. */
uint32_t wg__scalar_chain_begin(const wg_scalar_build *b, uint32_t node);

static inline bool wg__scalar_is_sum(const wg_scalar_item *item)
{
    return !item->row && !item->length;
}

static inline bool wg__scalar_swept(const wg_scalar_item *item)
{
    return item->wants && item->reached;
}

/* Is it a node of the program? */
static inline bool wg__scalar_is_node(const wg_scalar_item *item)
{
    return item->kind >= WG_SCALAR_ITEM_PRODUCT && !item->absorbed;
}

#endif
