/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* recurrent_layer.h - wg_layer_lstm and wg_layer_gru behind one function, for tests of both. */
#ifndef WG_TESTS_RECURRENT_LAYER_H
#define WG_TESTS_RECURRENT_LAYER_H

#include "vars.h"

enum { LSTM, GRU };

typedef wg_layer_lstm_options lstm_options;
typedef wg_layer_gru_options gru_options;

/* Both kinds behind one set of options. */
static inline wg_var layer(int kind, wg_params *p, wg_var x, size_t hidden, const lstm_options *o)
{
    if (kind == LSTM)
        return wg_layer_lstm(p, "rnn", x, hidden, o);
    return wg_layer_gru(p, "rnn", x, hidden,
        &(gru_options){.time_major = o->time_major, .reverse = o->reverse, .h0 = o->h0, .last_h = o->last_h});
}

static inline wg_params *new_params(wg_dtype dtype)
{
    wg_params *p = wg_params_new(&(wg_params_options){.dtype = dtype, .seed = 3});
    ck_assert_ptr_nonnull(p);
    return p;
}

#endif
