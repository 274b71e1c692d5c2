/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* ops.h - the records of the structured operations, declared from the list ops.def. */
#ifndef WG_OPS_OPS_H
#define WG_OPS_OPS_H

#include <wengert/op.h>

#define OP(name) extern const wg_op wg__op_##name;
#include "ops/ops.def"
#undef OP

#endif
