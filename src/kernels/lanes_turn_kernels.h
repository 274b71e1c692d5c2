/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* lanes_turn_kernels.h - part of a template (lanes_kernels.h): rows to lanes, and back. Squares of L x L
 * numbers are turned round in registers: for h = 1, 2, 4, ..., the h x h squares off the diagonal of every
 * 2 h x 2 h change places. */

/* Of vectors a and b, h rows apart: the new a and the new b. */
#define FIRST(h, j) ((j) & (h) ? LANES + (j) - (h) : (j))
#define SECOND(h, j) ((j) & (h) ? LANES + (j) : (j) + (h))
#define EIGHT(F, h, j)                                                                                       \
    F(h, j), F(h, j + 1), F(h, j + 2), F(h, j + 3), F(h, j + 4), F(h, j + 5), F(h, j + 6), F(h, j + 7)
#if VECTOR == 64
#define SHUFFLE(a, b, F, h) __builtin_shufflevector(a, b, EIGHT(F, h, 0), EIGHT(F, h, 8))
#else
#define SHUFFLE(a, b, F, h) __builtin_shufflevector(a, b, EIGHT(F, h, 0))
#endif
#define EXCHANGE(h)                                                                                          \
    for (size_t i = 0; i < LANES; i++)                                                                       \
        if (!(i & (h))) {                                                                                    \
            vector a = v[i], b = v[i + (h)];                                                                 \
            v[i] = SHUFFLE(a, b, FIRST, h);                                                                  \
            v[i + (h)] = SHUFFLE(a, b, SECOND, h);                                                           \
        }

TARGET WG_INLINE void turn_square(const float *from, size_t from_row, float *to, size_t to_row)
{
    vector v[LANES];
    for (size_t i = 0; i < LANES; i++)
        v[i] = *(const vector *)(from + i * from_row);
    EXCHANGE(1)
    EXCHANGE(2)
    EXCHANGE(4)
#if VECTOR == 64
    EXCHANGE(8)
#endif
    for (size_t i = 0; i < LANES; i++)
        *(vector *)(to + i * to_row) = v[i];
}

/* Items: squares of all groups; the last of a group may be narrower. */
TARGET static void to_lanes(void *work, size_t begin, size_t end)
{
    const wg_lanes_turn_job *job = work;
    size_t squares = wg__chunks(job->count, LANES);
    for (size_t item = begin; item < end; item++) {
        size_t group = item / squares, at = item % squares * LANES;
        const float *rows = job->from + group * LANES * job->count + at;
        float *lanes = job->to + (group * job->count + at) * LANES;
        if (job->count - at >= LANES)
            turn_square(rows, job->count, lanes, LANES);
        else
            for (size_t i = 0; i < (job->count - at) * LANES; i++)
                lanes[i] = rows[i % LANES * job->count + i / LANES];
    }
}

TARGET static void to_rows(void *work, size_t begin, size_t end)
{
    const wg_lanes_turn_job *job = work;
    size_t squares = wg__chunks(job->count, LANES);
    for (size_t item = begin; item < end; item++) {
        size_t group = item / squares, at = item % squares * LANES;
        const float *lanes = job->from + (group * job->count + at) * LANES;
        float *rows = job->to + group * LANES * job->count + at;
        if (job->count - at >= LANES)
            turn_square(lanes, LANES, rows, job->count);
        else
            for (size_t i = 0; i < (job->count - at) * LANES; i++)
                rows[i % LANES * job->count + i / LANES] = lanes[i];
    }
}
