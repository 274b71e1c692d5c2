/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* dot.c - a recording as a Graphviz graph, drawn as a circuit: gates are round, and each node has a wire that
 * leads from its gate (a leaf has none) to all that use it, with the value above it and the gradient below:
 *
 *         2
 *     w0 --------.
 *         -0.2    \\   ___    p = -2
 *                  -> | x | ---------->
 *         -1      /    ---     0.2
 *     x0 --------'
 *         0.39
 *
 * A wire is a table of two cells with a rule between them, to whose ends the edges go. */

#include <wengert/view.h>

#include <stdlib.h>
#include <string.h>
#include "base/format.h"
#include "view/nodes.h"

typedef struct drawing {
    FILE *file;
    wg_tape *tape;
    bool *shown;
    size_t first, count; /* nodes first .. count - 1 may be shown */
    size_t left_out;
    wg_draw_options options;
} drawing;

/* For HTML-like labels. */
static void put_text(FILE *file, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '<':
            fputs("&lt;", file);
            break;
        case '>':
            fputs("&gt;", file);
            break;
        case '&':
            fputs("&amp;", file);
            break;
        case '"':
            fputs("&quot;", file);
            break;
        default:
            fputc(*text, file);
        }
}

/* Is x one of the results of an operation with several? */
static bool is_result(wg_var x)
{
    wg_var from = {0};
    return wg_operands_of(x, &from, 1) == 1 && wg_op_of(from)->results > 1;
}

/* Is x its operand in another shape, and nothing that was given a name? */
static bool is_view(wg_var x)
{
    wg_var from = {0};
    if (!(wg_op_of(x)->traits & WG_OP_ALIAS) || wg_name_of(x)[0] || wg_operands_of(x, &from, 1) == 0)
        return false;
    wg_shape shape = wg_shape_of(x), before = wg_shape_of(from);
    return !wg_shape_equal(&shape, &before);
}

/* The gates of the lectures have signs of their own. */
static const char *sign_of(const char *op)
{
    static const char *const signs[][2] = {{"add", "+"}, {"mul", "\u00d7"}, {"sub", "\u2212"},
        {"div", "\u00f7"}, {"maximum", "max"}, {"minimum", "min"}, {"reciprocal", "1/x"},
        {"square", "x\u00b2"}, {"neg", "\u2212x"}, {"sigmoid", "\u03c3"}, {"sqrt", "\u221a"},
        {"sum", "\u03a3"}};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (strcmp(signs[i][0], op) == 0)
            return signs[i][1];
    return op;
}

/* "addc" with the number 1 is "+ 1", "cdiv" with 2 is "2 /". */
static void put_op(FILE *file, wg_var x)
{
    const wg_op *op = wg_op_of(x);
    const double *number = op->base && op->numbers == 1 ? wg_attr_of(x) : NULL;
    if (number && op->number_first)
        wg__format_to(file, "%g ", *number);
    put_text(file, sign_of(number ? op->base : wg_title_of(x)));
    if (number && !op->number_first)
        wg__format_to(file, " %g", *number);
}

/* A small matrix is written as one; other numbers in a line. */
static void put_numbers(FILE *file, wg_var x, bool gradient)
{
    enum { MOST = 4 };
    char text[160];
    double matrix[MOST * MOST];
    wg_shape shape = wg_shape_of(x);
    size_t rows = shape.dim[0], columns = shape.dim[1];
    bool small = shape.rank == 2 && rows && columns && rows <= MOST && columns <= MOST;
    small = small && (gradient ? wg_has_grad(x) && wg_read_grad(x, matrix, rows * columns) == WG_OK
                               : wg_has_value(x) && wg_read(x, matrix, rows * columns) == WG_OK);
    fprintf(file, "<FONT COLOR=\"%s\">", gradient ? "#d00000" : "#00802b");
    if (!small)
        put_text(file, wg__numbers_text(x, gradient, text, sizeof text));
    for (size_t i = 0; small && i < rows * columns; i++)
        wg__format_to(file, "%s%.4g", i == 0 ? "" : i % columns ? " &nbsp;" : "<BR/>", matrix[i]);
    fputs("</FONT>", file);
}

/* What is above the wire, */
static void put_value(const drawing *d, wg_var x)
{
    char text[160];
    wg_shape shape = wg_shape_of(x);
    if (!d->options.no_numbers)
        put_numbers(d->file, x, false);
    else
        put_text(d->file, shape.rank ? wg_shape_text(&shape, text, sizeof text) : " ");
}

/* and below it: a space keeps the wire in the middle. */
static void put_gradient(const drawing *d, wg_var x)
{
    if (!d->options.no_numbers && wg_has_grad(x))
        put_numbers(d->file, x, true);
    else
        fputs(" ", d->file);
}

/* A leaf's name, or what kind it is, is where its wire begins. */
static void put_leaf(const drawing *d, wg_var x)
{
    const char *name = wg_name_of(x);
    fprintf(d->file, "<TD %s=\"2\">", d->options.top_down ? "COLSPAN" : "ROWSPAN");
    fputs(name[0] ? "<FONT POINT-SIZE=\"14\"><I>" : "<FONT COLOR=\"#808080\"><I>", d->file);
    put_text(d->file, name[0] ? name : wg_title_of(x));
    fprintf(d->file, "</I></FONT></TD>%s", d->options.top_down ? "</TR><TR>" : "");
}

/* The value, and the gradient on the other side of the wire. From top to bottom without numbers a name or a
 * shape stands in the wire, which is drawn where there is neither. */
static void put_cells(const drawing *d, wg_var x, bool leaf, const char *cell)
{
    bool top_down = d->options.top_down, named = !leaf && wg_name_of(x)[0];
    if (top_down && d->options.no_numbers && (leaf || named || wg_shape_of(x).rank)) {
        fputs("<TD>", d->file);
        if (wg_shape_of(x).rank)
            put_value(d, x);
    } else {
        fputs(cell, d->file);
        put_value(d, x);
        fputs(top_down ? "</TD><TD>" : named ? "</TD></TR><TR><TD></TD><TD>" : "</TD></TR><TR><TD>", d->file);
        put_gradient(d, x);
    }
    fputs("</TD>", d->file);
}

/* Another name is written before the value. */
static void put_wire(const drawing *d, size_t i, wg_var x, bool leaf)
{
    const char *cell = d->options.top_down ? "<TD BORDER=\"1\" SIDES=\"R\" COLOR=\"#606060\">"
                                           : "<TD BORDER=\"1\" SIDES=\"B\" COLOR=\"#606060\">";
    bool named = !leaf && wg_name_of(x)[0];
    fprintf(d->file,
        "    n%zu [shape=none, style=\"\", margin=0, width=0, height=0, fontsize=12, label=<<TABLE "
        "BORDER=\"0\" "
        "CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"2\"><TR>",
        i);
    if (leaf)
        put_leaf(d, x);
    if (named) {
        fprintf(d->file, "%s<I>", d->options.top_down ? "<TD>" : cell);
        put_text(d->file, wg_name_of(x));
        fprintf(d->file, "</I>%s</TD>", d->options.no_numbers ? "" : " =");
    }
    put_cells(d, x, leaf, cell);
    fputs("</TR></TABLE>>];\n", d->file);
}

/* A result of an operation with several has a wire from that one's gate, which has none of its own. */
static void put_node(const drawing *d, size_t i)
{
    wg_var x = wg_node(d->tape, i), from = {0};
    bool leaf = wg_operands_of(x, &from, 1) == 0, result = is_result(x), top_down = d->options.top_down;
    size_t gate = result ? wg_node_of(from) : i;
    if (!leaf && !result) {
        fprintf(d->file, "    g%zu [label=<", i);
        put_op(d->file, x);
        fputs(">];\n", d->file);
    }
    if (wg_op_of(x)->results > 1)
        return;
    put_wire(d, i, x, leaf);
    if (!leaf && gate >= d->first)
        fprintf(d->file, "    g%zu -> n%zu:%s [arrowhead=none, weight=9];\n", gate, i, top_down ? "n" : "w");
}

/* Another shape for the same memory is no gate, unless it has a name: edges lead on from its operand. */
static void skip_views(drawing *d)
{
    for (size_t i = 0; i + 1 < d->count; i++)
        d->shown[i] = d->shown[i] && !is_view(wg_node(d->tape, i));
}

static wg_var before_views(wg_var x)
{
    while (is_view(x))
        wg_operands_of(x, &x, 1);
    return x;
}

/* Neighbours of one scope make a cluster; a scope that is entered twice makes two. */
static void put_nodes(const drawing *d)
{
    const char *scope = "";
    size_t clusters = 0;
    for (size_t i = d->first; i < d->count; i++) {
        if (!d->shown[i])
            continue;
        const char *here = wg_scope_of(wg_node(d->tape, i));
        if (strcmp(here, scope) != 0) {
            if (scope[0])
                fputs("    }\n", d->file);
            if (here[0]) {
                fprintf(d->file, "    subgraph cluster_%zu {\n    style=rounded; color=\"#b0b0c0\"; label=<",
                    clusters++);
                put_text(d->file, here);
                fputs(">;\n", d->file);
            }
            scope = here;
        }
        put_node(d, i);
    }
    if (scope[0])
        fputs("    }\n", d->file);
}

static void put_edge(const drawing *d, wg_var x, size_t gate)
{
    wg_var from = before_views(x);
    if (wg_node_of(from) < d->first)
        return;
    fprintf(d->file, "    n%zu:%s -> g%zu", wg_node_of(from), d->options.top_down ? "s" : "e", gate);
    if (is_view(x)) {
        char text[160];
        wg_shape shape = wg_shape_of(x);
        fprintf(d->file, " [label=<%s>]", shape.rank ? wg_shape_text(&shape, text, sizeof text) : "a number");
    }
    fputs(";\n", d->file);
}

static wg_status put_edges(const drawing *d)
{
    for (size_t i = d->first; i < d->count; i++) {
        if (!d->shown[i])
            continue;
        wg_var x = wg_node(d->tape, i);
        size_t n = wg_operands_of(x, NULL, 0);
        wg_var *operand = malloc((n ? n : 1) * sizeof *operand);
        if (!operand)
            return WG_OUT_OF_MEMORY;
        wg_operands_of(x, operand, n);
        for (size_t k = 0; k < n && !is_result(x); k++)
            put_edge(d, operand[k], i);
        free(operand);
    }
    return WG_OK;
}

static void choose(drawing *d)
{
    size_t most = d->options.most ? d->options.most : 200, shown = 0;
    d->first = 0;
    for (size_t i = d->count; i-- > 0;)
        if (d->shown[i] && ++shown == most)
            d->first = i;
    d->left_out = shown > most ? shown - most : 0;
}

wg_status wg_draw_dot(wg_var y, FILE *file, const wg_draw_options *options)
{
    wg_status status = wg_tape_status(wg_tape_of(y));
    if (!file || !wg_is_valid(y))
        return status == WG_OK ? WG_INVALID : status;
    drawing d = {.file = file, .tape = wg_tape_of(y), .count = wg_node_of(y) + 1};
    d.options = options ? *options : (wg_draw_options){0};
    d.shown = wg__ancestors(y);
    if (!d.shown)
        return WG_OUT_OF_MEMORY;
    skip_views(&d);
    choose(&d);
    fprintf(file,
        "digraph tape {\n    rankdir=%s; ranksep=0.15; nodesep=0.12; fontname=\"Helvetica\"; fontsize=14;\n"
        "    node [fontname=\"Helvetica\", fontsize=14, shape=ellipse, width=0.5, height=0.5, margin=0.04, "
        "style=filled, fillcolor=\"#e8f0fb\", color=\"#3060a0\"];\n"
        "    edge [color=\"#606060\", arrowsize=0.6, fontname=\"Helvetica\", fontsize=10, "
        "fontcolor=\"#606060\"];\n",
        d.options.top_down ? "TB" : "LR");
    if (d.options.title || d.left_out) {
        fputs("    labelloc=t; label=<", file);
        put_text(file, d.options.title ? d.options.title : "");
        if (d.left_out)
            fprintf(file, " (the first %zu nodes are left out)", d.left_out);
        fputs(">;\n", file);
    }
    put_nodes(&d);
    status = put_edges(&d);
    fputs("}\n", file);
    free(d.shown);
    return status != WG_OK ? status : fflush(file) != 0 || ferror(file) ? WG_FILE : WG_OK;
}
