/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* conv_direct_pack_real.h - a template (see base/for_each_real.h): packs the weights and runs the loops.
 *
 * Packed: for each block of filters, in the order in which a tile reads them, [depth][rows][columns][filters
 * of the block]. Flipped, filter and channel change places and the taps are turned round. */

#if REAL_IS_DOUBLE
typedef wg_conv_job_f64 FN(job);
#else
typedef wg_conv_job_f32 FN(job);
#endif

/* Filters first .. last - 1 of a group, then zeros up to `width` of them. */
static REAL *FN(pack_block)(
    const wg_conv_plan *p, const REAL *w, size_t group, size_t first, size_t last, size_t width, REAL *packed)
{
    size_t taps = p->rows * p->columns;
    for (size_t d = 0; d < p->depth; d++)
        for (size_t tap = 0; tap < taps; tap++) {
            for (size_t k = first; k < last; k++)
                *packed++ = p->flipped ? w[((group * p->depth + d) * p->filters + k + 1) * taps - 1 - tap]
                                       : w[((group * p->filters + k) * p->depth + d) * taps + tap];
            for (size_t k = last - first; k < width; k++)
                *packed++ = 0;
        }
    return packed;
}

/* By rows the blocks are of even sizes; by channels of whole vectors, all but the last of them full. */
static void FN(pack)(const wg_conv_plan *p, size_t channel_block, size_t lanes, const REAL *w, REAL *packed)
{
    for (size_t group = 0; group < p->groups; group++)
        for (size_t b = 0; b < p->blocks; b++) {
            size_t first = p->channels ? b * channel_block : p->filters * b / p->blocks;
            size_t last =
                p->channels ? min(p->filters, first + channel_block) : p->filters * (b + 1) / p->blocks;
            size_t width = p->channels ? wg__chunks(last - first, lanes) * lanes : last - first;
            packed = FN(pack_block)(p, w, group, first, last, width, packed);
        }
}

void FN(wg__conv_direct_of)(const wg_conv_kernels *kernels, bool channels, int threads, const wg_conv *conv,
    wg_conv_pass pass, const REAL *a, const REAL *b, REAL *result, void *scratch, const wg_epilogue *epilogue)
{
    size_t lanes = kernels->vector / sizeof(REAL);
    wg_conv_plan p = plan_of(kernels, channels, conv, pass, sizeof(REAL));
    FN(job) job = {.plan = &p, .a = a, .b = b, .result = result, .packed = scratch, .epilogue = epilogue};
    job.copies = job.packed + p.packed * (pass == WG_CONV_WEIGHT ? p.slices : 1);
    if (pass == WG_CONV_WEIGHT) {
        wg__parallel_chunks(threads, p.items, p.grain, kernels->FN(weights)[channels], &job);
        wg__parallel_for(threads, p.weights, 4096, kernels->FN(add)[channels], &job);
    } else {
        FN(pack)(&p, kernels->channel_vectors * lanes, lanes, b, job.packed);
        if (p.copied && p.shared)
            wg__parallel_for(threads, p.copies * p.depth, 4, kernels->FN(pad), &job);
        wg__parallel_chunks(threads, p.items, p.grain, kernels->FN(correlate)[channels], &job);
    }
}

void FN(wg__conv_direct)(int threads, const wg_conv *conv, wg_conv_pass pass, const REAL *a, const REAL *b,
    REAL *result, void *scratch, const wg_epilogue *epilogue)
{
    const wg_conv_kernels *kernels = wg__conv_kernels_of(wg__isa());
    bool channels = choose(kernels, conv, pass, sizeof(REAL)) == CHANNELS;
    FN(wg__conv_direct_of)(kernels, channels, threads, conv, pass, a, b, result, scratch, epilogue);
}
