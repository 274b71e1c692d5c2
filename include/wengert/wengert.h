/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* wengert.h - everything but <wengert/check.h>, which needs Check. */
#ifndef WENGERT_H
#define WENGERT_H

#include <wengert/status.h>
#include <wengert/array.h>
#include <wengert/alloc.h>
#include <wengert/option.h>
#include <wengert/tape.h>
#include <wengert/tuning.h>
#include <wengert/math.h>
#include <wengert/op.h>
#include <wengert/map.h>
#include <wengert/random.h>
#include <wengert/reduce.h>
#include <wengert/shaping.h>
#include <wengert/linalg.h>
#include <wengert/conv.h>
#include <wengert/norm.h>
#include <wengert/recurrent.h>
#include <wengert/loss.h>
#include <wengert/gradcheck.h>
#include <wengert/init.h>
#include <wengert/params.h>
#include <wengert/layers.h>
#include <wengert/optim.h>
#include <wengert/plan.h>
#include <wengert/schedule.h>
#include <wengert/data.h>
#include <wengert/synthetic.h>
#include <wengert/load.h>
#include <wengert/fit.h>
#include <wengert/archive.h>
#include <wengert/checkpoint.h>
#include <wengert/picture.h>
#include <wengert/plot.h>
#include <wengert/view.h>

#endif
