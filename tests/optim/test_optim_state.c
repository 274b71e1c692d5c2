/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Optimisers over large stores: threads, options, moments, memory. */
#include <math.h>
#include <string.h>
#include <wengert/optim.h>
#include "alloc.h"
#include "harness.h"

static wg_params *store_of_one(wg_dtype dtype, double value)
{
    wg_params *p = wg_params_new(&(wg_params_options){.dtype = dtype});
    const wg_init init = wg_init_constant(value);
    ck_assert_int_eq(wg_params_add(p, "theta", wg_shape_scalar(), &init, NULL), WG_OK);
    return p;
}

static double value_of(const wg_params *p, const char *name)
{
    double value = (double)NAN;
    ck_assert_int_eq(wg_params_read(p, name, &value, 1), WG_OK);
    return value;
}

/* Gradients as one backward pass would leave them: only this one was reached. */
static void set_gradient(wg_params *p, const char *name, double g)
{
    size_t index = wg_params_index(p, name), n = wg_params_at(p, index).count;
    void *gradient = wg_params_grad(p, index);
    for (size_t i = 0; i < n; i++)
        if (wg_params_dtype(p) == WG_F64)
            ((double *)gradient)[i] = g;
        else
            ((float *)gradient)[i] = (float)g;
}

static void step(wg_optim *o, const char *name, double g)
{
    wg_params_zero_grad(wg_optim_params(o));
    set_gradient(wg_optim_params(o), name, g);
    ck_assert_int_eq(wg_optim_step(o), WG_OK);
}

/* ---- Many elements --------------------------------------------------------------------------------- */

/* Arrays of odd sizes over several chunks and many parts, with gradients that depend on the element. */
static wg_params *large_store(wg_dtype dtype, int threads)
{
    wg_params *p = wg_params_new(&(wg_params_options){.dtype = dtype, .threads = threads, .seed = 5});
    for (size_t i = 0; i < 40; i++) {
        char name[32];
        snprintf(name, sizeof name, "w%zu", i);
        ck_assert_int_eq(wg_params_add(p, name, WG_SHAPE(i * i * 37 % 9001 + i), NULL, NULL), WG_OK);
    }
    ck_assert_uint_eq(wg_params_freeze(p, "w7", true) + wg_params_freeze(p, "w2*", true), 12);
    ck_assert_uint_eq(wg_params_scale(p, "w1*", 0.5, 2), 11);
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

START_TEST(threads_do_not_change_a_bit)
{
    for (int is_float = 0; is_float < 2; is_float++) {
        wg_params *one = NULL;
        double norm = 0;
        for (int threads = 1; threads <= 3; threads++) {
            wg_params *p = large_store(is_float ? WG_F32 : WG_F64, threads);
            wg_optim *o = wg_adam_new(p, &(wg_adam_options){.weight_decay = 0.1});
            double this_norm = 0;
            for (int turn = 0; turn < 3; turn++) {
                fill_gradients(p, turn);
                this_norm = wg_params_clip_grad_norm(p, 1);
                ck_assert_int_eq(wg_optim_step(o), WG_OK);
            }
            wg_optim_free(o);
            if (threads == 1) {
                one = p;
                norm = this_norm;
            } else {
                ck_assert(wg_params_equal(one, p));
                ck_assert_mem_eq(&norm, &this_norm, sizeof norm);
                wg_params_free(p);
            }
        }
        wg_params_free(one);
    }
}
END_TEST

/* The chunked pass against the formulas, element by element. */
START_TEST(every_element_is_updated_once)
{
    wg_params *p = large_store(WG_F64, 2), *before = wg_params_new(NULL);
    wg_optim *o = wg_sgd_new(p, &(wg_sgd_options){.lr = 0.1, .weight_decay = 0.01});
    ck_assert_int_eq(wg_params_copy(before, p, NULL), WG_OK);
    fill_gradients(p, 1);
    ck_assert_int_eq(wg_optim_step(o), WG_OK);
    size_t seen = 0;
    double largest = 0;
    for (size_t i = 0; i < wg_params_count(p); i++) {
        wg_param_info a = wg_params_at(p, i);
        const double *w = a.value, *old = wg_params_at(before, wg_params_index(before, a.name)).value;
        const double *g = wg_params_grad(p, i);
        for (size_t k = 0; k < a.count; k++, seen++)
            largest = fmax(largest,
                fabs(w[k] - (a.frozen ? old[k]
                                      : old[k] - 0.1 * a.lr_scale * (g[k] + 0.01 * a.decay_scale * old[k]))));
    }
    ck_assert_double_lt(largest, 1e-15);
    ck_assert_uint_eq(seen, wg_params_element_count(p));
    wg_optim_free(o);
    wg_params_free(p);
    wg_params_free(before);
}
END_TEST

/* ---- Options, state, memory ------------------------------------------------------------------------ */

static void refuses(wg_optim *o, const char *words)
{
    ck_assert_ptr_nonnull(o);
    ck_assert_int_eq(wg_optim_status(o), WG_INVALID);
    ck_assert_msg(strstr(wg_optim_message(o), words) != NULL, "%s", wg_optim_message(o));
    double before = value_of(wg_optim_params(o), "theta");
    set_gradient(wg_optim_params(o), "theta", 1);
    ck_assert_int_eq(wg_optim_step(o), WG_INVALID);
    ck_assert_double_eq(value_of(wg_optim_params(o), "theta"), before);
    wg_optim_free(o);
}

START_TEST(options_out_of_range_are_named)
{
    wg_params *p = store_of_one(WG_F64, 1);
    refuses(wg_sgd_new(p, &(wg_sgd_options){.lr = -1}), "sgd: lr is -1");
    refuses(wg_sgd_new(p, &(wg_sgd_options){.lr = (double)NAN}), "lr is");
    refuses(wg_sgd_new(p, &(wg_sgd_options){.momentum = 1}), "momentum is 1");
    refuses(wg_sgd_new(p, &(wg_sgd_options){.momentum = -0.5}), "momentum is -0.5");
    refuses(wg_sgd_new(p, &(wg_sgd_options){.nesterov = true}), "nesterov");
    refuses(wg_sgd_new(p, &(wg_sgd_options){.weight_decay = -1}), "weight_decay");
    refuses(wg_adam_new(p, &(wg_adam_options){.lr = HUGE_VAL}), "adam: lr is inf");
    refuses(wg_adam_new(p, &(wg_adam_options){.beta1 = 1}), "beta1 is 1, and must be in [0, 1)");
    refuses(wg_adamw_new(p, &(wg_adam_options){.beta2 = 1.5}), "adamw: beta2 is 1.5");
    refuses(wg_adam_new(p, &(wg_adam_options){.beta2 = (double)NAN}), "beta2");
    refuses(wg_adam_new(p, &(wg_adam_options){.eps = HUGE_VAL}), "eps");
    refuses(wg_adam_new(p, &(wg_adam_options){.weight_decay = -1}), "weight_decay");
    ck_assert_ptr_null(wg_sgd_new(NULL, NULL));
    ck_assert_ptr_null(wg_adam_new(NULL, &(wg_adam_options){.beta1 = 2}));
    wg_params_free(p);
}
END_TEST

START_TEST(an_optimiser_can_be_asked)
{
    wg_params *p = store_of_one(WG_F64, 1);
    wg_optim *sgd = wg_sgd_new(p, NULL), *adam = wg_adam_new(p, NULL);
    ck_assert_int_eq(wg_optim_status(sgd), WG_OK);
    ck_assert_str_eq(wg_optim_message(sgd), "");
    ck_assert_str_eq(wg_optim_name(sgd), "sgd");
    ck_assert_ptr_eq(wg_optim_params(sgd), p);
    ck_assert_double_eq(wg_optim_lr(sgd), 0.01);
    ck_assert_double_eq(wg_optim_lr(adam), 0.001);
    ck_assert_int_eq(wg_optim_set_lr(sgd, 0), WG_OK);
    step(sgd, "theta", 1);
    ck_assert_double_eq(value_of(p, "theta"), 1);
    ck_assert_int_eq(wg_optim_set_lr(sgd, 0.5), WG_OK);
    ck_assert_int_eq(wg_optim_set_lr(sgd, -1), WG_INVALID);
    ck_assert_int_eq(wg_optim_set_lr(sgd, (double)NAN), WG_INVALID);
    step(sgd, "theta", 1);
    ck_assert_double_eq(value_of(p, "theta"), 0.5);
    ck_assert_uint_eq(wg_optim_slot_count(sgd), 0);
    ck_assert_uint_eq(wg_optim_slot_count(adam), 2);
    ck_assert_ptr_null(wg_optim_state(sgd, 0, 0));
    ck_assert_ptr_nonnull(wg_optim_state(adam, 1, 0));
    ck_assert_ptr_null(wg_optim_state(adam, 2, 0));
    ck_assert_ptr_null(wg_optim_state(adam, 0, 1));
    wg_optim_free(sgd), wg_optim_free(adam), wg_optim_free(NULL);
    ck_assert_int_eq(wg_optim_step(NULL), WG_INVALID);
    ck_assert_int_eq(wg_optim_status(NULL), WG_INVALID);
    ck_assert_str_ne(wg_optim_message(NULL), "");
    ck_assert_int_eq(wg_optim_set_lr(NULL, 1), WG_INVALID);
    ck_assert_int_eq(wg_optim_set_step_count(NULL, 1), WG_INVALID);
    ck_assert_double_nan(wg_optim_lr(NULL));
    ck_assert_str_eq(wg_optim_name(NULL), "");
    ck_assert_ptr_null(wg_optim_params(NULL));
    ck_assert_ptr_null(wg_optim_state(NULL, 0, 0));
    ck_assert_uint_eq(wg_optim_step_count(NULL) + wg_optim_slot_count(NULL), 0);
    wg_params_free(p);
}
END_TEST

static void five_steps(wg_params *p, wg_optim *o, int turn)
{
    for (int i = 0; i < 5; i++) {
        fill_gradients(p, turn + i);
        ck_assert_int_eq(wg_optim_step(o), WG_OK);
    }
}

START_TEST(five_and_five_steps_are_ten)
{
    wg_params *ten = large_store(WG_F32, 0), *five = large_store(WG_F32, 0), *again = large_store(WG_F32, 0);
    wg_optim *a = wg_adamw_new(ten, NULL), *b = wg_adamw_new(five, NULL), *c = wg_adamw_new(again, NULL);
    five_steps(ten, a, 0), five_steps(ten, a, 5);
    five_steps(five, b, 0);
    ck_assert_int_eq(wg_params_copy(again, five, NULL), WG_OK);
    ck_assert_int_eq(wg_optim_set_step_count(c, wg_optim_step_count(b)), WG_OK);
    for (size_t slot = 0; slot < wg_optim_slot_count(b); slot++)
        for (size_t i = 0; i < wg_params_count(five); i++)
            memcpy(wg_optim_state(c, slot, i), wg_optim_state(b, slot, i),
                wg_params_at(five, i).count * sizeof(float));
    five_steps(again, c, 5);
    ck_assert(!wg_params_equal(ten, five));
    ck_assert(wg_params_equal(ten, again));
    wg_optim_free(a), wg_optim_free(b), wg_optim_free(c);
    wg_params_free(ten), wg_params_free(five), wg_params_free(again);
}
END_TEST

START_TEST(only_the_first_step_allocates)
{
    test_heap heap = {0};
    wg_params *p = wg_params_new(&(wg_params_options){.allocator = test_heap_hook(&heap)});
    ck_assert_int_eq(wg_params_add(p, "w", WG_SHAPE(300, 100), NULL, NULL), WG_OK);
    wg_optim *o = wg_adam_new(p, NULL);
    size_t made = heap.requests;
    step(o, "w", 1);
    ck_assert_uint_gt(heap.requests, made);
    made = heap.requests;
    for (int i = 0; i < 3; i++) {
        step(o, "w", 1);
        wg_params_clip_grad_norm(p, 0.1);
    }
    ck_assert_uint_eq(heap.requests, made);
    wg_optim_free(o);
    wg_params_free(p);
    test_heap_check(&heap);
}
END_TEST

/* The k-th request fails, for every k: a status or NULL, nothing leaked, nothing half updated; a later try
 * works. */
START_TEST(every_allocation_may_fail)
{
    bool failed = true;
    for (size_t k = 1; failed; k++) {
        test_heap heap = {0};
        wg_params *p = wg_params_new(&(wg_params_options){.allocator = test_heap_hook(&heap)});
        const wg_init one = wg_init_constant(1);
        ck_assert_int_eq(wg_params_add(p, "theta", WG_SHAPE(20000), &one, NULL), WG_OK);
        ck_assert_int_eq(wg_params_add(p, "other", WG_SHAPE(30000), &one, NULL), WG_OK);
        heap.fail_at = heap.requests + k;
        wg_optim *o = wg_adam_new(p, &(wg_adam_options){.lr = 0.5});
        if (o) {
            set_gradient(p, "theta", 1);
            wg_status status = wg_optim_step(o);
            ck_assert(status == WG_OK || status == WG_OUT_OF_MEMORY);
            ck_assert_double_eq(((double *)wg_params_value(p, 0))[0] < 1, status == WG_OK);
            if (status != WG_OK)
                ck_assert_int_eq(wg_optim_step(o), WG_OK);
            ck_assert_double_eq_tol(((double *)wg_params_value(p, 0))[19999], 0.5, 1e-7);
        }
        failed = heap.failures > 0;
        wg_optim_free(o);
        wg_params_free(p);
        test_heap_check(&heap);
        ck_assert_uint_lt(k, 100);
    }
}
END_TEST

TEST_MAIN("optim_state", threads_do_not_change_a_bit, every_element_is_updated_once,
    options_out_of_range_are_named, an_optimiser_can_be_asked, five_and_five_steps_are_ten,
    only_the_first_step_allocates, every_allocation_may_fail)
