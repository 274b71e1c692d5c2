/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

#include "train/fitting.h"

wg_status wg_fitting_save(wg_fitting *f)
{
    return f->options.checkpoint ? wg_error_set(f->error, WG_FILE, "fit: no checkpoints in this build")
                                 : WG_OK;
}

wg_status wg_fitting_resume(wg_fitting *f)
{
    return wg_fitting_save(f);
}
