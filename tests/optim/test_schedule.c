/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <math.h>
#include <string.h>
#include <wengert/schedule.h>

#include "harness.h"

static double at(wg_schedule s, double t)
{
    return wg_schedule_factor(&s, t, 10);
}

START_TEST(closed_forms)
{
    ck_assert_double_eq(wg_schedule_factor(NULL, 3, 10), 1);
    ck_assert_double_eq(at((wg_schedule){0}, 7), 1);
    wg_schedule cosine = {.kind = WG_SCHEDULE_COSINE, .last = 0.2}, linear = {.kind = WG_SCHEDULE_LINEAR};
    ck_assert_double_eq_tol(at(cosine, 0), 1, 1e-15);
    ck_assert_double_eq_tol(at(cosine, 5), 0.6, 1e-15);
    ck_assert_double_eq_tol(at(cosine, 2.5), 0.2 + 0.4 * (1 + sqrt(0.5)), 1e-15);
    ck_assert_double_eq_tol(at(cosine, 10), 0.2, 1e-15);
    ck_assert_double_eq_tol(at(linear, 2.5), 0.75, 1e-15);
    ck_assert_double_eq_tol(at(linear, 12), 0, 1e-15);
    wg_schedule steps = {.kind = WG_SCHEDULE_STEP, .every = 4},
                thirds = {.kind = WG_SCHEDULE_STEP, .factor = 0.5};
    ck_assert_double_eq(at(steps, 3.99), 1);
    ck_assert_double_eq_tol(at(steps, 4), 0.1, 1e-16);
    ck_assert_double_eq_tol(at(steps, 8.5), 0.01, 1e-16);
    ck_assert_double_eq_tol(at(thirds, 7), 0.25, 1e-16);
    wg_schedule fall = {.kind = WG_SCHEDULE_EXPONENTIAL, .factor = 0.25};
    ck_assert_double_eq_tol(at(fall, 0.5), 0.5, 1e-15);
    ck_assert_double_eq_tol(at((wg_schedule){.kind = WG_SCHEDULE_EXPONENTIAL}, 2), 0.81, 1e-15);
}
END_TEST

START_TEST(warmup_comes_first)
{
    wg_schedule s = {.kind = WG_SCHEDULE_COSINE, .warmup = 2};
    ck_assert_double_eq(at(s, 0), 0);
    ck_assert_double_eq_tol(at(s, 0.5), 0.25, 1e-15);
    ck_assert_double_eq_tol(at(s, 2), 1, 1e-15);
    ck_assert_double_eq_tol(at(s, 6), 0.5, 1e-15);
    s = (wg_schedule){.kind = WG_SCHEDULE_LINEAR, .total = 4};
    ck_assert_double_eq_tol(at(s, 1), 0.75, 1e-15); /* its own total, not the caller's */
    ck_assert_double_eq_tol(at((wg_schedule){.warmup = 4}, 1), 0.25, 1e-15);
    ck_assert_double_eq_tol(at((wg_schedule){.kind = WG_SCHEDULE_COSINE, .warmup = 20}, 10), 0.5, 1e-15);
}
END_TEST

/* Times that were computed - k / n, a sum of parts, a number of batches by another - lie where they should:
 * k steps of length every are k every, on whichever side of it rounding left the time. */
START_TEST(steps_come_in_time)
{
    static const double every[] = {0.1, 0.2, 0.3, 0.7, 1. / 3, 1. / 7, 1, 1e-3, 12.1, 1e9 / 7};
    static const double warmup[] = {0, 0.1, 0.3, 1. / 3, 5, 0.7};
    for (size_t i = 0; i < sizeof every / sizeof every[0]; i++)
        for (size_t w = 0; w < sizeof warmup / sizeof warmup[0]; w++) {
            wg_schedule s = {
                .kind = WG_SCHEDULE_STEP, .every = every[i], .factor = 0.999, .warmup = warmup[w]};
            double sum = warmup[w];
            for (int k = 0; k < 1000; k++, sum += every[i]) {
                const double times[] = {warmup[w] + k * every[i], warmup[w] + k / (1 / every[i]), sum};
                for (int j = 0; j < 3; j++) {
                    double is = at(s, times[j]), want = pow(0.999, k);
                    ck_assert_msg(fabs(is - want) <= 1e-12, "%g steps of %g after %g: %.9g, not %.9g",
                        (double)k, every[i], warmup[w], is, want);
                }
                if (warmup[w] <= every[i] && k > 0) /* not before they are due */
                    ck_assert_double_eq_tol(at(s, times[0] - 1e-6 * every[i]), pow(0.999, k - 1), 1e-12);
            }
        }
}
END_TEST

/* A time that is all warm-up: its end is neither the schedule's beginning nor its end by rounding. */
START_TEST(nothing_after_the_warmup)
{
    for (int k = 1; k < 100; k++) {
        wg_schedule s = {.kind = WG_SCHEDULE_LINEAR, .warmup = k * 0.1};
        double sum = 0;
        for (int i = 0; i < k; i++)
            sum += 0.1;
        const double times[] = {k * 0.1, k / 10.0, sum};
        for (int i = 0; i < 9; i++)
            ck_assert_double_eq_tol(wg_schedule_factor(&s, times[i / 3], times[i % 3]), 1, 1e-11);
    }
}
END_TEST

static double half_of(void *user, double t, double total)
{
    return *(double *)user * t / total;
}

START_TEST(a_function_of_ones_own)
{
    double two = 2;
    wg_schedule s = {.kind = WG_SCHEDULE_CUSTOM, .custom = half_of, .user = &two};
    ck_assert_double_eq(at(s, 5), 1);
}
END_TEST

START_TEST(fields_out_of_range)
{
    const struct {
        wg_schedule schedule;
        const char *text;
    } bad[] = {
        {{.kind = (wg_schedule_kind)17}, "kind 17"},
        {{.kind = (wg_schedule_kind)-1}, "kind -1"},
        {{.kind = WG_SCHEDULE_CUSTOM}, "its function"},
        {{.warmup = -1}, "warmup -1"},
        {{.warmup = (double)NAN}, "warmup"},
        {{.total = (double)INFINITY}, "total inf"},
        {{.every = -2}, "every -2"},
        {{.last = 1.5}, "last is 1.5"},
        {{.last = (double)NAN}, "last is"},
        {{.factor = 2}, "factor is 2"},
        {{.factor = -0.5}, "factor is -0.5"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        wg_error error = {0};
        ck_assert_int_eq(wg_schedule_check(&bad[i].schedule, &error), WG_INVALID);
        ck_assert_msg(strstr(error.message, bad[i].text) != NULL, "%s", error.message);
        ck_assert_msg(isnan(at(bad[i].schedule, 1)), "%s", bad[i].text);
    }
    ck_assert_int_eq(wg_schedule_check(NULL, NULL), WG_OK);
    ck_assert(isnan(at((wg_schedule){0}, -1)) && isnan(at((wg_schedule){0}, (double)NAN)));
}
END_TEST

TEST_MAIN("schedule", closed_forms, warmup_comes_first, steps_come_in_time, nothing_after_the_warmup,
    a_function_of_ones_own, fields_out_of_range)
