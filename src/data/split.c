/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "data/dataset.h"
#include "data/sort.h"

#include <math.h>
#include <stdint.h>
#include <string.h>
#include <wengert/random.h>

static wg_status check(const wg_dataset *dataset, const double *fractions, size_t parts,
    const wg_dataset_split_options *options, wg_error *error)
{
    if (!dataset || !fractions || parts == 0)
        return wg_error_set(error, WG_INVALID, "split: no %s", dataset ? "parts" : "data set");
    double sum = 0;
    for (size_t p = 0; p < parts; p++) {
        if (!(fractions[p] >= 0) || isinf(fractions[p]))
            return wg_error_set(error, WG_INVALID, "split: the fraction of part %zu is %g", p, fractions[p]);
        sum += fractions[p];
    }
    if (!(fabs(sum - 1) <= 1e-6))
        return wg_error_set(error, WG_INVALID, "split: the fractions add up to %.9g, not to 1", sum);
    if (options->stratified && (dataset->y_dtype != WG_I32 || dataset->y_shape.rank != 1))
        return wg_error_set(error, WG_INVALID, "split: stratified, but y holds no labels (i32 of rank 1)");
    return WG_OK;
}

/* ---- How many -------------------------------------------------------------------------------------- */

/* counts[p] = floor(n fractions[p]), and one more for the largest remainders until they add up to n. The
 * choice is by the remainder that counts[p] leaves: it falls below 0 for a part that got its one more. */
static void apportion(size_t n, const double *fractions, size_t parts, size_t *counts)
{
    double sum = 0;
    size_t left = n;
    for (size_t p = 0; p < parts; p++)
        sum += fractions[p];
    for (size_t p = 0; p < parts; p++) {
        double quota = floor((double)n * (fractions[p] / sum));
        counts[p] = quota < (double)left ? (size_t)quota : left;
        left -= counts[p];
    }
    for (; left; left--) {
        size_t best = 0;
        double most = -(double)INFINITY;
        for (size_t p = 0; p < parts; p++) {
            double remainder = (double)n * (fractions[p] / sum) - (double)counts[p];
            if (fractions[p] > 0 && remainder > most + 1e-9) /* 0.7 and 0.2 of 5 leave the same half */
                best = p, most = remainder;
        }
        counts[best]++;
    }
}

/* ---- Which: stratified ----------------------------------------------------------------------------- */

struct strata {
    const int32_t *label;
    const size_t *shuffled; /* rows */
};

/* Positions of `shuffled`, by class. */
static bool class_before(const void *user, size_t a, size_t b)
{
    const struct strata *s = user;
    int32_t label_a = s->label[s->shuffled[a]], label_b = s->label[s->shuffled[b]];
    return label_a != label_b ? label_a < label_b : a < b;
}

static bool row_before(const void *user, size_t a, size_t b)
{
    (void)user;
    return a < b;
}

/* The part that gets sample n (from 1) of N, when part p gets counts[p] of all and has got taken[p]. Of the
 * parts that lag behind n counts[p] / N by at least `slack`, it is the one that would first come to lag by
 * more than 1 - slack; with slack 1 / (2 k - 2) for k parts, then none ever does (Tijdeman 1980). */
static size_t next_part(
    size_t n, size_t total, const size_t *counts, const size_t *taken, size_t parts, double slack)
{
    size_t best = SIZE_MAX;
    double earliest = (double)INFINITY;
    for (size_t p = 0; p < parts; p++) {
        if (taken[p] == counts[p])
            continue;
        double lag = (double)n * (double)counts[p] / (double)total - (double)taken[p];
        double due = ((double)taken[p] + 1 - slack) * (double)total / (double)counts[p];
        if (lag < slack - 1e-6) /* rounding must not hide a lag */
            due = (double)INFINITY;
        if (best == SIZE_MAX || due < earliest)
            best = p, earliest = due;
    }
    return best;
}

/* Deals rows[by_class[0]], rows[by_class[1]] ... out to the parts of `out`. */
static void deal(const size_t *rows, const size_t *by_class, size_t total, const size_t *counts, size_t parts,
    size_t *taken, size_t *out)
{
    size_t filled = 0;
    for (size_t p = 0; p < parts; p++)
        filled += counts[p] > 0;
    double slack = filled > 1 ? 1 / (2.0 * (double)filled - 2) : 0;
    for (size_t n = 1; n <= total; n++) {
        size_t part = next_part(n, total, counts, taken, parts, slack), begin = 0;
        for (size_t p = 0; p < part; p++)
            begin += counts[p];
        out[begin + taken[part]++] = rows[by_class[n - 1]];
    }
}

/* Classes lie one after the other in a part that was dealt out: mix them, or put the samples in order. */
static void finish_parts(const size_t *counts, size_t parts, bool in_order, wg_random *random, size_t *rows)
{
    for (size_t p = 0; p < parts; rows += counts[p], p++) {
        if (in_order)
            wg__sort(rows, counts[p], row_before, NULL);
        else
            wg_random_shuffle(random, rows, counts[p]);
    }
}

static wg_status stratify(const wg_dataset *dataset, const size_t *counts, size_t parts, bool in_order,
    wg_random *random, size_t *rows, wg_error *error)
{
    size_t n = wg_dataset_count(dataset), row_bytes, part_bytes;
    if (n == 0)
        return WG_OK;
    if (!wg__mul_size(n, sizeof *rows, &row_bytes) || !wg__mul_size(parts, sizeof *rows, &part_bytes))
        return wg_error_set(error, WG_OVERFLOW, "split: %zu samples and %zu parts", n, parts);
    const wg_allocator *a = &dataset->allocator;
    size_t *shuffled = wg__mem_new(a, row_bytes), *by_class = wg__mem_new(a, row_bytes),
           *taken = wg__mem_zero(a, part_bytes);
    bool enough = shuffled && by_class && taken;
    if (enough) {
        memcpy(shuffled, rows, row_bytes);
        for (size_t i = 0; i < n; i++)
            by_class[i] = i;
        wg__sort(by_class, n, class_before, &(struct strata){dataset->y, shuffled});
        deal(shuffled, by_class, n, counts, parts, taken, rows);
        finish_parts(counts, parts, in_order, random, rows);
    }
    wg__mem_free(a, shuffled, row_bytes);
    wg__mem_free(a, by_class, row_bytes);
    wg__mem_free(a, taken, part_bytes);
    return enough ? WG_OK : wg_error_set(error, WG_OUT_OF_MEMORY, "split: no memory for %zu samples", n);
}

wg_status wg_dataset_split_rows(const wg_dataset *dataset, const double *fractions, size_t parts,
    const wg_dataset_split_options *options, size_t *rows, size_t *counts, wg_error *error)
{
    if (error && error->status != WG_OK)
        return error->status;
    wg_dataset_split_options o = options ? *options : (wg_dataset_split_options){0};
    wg_status status = check(dataset, fractions, parts, &o, error);
    if (status != WG_OK)
        return status;
    size_t n = wg_dataset_count(dataset);
    if (!counts || (n && !rows))
        return wg_error_set(error, WG_INVALID, "split: no room for rows or counts");
    apportion(n, fractions, parts, counts);
    for (size_t i = 0; i < n; i++)
        rows[i] = i;
    wg_random random = wg_random_named(o.seed, "split");
    if (!o.in_order)
        wg_random_shuffle(&random, rows, n);
    return o.stratified ? stratify(dataset, counts, parts, o.in_order, &random, rows, error) : WG_OK;
}

/* ---- As data sets ---------------------------------------------------------------------------------- */

static wg_status select_parts(const wg_dataset *dataset, const size_t *rows, const size_t *counts,
    size_t parts, wg_dataset **out, wg_error *error)
{
    for (size_t p = 0; p < parts; rows += counts[p], p++) {
        wg_error reason = {0}; /* the caller's may be NULL */
        out[p] = wg_dataset_select(dataset, rows, counts[p], &reason);
        if (!out[p])
            return wg_error_set(error, reason.status, "%s", reason.message);
    }
    return WG_OK;
}

wg_status wg_dataset_split(const wg_dataset *dataset, const double *fractions, size_t parts,
    const wg_dataset_split_options *options, wg_dataset **out, wg_error *error)
{
    size_t n = wg_dataset_count(dataset), row_bytes, part_bytes;
    for (size_t p = 0; out && p < parts; p++)
        out[p] = NULL;
    if (error && error->status != WG_OK)
        return error->status;
    if (!dataset || !out)
        return wg_error_set(error, WG_INVALID, "split: no %s", dataset ? "room for the parts" : "data set");
    if (!wg__mul_size(n + 1, sizeof(size_t), &row_bytes) || !wg__mul_size(parts, sizeof(size_t), &part_bytes))
        return wg_error_set(error, WG_OVERFLOW, "split: %zu samples and %zu parts", n, parts);
    const wg_allocator *a = &dataset->allocator;
    size_t *rows = wg__mem_new(a, row_bytes), *counts = wg__mem_new(a, part_bytes + 1);
    wg_status status = WG_OUT_OF_MEMORY;
    if (!rows || !counts)
        wg_error_set(error, status, "split: no memory for %zu samples and %zu parts", n, parts);
    else
        status = wg_dataset_split_rows(dataset, fractions, parts, options, rows, counts, error);
    if (status == WG_OK)
        status = select_parts(dataset, rows, counts, parts, out, error);
    wg__mem_free(a, rows, row_bytes);
    wg__mem_free(a, counts, part_bytes + 1);
    for (size_t p = 0; status != WG_OK && p < parts; p++) {
        wg_dataset_free(out[p]);
        out[p] = NULL;
    }
    return status;
}
