/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* kann among the contestants of compare.py (contestant.h): the networks of networks.h as kann has them, which
 * is without biases in convolutions, and without the residual block. Its source is not here: -Dkann=FOLDER
 * says where it is.
 *
 *     contestant_kann [THREADS]        kann cuts a batch into so many; none: threads are the CBLAS's */

#include "contestant.h"
#include <kann.h>

enum { CLASSES = 10, STEPS = 32, STEP_INPUTS = 64, HIDDEN = 128 };

static kad_node_t *images(int channels, int size)
{
    kad_node_t *x = kad_feed(4, 1, channels, size, size);
    x->ext_flag |= KANN_F_IN;
    return x;
}

static kad_node_t *dense(kad_node_t *x, int out)
{
    return kad_relu(kann_layer_dense(x, out));
}

static kad_node_t *conv(kad_node_t *x, int filters, int side, int padding)
{
    return kad_relu(kann_layer_conv2d(x, filters, side, side, 1, 1, padding, padding));
}

static kad_node_t *pool(kad_node_t *x)
{
    return kad_max2d(x, 2, 2, 2, 2, 0, 0);
}

static kad_node_t *mlp(void)
{
    return dense(dense(images(1, 28), 512), 256);
}

static kad_node_t *lenet(void)
{
    kad_node_t *x = pool(conv(images(1, 28), 6, 5, 2));
    return dense(dense(pool(conv(x, 16, 5, 0)), 120), 84);
}

static kad_node_t *vgg(void)
{
    kad_node_t *x = pool(conv(conv(images(3, 32), 32, 3, 1), 32, 3, 1));
    return dense(pool(conv(conv(x, 64, 3, 1), 64, 3, 1)), 256);
}

/* One step; the unrolled network asks for a label at the last alone. */
static kad_node_t *lstm(void)
{
    kad_node_t *x = kad_feed(2, 1, STEP_INPUTS);
    x->ext_flag |= KANN_F_IN;
    x = kann_layer_lstm(x, HIDDEN, 0);
    return kad_select(1, &x, -1);
}

static const struct subject {
    const char *key;
    int batch, inputs, steps; /* steps: feeds of an unrolled network */
    kad_node_t *(*build)(void);
} subjects[] = {{"mlp128", 128, 784, 1, mlp}, {"mlp1", 1, 784, 1, mlp}, {"lenet", 64, 784, 1, lenet},
    {"vgg", 64, 3072, 1, vgg}, {"lstm", 32, STEP_INPUTS, STEPS, lstm}};

static int own_threads; /* set once, by main */

typedef struct made {
    kann_t *net, *unrolled; /* unrolled: `net` itself, where there is nothing to unroll */
    int batch, steps, variables;
    bool train;
    float *x[STEPS], *labels;
} made;

static void *make(const char *subject, const char *work, size_t batch)
{
    const struct subject *s = NULL;
    for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++)
        if (strcmp(subjects[i].key, subject) == 0)
            s = &subjects[i];
    bool train = strcmp(work, "recorded") == 0;
    if (!s || (!train && strcmp(work, "predict") != 0))
        return NULL;
    made *m = calloc(1, sizeof *m);
    *m = (made){.batch = batch ? (int)batch : s->batch, .steps = s->steps, .train = train};
    m->net = kann_new(kann_layer_cost(s->build(), CLASSES, KANN_C_CEM), 0);
    m->unrolled = s->steps > 1 ? kann_unroll(m->net, s->steps) : m->net;
    m->variables = kann_size_var(m->net);
    for (int t = 0; t < s->steps; t++) {
        size_t count = (size_t)(m->batch * s->inputs);
        m->x[t] = malloc(count * sizeof(float));
        for (size_t i = 0; i < count; i++)
            m->x[t][i] = (float)kad_drand_normal(0);
    }
    m->labels = calloc((size_t)(m->batch * CLASSES), sizeof(float));
    for (int i = 0; i < m->batch; i++)
        m->labels[i * CLASSES + i % CLASSES] = 1;
    kann_set_batch_size(m->unrolled, m->batch);
    kann_mt(m->unrolled, own_threads, m->batch);
    kann_switch(m->unrolled, train);
    kann_feed_bind(m->unrolled, KANN_F_IN, 0, m->x);
    kann_feed_bind(m->unrolled, KANN_F_TRUTH, 0, &m->labels);
    return m;
}

/* kann has no plain SGD; this loop is one. */
static void run(void *user)
{
    made *m = user;
    if (!m->train) {
        kann_eval_out(m->unrolled);
        return;
    }
    kann_cost(m->unrolled, 0, 1);
    for (int i = 0; i < m->variables; i++)
        m->net->x[i] -= 1e-3f * m->net->g[i];
}

/* The batch's numbers are ours, the rest is kann's. */
static void end(void *user)
{
    made *m = user;
    float *none[STEPS] = {NULL}, *no_labels = NULL;
    kann_feed_bind(m->unrolled, KANN_F_IN, 0, none);
    kann_feed_bind(m->unrolled, KANN_F_TRUTH, 0, &no_labels);
    if (m->unrolled != m->net)
        kann_delete_unrolled(m->unrolled);
    kann_delete(m->net);
    for (int t = 0; t < m->steps; t++)
        free(m->x[t]);
    free(m->labels);
    free(m);
}

int main(int argc, char **argv)
{
    own_threads = argc > 1 ? atoi(argv[1]) : 0;
    return contestant_serve(&(contestant){.make = make, .run = run, .free = end, .warm = "lenet"});
}
