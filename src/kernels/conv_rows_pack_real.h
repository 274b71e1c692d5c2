/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* conv_rows_pack_real.h - a template (see base/for_each_real.h): packs the weights and runs the kernels.
 *
 * Packed: for each block of filters, in the order in which a tile reads them, [depth][rows][columns][filters
 * of the block]. Flipped, filter and channel change places and the taps are turned round. */

#if REAL_IS_DOUBLE
typedef wg_rows_job_f64 FN(job);
#else
typedef wg_rows_job_f32 FN(job);
#endif

static const REAL *FN(weight_at)(const wg_rows_plan *p, const REAL *w, size_t group, size_t k, size_t d)
{
    size_t taps = p->rows * p->columns;
    return p->flipped ? w + (((group * p->depth + d) * p->filters + k) + 1) * taps - 1
                      : w + ((group * p->filters + k) * p->depth + d) * taps;
}

static void FN(pack)(const wg_rows_plan *p, const REAL *w, REAL *packed)
{
    for (size_t block = 0; block < p->groups * p->blocks; block++) {
        size_t group = block / p->blocks, b = block % p->blocks;
        size_t first = p->filters * b / p->blocks, last = p->filters * (b + 1) / p->blocks;
        for (size_t d = 0; d < p->depth; d++)
            for (size_t tap = 0; tap < p->rows * p->columns; tap++)
                for (size_t k = first; k < last; k++) {
                    const REAL *filter = FN(weight_at)(p, w, group, k, d);
                    *packed++ = p->flipped ? *(filter - tap) : filter[tap];
                }
    }
}

void FN(wg_conv_rows)(int threads, const wg_conv *conv, wg_conv_pass pass, const REAL *a, const REAL *b,
    REAL *result, void *scratch)
{
    const wg_rows_kernels *kernels = kernels_of_processor();
    wg_rows_plan p = plan_of(conv, pass, sizeof(REAL), kernels);
    FN(job) job = {.plan = &p, .a = a, .b = b, .result = result, .packed = scratch};
    job.chunks = job.packed + packed_numbers(&p, pass, kernels->vector / sizeof(REAL));
    if (pass == WG_CONV_WEIGHT) {
        wg_parallel_for(threads, p.items, p.grain, kernels->FN(weights), &job);
        wg_parallel_for(threads, p.weights, 4096, kernels->FN(add), &job);
    } else {
        FN(pack)(&p, b, job.packed);
        wg_parallel_for(threads, p.items, p.grain, kernels->FN(correlate), &job);
    }
}
