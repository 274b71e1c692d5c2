/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Rounding to bfloat16, at and around every number of that type. */
#include "harness.h"
#include "kernels/bf16.h"
#include "rounded.h"

enum { PATTERNS = 1 << 16, BETWEEN = 9 };

/* Lower halves: the number itself; the least more; around the middle; the most. */
static const uint32_t lower[BETWEEN] = {0, 1, 0x4000, 0x7fff, 0x8000, 0x8001, 0xc000, 0xfffe, 0xffff};

static float in[PATTERNS], out[PATTERNS];

START_TEST(every_pattern_is_rounded_to_its_nearest)
{
    uint32_t low = lower[_i];
    for (uint32_t high = 0; high < PATTERNS; high++)
        in[high] = float_of_bits(high << 16 | low);
    wg__bf16_round(1, PATTERNS, in, out);
    for (uint32_t high = 0; high < PATTERNS; high++) {
        uint32_t bits = high << 16 | low, is = bits_of_float(out[high]);
        if ((bits & 0x7fffffffu) > 0x7f800000u) /* a NaN keeps its sign and what there is room for */
            ck_assert_msg(is == ((bits & 0xffff0000u) | 0x400000u), "NaN %08x: %08x", bits, is);
        else
            ck_assert_msg(is == bits_of_float(rounded(in[high])), "%08x: %08x", bits, is);
    }
}
END_TEST

START_TEST(known_numbers)
{
    const float one = 1, step = 0x1p-7f;
    const float x[] = {one + step / 2, one + step + step / 2, one + 0.51f * step, -one - step / 2,
        0x1.fep127f, 0x1.fefffep127f, 0x1.ffp127f, -0x1.ffp127f, 0x1p-133f, 0x1p-134f, 0x1.8p-133f, 0x1p-149f,
        -0x1p-149f};
    const float y[] = {one, one + 2 * step, one + step, -one, 0x1.fep127f, 0x1.fep127f, INFINITY, -INFINITY,
        0x1p-133f, 0, 0x1p-132f, 0, -0.0f};
    enum { COUNT = sizeof x / sizeof x[0] };
    float z[COUNT];
    wg__bf16_round(1, COUNT, x, z);
    for (size_t i = 0; i < COUNT; i++)
        ck_assert_msg(bits_of_float(z[i]) == bits_of_float(y[i]), "%a: %a, not %a", (double)x[i],
            (double)z[i], (double)y[i]);
}
END_TEST

START_TEST(in_place_on_threads_and_of_any_length)
{
    for (size_t count = 0; count < 70; count++) {
        for (size_t i = 0; i < 70; i++)
            in[i] = out[i] = 0.1f * (float)i;
        wg__bf16_round(1, count, in, in);
        for (size_t i = 0; i < 70; i++)
            ck_assert_uint_eq(bits_of_float(in[i]), bits_of_float(i < count ? rounded(out[i]) : out[i]));
    }
    for (size_t i = 0; i < PATTERNS; i++)
        in[i] = 1e-3f * (float)i;
    wg__bf16_round(3, PATTERNS, in, out);
    for (size_t i = 0; i < PATTERNS; i++)
        ck_assert_uint_eq(bits_of_float(out[i]), bits_of_float(rounded(in[i])));
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{every_pattern_is_rounded_to_its_nearest, BETWEEN}, {known_numbers, 0},
        {in_place_on_threads_and_of_any_length, 0}};
    return harness_run("bf16", tests, sizeof tests / sizeof tests[0]);
}
