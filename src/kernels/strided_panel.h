/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The copy of one panel, included for elements of 4 and of 8 bytes. */

enum { FN(BLOCK) = 64 / sizeof(ELEMENT) }; /* a cache line */

/* to[a][b] = from[b][a] for a block of one cache line each way. It goes through a buffer, so that each line
 * is read once and written once: lines that lie a power of two apart would push each other out of the cache.
 */
static inline void FN(transpose_block)(
    const ELEMENT *restrict from, ptrdiff_t from_row, ELEMENT *restrict to, ptrdiff_t to_row)
{
    ELEMENT block[FN(BLOCK)][FN(BLOCK)];
    for (ptrdiff_t b = 0; b < FN(BLOCK); b++)
        for (ptrdiff_t a = 0; a < FN(BLOCK); a++)
            block[b][a] = from[b * from_row + a];
    for (ptrdiff_t a = 0; a < FN(BLOCK); a++)
        for (ptrdiff_t b = 0; b < FN(BLOCK); b++)
            to[a * to_row + b] = block[b][a];
}

static void FN(transpose)(const wg_panel *panel, const ELEMENT *restrict from, ELEMENT *restrict to)
{
    ptrdiff_t a_count = (ptrdiff_t)panel->a, b_count = (ptrdiff_t)panel->b;
    ptrdiff_t to_row = panel->step_a[0], from_row = panel->step_b[1];
    for (ptrdiff_t a = 0; a < a_count; a += FN(BLOCK)) {
        ptrdiff_t a_end = a_count - a < FN(BLOCK) ? a_count : a + FN(BLOCK);
        for (ptrdiff_t b = 0; b < b_count; b += FN(BLOCK)) {
            ptrdiff_t b_end = b_count - b < FN(BLOCK) ? b_count : b + FN(BLOCK);
            if (a_end - a == FN(BLOCK) && b_end - b == FN(BLOCK)) {
                FN(transpose_block)(from + a + b * from_row, from_row, to + a * to_row + b, to_row);
                continue;
            }
            for (ptrdiff_t i = a; i < a_end; i++)
                for (ptrdiff_t j = b; j < b_end; j++)
                    to[i * to_row + j] = from[i + j * from_row];
        }
    }
}

static void FN(copy_row)(
    ptrdiff_t n, const ELEMENT *restrict from, ptrdiff_t from_step, ELEMENT *restrict to, ptrdiff_t to_step)
{
    if (to_step == 1 && from_step == 1) {
        memcpy(to, from, (size_t)n * sizeof(ELEMENT));
    } else if (to_step == 1 && from_step == 0) {
        const ELEMENT same = *from;
        for (ptrdiff_t i = 0; i < n; i++)
            to[i] = same;
    } else if (to_step == 1 && from_step == -1) {
        for (ptrdiff_t i = 0; i < n; i++)
            to[i] = from[-i];
    } else {
        for (ptrdiff_t i = 0; i < n; i++)
            to[i * to_step] = from[i * from_step];
    }
}

static void FN(copy_panel)(const void *work, const wg_panel *panel)
{
    const strided_copy *copy = work;
    const ELEMENT *from = (const ELEMENT *)copy->from + panel->at[1];
    ELEMENT *to = (ELEMENT *)copy->to + panel->at[0];
    if (panel->step_b[0] == 1 && panel->step_b[1] != 1 && panel->step_a[1] == 1 && panel->a > 1) {
        FN(transpose)(panel, from, to);
        return;
    }
    for (size_t a = 0; a < panel->a; a++)
        FN(copy_row)
    ((ptrdiff_t)panel->b, from + (ptrdiff_t)a * panel->step_a[1], panel->step_b[1],
        to + (ptrdiff_t)a * panel->step_a[0], panel->step_b[0]);
}
