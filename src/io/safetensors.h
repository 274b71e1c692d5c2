/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* safetensors.h - what reading and writing share. The format is drawn in <wengert/archive.h>. */
#ifndef WG_IO_SAFETENSORS_H
#define WG_IO_SAFETENSORS_H

#include <inttypes.h>

#define WG_SAFETENSORS_NOTES "__metadata__"
#define WG_SAFETENSORS_CHECKSUM "wengert.checksum"
#define WG_SAFETENSORS_CHECKSUM_TEXT "crc32:%08" PRIx32

enum { WG_SAFETENSORS_MOST_HEADER = 100000000 };

#endif
