/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* name.c - names of nodes, and the scopes that they were recorded in: side lists in order of nodes. */

#include "tape/engine.h"

#include <stdio.h>
#include <string.h>

/* Index of the first name whose node is not below `node`. */
static size_t find(const wg_engine *t, uint32_t node)
{
    size_t low = 0, high = t->name_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (t->names[middle].node < node)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const char *wg_name_at(const wg_engine *t, uint32_t node)
{
    size_t i = find(t, node);
    return i < t->name_count && t->names[i].node == node ? t->names[i].text : "";
}

wg_var wg_set_name(wg_var x, const char *name)
{
    wg_engine *t = wg_engine_of(x.tape);
    if (!t || t->status != WG_OK || !name || !wg_alive(t, x))
        return x;
    const char *text = wg_arena_text(&t->texts, name);
    if (!text || !wg_mem_reserve(&t->memory, (void **)&t->names, &t->name_capacity, t->name_count + 1,
                     sizeof *t->names)) {
        wg_fail(t, WG_OUT_OF_MEMORY, "no memory for the name %s", name);
        return wg_invalid(x.tape);
    }
    size_t i = find(t, x.node);
    if (i == t->name_count || t->names[i].node != x.node) {
        memmove(t->names + i + 1, t->names + i, (t->name_count - i) * sizeof *t->names);
        t->name_count++;
    }
    t->names[i] = (struct wg_named){x.node, text};
    return x;
}

const char *wg_name_of(wg_var x)
{
    return wg_is_valid(x) ? wg_name_at(wg_engine_of(x.tape), x.node) : "";
}

/* ---- Scopes ---------------------------------------------------------------------------------------- */

const char *wg_scope_now(const wg_engine *t)
{
    return t->path_count ? t->path[t->path_count - 1] : "";
}

/* From the next node on, the present path holds. */
static bool note_scope(wg_engine *t)
{
    uint32_t node = t->head.count;
    if (t->scope_count && t->scopes[t->scope_count - 1].node == node)
        t->scope_count--;
    if (!wg_mem_reserve(
            &t->memory, (void **)&t->scopes, &t->scope_capacity, t->scope_count + 1, sizeof *t->scopes))
        return false;
    t->scopes[t->scope_count++] = (struct wg_scoped){node, wg_scope_now(t)};
    return true;
}

void wg_scope_push(wg_tape *tape, const char *name)
{
    wg_engine *t = wg_engine_of(tape);
    if (!t)
        return;
    const char *now = wg_scope_now(t), *own = name ? name : "";
    size_t size = strlen(now) + strlen(own) + 2;
    char *path = wg_arena_take(&t->texts, size); /* whole: names of parameters are made of it */
    if (path)
        snprintf(path, size, "%s%s%s", now, now[0] ? "/" : "", own);
    if (!path || !wg_mem_reserve(
                     &t->memory, (void **)&t->path, &t->path_capacity, t->path_count + 1, sizeof *t->path)) {
        wg_fail(t, WG_OUT_OF_MEMORY, "no memory for the scope %s", own);
        t->scopes_lost++; /* so that its pop finds nothing to do */
        return;
    }
    t->path[t->path_count++] = path;
    if (!note_scope(t))
        wg_fail(t, WG_OUT_OF_MEMORY, "no memory for the scope %s", own);
}

void wg_scope_pop(wg_tape *tape)
{
    wg_engine *t = wg_engine_of(tape);
    if (t && t->scopes_lost) {
        t->scopes_lost--;
    } else if (t && t->path_count) {
        t->path_count--;
        if (!note_scope(t))
            wg_fail(t, WG_OUT_OF_MEMORY, "no memory for leaving a scope");
    }
}

const char *wg_scope_of(wg_var x)
{
    if (!wg_is_valid(x))
        return "";
    const wg_engine *t = wg_engine_of(x.tape);
    size_t low = 0, high = t->scope_count; /* the first entry after the node */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (t->scopes[middle].node <= x.node)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? t->scopes[low - 1].path : "";
}

const char *wg_tape_scope(const wg_tape *tape)
{
    return tape ? wg_scope_now(wg_engine_of(tape)) : "";
}

/* After going back, what is recorded next is in the scope that is open now. */
void wg_names_forget(wg_engine *t, uint32_t node)
{
    t->name_count = find(t, node);
    bool went = false;
    while (t->scope_count && t->scopes[t->scope_count - 1].node > node) {
        t->scope_count--;
        went = true;
    }
    if (went)
        t->scopes[t->scope_count++] = (struct wg_scoped){node, wg_scope_now(t)};
}
