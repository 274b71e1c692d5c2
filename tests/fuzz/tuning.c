/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* wg_tuning_load on any bytes. */

#include <wengert/tuning.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wg_error error = {0};
    wg_tuning *tuning = wg_tuning_load(fuzz_file(0, data, size), NULL, &error);
    fuzz_expect_reader(tuning, &error);
    if (tuning)
        fuzz_expect(wg_tuning_count(tuning) <= size / 44, "no more entries than lines");
    wg_tuning_free(tuning);
    return 0;
}
