/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "nn/layer.h"

bool wg__layer_open(const char *kind, const wg_params *params, const char *name, wg_var x)
{
    wg_tape *tape = wg_tape_of(x);
    if (!wg_is_valid(x) || wg_tape_status(tape) != WG_OK)
        return false;
    if (!params || !name || !*name) {
        wg_tape_fail(tape, WG_INVALID, "%s: a layer needs a %s", kind, params ? "name" : "parameter store");
        return false;
    }
    wg_scope_push(tape, name);
    return true;
}

wg_var wg__layer_misfit(const char *kind, wg_var x, const char *wanted)
{
    wg_tape *tape = wg_tape_of(x);
    wg_shape shape = wg_shape_of(x);
    char text[192];
    wg_tape_fail(tape, WG_BAD_SHAPE, "%s: %s: x %s must be %s", wg_tape_scope(tape), kind,
        wg_shape_text(&shape, text, sizeof text), wanted);
    return (wg_var){.tape = tape};
}

wg_init wg__layer_init(wg_init init, size_t fan_in)
{
    if (!init.fan_in)
        init.fan_in = fan_in;
    return init;
}
