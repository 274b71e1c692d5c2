/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Prints everything that the library prints, and messages with real numbers of each kind, in a locale:
 *
 *     locale C | de_DE.UTF-8 ...
 *
 * Before that, it tells under "==" by which function. locale.sh compares the outputs in several locales. The
 * program fails if a call changes the thread's locale, or the history is not read back as it was. */
#define _POSIX_C_SOURCE 200809L

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wengert/wengert.h>

static int failures;
static char radix[8];

/* What printf writes for a point is what it was before. */
static void section(const char *name)
{
    char now[8];
    snprintf(now, sizeof now, "%.1f", 0.5);
    if (strcmp(now, radix) != 0) {
        printf("the locale was changed before %s: %s for %s\n", name, now, radix);
        failures++;
    }
    printf("== %s\n", name);
}

static void expect(bool holds, const char *what)
{
    if (!holds) {
        printf("not so: %s\n", what);
        failures++;
    }
}

static void message(const char *name, wg_error *error)
{
    section(name);
    expect(error->status != WG_OK, name);
    puts(error->message);
    wg_error_clear(error);
}

/* ---- Recordings ------------------------------------------------------------------------------------ */

static wg_var square_and_a_half(wg_tape *tape, const wg_var *in, size_t n, void *user)
{
    (void)tape, (void)n, (void)user;
    return wg_mulc(wg_square(in[0]), 1.5);
}

static wg_var wrong(wg_tape *tape, const wg_var *in, size_t n, void *user)
{
    (void)tape, (void)n, (void)user;
    return wg_mul(wg_detach(in[0]), in[0]);
}

static void recordings(void)
{
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.keep_grads = true});
    wg_var x = wg_leaf(tape, WG_DOUBLES(((double[]){0.5, 1.25, -3e-7, 4}), 2, 2)), s = wg_scalar(tape, 0.75);
    wg_var y = wg_add(wg_sum(wg_mulc(wg_clamp(x, -0.5, 1.5), 2.5)), wg_csub(0.125, wg_powc(s, 1.5)));
    wg_backward(y);
    section("wg_trace_print");
    wg_trace_print(y, stdout);
    section("wg_tape_print");
    wg_tape_print(tape, stdout);
    section("wg_draw_dot");
    wg_draw_dot(y, stdout, NULL);
    section("wg_tape_fail");
    wg_tape_fail(tape, WG_INVALID, "%g of %.3f", 0.5, 1.5);
    puts(wg_tape_message(tape));
    wg_tape_reset(tape);
    section("wg_op_fail");
    wg_dropout(wg_leaf(tape, WG_DOUBLES(((double[]){0.5}), 1)), 1.5);
    puts(wg_tape_message(tape));
    wg_tape_free(tape);

    wg_gradcheck_report report;
    section("wg_gradcheck");
    expect(wg_gradcheck_shapes(square_and_a_half, NULL, &WG_SHAPE(3), 1, NULL, &report) == WG_OK, "square");
    puts(report.message);
    section("wg_gradcheck, wrong");
    expect(wg_gradcheck_shapes(wrong, NULL, &WG_SHAPE(3), 1, NULL, &report) == WG_CHECK, "wrong");
    puts(report.message);
    section("wg_gradcheck, options");
    wg_gradcheck_shapes(wrong, NULL, &WG_SHAPE(3), 1, &(wg_gradcheck_options){.step = -0.5}, &report);
    puts(report.message);
}

/* ---- Training -------------------------------------------------------------------------------------- */

static wg_var classifier(wg_params *p, wg_var x, void *user)
{
    (void)user;
    return wg_layer_dense(p, "fc", x, 2, NULL);
}

static wg_var line(wg_params *p, wg_var x, void *user)
{
    (void)user;
    return wg_layer_dense(p, "fc", x, 1, NULL);
}

static double half(wg_array prediction, wg_array target, void *user)
{
    (void)prediction, (void)target, (void)user;
    return 0.5;
}

/* What one kind of fit printed is a table that wg_csv_load reads: all columns, all numbers to their digits.
 */
static void read_back(const wg_history *history, const char *kind)
{
    wg_error error = {0};
    FILE *file = fopen("history.csv", "w");
    expect(file && wg_history_print(history, file) == WG_OK && fclose(file) == 0, "the history is printed");
    wg_dataset *table = wg_csv_load("history.csv", &(wg_csv_options){.target = "loss"}, &error);
    expect(table, error.message);
    remove("history.csv");
    printf("%s: %zu columns\n", kind, table ? wg_dataset_x(table).shape.dim[1] : 0);
    for (size_t i = 0; table && i < history->count; i++) {
        double loss = ((const double *)wg_dataset_y(table).data)[i], is = history->epochs[i].loss;
        expect(fabs(loss - is) <= 1e-8 * fabs(is), "the loss is read back");
    }
    wg_dataset_free(table);
}

static void fits(void)
{
    for (int kind = 0; kind < 8; kind++) {
        bool classes = kind & 1, validation = kind & 2, metric = kind & 4;
        char name[64];
        wg_error error = {0};
        wg_history history = {0};
        wg_params *params = wg_params_new(NULL);
        wg_dataset *data =
            classes ? wg_moons_make(48, 0.125, 1, &error) : wg_regression_make(48, 2, 0.125, 1, NULL, &error);
        wg_fit_options o = {.epochs = 3,
            .validation = validation ? 0.25 : 0,
            .history = &history,
            .metric = metric ? half : NULL,
            .schedule = {.kind = WG_SCHEDULE_COSINE},
            .progress = stdout};
        section("wg_fit");
        expect(wg_fit(classes ? classifier : line, NULL, params, data, &o, &error) == WG_OK, error.message);
        section("wg_history_print");
        wg_history_print(&history, stdout);
        snprintf(name, sizeof name, "%s%s%s", classes ? "classes" : "numbers",
            validation ? ", validation" : "", metric ? ", a metric" : "");
        read_back(&history, name);
        if (kind == 7) {
            o.validation = 1.5;
            wg_fit(classifier, NULL, params, data, &o, &error);
            message("wg_fit, options", &error);
            section("wg_params_print");
            wg_params_print(params, stdout);
            section("wg_confusion_print");
            wg_confusion_print((const size_t[]){7, 1, 2, 6}, 2, NULL, stdout);
        }
        wg_history_free(&history);
        wg_dataset_free(data);
        wg_params_free(params);
    }
}

static void plans(void)
{
    wg_error error = {0};
    wg_params *params = wg_params_new(NULL);
    wg_tape *tape = wg_tape_new(NULL);
    wg_var x = wg_input(tape, WG_DOUBLES(((double[]){0.5, 1, 1.5, 2}), 2, 2));
    wg_var y = wg_mean(wg_square(classifier(params, x, NULL)));
    wg_plan *plan = wg_plan_new(y, &(wg_plan_options){.profile = true}, &error);
    expect(plan != NULL, error.message);
    expect(wg_plan_run(plan) == WG_OK, wg_plan_message(plan));
    section("wg_plan_print");
    wg_plan_print(plan, stdout);
    wg_plan_free(plan);
    wg_tape_free(tape);
    wg_optim *sgd = wg_sgd_new(params, &(wg_sgd_options){.momentum = -0.5});
    error.status = wg_optim_status(sgd);
    snprintf(error.message, sizeof error.message, "%s", wg_optim_message(sgd));
    message("wg_sgd_new", &error);
    wg_optim_free(sgd);
    wg_params_free(params);
}

/* ---- Files and messages ------------------------------------------------------------------------------ */

static void files(void)
{
    wg_error error = {0};
    double x[] = {0.125, 0.25, 0.5}, y[] = {1e-7, 2.5, 3e5};
    wg_plot_series series = {.x = WG_DOUBLES(x, 3), .y = WG_DOUBLES(y, 3), .label = "half"};
    section("wg_plot_write");
    expect(wg_plot_write("plot.svg", &series, 1, &(wg_plot_options){.title = "t"}, &error) == WG_OK,
        error.message);
    FILE *file = fopen("plot.svg", "r");
    for (int c; file && (c = fgetc(file)) != EOF;)
        putchar(c);
    if (file)
        fclose(file);
    remove("plot.svg");
    puts("");
    wg_plot_write("plot.svg", &series, 1, &(wg_plot_options){.x_low = 1.5, .x_high = 0.5}, &error);
    message("wg_plot_write, options", &error);
    const float grey = 0.5F;
    wg_sheet_write("sheet.ppm", &(wg_tile){.grey = &grey, .rows = 1, .columns = 1}, 1,
        &(wg_sheet_options){.low = 0.5, .high = 0.5}, &error);
    message("wg_sheet_write", &error);
    wg_error_set(&error, WG_INVALID, "%g, %.2e, %f", 0.5, 1.5, 2.5);
    message("wg_error_set", &error);
    wg_moons_make(10, -0.5, 1, &error);
    message("wg_moons_make", &error);
    wg_schedule_check(&(wg_schedule){.kind = WG_SCHEDULE_COSINE, .last = 1.5}, &error);
    message("wg_schedule_check", &error);
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/wengert_locale_XXXXXX";
    if (argc != 2 || !setlocale(LC_ALL, argv[1]) || !mkdtemp(folder) || chdir(folder) != 0)
        return 77;
    snprintf(radix, sizeof radix, "%.1f", 0.5);
    recordings();
    fits();
    plans();
    files();
    section("the end");
    rmdir(folder);
    return failures != 0;
}
