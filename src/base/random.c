/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <math.h>
#include <wengert/random.h>

void wg_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3], k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

/* FNV-1a, 64 bits. */
wg_random wg_random_named(uint64_t seed, const char *name)
{
    uint64_t hash = 0xCBF29CE484222325u;
    for (const char *c = name ? name : ""; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 0x100000001B3u;
    return (wg_random){.seed = seed, .stream = hash};
}

/* Position p is word p % 4 of block p / 4; the block's counter is (p / 4, stream), its key the seed. */
static void block(const wg_random *r, uint32_t out[4])
{
    uint64_t number = r->position / 4;
    uint32_t counter[4] = {
        (uint32_t)number, (uint32_t)(number >> 32), (uint32_t)r->stream, (uint32_t)(r->stream >> 32)};
    uint32_t key[2] = {(uint32_t)r->seed, (uint32_t)(r->seed >> 32)};
    wg_philox4x32(counter, key, out);
}

uint32_t wg_random_u32(wg_random *r)
{
    uint32_t out[4];
    block(r, out);
    return out[r->position++ % 4];
}

/* Two words: 27 and 26 bits of a 53-bit fraction; mostly of one block. */
double wg_random_uniform(wg_random *r)
{
    uint32_t out[4], high, low;
    size_t word = r->position % 4;
    block(r, out);
    r->position++;
    high = out[word] >> 5;
    if (word == 3)
        block(r, out);
    r->position++;
    low = out[(word + 1) % 4] >> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
}

double wg_random_normal(wg_random *r)
{
    double u = 1 - wg_random_uniform(r), v = wg_random_uniform(r); /* u in (0, 1]: its logarithm is finite */
    return sqrt(-2 * log(u)) * cos(6.283185307179586476925 * v);
}

/* Words beyond the largest multiple of n are drawn again. */
size_t wg_random_below(wg_random *r, size_t n)
{
    if (n == 0)
        return 0;
    uint64_t limit = UINT64_MAX - UINT64_MAX % n, word;
    do {
        word = (uint64_t)wg_random_u32(r) << 32;
        word |= wg_random_u32(r);
    } while (word >= limit);
    return (size_t)(word % n);
}

void wg_random_shuffle(wg_random *r, size_t *items, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = wg_random_below(r, i), item = items[i - 1];
        items[i - 1] = items[j];
        items[j] = item;
    }
}
