/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* How OpenMP's waiting threads should wait: training steps alone and beside a busy neighbour, a process that
 * counts on one processor. OpenMP reads its variables when it is loaded, so each row is a process of its own,
 * this program with one argument. (OMP_PROC_BIND must not be set: a bound parent's children get one
 * processor.)
 *
 *     bench_shared [--json FILE] [--quick]
 *     bench_shared --steps SECONDS          prints the milliseconds of a step */

#include "bench.h"
#include "networks.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- One row: the program with an argument */

static int train(double seconds)
{
    enum { BATCH = 64 };
    wg_error error = {0};
    wg_dataset *data = wg_digits_make(BATCH, 1, &error);
    wg_params *params = wg_params_new(&(wg_params_options){.dtype = WG_F32, .seed = 1});
    wg_optim *sgd = wg_sgd_new(params, &(wg_sgd_options){.lr = 1e-3});
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = WG_F32, .training = true});
    int steps = 0;
    double start = 0;
    for (wg_status status = error.status; status == WG_OK; steps++) {
        if (steps == 3) /* warm */
            start = bench_now();
        if (steps > 3 && bench_now() - start > seconds)
            break;
        wg_tape_reset(tape);
        wg_params_zero_grad(params);
        wg_var logits = apply_lenet(params, wg_input(tape, wg_dataset_x(data)), NULL);
        status = wg_backward(wg_cross_entropy(logits, wg_input(tape, wg_dataset_y(data)), NULL));
        if (status == WG_OK)
            status = wg_optim_step(sgd);
    }
    double each = (bench_now() - start) / (steps - 3);
    wg_tape_free(tape);
    wg_optim_free(sgd);
    wg_params_free(params);
    wg_dataset_free(data);
    printf("%.6f\n", 1e3 * each);
    return steps <= 3;
}

/* ---- The table */

static const struct way {
    const char *name, *variable, *value;
} ways[] = {
    {"OpenMP's default", NULL, NULL},
    {"GOMP_SPINCOUNT=20000", "GOMP_SPINCOUNT", "20000"},
    {"OMP_WAIT_POLICY=passive", "OMP_WAIT_POLICY", "passive"},
    {"one thread", "OMP_NUM_THREADS", "1"},
};

/* Milliseconds of a step in a process of its own. */
static double measure(const char *program, const struct way *way, double seconds)
{
    int out[2];
    if (pipe(out) != 0)
        return (double)NAN;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        char text[32];
        snprintf(text, sizeof text, "%g", seconds);
        unsetenv("GOMP_SPINCOUNT"), unsetenv("OMP_WAIT_POLICY");
        if (way->variable)
            setenv(way->variable, way->value, 1);
        dup2(out[1], STDOUT_FILENO);
        execl(program, program, "--steps", text, (char *)NULL);
        _exit(1);
    }
    close(out[1]);
    FILE *from = fdopen(out[0], "r");
    double milliseconds = (double)NAN;
    if (!from || fscanf(from, "%lf", &milliseconds) != 1)
        milliseconds = (double)NAN;
    if (from)
        fclose(from);
    waitpid(child, NULL, 0);
    return milliseconds;
}

static pid_t neighbour_new(void)
{
    pid_t child = fork();
    for (volatile unsigned long count = 0; child == 0;)
        count++;
    return child;
}

static void neighbour_end(pid_t neighbour)
{
    kill(neighbour, SIGKILL);
    waitpid(neighbour, NULL, 0);
}

enum { WAYS = sizeof ways / sizeof ways[0], ROUNDS = 5 };

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--steps") == 0)
        return train(atof(argv[2]));
    bench b = bench_begin(argc, argv, "shared");
    double t[WAYS][2][ROUNDS];
    for (int round = 0; round < ROUNDS; round++)
        for (int busy = 0; busy < 2; busy++) {
            pid_t neighbour = busy ? neighbour_new() : 0;
            for (size_t i = 0; i < WAYS; i++)
                t[i][busy][round] = measure(argv[0], &ways[i], 20 * b.seconds);
            if (busy)
                neighbour_end(neighbour);
        }
    printf("A training step of LeNet-5 at batch 64, recorded, ms\n\n");
    printf("  %-24s %10s  %24s\n", "", "alone", "beside a busy neighbour");
    for (size_t i = 0; i < WAYS; i++) {
        double alone = bench_median(t[i][0], ROUNDS), beside = bench_median(t[i][1], ROUNDS);
        printf("  %-24s %10.2f  %24.2f\n", ways[i].name, alone, beside);
        char name[96];
        snprintf(name, sizeof name, "LeNet-5, batch 64, %s, alone", ways[i].name);
        bench_number(&b, name, "ms", alone);
        snprintf(name, sizeof name, "LeNet-5, batch 64, %s, beside a busy neighbour", ways[i].name);
        bench_number(&b, name, "ms", beside);
    }
    return bench_end(&b);
}
