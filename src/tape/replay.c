/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* replay.c - a recorded tape is a program: run it again. */

#include "tape/engine.h"

static bool all_inputs_set(wg_engine *t, const wg_record **missing)
{
    for (size_t i = 0; i < t->record_count; i++)
        if (t->records[i]->arity == 0 && !t->records[i]->valued) {
            *missing = t->records[i];
            return false;
        }
    return true;
}

static wg_status run(wg_engine *t)
{
    for (uint32_t node = 0; node < t->head.count; node++) {
        node = wg__replay_steps(t, node, t->head.count);
        if (node == t->head.count)
            break;
        wg_record *record = wg__record_of(t, node);
        wg_status status = record->arity ? wg__compute(t, record) : WG_OK;
        if (status != WG_OK)
            return wg__fail(t, status, "replay: %s: %s", record->op->name, wg_status_text(status));
    }
    return WG_OK;
}

wg_status wg_replay(wg_tape *tape)
{
    wg_engine *t = wg__engine_of(tape);
    if (!t)
        return WG_INVALID;
    if (t->status != WG_OK)
        return t->status;
    char text[WG_NODE_TEXT];
    const wg_record *missing;
    wg_status status = WG_OK;
    if (wg__check_bounds(t, "replay") != WG_OK)
        status = t->status;
    else if (!all_inputs_set(t, &missing))
        status = wg__fail(
            t, WG_NO_VALUE, "replay: the value of %s was never set", wg__node_text(t, missing->node, text));
    if (status == WG_OK) {
        wg__release_gradients(t);
        t->run += !t->frozen;
        wg__bounds_seen(t);
        t->changed = false;
        status = run(t);
        t->changed_by = WG_NO_NODE;
        t->changed = status != WG_OK; /* half of the values are old: only another replay mends that */
    }
    t->status = WG_OK; /* the recording is whole: the error does not stick, its message stays to be read */
    wg__update_fast(t);
    return status;
}
