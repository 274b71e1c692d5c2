/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* training.h - what saving and loading a training share: the names in the file. */
#ifndef WG_IO_TRAINING_H
#define WG_IO_TRAINING_H

#include <wengert/checkpoint.h>

#define WG_TRAINING_OPTIM "training.optim"
#define WG_TRAINING_SLOTS "training.slots"
#define WG_TRAINING_STEPS "training.steps"
#define WG_TRAINING_LR "training.lr"
#define WG_TRAINING_RUN "training.run"
#define WG_TRAINING_EXTRA "extra/" /* before arrays of the caller's */
#define WG_TRAINING_EXTRA_NOTE "extra."

enum { WG_SLOT_PREFIX = 40, WG_SLOTS_TEXT = 160 };

/* "optim/m/", before the slot's arrays. Up to version 0.2.0 slots had numbers for names: "optim/0/" (`numbered`). */
const char *wg__slot_prefix(char text[WG_SLOT_PREFIX], const wg_optim *optim, size_t slot, bool numbered);

/* The names of an optimiser's slots, "m, v"; "" without. */
const char *wg__slots_text(char text[WG_SLOTS_TEXT], const wg_optim *optim);

/* Is it one that can be saved or loaded? `error` is not NULL; one that is set is returned. */
wg_status wg__training_check(const wg_training *training, const char *path, wg_error *error);

#endif
