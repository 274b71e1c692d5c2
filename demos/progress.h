/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* progress.h - a bar on stderr while a model trains; a line per epoch where stderr is no terminal.
 *
 *     lenet 2/5 [===========>        ] loss 0.0712   23412 images/s   6 s left
 */
#ifndef DEMOS_PROGRESS_H
#define DEMOS_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

struct progress {
    const char *name;
    size_t epochs, per_epoch; /* samples in an epoch */
    double begun, shown;      /* seconds on a clock */
    bool terminal;
};

static inline double progress_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static inline struct progress progress_begin(const char *name, size_t epochs, size_t per_epoch)
{
    return (struct progress){name, epochs, per_epoch, progress_clock(), 0, isatty(STDERR_FILENO) == 1};
}

/* After `done` samples of epoch `epoch` (1, 2, ...), whose mean loss so far is `loss`. */
static inline void progress_show(struct progress *p, size_t epoch, size_t done, double loss)
{
    enum { WIDTH = 30 };
    double now = progress_clock(), total = (double)((epoch - 1) * p->per_epoch + done);
    bool ended = done == p->per_epoch;
    if (!ended && (!p->terminal || now - p->shown < 0.1))
        return;
    p->shown = now;
    char bar[WIDTH + 1] = {0};
    size_t filled = p->per_epoch ? done * WIDTH / p->per_epoch : WIDTH;
    for (size_t i = 0; i < WIDTH; i++)
        bar[i] = i < filled ? '=' : i == filled ? '>' : ' ';
    double speed = total / (now - p->begun + 1e-9), left = (double)(p->epochs * p->per_epoch) - total;
    fprintf(stderr, "%s%s %zu/%zu [%s] loss %.4f   %.0f images/s   %.0f s left%s", p->terminal ? "\r" : "",
        p->name, epoch, p->epochs, bar, loss, speed, left / speed, p->terminal ? "\033[K" : "\n");
    if (ended && p->terminal)
        fputs("\r\033[K", stderr); /* the caller's line takes its place */
}

#endif
