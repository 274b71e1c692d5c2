/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* xor - the function that a single perceptron cannot learn (Minsky and Papert 1969): no line parts (0,1) and
 * (1,0) from (0,0) and (1,1). Two hidden neurons suffice, but not every start leads there: descent also ends
 * in local minima with a loss of ln 2 / 2, where two points are right and two undecided. Twenty seeds are
 * tried, and all are shown.
 *
 *     xor                  both networks from twenty seeds
 *     xor --draw FOLDER    what a network that got there answers, everywhere: FOLDER/xor.svg */

#include <math.h>
#include <wengert/wengert.h>

#include "drawing.h"
#include "options.h"

enum { SEEDS = 20, SIDE = 60 };

static const double x[] = {0, 0, 0, 1, 1, 0, 1, 1}, y[] = {0, 1, 1, 0};

static wg_var perceptron(wg_params *p, wg_var in, void *user)
{
    (void)user;
    return wg_layer_dense(p, "out", in, 1, NULL);
}

static wg_var network(wg_params *p, wg_var in, void *user)
{
    return perceptron(p, wg_tanh(wg_layer_dense(p, "hidden", in, 2, NULL)), user);
}

struct outcome {
    size_t right; /* of the four points */
    double loss;
};

static struct outcome train(wg_model model, wg_params *params, const wg_dataset *points, wg_error *error)
{
    wg_optim *adam = wg_adam_new(params, &(wg_adam_options){.lr = 0.05});
    struct outcome out = {0};
    double logit[4] = {0};
    wg_score score = {0};
    wg_fit(model, NULL, params, points,
        &(wg_fit_options){.loss = wg_bce_with_logits, .optim = adam, .epochs = 1000, .batch = 4}, error);
    wg_evaluate(
        model, NULL, params, points, &(wg_evaluate_options){.loss = wg_bce_with_logits}, &score, error);
    wg_predict_f64(model, NULL, params, WG_DOUBLES(x, 4, 2), logit, 4, error);
    for (int i = 0; i < 4; i++)
        out.right += (logit[i] > 0) == (y[i] > 0);
    out.loss = score.loss;
    wg_optim_free(adam);
    return out;
}

/* The probability of 1, on a grid over the points and a margin. */
static void draw_surface(const char *folder, wg_params *params, wg_error *error)
{
    static double at[SIDE * SIDE * 2], value[SIDE * SIDE];
    static const int32_t class[] = {0, 1, 1, 0};
    for (int i = 0; i < SIDE * SIDE; i++) {
        at[2 * i] = -0.5 + 2 * (i % SIDE + 0.5) / SIDE;
        at[2 * i + 1] = -0.5 + 2 * (i / SIDE + 0.5) / SIDE;
    }
    wg_predict_f64(network, NULL, params, WG_DOUBLES(at, SIDE * SIDE, 2), value, SIDE * SIDE, error);
    for (int i = 0; i < SIDE * SIDE; i++)
        value[i] = 1 / (1 + exp(-value[i]));
    const wg_plot_surface surface = {WG_DOUBLES(value, SIDE, SIDE), -0.5, 1.5, -0.5, 1.5, 0, 0};
    const wg_plot_series points = {
        .kind = WG_PLOT_CLASSES, .x = WG_DOUBLES(x, 4, 2), .y = WG_INTS(class, 4), .label = "XOR is"};
    draw(folder, "xor.svg", &points, 1,
        &(wg_plot_options){.x_label = "a", .y_label = "b", .width = 420, .height = 420, .surface = &surface},
        error);
}

int main(int argc, char **argv)
{
    const char *folder = NULL;
    const struct option options[] = {{"--draw", "FOLDER", OPTION_TEXT, &folder, "draws xor.svg there"}};
    enum options_result result = read_options(argc, argv, "learns the exclusive or", options, 1);
    if (result != OPTIONS_READ)
        return result == OPTIONS_WRONG;

    wg_error error = {0};
    wg_dataset *points = wg_dataset_from_arrays(WG_DOUBLES(x, 4, 2), WG_DOUBLES(y, 4), &error);
    size_t best = 0, solved = 0;
    double least = HUGE_VAL;
    printf("          perceptron                2-2-1\n");
    for (uint64_t seed = 1; seed <= SEEDS && error.status == WG_OK; seed++) {
        wg_params *one = wg_params_new(&(wg_params_options){.seed = seed});
        wg_params *two = wg_params_new(&(wg_params_options){.seed = seed});
        struct outcome a = train(perceptron, one, points, &error), b = train(network, two, points, &error);
        printf("seed %2d   %zu of 4, loss %.4f   %zu of 4, loss %.4f\n", (int)seed, a.right, a.loss, b.right,
            b.loss);
        best = a.right > best ? a.right : best;
        least = fmin(least, a.loss);
        if (b.right == 4 && solved++ == 0 && folder)
            draw_surface(folder, two, &error);
        wg_params_free(one);
        wg_params_free(two);
    }
    wg_dataset_free(points);
    printf("\nThe perceptron: never more than %zu of 4, never a loss below %.6f; ln 2 is %.6f.\n", best,
        least, log(2));
    printf("The network: all 4 from %zu of %d seeds.\n", solved, SEEDS);
    if (error.status != WG_OK)
        fprintf(stderr, "xor: %s\n", error.message);
    return !(error.status == WG_OK && best < 4 && least > log(2) - 1e-9 && solved > 0);
}
