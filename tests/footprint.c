/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* A neuron and its gradient, as a program may have it inside: footprint.sh weighs it. */
#include <stdio.h>
#include <wengert/math.h>

int main(void)
{
    wg_tape *tape = wg_tape_new(NULL);
    wg_var w = wg_scalar(tape, 2), x = wg_scalar(tape, -1), b = wg_scalar(tape, 0.5);
    wg_var y = wg_sigmoid(wg_add(wg_mul(w, x), b));
    if (wg_backward(y) != WG_OK)
        fprintf(stderr, "%s\n", wg_tape_message(tape));
    printf("dy/dw = %g\n", wg_item_grad(w));
    wg_tape_free(tape);
    return 0;
}
