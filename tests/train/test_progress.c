/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* The time that is left, as a fit shows it on a terminal. */

#include <string.h>
#include "base/clock.h"
#include "train/progress.h"

#include "harness.h"

/* After a million seconds in which a million samples were seen, one epoch of so many samples is left: as many
 * seconds. */
static void check_left(size_t seconds, const char *expected)
{
    char text[1024] = "";
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    wg_progress p = wg__progress_begin(file, "accuracy", 2, seconds);
    p.terminal = true;
    p.begun = wg__clock() - 1e6;
    p.seen = 999999;
    wg__progress_update(&p, &(wg_epoch){.epoch = 1, .loss = 0.5, .metric = 0.75, .samples = seconds}, 1);
    rewind(file);
    ck_assert_uint_gt(fread(text, 1, sizeof text - 1, file), 0);
    fclose(file);
    const char *left = strstr(text, "/s  "), *end = strstr(text, " left");
    ck_assert_msg(left && end && (size_t)(end - left - 4) == strlen(expected) &&
                      strncmp(left + 4, expected, strlen(expected)) == 0,
        "%s, not %s", text, expected);
}

START_TEST(the_time_that_is_left)
{
    check_left(1, "0:01");
    check_left(59, "0:59");
    check_left(60, "1:00");
    check_left(125, "2:05");
    check_left(3599, "59:59");
    check_left(3600, "1:00:00");
    check_left(3661, "1:01:01");
    check_left(45296, "12:34:56");
    check_left(90000, "25:00:00");
}
END_TEST

TEST_MAIN("progress", the_time_that_is_left)
