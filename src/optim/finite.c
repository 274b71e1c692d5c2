/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Are all gradients, or all values, finite? A pass over the store that asks only the exponents: all of its
 * bits are set in a NaN and in an infinity, so that adding its lowest one carries into the sign. */
#include <stdint.h>
#include <string.h>
#include <wengert/optim.h>
#include "kernels/isa.h"

WG_KERNEL_OF(bool, bad_f64, (size_t n, const double *g), (n, g))
{
    uint64_t carried = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, &g[i], sizeof bits);
        carried |= (bits & UINT64_C(0x7FF0000000000000)) + UINT64_C(0x0010000000000000);
    }
    return carried >> 63;
}

WG_KERNEL_OF(bool, bad_f32, (size_t n, const float *g), (n, g))
{
    uint32_t carried = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &g[i], sizeof bits);
        carried |= (bits & UINT32_C(0x7F800000)) + UINT32_C(0x00800000);
    }
    return carried >> 31;
}

typedef struct look {
    bool is_float, values;
    bool bad[WG_PARAMS_MAX_PARTS];
} look;

static bool bad(const look *l, size_t n, const void *numbers)
{
    return l->is_float ? bad_f32(n, numbers) : bad_f64(n, numbers);
}

static void visit(void *user, const wg_params_run *run)
{
    look *l = user;
    l->bad[run->part] |= bad(l, run->count, l->values ? run->value : run->gradient);
}

static size_t first_bad(wg_params *params, bool values)
{
    look l = {.is_float = wg_params_dtype(params) == WG_F32, .values = values};
    size_t parts = wg_params_pass(params, visit, &l);
    bool some = false;
    for (size_t i = 0; i < parts; i++)
        some |= l.bad[i];
    for (size_t i = 0; some && i < wg_params_count(params); i++) {
        const wg_param_info a = wg_params_at(params, i);
        if (!a.buffer && !a.frozen && bad(&l, a.count, values ? a.value : wg_params_grad(params, i)))
            return i;
    }
    return SIZE_MAX;
}

size_t wg_params_grad_not_finite(wg_params *params)
{
    return first_bad(params, false);
}

size_t wg_params_not_finite(wg_params *params)
{
    return first_bad(params, true);
}
