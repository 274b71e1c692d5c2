/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "train/task.h"
#include "base/element.h"

#include <math.h>

static double element(const wg_array *a, size_t i)
{
    return wg__element_at(a->data, a->dtype, i);
}

size_t wg__row_argmax(const wg_array *array, size_t row, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (element(array, row * n + i) > element(array, row * n + best))
            best = i;
    return best;
}

double wg_metric_accuracy(wg_array prediction, wg_array target, void *user)
{
    (void)user;
    const int32_t *label = target.data;
    size_t rows = prediction.shape.dim[0], right = 0;
    if (prediction.shape.rank != 2 || prediction.dtype == WG_I32 || target.shape.rank != 1 ||
        target.dtype != WG_I32 || target.shape.dim[0] != rows || prediction.shape.dim[1] == 0 ||
        !prediction.data || !label)
        return (double)NAN;
    for (size_t i = 0; i < rows; i++)
        right += label[i] >= 0 && wg__row_argmax(&prediction, i, prediction.shape.dim[1]) == (size_t)label[i];
    return (double)right / (double)rows;
}

double wg_metric_absolute_error(wg_array prediction, wg_array target, void *user)
{
    (void)user;
    size_t n, m;
    if (!prediction.data || !target.data || !wg_shape_count(&prediction.shape, &n) ||
        !wg_shape_count(&target.shape, &m) || n != m)
        return (double)NAN;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += fabs(element(&prediction, i) - element(&target, i));
    return sum / (double)n;
}
