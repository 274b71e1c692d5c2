/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* csv_columns.h - what the columns of a CSV file are for. */
#ifndef WG_DATA_CSV_COLUMNS_H
#define WG_DATA_CSV_COLUMNS_H

#include "data/csv_table.h"

#include <stdint.h>
#include <wengert/load.h>

/* Instead of a column of x. */
#define WG_CSV_TARGET SIZE_MAX
#define WG_CSV_IGNORED (SIZE_MAX - 1)

typedef struct wg_csv_columns {
    bool has_header; /* the first record is one */
    size_t features;
    size_t target; /* column of the file, from 0 */
    size_t *place; /* [columns]: column of x, WG_CSV_TARGET or WG_CSV_IGNORED */
} wg_csv_columns;

/* On failure *columns may hold memory: free it. */
wg_status wg__csv_columns_find(
    wg_csv_columns *columns, const wg_csv_table *table, const wg_csv_options *options, wg_error *error);
void wg__csv_columns_free(wg_csv_columns *columns, const wg_csv_table *table);

/* Does the text say that there is no value: nothing, "?", "NA", "N/A", "nan", "null" in either case? */
bool wg__csv_is_missing(const char *text);

#endif
