/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* contestant.h - a program that compare.py measures in turn with others. It reads one question a line and
 * answers each with a line, a number or "none":
 *
 *     time SUBJECT WORK BATCH SECONDS      the median seconds of one call, of all that fit into SECONDS
 *     memory SUBJECT WORK BATCH            bytes by which the process grows from nothing to three calls, at most
 *     tell SUBJECT WHAT BATCH              a number known without measuring
 *
 * A BATCH of 0 is the subject's own. What was made for a question is kept until the subject changes. */
#ifndef WG_BENCH_CONTESTANT_H
#define WG_BENCH_CONTESTANT_H

#include "bench.h"

typedef struct contestant {
    /* What `run` needs, or NULL where there is no such work. */
    void *(*make)(const char *subject, const char *work, size_t batch);
    bench_work *run;
    void (*free)(void *made);
    /* NaN: not known; NULL: nothing is. */
    double (*tell)(const char *subject, const char *what, size_t batch);
    const char *warm; /* a small subject, made before memory is measured: its libraries are then awake */
} contestant;

enum { CONTESTANT_KEPT = 16, CONTESTANT_CALLS = 4096 };

typedef struct contestant_made {
    char work[32];
    size_t batch;
    void *made;
} contestant_made;

/* Bytes that the process has now ("VmRSS"), or had at most ("VmHWM"). Linux; 0 elsewhere. */
static inline double contestant_status(const char *what)
{
    FILE *file = fopen("/proc/self/status", "r");
    double kib = 0;
    for (char line[256]; file && fgets(line, sizeof line, file);)
        if (strncmp(line, what, strlen(what)) == 0)
            kib = strtod(line + strlen(what) + 1, NULL);
    if (file)
        fclose(file);
    return 1024 * kib;
}

/* One call too many to begin with. Calls of less than 50 us are timed together. */
static inline double contestant_time(bench_work *run, void *made, double seconds)
{
    static double samples[CONTESTANT_CALLS];
    size_t count = 0, together = 1;
    run(made);
    for (double taken = 0; taken < 5e-5; together *= 2) {
        double start = bench_now();
        for (size_t i = 0; i < together; i++)
            run(made);
        taken = bench_now() - start;
    }
    for (double begin = bench_now(), now = begin;
         (now - begin < seconds || count < 3) && count < CONTESTANT_CALLS;) {
        double start = now;
        for (size_t i = 0; i < together; i++)
            run(made);
        now = bench_now();
        samples[count++] = (now - start) / (double)together;
    }
    return bench_median(samples, count);
}

/* Linux resets the peak when asked to. */
static inline double contestant_memory(
    const contestant *c, const char *subject, const char *work, size_t batch)
{
    for (int real = 0;; real++) {
        FILE *reset = fopen("/proc/self/clear_refs", "w");
        if (reset) {
            fputs("5", reset);
            fclose(reset);
        }
        double before = contestant_status("VmRSS:");
        void *made = c->make(real ? subject : c->warm, work, real ? batch : 1);
        if (!made)
            return -1;
        for (int i = 0; i < 3; i++)
            c->run(made);
        double grown = contestant_status("VmHWM:") - before;
        c->free(made);
        if (real)
            return grown;
    }
}

static inline void contestant_answer(bool known, double number)
{
    if (known)
        printf("%.9g\n", number);
    else
        puts("none");
    fflush(stdout);
}

static inline void contestant_forget(const contestant *c, contestant_made *kept, size_t *count)
{
    while (*count > 0)
        c->free(kept[--*count].made);
}

/* Answers until the questions end. */
static inline int contestant_serve(const contestant *c)
{
    contestant_made kept[CONTESTANT_KEPT];
    size_t count = 0;
    char now[32] = "";
    for (char line[160]; fgets(line, sizeof line, stdin);) {
        char verb[32] = "", subject[32] = "", work[32] = "";
        size_t batch = 0, i = 0;
        double seconds = 0;
        sscanf(line, "%31s %31s %31s %zu %lf", verb, subject, work, &batch, &seconds);
        if (strcmp(verb, "memory") == 0) {
            double bytes = contestant_memory(c, subject, work, batch);
            contestant_answer(bytes >= 0, bytes);
            continue;
        }
        if (strcmp(verb, "tell") == 0) {
            double number = c->tell ? c->tell(subject, work, batch) : (double)NAN;
            contestant_answer(!isnan(number), number);
            continue;
        }
        if (strcmp(now, subject) != 0 || count == CONTESTANT_KEPT)
            contestant_forget(c, kept, &count);
        memcpy(now, subject, sizeof now);
        while (i < count && (kept[i].batch != batch || strcmp(kept[i].work, work) != 0))
            i++;
        if (i == count) {
            kept[i] = (contestant_made){.batch = batch, .made = c->make(subject, work, batch)};
            memcpy(kept[i].work, work, sizeof work);
            count += kept[i].made != NULL;
        }
        contestant_answer(kept[i].made, kept[i].made ? contestant_time(c->run, kept[i].made, seconds) : 0);
    }
    contestant_forget(c, kept, &count);
    return 0;
}

#endif
