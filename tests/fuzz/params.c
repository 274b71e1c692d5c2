/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* wg_params_load: byte 0 says into which store, what follows is the file. A load that fails changes nothing,
 * one that succeeds leaves arrays that can be saved. */

#include <wengert/checkpoint.h>

#include "fuzz.h"

static wg_params *store_of(uint8_t byte)
{
    wg_params *params = wg_params_new(&(wg_params_options){.dtype = byte & 1 ? WG_F32 : WG_F64});
    if (byte & 2) {
        wg_params_add(params, "w", WG_SHAPE(2, 2), NULL, NULL);
        wg_params_add(params, "b", WG_SHAPE(1), NULL, NULL);
        wg_params_add_buffer(params, "m", WG_SHAPE(2), NULL, NULL);
    }
    if (byte & 4)
        wg_params_seal(params);
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
    static wg_params *stores[8]; /* as they are before a load */
    wg_params *params = store_of(data[0]), *before = stores[data[0] & 7];
    if (!before)
        before = stores[data[0] & 7] = store_of(data[0]);
    wg_params_load_report report;
    wg_error error = {0};
    wg_status status = wg_params_load(params, fuzz_file(0, data + 1, size - 1),
        &(wg_params_load_options){.lenient = data[0] & 8, .report = data[0] & 16 ? &report : NULL}, &error);
    fuzz_expect(
        status == error.status && (status == WG_OK) == (error.message[0] == 0), "a status with words");
    fuzz_expect(status == WG_OK || wg_params_equal(params, before), "a load that fails changes nothing");
    fuzz_expect(wg_params_element_count(params) <= 7 + size, "no more numbers than bytes");
    wg_params_free(params);
    return 0;
}
