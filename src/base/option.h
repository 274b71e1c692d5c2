/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* option.h - what an option's number means. */
#ifndef WG_BASE_OPTION_H
#define WG_BASE_OPTION_H

#include <wengert/option.h>

/* 0 means the default, WG_ZERO means 0. */
static inline double wg__option_or(double option, double otherwise)
{
    return option == 0 ? otherwise : option == WG_ZERO ? 0 : option;
}

#endif
