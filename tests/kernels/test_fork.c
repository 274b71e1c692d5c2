/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Children of a process that ran parallel kernels compute the same bits, and end. That holds for Check's own,
 * too: main runs kernels before it forks one for each test. */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wengert/wengert.h>

#include "harness.h"
#include "networks.h"

enum { SIDE = 300, THREADS = 3 };

/* A product and its gradient, large enough for every thread. */
static double work_on(wg_tape *tape)
{
    static double numbers[SIDE * SIDE];
    for (int i = 0; i < SIDE * SIDE; i++)
        numbers[i] = i % 7 * 0.25 - 0.5;
    wg_tape_reset(tape);
    wg_var x = wg_leaf(tape, WG_DOUBLES(numbers, SIDE, SIDE));
    wg_var y = wg_sum(wg_tanh(wg_matmul(x, x)));
    if (wg_backward(y) != WG_OK)
        return 0;
    const double *gradient = wg_grad_data(x);
    double sum = wg_item(y);
    for (int i = 0; i < SIDE * SIDE; i++)
        sum += gradient[i] * (i % 11);
    return sum;
}

static double work(int threads)
{
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.threads = threads});
    double sum = work_on(tape);
    wg_tape_free(tape);
    return sum;
}

static double expected;     /* of one thread */
static wg_tape *from_above; /* a tape of the first process, with kernels run on it */

/* Threads of this process; 0 where that cannot be told. */
static int thread_count(void)
{
    DIR *tasks = opendir("/proc/self/task");
    int count = 0;
    for (struct dirent *entry; tasks && (entry = readdir(tasks));)
        count += entry->d_name[0] != '.';
    if (tasks)
        closedir(tasks);
    return count;
}

/* Does `run` in a child, which must end with 0 before long. */
static void in_child(int (*run)(void))
{
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        alarm(30); /* a hanging child is killed */
        _exit(run());
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(!WIFSIGNALED(status), "the child ended by signal %d", WTERMSIG(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
}

/* ---- What children do: 0 when all is right */

static int compute(void)
{
    for (int threads = 0; threads <= 2 * THREADS; threads++)
        if (work(threads) != expected)
            return 1;
    return work_on(from_above) == expected ? 0 : 2;
}

/* The thread that forked goes on alone. */
static int stay_alone(void)
{
    if (compute() != 0)
        return 1;
    return thread_count() > 1 ? 2 : 0;
}

static int compute_in_grandchild(void)
{
    pid_t child = fork();
    if (child == 0) {
        alarm(30);
        _exit(compute());
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return 1;
    return WEXITSTATUS(status) ? 2 : compute();
}

typedef struct result {
    double sum;
    int threads;
} result;

static void *compute_in_thread(void *user)
{
    result *r = user;
    r->sum = work(THREADS);
    r->threads = thread_count();
    return NULL;
}

/* A new thread of the child has a team of its own, the same one again as often as it likes. */
static int start_a_thread(void)
{
    pthread_t thread[2];
    result r[2];
    for (int i = 0; i < 2; i++)
        if (pthread_create(&thread[i], NULL, compute_in_thread, &r[i]) != 0)
            return 1;
    for (int i = 0; i < 2; i++) {
        pthread_join(thread[i], NULL);
        if (r[i].sum != expected)
            return 2;
    }
    return compute();
}

static int start_a_thread_and_count(void)
{
    pthread_t thread;
    result r;
    if (pthread_create(&thread, NULL, compute_in_thread, &r) != 0)
        return 1;
    pthread_join(thread, NULL);
    return r.sum != expected ? 2 : r.threads < 2 + 1 ? 3 : 0; /* the forked one, the new one, its team */
}

/* Thread and child of a thread: fit, plan, predict. */
static wg_var model(wg_params *params, wg_var x, void *user)
{
    (void)user;
    return network_cnn(params, x);
}

static int fit_and_predict(void)
{
    enum { COUNT = 64, PIXELS = 256 };
    static float images[COUNT * PIXELS], logits[COUNT * 10];
    int32_t labels[COUNT];
    wg_error error = {0};
    network_data(images, labels, COUNT, PIXELS);
    wg_params *params = wg_params_new(&(wg_params_options){.dtype = WG_F32, .threads = THREADS});
    wg_optim *optim = wg_adam_new(params, NULL);
    wg_array x = WG_FLOATS(images, COUNT, 1, 16, 16);
    wg_dataset *data = wg_dataset_from_arrays(x, WG_INTS(labels, COUNT), &error);
    wg_fit(model, NULL, params, data,
        &(wg_fit_options){.optim = optim, .epochs = 2, .batch = 32, .threads = THREADS}, &error);
    wg_predict(model, NULL, params, x, logits, COUNT * 10, &error);
    wg_dataset_free(data);
    wg_optim_free(optim);
    wg_params_free(params);
    return error.status == WG_OK ? 0 : 1;
}

/* ---- Tests */

START_TEST(a_test_of_check_computes)
{
    ck_assert_int_eq(compute(), 0);
}
END_TEST

START_TEST(a_child_computes)
{
    ck_assert(work(THREADS) == expected);
    in_child(compute);
    ck_assert(work(THREADS) == expected); /* and so does its parent, afterwards */
    in_child(stay_alone);
    in_child(fit_and_predict);
}
END_TEST

START_TEST(a_child_of_a_child_computes)
{
    in_child(compute_in_grandchild);
}
END_TEST

static void *fork_in_thread(void *user)
{
    if (*(bool *)user)
        ck_assert(work(THREADS) == expected);
    in_child(compute);
    in_child(compute_in_grandchild);
    in_child(start_a_thread);
    ck_assert(work(THREADS) == expected);
    return NULL;
}

/* It may have a team, or none; the main thread has one. */
START_TEST(a_child_of_another_thread_computes)
{
    pthread_t thread;
    bool team = _i;
    ck_assert(work(THREADS) == expected);
    ck_assert_int_eq(pthread_create(&thread, NULL, fork_in_thread, &team), 0);
    pthread_join(thread, NULL);
}
END_TEST

START_TEST(a_new_thread_of_a_child_has_a_team)
{
    result here;
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, compute_in_thread, &here), 0);
    pthread_join(thread, NULL);
    in_child(start_a_thread);
    if (here.threads > 2) /* there are teams, and they can be counted */
        in_child(start_a_thread_and_count);
}
END_TEST

int main(void)
{
    const harness_test tests[] = {{a_test_of_check_computes, 0}, {a_child_computes, 0},
        {a_child_of_a_child_computes, 0}, {a_child_of_another_thread_computes, 2},
        {a_new_thread_of_a_child_has_a_team, 0}};
    expected = work(1);
    from_above = wg_tape_new(&(wg_tape_options){.threads = THREADS});
    if (expected == 0 || work_on(from_above) != expected)
        return 1;
    int failed = harness_run("fork", tests, sizeof tests / sizeof tests[0]);
    wg_tape_free(from_above);
    return failed;
}
