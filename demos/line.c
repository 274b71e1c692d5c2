/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* line - linear regression by gradient descent, as the lectures' first task has it: 100 points of y = 2 x +
 * noise, w = b = 1 at the start, mean squared error, 10 epochs. The noise is uniform in +-1/2 and no line
 * explains it: its variance, 1/12, is the least error that a test can show.
 *
 * The lecture's program updates the bias with the gradient of w, too. It runs, its loss falls, and its line
 * is wrong: w and b start equal, and stay equal.
 *
 *     line                  the numbers
 *     line --draw FOLDER    the points and both lines in FOLDER/line.svg */

#include <math.h>
#include <wengert/wengert.h>

#include "drawing.h"
#include "options.h"

enum { POINTS = 100, TRAINED = 80, BATCH = 2, EPOCHS = 10 };

struct line {
    double w, b;
};

/* What a batch says to the line: d loss / d line; on an invalid tape NaN, which the checks below see. */
static struct line gradient(wg_tape *tape, struct line line, const double *x, const double *y)
{
    wg_tape_reset(tape);
    wg_var w = wg_scalar(tape, line.w), b = wg_scalar(tape, line.b);
    wg_var prediction = wg_add(wg_mul(w, wg_input(tape, WG_DOUBLES(x, BATCH))), b);
    wg_backward(wg_mse(prediction, wg_input(tape, WG_DOUBLES(y, BATCH)), NULL));
    return (struct line){wg_item_grad(w), wg_item_grad(b)};
}

static struct line train(wg_tape *tape, const double *x, const double *y, bool mistaken)
{
    const double lr = 0.01;
    struct line line = {1, 1};
    for (int epoch = 0; epoch < EPOCHS; epoch++)
        for (int i = 0; i < TRAINED; i += BATCH) {
            struct line d = gradient(tape, line, x + i, y + i);
            line.w -= lr * d.w;
            line.b -= lr * (mistaken ? d.w : d.b);
        }
    return line;
}

/* The mean squared error on the points that were kept back. */
static double test(struct line line, const double *x, const double *y)
{
    double sum = 0;
    for (int i = TRAINED; i < POINTS; i++)
        sum += pow(line.w * x[i] + line.b - y[i], 2);
    return sum / (POINTS - TRAINED);
}

int main(int argc, char **argv)
{
    const char *folder = NULL;
    const struct option options[] = {{"--draw", "FOLDER", OPTION_TEXT, &folder, "draws line.svg there"}};
    enum options_result result = read_options(argc, argv, "fits a line to noisy points", options, 1);
    if (result != OPTIONS_READ)
        return result == OPTIONS_WRONG;

    double x[POINTS], y[POINTS];
    wg_random normal = wg_random_named(1, "x"), uniform = wg_random_named(1, "noise");
    for (int i = 0; i < POINTS; i++) {
        x[i] = wg_random_normal(&normal);
        y[i] = 2 * x[i] + wg_random_uniform(&uniform) - 0.5;
    }
    wg_tape *tape = wg_tape_new(NULL);
    const struct line start = {1, 1}, right = train(tape, x, y, false), wrong = train(tape, x, y, true);
    wg_tape_free(tape);

    const double floor = 1.0 / 12, right_error = test(right, x, y), wrong_error = test(wrong, x, y);
    printf("                                    w        b        test error\n");
    printf("the points                          2        0        %.4f = 1/12, the noise\n", floor);
    printf("at the start                   %8.4f %8.4f    %.4f\n", start.w, start.b, test(start, x, y));
    printf("trained                        %8.4f %8.4f    %.4f\n", right.w, right.b, right_error);
    printf("b updated with the gradient of w %6.4f %8.4f    %.4f\n", wrong.w, wrong.b, wrong_error);

    const double ends[] = {-3, 3}, through[] = {right.b - 3 * right.w, right.b + 3 * right.w},
                 beside[] = {wrong.b - 3 * wrong.w, wrong.b + 3 * wrong.w};
    const wg_plot_series series[] = {{.kind = WG_PLOT_POINTS,
                                         .x = WG_DOUBLES(x, POINTS),
                                         .y = WG_DOUBLES(y, POINTS),
                                         .label = "y = 2 x + noise"},
        {.x = WG_DOUBLES(ends, 2), .y = WG_DOUBLES(through, 2), .label = "trained"},
        {.x = WG_DOUBLES(ends, 2),
            .y = WG_DOUBLES(beside, 2),
            .label = "b updated with the gradient of w",
            .dashed = true}};
    wg_error error = {0};
    if (draw(folder, "line.svg", series, 3, &(wg_plot_options){.x_label = "x", .y_label = "y"}, &error) !=
        WG_OK)
        fprintf(stderr, "line: %s\n", error.message);
    bool learned = fabs(right.w - 2) < 0.1 && fabs(right.b) < 0.1 && right_error < 2 * floor;
    bool went_wrong = wrong.w == wrong.b && wrong_error > 1;
    return !(learned && went_wrong && error.status == WG_OK);
}
