/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "base/names.h"

#include <stdint.h>
#include <string.h>

/* The place where `text` is, or the empty one where it belongs: linear probing from a hash by FNV-1a. */
static size_t place_of(const wg_names *names, const char *text)
{
    uint64_t hash = 0xCBF29CE484222325u ^ names->seed;
    for (const char *c = text; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 0x100000001B3u;
    size_t place = (size_t)(hash ^ hash >> 32) & (names->places - 1);
    while (names->place[place] && strcmp(names->text[names->place[place] - 1], text) != 0)
        place = (place + 1) & (names->places - 1);
    return place;
}

size_t wg__names_find(const wg_names *names, const char *text)
{
    if (!text || names->places == 0)
        return SIZE_MAX;
    return names->place[place_of(names, text)] - 1; /* an empty place, 0, becomes SIZE_MAX */
}

static bool reserve_place(wg_names *names)
{
    if (names->places / 2 > names->count)
        return true;
    size_t places = names->places ? 2 * names->places : 32, bytes;
    size_t *place = wg__mul_size(places, sizeof *place, &bytes) ? wg__mem_zero(names->memory, bytes) : NULL;
    if (!place)
        return false;
    wg__mem_free(names->memory, names->place, names->places * sizeof *place);
    names->place = place;
    names->places = places;
    names->seed = (uintptr_t)place;
    for (size_t i = 0; i < names->count; i++)
        names->place[place_of(names, names->text[i])] = i + 1;
    return true;
}

bool wg__names_add(wg_names *names, const char *text)
{
    void *texts = (void *)names->text;
    if (!wg__mem_reserve(names->memory, &texts, &names->capacity, names->count + 1, sizeof *names->text))
        return false;
    names->text = texts;
    if (!reserve_place(names))
        return false;
    names->place[place_of(names, text)] = names->count + 1;
    names->text[names->count++] = text;
    return true;
}

void wg__names_drop(wg_names *names)
{
    if (names->count == 0)
        return;
    names->place[place_of(names, names->text[names->count - 1])] = 0; /* no later text went past this place */
    names->count--;
}

void wg__names_free(wg_names *names)
{
    wg__mem_free(names->memory, (void *)names->text, names->capacity * sizeof *names->text);
    wg__mem_free(names->memory, names->place, names->places * sizeof *names->place);
    *names = (wg_names){.memory = names->memory};
}

bool wg__utf8_valid(const char *text, size_t length)
{
    static const uint32_t least[4] = {0, 0x80, 0x800, 0x10000}; /* with so many bytes after the first */
    const unsigned char *byte = (const unsigned char *)text, *end = byte + length;
    while (byte < end) {
        unsigned first = *byte++;
        size_t more = first < 0x80       ? 0
                      : first >> 5 == 6  ? 1
                      : first >> 4 == 14 ? 2
                      : first >> 3 == 30 ? 3
                                         : 4;
        if (more == 4 || more > (size_t)(end - byte))
            return false;
        uint32_t point = more ? first & (0x3Fu >> more) : first;
        for (size_t i = 0; i < more; i++, byte++) {
            if (*byte >> 6 != 2)
                return false;
            point = point << 6 | (*byte & 0x3Fu);
        }
        if (point < least[more] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000))
            return false;
    }
    return true;
}
