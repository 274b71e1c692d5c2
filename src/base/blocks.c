/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "base/blocks.h"

#include <stdint.h>

/* Class 4 e + q holds (4 + q) 2^(e - 2) bytes; class sizes are multiples of a line from e = 8 on, the
 * smallest. */
static size_t class_size(unsigned class)
{
    return (size_t)(4 + class % 4) << (class / 4 - 2);
}

static unsigned class_of(size_t size)
{
    unsigned class = 4 * 8;
    while (class < WG_BLOCK_CLASSES - 4 && class_size(class) < size)
        class += 4;
    if (class > 4 * 8) /* the last class of the power below may do */
        class -= 4;
    while (class < WG_BLOCK_CLASSES - 1 && class_size(class) < size)
        class ++;
    return class;
}

wg_block *wg__block_take(wg_blocks *blocks, size_t size)
{
    if (size > SIZE_MAX / 4)
        return NULL;
    unsigned class = class_of(size);
    wg_block *block = blocks->waiting[class];
    if (block) {
        blocks->waiting[class] = block->next;
    } else {
        size_t bytes = class_size(class) + WG_ALIGNMENT;
        block = wg__mem_aligned_new(blocks->memory, bytes);
        if (!block) { /* what waits in other classes may be what is missing */
            wg__blocks_trim(blocks);
            block = wg__mem_aligned_new(blocks->memory, bytes);
        }
        if (!block)
            return NULL;
        block->class = class;
    }
    block->references = 1;
    block->next = NULL;
    return block;
}

wg_block *wg__block_share(wg_block *block)
{
    if (block)
        block->references++;
    return block;
}

void wg__block_give(wg_blocks *blocks, wg_block *block)
{
    if (block && --block->references == 0) {
        block->next = blocks->waiting[block->class];
        blocks->waiting[block->class] = block;
    }
}

void wg__blocks_trim(wg_blocks *blocks)
{
    for (unsigned class = 0; class < WG_BLOCK_CLASSES; class ++)
        while (blocks->waiting[class]) {
            wg_block *block = blocks->waiting[class];
            blocks->waiting[class] = block->next;
            wg__mem_aligned_free(blocks->memory, block, class_size(class) + WG_ALIGNMENT);
        }
}
