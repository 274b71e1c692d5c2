/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* check.h - gradient checks inside a test suite of Check (libcheck.github.io).
 *
 *     START_TEST(energy_has_the_gradient_it_claims)
 *     {
 *         WG_ASSERT_GRADCHECK(energy, NULL, WG_SHAPE(3, 4), WG_SHAPE(4));
 *     }
 *     END_TEST
 *
 * A failure says the worst entry, both values and the operation that is wrong. */
#ifndef WENGERT_CHECK_H
#define WENGERT_CHECK_H

#include <check.h>
#include <string.h>
#include <wengert/gradcheck.h>

static inline void wg_assert_gradcheck_(wg_function *f, void *user, const wg_shape *shapes, size_t n,
    int order, const char *file, int line, const char *name)
{
    wg_gradcheck_report report;
    wg_gradcheck_options options;
    memset(&options, 0, sizeof options);
    options.order = order;
    wg_status status = wg_gradcheck_shapes(f, user, shapes, n, &options, &report);
    if (status == WG_OK)
        mark_point();
    else
        ck_abort_msg("%s:%d: %s: %s", file, line, name, report.message);
}

/* Checks the gradient of f at a random point of the given shapes; of the second kind, the derivative of its
 * gradient too. */
#define WG_ASSERT_GRADCHECK(f, user, ...) WG_ASSERT_GRADCHECK_(1, f, user, __VA_ARGS__)
#define WG_ASSERT_GRADCHECK2(f, user, ...)                                                                   \
    (WG_ASSERT_GRADCHECK_(1, f, user, __VA_ARGS__), WG_ASSERT_GRADCHECK_(2, f, user, __VA_ARGS__))
#define WG_ASSERT_GRADCHECK_(order, f, user, ...)                                                            \
    wg_assert_gradcheck_(f, user, (wg_shape[]){__VA_ARGS__},                                                 \
        sizeof((wg_shape[]){__VA_ARGS__}) / sizeof(wg_shape), order, __FILE__, __LINE__, #f)

#endif
