/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* pool_real.h - a template (see base/for_each_real.h) */

typedef struct FN(job) {
    const wg_pool *pool;
    size_t count, size; /* numbers of a plane that are scattered or gathered; of the other plane */
    const REAL *x;
    const int32_t *in_index;
    REAL *y;
    int32_t *index;
    const wg_epilogue *epilogue;
} FN(job);

/* Planes begin .. end - 1 of y, of `size` numbers each, are final. */
static inline void FN(finish)(const FN(job) * job, size_t begin, size_t end, size_t size)
{
    wg__epilogue_run(job->epilogue, begin * size, (end - begin) * size);
}

/* ---- Maximum --------------------------------------------------------------------------------------- */

/* Row i of the windows of plane x, the general case. */
static void FN(max_row)(const wg_pool *p, size_t i, const REAL *x, REAL *y, int32_t *index)
{
    span rows = window(i, p->size_h, p->stride_h, p->padding_h, p->height);
    for (size_t j = 0; j < p->out_width; j++) {
        span columns = window(j, p->size_w, p->stride_w, p->padding_w, p->width);
        size_t place = rows.begin * p->width + columns.begin;
        REAL best = x[place];
        for (size_t r = rows.begin; r < rows.end; r++)
            for (size_t c = columns.begin; c < columns.end; c++) {
                REAL other = x[r * p->width + c];
                if (other > best || (other != other && best == best)) {
                    best = other;
                    place = r * p->width + c;
                }
            }
        y[j] = best;
        index[j] = (int32_t)place;
    }
}

/* `count` windows of 2 x 2 without a branch: from rows a and b of x, whose first number has the place `at`,
 * and the place below it. True when there may be a NaN: then the row is to be done again. (One comparison
 * instead of two makes it a vector loop for gcc, and a constant count one without a remainder.) */
WG_INLINE bool FN(max_some)(size_t count, int32_t at, int32_t below, const REAL *restrict a,
    const REAL *restrict b, REAL *restrict y, int32_t *restrict index)
{
    int32_t suspect = 0;
#pragma omp simd reduction(| : suspect)
    for (size_t j = 0; j < count; j++) {
        REAL best = a[2 * j], right = a[2 * j + 1], down = b[2 * j], last = b[2 * j + 1];
        REAL sum = best + right + down + last;
        int32_t two_j = 2 * (int32_t)j, place = at + two_j;
        int32_t place_right = at + two_j + 1, place_down = below + two_j, place_last = below + two_j + 1;
        suspect |= sum != sum ? 1 : 0;
        place = right > best ? place_right : place;
        best = right > best ? right : best;
        place = down > best ? place_down : place;
        best = down > best ? down : best;
        place = last > best ? place_last : place;
        best = last > best ? last : best;
        y[j] = best;
        index[j] = place;
    }
    return suspect != 0;
}

/* A whole row, in pieces of constant length; the last piece may overlap the one before it. */
static inline bool FN(max_row_of_two)(
    size_t count, size_t width, size_t at, const REAL *a, REAL *y, int32_t *index)
{
    const REAL *b = a + width;
    bool suspect = false;
    size_t length = piece_of(count);
    for (size_t j = 0; j < count; j += length) {
        size_t i = j + length < count ? j : count - length;
        int32_t place = (int32_t)(at + 2 * i), below = (int32_t)(at + 2 * i + width);
        if (length == 8)
            suspect |= FN(max_some)(8, place, below, a + 2 * i, b + 2 * i, y + i, index + i);
        else if (length == 4)
            suspect |= FN(max_some)(4, place, below, a + 2 * i, b + 2 * i, y + i, index + i);
        else
            suspect |= FN(max_some)(length, place, below, a + 2 * i, b + 2 * i, y + i, index + i);
    }
    return suspect;
}

WG_LOOP(FN(max_two_by_two))
{
    const FN(job) *job = work;
    const wg_pool *p = job->pool;
    for (size_t row = begin * p->out_height; row < end * p->out_height; row++) {
        size_t i = row % p->out_height, at = 2 * i * p->width;
        const REAL *plane = job->x + row / p->out_height * p->height * p->width, *x = plane + at;
        REAL *y = job->y + row * p->out_width;
        int32_t *index = job->index + row * p->out_width;
        if (FN(max_row_of_two)(p->out_width, p->width, at, x, y, index))
            FN(max_row)(p, i, plane, y, index);
    }
    FN(finish)(job, begin, end, p->out_height * p->out_width);
}

static void FN(max_planes)(void *work, size_t begin, size_t end)
{
    const FN(job) *job = work;
    const wg_pool *p = job->pool;
    for (size_t row = begin * p->out_height; row < end * p->out_height; row++)
        FN(max_row)
    (p, row % p->out_height, job->x + row / p->out_height * p->height * p->width, job->y + row * p->out_width,
        job->index + row * p->out_width);
    FN(finish)(job, begin, end, p->out_height * p->out_width);
}

void FN(wg__max_pool)(
    int threads, const wg_pool *pool, const REAL *x, REAL *y, int32_t *index, const wg_epilogue *epilogue)
{
    FN(job) job = {.pool = pool, .x = x, .y = y, .index = index, .epilogue = epilogue};
    wg__parallel_for(threads, pool->planes, grain_of(pool->height * pool->width),
        two_by_two(pool) ? FN(max_two_by_two) : FN(max_planes), &job);
}

/* Two rows of dx from `count` windows of 2 x 2: each number is g if it was its window's maximum. */
WG_INLINE void FN(max_some_back)(size_t count, int32_t at, int32_t below, const REAL *restrict g,
    const int32_t *restrict index, REAL *restrict a, REAL *restrict b)
{
#pragma omp simd
    for (size_t j = 0; j < count; j++) {
        int32_t two_j = 2 * (int32_t)j, place = index[j];
        REAL value = g[j];
        a[2 * j] = place == at + two_j ? value : 0;
        a[2 * j + 1] = place == at + two_j + 1 ? value : 0;
        b[2 * j] = place == below + two_j ? value : 0;
        b[2 * j + 1] = place == below + two_j + 1 ? value : 0;
    }
}

static inline void FN(max_row_back)(
    size_t count, size_t width, size_t at, const REAL *g, const int32_t *index, REAL *a)
{
    REAL *b = a + width;
    size_t length = piece_of(count);
    for (size_t j = 0; j < count; j += length) {
        size_t i = j + length < count ? j : count - length;
        int32_t place = (int32_t)(at + 2 * i), below = (int32_t)(at + 2 * i + width);
        if (length == 8)
            FN(max_some_back)(8, place, below, g + i, index + i, a + 2 * i, b + 2 * i);
        else if (length == 4)
            FN(max_some_back)(4, place, below, g + i, index + i, a + 2 * i, b + 2 * i);
        else
            FN(max_some_back)(length, place, below, g + i, index + i, a + 2 * i, b + 2 * i);
    }
    if (width > 2 * count)
        a[width - 1] = b[width - 1] = 0;
}

WG_LOOP(FN(max_two_by_two_back))
{
    const FN(job) *job = work;
    const wg_pool *p = job->pool;
    for (size_t plane = begin; plane < end; plane++) {
        const REAL *g = job->x + plane * p->out_height * p->out_width;
        const int32_t *index = job->in_index + plane * p->out_height * p->out_width;
        REAL *dx = job->y + plane * p->height * p->width;
        for (size_t i = 0; i < p->out_height; i++) {
            size_t at = 2 * i * p->width, from = i * p->out_width;
            FN(max_row_back)(p->out_width, p->width, at, g + from, index + from, dx + at);
        }
        if (p->height > 2 * p->out_height)
            memset(dx + (p->height - 1) * p->width, 0, p->width * sizeof(REAL));
    }
    FN(finish)(job, begin, end, p->height * p->width);
}

static void FN(scatter)(void *work, size_t begin, size_t end)
{
    const FN(job) *job = work;
    memset(job->y + begin * job->size, 0, (end - begin) * job->size * sizeof(REAL));
    for (size_t plane = begin; plane < end; plane++)
        for (size_t i = plane * job->count; i < (plane + 1) * job->count; i++)
            job->y[plane * job->size + (size_t)job->in_index[i]] += job->x[i];
    FN(finish)(job, begin, end, job->size);
}

void FN(wg__max_pool_backward)(int threads, const wg_pool *pool, const REAL *g, const int32_t *index,
    REAL *dx, const wg_epilogue *epilogue)
{
    size_t count = pool->out_height * pool->out_width, size = pool->height * pool->width;
    FN(job)
    job = {
        .pool = pool, .count = count, .size = size, .x = g, .in_index = index, .y = dx, .epilogue = epilogue};
    if (two_by_two(pool))
        wg__parallel_for(threads, pool->planes, grain_of(size), FN(max_two_by_two_back), &job);
    else if (size > 0)
        wg__parallel_for(threads, pool->planes, grain_of(size), FN(scatter), &job);
}

/* ---- By indices ------------------------------------------------------------------------------------ */

static void FN(gather)(void *work, size_t begin, size_t end)
{
    const FN(job) *job = work;
    for (size_t plane = begin; plane < end; plane++)
        for (size_t i = plane * job->count; i < (plane + 1) * job->count; i++)
            job->y[i] = job->x[plane * job->size + (size_t)job->in_index[i]];
}

void FN(wg__scatter_planes)(
    int threads, size_t planes, size_t count, size_t size, const REAL *x, const int32_t *index, REAL *out)
{
    FN(job) job = {.count = count, .size = size, .x = x, .in_index = index, .y = out};
    if (size > 0)
        wg__parallel_for(threads, planes, grain_of(size), FN(scatter), &job);
}

void FN(wg__gather_planes)(
    int threads, size_t planes, size_t count, size_t size, const REAL *x, const int32_t *index, REAL *out)
{
    FN(job) job = {.count = count, .size = size, .x = x, .in_index = index, .y = out};
    wg__parallel_for(threads, planes, grain_of(count), FN(gather), &job);
}

/* ---- Mean ------------------------------------------------------------------------------------------ */

/* The divisor of a window. */
static inline REAL FN(divisor)(const wg_pool *p, span rows, span columns)
{
    return p->exclude_padding ? (REAL)((rows.end - rows.begin) * (columns.end - columns.begin))
                              : (REAL)p->size_h * (REAL)p->size_w;
}

static inline void FN(avg_row)(size_t count, const REAL *restrict a, const REAL *restrict b, REAL *restrict y)
{
    for (size_t j = 0; j < count; j++)
        y[j] = (a[2 * j] + a[2 * j + 1] + b[2 * j] + b[2 * j + 1]) / 4;
}

WG_LOOP(FN(avg_two_by_two))
{
    const FN(job) *job = work;
    const wg_pool *p = job->pool;
    for (size_t row = begin * p->out_height; row < end * p->out_height; row++) {
        const REAL *x = job->x + (row / p->out_height * p->height + row % p->out_height * 2) * p->width;
        FN(avg_row)(p->out_width, x, x + p->width, job->y + row * p->out_width);
    }
    FN(finish)(job, begin, end, p->out_height * p->out_width);
}

static void FN(avg_planes)(void *work, size_t begin, size_t end)
{
    const FN(job) *job = work;
    const wg_pool *p = job->pool;
    REAL *y = job->y + begin * p->out_height * p->out_width;
    for (size_t plane = begin; plane < end; plane++) {
        const REAL *x = job->x + plane * p->height * p->width;
        for (size_t i = 0; i < p->out_height; i++) {
            span rows = window(i, p->size_h, p->stride_h, p->padding_h, p->height);
            for (size_t j = 0; j < p->out_width; j++) {
                span columns = window(j, p->size_w, p->stride_w, p->padding_w, p->width);
                REAL sum = 0;
                for (size_t r = rows.begin; r < rows.end; r++)
                    for (size_t c = columns.begin; c < columns.end; c++)
                        sum += x[r * p->width + c];
                *y++ = sum / FN(divisor)(p, rows, columns);
            }
        }
    }
    FN(finish)(job, begin, end, p->out_height * p->out_width);
}

void FN(wg__avg_pool)(int threads, const wg_pool *pool, const REAL *x, REAL *y, const wg_epilogue *epilogue)
{
    FN(job) job = {.pool = pool, .x = x, .y = y, .epilogue = epilogue};
    wg__parallel_for(threads, pool->planes, grain_of(pool->height * pool->width),
        two_by_two(pool) ? FN(avg_two_by_two) : FN(avg_planes), &job);
}

static inline void FN(avg_row_back)(
    size_t count, size_t width, const REAL *restrict g, REAL *restrict a, REAL *restrict b)
{
    for (size_t j = 0; j < count; j++)
        a[2 * j] = a[2 * j + 1] = b[2 * j] = b[2 * j + 1] = g[j] / 4;
    if (width > 2 * count)
        a[width - 1] = b[width - 1] = 0;
}

WG_LOOP(FN(avg_two_by_two_back))
{
    const FN(job) *job = work;
    const wg_pool *p = job->pool;
    for (size_t plane = begin; plane < end; plane++) {
        const REAL *g = job->x + plane * p->out_height * p->out_width;
        REAL *dx = job->y + plane * p->height * p->width;
        for (size_t i = 0; i < p->out_height; i++) {
            REAL *a = dx + 2 * i * p->width;
            FN(avg_row_back)(p->out_width, p->width, g + i * p->out_width, a, a + p->width);
        }
        if (p->height > 2 * p->out_height)
            memset(dx + (p->height - 1) * p->width, 0, p->width * sizeof(REAL));
    }
    FN(finish)(job, begin, end, p->height * p->width);
}

static void FN(avg_planes_back)(void *work, size_t begin, size_t end)
{
    const FN(job) *job = work;
    const wg_pool *p = job->pool;
    const REAL *g = job->x + begin * p->out_height * p->out_width;
    size_t size = p->height * p->width;
    memset(job->y + begin * size, 0, (end - begin) * size * sizeof(REAL));
    for (size_t plane = begin; plane < end; plane++) {
        REAL *dx = job->y + plane * size;
        for (size_t i = 0; i < p->out_height; i++) {
            span rows = window(i, p->size_h, p->stride_h, p->padding_h, p->height);
            for (size_t j = 0; j < p->out_width; j++) {
                span columns = window(j, p->size_w, p->stride_w, p->padding_w, p->width);
                REAL share = *g++ / FN(divisor)(p, rows, columns);
                for (size_t r = rows.begin; r < rows.end; r++)
                    for (size_t c = columns.begin; c < columns.end; c++)
                        dx[r * p->width + c] += share;
            }
        }
    }
    FN(finish)(job, begin, end, size);
}

void FN(wg__avg_pool_backward)(
    int threads, const wg_pool *pool, const REAL *g, REAL *dx, const wg_epilogue *epilogue)
{
    FN(job) job = {.pool = pool, .x = g, .y = dx, .epilogue = epilogue};
    size_t size = pool->height * pool->width;
    if (size > 0)
        wg__parallel_for(threads, pool->planes, grain_of(size),
            two_by_two(pool) ? FN(avg_two_by_two_back) : FN(avg_planes_back), &job);
}
