/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* conv_real.h - a template (see base/for_each_real.h): the choice of the algorithm. */

void FN(wg__conv)(int threads, const wg_conv *conv, wg_conv_pass pass, const REAL *a, const REAL *b,
    REAL *result, void *scratch, const wg_epilogue *epilogue)
{
    bool direct = !empty(conv) && wg__conv_direct_fits(conv, pass, sizeof(REAL));
    if (direct)
        FN(wg__conv_direct)(threads, conv, pass, a, b, result, scratch, epilogue);
    else if (empty(conv))
        memset(result, 0, result_count(conv, pass) * sizeof(REAL));
    else
        FN(wg__conv_gemm)(threads, conv, pass, a, b, result, scratch);
    if (!direct)
        wg__epilogue_all(epilogue, threads, result_count(conv, pass));
}
