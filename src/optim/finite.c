/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Are all gradients, or all values, finite? A look at the store that asks only the exponents: all of its
 * bits are set in a NaN and in an infinity, so that adding its lowest one carries into the sign. */
#include <stdint.h>
#include <string.h>
#include <wengert/optim.h>
#include "kernels/isa.h"
#include "kernels/parallel.h"

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

static bool bad(wg_dtype dtype, size_t n, const void *numbers)
{
    return dtype == WG_F32 ? bad_f32(n, numbers) : bad_f64(n, numbers);
}

/* The first of the arrays that a step updates, once it is known that there may be one. */
static size_t first_bad(wg_params *params, bool values)
{
    for (size_t i = 0; i < wg_params_count(params); i++) {
        const wg_param_info a = wg_params_at(params, i);
        if (!a.buffer && !a.frozen &&
            bad(wg_params_dtype(params), a.count, values ? a.value : wg_params_grad(params, i)))
            return i;
    }
    return SIZE_MAX;
}

/* ---- Gradients -------------------------------------------------------------------------------------- */

typedef struct look {
    wg_dtype dtype;
    bool bad[WG_PARAMS_MAX_PARTS];
} look;

static void visit(void *user, const wg_params_run *run)
{
    look *l = user;
    l->bad[run->part] |= bad(l->dtype, run->count, run->gradient);
}

size_t wg_params_grad_not_finite(wg_params *params)
{
    look l = {.dtype = wg_params_dtype(params)};
    size_t parts = wg_params_pass(params, visit, &l);
    bool some = false;
    for (size_t i = 0; i < parts; i++)
        some |= l.bad[i];
    return some ? first_bad(params, false) : SIZE_MAX;
}

/* ---- Values ----------------------------------------------------------------------------------------- */

/* A chunk's values. Not by wg_params_pass, which makes the zeros that unwritten gradients stand for: where a plan
 * updates parameters without writing gradients, that would be a second pass over memory for nothing. */
typedef struct chunk_look {
    wg_dtype dtype;
    const char *values;
    bool bad[WG_PARAMS_MAX_PARTS];
} chunk_look;

static void look_at(void *work, size_t part, size_t begin, size_t end)
{
    chunk_look *l = work;
    l->bad[part] = bad(l->dtype, end - begin, l->values + begin * wg_dtype_size(l->dtype));
}

static bool chunk_is_bad(const wg_params *params, const char *values, size_t used)
{
    enum { LEAST = 16384, PARTS = 64 };
    chunk_look l = {.dtype = wg_params_dtype(params), .values = values};
    size_t grain = used / PARTS < LEAST ? LEAST : used / PARTS + 1;
    bool some = false;
    wg__parallel_chunks(wg_params_threads(params), used, grain, look_at, &l);
    for (size_t i = 0; i < wg__chunks(used, grain); i++)
        some |= l.bad[i];
    return some;
}

size_t wg_params_not_finite(wg_params *params)
{
    bool seen[WG_PARAMS_MAX_CHUNKS] = {false}, some = false;
    for (size_t i = 0; i < wg_params_count(params) && !some; i++) {
        const wg_param_info a = wg_params_at(params, i);
        if (a.buffer || seen[a.chunk])
            continue;
        const char *values = (const char *)a.value - a.offset * wg_dtype_size(wg_params_dtype(params));
        seen[a.chunk] = true;
        some = chunk_is_bad(params, values, wg_params_chunk_at(params, a.chunk).used);
    }
    return some ? first_bad(params, true) : SIZE_MAX;
}
