/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "train/planned.h"
#include "base/alloc.h"

#include <math.h>
#include <string.h>

enum { BATCH = 256 };

wg_status wg_evaluate(wg_model model, void *user, wg_params *params, const wg_dataset *dataset,
    const wg_evaluate_options *options, wg_score *score, wg_error *error)
{
    wg_error own = {0};
    wg_evaluate_options o = options ? *options : (wg_evaluate_options){0};
    wg_task task = {model, user, params, o.loss, o.loss_options, o.metric, o.metric_user,
        {.threads = o.threads, .allocator = wg__task_allocator(params, o.allocator)}};
    wg_planned program = {.forward = true};
    error = error ? error : &own;
    if (score)
        *score = (wg_score){(double)NAN, (double)NAN, 0};
    wg_status status = wg__task_settle(&task, "evaluate", dataset, error);
    if (status == WG_OK)
        status = wg__task_threads("evaluate", o.threads, error);
    if (status != WG_OK)
        return status;
    wg_batches *batches = wg_batches_new(dataset,
        &(wg_batches_options){
            .size = o.batch ? o.batch : BATCH, .in_order = true, .allocator = task.tape.allocator},
        error);
    wg_tape *tape = wg__task_tape(&task, false);
    wg_tally tally;
    if (!tape)
        wg_error_set(error, WG_OUT_OF_MEMORY, "evaluate: no memory for a tape");
    if (error->status == WG_OK &&
        wg__task_score(&task, "the evaluation", tape, &program, batches, &tally, error) == WG_OK && score)
        *score = (wg_score){wg__tally_loss(&tally), wg__tally_metric(&task, &tally), tally.samples};
    wg__planned_free(&program);
    wg_tape_free(tape);
    wg_batches_free(batches);
    return error->status;
}

/* ---- Labels ----------------------------------------------------------------------------------------- */

/* The labels of a data set, or NULL and an error. */
static const int32_t *labels_of(const char *who, const wg_dataset *dataset, wg_error *error)
{
    wg_array y = wg_dataset_y(dataset);
    if (y.dtype == WG_I32 && y.shape.rank == 1 && y.shape.dim[0] > 0)
        return y.data;
    wg_error_set(error, WG_BAD_DTYPE, "%s: the data set has no samples with labels (i32 [N])", who);
    return NULL;
}

/* The model's labels of all samples, to be given back with the store's allocator. */
static int32_t *guess(
    wg_model model, void *user, wg_params *params, const wg_dataset *dataset, wg_error *error)
{
    size_t n = wg_dataset_count(dataset);
    int32_t *guesses = wg__mem_new(wg_params_allocator(params), n * sizeof *guesses);
    if (!guesses) {
        wg_error_set(error, WG_OUT_OF_MEMORY, "no memory for %zu labels", n);
        return NULL;
    }
    if (wg_predict_labels(model, user, params, wg_dataset_x(dataset), guesses, n, error) == WG_OK)
        return guesses;
    wg__mem_free(wg_params_allocator(params), guesses, n * sizeof *guesses);
    return NULL;
}

double wg_accuracy(wg_model model, void *user, wg_params *params, const wg_dataset *dataset, wg_error *error)
{
    wg_error own = {0};
    error = error ? error : &own;
    const int32_t *labels = error->status == WG_OK ? labels_of("accuracy", dataset, error) : NULL;
    int32_t *guesses = labels ? guess(model, user, params, dataset, error) : NULL;
    size_t n = wg_dataset_count(dataset), right = 0;
    if (!guesses)
        return (double)NAN;
    for (size_t i = 0; i < n; i++)
        right += labels[i] == guesses[i];
    wg__mem_free(wg_params_allocator(params), guesses, n * sizeof *guesses);
    return (double)right / (double)n;
}

wg_status wg_confusion(wg_model model, void *user, wg_params *params, const wg_dataset *dataset,
    size_t *matrix, size_t classes, wg_error *error)
{
    wg_error own = {0};
    error = error ? error : &own;
    if (error->status == WG_OK && (!matrix || classes == 0 || classes < wg_dataset_class_count(dataset)))
        wg_error_set(error, WG_INVALID, "confusion: a matrix of %zu classes, for a data set of %zu",
            matrix ? classes : 0, wg_dataset_class_count(dataset));
    const int32_t *labels = error->status == WG_OK ? labels_of("confusion", dataset, error) : NULL;
    int32_t *guesses = labels ? guess(model, user, params, dataset, error) : NULL;
    size_t n = wg_dataset_count(dataset);
    if (!guesses)
        return error->status;
    for (size_t i = 0; i < n; i++)
        if ((size_t)guesses[i] >= classes)
            wg_error_set(error, WG_BAD_INDEX, "confusion: the model says class %d, and there are %zu",
                (int)guesses[i], classes);
    if (error->status == WG_OK) {
        memset(matrix, 0, classes * classes * sizeof *matrix);
        for (size_t i = 0; i < n; i++)
            matrix[(size_t)labels[i] * classes + (size_t)guesses[i]]++;
    }
    wg__mem_free(wg_params_allocator(params), guesses, n * sizeof *guesses);
    return error->status;
}
