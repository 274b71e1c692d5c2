/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* option.h - zero as the value of an option.
 *
 * In options structs 0 means the default, so that a zeroed struct is the default of everything. Where zero is
 * a value of its own - an eps, a momentum, a decay - and the default is another, it is said like this:
 *
 *     &(wg_adam_options){.eps = WG_ZERO}
 *     &(wg_adam_options){.eps = wg_exactly(eps)}         eps comes from the program and may be 0
 *
 * Both mean zero, too, where zero is the default (a momentum of SGD). A negative number is no such value: it
 * is refused, like any other out of range. */
#ifndef WENGERT_OPTION_H
#define WENGERT_OPTION_H

/* Stands for zero in an option. It is a number of its own, about 3.2e-308 and above the smallest that a
 * processor may round to zero, which nobody computes or writes by chance. */
#define WG_ZERO 0x1.7a6b5c4d3e2f1p-1022

/* `value` for an option: zero is said as WG_ZERO, any other number as it is. */
static inline double wg_exactly(double value)
{
    return value == 0 ? WG_ZERO : value;
}

#endif
