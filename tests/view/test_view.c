/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Traces and drawings: what stands in them, and that Graphviz reads them where it is installed. */

#define _XOPEN_SOURCE 700

#include <locale.h>
#include <wchar.h>

#include "vars.h"

static wg_tape *tape;

static void set_up(void)
{
    tape = wg_tape_new(&(wg_tape_options){.keep_grads = true});
    ck_assert_ptr_nonnull(tape);
}

typedef struct text {
    char *bytes;
    size_t size;
    FILE *file;
} text;

static void begin(text *t)
{
    t->file = open_memstream(&t->bytes, &t->size);
    ck_assert_ptr_nonnull(t->file);
}

static char *trace_of(wg_var y)
{
    text t;
    begin(&t);
    ck_assert_int_eq(wg_trace_print(y, t.file), WG_OK);
    fclose(t.file);
    return t.bytes;
}

/* The drawing, which dot must read if there is one. */
static char *drawing_of(wg_var y, const wg_draw_options *options)
{
    text t;
    begin(&t);
    ck_assert_int_eq(wg_draw_dot(y, t.file, options), WG_OK);
    fclose(t.file);
    if (system("command -v dot >/dev/null 2>&1") == 0) {
        FILE *dot = popen("dot -Tsvg -o /dev/null 2>&1", "w");
        ck_assert_ptr_nonnull(dot);
        fwrite(t.bytes, 1, t.size, dot);
        ck_assert_msg(pclose(dot) == 0, "dot does not read this:\n%s", t.bytes);
    }
    return t.bytes;
}

static size_t count(const char *where, const char *what)
{
    size_t n = 0;
    for (; (where = strstr(where, what)) != NULL; where++)
        n++;
    return n;
}

static void has(const char *where, const char *what)
{
    ck_assert_msg(strstr(where, what) != NULL, "%s\nis not in\n%s", what, where);
}

/* f = (x + y) z, swept */
static wg_var sum_times(void)
{
    wg_var x = wg_scalar(tape, -2), y = wg_scalar(tape, 5), z = wg_scalar(tape, -4);
    wg_var q = wg_add(x, y), f = wg_mul(q, z);
    WG_NAME(x), WG_NAME(y), WG_NAME(z), WG_NAME(f);
    ck_assert_int_eq(wg_backward(f), WG_OK);
    return f;
}

START_TEST(the_table_of_a_formula)
{
    set_up();
    char *table = trace_of(sum_times());
    ck_assert_str_eq(table, "step  name  op    operands  local rule             value  gradient\n"
                            "0     x     leaf                                   -2     -4\n"
                            "1     y     leaf                                   5      -4\n"
                            "2     z     leaf                                   -4     3\n"
                            "3           add   x, y      x: g   y: g            3      -4\n"
                            "4     f     mul   #3, z     #3: g * z   z: g * #3  -12    1\n");
    free(table);
    wg_tape_free(tape);
}
END_TEST

/* A letter of the record's rule is the operand, the value or the number that it stands for. */
START_TEST(rules_name_what_they_read)
{
    set_up();
    wg_var p = wg_scalar(tape, 0.5), q = wg_scalar(tape, 0.25);
    const double w[4] = {1, 2, 3, 4};
    wg_var M = wg_leaf(tape, WG_DOUBLES(w, 2, 2)), N = wg_leaf(tape, WG_DOUBLES(w, 2, 2));
    WG_NAME(p), WG_NAME(q), WG_NAME(M), WG_NAME(N);
    const struct {
        wg_var y;
        const char *rule;
    } row[] = {{wg_mul(p, q), "p: g * q   q: g * p"}, {wg_mulc(p, -3), "  g * (-3)  "},
        {wg_cdiv(2, q), "-g * out / (q)"}, {wg_exp(p), "g * out"}, {wg_sin(q), "g * cos(q)"},
        {wg_powc(p, 3), "3 * pow(p, 3 - 1)"}, {wg_cpow(3, p), "g * out * log(3)"},
        {wg_leaky_relu(p, 0.125), "0.125"}, {wg_matmul(M, N), "M: g @ N^T   N: M^T @ g"}};
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        wg_set_name(row[i].y, "out");
        char *table = trace_of(row[i].y), *last = strstr(table, "out");
        has(last, row[i].rule);
        free(table);
    }
    wg_tape_free(tape);
}
END_TEST

/* Where the column of the operation begins, in columns of a terminal: the C library knows how wide a
 * character is. */
static int columns_before(const char *line, const char *what)
{
    const char *end = strstr(line, what);
    int columns = 0;
    ck_assert_ptr_nonnull(end);
    for (wchar_t c; line < end;) {
        int bytes = mbtowc(&c, line, MB_CUR_MAX);
        ck_assert_int_gt(bytes, 0);
        columns += wcwidth(c);
        line += bytes;
    }
    return columns;
}

START_TEST(names_of_all_scripts_keep_the_columns)
{
    static const char *const names[] = {"x", "\u6743\u91cd", "\ud55c\uad6d", "\u30ab\u3099", "e\u0301",
        "\u03b8\u2081", "\uff21", "\u0416\u05d0\u05b0", "\U0001f600", "\U00020000",
        "\u3042\u3400\ua000\uf900"};
    set_up();
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        return;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        wg_set_name(wg_scalar(tape, 1), names[i]);
    wg_set_name(wg_scalar(tape, 1), /* the table cuts it, within a character */
        "abcde\u6743\u6743\u6743\u6743\u6743\u6743\u6743\u6743\u6743\u6743\u6743\u6743\u6743\u6743\u6743"
        "\u6743\u6743\u6743\u6743");
    text t;
    begin(&t);
    ck_assert_int_eq(wg_tape_print(tape, t.file), WG_OK);
    fclose(t.file);
    int at = columns_before(t.bytes, "op ");
    for (char *line = strtok(strchr(t.bytes, '\n'), "\n"); line; line = strtok(NULL, "\n"))
        ck_assert_int_eq(columns_before(line, "leaf"), at);
    free(t.bytes);
    setlocale(LC_CTYPE, "C");
    wg_tape_free(tape);
}
END_TEST

START_TEST(only_ancestors_are_shown_or_all)
{
    set_up();
    wg_var f = sum_times(), other = wg_set_name(wg_exp(f), "other");
    char *table = trace_of(f);
    ck_assert_ptr_null(strstr(table, "other"));
    free(table);
    table = trace_of(other);
    has(table, "exp");
    ck_assert_uint_eq(count(table, "\n"), 1 + 6);
    free(table);
    wg_scalar(tape, 77);
    text t;
    begin(&t);
    ck_assert_int_eq(wg_tape_print(tape, t.file), WG_OK);
    fclose(t.file);
    ck_assert_uint_eq(count(t.bytes, "\n"), 1 + 7);
    has(t.bytes, "77");
    free(t.bytes);
    wg_tape_free(tape);
}
END_TEST

START_TEST(tensors_show_their_shape_and_first_numbers)
{
    set_up();
    const double x[6] = {1, 2, 3, 4, 5.25, 6};
    const int32_t at[2] = {1, 0};
    wg_var v = wg_leaf(tape, WG_DOUBLES(x, 2, 3)), empty = wg_input_of(tape, WG_F64, WG_SHAPE(3));
    wg_var y = wg_index_select(v, 0, wg_input(tape, WG_INTS(at, 2)));
    char *table = trace_of(wg_add(y, empty));
    has(table, "[2, 3] 1 2 3 4 ...");
    has(table, "[2, 3] 4 5.25 6 1 ...");
    has(table, "[2] 1 0");
    has(table, " -                      -\n"); /* neither value nor gradient */
    free(table);
    wg_tape_free(tape);
}
END_TEST

/* More operands than a row has room for, none of which has a rule of its own to be read. */
START_TEST(operations_with_many_operands)
{
    set_up();
    const double x[2] = {1, 2};
    wg_var parts[20];
    for (int i = 0; i < 20; i++)
        parts[i] = wg_leaf(tape, WG_DOUBLES(x, 2));
    wg_var y = wg_sum(wg_concat(parts, 20, 0));
    ck_assert_int_eq(wg_backward(y), WG_OK);
    char *table = trace_of(y), *dot = drawing_of(y, NULL);
    has(table, "#0, #1, #2, #3, ...");
    ck_assert_uint_eq(count(dot, " -> g20;"), 20);
    free(table), free(dot);
    wg_tape_free(tape);
}
END_TEST

START_TEST(a_circuit_has_wires_and_gates)
{
    set_up();
    char *dot = drawing_of(sum_times(), &(wg_draw_options){.title = "f = (x + y) z"});
    has(dot, "rankdir=LR");
    has(dot, "label=<f = (x + y) z>");
    has(dot, "<I>x</I>");
    has(dot, "<FONT COLOR=\"#00802b\">-2</FONT>"); /* a value is green, */
    has(dot, "<FONT COLOR=\"#d00000\">-4</FONT>"); /* a gradient red */
    has(dot, "n0:e -> g3;");
    has(dot, "n1:e -> g3;");
    has(dot, "g3 -> n3:w");
    has(dot, "n3:e -> g4;");
    has(dot, "n2:e -> g4;");
    ck_assert_uint_eq(count(dot, ":e -> g"), 4);
    ck_assert_uint_eq(count(dot, "[shape=none"), 5);
    free(dot);
    dot = drawing_of(wg_node(tape, 4), &(wg_draw_options){.top_down = true, .no_numbers = true});
    has(dot, "rankdir=TB");
    has(dot, "n3:s -> g4;");
    ck_assert_ptr_null(strstr(dot, "-12"));
    free(dot);
    wg_tape_free(tape);
}
END_TEST

/* A view is the edge, one with a name a gate; of an operation with several results each is a wire of its. */
START_TEST(insides_are_not_drawn)
{
    set_up();
    const double bias[2] = {1, 2}, image[32] = {0};
    wg_var x = wg_leaf(tape, WG_DOUBLES(image, 1, 2, 4, 4)), b = wg_leaf(tape, WG_DOUBLES(bias, 2));
    wg_var view = wg_reshape(b, WG_SHAPE(2, 1, 1));
    wg_var y = wg_sum(wg_flatten(wg_max_pool2d(wg_add(x, view), 2, NULL)));
    char *dot = drawing_of(y, NULL);
    ck_assert_ptr_null(strstr(dot, ">reshape<"));
    ck_assert_ptr_null(strstr(dot, "label=<reshape>"));
    ck_assert_ptr_null(strstr(dot, "label=<flatten>"));
    ck_assert_ptr_null(strstr(dot, "label=<result>"));
    ck_assert_uint_eq(count(dot, "label=<max_pool2d>"), 1);
    has(dot, "n1:e -> g3 [label=<[2, 1, 1]>];");
    has(dot, "[label=<[1, 8]>];");
    ck_assert_uint_eq(count(dot, "[shape=none"), 5); /* x, b, their sum, the pool's, y */
    ck_assert_uint_eq(count(dot, "arrowhead=none"), 3);
    free(dot);
    wg_set_name(view, "per channel");
    dot = drawing_of(y, NULL);
    has(dot, "label=<reshape>");
    ck_assert_ptr_null(strstr(dot, "[label=<[2, 1, 1]>]"));
    free(dot);
    dot =
        drawing_of(wg_exp(wg_detach(x)), NULL); /* keeps the shape and ends a gradient: that is to be seen */
    has(dot, "label=<identity>");
    free(dot);
    dot = drawing_of(y, &(wg_draw_options){.top_down = true, .no_numbers = true});
    ck_assert_ptr_null(strstr(dot, "SIDES=\"R\" COLOR=\"#606060\">["));
    free(dot);
    wg_tape_free(tape);
}
END_TEST

START_TEST(numbers_are_part_of_their_gate)
{
    set_up();
    wg_var x = wg_scalar(tape, 3);
    char *dot = drawing_of(wg_csub(1, wg_cdiv(2, wg_addc(wg_mulc(x, -4), 0.5))), NULL);
    has(dot, "g1 [label=<\u00d7 -4>]");
    has(dot, "g2 [label=<+ 0.5>]");
    has(dot, "g3 [label=<2 \u00f7>]");
    has(dot, "g4 [label=<1 \u2212>]");
    free(dot);
    wg_tape_free(tape);
}
END_TEST

START_TEST(small_matrices_are_written_as_such)
{
    set_up();
    const double w[4] = {0.1, 0.5, -0.3, 0.8}, wide[5] = {1, 2, 3, 4, 5};
    wg_var W = wg_leaf(tape, WG_DOUBLES(w, 2, 2)), V = wg_leaf(tape, WG_DOUBLES(wide, 1, 5));
    wg_var y = wg_add(wg_sum(wg_square(W)), wg_sum(V));
    ck_assert_int_eq(wg_backward(y), WG_OK);
    char *dot = drawing_of(y, NULL);
    has(dot, "0.1 &nbsp;0.5<BR/>-0.3 &nbsp;0.8</FONT>");
    has(dot, "0.2 &nbsp;1<BR/>-0.6 &nbsp;1.6</FONT>");
    has(dot, "[1, 5] 1 2 3 4 ...");
    free(dot);
    wg_tape_free(tape);
}
END_TEST

START_TEST(names_are_escaped_and_scopes_are_clusters)
{
    set_up();
    wg_var x = wg_set_name(wg_scalar(tape, 1), "<b>&\"x\"");
    wg_scope_push(tape, "a<b");
    wg_scope_push(tape, "c");
    wg_var y = wg_exp(x);
    wg_scope_pop(tape);
    wg_var z = wg_set_name(wg_exp(y), "z & y");
    wg_scope_pop(tape);
    char *dot = drawing_of(wg_exp(z), &(wg_draw_options){.title = "<&>"});
    has(dot, "&lt;b&gt;&amp;&quot;x&quot;");
    has(dot, "z &amp; y");
    has(dot, "label=<&lt;&amp;&gt;>");
    has(dot, "label=<a&lt;b/c>");
    has(dot, "label=<a&lt;b>");
    ck_assert_uint_eq(count(dot, "subgraph cluster_"), 2);
    ck_assert_uint_eq(count(dot, "{"), count(dot, "}"));
    free(dot);
    wg_tape_free(tape);
}
END_TEST

START_TEST(a_long_tape_is_cut_with_a_note)
{
    set_up();
    wg_var x = wg_scalar(tape, 0.5), y = x;
    for (int i = 0; i < 300; i++)
        y = wg_sin(y);
    char *dot = drawing_of(y, NULL);
    has(dot, "(the first 101 nodes are left out)");
    ck_assert_uint_eq(count(dot, "[shape=none"), 200);
    ck_assert_uint_eq(count(dot, ":e -> g"), 199);
    free(dot);
    dot = drawing_of(y, &(wg_draw_options){.most = 3, .title = "the end"});
    has(dot, "the end (the first 298 nodes are left out)");
    free(dot);
    dot = drawing_of(y, &(wg_draw_options){.most = 301});
    ck_assert_ptr_null(strstr(dot, "left out"));
    free(dot);
    wg_tape_free(tape);
}
END_TEST

START_TEST(what_cannot_be_shown_is_an_error)
{
    set_up();
    wg_var x = wg_scalar(tape, 1), none = {0};
    ck_assert_int_eq(wg_trace_print(none, stdout), WG_INVALID);
    ck_assert_int_eq(wg_draw_dot(none, stdout, NULL), WG_INVALID);
    ck_assert_int_eq(wg_trace_print(x, NULL), WG_INVALID);
    ck_assert_int_eq(wg_draw_dot(x, NULL, NULL), WG_INVALID);
    ck_assert_int_eq(wg_tape_print(NULL, stdout), WG_INVALID);
    ck_assert_int_eq(wg_tape_print(tape, NULL), WG_INVALID);
    FILE *full = fopen("/dev/full", "w");
    if (full) {
        setvbuf(full, NULL, _IONBF, 0);
        ck_assert_int_eq(wg_trace_print(x, full), WG_FILE);
        ck_assert_int_eq(wg_draw_dot(x, full, NULL), WG_FILE);
        fclose(full);
    }
    wg_var bad = wg_add(wg_full(tape, WG_SHAPE(2), 1), wg_full(tape, WG_SHAPE(3), 1));
    ck_assert_int_eq(wg_trace_print(bad, stdout), WG_BAD_SHAPE);
    ck_assert_int_eq(wg_draw_dot(bad, stdout, NULL), WG_BAD_SHAPE);
    wg_tape_free(tape);
}
END_TEST

/* ---- Attributes ------------------------------------------------------------------------------------ */

/* The operands as the trace shows them in its last row. */
static char *operands_of(wg_var y)
{
    char *trace = trace_of(y), *row = trace + strlen(trace) - 1;
    size_t begin = (size_t)(strstr(trace, "operands") - trace),
           end = (size_t)(strstr(trace, "local rule") - trace);
    while (row > trace && row[-1] != '\n')
        row--;
    while (end > begin && row[end - 1] == ' ')
        end--;
    memmove(trace, row + begin, end - begin);
    trace[end - begin] = 0;
    return trace;
}

static wg_var operand(const wg_op_sample *sample, size_t i)
{
    static const char *const names[WG_MAX_SAMPLE_ARGS] = {"p", "q", "r", "s"};
    double numbers[4096];
    int32_t zeros[4096] = {0};
    size_t n;
    ck_assert(wg_shape_count(&sample->in[i], &n) && n <= 4096);
    for (size_t k = 0; k < n; k++)
        numbers[k] = 0.5;
    wg_var x = wg_leaf(tape, sample->int_below[i] ? wg_array_of(zeros, WG_I32, sample->in[i])
                                                  : wg_array_of(numbers, WG_F64, sample->in[i]));
    wg_set_name(x, names[i]);
    return x;
}

/* Each operation, with each of its samples' attributes: an attribute is shown only as its record says. */
START_TEST(attributes)
{
    size_t ops, seen = 0, described = 0;
    const wg_op *const *table = wg_op_table(&ops);
    set_up();
    for (size_t k = 0; k < ops; k++)
        for (size_t j = 0; j < table[k]->sample_count; j++) {
            const wg_op_sample *sample = &table[k]->samples[j];
            size_t n = sample->count ? sample->count : (size_t)table[k]->arity, used = 0;
            char expected[256] = "", words[64] = "";
            wg_var in[WG_MAX_SAMPLE_ARGS];
            if (n > 4 || sample->training)
                continue;
            wg_tape_reset(tape);
            for (size_t i = 0; i < n; i++)
                in[i] = operand(sample, i);
            wg_var y = wg_apply(table[k], in, n, sample->attr);
            if (!wg_is_valid(y) || wg_op_of(y) != table[k]) /* the latter: one of several results */
                continue;
            const double *number = wg_attr_of(y);
            if (table[k]->numbers)
                ck_assert_uint_eq(table[k]->attr_size, table[k]->numbers * sizeof(double));
            if (table[k]->number_first)
                used += (size_t)sprintf(expected, "%g, ", number[0]);
            for (size_t i = 0; i < n; i++)
                used += (size_t)sprintf(expected + used, "%s%c", i ? ", " : "", "pqrs"[i]);
            for (size_t i = 0; i < table[k]->numbers && !table[k]->number_first; i++)
                used += (size_t)sprintf(expected + used, ", %g", number[i]);
            if (table[k]->describe && number)
                table[k]->describe(number, words, sizeof words);
            sprintf(expected + used, "%s%s", words[0] ? ", " : "", words);
            char *shown = operands_of(y);
            ck_assert_msg(strcmp(shown, expected) == 0, "%s, %s: \"%s\", not \"%s\"", table[k]->name,
                sample->label, shown, expected);
            free(shown);
            seen++;
            described += words[0] != 0;
        }
    ck_assert_uint_gt(seen, 100);
    ck_assert_uint_gt(described, 20);
    wg_tape_free(tape);
}
END_TEST

START_TEST(axes_in_words)
{
    set_up();
    wg_var x = wg_leaf(tape, WG_DOUBLES(((double[]){1, 2, 3, 4, 5, 6}), 2, 3));
    wg_set_name(x, "x");
    const struct {
        wg_var y;
        const char *text;
    } row[] = {{wg_sum(x), "x"}, {wg_sum_over(x, (wg_axes){0}, false), "x, no axes"}, {wg_mean(x), "x"},
        {wg_prod(x), "x"}, {wg_norm(x), "x"}, {wg_logsumexp(x), "x"},
        {wg_sum_over(x, WG_AXES(0), false), "x, axes 0"},
        {wg_mean_over(x, WG_AXES(0, -1), true), "x, axes 0 -1, kept"},
        {wg_max_over(x, WG_AXES(1), true), "x, axes 1, kept"}, {wg_mulc(x, 2.5), "x, 2.5"},
        {wg_csub(0, x), "0, x"}, {wg_clamp(x, -1, 2), "x, -1, 2"}, {wg_cos(x), "x"}};
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        char *shown = operands_of(row[i].y);
        ck_assert_str_eq(shown, row[i].text);
        free(shown);
    }
    wg_tape_free(tape);
}
END_TEST

TEST_MAIN("view", rules_name_what_they_read, names_of_all_scripts_keep_the_columns, insides_are_not_drawn,
    attributes, axes_in_words, the_table_of_a_formula, only_ancestors_are_shown_or_all,
    tensors_show_their_shape_and_first_numbers, operations_with_many_operands, a_circuit_has_wires_and_gates,
    numbers_are_part_of_their_gate, small_matrices_are_written_as_such,
    names_are_escaped_and_scopes_are_clusters, a_long_tape_is_cut_with_a_note,
    what_cannot_be_shown_is_an_error)
