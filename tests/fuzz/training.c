/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* wg_training_load: byte 0 says what is loaded, what follows is the file. A load that fails changes nothing.
 */

#include <wengert/checkpoint.h>

#include "fuzz.h"

static wg_params *store(void)
{
    wg_params *params = wg_params_new(NULL);
    wg_params_add(params, "w", WG_SHAPE(2), NULL, NULL);
    return params;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    size = LLVMFuzzerMutate(data, size, most);
    if (seed % 4 && size)
        fuzz_mend_safetensors(data + 1, size - 1);
    return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    static wg_params *before; /* a load */
    wg_params *params = store();
    before = before ? before : store();
    wg_optim *optim = data[0] & 1 ? wg_adam_new(params, NULL) : wg_sgd_new(params, NULL);
    wg_tape *tape = wg_tape_new(NULL);
    wg_archive *extra = wg_archive_new(NULL);
    double lr = wg_optim_lr(optim);
    wg_error error = {0};
    const wg_training training = {.params = params,
        .optim = data[0] & 2 ? NULL : optim,
        .tape = data[0] & 4 ? NULL : tape,
        .extra = data[0] & 8 ? NULL : extra};
    wg_status status = wg_training_load(&training, fuzz_file(0, data + 1, size - 1), &error);
    fuzz_expect(
        status == error.status && (status == WG_OK) == (error.message[0] == 0), "a status with words");
    fuzz_expect_archive(extra, size);
    if (status != WG_OK) {
        fuzz_expect(wg_params_equal(params, before), "a load that fails changes no parameter");
        fuzz_expect(wg_optim_step_count(optim) == 0 && wg_optim_lr(optim) == lr, "nor the optimiser");
        fuzz_expect(wg_archive_count(extra) == 0 && wg_archive_note_count(extra) == 0, "nor the archive");
    }
    fuzz_expect(wg_optim_step(optim) == WG_OK, "the optimiser works");
    wg_archive_free(extra);
    wg_tape_free(tape);
    wg_optim_free(optim);
    wg_params_free(params);
    return 0;
}
