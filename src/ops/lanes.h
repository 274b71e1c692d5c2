/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* lanes.h - which shapes fit batch lanes (kernels/lanes.h), for the operations' rules. */
#ifndef WG_OPS_LANES_H
#define WG_OPS_LANES_H

#include <stdbool.h>
#include <wengert/array.h>

/* Images [N, C, H, W] with N a multiple of L, none of them empty. */
bool wg__is_batch_of_lanes(const wg_shape *shape);

/* Broadcast to images [N, C, H, W], has it the same numbers for all n and all columns? [C, 1, 1], say. Then
 * it is broadcast to [N / L, C, H, W L] as well. */
bool wg__is_alike_in_lanes(const wg_shape *shape);

#endif
