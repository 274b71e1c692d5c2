/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* conv_rows_real.h - a template of a template: conv_rows_kernels.h for one number type. */

typedef REAL FN(vector) __attribute__((vector_size(VECTOR), aligned(sizeof(REAL)), may_alias));

enum { FN(LANES) = VECTOR / sizeof(REAL) };

#if REAL_IS_DOUBLE
typedef wg_rows_job_f64 FN(job);
#else
typedef wg_rows_job_f32 FN(job);
#endif

/* One plane into a padded one: rows of `stride` numbers, zeros around. */
TARGET static void FN(pad_plane)(const wg_rows_plan *p, const REAL *in, REAL *out)
{
    size_t skip = p->left < 0 ? (size_t)-p->left : 0, left = p->left > 0 ? (size_t)p->left : 0;
    size_t count = p->in_width - skip < p->width - left ? p->in_width - skip : p->width - left;
    for (size_t y = 0; y < p->height; y++, out += p->row_stride) {
        ptrdiff_t from = (ptrdiff_t)y - p->top;
        if (from < 0 || from >= (ptrdiff_t)p->in_height) {
            memset(out, 0, p->row_stride * sizeof(REAL));
            continue;
        }
        const REAL *row = in + (size_t)from * p->in_width + skip;
        for (size_t x = 0; x < left; x++)
            out[x] = 0;
        memcpy(out + left, row, count * sizeof(REAL));
        for (size_t x = left + count; x < p->row_stride; x++)
            out[x] = 0;
    }
}

/* The planes of an image's group, padded: where they lie, or copied. */
TARGET static const REAL *FN(padded)(const wg_rows_plan *p, const REAL *in, REAL *copy)
{
    if (!p->copied)
        return in;
    for (size_t d = 0; d < p->depth; d++)
        FN(pad_plane)(p, in + d * p->in_height * p->in_width, copy + d * p->height * p->row_stride);
    return copy;
}

/* One tile: `filters` (a constant where this is inlined) times VECTORS vectors of pixels, whose input and
 * output begin at in_at[v] and out_at[v]. */
TARGET INLINE void FN(tile)(size_t filters, const wg_rows_plan *p, const REAL *in, const REAL *w,
    const size_t *in_at, REAL *out, const size_t *out_at)
{
    FN(vector) sum[FILTERS][VECTORS];
    for (size_t k = 0; k < filters; k++)
        for (size_t v = 0; v < VECTORS; v++)
            sum[k][v] = (FN(vector)){0};
    size_t plane = p->height * p->row_stride, down = p->dilation_h * p->row_stride;
    for (size_t d = 0; d < p->depth; d++, in += plane) {
        const REAL *row = in;
        for (size_t r = 0; r < p->rows; r++, row += down) {
            const REAL *tap = row;
            for (size_t s = 0; s < p->columns; s++, tap += p->dilation_w, w += filters) {
                FN(vector) x[VECTORS];
                for (size_t v = 0; v < VECTORS; v++)
                    x[v] = *(const FN(vector) *)(tap + in_at[v]);
                for (size_t k = 0; k < filters; k++)
                    for (size_t v = 0; v < VECTORS; v++)
                        sum[k][v] += w[k] * x[v];
            }
        }
    }
    size_t pixels = p->out_height * p->out_width;
    for (size_t k = 0; k < filters; k++)
        for (size_t v = 0; v < VECTORS; v++)
            *(FN(vector) *)(out + k * pixels + out_at[v]) = sum[k][v];
}

/* A block of filters over rows first .. last - 1 of the output. */
TARGET static void FN(block)(const wg_rows_plan *p, size_t filters, const REAL *in, const REAL *w,
    size_t first, size_t last, REAL *out)
{
    size_t per_row = wg_chunks(p->out_width, FN(LANES)), count = (last - first) * per_row;
    for (size_t i = 0; i < count; i += VECTORS) {
        size_t in_at[VECTORS], out_at[VECTORS];
        for (size_t v = 0; v < VECTORS; v++) {
            size_t j = i + v < count ? i + v : count - 1;
            size_t y = first + j / per_row, x = j % per_row * FN(LANES);
            if (x > p->out_width - FN(LANES))
                x = p->out_width - FN(LANES);
            in_at[v] = y * p->row_stride + x;
            out_at[v] = y * p->out_width + x;
        }
        switch (filters) {
        case 6:
            FN(tile)(6, p, in, w, in_at, out, out_at);
            break;
        case 5:
            FN(tile)(5, p, in, w, in_at, out, out_at);
            break;
        case 4:
            FN(tile)(4, p, in, w, in_at, out, out_at);
            break;
        case 3:
            FN(tile)(3, p, in, w, in_at, out, out_at);
            break;
        case 2:
            FN(tile)(2, p, in, w, in_at, out, out_at);
            break;
        default:
            FN(tile)(1, p, in, w, in_at, out, out_at);
        }
    }
}

/* Items: (image, group, part of the blocks of filters). */
TARGET static void FN(correlate)(void *work, size_t chunk, size_t begin, size_t end)
{
    const FN(job) *job = work;
    const wg_rows_plan *p = job->plan;
    REAL *copy = job->chunks + chunk * p->chunk_numbers;
    size_t weights = p->depth * p->rows * p->columns, pixels = p->out_height * p->out_width;
    for (size_t item = begin; item < end; item++) {
        size_t image_group = item / p->parts, part = item % p->parts;
        const REAL *in = FN(padded)(p, job->a + image_group * p->depth * p->in_height * p->in_width, copy);
        const REAL *w = job->packed + image_group % p->groups * p->filters * weights;
        REAL *out = job->result + image_group * p->filters * pixels;
        size_t first_block = p->blocks * part / p->parts, last_block = p->blocks * (part + 1) / p->parts;
        for (size_t y = 0; y < p->out_height; y += p->strip) {
            size_t stop = p->out_height - y < p->strip ? p->out_height : y + p->strip;
            for (size_t b = first_block; b < last_block; b++) {
                size_t k = p->filters * b / p->blocks, next = p->filters * (b + 1) / p->blocks;
                FN(block)(p, next - k, in, w + k * weights, y, stop, out + k * pixels);
            }
        }
    }
}

/* ---- The weight gradient
 * --------------------------------------------------------------------------------------- */

/* Sums of `filters` x `taps` products over the pixels of one image's planes, added to sums[k][tap]. */
TARGET INLINE void FN(weight_tile)(size_t filters, size_t taps, const wg_rows_plan *p, size_t images,
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

TARGET static void FN(weight_block)(size_t filters, size_t taps, const wg_rows_plan *p, size_t images,
    const REAL *g, const REAL *in, const size_t *at, FN(vector) * sums, size_t sum_stride)
{
    switch (filters * 4 + taps) {
#define TILE(k, t)                                                                                           \
    case (k)*4 + (t):                                                                                        \
        FN(weight_tile)(k, t, p, images, g, in, at, sums, sum_stride);                                       \
        break;
        TILE(4, 3)
        TILE(4, 2) TILE(4, 1) TILE(3, 3) TILE(3, 2) TILE(3, 1) TILE(2, 3) TILE(2, 2) TILE(2, 1) TILE(1, 3)
            TILE(1, 2) TILE(1, 1)
#undef TILE
    }
}

/* All filters and taps of a group, over a few images whose planes are ready. */
TARGET static void FN(weight_images)(
    const wg_rows_plan *p, size_t images, const REAL *g, const REAL *in, FN(vector) * sums)
{
    size_t taps = p->depth * p->rows * p->columns, tap_blocks = wg_chunks(taps, WEIGHT_TAPS);
    size_t blocks = wg_chunks(p->filters, WEIGHT_FILTERS);
    for (size_t b = 0; b < blocks; b++) {
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
            FN(weight_block)
            (filters, count, p, images, g + k * p->out_height * p->g_width, in, at, sums + k * taps + t,
                taps);
        }
    }
}

/* g's rows, with zeros up to whole vectors. */
TARGET static void FN(widen)(const wg_rows_plan *p, const REAL *g, REAL *out)
{
    for (size_t row = 0; row < p->filters * p->out_height; row++, g += p->out_width, out += p->g_width) {
        memcpy(out, g, p->out_width * sizeof(REAL));
        for (size_t x = p->out_width; x < p->g_width; x++)
            out[x] = 0;
    }
}

/* Items: slices of the batch. A slice's sums lie in `packed`, its planes in `chunks`. */
TARGET static void FN(weights)(void *work, size_t chunk, size_t begin, size_t end)
{
    const FN(job) *job = work;
    const wg_rows_plan *p = job->plan;
    size_t planes = p->depth * p->height * p->row_stride, g_planes = p->filters * p->out_height * p->g_width;
    size_t weights = p->filters * p->depth * p->rows * p->columns;
    REAL *copy = job->chunks + chunk * p->chunk_numbers, *g_copy = copy + (p->copied ? p->batch * planes : 0);
    for (size_t slice = begin; slice < end; slice++) {
        size_t first = slice * p->slice_images;
        size_t last = p->images - first < p->slice_images ? p->images : first + p->slice_images;
        FN(vector) *sums = (FN(vector) *)(job->packed + slice * p->weights * FN(LANES));
        memset(sums, 0, p->weights * VECTOR);
        for (size_t group = 0; group < p->groups; group++, sums += weights) {
            for (size_t image = first; image < last; image += p->batch) {
                size_t count = last - image < p->batch ? last - image : p->batch;
                const REAL *in = job->a + (image * p->groups + group) * p->depth * p->in_height * p->in_width;
                const REAL *g =
                    job->b + (image * p->groups + group) * p->filters * p->out_height * p->out_width;
                for (size_t i = 0; i < count; i++) {
                    FN(padded)
                    (p, in + i * p->groups * p->depth * p->in_height * p->in_width, copy + i * planes);
                    if (p->g_copied)
                        FN(widen)
                        (p, g + i * p->groups * p->filters * p->out_height * p->out_width,
                            g_copy + i * g_planes);
                }
                FN(weight_images)(p, count, p->g_copied ? g_copy : g, p->copied ? copy : in, sums);
            }
        }
    }
}

/* Items: weights. Lanes are added, then slices. */
TARGET static void FN(add)(void *work, size_t chunk, size_t begin, size_t end)
{
    const FN(job) *job = work;
    const wg_rows_plan *p = job->plan;
    (void)chunk;
    for (size_t i = begin; i < end; i++) {
        FN(vector) sum = {0};
        for (size_t slice = 0; slice < p->slices; slice++)
            sum += *(const FN(vector) *)(job->packed + (slice * p->weights + i) * FN(LANES));
        REAL total = 0;
        for (size_t lane = 0; lane < FN(LANES); lane++)
            total += sum[lane];
        job->result[i] = total;
    }
}
