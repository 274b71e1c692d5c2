/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The table of all operations: the formula rows first, then the structured ones. Nobody keeps numbers by
 * hand; a new row in one of the two .def files is a new entry here. */

#include <string.h>
#include <wengert/op.h>
#include "ops/formula.h"
#include "ops/ops.h"

static const wg_op *const table[] = {
#define WG_UNARY(name, ...) &wg__formula_ops[WG_CODE_##name],
#define WG_UNARY1 WG_UNARY
#define WG_UNARY2 WG_UNARY
#define WG_STEP WG_UNARY
#define WG_BINARY(name, ...)                                                                                 \
    &wg__formula_ops[WG_CODE_##name], &wg__formula_ops[WG_CODE_##name##c], &wg__formula_ops[WG_CODE_c##name],
#define WG_STEP2 WG_BINARY
#include <wengert/formulas.def>
#define OP(name) &wg__op_##name,
#include "ops/ops.def"
};

const wg_op *const *wg_op_table(size_t *count)
{
    if (count)
        *count = sizeof table / sizeof table[0];
    return table;
}

const wg_op *wg_op_find(const char *name)
{
    if (!name)
        return NULL;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i]->name, name) == 0)
            return table[i];
    return NULL;
}
