/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* fit.h - training, testing and using a model in a few lines.
 *
 *     static wg_var mlp(wg_params *p, wg_var x, void *user)
 *     {
 *         x = wg_relu(wg_layer_dense(p, "fc1", wg_flatten(x), 512, NULL));
 *         return wg_layer_dense(p, "fc2", x, 10, NULL);
 *     }
 *
 *     wg_fit_options options = {.epochs = 10, .validation = 0.1, .patience = 3, .progress = stderr};
 *     wg_fit(mlp, NULL, params, train, &options, &error);
 *     double accuracy = wg_accuracy(mlp, NULL, params, test, &error);
 *     wg_predict(mlp, NULL, params, WG_FLOATS(pixels, 1, 784), logits, 10, &error);
 *
 * All of it is written with public functions only: tape, plan, batches, loss, wg_backward, optimiser. A loop
 * of one's own does the same, and is the thing to write when this one does not fit.
 *
 * Every function makes tapes of the store's dtype, and frees them. Errors are said by a status and by *error,
 * which names epoch and batch, and repeats the tape's message. Whatever happens, the parameters are whole:
 * those after the last update. */
#ifndef WENGERT_FIT_H
#define WENGERT_FIT_H

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <wengert/data.h>
#include <wengert/loss.h>
#include <wengert/optim.h>
#include <wengert/schedule.h>

WG_BEGIN_DECLS

/* sig_atomic_t, whose header would bring names like REG_ERR into programs that define _GNU_SOURCE. */
#if SIG_ATOMIC_MAX > INT_MAX
typedef long wg_signal_flag;
#else
typedef int wg_signal_flag;
#endif

/* ---- What a training is made of --------------------------------------------------------------------- */

/* A model: a function of named parameters. x is a batch [N, ...], the result [N, ...] too. */
typedef wg_var (*wg_model)(wg_params *params, wg_var x, void *user);

/* A loss: wg_cross_entropy, wg_mse and the others of loss.h, or one's own. It returns a scalar. */
typedef wg_var (*wg_loss)(wg_var prediction, wg_var target, const wg_loss_options *options);

/* A figure that people read: the mean over the batch's samples. Both arrays are borrowed; the prediction has
 * the store's dtype, the target the data set's. */
typedef double (*wg_metric)(wg_array prediction, wg_array target, void *user);

/* The share of samples whose largest prediction (the first, in a tie) is at the label: prediction [N, C],
 * target i32 [N]. NaN for other arrays. */
WG_API double wg_metric_accuracy(wg_array prediction, wg_array target, void *user);

/* The mean of |prediction - target|, of the same number of elements. NaN for other arrays. */
WG_API double wg_metric_absolute_error(wg_array prediction, wg_array target, void *user);

/* ---- Fit -------------------------------------------------------------------------------------------- */

/* What one epoch came to. */
typedef struct wg_epoch {
    size_t epoch;        /* from 1 */
    double loss, metric; /* means over its samples, as each batch was trained */
    /* After it; NaN without validation. A metric is NaN if there is none. */
    double validation_loss, validation_metric;
    double lr;      /* of its last update */
    double seconds; /* that it took, validation included */
    size_t samples; /* trained in it */
    size_t skipped; /* batches that were left out, see wg_fit_options.skip_not_finite */
    bool best;      /* the best so far, by the validation loss (without one, by the loss) */
} wg_epoch;

/* Why a fit ended. */
typedef enum wg_fit_end {
    WG_FIT_FAILED,   /* by an error */
    WG_FIT_EPOCHS,   /* all epochs are done */
    WG_FIT_PATIENCE, /* it got no better */
    WG_FIT_STOPPED   /* by .stop, or by a callback */
} wg_fit_end;

/* `{0}` before the first fit; later ones add to it. */
typedef struct wg_history {
    wg_epoch *epochs;       /* in order */
    size_t count;           /* of them */
    size_t best;            /* epochs[best - 1] is the last fit's best; 0: none */
    wg_fit_end end;         /* of the last fit */
    size_t capacity;        /* the fit's own, as is the next */
    wg_allocator allocator; /* of `epochs` */
} wg_history;

/* Frees the epochs; the history is `{0}` again. */
WG_API void wg_history_free(wg_history *history);

/* The epochs as a table of comma-separated values with a header, for a spreadsheet or wg_csv_load. What no
 * epoch has (a validation, a metric) is left out; what only some have is empty in the others, and a column
 * that wg_csv_load must be told to ignore. WG_FILE when writing fails (view.h, STREAMS). */
WG_API wg_status wg_history_print(const wg_history *history, FILE *file);

typedef struct wg_fit_options {
    wg_loss loss;                        /* NULL: wg_cross_entropy for labels (i32 [N]), otherwise wg_mse */
    const wg_loss_options *loss_options; /* NULL: the loss's defaults; their reduction must be a scalar's */
    wg_metric metric;                    /* NULL: wg_metric_accuracy for labels, otherwise none */
    void *metric_user;                   /* handed to it */
    const char *metric_name;             /* for the progress bar; NULL: "accuracy" or "metric" */

    wg_optim *optim;      /* of the same store; NULL: Adam with its defaults, for this fit */
    wg_schedule schedule; /* of the learning rate; {0}: constant */
    size_t epochs;        /* 0: 10 */
    size_t batch;         /* samples; 0: 32 */
    size_t accumulate; /* batches for one update, whose gradient is that of their samples' mean loss; 0: 1 */
    double clip_norm;  /* wg_params_clip_grad_norm before each update; 0: no */
    double clip_value; /* wg_params_clip_grad_value before each update; 0: no */
    bool skip_not_finite; /* an update whose loss or gradient is not finite is left out, not an error; see
                             below */

    uint64_t seed;         /* of shuffling, of the validation part, of random operations */
    bool in_order;         /* samples are not shuffled */
    bool drop_last;        /* a last batch of fewer samples is left out */
    const double *weights; /* see wg_batches_options; of all samples of the data set */

    double validation; /* this share of the samples, drawn at random, is not trained but tested */
    bool stratified;   /* with the same share of each class */
    const wg_dataset *validation_set; /* or these */
    size_t patience;  /* ends after so many epochs that were not the best; then, and after the last epoch,
                       * the best epoch's parameters are put back. 0: no, the last ones stay */
    double min_delta; /* an epoch is the best if its loss is lower by more than this */

    FILE *progress;      /* stderr: a bar on a terminal, otherwise a line per epoch; NULL: silent */
    wg_history *history; /* NULL: not kept */
    int (*on_batch)(
        void *user, const wg_epoch *so_far); /* after each update, skipped or not; non-zero ends the fit */
    int (*on_epoch)(void *user, const wg_epoch *epoch); /* after each epoch; non-zero ends the fit */
    void *user;                                         /* of both */
    const volatile wg_signal_flag *stop; /* non-zero ends the fit at the next batch; a volatile sig_atomic_t
                                          * that a signal handler sets */

    const char
        *checkpoint; /* a file that is written after each epoch, and when the fit is stopped; see below */
    bool resume;     /* goes on from that file, if it is there */

    int threads;            /* of the tape; 0: OpenMP's own choice */
    bool record;            /* every batch is recorded with its values, and none planned; see below */
    bool bf16;              /* batches that a plan trains are multiplied in bfloat16, see plan.h */
    wg_allocator allocator; /* of the tapes, the batches, the history */
} wg_fit_options;

/* Trains. For each epoch: each batch's loss, wg_backward, update; then validation, history, on_epoch. A real
 * target [N] goes with a prediction [N] or [N, 1].
 *
 * RATE. The schedule scales the optimiser's learning rate for the time of an update only: in a callback, and
 * when the fit has ended, wg_optim_lr is the rate before the schedule, and what a callback sets by
 * wg_optim_set_lr is scaled from then on (and kept in the checkpoint). What an update had is in wg_epoch.lr.
 *
 * WG_OK also if it was stopped; history->end tells. WG_NUMBER as said next. WG_INVALID: an option out of
 * range, no samples, another store's optimiser. WG_OUT_OF_MEMORY. Others: those of the model and of the loss.
 * Whatever it is, parameters, buffers and moments are those after the last good update, and the checkpoint an
 * earlier one; but after an update that overflowed the parameters are what it made of them.
 *
 * NOT FINITE. No update is made with a loss or a gradient that is not finite, before clipping. The fit ends
 * with WG_NUMBER, and names epoch, batch, the loss or the first parameter without a finite gradient, and the
 * first node that is not finite: for a loss the first value, for a gradient the first one from the loss down.
 * To find it the batch is recorded once more (the model is called again) with the same random numbers and
 * without effects. With `.skip_not_finite` the fit goes on without that update (with `.accumulate` all of its
 * batches are left out): parameters, buffers and moments stay as they are, to the bit; the random numbers,
 * the schedule and the samples go on as if the batches had been trained; wg_epoch.skipped counts them. Loss
 * and metric are those of the others, and NaN if there are none.
 *
 * An update may overflow though loss and gradient are finite, at a rate that is too large: a parameter (which
 * is not frozen) is then infinite or no number. The fit ends with WG_NUMBER, names it and the rate, and
 * writes no checkpoint any more: the last one is good.
 *
 * PLANS. Batches of full size are run by a plan (see plan.h), which is faster and ends with the same bits
 * as recording, but where convolutions put images into lanes (see LAYOUT there). The model is still called
 * for each batch, but with an x that has a shape and no value; the plan is run when the model recorded the
 * same as before, otherwise made anew, a few times. Every batch is recorded with values if the model asks for
 * some while it records (wg_item, wg_branch ...), with .accumulate above 1, if `.record` says so, and if
 * there are both a callback and a model's `user`, by which vars may reach it. Without memory for a plan the
 * fit fails (WG_OUT_OF_MEMORY): it never ends with other bits than those of planned batches; `.record` does
 * without.
 *
 * With `.bf16`, which is for stores of floats (WG_BAD_DTYPE), every full batch is trained by a plan in
 * bfloat16: options or a model that leave none are WG_INVALID. A last batch of fewer samples, and validation,
 * are computed in floats.
 *
 * CHECKPOINTS. The file has parameters, moments, steps, the epoch and the batch, the positions of the random
 * generators, the history and the best parameters. A fit that was stopped, or killed, and is called again
 * with the same options and `.resume` ends with the same bits as one that was not. More epochs than before
 * may be asked for. Data set and batch size must be the same (WG_INVALID). */
WG_API wg_status wg_fit(wg_model model, void *user, wg_params *params, const wg_dataset *dataset,
    const wg_fit_options *options, wg_error *error);

/* ---- Test ------------------------------------------------------------------------------------------- */

/* In this section and the next one the model runs in evaluation mode, without gradients, and no parameter
 * changes. The memory that a call needs is kept for the next one, see wg_params_cache; in wg_evaluate if its
 * allocator is the store's. A store with parameters gets no new one: a name that it lacks is an error
 * (WG_NAME). An empty one is given its initial values. */

typedef struct wg_evaluate_options {
    /* As in wg_fit_options. */
    wg_loss loss;
    const wg_loss_options *loss_options;
    wg_metric metric;
    void *metric_user;
    int threads;
    wg_allocator allocator;

    size_t batch; /* samples at a time; 0: 256 */
} wg_evaluate_options;

/* What a test came to. */
typedef struct wg_score {
    double loss, metric; /* means over the samples */
    size_t samples;      /* how many there were */
} wg_score;

/* The loss and the metric of a data set; NULL options are the defaults. WG_INVALID without samples. */
WG_API wg_status wg_evaluate(wg_model model, void *user, wg_params *params, const wg_dataset *dataset,
    const wg_evaluate_options *options, wg_score *score, wg_error *error);

/* The share of samples whose label the model gives its largest number to; NaN on an error. */
WG_API double wg_accuracy(
    wg_model model, void *user, wg_params *params, const wg_dataset *dataset, wg_error *error);

/* matrix[label * classes + guess]: how many samples with that label were given that guess. `classes` must be
 * the number of the model's outputs, and above every label. */
WG_API wg_status wg_confusion(wg_model model, void *user, wg_params *params, const wg_dataset *dataset,
    size_t *matrix, size_t classes, wg_error *error);

/* The matrix as a table, a line for each label, with each class's recall and precision; class names are the
 * data set's (NULL: numbers). WG_FILE when writing fails (view.h, STREAMS). */
WG_API wg_status wg_confusion_print(
    const size_t *matrix, size_t classes, const wg_dataset *names, FILE *file);

/* ---- Use -------------------------------------------------------------------------------------------- */

/* What the model makes of x [N, ...]: `n` numbers, which must
 * be all there are, row after row. Large N goes through in parts, on as many threads as the store's options
 * say. WG_BAD_SHAPE when n does not fit; the message has both numbers. */
WG_API wg_status wg_predict(
    wg_model model, void *user, wg_params *params, wg_array x, float *out, size_t n, wg_error *error);
WG_API wg_status wg_predict_f64(
    wg_model model, void *user, wg_params *params, wg_array x, double *out, size_t n, wg_error *error);

/* The softmax of that over its last axis: the classes' probabilities. */
WG_API wg_status wg_predict_probabilities(
    wg_model model, void *user, wg_params *params, wg_array x, float *out, size_t n, wg_error *error);

/* For each sample the class of the largest number: N labels. */
WG_API wg_status wg_predict_labels(
    wg_model model, void *user, wg_params *params, wg_array x, int32_t *out, size_t n, wg_error *error);

WG_END_DECLS
#endif
