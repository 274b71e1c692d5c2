/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* rooms.h - working memory of an operation for each of its workers. */
#ifndef WG_OPS_ROOMS_H
#define WG_OPS_ROOMS_H

#include <stdbool.h>
#include <wengert/op.h>
#include "kernels/parallel.h"

/* As many rooms of rooms->bytes as there are workers; false: there is no memory. */
static inline bool wg__op_rooms(wg_op_context *op, wg_rooms *rooms, size_t workers)
{
    return rooms->bytes == 0 || (rooms->memory = wg_op_scratch(op, workers * rooms->bytes)) != NULL;
}

/* The workspace of these. */
static inline size_t wg__op_rooms_workspace(const wg_rooms *rooms, size_t workers)
{
    return rooms->bytes ? wg_op_scratch_size(workers * rooms->bytes) : 0;
}

#endif
