/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* dropout_real.h - the kernel of dropout.c, for one type of number. */

struct FN(dropout_work) {
    uint64_t key, run;
    uint32_t threshold;
    REAL scale;
    const REAL *x;
    REAL *y;
};

/* Chunks begin at multiples of WG_PHILOX_WORDS elements. */
WG_LOOP(FN(dropout_chunk))
{
    const struct FN(dropout_work) *w = work;
    const uint32_t threshold = w->threshold;
    const REAL scale = w->scale;
    for (size_t at = begin; at < end; at += WG_PHILOX_WORDS) {
        uint32_t words[WG_PHILOX_WORDS];
        wg__philox_words(w->key, w->run, at / 4, words);
        size_t n = end - at < WG_PHILOX_WORDS ? end - at : WG_PHILOX_WORDS;
        const REAL *x = w->x + at;
        REAL *y = w->y + at; /* may be x */
#pragma omp simd
        for (size_t i = 0; i < n; i++) {
            REAL kept = x[i] * scale; /* outside of the choice, which is then no branch */
            y[i] = words[i] < threshold ? 0 : kept;
        }
    }
}

static wg_status FN(dropout_forward)(wg_op_context *op)
{
    const struct dropout *attr = op->attr;
    struct FN(dropout_work) w = {.key = op->random.seed + (op->random.ordinal + 1) * 0x9E3779B97F4A7C15u,
        .run = op->random.run,
        .threshold = (uint32_t)(attr->p * 4294967296.0),
        .scale = (REAL)(1 / (1 - attr->p)),
        .x = op->in[0],
        .y = op->out[0]};
    wg__parallel_for(op->threads, op->count, CHUNK, FN(dropout_chunk), &w);
    return WG_OK;
}
