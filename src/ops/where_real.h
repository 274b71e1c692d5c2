/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* One row; steps that are constants where it is called make loops that the compiler can vectorise. */
static inline void FN(where_row)(ptrdiff_t n, const REAL *restrict condition, ptrdiff_t condition_step,
    const REAL *restrict a, ptrdiff_t a_step, const REAL *restrict b, ptrdiff_t b_step, REAL *restrict y)
{
    for (ptrdiff_t i = 0; i < n; i++) {
        const REAL yes = a[i * a_step], no = b[i * b_step];
        y[i] = condition[i * condition_step] != 0 ? yes : no;
    }
}

static void FN(where_panel)(const void *work, const wg_panel *panel)
{
    const where_work *w = work;
    ptrdiff_t n = (ptrdiff_t)panel->b;
    const ptrdiff_t *step = panel->step_b;
    for (size_t row = 0; row < panel->a; row++) {
        ptrdiff_t at[WG_WALK_STREAMS];
        for (size_t s = 0; s < WG_WALK_STREAMS; s++)
            at[s] = panel->at[s] + (ptrdiff_t)row * panel->step_a[s];
        const REAL *condition = (const REAL *)w->condition + at[1];
        const REAL *a = (const REAL *)w->a + at[2], *b = (const REAL *)w->b + at[3];
        REAL *y = (REAL *)w->y + at[0];
        if (step[1] == 1 && step[2] == 1 && step[3] == 1)
            FN(where_row)(n, condition, 1, a, 1, b, 1, y);
        else if (step[1] == 1 && step[2] == 1 && step[3] == 0)
            FN(where_row)(n, condition, 1, a, 1, b, 0, y);
        else if (step[1] == 1 && step[2] == 0 && step[3] == 1)
            FN(where_row)(n, condition, 1, a, 0, b, 1, y);
        else
            FN(where_row)(n, condition, step[1], a, step[2], b, step[3], y);
    }
}

static void FN(where_integer_panel)(const void *work, const wg_panel *panel)
{
    const where_work *w = work;
    for (size_t row = 0; row < panel->a; row++)
        for (size_t i = 0; i < panel->b; i++) {
            ptrdiff_t at[WG_WALK_STREAMS];
            for (size_t s = 0; s < WG_WALK_STREAMS; s++)
                at[s] = panel->at[s] + (ptrdiff_t)row * panel->step_a[s] + (ptrdiff_t)i * panel->step_b[s];
            bool taken = ((const int32_t *)w->condition)[at[1]] != 0;
            ((REAL *)w->y)[at[0]] = taken ? ((const REAL *)w->a)[at[2]] : ((const REAL *)w->b)[at[3]];
        }
}

static wg_status FN(where)(wg_op_context *op)
{
    return run_where(op, op->in_dtype[0] == WG_I32 ? FN(where_integer_panel) : FN(where_panel));
}
