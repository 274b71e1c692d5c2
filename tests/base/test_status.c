/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include <stdlib.h>
#include <string.h>
#include <wengert/status.h>

#include "harness.h"

START_TEST(every_status_has_name_and_text)
{
    static const wg_status all[] = {
#define ROW(name, text) WG_##name,
        WG_STATUS_LIST(ROW)
#undef ROW
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        ck_assert_int_eq(strncmp(wg_status_name(all[i]), "WG_", 3), 0);
        ck_assert_uint_gt(strlen(wg_status_text(all[i])), 1);
        for (size_t j = 0; j < i; j++) {
            ck_assert_str_ne(wg_status_name(all[i]), wg_status_name(all[j]));
            ck_assert_str_ne(wg_status_text(all[i]), wg_status_text(all[j]));
        }
    }
    ck_assert_str_eq(wg_status_name(WG_OK), "WG_OK");
    ck_assert_str_eq(wg_status_name(WG_BAD_SHAPE), "WG_BAD_SHAPE");
    ck_assert_str_eq(wg_status_text(WG_OUT_OF_MEMORY), "out of memory");
}
END_TEST

START_TEST(unknown_statuses_have_texts)
{
    ck_assert_str_eq(wg_status_name((wg_status)1000), "WG_?");
    ck_assert_ptr_nonnull(wg_status_text((wg_status)1000));
}
END_TEST

START_TEST(first_error_stays)
{
    wg_error error = {0};
    ck_assert_int_eq(wg_error_set(&error, WG_OK, "nothing"), WG_OK);
    ck_assert_str_eq(error.message, "");
    ck_assert_int_eq(wg_error_set(&error, WG_FILE, "%s: no such file", "a.idx"), WG_FILE);
    ck_assert_int_eq(wg_error_set(&error, WG_FORMAT, "second"), WG_FORMAT);
    ck_assert_int_eq(error.status, WG_FILE);
    ck_assert_str_eq(error.message, "a.idx: no such file");
    wg_error_clear(&error);
    ck_assert_int_eq(error.status, WG_OK);
    ck_assert_str_eq(error.message, "");
    ck_assert_int_eq(wg_error_set(&error, WG_FORMAT, "third"), WG_FORMAT);
    ck_assert_str_eq(error.message, "third");
}
END_TEST

START_TEST(null_errors_are_taken)
{
    ck_assert_int_eq(wg_error_set(NULL, WG_FILE, "%d", 1), WG_FILE);
    wg_error_clear(NULL);
}
END_TEST

START_TEST(long_messages_are_cut)
{
    char text[2 * WG_MESSAGE_SIZE];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = 0;
    wg_error error = {0};
    wg_error_set(&error, WG_INVALID, "%s", text);
    ck_assert_uint_eq(strlen(error.message), WG_MESSAGE_SIZE - 1);
}
END_TEST

START_TEST(version_is_the_headers)
{
    char text[64];
    snprintf(text, sizeof text, "%d.%d.%d", WG_VERSION_MAJOR, WG_VERSION_MINOR, WG_VERSION_PATCH);
    ck_assert_str_eq(wg_version(), text);
}
END_TEST

TEST_MAIN("status", every_status_has_name_and_text, unknown_statuses_have_texts, first_error_stays,
    null_errors_are_taken, long_messages_are_cut, version_is_the_headers)
