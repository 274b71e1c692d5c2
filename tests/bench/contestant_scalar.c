/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Our scalar tape among the contestants of compare.py (contestant.h), and plain C beside it. */

#include "contestant.h"
#include "scalar_works.h"

typedef struct made {
    state state;
    bench_work *work;
} made;

static const struct {
    const char *name;
    bench_work *work;
} works[] = {{"value", value}, {"by-hand", by_hand}, {"record", record_and_sweep},
    {"replay", replay_and_sweep}, {"planned", planned_run}};

static void *make(const char *subject, const char *work, size_t batch)
{
    const program *p = NULL;
    bench_work *found = NULL;
    (void)batch;
    for (size_t i = 0; i < PROGRAMS; i++)
        if (strcmp(programs[i].key, subject) == 0)
            p = &programs[i];
    for (size_t i = 0; i < sizeof works / sizeof works[0]; i++)
        if (strcmp(works[i].name, work) == 0)
            found = works[i].work;
    if (!p || !found)
        return NULL;
    made *m = malloc(sizeof *m);
    *m = (made){state_new(p), found};
    return m;
}

static void run(void *user)
{
    made *m = user;
    m->work(&m->state);
}

static void end(void *user)
{
    made *m = user;
    state_free(&m->state);
    free(m);
}

/* "steps", of the tape; after a work's name, the sum of the gradient: all contestants must agree on it. */
static double tell(const char *subject, const char *what, size_t batch)
{
    bool steps = strcmp(what, "steps") == 0;
    made *m = make(subject, steps ? "record" : what, batch);
    if (!m)
        return (double)NAN;
    run(m);
    double sum = 0;
    for (size_t i = 0; i < m->state.p->n; i++)
        sum += m->state.gradient[i];
    double number = steps ? (double)wg_tape_node_count(m->state.tape) : sum;
    end(m);
    return number;
}

int main(void)
{
    return contestant_serve(
        &(contestant){.make = make, .run = run, .free = end, .tell = tell, .warm = "neuron"});
}
