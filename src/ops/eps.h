/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* eps.h - the eps of the normalisations' options. */
#ifndef WG_OPS_EPS_H
#define WG_OPS_EPS_H

/* 0 stands for 1e-5, a negative number for 0. */
static inline double wg_eps_of(double eps)
{
    return eps == 0 ? 1e-5 : eps < 0 ? 0 : eps;
}

#endif
