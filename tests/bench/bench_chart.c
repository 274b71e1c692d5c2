/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Draws what compare.py measured: bars side by side, one group for each network.
 *
 *     bench_chart FILE.svg        reads lines of fields between tabs: the names of the bars; then, for each
 *                                 group, its name and a number for each bar, or nan */

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wengert/wengert.h>

enum { BARS = 8, GROUPS = 16, WORD = 64, HIGHEST = 5 };

typedef char word[WORD];

/* Cuts a line at its tabs. */
static size_t fields(char *line, word *out, size_t most)
{
    size_t count = 0;
    line[strcspn(line, "\n")] = 0;
    for (char *at = line; at && count < most; count++) {
        char *end = strchr(at, '\t');
        if (end)
            *end++ = 0;
        snprintf(out[count], sizeof out[count], "%.*s", WORD - 1, at);
        at = end;
    }
    return count;
}

int main(int argc, char **argv)
{
    static word bars[BARS], row[BARS + 1], groups[GROUPS];
    double values[BARS][GROUPS], highest = 0;
    const char *names[GROUPS];
    wg_plot_series series[BARS];
    char line[1024];
    size_t count = 0;
    if (argc != 2 || !fgets(line, sizeof line, stdin)) {
        fprintf(stderr, "usage: bench_chart FILE.svg <LINES\n");
        return 2;
    }
    size_t bar_count = fields(line, bars, BARS);
    while (count < GROUPS && fgets(line, sizeof line, stdin)) {
        size_t found = fields(line, row, bar_count + 1);
        memcpy(groups[count], row[0], sizeof row[0]);
        for (size_t b = 0; b < bar_count; b++)
            values[b][count] = strtod(b + 1 < found ? row[b + 1] : "nan", NULL);
        for (size_t b = 0; b < bar_count; b++)
            highest = fmax(highest, values[b][count]);
        names[count] = groups[count];
        count++;
    }
    for (size_t b = 0; b < bar_count; b++)
        series[b] =
            (wg_plot_series){.kind = WG_PLOT_BARS, .y = WG_DOUBLES(values[b], count), .label = bars[b]};
    /* One slow bar must not flatten all others. */
    bool cut = highest > HIGHEST;
    wg_error error = {0};
    wg_plot_options options = {.title = "A training step on this machine (less is better)",
        .y_label = cut ? "time / Wengert's planned step (cut off at 5)" : "time / Wengert's planned step",
        .y_high = cut ? HIGHEST : 0,
        .names = names,
        .name_count = count,
        .width = 900,
        .height = 420};
    if (wg_plot_write(argv[1], series, bar_count, &options, &error) != WG_OK) {
        fprintf(stderr, "bench_chart: %s\n", error.message);
        return 1;
    }
    return 0;
}
