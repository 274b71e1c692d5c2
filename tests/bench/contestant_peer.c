/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* A peer in C++ (peer_*.cpp) among the contestants of compare.py (contestant.h). */

#include "contestant.h"
#include "peer.h"

int main(void)
{
    return contestant_serve(&(contestant){
        .make = peer_make, .run = peer_run, .free = peer_free, .tell = peer_tell, .warm = peer_warm});
}
