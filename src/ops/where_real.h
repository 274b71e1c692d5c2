/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* One row. Where it is called with constants for the steps and for `integer`, the compiler can make vectors
 * of it. */
static inline void FN(where_row)(ptrdiff_t n, bool integer, const void *condition, ptrdiff_t condition_step,
    const REAL *restrict a, ptrdiff_t a_step, const REAL *restrict b, ptrdiff_t b_step, REAL *restrict y)
{
    const int32_t *restrict whole = condition;
    const REAL *restrict real = condition;
    for (ptrdiff_t i = 0; i < n; i++) {
        const REAL yes = a[i * a_step], no = b[i * b_step];
        y[i] = (integer ? whole[i * condition_step] != 0 : real[i * condition_step] != 0) ? yes : no;
    }
}

static inline void FN(where_rows)(const where_work *w, const wg_panel *panel, bool integer)
{
    const ptrdiff_t *step = panel->step_b, n = (ptrdiff_t)panel->b;
    size_t size = integer ? sizeof(int32_t) : sizeof(REAL);
    for (size_t row = 0; row < panel->a; row++) {
        ptrdiff_t at[WG_WALK_STREAMS];
        for (size_t s = 0; s < WG_WALK_STREAMS; s++)
            at[s] = panel->at[s] + (ptrdiff_t)row * panel->step_a[s];
        const void *condition = (const char *)w->condition + at[1] * (ptrdiff_t)size;
        const REAL *a = (const REAL *)w->a + at[2], *b = (const REAL *)w->b + at[3];
        REAL *y = (REAL *)w->y + at[0];
        if (step[1] == 1 && step[2] == 1 && step[3] == 1)
            FN(where_row)(n, integer, condition, 1, a, 1, b, 1, y);
        else if (step[1] == 1 && step[2] == 1 && step[3] == 0)
            FN(where_row)(n, integer, condition, 1, a, 1, b, 0, y);
        else if (step[1] == 1 && step[2] == 0 && step[3] == 1)
            FN(where_row)(n, integer, condition, 1, a, 0, b, 1, y);
        else
            FN(where_row)(n, integer, condition, step[1], a, step[2], b, step[3], y);
    }
}

static void FN(where_real)(const void *work, const wg_panel *panel)
{
    FN(where_rows)(work, panel, false);
}

static void FN(where_integer)(const void *work, const wg_panel *panel)
{
    FN(where_rows)(work, panel, true);
}

static wg_status FN(where)(wg_op_context *op)
{
    return run_where(op, op->in_dtype[0] == WG_I32 ? FN(where_integer) : FN(where_real));
}
