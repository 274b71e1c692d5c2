/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Every field of the options of gradient checks and drawings, out of range, and files that take nothing. */

#include <math.h>
#include <stdint.h>
#include <string.h>
#include <wengert/wengert.h>

#include "harness.h"

#define COUNT(list) (sizeof list / sizeof list[0])

/* ---- Gradient checks ------------------------------------------------------------------------------- */

/* One whose gradient is wrong by a factor of 2 for a check to find. */
static wg_var wrong(wg_tape *tape, const wg_var *in, size_t n, void *user)
{
    (void)tape, (void)n, (void)user;
    return wg_sum(wg_add(wg_square(in[0]), wg_detach(wg_square(in[0]))));
}

static wg_var right(wg_params *params, wg_tape *tape, void *user)
{
    (void)user;
    return wg_sum(wg_square(wg_param(params, tape, "w", WG_SHAPE(3), NULL)));
}

static const struct {
    wg_gradcheck_options options;
    const char *named;
} bad_checks[] = {
    {{.step = -1}, "step -1"},
    {{.step = (double)NAN}, "step"},
    {{.step = HUGE_VAL}, "step inf"},
    {{.tolerance = -1}, "tolerance -1"},
    {{.tolerance = (double)NAN}, "tolerance"},
    {{.tolerance = HUGE_VAL}, "tolerance inf"},
    {{.floor = -1}, "floor -1"},
    {{.floor = (double)NAN}, "floor"},
    {{.floor = HUGE_VAL}, "floor inf"},
    {{.order = -1}, "order -1"},
    {{.order = 3}, "order 3"},
};

START_TEST(gradient_checks)
{
    const wg_gradcheck_options *o = &bad_checks[_i].options;
    const char *named = bad_checks[_i].named;
    wg_gradcheck_report report;
    wg_status status = wg_gradcheck_shapes(wrong, NULL, &WG_SHAPE(3), 1, o, &report);
    ck_assert_msg(status == WG_INVALID && report.status == status && strstr(report.message, named), "%s: %s",
        named, report.message);
    wg_params *params = wg_params_new(NULL);
    status = wg_gradcheck_params(right, NULL, params, o, &report);
    ck_assert_msg(status == WG_INVALID && (strstr(report.message, named) || strstr(report.message, "order")),
        "%s: %s", named, report.message);
    ck_assert_uint_eq(wg_params_count(params), 0);
    ck_assert_int_eq(wg_gradcheck_params(right, NULL, params, &(wg_gradcheck_options){0}, &report), WG_OK);
    ck_assert_int_eq(wg_gradcheck_params(right, NULL, params, NULL, NULL), WG_OK);
    wg_params_free(params);
}
END_TEST

START_TEST(arrays_of_a_gradient_check)
{
    static const double x[3] = {1, 2, 3};
    static const struct {
        wg_array array;
        wg_status status;
    } refused[] = {
        {{.dtype = WG_F64, .shape = {.rank = 1, .dim = {3}}}, WG_INVALID},
        {{.dtype = WG_F32, .shape = {.rank = 1, .dim = {3}}}, WG_INVALID},
        {{.data = x, .dtype = (wg_dtype)99, .shape = {.rank = 1, .dim = {3}}}, WG_BAD_DTYPE},
        {{.data = x, .shape = {.rank = 9}}, WG_BAD_SHAPE},
        {{.data = x, .shape = {.rank = 2, .dim = {SIZE_MAX, 2}}}, WG_BAD_SHAPE},
    };
    wg_gradcheck_report report;
    for (size_t i = 0; i < COUNT(refused); i++) {
        wg_status status = wg_gradcheck(wrong, NULL, &refused[i].array, 1, NULL, &report);
        ck_assert_msg(status == refused[i].status && report.message[0], "row %zu: %s: %s", i,
            wg_status_name(status), report.message);
    }
    wg_array good = WG_DOUBLES(x, 3);
    ck_assert_int_eq(wg_gradcheck(NULL, NULL, &good, 1, NULL, &report), WG_INVALID);
    ck_assert_int_eq(wg_gradcheck(wrong, NULL, NULL, 1, NULL, &report), WG_INVALID);
    ck_assert_int_eq(wg_gradcheck(wrong, NULL, &good, 1, NULL, &report), WG_CHECK);
    ck_assert_int_eq(wg_gradcheck_shapes(wrong, NULL, NULL, 1, NULL, &report), WG_INVALID);
    wg_shape rank = {.rank = 9};
    ck_assert_int_eq(wg_gradcheck_shapes(wrong, NULL, &rank, 1, NULL, &report), WG_BAD_SHAPE);
    ck_assert_int_eq(wg_gradcheck_params(NULL, NULL, NULL, NULL, &report), WG_INVALID);
}
END_TEST

/* ---- Drawings, and files that take nothing --------------------------------------------------------- */

static wg_var drawn(wg_tape *tape)
{
    wg_var x = wg_set_name(wg_scalar(tape, 2), "\"<b>&\n%s");
    wg_scope_push(tape, "{|}\"");
    wg_var y = wg_mul(wg_exp(x), wg_addc(x, (double)NAN));
    wg_scope_pop(tape);
    wg_backward(y);
    return y;
}

START_TEST(drawings)
{
    static const wg_draw_options options[] = {{0}, {.title = ""}, {.title = "\xFF<&>\"\n"}, {.most = 1},
        {.most = SIZE_MAX}, {.top_down = true, .no_numbers = true}};
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.keep_grads = true});
    wg_var y = drawn(tape);
    FILE *null = fopen("/dev/null", "w");
    for (size_t i = 0; i < COUNT(options); i++)
        ck_assert_int_eq(wg_draw_dot(y, null, &options[i]), WG_OK);
    ck_assert_int_eq(wg_draw_dot(y, null, NULL), WG_OK);
    ck_assert_int_eq(wg_draw_dot(y, NULL, NULL), WG_INVALID);
    ck_assert_int_eq(wg_draw_dot((wg_var){0}, null, NULL), WG_INVALID);
    fclose(null);
    wg_tape_free(tape);
}
END_TEST

START_TEST(a_full_disk)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_params *params = wg_params_new(NULL);
    wg_var y = drawn(tape);
    for (int i = 0; i < 4; i++) {
        FILE *full = fopen("/dev/full", "w");
        if (!full)
            break; /* a system without it */
        wg_status status = i == 0   ? wg_trace_print(y, full)
                           : i == 1 ? wg_tape_print(tape, full)
                           : i == 2 ? wg_draw_dot(y, full, NULL)
                                    : wg_params_print(params, full);
        ck_assert_msg(status == WG_FILE, "%d: %s", i, wg_status_name(status));
        fclose(full);
    }
    wg_params_free(params);
    wg_tape_free(tape);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {
        {gradient_checks, (int)COUNT(bad_checks)},
        {arrays_of_a_gradient_check, 1},
        {drawings, 1},
        {a_full_disk, 1},
    };
    return harness_run("options_checks", tests, COUNT(tests));
}
