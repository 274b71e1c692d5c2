/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* csv_table.h - a CSV file as a table of texts. */
#ifndef WG_DATA_CSV_TABLE_H
#define WG_DATA_CSV_TABLE_H

#include "base/alloc.h"
#include "base/source.h"

#include <string.h>
#include <wengert/load.h>

/* The file's bytes are turned into its fields where they lie: a field takes its separator's place with its
 * final 0, and loses its quotes.
 *
 *      file     a , " b " " c "  \n  1 , 2 \n        bytes    a 0 b " c 0 1 0 2 0
 *      first    [0] "a"  [1] "b\"c"                  line     1, 2 */
typedef struct wg_csv_table {
    const char *path;
    const wg_allocator *allocator; /* the owner's */
    char separator;
    size_t columns, records; /* blank lines are no records */
    char *bytes;
    size_t capacity;
    const char **first; /* [columns]: the fields of the first record */
    size_t *line;       /* [records]: where a record begins, from 1 */
    size_t lines;       /* room in `line` */
} wg_csv_table;

/* Reads to the end. WG_FORMAT unless there is a record and all have as many fields. On failure *table may
 * hold memory: free it. */
wg_status wg__csv_table_read(
    wg_csv_table *table, wg_source *source, const wg_csv_options *options, wg_error *error);
void wg__csv_table_free(wg_csv_table *table);

/* Fields follow each other, record after record, from table->bytes. */
static inline const char *wg__csv_next(const char *field)
{
    return field + strlen(field) + 1;
}

/* The beginning of a text, fit for a message: at most 40 bytes, no control characters. */
enum { WG_CSV_EXCERPT = 48 };
const char *wg__csv_excerpt(const char *text, char excerpt[WG_CSV_EXCERPT]);

#endif
