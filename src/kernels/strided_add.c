/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "kernels/strided.h"

typedef struct strided_add {
    const void *from;
    void *to;
} strided_add;

#define TEMPLATE "kernels/strided_add_real.h"
#include "base/for_each_real.h"
