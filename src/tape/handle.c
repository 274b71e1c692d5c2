/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* handle.c - vars, and the going back of a tape.
 *
 * Reset and rewind raise the tape's epoch. A var of the present epoch is alive. An older one is alive if its
 * node lies below every place that the tape was rewound to since the var was made. Those places are kept as a
 * list in which both epoch and node increase (rewinding to a lower place makes the higher ones before it
 * irrelevant), so the lowest place since epoch e is the first entry after e. The list is looked at only when
 * the epochs differ. */

#include "tape/engine.h"

wg_var wg__invalid(wg_tape *tape)
{
    return (wg_var){.tape = tape, .node = WG_NO_NODE, .epoch = 0};
}

/* A node that is no plain scalar with a value has the top bit set, so that the inline path leaves it alone.
 */
wg_var wg__var_of(wg_engine *t, uint32_t node)
{
    const wg_record *record = wg__record_of(t, node);
    bool plain = !record || (record->valued && record->results == 1 && record->result[0].scalar);
    return (wg_var){.tape = &t->head, .node = node, .epoch = t->epoch | (plain ? 0 : WG_SLOW)};
}

bool wg__alive(const wg_engine *t, wg_var x)
{
    uint32_t epoch = x.epoch & ~WG_SLOW;
    if (x.node >= t->head.count || epoch == 0 || epoch > t->epoch)
        return false;
    if (epoch == t->epoch)
        return true;
    if (t->rewound_count == 0 || t->rewound[t->rewound_count - 1].epoch <= epoch)
        return false;                            /* a reset came between */
    size_t low = 0, high = t->rewound_count - 1; /* the first entry after `epoch` */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (t->rewound[middle].epoch > epoch)
            high = middle;
        else
            low = middle + 1;
    }
    return x.node < t->rewound[low].node && epoch >= t->first_epoch;
}

bool wg_is_valid(wg_var x)
{
    return x.tape && wg__alive(wg__engine_of(x.tape), x);
}

wg_tape *wg_tape_of(wg_var x)
{
    return x.tape;
}

wg_engine *wg__common_tape(const char *name, const wg_var *x, size_t count, wg_tape **found)
{
    *found = NULL;
    for (size_t i = 0; i < count && !*found; i++)
        *found = x[i].tape;
    if (!*found)
        return NULL;
    wg_engine *t = wg__engine_of(*found);
    if (t->status != WG_OK)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (x[i].tape && x[i].tape != *found) {
            wg__fail(t, WG_TWO_TAPES, "%s: operand %zu lives on another tape than operand 0", name, i);
            return NULL;
        }
    for (size_t i = 0; i < count; i++)
        if (!wg__alive(t, x[i])) {
            bool dead = x[i].tape && x[i].epoch != 0;
            const wg_error *unstuck = x[i].tape ? wg__unstuck(t, x[i]) : NULL;
            if (unstuck)
                wg__fail(t, unstuck->status, "%s: operand %zu: %s", name, i, unstuck->message);
            else
                wg__fail(t, dead ? WG_DEAD_VAR : WG_INVALID,
                    dead ? "%s: operand %zu outlived its tape's reset or rewind"
                         : "%s: operand %zu is no var",
                    name, i);
            return NULL;
        }
    return t;
}

/* ---- Going back ------------------------------------------------------------------------------------ */

static void release_record(wg_engine *t, wg_record *record)
{
    if (record->bound) /* the sweep's own rewinds leave the epoch alone: the var would name another node */
        record->bound->var = wg__invalid(&t->head);
    for (size_t r = 0; r < record->results; r++) {
        wg__block_give(&t->blocks, record->result[r].block);
        wg__block_give(&t->blocks, record->result[r].gradient_block);
    }
    for (size_t k = 0; k < WG_MAX_KEEP; k++)
        wg__block_give(&t->blocks, record->keep_block[k]);
}

/* The arena is rewound to the first dropped record, the numbers to the first dropped step that has some. On
 * an empty tape an arena holds nothing, whatever failed before its record became a node. */
void wg__forget(wg_engine *t, uint32_t node)
{
    wg_tape *head = &t->head;
    if (node == 0)
        head->number_count = 0;
    for (uint32_t i = node; i < head->count && head->number_count; i++)
        if (wg__number_count(wg__code(t, i))) {
            head->number_count = head->steps[i].b;
            break;
        }
    while (t->record_count && t->records[t->record_count - 1]->node >= node) {
        wg_record *record = t->records[--t->record_count];
        wg_place place = record->place;
        release_record(t, record);
        wg__arena_rewind(&t->arena, place);
    }
    if (node == 0)
        wg__arena_rewind(&t->arena, (wg_place){0});
    wg__names_forget(t, node);
    if (head->count > node)
        head->count = node;
    if (t->swept > node)
        t->swept = node;
    if (t->swept_end > node)
        t->swept_end = node;
}

wg_mark wg_tape_mark(wg_tape *tape)
{
    if (!tape)
        return (wg_mark){0};
    const wg_engine *t = wg__engine_of(tape);
    return (wg_mark){.tape = tape,
        .node = tape->count,
        .epoch = t->epoch,
        .scopes = t->scope ? t->scope->depth : 0,
        .no_grads = t->no_grad};
}

wg_status wg_tape_rewind(wg_tape *tape, wg_mark mark)
{
    if (!tape)
        return WG_INVALID;
    wg_engine *t = wg__engine_of(tape);
    if (mark.tape != tape)
        return wg__fail(t, WG_TWO_TAPES, "rewind: the mark is another tape's");
    wg_var last = {
        .tape = tape, .node = mark.node - 1, .epoch = mark.epoch}; /* the last node below the mark */
    bool good = mark.node == 0 ? mark.epoch >= t->first_epoch && mark.epoch <= t->epoch : wg__alive(t, last);
    if (!good)
        return wg__fail(t, WG_DEAD_VAR, "rewind: the tape was reset, or rewound below the mark, since");
    if (!wg__mem_reserve(
            &t->memory, (void **)&t->rewound, &t->rewound_capacity, t->rewound_count + 1, sizeof *t->rewound))
        return wg__fail(t, WG_OUT_OF_MEMORY, "rewind: out of memory");
    wg__scopes_close(t, mark.scopes);
    if (t->no_grad > mark.no_grads)
        t->no_grad = mark.no_grads;
    wg__forget(t, mark.node);
    if (t->epoch == WG_SLOW - 2) { /* as in a reset; all vars die */
        t->epoch = t->first_epoch = 1;
        t->rewound_count = 0;
    } else {
        t->epoch++;
        while (t->rewound_count && t->rewound[t->rewound_count - 1].node >= mark.node)
            t->rewound_count--;
        t->rewound[t->rewound_count++] = (struct wg_rewound){t->epoch, mark.node};
    }
    wg__update_fast(t);
    return t->status;
}
