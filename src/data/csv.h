/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* csv.h - CSV from any source of bytes. */
#ifndef WG_DATA_CSV_H
#define WG_DATA_CSV_H

#include "base/source.h"

#include <wengert/load.h>

/* wg_csv_load of an open source, which stays open. */
wg_dataset *wg__csv_from(wg_source *source, const wg_csv_options *options, wg_error *error);

#endif
