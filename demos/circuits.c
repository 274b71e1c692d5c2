/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* circuits - the circuits that a lecture on backpropagation draws on the board: each with its table (value
 * and gradient of every gate) on the terminal, and as a Graphviz drawing in a file.
 *
 *     circuits                 the tables
 *     circuits --draw FOLDER   the drawings too: dot -Tsvg FOLDER/sum-times.dot > sum-times.svg */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wengert/wengert.h>

#include "options.h"

static const char *folder; /* NULL: no drawings */

/* The sweep, the table, the drawing. */
static void show(wg_var y, const char *file, const char *title)
{
    wg_status status = wg_backward(y);
    if (status != WG_OK) {
        fprintf(stderr, "circuits: %s\n", wg_tape_message(wg_tape_of(y)));
        exit(1);
    }
    printf("\n%s\n\n", title);
    wg_trace_print(y, stdout);
    if (!folder)
        return;
    char path[1024];
    snprintf(path, sizeof path, "%s/%s.dot", folder, file);
    FILE *dot = fopen(path, "w");
    if (!dot || wg_draw_dot(y, dot, &(wg_draw_options){.title = title}) != WG_OK || fclose(dot) != 0) {
        fprintf(stderr, "circuits: cannot write %s: %s\n", path, strerror(errno));
        exit(1);
    }
    printf("\ndrawn in %s\n", path);
}

/* f = (x + y) z */
static void sum_times(wg_tape *tape)
{
    wg_var x = wg_scalar(tape, -2), y = wg_scalar(tape, 5), z = wg_scalar(tape, -4);
    wg_var q = wg_add(x, y), f = wg_mul(q, z);
    WG_NAME(x), WG_NAME(y), WG_NAME(z), WG_NAME(q), WG_NAME(f);
    show(f, "sum-times", "f = (x + y) z: add distributes, mul swaps");
}

/* A neuron, gate by gate, and with sigmoid as one gate: the gradients are the same. */
static void neuron(wg_tape *tape, bool one_gate)
{
    wg_var w0 = wg_scalar(tape, 2), x0 = wg_scalar(tape, -1), w1 = wg_scalar(tape, -3),
           x1 = wg_scalar(tape, -2);
    wg_var w2 = wg_scalar(tape, -3);
    WG_NAME(w0), WG_NAME(x0), WG_NAME(w1), WG_NAME(x1), WG_NAME(w2);
    wg_var first = wg_mul(w0, x0), second = wg_mul(w1, x1), s = wg_add(wg_add(first, second), w2);
    WG_NAME(s);
    wg_var y = one_gate ? wg_sigmoid(s) : wg_reciprocal(wg_addc(wg_exp(wg_neg(s)), 1));
    WG_NAME(y);
    show(y, one_gate ? "sigmoid-one-gate" : "sigmoid-gates",
        one_gate ? "the same with sigmoid as one gate"
                 : "y = 1 / (1 + exp(-(w0 x0 + w1 x1 + w2))), gate by gate");
}

/* The four patterns; a gate's upstream gradient is made by multiplying with it. */
static void gates(wg_tape *tape)
{
    wg_var a = wg_scalar(tape, 3), b = wg_scalar(tape, 4), c = wg_scalar(tape, 2), d = wg_scalar(tape, 3);
    wg_var e = wg_scalar(tape, 7), m = wg_scalar(tape, 4), n = wg_scalar(tape, 5);
    WG_NAME(a), WG_NAME(b), WG_NAME(c), WG_NAME(d), WG_NAME(e), WG_NAME(m), WG_NAME(n);
    wg_var distributes = wg_mulc(wg_add(a, b), 2), swaps = wg_mulc(wg_mul(c, d), 5);
    wg_var adds = wg_add(wg_mulc(e, 4), wg_mulc(e, 2)), routes = wg_mulc(wg_maximum(m, n), 9);
    WG_NAME(distributes), WG_NAME(swaps), WG_NAME(adds), WG_NAME(routes);
    show(wg_add(wg_add(distributes, swaps), wg_add(adds, routes)), "gates",
        "four patterns: add distributes, mul swaps, a copy adds, max routes");
}

/* f = |W x|^2 */
static void norm(wg_tape *tape)
{
    static const double weights[] = {0.1, 0.5, -0.3, 0.8}, inputs[] = {0.2, 0.4};
    wg_var W = wg_leaf(tape, WG_DOUBLES(weights, 2, 2)), x = wg_leaf(tape, WG_DOUBLES(inputs, 2, 1));
    wg_var q = wg_matmul(W, x), f = wg_sum(wg_square(q));
    WG_NAME(W), WG_NAME(x), WG_NAME(q), WG_NAME(f);
    show(f, "norm", "f = |W x|^2: every gradient has the shape of its value");
}

int main(int argc, char **argv)
{
    const struct option options[] = {
        {"--draw", "FOLDER", OPTION_TEXT, &folder, "draws each for Graphviz there"}};
    enum options_result result = read_options(argc, argv, "the lectures' circuits, gate by gate", options, 1);
    if (result != OPTIONS_READ)
        return result == OPTIONS_WRONG;
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.keep_grads = true});
    sum_times(tape), wg_tape_reset(tape);
    neuron(tape, false), wg_tape_reset(tape);
    neuron(tape, true), wg_tape_reset(tape);
    gates(tape), wg_tape_reset(tape);
    norm(tape);
    wg_tape_free(tape);
}
