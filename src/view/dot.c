/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* dot.c - a recording as a Graphviz graph. */

#include <wengert/view.h>

#include <stdlib.h>
#include <string.h>
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

/* The gates of the lectures have signs of their own. */
static const char *sign_of(const char *op)
{
    static const char *const signs[][2] = {{"add", "+"}, {"mul", "\u00d7"}, {"sub", "\u2212"},
        {"div", "\u00f7"}, {"maximum", "max"}, {"minimum", "min"}, {"reciprocal", "1/x"},
        {"square", "x\u00b2"}, {"neg", "\u2212x"}};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (strcmp(signs[i][0], op) == 0)
            return signs[i][1];
    return op;
}

/* "addc" with the number 1 is "+ 1", "cdiv" with 2 is "2 /". */
static void put_op(FILE *file, wg_var x)
{
    const wg_op *op = wg_op_of(x);
    size_t length = strlen(op->name);
    char base[64];
    const double *number = op->attr_size == sizeof(double) && op->traits & WG_OP_MAP ? wg_attr_of(x) : NULL;
    bool right = number && length > 1 && length < sizeof base && op->name[length - 1] == 'c';
    bool left = number && !right && op->name[0] == 'c' && length > 1 && length < sizeof base;
    snprintf(base, sizeof base, "%.*s", (int)(length - right), op->name);
    if (right && wg_op_find(base)) {
        put_text(file, sign_of(base));
        fprintf(file, " %g", *number);
    } else if (left && wg_op_find(op->name + 1)) {
        fprintf(file, "%g ", *number);
        put_text(file, sign_of(op->name + 1));
    } else {
        put_text(file, sign_of(op->name));
    }
}

static void put_numbers(const drawing *d, wg_var x)
{
    char text[160];
    if (d->options.no_numbers) {
        wg_shape shape = wg_shape_of(x);
        fputs("<BR/>", d->file);
        put_text(d->file, wg_shape_text(&shape, text, sizeof text));
        return;
    }
    fputs("<BR/><FONT COLOR=\"#007a00\">", d->file);
    put_text(d->file, wg_numbers_text(x, false, text, sizeof text));
    fputs("</FONT>", d->file);
    if (wg_has_grad(x)) {
        fputs("<BR/><FONT COLOR=\"#c00000\">", d->file);
        put_text(d->file, wg_numbers_text(x, true, text, sizeof text));
        fputs("</FONT>", d->file);
    }
}

static void put_node(const drawing *d, size_t i)
{
    wg_var x = wg_node(d->tape, i);
    bool leaf = wg_operands_of(x, NULL, 0) == 0;
    const char *name = wg_name_of(x);
    fprintf(d->file, "    n%zu [shape=%s, label=<", i,
        leaf ? "box, style=\"rounded,filled\", fillcolor=\"#f4f4f0\"" : "ellipse");
    if (!leaf) {
        fputs("<B>", d->file);
        put_op(d->file, x);
        fputs("</B>", d->file);
    }
    if (name[0]) {
        fputs(leaf ? "<I>" : " &nbsp;<I>", d->file);
        put_text(d->file, name);
        fputs("</I>", d->file);
    } else if (leaf) {
        put_text(d->file, wg_op_of(x)->name);
    }
    put_numbers(d, x);
    fputs(">];\n", d->file);
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
        for (size_t k = 0; k < n; k++)
            if (wg_node_of(operand[k]) >= d->first)
                fprintf(d->file, "    n%zu -> n%zu;\n", wg_node_of(operand[k]), i);
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
    d.shown = wg_ancestors(y);
    if (!d.shown)
        return WG_OUT_OF_MEMORY;
    choose(&d);
    fprintf(file,
        "digraph tape {\n    rankdir=%s;\n    node [fontname=\"Helvetica\", fontsize=11];\n"
        "    edge [color=\"#707070\", arrowsize=0.7];\n",
        d.options.top_down ? "TB" : "LR");
    if (d.options.title || d.left_out) {
        fputs("    labelloc=t; fontname=\"Helvetica\"; label=<", file);
        put_text(file, d.options.title ? d.options.title : "");
        if (d.left_out)
            fprintf(file, " (the first %zu nodes are left out)", d.left_out);
        fputs(">;\n", file);
    }
    put_nodes(&d);
    status = put_edges(&d);
    fputs("}\n", file);
    free(d.shown);
    return status != WG_OK ? status : ferror(file) ? WG_FILE : WG_OK;
}
