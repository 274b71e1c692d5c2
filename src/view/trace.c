/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* trace.c - a recording as a table. Columns are as wide as what stands in them. */

#include <wengert/view.h>

#include <stdlib.h>
#include <string.h>
#include "base/format.h"
#include "view/letters.h"
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
        wg__format(plain, sizeof plain, "%g", number[i]);
        append(text, "%s%s", before, plain);
        append(text, "%s%s", after, "");
    }
}

/* What a letter of a rule stands for: an operand, the value, or a plain number of the operation; NULL: for
 * itself. */
static const char *meaning(wg_var x, char letter, char *text, size_t size)
{
    const wg_op *op = wg_op_of(x);
    wg_var operand[MOST_OPERANDS] = {0};
    size_t n = wg_operands_of(x, operand, MOST_OPERANDS), k = letter == 'b' || letter == 'w' ? 1 : 0;
    const double *numbers = op->numbers ? wg_attr_of(x) : NULL, *number = NULL;
    if (letter == 'y')
        return wg__label_text(x, text, size);
    if (letter == 'a' || letter == 'b' || letter == 'w' || letter == 'x') {
        if (numbers && op->base && k == (op->number_first ? 0 : 1))
            number = numbers;
        else
            k -= k && op->base && op->number_first;
    } else if (letter == 'c' || letter == 'd') {
        number = numbers && (size_t)(letter - 'c') < op->numbers ? numbers + (letter - 'c') : NULL;
        k = n;
    } else {
        return NULL;
    }
    if (number)
        wg__format(text, size, *number < 0 ? "(%g)" : "%g", *number);
    return number ? text : k < n ? wg__label_text(operand[k], text, size) : NULL;
}

static bool in_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The rule with names for its letters: what is one letter long is one. */
static void append_rule(char *text, wg_var x, const char *rule)
{
    for (char before = ' '; *rule; before = *rule++) {
        char label[64], letter[2] = {*rule, 0};
        bool alone = !in_word(before) && !in_word(rule[1]);
        const char *means = alone ? meaning(x, *rule, label, sizeof label) : NULL;
        append(text, "%s%s", means ? means : letter, "");
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
    snprintf(r->text[OP], WIDTH, "%.60s", wg_title_of(x));
    if (op->number_first)
        append_numbers(r->text[OPERANDS], number, op->numbers, "", ", ");
    for (size_t i = 0; i < n && i < MOST_OPERANDS; i++) {
        wg__label_text(operand[i], label, sizeof label);
        append(r->text[OPERANDS], "%s%s", i ? ", " : "", label);
        if (!op->rule || op->arity == WG_VARIADIC || !op->rule[i])
            continue;
        if (n > 1)
            append(r->text[RULE], "%s%s: ", r->text[RULE][0] ? "   " : "", label);
        append_rule(r->text[RULE], x, op->rule[i]);
    }
    if (n > MOST_OPERANDS)
        append(r->text[OPERANDS], "%s%s", ", ...", "");
    if (!op->number_first)
        append_numbers(r->text[OPERANDS], number, op->numbers, ", ", "");
    if (op->describe && wg_attr_of(x)) {
        op->describe(wg_attr_of(x), label, sizeof label);
        append(r->text[OPERANDS], label[0] ? ", %s%s" : "%s%s", label, "");
    }
    wg__numbers_text(x, false, r->text[VALUE], WIDTH);
    wg__numbers_text(x, true, r->text[GRADIENT], WIDTH);
    for (int c = 0; c < COLUMNS; c++)
        wg__letters_trim(r->text[c]);
}

static void widen(size_t *width, const row *r)
{
    for (int c = 0; c < COLUMNS; c++) {
        size_t needed = wg__columns(r->text[c]);
        width[c] = needed > width[c] ? needed : width[c];
    }
}

static void print(const row *r, const size_t *width, FILE *file)
{
    for (int c = 0; c < COLUMNS; c++)
        if (c + 1 < COLUMNS)
            fprintf(file, "%s%*s  ", r->text[c], (int)(width[c] - wg__columns(r->text[c])), "");
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

wg_status wg_trace_print(wg_var y, FILE *file)
{
    wg_status status = wg_tape_status(wg_tape_of(y));
    if (!file || !wg_is_valid(y))
        return status == WG_OK ? WG_INVALID : status;
    bool *shown = wg__ancestors(y);
    if (!shown)
        return WG_OUT_OF_MEMORY;
    status = table(wg_tape_of(y), wg_node_of(y) + 1, shown, file);
    free(shown);
    return status;
}

wg_status wg_tape_print(wg_tape *tape, FILE *file)
{
    return tape && file ? table(tape, wg_tape_node_count(tape), NULL, file) : WG_INVALID;
}
