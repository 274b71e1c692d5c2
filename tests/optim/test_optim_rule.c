/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Update rules of a user's own: what they are called with, and which records are refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alloc.h"
#include "harness.h"
#include "own_rules.h"

typedef wg_optim *maker(wg_params *params);

/* ---- The same as calling the update for each array ------------------------------------------------- */

enum { ARRAYS = 8, TURNS = 3 };

/* Arrays of odd sizes, one over several parts of a step; one is frozen, and two have factors of their own. */
static wg_params *large_store(wg_dtype dtype, int threads)
{
    static const size_t sizes[ARRAYS] = {50001, 3, 0, 700, 20000, 1, 33, 64};
    wg_params *p = wg_params_new(&(wg_params_options){.dtype = dtype, .threads = threads, .seed = 5});
    for (size_t i = 0; i < ARRAYS; i++) {
        char name[8];
        snprintf(name, sizeof name, "w%zu", i);
        ck_assert_int_eq(wg_params_add(p, name, WG_SHAPE(sizes[i]), NULL, NULL), WG_OK);
    }
    ck_assert_uint_eq(wg_params_freeze(p, "w3", true), 1);
    ck_assert_uint_eq(wg_params_scale(p, "w1", 0.5, 2) + wg_params_scale(p, "w6", 2, 0), 2);
    return p;
}

static void fill_gradients(wg_params *p, int turn)
{
    for (size_t i = 0; i < wg_params_count(p); i++) {
        wg_random r = wg_random_named((uint64_t)turn, wg_params_at(p, i).name);
        void *gradient = wg_params_grad(p, i);
        for (size_t k = 0; k < wg_params_at(p, i).count; k++)
            if (wg_params_dtype(p) == WG_F64)
                ((double *)gradient)[k] = wg_random_normal(&r);
            else
                ((float *)gradient)[k] = (float)wg_random_normal(&r);
    }
}

/* Array by array, with slots of the test's own. */
static void by_hand(wg_params *p, const wg_optim_rule *rule, void *options, double lr, double decay)
{
    void *slot[ARRAYS];
    for (size_t i = 0; i < ARRAYS; i++)
        slot[i] = calloc(wg_params_at(p, i).count + 1, sizeof(double));
    for (int turn = 0; turn < TURNS; turn++) {
        fill_gradients(p, turn);
        for (size_t i = 0; i < ARRAYS; i++) {
            wg_param_info a = wg_params_at(p, i);
            wg_optim_range r = {.value = wg_params_value(p, i),
                .gradient = wg_params_grad(p, i),
                .slot = {slot[i]},
                .count = a.count,
                .lr = lr * a.lr_scale,
                .weight_decay = decay * a.decay_scale,
                .t = turn + 1};
            if (a.frozen)
                continue;
            if (rule->prepare)
                rule->prepare(options, &r);
            (wg_params_dtype(p) == WG_F64 ? rule->update_f64 : rule->update_f32)(options, &r);
        }
    }
    for (size_t i = 0; i < ARRAYS; i++)
        free(slot[i]);
}

START_TEST(a_step_is_each_arrays_update)
{
    for (int dtype = 0; dtype < 2; dtype++)
        for (int threads = 1; threads <= 3; threads++) {
            wg_params *p = large_store(dtype ? WG_F32 : WG_F64, threads),
                      *expected = large_store(dtype ? WG_F32 : WG_F64, 1);
            wg_optim *o = _i ? lars_new(p) : lion_new(p);
            ck_assert_msg(wg_optim_status(o) == WG_OK, "%s", wg_optim_message(o));
            for (int turn = 0; turn < TURNS; turn++) {
                fill_gradients(p, turn);
                ck_assert_int_eq(wg_optim_step(o), WG_OK);
            }
            if (_i)
                by_hand(expected, &lars_rule, &(lars_options){0.9}, 0.5, 0.01);
            else
                by_hand(expected, &lion_rule, &(lion_options){0.8, 0.99}, 0.01, 0.1);
            ck_assert(wg_params_equal(p, expected));
            ck_assert_uint_eq(wg_optim_step_count(o), TURNS);
            wg_optim_free(o);
            wg_params_free(p), wg_params_free(expected);
        }
}
END_TEST

/* ---- What a rule is told --------------------------------------------------------------------------- */

static int prepared; /* calls of the function below */

static void spy_prepare(const void *options, wg_optim_range *range)
{
    ck_assert_ptr_null(range->value);
    ck_assert_uint_eq(range->count, 0);
    range->number[1] = *(const double *)options + range->t;
    prepared++;
}

/* Writes into the parameter what it was called with, and counts calls in its second slot. */
static void spy_f64(const void *options, const wg_optim_range *r)
{
    const double told[] = {r->lr, r->weight_decay, r->t, r->number[1], (double)r->count};
    double *w = r->value, *calls = r->slot[1];
    ck_assert_double_eq(*(const double *)options, 100);
    ck_assert_uint_eq(r->count, 5);
    for (size_t i = 0; i < r->count; i++)
        w[i] = told[i], calls[i]++;
}

static const wg_optim_rule spy = {.name = "spy",
    .slots = {"first", "calls"},
    .weight_decay = 0.25,
    .options_size = sizeof(double),
    .prepare = spy_prepare,
    .update_f64 = spy_f64};

static void told(const wg_params *p, const char *name, double lr, double decay, double t)
{
    double w[5];
    ck_assert_int_eq(wg_params_read(p, name, w, 5), WG_OK);
    const double expected[] = {lr, decay, t, 100 + t, 5};
    ck_assert_mem_eq(w, expected, sizeof w);
}

START_TEST(a_rule_is_told_rate_decay_and_age)
{
    wg_params *p = wg_params_new(NULL);
    double own = 100;
    wg_optim *o = wg_optim_new(p, &spy, &(wg_optim_options){.lr = 2, .own = &own});
    own = 0; /* it was copied */
    wg_params_add(p, "a", WG_SHAPE(5), NULL, NULL);
    wg_params_add(p, "b", WG_SHAPE(5), NULL, NULL);
    wg_params_add(p, "grouped", WG_SHAPE(5), NULL, NULL);
    wg_params_scale(p, "grouped", 0.5, 2);
    prepared = 0;
    ck_assert_int_eq(wg_optim_step(o), WG_OK);
    ck_assert_int_eq(prepared, 2); /* a and b are alike */
    told(p, "a", 2, 0.25, 1), told(p, "b", 2, 0.25, 1), told(p, "grouped", 1, 0.5, 1);
    wg_params_add(p, "late", WG_SHAPE(5), NULL, NULL);
    wg_optim_set_lr(o, 8);
    ck_assert_int_eq(wg_optim_step(o), WG_OK);
    told(p, "b", 8, 0.25, 2), told(p, "grouped", 4, 0.5, 2), told(p, "late", 8, 0.25, 1);
    ck_assert_double_eq(*(double *)wg_optim_state(o, 1, 0), 2);
    ck_assert_double_eq(*(double *)wg_optim_state(o, 1, 3), 1);
    ck_assert_uint_eq(wg_optim_slot_count(o), 2);
    ck_assert_str_eq(wg_optim_slot_name(o, 0), "first");
    ck_assert_str_eq(wg_optim_slot_name(o, 1), "calls");
    ck_assert_ptr_null(wg_optim_slot_name(o, 2));
    ck_assert_ptr_null(wg_optim_slot_name(NULL, 0));
    wg_optim_free(o);
    o = wg_optim_new(p, &spy, &(wg_optim_options){.lr = 2, .weight_decay = WG_ZERO, .own = &(double){100}});
    ck_assert_int_eq(wg_optim_step(o), WG_OK);
    told(p, "a", 2, 0, 1);
    wg_optim_free(o);
    wg_params_free(p);
}
END_TEST

/* ---- Records and options that are refused ---------------------------------------------------------- */

static void refused(
    const wg_optim_rule *rule, const wg_optim_options *options, wg_status status, const char *words)
{
    wg_params *p = wg_params_new(&(wg_params_options){.dtype = WG_F32});
    wg_params_add(p, "w", WG_SHAPE(5), NULL, NULL);
    wg_optim *o = wg_optim_new(p, rule, options);
    ck_assert_ptr_nonnull(o);
    ck_assert_int_eq(wg_optim_status(o), status);
    ck_assert_msg(strstr(wg_optim_message(o), words) != NULL, "%s", wg_optim_message(o));
    ck_assert_int_eq(wg_optim_step(o), status);
    wg_optim_free(o);
    wg_params_free(p);
}

START_TEST(what_is_no_rule_is_refused)
{
    static const char *const bad[] = {
        "", "2nd", "a b", "a/b", "\xc3\xa9", "abcdefghijklmnopqrstuvwxyzabcdef"};
    const wg_optim_options options = {.lr = 1};
    wg_optim_rule rule = lion_rule;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        rule.slots[0] = bad[i];
        refused(&rule, &options, WG_INVALID, "\" is no name for a slot");
    }
    rule.slots[0] = rule.slots[1] = "m";
    refused(&rule, &options, WG_INVALID, "lion: \"m\" is no name for a slot, or taken");
    rule = lion_rule;
    rule.name = NULL;
    refused(&rule, &options, WG_INVALID, "no name");
    rule.name = "";
    refused(&rule, &options, WG_INVALID, "no name");
    refused(&spy, &options, WG_BAD_DTYPE, "spy: the rule has no update for a store of f32");
    ck_assert_ptr_null(wg_optim_new(NULL, &lion_rule, &options));
    wg_params *p = wg_params_new(NULL);
    ck_assert_ptr_null(wg_optim_new(p, NULL, &options));
    wg_params_free(p);
}
END_TEST

START_TEST(options_are_checked)
{
    refused(&lion_rule, NULL, WG_INVALID, "lion: lr is 0, and the rule has none");
    refused(&lion_rule, &(wg_optim_options){.lr = -1}, WG_INVALID, "lion: lr is -1, and must be in [0, inf)");
    refused(&lars_rule, &(wg_optim_options){.lr = HUGE_VAL}, WG_INVALID, "lars: lr is inf");
    refused(&lars_rule, &(wg_optim_options){.weight_decay = -1}, WG_INVALID, "lars: weight_decay is -1");
    refused(&lion_rule, &(wg_optim_options){.lr = 1, .own = &(lion_options){.beta1 = 2}}, WG_INVALID,
        "lion: beta1 is 2");
    refused(&lion_rule, &(wg_optim_options){.lr = 1, .own = &(lion_options){.beta2 = 2}}, WG_OVERFLOW,
        wg_status_text(WG_OVERFLOW));
    wg_params *p = wg_params_new(NULL);
    wg_optim *o = wg_optim_new(p, &lars_rule, NULL);
    ck_assert_double_eq(wg_optim_lr(o), 0.5);
    ck_assert_int_eq(wg_optim_status(o), WG_OK);
    wg_optim_free(o);
    o = wg_optim_new(p, &lion_rule, &(wg_optim_options){.lr = WG_ZERO});
    ck_assert_double_eq(wg_optim_lr(o), 0);
    ck_assert_int_eq(wg_optim_status(o), WG_OK);
    wg_optim_free(o);
    wg_params_free(p);
}
END_TEST

/* ---- Memory ---------------------------------------------------------------------------------------- */

START_TEST(every_allocation_may_fail)
{
    bool failed = true;
    for (size_t k = 1; failed; k++) {
        test_heap heap = {0};
        wg_params *p = wg_params_new(&(wg_params_options){.allocator = test_heap_hook(&heap)});
        const wg_init one = wg_init_constant(1);
        ck_assert_int_eq(wg_params_add(p, "w", WG_SHAPE(5000), &one, NULL), WG_OK);
        heap.fail_at = heap.requests + k;
        wg_optim *o = lars_new(p);
        wg_status status = o ? wg_optim_step(o) : WG_OUT_OF_MEMORY;
        failed = heap.failures > 0;
        ck_assert_int_eq(status, failed ? WG_OUT_OF_MEMORY : WG_OK);
        ck_assert_double_eq(((double *)wg_params_value(p, 0))[0], failed ? 1 : 1 - 0.5 * 0.01 * 2);
        size_t made = heap.requests;
        if (!failed)
            ck_assert_int_eq(wg_optim_step(o), WG_OK);
        ck_assert_uint_eq(heap.requests, made);
        wg_optim_free(o);
        wg_params_free(p);
        test_heap_check(&heap);
        ck_assert_uint_lt(k, 100);
    }
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{a_step_is_each_arrays_update, 2}, {a_rule_is_told_rate_decay_and_age, 0},
        {what_is_no_rule_is_refused, 0}, {options_are_checked, 0}, {every_allocation_may_fail, 0}};
    return harness_run("optim_rule", tests, sizeof tests / sizeof tests[0]);
}
