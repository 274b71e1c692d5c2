/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#define _POSIX_C_SOURCE 200809L

#include "train/progress.h"

#include <math.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/format.h"

enum { LINE = 256, NARROW = 20, WIDEST_BAR = 24 };

wg_progress wg__progress_begin(FILE *file, const char *metric, size_t epochs, size_t samples)
{
    return (wg_progress){.file = file,
        .terminal = file && isatty(fileno(file)),
        .metric = metric,
        .epochs = epochs,
        .samples = samples,
        .begun = wg__clock()};
}

static int terminal_width(FILE *file)
{
    struct winsize size;
    return ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* "1:02:03" or "2:03". */
static void time_text(char *text, size_t size, double seconds)
{
    unsigned long s = seconds >= 0 && seconds < 1e8 ? (unsigned long)(seconds + 0.5) : 0;
    if (s >= 3600)
        snprintf(text, size, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(text, size, "%lu:%02lu", s / 60, s % 60);
}

/* "  2 skipped", or nothing. */
static const char *skipped_text(const wg_epoch *e, char *text, size_t size)
{
    text[0] = 0;
    if (e->skipped)
        snprintf(text, size, "  %zu skipped", e->skipped);
    return text;
}

/* What stands to the right of the bar. */
static void figures(const wg_progress *p, const wg_epoch *e, char *text, size_t size)
{
    double seconds = wg__clock() - p->begun, rate = seconds > 0 ? (double)p->seen / seconds : 0,
           due = (double)(p->epochs - e->epoch) * (double)p->samples + (double)(p->samples - e->samples);
    char metric[64] = "", left[32], skipped[40];
    if (!isnan(e->metric))
        wg__format(metric, sizeof metric, "  %.24s %.4f", p->metric, e->metric);
    time_text(left, sizeof left, rate > 0 ? due / rate : 0);
    wg__format(text, size, "loss %.4g%s%s  %.0f/s  %s left", e->loss, metric,
        skipped_text(e, skipped, sizeof skipped), rate, left);
}

void wg__progress_update(wg_progress *p, const wg_epoch *e, size_t fresh)
{
    p->seen += fresh;
    if (!p->file || !p->terminal)
        return;
    double now = wg__clock();
    if (now - p->drawn < 0.1 && e->samples < p->samples)
        return;
    p->drawn = now;
    char right[LINE], line[2 * LINE], bar[WIDEST_BAR + 1];
    figures(p, e, right, sizeof right);
    int columns = terminal_width(p->file), room = columns - 1 - NARROW - (int)strlen(right);
    int width = room > WIDEST_BAR ? WIDEST_BAR : room > 0 ? room : 0;
    double share = p->samples ? (double)e->samples / (double)p->samples : 1;
    for (int i = 0; i < width; i++)
        bar[i] = i < (int)(share * width + 0.5) ? '#' : '.';
    bar[width] = 0;
    int length = wg__format(
        line, sizeof line, "epoch %zu/%zu [%s] %3.0f %%  %s", e->epoch, p->epochs, bar, 100 * share, right);
    if (length > columns - 1)
        line[length = columns - 1] = 0;
    fprintf(p->file, "\r%s%*s", line, p->width > length ? p->width - length : 0, "");
    fflush(p->file);
    p->width = length;
}

void wg__progress_epoch(wg_progress *p, const wg_epoch *e)
{
    if (!p->file)
        return;
    char line[2 * LINE], text[LINE];
    wg__format(line, sizeof line, "epoch %zu/%zu  loss %.4g", e->epoch, p->epochs, e->loss);
    if (!isnan(e->metric)) {
        wg__format(text, sizeof text, "  %.24s %.4f", p->metric, e->metric);
        strcat(line, text);
    }
    if (!isnan(e->validation_loss)) {
        wg__format(text, sizeof text, "  validation loss %.4g", e->validation_loss);
        strcat(line, text);
    }
    if (!isnan(e->validation_metric)) {
        wg__format(text, sizeof text, "  %.24s %.4f", p->metric, e->validation_metric);
        strcat(line, text);
    }
    strcat(line, skipped_text(e, text, sizeof text));
    wg__format(text, sizeof text, "  %.0f/s  %.2f s%s", e->seconds > 0 ? (double)e->samples / e->seconds : 0,
        e->seconds, e->best ? "" : "  (no better)");
    strcat(line, text);
    int length = (int)strlen(line);
    fprintf(
        p->file, "%s%s%*s\n", p->terminal ? "\r" : "", line, p->width > length ? p->width - length : 0, "");
    fflush(p->file);
    p->width = 0;
}

void wg__progress_end(wg_progress *p)
{
    if (p->file && p->terminal && p->width) {
        fprintf(p->file, "\n");
        fflush(p->file);
        p->width = 0;
    }
}
