/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* trace.c - a recording as a table. Columns are as wide as what stands in them. */

#include <wengert/view.h>

#include <stdlib.h>
#include <string.h>
#include "base/format.h"
#include "view/nodes.h"

enum { STEP, NAME, OP, OPERANDS, RULE, VALUE, GRADIENT, COLUMNS, WIDTH = 160, MOST_OPERANDS = 4 };

typedef struct row {
    char text[COLUMNS][WIDTH];
} row;

static const char *const heads[COLUMNS] = {
    "step", "name", "op", "operands", "local rule", "value", "gradient"};

static void append(char *text, const char *format, const char *a, const char *b)
{
    size_t used = strlen(text);
    snprintf(text + used, WIDTH - used, format, a, b);
}

static void append_numbers(
    char *text, const double *number, size_t count, const char *before, const char *after)
{
    char plain[32];
    for (size_t i = 0; i < count; i++) {
        wg_format(plain, sizeof plain, "%g", number[i]);
        append(text, "%s%s", before, plain);
        append(text, "%s%s", after, "");
    }
}

static void fill(row *r, wg_var x)
{
    const wg_op *op = wg_op_of(x);
    wg_var operand[MOST_OPERANDS];
    size_t n = wg_operands_of(x, operand, MOST_OPERANDS);
    char label[64];
    const double *number = op->numbers ? wg_attr_of(x) : NULL;
    memset(r, 0, sizeof *r);
    snprintf(r->text[STEP], WIDTH, "%zu", wg_node_of(x));
    snprintf(r->text[NAME], WIDTH, "%.60s", wg_name_of(x));
    snprintf(r->text[OP], WIDTH, "%.60s", op->name);
    if (op->number_first)
        append_numbers(r->text[OPERANDS], number, op->numbers, "", ", ");
    for (size_t i = 0; i < n && i < MOST_OPERANDS; i++) {
        wg_label_text(operand[i], label, sizeof label);
        append(r->text[OPERANDS], "%s%s", i ? ", " : "", label);
        if (op->rule && op->arity != WG_VARIADIC && op->rule[i])
            append(r->text[RULE], n > 1 ? "%s: %s   " : "%.0s%s", label, op->rule[i]);
    }
    if (n > MOST_OPERANDS)
        append(r->text[OPERANDS], "%s%s", ", ...", "");
    if (!op->number_first)
        append_numbers(r->text[OPERANDS], number, op->numbers, ", ", "");
    if (op->describe && wg_attr_of(x)) {
        op->describe(wg_attr_of(x), label, sizeof label);
        append(r->text[OPERANDS], label[0] ? ", %s%s" : "%s%s", label, "");
    }
    wg_numbers_text(x, false, r->text[VALUE], WIDTH);
    wg_numbers_text(x, true, r->text[GRADIENT], WIDTH);
}

static void widen(size_t *width, const row *r)
{
    for (int c = 0; c < COLUMNS; c++) {
        size_t needed = strlen(r->text[c]);
        width[c] = needed > width[c] ? needed : width[c];
    }
}

static void print(const row *r, const size_t *width, FILE *file)
{
    for (int c = 0; c < COLUMNS; c++)
        if (c + 1 < COLUMNS)
            fprintf(file, "%-*s  ", (int)width[c], r->text[c]);
        else
            fprintf(file, "%s\n", r->text[c]);
}

/* Twice over the nodes: to measure, and to print. A long tape needs no memory but one row. */
static wg_status table(wg_tape *tape, size_t count, const bool *shown, FILE *file)
{
    size_t width[COLUMNS];
    row r;
    for (int c = 0; c < COLUMNS; c++)
        snprintf(r.text[c], WIDTH, "%s", heads[c]);
    memset(width, 0, sizeof width);
    widen(width, &r);
    for (size_t i = 0; i < count; i++)
        if (!shown || shown[i]) {
            fill(&r, wg_node(tape, i));
            widen(width, &r);
        }
    for (int c = 0; c < COLUMNS; c++)
        snprintf(r.text[c], WIDTH, "%s", heads[c]);
    print(&r, width, file);
    for (size_t i = 0; i < count; i++)
        if (!shown || shown[i]) {
            fill(&r, wg_node(tape, i));
            print(&r, width, file);
        }
    return fflush(file) != 0 || ferror(file) ? WG_FILE : WG_OK;
}

wg_status wg_print_trace(wg_var y, FILE *file)
{
    wg_status status = wg_tape_status(wg_tape_of(y));
    if (!file || !wg_is_valid(y))
        return status == WG_OK ? WG_INVALID : status;
    bool *shown = wg_ancestors(y);
    if (!shown)
        return WG_OUT_OF_MEMORY;
    status = table(wg_tape_of(y), wg_node_of(y) + 1, shown, file);
    free(shown);
    return status;
}

wg_status wg_print_tape(wg_tape *tape, FILE *file)
{
    return tape && file ? table(tape, wg_tape_nodes(tape), NULL, file) : WG_INVALID;
}
