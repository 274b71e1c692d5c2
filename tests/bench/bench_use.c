/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* What a program in a few lines costs: wg_fit beside the same loop written out, wg_predict of one image and
 * of a batch, the first and the tenth time, and, given a folder with MNIST's files, reading its 60,000
 * training images.
 *
 *     bench_use [--data FOLDER] [--json FILE] [--quick]         OMP_NUM_THREADS sets the threads */

#include "bench.h"
#include "step.h"

#include <sys/resource.h>

enum { IMAGES = 2560, BATCH = 128, PIXELS = 784 };

static const struct model {
    const char *name;
    wg_model apply;
} models[] = {{"MLP 784-512-256-10", apply_mlp}, {"LeNet-5", apply_lenet}};

enum { MODELS = sizeof models / sizeof models[0] };

/* One epoch, twice: each on a store of its own, from the same start. */
typedef struct training {
    const struct model *model;
    const wg_dataset *data;
    wg_params *params;
    wg_optim *sgd;
    wg_error error;
} training;

static void check(wg_status status, const char *message)
{
    if (status != WG_OK) {
        fprintf(stderr, "bench_use: %s\n", message);
        exit(1);
    }
}

static void by_fit(void *user)
{
    training *t = user;
    wg_status status = wg_fit(t->model->apply, NULL, t->params, t->data,
        &(wg_fit_options){.optim = t->sgd, .epochs = 1, .batch = BATCH}, &t->error);
    check(status, t->error.message);
}

/* What a program of one's own would do in an epoch, with the loss that it would print. */
static void by_hand(void *user)
{
    training *t = user;
    wg_tape *tape = wg_tape_new(&(wg_tape_options){.dtype = WG_F32, .training = true});
    wg_batches *batches = wg_batches_new(t->data, &(wg_batches_options){.size = BATCH}, &t->error);
    double total = 0;
    for (wg_batch batch = {0}; wg_batches_next(batches, &batch);) {
        wg_tape_reset(tape);
        wg_var logits = t->model->apply(t->params, wg_input(tape, batch.x), NULL);
        wg_var loss = wg_cross_entropy(logits, wg_input(tape, batch.y), NULL);
        wg_params_zero_grad(t->params);
        check(wg_backward(loss), wg_tape_message(tape));
        check(wg_optim_step(t->sgd), wg_optim_message(t->sgd));
        total += wg_item(loss);
    }
    check(total > 0 ? t->error.status : WG_NUMBER, "the loop learned nothing");
    wg_batches_free(batches);
    wg_tape_free(tape);
}

static training begin(const struct model *model, const wg_dataset *data)
{
    training t = {.model = model, .data = data};
    t.params = wg_params_new(&(wg_params_options){.dtype = WG_F32, .seed = 1});
    t.sgd = wg_sgd_new(t.params, &(wg_sgd_options){.lr = 1e-3});
    return t;
}

static void end(training *t)
{
    wg_optim_free(t->sgd);
    wg_params_free(t->params);
}

static void fits(bench *b, const wg_dataset *data)
{
    printf("One epoch of %d images in batches of %d, ms\n\n", IMAGES, BATCH);
    printf("  %-24s %10s  %10s  %8s\n", "", "wg_fit", "by hand", "ratio");
    for (size_t i = 0; i < MODELS; i++) {
        training fit = begin(&models[i], data), hand = begin(&models[i], data);
        double t[2];
        bench_run(b, 2, (bench_work *const[]){by_fit, by_hand}, (void *const[]){&fit, &hand}, t);
        printf("  %-24s %10.2f  %10.2f  %8.3f\n", models[i].name, 1e3 * t[0], 1e3 * t[1], t[0] / t[1]);
        char name[96];
        snprintf(name, sizeof name, "%s, wg_fit over a loop by hand", models[i].name);
        bench_number(b, name, "ratio", t[0] / t[1]);
        end(&fit), end(&hand);
    }
}

/* ---- One image -------------------------------------------------------------------------------------- */

static float image[PIXELS];

static void predict(void *user)
{
    training *t = user;
    float logits[10];
    wg_status status =
        wg_predict(t->model->apply, NULL, t->params, WG_FLOATS(image, 1, 1, 28, 28), logits, 10, &t->error);
    check(status, t->error.message);
}

static void predictions(bench *b)
{
    printf("\nwg_predict of one image, microseconds\n\n");
    for (size_t i = 0; i < PIXELS; i++)
        image[i] = (float)(i % 7) / 7;
    for (size_t i = 0; i < MODELS; i++) {
        training t = begin(&models[i], NULL);
        double seconds;
        bench_run(b, 1, (bench_work *const[]){predict}, (void *const[]){&t}, &seconds);
        printf("  %-24s %10.1f\n", models[i].name, 1e6 * seconds);
        char name[96];
        snprintf(name, sizeof name, "%s, one image", models[i].name);
        bench_number(b, name, "us", 1e6 * seconds);
        end(&t);
    }
}

/* ---- A batch ---------------------------------------------------------------------------------------- */

static double page_faults(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (double)usage.ru_minflt : (double)NAN;
}

/* One call: its milliseconds and page faults. */
static void ask(step *s, double *milliseconds, double *faults)
{
    double start = bench_now(), before = page_faults();
    step_run(s);
    *milliseconds = 1e3 * (bench_now() - start);
    *faults = page_faults() - before;
}

/* The store's memory is given back before each first call, and warm at the tenth. */
static void calls(bench *b, const char *key)
{
    enum { ROUNDS = 7 };
    const network *n = network_named(key);
    step *eager = step_new(n, STEP_ASK, 0, 0, (wg_allocator){0});
    step *planned = step_new(n, STEP_ASK_PLANNED, 0, 0, (wg_allocator){0});
    double first[ROUNDS], tenth[ROUNDS], plan[ROUNDS], faults[3] = {0};
    step_run(eager), step_run(planned);
    for (int round = 0; round < ROUNDS; round++) {
        wg_cache_trim(wg_params_cache(eager->params));
        ask(eager, &first[round], &faults[0]);
        for (int call = 2; call < 10; call++)
            step_run(eager);
        ask(eager, &tenth[round], &faults[1]);
        ask(planned, &plan[round], &faults[2]);
    }
    const char *what[] = {"wg_predict, first call", "wg_predict, tenth call", "plan"};
    double t[] = {bench_median(first, ROUNDS), bench_median(tenth, ROUNDS), bench_median(plan, ROUNDS)};
    printf("  %-36s %9.2f %9.2f %9.2f   %8.0f %8.0f\n", n->name, t[0], t[1], t[2], faults[0], faults[1]);
    for (int i = 0; i < 3; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s, %s", n->name, what[i]);
        bench_number(b, name, "ms", t[i]);
    }
    step_free(eager), step_free(planned);
}

static void batches(bench *b)
{
    printf("\nwg_predict of a batch, ms, and page faults\n\n");
    printf("  %-36s %9s %9s %9s   %8s %8s\n", "", "first", "tenth", "plan", "first", "tenth");
    calls(b, "mlp128"), calls(b, "vgg"), calls(b, "block");
}

/* ---- Reading ---------------------------------------------------------------------------------------- */

static void read_mnist(void *user)
{
    wg_error error = {0};
    wg_dataset *data = wg_mnist_load(user, WG_TRAIN_SPLIT, NULL, &error);
    check(error.status, error.message);
    wg_dataset_free(data);
}

int main(int argc, char **argv)
{
    char *folder = NULL;
    if (argc > 2 && strcmp(argv[1], "--data") == 0) {
        folder = argv[2];
        argv[2] = argv[0];
        argv += 2, argc -= 2;
    }
    bench b = bench_begin(argc, argv, "use");
    wg_error error = {0};
    wg_dataset *data = wg_digits_make(IMAGES, 1, &error);
    check(error.status, error.message);
    fits(&b, data);
    predictions(&b);
    batches(&b);
    if (folder) {
        double seconds;
        bench_run(&b, 1, (bench_work *const[]){read_mnist}, (void *const[]){folder}, &seconds);
        printf("\nReading the training images of %s: %.3f s\n", folder, seconds);
        bench_number(&b, "reading MNIST", "s", seconds);
    }
    wg_dataset_free(data);
    return bench_end(&b);
}
