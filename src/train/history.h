/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#ifndef WG_TRAIN_HISTORY_H
#define WG_TRAIN_HISTORY_H

#include <wengert/fit.h>

/* False, with nothing changed, when there is no memory. */
bool wg__history_add(wg_history *history, const wg_epoch *epoch);

#endif
