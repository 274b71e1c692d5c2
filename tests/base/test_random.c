/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <wengert/random.h>

#include "harness.h"

/* The vectors published with Random123 (kat_vectors, "philox4x32 10"): zeros, ones, digits of pi. */
START_TEST(known_answers)
{
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } vectors[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff},
            {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0},
            {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        uint32_t out[4];
        wg_philox4x32(vectors[i].counter, vectors[i].key, out);
        ck_assert_mem_eq(out, vectors[i].out, sizeof out);
    }
}
END_TEST

/* Position p is word p % 4 of the block with the counter (p / 4, stream), under the seed as key. */
START_TEST(words_of_a_stream)
{
    wg_random r = {.seed = 0x0123456789abcdef, .stream = 0xfedcba9876543210};
    for (uint32_t p = 0; p < 40; p++) {
        const uint32_t counter[4] = {p / 4, 0, 0x76543210, 0xfedcba98}, key[2] = {0x89abcdef, 0x01234567};
        uint32_t out[4];
        wg_philox4x32(counter, key, out);
        ck_assert_uint_eq(wg_random_u32(&r), out[p % 4]);
        ck_assert_uint_eq(r.position, p + 1);
    }
    wg_random far = {.seed = 1, .position = ((uint64_t)1 << 34) + 4 * 5 + 2};
    const uint32_t counter[4] = {5, 1, 0, 0}, key[2] = {1, 0};
    uint32_t out[4];
    wg_philox4x32(counter, key, out);
    ck_assert_uint_eq(wg_random_u32(&far), out[2]);
}
END_TEST

/* 27 bits of a word and 26 of the next, wherever they lie. */
START_TEST(a_uniform_number_is_two_words)
{
    for (uint64_t p = 0; p < 40; p++) {
        wg_random words = {.seed = 11, .stream = 12, .position = p}, numbers = words;
        uint32_t high = wg_random_u32(&words) >> 5, low = wg_random_u32(&words) >> 6;
        ck_assert_double_eq(wg_random_uniform(&numbers), high * 0x1p-27 + low * 0x1p-53);
        ck_assert_uint_eq(numbers.position, p + 2);
    }
}
END_TEST

START_TEST(a_position_gives_the_same_numbers_again)
{
    wg_random a = {.seed = 7}, copy;
    for (int i = 0; i < 100; i++)
        wg_random_normal(&a);
    copy = a;
    double first = wg_random_normal(&a);
    ck_assert(first == wg_random_normal(&copy));
    ck_assert_uint_eq(a.position, copy.position);
}
END_TEST

START_TEST(names_and_seeds_make_streams)
{
    wg_random a = wg_random_named(1, "fc1.weight"), again = wg_random_named(1, "fc1.weight");
    wg_random b = wg_random_named(1, "fc2.weight"), c = wg_random_named(2, "fc1.weight");
    ck_assert_uint_eq(wg_random_named(1, NULL).stream, wg_random_named(1, "").stream);
    uint32_t word = wg_random_u32(&a);
    ck_assert_uint_eq(word, wg_random_u32(&again));
    ck_assert_uint_ne(word, wg_random_u32(&b));
    ck_assert_uint_ne(word, wg_random_u32(&c));
}
END_TEST

/* Of n draws the mean stays within 5 standard errors of the truth, once and for all: the seed is fixed. */
START_TEST(uniform_is_uniform)
{
    enum { n = 100000, bins = 16 };
    wg_random r = {.seed = 3};
    double sum = 0, squares = 0;
    int count[bins] = {0};
    bool inside = true;
    for (int i = 0; i < n; i++) {
        double u = wg_random_uniform(&r);
        inside &= u >= 0 && u < 1;
        sum += u, squares += u * u;
        count[(int)(u * bins) & (bins - 1)]++;
    }
    ck_assert(inside);
    ck_assert_double_eq_tol(sum / n, 0.5, 5 * sqrt(1.0 / 12 / n));
    ck_assert_double_eq_tol(squares / n, 1.0 / 3, 5 * sqrt(4.0 / 45 / n));
    double chi2 = 0, expected = (double)n / bins;
    for (int i = 0; i < bins; i++)
        chi2 += (count[i] - expected) * (count[i] - expected) / expected;
    ck_assert(chi2 < 37.7); /* 15 degrees of freedom, one in a thousand */
}
END_TEST

START_TEST(normal_is_normal)
{
    enum { n = 100000 };
    wg_random r = {.seed = 4};
    double moment[5] = {0};
    int beyond = 0;
    bool finite = true;
    for (int i = 0; i < n; i++) {
        double z = wg_random_normal(&r);
        finite &= isfinite(z) != 0;
        beyond += fabs(z) > 1.959963984540054;
        for (int k = 1; k <= 4; k++)
            moment[k] += pow(z, k) / n;
    }
    ck_assert(finite);
    ck_assert_double_eq_tol(moment[1], 0, 5 * sqrt(1.0 / n));
    ck_assert_double_eq_tol(moment[2], 1, 5 * sqrt(2.0 / n));
    ck_assert_double_eq_tol(moment[3], 0, 5 * sqrt(15.0 / n));
    ck_assert_double_eq_tol(moment[4], 3, 5 * sqrt(96.0 / n));
    ck_assert_double_eq_tol((double)beyond / n, 0.05, 5 * sqrt(0.05 * 0.95 / n));
}
END_TEST

START_TEST(below_is_even)
{
    enum { n = 70000 };
    wg_random r = {.seed = 5};
    int count[7] = {0};
    bool below = true;
    for (int i = 0; i < n; i++) {
        size_t k = wg_random_below(&r, 7);
        below &= k < 7;
        count[k % 7]++;
    }
    ck_assert(below);
    for (int k = 0; k < 7; k++)
        ck_assert_double_eq_tol(count[k], n / 7.0, 5 * sqrt(n * 6.0 / 49));
    ck_assert_uint_eq(wg_random_below(&r, 0), 0);
    ck_assert_uint_eq(wg_random_below(&r, 1), 0);
    bool upper = false;
    for (int i = 0; i < 64; i++)
        upper |= wg_random_below(&r, SIZE_MAX) > SIZE_MAX / 2;
    ck_assert(upper);
}
END_TEST

START_TEST(shuffle_permutes)
{
    enum { n = 5, times = 50000 };
    wg_random r = {.seed = 6};
    int at[n][n] = {{0}};
    bool permutes = true;
    for (int t = 0; t < times; t++) {
        size_t items[n] = {0, 1, 2, 3, 4};
        bool seen[n] = {false};
        wg_random_shuffle(&r, items, n);
        for (size_t i = 0; i < n; i++) {
            permutes &= items[i] < n && !seen[items[i] % n];
            seen[items[i] % n] = true;
            at[items[i] % n][i]++;
        }
    }
    ck_assert(permutes);
    for (int i = 0; i < n; i++) /* every item is at every place equally often */
        for (int j = 0; j < n; j++)
            ck_assert_double_eq_tol(at[i][j], times / 5.0, 5 * sqrt(times * 4.0 / 25));
    wg_random before = r;
    wg_random_shuffle(&r, NULL, 0);
    ck_assert_mem_eq(&before, &r, sizeof r);
}
END_TEST

TEST_MAIN("random", known_answers, words_of_a_stream, a_uniform_number_is_two_words,
    a_position_gives_the_same_numbers_again, names_and_seeds_make_streams, uniform_is_uniform,
    normal_is_normal, below_is_even, shuffle_permutes)
