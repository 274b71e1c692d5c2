/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* conv_channels_real.h - a template of a template (conv_direct_kernels.h): neighbouring filters share a
 * vector.
 *
 * A block is up to CHANNEL_VECTORS vectors of filters; the last may be padded with zeros, which are not
 * written. */

enum { FN(BLOCK) = CHANNEL_VECTORS * VECTOR / sizeof(REAL) };

/* One tile: `vectors` of filters times `pixels` (constants where this is inlined) at in_at[]; the sums go to
 * out[pixel]. */
TARGET WG_INLINE void FN(channels_tile)(size_t vectors, size_t pixels, const wg_conv_plan *p, tap_rows reach,
    const REAL *in, const REAL *w, const size_t *in_at, FN(vector) (*out)[CHANNEL_VECTORS])
{
    FN(vector) sum[ONE_VECTOR_PIXELS][CHANNEL_VECTORS];
    for (size_t i = 0; i < pixels; i++)
        for (size_t v = 0; v < vectors; v++)
            sum[i][v] = (FN(vector)){0};
    size_t plane = p->height * p->row_stride, down = p->dilation_h * p->row_stride;
    size_t step = vectors * FN(LANES);
    for (size_t d = 0; d < p->depth; d++, in += plane, w += p->rows * p->columns * step) {
        const REAL *row = in + reach.begin * down, *wk = w + reach.begin * p->columns * step;
        for (size_t r = reach.begin; r < reach.end; r++, row += down) {
            const REAL *tap = row;
            for (size_t s = 0; s < p->columns; s++, tap += p->dilation_w, wk += step) {
                FN(vector) wv[CHANNEL_VECTORS];
                for (size_t v = 0; v < vectors; v++)
                    wv[v] = *(const FN(vector) *)(wk + v * FN(LANES));
                for (size_t i = 0; i < pixels; i++)
                    for (size_t v = 0; v < vectors; v++)
                        sum[i][v] += tap[in_at[i]] * wv[v];
            }
        }
    }
    for (size_t i = 0; i < pixels; i++)
        for (size_t v = 0; v < vectors; v++)
            out[i][v] = sum[i][v];
}

/* A block of `vectors`, of which `filters` filters exist, over pixels first .. last - 1 of the plane. */
TARGET static void FN(channels_block)(const wg_conv_plan *p, size_t vectors, size_t filters, const REAL *in,
    const REAL *w, size_t first, size_t last, REAL *out)
{
    size_t step = vectors == 1 ? ONE_VECTOR_PIXELS : CHANNEL_PIXELS, pixels = p->out_height * p->out_width;
    size_t y = first / p->out_width, x = first % p->out_width;
    FN(vector) tile[ONE_VECTOR_PIXELS][CHANNEL_VECTORS] = {{{0}}};
    for (size_t at = first; at < last; at += step) {
        size_t in_at[ONE_VECTOR_PIXELS] = {0}, count = last - at < step ? last - at : step;
        for (size_t i = 0; i < count; i++) {
            in_at[i] = y * p->stride_h * p->row_stride + x * p->stride_w;
            x = x + 1 == p->out_width ? 0 : x + 1;
            y += x == 0;
        }
        tap_rows reach = tap_rows_of(p, at / p->out_width, (at + count - 1) / p->out_width);
        switch (vectors) {
        case 1:
            FN(channels_tile)(1, ONE_VECTOR_PIXELS, p, reach, in, w, in_at, tile);
            break;
#if CHANNEL_VECTORS == 4
        case 3:
            FN(channels_tile)(3, CHANNEL_PIXELS, p, reach, in, w, in_at, tile);
            break;
        case 4:
            FN(channels_tile)(4, CHANNEL_PIXELS, p, reach, in, w, in_at, tile);
            break;
#endif
        default:
            FN(channels_tile)(2, CHANNEL_PIXELS, p, reach, in, w, in_at, tile);
        }
        for (size_t k = 0; k < filters; k++)
            for (size_t i = 0; i < count; i++)
                out[k * pixels + at + i] = ((const REAL *)tile[i])[k];
    }
}

static inline size_t FN(channels_vectors)(const wg_conv_plan *p, size_t block)
{
    size_t left = wg__chunks(p->filters - block * FN(BLOCK), FN(LANES));
    return left < CHANNEL_VECTORS ? left : CHANNEL_VECTORS;
}

TARGET static void FN(channels_correlate)(void *work, size_t chunk, size_t begin, size_t end)
{
    const FN(job) *job = work;
    const wg_conv_plan *p = job->plan;
    REAL *copy = p->shared ? NULL : job->copies + chunk * p->copy_numbers;
    size_t taps = p->depth * p->rows * p->columns, pixels = p->out_height * p->out_width;
    if (copy)
        memset(copy, 0, p->copy_numbers * sizeof(REAL));
    for (size_t item = begin; item < end; item++) {
        size_t image_group = item / p->parts, part = item % p->parts;
        const REAL *in = FN(item_planes)(job, image_group, copy);
        const REAL *w = job->packed + image_group % p->groups * (p->packed / p->groups);
        REAL *out = job->result + image_group * p->filters * pixels;
        size_t first_block = p->blocks * part / p->parts, last_block = p->blocks * (part + 1) / p->parts;
        for (size_t y = 0; y < p->out_height; y += p->strip) {
            size_t stop = p->out_height - y < p->strip ? p->out_height : y + p->strip;
            for (size_t b = first_block; b < last_block; b++) {
                size_t k = b * FN(BLOCK), filters = p->filters - k < FN(BLOCK) ? p->filters - k : FN(BLOCK);
                FN(channels_block)
                (p, FN(channels_vectors)(p, b), filters, in, w + k * taps, y * p->out_width,
                    stop * p->out_width, out + k * pixels);
            }
        }
        size_t k = first_block * FN(BLOCK), next = last_block * FN(BLOCK);
        next = next < p->filters ? next : p->filters;
        wg__epilogue_run(job->epilogue, (image_group * p->filters + k) * pixels, (next - k) * pixels);
    }
}

/* ---- The weight gradient --------------------------------------------------------------------------- */

/* Sums of `vectors` of filters' g times `taps` broadcast x, over the pixels of a few images, added to
 * sums[tap][vector]. */
TARGET WG_INLINE void FN(channels_weight_tile)(size_t vectors, size_t taps, const wg_conv_plan *p,
    size_t images, const REAL *g, const REAL *in, const size_t *at, REAL *sums)
{
    FN(vector) sum[ONE_VECTOR_PIXELS][CHANNEL_VECTORS];
    for (size_t t = 0; t < taps; t++)
        for (size_t v = 0; v < vectors; v++)
            sum[t][v] = *(const FN(vector) *)(sums + (t * vectors + v) * FN(LANES));
    size_t down = p->stride_h * p->row_stride;
    for (size_t image = 0; image < images; image++) {
        const REAL *gv = g + image * p->g_numbers, *row = in + image * p->depth * p->height * p->row_stride;
        for (size_t y = 0; y < p->out_height; y++, row += down) {
            const REAL *pixel = row;
            for (size_t x = 0; x < p->out_width; x++, pixel += p->stride_w, gv += vectors * FN(LANES)) {
                FN(vector) gk[CHANNEL_VECTORS];
                for (size_t v = 0; v < vectors; v++)
                    gk[v] = *(const FN(vector) *)(gv + v * FN(LANES));
                for (size_t t = 0; t < taps; t++)
                    for (size_t v = 0; v < vectors; v++)
                        sum[t][v] += pixel[at[t]] * gk[v];
            }
        }
    }
    for (size_t t = 0; t < taps; t++)
        for (size_t v = 0; v < vectors; v++)
            *(FN(vector) *)(sums + (t * vectors + v) * FN(LANES)) = sum[t][v];
}

TARGET static void FN(channels_weight_block)(size_t vectors, size_t taps, const wg_conv_plan *p,
    size_t images, const REAL *g, const REAL *in, const size_t *at, REAL *sums)
{
    switch (vectors * (ONE_VECTOR_PIXELS + 1) + taps) {
#define TILE(v, t)                                                                                           \
    case (v) * (ONE_VECTOR_PIXELS + 1) + (t):                                                                \
        FN(channels_weight_tile)(v, t, p, images, g, in, at, sums);                                          \
        break;
        TILE(1, 1)
        TILE(1, 2)
        TILE(1, 3)
        TILE(1, 4)
        TILE(1, 5)
        TILE(1, 6)
        TILE(1, 7)
        TILE(1, 8)
        TILE(2, 1)
        TILE(2, 2)
        TILE(2, 3)
        TILE(2, 4)
        TILE(2, 5)
        TILE(2, 6)
#if CHANNEL_VECTORS == 4
        TILE(3, 1)
        TILE(3, 2)
        TILE(3, 3)
        TILE(3, 4) TILE(3, 5) TILE(3, 6) TILE(4, 1) TILE(4, 2) TILE(4, 3) TILE(4, 4) TILE(4, 5) TILE(4, 6)
#endif
#undef TILE
    }
}

/* A part's blocks of filters, and all taps of a group. Sums lie as [block][tap][filter of the block]. */
TARGET static void FN(channels_sum_images)(
    const wg_conv_plan *p, size_t part, size_t images, const REAL *g, const REAL *in, REAL *sums)
{
    size_t taps = p->depth * p->rows * p->columns, pixels = p->out_height * p->out_width;
    size_t end = p->blocks * (part + 1) / p->parts;
    for (size_t b = p->blocks * part / p->parts; b < end; b++) {
        size_t vectors = FN(channels_vectors)(p, b), most = vectors == 1 ? ONE_VECTOR_PIXELS : CHANNEL_PIXELS;
        size_t tap_blocks = wg__chunks(taps, most), d = 0, r = 0, s = 0;
        for (size_t i = 0; i < tap_blocks; i++) {
            size_t t = taps * i / tap_blocks, count = taps * (i + 1) / tap_blocks - t;
            size_t at[ONE_VECTOR_PIXELS] = {0};
            for (size_t j = 0; j < count; j++) {
                at[j] = (d * p->height + r * p->dilation_h) * p->row_stride + s * p->dilation_w;
                s = s + 1 == p->columns ? 0 : s + 1;
                r = s != 0 ? r : r + 1 == p->rows ? 0 : r + 1;
                d = s != 0 || r != 0 ? d : d + 1;
            }
            FN(channels_weight_block)
            (vectors, count, p, images, g + b * FN(BLOCK) * pixels, in, at,
                sums + b * FN(BLOCK) * taps + t * vectors * FN(LANES));
        }
    }
}

/* Of a block; of all, the last of which may have fewer vectors, for the part behind the last. */
TARGET static size_t FN(channels_first_sum)(const wg_conv_plan *p, size_t part)
{
    size_t block = p->blocks * part / p->parts;
    return part == p->parts ? p->packed / p->groups : block * FN(BLOCK) * p->depth * p->rows * p->columns;
}

/* g [filters][pixels] -> [block][pixels][filter of the block]. */
TARGET static void FN(channels_copy_g)(const wg_conv_plan *p, size_t part, const REAL *g, REAL *copy)
{
    size_t pixels = p->out_height * p->out_width, end = p->blocks * (part + 1) / p->parts;
    size_t begin = p->blocks * part / p->parts;
    copy += begin * FN(BLOCK) * pixels;
    for (size_t b = begin; b < end; b++) {
        size_t width = FN(channels_vectors)(p, b) * FN(LANES), first = b * FN(BLOCK);
        size_t filters = p->filters - first < width ? p->filters - first : width;
        const REAL *from = g + first * pixels;
        for (size_t i = 0; i < pixels; i++, copy += width) {
            for (size_t k = 0; k < filters; k++)
                copy[k] = from[k * pixels + i];
            for (size_t k = filters; k < width; k++)
                copy[k] = 0;
        }
    }
}

TARGET static void FN(channels_weights)(void *work, size_t chunk, size_t begin, size_t end)
{
    FN(each_slice)
    (work, chunk, begin, end, FN(channels_copy_g), FN(channels_sum_images), FN(channels_first_sum));
}

/* Items: weights, a filter's taps at a time. */
TARGET static void FN(channels_add)(void *work, size_t begin, size_t end)
{
    const FN(job) *job = work;
    const wg_conv_plan *p = job->plan;
    size_t taps = p->depth * p->rows * p->columns, next;
    for (size_t i = begin; i < end; i = next) {
        size_t filter = i / taps, group = filter / p->filters, k = filter % p->filters, block = k / FN(BLOCK);
        size_t width = FN(channels_vectors)(p, block) * FN(LANES);
        const REAL *sum = job->packed + group * (p->packed / p->groups) + block * FN(BLOCK) * taps +
                          i % taps * width + k % FN(BLOCK);
        next = (filter + 1) * taps < end ? (filter + 1) * taps : end;
        for (REAL *out = job->result + i; out < job->result + next; out++, sum += width) {
            REAL total = 0;
            for (size_t slice = 0; slice < p->slices; slice++)
                total += sum[slice * p->packed];
            *out = total;
        }
    }
}
