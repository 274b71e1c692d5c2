/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* conv_rows_real.h - a template of a template (conv_direct_kernels.h): neighbouring pixels share a vector. */

/* One tile: `filters` (a constant where this is inlined) times ROW_VECTORS vectors of pixels, whose input and
 * output begin at in_at[v] and out_at[v]. */
TARGET WG_INLINE void FN(rows_tile)(size_t filters, const wg_conv_plan *p, tap_rows reach, const REAL *in,
    const REAL *w, const size_t *in_at, REAL *out, const size_t *out_at)
{
    FN(vector) sum[ROW_FILTERS][ROW_VECTORS];
    for (size_t k = 0; k < filters; k++)
        for (size_t v = 0; v < ROW_VECTORS; v++)
            sum[k][v] = (FN(vector)){0};
    size_t plane = p->height * p->row_stride, down = p->dilation_h * p->row_stride;
    for (size_t d = 0; d < p->depth; d++, in += plane, w += p->rows * p->columns * filters) {
        const REAL *row = in + reach.begin * down, *wk = w + reach.begin * p->columns * filters;
        for (size_t r = reach.begin; r < reach.end; r++, row += down) {
            const REAL *tap = row;
            for (size_t s = 0; s < p->columns; s++, tap += p->dilation_w, wk += filters) {
                FN(vector) x[ROW_VECTORS];
                for (size_t v = 0; v < ROW_VECTORS; v++)
                    x[v] = *(const FN(vector) *)(tap + in_at[v]);
                for (size_t k = 0; k < filters; k++)
                    for (size_t v = 0; v < ROW_VECTORS; v++)
                        sum[k][v] += wk[k] * x[v];
            }
        }
    }
    size_t pixels = p->out_height * p->out_width;
    for (size_t k = 0; k < filters; k++)
        for (size_t v = 0; v < ROW_VECTORS; v++)
            *(FN(vector) *)(out + k * pixels + out_at[v]) = sum[k][v];
}

/* A block of filters over rows first .. last - 1 of the output. */
TARGET static void FN(rows_block)(const wg_conv_plan *p, size_t filters, const REAL *in, const REAL *w,
    size_t first, size_t last, REAL *out)
{
    size_t per_row = wg__chunks(p->out_width, FN(LANES)), count = (last - first) * per_row;
    for (size_t i = 0; i < count; i += ROW_VECTORS) {
        size_t in_at[ROW_VECTORS], out_at[ROW_VECTORS];
        for (size_t v = 0; v < ROW_VECTORS; v++) {
            size_t j = i + v < count ? i + v : count - 1;
            size_t y = first + j / per_row, x = j % per_row * FN(LANES);
            if (x > p->out_width - FN(LANES))
                x = p->out_width - FN(LANES);
            in_at[v] = y * p->row_stride + x;
            out_at[v] = y * p->out_width + x;
        }
        size_t end = i + ROW_VECTORS < count ? i + ROW_VECTORS : count;
        tap_rows reach = tap_rows_of(p, first + i / per_row, first + (end - 1) / per_row);
        switch (filters) {
        case 6:
            FN(rows_tile)(6, p, reach, in, w, in_at, out, out_at);
            break;
        case 5:
            FN(rows_tile)(5, p, reach, in, w, in_at, out, out_at);
            break;
        case 4:
            FN(rows_tile)(4, p, reach, in, w, in_at, out, out_at);
            break;
        case 3:
            FN(rows_tile)(3, p, reach, in, w, in_at, out, out_at);
            break;
        case 2:
            FN(rows_tile)(2, p, reach, in, w, in_at, out, out_at);
            break;
        default:
            FN(rows_tile)(1, p, reach, in, w, in_at, out, out_at);
        }
    }
}

/* Items: (image, group, part of the blocks of filters). */
TARGET static void FN(rows_correlate)(void *work, size_t chunk, size_t begin, size_t end)
{
    const FN(job) *job = work;
    const wg_conv_plan *p = job->plan;
    REAL *copy = p->shared ? NULL : job->copies + chunk * p->copy_numbers;
    size_t weights = p->depth * p->rows * p->columns, pixels = p->out_height * p->out_width;
    if (copy)
        memset(copy, 0, p->copy_numbers * sizeof(REAL));
    for (size_t item = begin; item < end; item++) {
        size_t image_group = item / p->parts, part = item % p->parts;
        const REAL *in = FN(item_planes)(job, image_group, copy);
        const REAL *w = job->packed + image_group % p->groups * p->filters * weights;
        REAL *out = job->result + image_group * p->filters * pixels;
        size_t first_block = p->blocks * part / p->parts, last_block = p->blocks * (part + 1) / p->parts;
        for (size_t y = 0; y < p->out_height; y += p->strip) {
            size_t stop = p->out_height - y < p->strip ? p->out_height : y + p->strip;
            for (size_t b = first_block; b < last_block; b++) {
                size_t k = p->filters * b / p->blocks, next = p->filters * (b + 1) / p->blocks;
                FN(rows_block)(p, next - k, in, w + k * weights, y, stop, out + k * pixels);
            }
        }
        size_t k = p->filters * first_block / p->blocks, next = p->filters * last_block / p->blocks;
        wg__epilogue_run(job->epilogue, (image_group * p->filters + k) * pixels, (next - k) * pixels);
    }
}

/* ---- The weight gradient --------------------------------------------------------------------------- */

/* Sums of `filters` x `taps` products over the pixels of one image's planes, added to sums[k][tap]. */
TARGET WG_INLINE void FN(rows_weight_tile)(size_t filters, size_t taps, const wg_conv_plan *p, size_t images,
    const REAL *g, const REAL *in, const size_t *at, FN(vector) * sums, size_t sum_stride)
{
    FN(vector) sum[WEIGHT_FILTERS][WEIGHT_TAPS];
    for (size_t k = 0; k < filters; k++)
        for (size_t t = 0; t < taps; t++)
            sum[k][t] = sums[k * sum_stride + t];
    size_t plane = p->out_height * p->g_width;
    for (size_t image = 0; image < images; image++) {
        const REAL *g_row = g + image * p->filters * plane;
        const REAL *row = in + image * p->depth * p->height * p->row_stride;
        for (size_t y = 0; y < p->out_height; y++, g_row += p->g_width, row += p->row_stride) {
            for (size_t x = 0; x < p->g_width; x += FN(LANES)) {
                FN(vector) gk[WEIGHT_FILTERS];
                for (size_t k = 0; k < filters; k++)
                    gk[k] = *(const FN(vector) *)(g_row + k * plane + x);
                for (size_t t = 0; t < taps; t++) {
                    FN(vector) xt = *(const FN(vector) *)(row + at[t] + x);
                    for (size_t k = 0; k < filters; k++)
                        sum[k][t] += gk[k] * xt;
                }
            }
        }
    }
    for (size_t k = 0; k < filters; k++)
        for (size_t t = 0; t < taps; t++)
            sums[k * sum_stride + t] = sum[k][t];
}

TARGET static void FN(rows_weight_block)(size_t filters, size_t taps, const wg_conv_plan *p, size_t images,
    const REAL *g, const REAL *in, const size_t *at, FN(vector) * sums, size_t sum_stride)
{
    switch (filters * 4 + taps) {
#define TILE(k, t)                                                                                           \
    case (k)*4 + (t):                                                                                        \
        FN(rows_weight_tile)(k, t, p, images, g, in, at, sums, sum_stride);                                  \
        break;
        TILE(4, 3)
        TILE(4, 2)
        TILE(4, 1)
        TILE(3, 3) TILE(3, 2) TILE(3, 1) TILE(2, 3) TILE(2, 2) TILE(2, 1) TILE(1, 3) TILE(1, 2) TILE(1, 1)
#undef TILE
    }
}

/* A part's filters, of blocks of even sizes, and all taps of a group, over a few images whose planes are
 * ready. */
TARGET static void FN(rows_sum_images)(
    const wg_conv_plan *p, size_t part, size_t images, const REAL *g, const REAL *in, REAL *sums)
{
    size_t taps = p->depth * p->rows * p->columns, tap_blocks = wg__chunks(taps, WEIGHT_TAPS);
    size_t blocks = p->blocks, end = blocks * (part + 1) / p->parts;
    for (size_t b = blocks * part / p->parts; b < end; b++) {
        size_t k = p->filters * b / blocks, filters = p->filters * (b + 1) / blocks - k;
        size_t d = 0, r = 0, s = 0;
        for (size_t i = 0; i < tap_blocks; i++) {
            size_t t = taps * i / tap_blocks, count = taps * (i + 1) / tap_blocks - t, at[WEIGHT_TAPS] = {0};
            for (size_t j = 0; j < count; j++) {
                at[j] = (d * p->height + r * p->dilation_h) * p->row_stride + s * p->dilation_w;
                s = s + 1 == p->columns ? 0 : s + 1;
                r = s != 0 ? r : r + 1 == p->rows ? 0 : r + 1;
                d = s != 0 || r != 0 ? d : d + 1;
            }
            FN(rows_weight_block)
            (filters, count, p, images, g + k * p->out_height * p->g_width, in, at,
                (FN(vector) *)sums + k * taps + t, taps);
        }
    }
}

/* The part's first filter. */
TARGET static size_t FN(rows_first)(const wg_conv_plan *p, size_t part)
{
    return p->filters * (p->blocks * part / p->parts) / p->blocks;
}

TARGET static size_t FN(rows_first_sum)(const wg_conv_plan *p, size_t part)
{
    return FN(rows_first)(p, part) * p->depth * p->rows * p->columns * FN(LANES);
}

/* g's rows; the zeros up to whole vectors are there already. */
TARGET static void FN(rows_copy_g)(const wg_conv_plan *p, size_t part, const REAL *g, REAL *copy)
{
    size_t first = FN(rows_first)(p, part) * p->out_height;
    size_t last = FN(rows_first)(p, part + 1) * p->out_height;
    FN(copy_rows)
    (last - first, p->out_width, g + first * p->out_width, p->out_width, copy + first * p->g_width,
        p->g_width);
}

TARGET static void FN(rows_weights)(void *work, size_t chunk, size_t begin, size_t end)
{
    FN(each_slice)(work, chunk, begin, end, FN(rows_copy_g), FN(rows_sum_images), FN(rows_first_sum));
}

/* Items: weights. Lanes are added, then slices. */
TARGET static void FN(rows_add)(void *work, size_t begin, size_t end)
{
    const FN(job) *job = work;
    const wg_conv_plan *p = job->plan;
    for (size_t i = begin; i < end; i++) {
        FN(vector) sum = {0};
        for (size_t slice = 0; slice < p->slices; slice++)
            sum += *(const FN(vector) *)(job->packed + slice * p->packed + i * FN(LANES));
        REAL total = 0;
        for (size_t lane = 0; lane < FN(LANES); lane++)
            total += sum[lane];
        job->result[i] = total;
    }
}
