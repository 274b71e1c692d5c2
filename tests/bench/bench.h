/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* bench.h - timing, and tables that a person reads and a program can: each number printed also goes, with its
 * name, into the file of --json FILE.
 *
 * A measurement repeats the work until it has taken long enough, several times, and takes the median: on a
 * shared machine the mean is a measure of the neighbours. What is to be compared is measured in turn, A B A B
 * ..., in one run. */
#ifndef WG_BENCH_H
#define WG_BENCH_H

#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BENCH_ROUNDS = 15, BENCH_MOST = 16 };

typedef struct bench {
    FILE *json; /* NULL: none */
    const char *program;
    int entries;
    double seconds; /* of one round of one work */
} bench;

typedef void bench_work(void *user);

static inline double bench_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* --json FILE appends, so that one file serves several programs; --quick is for trying that a program runs.
 */
static inline bench bench_begin(int argc, char **argv, const char *program)
{
    bench b = {.program = program, .seconds = 0.02};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0 && i + 1 < argc) {
            b.json = fopen(argv[++i], "a");
        } else if (strcmp(argv[i], "--quick") == 0) {
            b.seconds = 1e-4;
        } else {
            int help = strcmp(argv[i], "--help") == 0;
            fprintf(help ? stdout : stderr, "usage: bench_%s [--json FILE] [--quick]\n", program);
            exit(!help);
        }
    }
    return b;
}

/* One line of the JSON file: {"program": ..., "name": ..., "unit": ..., "value": ...}. */
static inline void bench_number(bench *b, const char *name, const char *unit, double value)
{
    if (b->json)
        fprintf(b->json, "{\"program\": \"%s\", \"name\": \"%s\", \"unit\": \"%s\", \"value\": %.6g}\n",
            b->program, name, unit, value);
    b->entries++;
}

static inline int bench_end(bench *b)
{
    return b->json && fclose(b->json) != 0;
}

static inline int bench_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static inline double bench_median(double *x, size_t n)
{
    qsort(x, n, sizeof *x, bench_compare);
    return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

/* The median seconds of one call of each work, measured in turn. */
static inline void bench_run(
    const bench *b, size_t works, bench_work *const *work, void *const *user, double *seconds)
{
    double samples[BENCH_MOST][BENCH_ROUNDS];
    size_t calls[BENCH_MOST];
    for (size_t w = 0; w < works; w++) { /* how many calls make a round */
        calls[w] = 1;
        for (;;) {
            double start = bench_now();
            for (size_t i = 0; i < calls[w]; i++)
                work[w](user[w]);
            if (bench_now() - start > b->seconds || calls[w] > 1000000000)
                break;
            calls[w] *= 2;
        }
    }
    for (int round = 0; round < BENCH_ROUNDS; round++)
        for (size_t w = 0; w < works; w++) {
            double start = bench_now();
            for (size_t i = 0; i < calls[w]; i++)
                work[w](user[w]);
            samples[w][round] = (bench_now() - start) / (double)calls[w];
        }
    for (size_t w = 0; w < works; w++)
        seconds[w] = bench_median(samples[w], BENCH_ROUNDS);
}

#endif
