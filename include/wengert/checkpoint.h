/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* checkpoint.h - parameters kept in files, and trainings that go on where they stopped.
 *
 *     wg_params_save(params, "mlp.safetensors", &error);
 *     ...
 *     wg_params *params = wg_params_new(NULL);
 *     wg_params_load(params, "mlp.safetensors", NULL, &error);
 *     wg_params_seal(params);                             a mistyped name must not get fresh weights
 *
 * The files are safetensors files (see <wengert/archive.h>): written whole or not at all, checked by a
 * checksum, and open to every program that reads the format. */
#ifndef WENGERT_CHECKPOINT_H
#define WENGERT_CHECKPOINT_H

#include <wengert/archive.h>
#include <wengert/optim.h>
#include <wengert/params.h>
#include <wengert/tape.h>

WG_BEGIN_DECLS

/* ---- Parameters ------------------------------------------------------------------------------------ */

/* Writes all arrays, buffers too, under their full names ("encoder.fc1.weight") and in the store's dtype.
 * Notes say
 *
 *     wengert.kind             parameters
 *     wengert.version          the library's
 *     wengert.layout           how weights lie: dense [in, out], where PyTorch's lie [out, in]; conv2d
 *                              [filters, channels, height, width]
 *     wengert.buffer.NAME      one for each buffer
 *
 * WG_NAME for a name that is no UTF-8, otherwise the errors of wg_safetensors_write. */
WG_API wg_status wg_params_save(const wg_params *params, const char *path, wg_error *error);

/* What a load found: how many arrays were loaded, and so on. missing_names, extra_names, misfit_names and
 * square_names list them, "fc1.weight, fc1.bias", as many as there is room for, then "...". */
typedef struct wg_params_load_report {
    size_t loaded;
    size_t missing; /* the store has them, the file has not */
    size_t extra;   /* the file has them, the store has not */
    size_t misfit;  /* both have them, of different shapes: "fc1.bias [10] (here [12])" */
    size_t square;  /* matrices [n, n] that may lie the other way: nothing says how they do */
    char missing_names[256], extra_names[256], misfit_names[256], square_names[256];
} wg_params_load_report;

/* How the weights of dense layers lie in a file. */
typedef enum wg_dense_layout {
    WG_DENSE_NOTED,  /* as here, [in, out], if it has a note wengert.layout; without one, nobody knows */
    WG_DENSE_IN_OUT, /* as here */
    WG_DENSE_OUT_IN  /* as PyTorch's: all matrices (arrays of rank 2) are turned */
} wg_dense_layout;

typedef struct wg_params_load_options {
    bool lenient; /* load what can be read and fits by name and shape, leave the rest of the store as it is */
    wg_params_load_report *report; /* filled in whenever the file could be read; NULL: nobody asks */
    wg_dense_layout dense;         /* {0}: as the file says */
    size_t max_bytes;              /* as in wg_archive_read_options */
} wg_params_load_options;

/* Reads values into a store, converted to its dtype. A store without arrays takes all that are in the file,
 * as parameters and buffers. One with arrays wants each of them in the file, and no other, of the same shape:
 * unless the load is lenient, missing and extra arrays are WG_NAME, other shapes WG_BAD_SHAPE, and the
 * message lists them. A square matrix in a file without our note fits by its shape, whichever way it lies: it
 * is WG_BAD_SHAPE, too, unless `dense` says how, or the load is lenient (the report then lists it). The
 * parameters of a training that wg_training_save wrote are loaded too. NaN and
 * infinities are values like others.
 *
 * Tapes that were evaluated before are stale. On an error (also those of wg_safetensors_read) the store is as
 * it was; only when memory ends while a store without arrays is filled, it keeps those made so far, holding
 * zeros. */
WG_API wg_status wg_params_load(
    wg_params *params, const char *path, const wg_params_load_options *options, wg_error *error);

/* ---- Trainings ------------------------------------------------------------------------------------- */

/* All that a training needs to go on with the same bits: ten steps are five, a save, a load and five. */
typedef struct wg_training {
    wg_params *params; /* values, buffers too */
    wg_optim *optim;   /* of these parameters: slots, steps, learning rate; NULL: none */
    wg_tape *tape;     /* the number of its run of random operations; NULL: none */
    wg_archive *extra; /* arrays and notes of the caller's: epoch, batch, history, best weights; NULL: none */
    size_t max_bytes;  /* of wg_training_load: as in wg_archive_read_options */
} wg_training;

/* One safetensors file of arrays params/NAME, optim/SLOT/NAME ("optim/m/fc1.weight") and extra/NAME, with the
 * notes of wg_params_save (wengert.kind: training) and
 *
 *     training.optim   training.slots   training.steps   training.lr   training.run   extra.KEY
 *
 * Not in the file, and to be made again by the program as before: the options of optimiser, tape and store
 * (with their seeds), which parameters are frozen, and the factors of wg_params_scale. Errors as of
 * wg_params_save; WG_INVALID without parameters, or when the optimiser is another store's. */
WG_API wg_status wg_training_save(const wg_training *training, const char *path, wg_error *error);

/* Reads it back, into objects that were made with the same options. Parameters as wg_params_load does it; all
 * of them count as old as the optimiser. `extra` must hold nothing, and gets what was saved. A part that is
 * NULL here is left in the file; one that is not in the file is an error (but for `extra`). WG_INVALID when
 * the optimiser's rule has another name, or other slots, than the saved one's (the message has both), or `extra`
 * holds something; WG_OUT_OF_MEMORY also beyond `max_bytes`; WG_FORMAT when the file is no training's, or
 * lacks a part. On an error everything is as it was, with wg_params_load's exception. */
WG_API wg_status wg_training_load(const wg_training *training, const char *path, wg_error *error);

WG_END_DECLS
#endif
