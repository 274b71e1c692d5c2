/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* name.c - names of nodes, and the scopes that they were recorded in: side lists in order of nodes. */

#include "tape/engine.h"

#include <inttypes.h>
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

const char *wg__name_at(const wg_engine *t, uint32_t node)
{
    size_t i = find(t, node);
    return i < t->name_count && t->names[i].node == node ? t->names[i].text : "";
}

/* "loss", or "mul (node 12)" without a name. */
const char *wg__node_text(wg_engine *t, uint32_t node, char text[WG_NODE_TEXT])
{
    const char *name = wg__name_at(t, node);
    if (*name)
        snprintf(text, WG_NODE_TEXT, "%.*s", WG_NODE_TEXT - 1, name);
    else
        snprintf(text, WG_NODE_TEXT, "%.128s (node %" PRIu32 ")", wg_title_of(wg__var_of(t, node)), node);
    return text;
}

static char *copy(wg_engine *t, const char *text)
{
    size_t size = strlen(text) + 1;
    char *own = wg__text_take(&t->texts, size);
    return own ? memcpy(own, text, size) : NULL;
}

static void give(wg_engine *t, char *text)
{
    wg__text_give(&t->texts, text, strlen(text) + 1);
}

wg_var wg_set_name(wg_var x, const char *name)
{
    wg_engine *t = wg__engine_of(x.tape);
    if (!t || t->status != WG_OK || !name || !wg__alive(t, x))
        return x;
    bool room = wg__mem_reserve(
        &t->memory, (void **)&t->names, &t->name_capacity, t->name_count + 1, sizeof *t->names);
    char *text = room ? copy(t, name) : NULL;
    if (!text) {
        wg__fail(t, WG_OUT_OF_MEMORY, "no memory for the name %s", name);
        return wg__invalid(x.tape);
    }
    size_t i = find(t, x.node);
    if (i < t->name_count && t->names[i].node == x.node) {
        give(t, t->names[i].text);
    } else {
        memmove(t->names + i + 1, t->names + i, (t->name_count - i) * sizeof *t->names);
        t->name_count++;
    }
    t->names[i] = (struct wg_named){x.node, text};
    return x;
}

const char *wg_name_of(wg_var x)
{
    return wg_is_valid(x) ? wg__name_at(wg__engine_of(x.tape), x.node) : "";
}

/* ---- Scopes ---------------------------------------------------------------------------------------- */

static const char *path_of(const wg_scope *scope)
{
    return scope ? scope->path : "";
}

static wg_scope *share(wg_scope *scope)
{
    if (scope)
        scope->references++;
    return scope;
}

/* The last one to let go of a scope lets go of the one around it. */
static void release(wg_engine *t, wg_scope *scope)
{
    while (scope && --scope->references == 0) {
        wg_scope *outer = scope->outer;
        wg__text_give(&t->texts, scope, sizeof *scope + strlen(scope->path) + 1);
        scope = outer;
    }
}

const char *wg__scope_now(const wg_engine *t)
{
    return path_of(t->scope);
}

static bool reserve_note(wg_engine *t)
{
    return wg__mem_reserve(
        &t->memory, (void **)&t->scopes, &t->scope_capacity, t->scope_count + 1, sizeof *t->scopes);
}

/* From the next node on, the present scope holds. There is room. */
static void note_scope(wg_engine *t)
{
    uint32_t node = t->head.count;
    if (t->scope_count && t->scopes[t->scope_count - 1].node == node)
        release(t, t->scopes[--t->scope_count].scope);
    t->scopes[t->scope_count++] = (struct wg_scoped){node, share(t->scope)};
}

void wg_scope_push(wg_tape *tape, const char *name)
{
    wg_engine *t = wg__engine_of(tape);
    if (!t)
        return;
    const char *now = wg__scope_now(t), *own = name ? name : "";
    size_t size = strlen(now) + (now[0] != 0) + strlen(own) + 1;
    wg_scope *scope = reserve_note(t) ? wg__text_take(&t->texts, sizeof *scope + size) : NULL;
    if (!scope) {
        wg__fail(t, WG_OUT_OF_MEMORY, "no memory for the scope %s", own);
        t->scopes_lost++; /* so that its pop finds nothing to do */
        return;
    }
    *scope = (wg_scope){.outer = t->scope, .references = 1, .depth = t->scope ? t->scope->depth + 1 : 1};
    snprintf(scope->path, size, "%s%s%s", now, now[0] ? "/" : "", own);
    t->scope = scope;
    note_scope(t);
}

/* The stack's share of the scope around it is the scope's until now. */
static void close_scope(wg_engine *t)
{
    wg_scope *scope = t->scope;
    t->scope = share(scope->outer);
    release(t, scope);
}

void wg_scope_pop(wg_tape *tape)
{
    wg_engine *t = wg__engine_of(tape);
    if (t && t->scopes_lost) {
        t->scopes_lost--;
    } else if (t && t->scope) {
        bool room = reserve_note(t);
        close_scope(t);
        if (room)
            note_scope(t);
        else
            wg__fail(t, WG_OUT_OF_MEMORY, "no memory for leaving a scope");
    }
}

void wg__scopes_close(wg_engine *t, uint32_t depth)
{
    while (t->scope && t->scope->depth > depth)
        close_scope(t);
}

const char *wg_scope_of(wg_var x)
{
    if (!wg_is_valid(x))
        return "";
    const wg_engine *t = wg__engine_of(x.tape);
    size_t low = 0, high = t->scope_count; /* the first entry after the node */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (t->scopes[middle].node <= x.node)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? path_of(t->scopes[low - 1].scope) : "";
}

const char *wg_tape_scope(const wg_tape *tape)
{
    return tape ? wg__scope_now(wg__engine_of(tape)) : "";
}

/* ---- On another tape -------------------------------------------------------------------------------- */

/* Nodes recorded in one scope share it: `from`'s scope k is the copy's entry k, a path with nothing around
 * it. */
static bool copy_scope(wg_engine *to, const struct wg_scoped *old)
{
    const char *path = path_of(old->scope);
    size_t size = strlen(path) + 1;
    wg_scope *scope = old->scope ? wg__text_take(&to->texts, sizeof *scope + size) : NULL;
    if (old->scope && !scope)
        return false;
    if (scope) {
        *scope = (wg_scope){.references = 1, .depth = 1};
        memcpy(scope->path, path, size);
    }
    to->scopes[to->scope_count++] = (struct wg_scoped){old->node, scope};
    return true;
}

bool wg__names_copy(wg_engine *to, const wg_engine *from)
{
    if (!wg__mem_reserve(
            &to->memory, (void **)&to->names, &to->name_capacity, from->name_count + 1, sizeof *to->names) ||
        !wg__mem_reserve(&to->memory, (void **)&to->scopes, &to->scope_capacity, from->scope_count + 1,
            sizeof *to->scopes))
        return false;
    for (size_t i = 0; i < from->name_count; i++) {
        char *text = copy(to, from->names[i].text);
        if (!text)
            return false;
        to->names[to->name_count++] = (struct wg_named){from->names[i].node, text};
    }
    for (size_t i = 0; i < from->scope_count; i++)
        if (!copy_scope(to, &from->scopes[i]))
            return false;
    return true;
}

/* ---- Going back ------------------------------------------------------------------------------------ */

/* What is recorded next is in the scope that is open now. Where that is news, an entry went, whose room there
 * is. */
void wg__names_forget(wg_engine *t, uint32_t node)
{
    size_t named = find(t, node);
    while (t->name_count > named)
        give(t, t->names[--t->name_count].text);
    bool went = false;
    while (t->scope_count && t->scopes[t->scope_count - 1].node >= node) {
        release(t, t->scopes[--t->scope_count].scope);
        went = true;
    }
    if (went)
        t->scopes[t->scope_count++] = (struct wg_scoped){node, share(t->scope)};
}

void wg__names_reset(wg_engine *t)
{
    t->name_count = t->scope_count = t->scopes_lost = 0;
    t->scope = NULL;
    wg__texts_reset(&t->texts);
}
