/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/gemm.h"
#include "base/alloc.h"
#include "kernels/gemm_block.h"
#include "kernels/parallel.h"

/* Our own loops, in the widest vectors that the processor has. On x86-64 they are the default: one thread of
 * a Zen 3 core (float, GFLOP/s, for the three products of a dense layer 784 -> 512 at batch 128) does 90, 94
 * and 92 with them, 89, 86 and 89 with OpenBLAS 0.3.21, 66, 96 and 95 with oneDNN 2.6.3, and thin products
 * are up to four times faster than OpenBLAS's. tests/bench/bench_gemm.c measures it. Where we have no wide
 * vectors, or when the build asks for it, a CBLAS comes first. */
const wg_gemm_kernels *wg__gemm_of(wg_isa_level isa)
{
    return WG_OF_ISA(isa, wg__gemm);
}

/* C is cut into rows x columns blocks, all about equal, at multiples of a tile of the widest vectors. Halving
 * goes on while it costs little: A and B are read, and copied into panels, once for every block that needs
 * them. Four blocks are made as soon as a fork is worth it (6 microseconds), more only of large products.
 * With few terms in a sum what counts is writing C, which is best done from front to back. */
enum { ROW_STEP = 12, COLUMN_STEP = 32, LEAST_ROWS = 24, LEAST_COLUMNS = 64, MOST_BLOCKS = 64 };
enum { SMALL_WORK = 1 << 18, LARGE_WORK = 1 << 22, FEW_TERMS = 8 };

typedef struct grid {
    size_t rows, columns;
} grid;

/* In multiplications. A product with a thin matrix takes the time of reading and writing the thick one: a
 * number then costs as much as some 4 of them. */
static double time_of(double m, double n, double k)
{
    return m * n * k + 4 * (m * k + k * n + m * n);
}

static grid grid_of(size_t m, size_t n, size_t k)
{
    double work = time_of((double)m, (double)n, (double)k);
    grid g = {1, 1};
    for (size_t blocks = 1; blocks < MOST_BLOCKS; blocks *= 2) {
        if (work / (double)(2 * blocks) < (blocks < 4 ? SMALL_WORK : LARGE_WORK))
            break;
        size_t rows = m / g.rows, columns = n / g.columns;
        bool by_rows = rows >= 2 * LEAST_ROWS, by_columns = columns >= 2 * LEAST_COLUMNS;
        if (!(by_rows || by_columns))
            break;
        if (by_columns && !(by_rows && k < FEW_TERMS) && (columns >= rows || !by_rows))
            g.columns *= 2;
        else
            g.rows *= 2;
    }
    return g;
}

/* Where part i of `parts` begins, in 0 .. size, at a multiple of `step`. */
static size_t cut(size_t size, size_t parts, size_t i, size_t step)
{
    if (i == parts)
        return size;
    return (size / parts * i + size % parts * i / parts) / step * step;
}

/* A row times a matrix of this many numbers or more, in parts along k. */
enum { DEPTH_PARTS = 4, LEAST_NUMBERS = 1 << 16, MOST_IN_ROW = 2048 };

static bool cut_by_depth(size_t n, size_t k)
{
    return n <= MOST_IN_ROW && k >= LEAST_NUMBERS / MOST_IN_ROW && n * k >= LEAST_NUMBERS;
}

#define TEMPLATE "kernels/gemm_cut_real.h"
#include "base/for_each_real.h"
