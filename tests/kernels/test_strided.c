/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "kernels/strided.h"

#include "harness.h"

/* A small generator of the test's own: what counts is variety. */
static size_t draw(uint64_t *state, size_t below)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(*state >> 33) % below;
}

/* Where the walk's item-th visit is. */
static ptrdiff_t position(const wg_walk *walk, size_t stream, size_t item)
{
    ptrdiff_t at = 0;
    for (size_t i = walk->rank; i-- > 0; item /= walk->dim[i])
        at += walk->step[stream][i] * (ptrdiff_t)(item % walk->dim[i]);
    return at;
}

static size_t count_of(const wg_walk *walk)
{
    size_t count = 1;
    for (size_t i = 0; i < walk->rank; i++)
        count *= walk->dim[i];
    return count;
}

/* A dense destination and a source that is a permuted, reversed, stepped or stretched array. */
static wg_walk random_walk(uint64_t *state, size_t max_size, ptrdiff_t *from_first, size_t *from_count)
{
    wg_shape shape = {.rank = draw(state, 5)};
    size_t order[WG_MAX_RANK], next = 1;
    for (size_t i = 0; i < shape.rank; i++) {
        shape.dim[i] = 1 + draw(state, max_size);
        order[i] = i;
    }
    wg_walk walk = wg__walk_over(&shape, 2);
    for (size_t i = shape.rank; i-- > 1;) {
        size_t k = draw(state, i + 1), o = order[k];
        order[k] = order[i];
        order[i] = o;
    }
    *from_first = 0;
    for (size_t i = shape.rank; i-- > 0;) {
        size_t axis = order[i], kind = draw(state, 6), step = kind == 0 ? 2 : 1;
        if (kind == 1) {
            walk.step[1][axis] = 0;
            continue;
        }
        walk.step[1][axis] = (ptrdiff_t)(next * step);
        if (kind == 2) {
            *from_first += (ptrdiff_t)(next * (shape.dim[axis] - 1));
            walk.step[1][axis] = -(ptrdiff_t)next;
        }
        next *= shape.dim[axis] * step;
    }
    *from_count = next;
    return walk;
}

static void check_copy(const wg_walk *walk, size_t size, ptrdiff_t first, size_t from_count, int threads)
{
    size_t count = count_of(walk);
    uint8_t *from = malloc(from_count * size), *to = malloc(count * size + 8);
    ck_assert(from && to);
    for (size_t i = 0; i < from_count * size; i++)
        from[i] = (uint8_t)(i * 7 + i / 251);
    memset(to, 0xee, count * size + 8);
    wg__strided_copy(threads, walk, size, from + first * (ptrdiff_t)size, to);
    for (size_t i = 0; i < count; i++) {
        ptrdiff_t at = position(walk, 1, i);
        ck_assert_mem_eq(to + i * size, from + (first + at) * (ptrdiff_t)size, size);
    }
    for (size_t i = 0; i < 8; i++)
        ck_assert_uint_eq(to[count * size + i], 0xee);
    free(from);
    free(to);
}

START_TEST(copies_like_naive_loops)
{
    uint64_t state = (uint64_t)_i;
    for (int round = 0; round < 100; round++) {
        size_t from_count;
        ptrdiff_t first;
        wg_walk walk = random_walk(&state, round < 95 ? 7 : 40, &first, &from_count);
        check_copy(&walk, 4, first, from_count, 1);
        check_copy(&walk, 8, first, from_count, 3);
    }
}
END_TEST

/* Longer than a panel along one axis and along both, with odd ends. */
START_TEST(copies_large_arrays)
{
    wg_walk row = {.rank = 1, .streams = 2, .dim = {70001}, .step = {{1}, {-1}}};
    check_copy(&row, 4, 70000, 70001, 2);
    wg_walk plain = {.rank = 1, .streams = 2, .dim = {70001}, .step = {{1}, {1}}};
    check_copy(&plain, 8, 0, 70001, 2);
    wg_walk transpose = {.rank = 2, .streams = 2, .dim = {2051, 67}, .step = {{67, 1}, {1, 2051}}};
    check_copy(&transpose, 4, 0, 2051 * 67, 3);
    check_copy(&transpose, 8, 0, 2051 * 67, 1);
    wg_walk channels = {
        .rank = 4, .streams = 2, .dim = {3, 19, 23, 5}, .step = {{2185, 115, 5, 1}, {2185, 23, 1, 437}}};
    check_copy(&channels, 4, 0, 3 * 19 * 23 * 5, 2);
}
END_TEST

START_TEST(writes_with_steps)
{
    int32_t from[6] = {1, 2, 3, 4, 5, 6}, to[12] = {0};
    const int32_t expected[12] = {3, 0, 2, 0, 1, 0, 6, 0, 5, 0, 4, 0};
    wg_walk walk = {.rank = 2, .streams = 2, .dim = {2, 3}, .step = {{6, -2}, {3, 1}}};
    wg__strided_copy(1, &walk, 4, from, to + 4);
    ck_assert_mem_eq(to, expected, sizeof to);
}
END_TEST

START_TEST(nothing_to_copy)
{
    wg_walk walk = {.rank = 3, .streams = 2, .dim = {2, 0, SIZE_MAX}};
    wg__strided_copy(2, &walk, 8, NULL, NULL);
    wg__strided_fill(2, 0, 4, "abcd", NULL);
}
END_TEST

START_TEST(one_element)
{
    const double pi = 3.25;
    double to = 0;
    wg_walk walk = {.streams = 2};
    wg__strided_copy(1, &walk, 8, &pi, &to);
    ck_assert(to == 3.25);
}
END_TEST

START_TEST(fills)
{
    static float to[100000 + 1];
    const float value = 1.5f;
    to[100000] = 7;
    wg__strided_fill(2, 100000, sizeof(float), &value, to);
    for (size_t i = 0; i < 100000; i++)
        ck_assert(to[i] == value);
    ck_assert(to[100000] == 7);
}
END_TEST

START_TEST(merges_even_axes)
{
    wg_shape shape = WG_SHAPE(4, 1, 5, 6);
    wg_walk walk = wg__walk_over(&shape, 2);
    wg__walk_merge(&walk);
    ck_assert_uint_eq(walk.rank, 1);
    ck_assert_uint_eq(walk.dim[0], 120);
    walk = wg__walk_over(&shape, 2);
    wg__walk_stretch(&walk, 1, &(wg_shape){.rank = 2, .dim = {5, 6}});
    wg__walk_merge(&walk);
    ck_assert_uint_eq(walk.rank, 2);
    ck_assert_uint_eq(walk.dim[0], 4);
    ck_assert_uint_eq(walk.dim[1], 30);
    ck_assert_int_eq(walk.step[1][0], 0);
    ck_assert_int_eq(walk.step[1][1], 1);
}
END_TEST

/* As many streams as there can be: what follows the last one stays. */
START_TEST(merges_all_streams_and_no_more)
{
    const wg_shape shape = {.rank = 5, .dim = {1, 2, 1, 3, 4}};
    struct {
        wg_walk walk;
        ptrdiff_t behind[WG_MAX_RANK];
    } held = {.walk = wg__walk_over(&shape, WG_WALK_STREAMS)};
    for (size_t i = 0; i < WG_MAX_RANK; i++)
        held.behind[i] = 1000 + (ptrdiff_t)i;
    for (size_t s = 0; s < WG_WALK_STREAMS; s++)
        held.walk.step[s][1] = 100 + (ptrdiff_t)s;
    wg__walk_merge(&held.walk);
    ck_assert_uint_eq(held.walk.rank, 2);
    ck_assert(held.walk.dim[0] == 2 && held.walk.dim[1] == 12);
    for (size_t s = 0; s < WG_WALK_STREAMS; s++)
        ck_assert(held.walk.step[s][0] == 100 + (ptrdiff_t)s && held.walk.step[s][1] == 1);
    for (size_t i = 0; i < WG_MAX_RANK; i++)
        ck_assert_int_eq(held.behind[i], 1000 + (ptrdiff_t)i);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{copies_like_naive_loops, 20}, {copies_large_arrays, 0},
        {writes_with_steps, 0}, {nothing_to_copy, 0}, {one_element, 0}, {fills, 0}, {merges_even_axes, 0},
        {merges_all_streams_and_no_more, 0}};
    return harness_run("strided", tests, sizeof tests / sizeof tests[0]);
}
