/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* drawing.h - a demo's plot, in the folder that --draw named. */
#ifndef DEMOS_DRAWING_H
#define DEMOS_DRAWING_H

#include <stdio.h>
#include <wengert/plot.h>

/* folder/file; nothing without a folder. */
static inline wg_status draw(const char *folder, const char *file, const wg_plot_series *series, size_t count,
    const wg_plot_options *options, wg_error *error)
{
    char path[1024];
    if (!folder)
        return WG_OK;
    snprintf(path, sizeof path, "%s/%s", folder, file);
    wg_status status = wg_plot_write(path, series, count, options, error);
    if (status == WG_OK)
        printf("\ndrawn in %s\n", path);
    return status;
}

#endif
