/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* ggml among the contestants of compare.py (peer.h): the dense networks and LeNet, with its CBLAS backend.
 * Its update rule is AdamW alone; the step here ends with w -= lr g, as operations of its graph, like all
 * others'. Made by `cmake --install`: -Dggml=PREFIX says where. */

#include "peer.h"
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <ggml-backend.h>
#include <ggml-blas.h>
#include <ggml-cpu.h>
#include <ggml.h>
#include <limits>
#include <string>
#include <vector>

const char *const peer_warm = "lenet";

namespace
{

enum { NODES = 2048, CLASSES = 10, PIXELS = 784 };

ggml_context *context()
{
    return ggml_init(
        {ggml_tensor_overhead() * NODES + 4 * ggml_graph_overhead_custom(NODES, true), nullptr, true});
}

/* A graph, its backends, and two contexts: what stays (parameters, the batch, the loss's gradient), and the
 * rest. */
class Step
{
  public:
    Step(bool lenet, std::int64_t batch, bool train) : stays(context()), passes(context())
    {
        auto x = ggml_new_tensor_2d(stays, GGML_TYPE_F32, PIXELS, batch);
        auto labels = ggml_new_tensor_2d(stays, GGML_TYPE_F32, CLASSES, batch);
        auto y = lenet ? convolutions(x) : dense(dense(x, 512), 256);
        y = dense(lenet ? dense(dense(y, 120), 84) : y, CLASSES, false);
        graph = ggml_new_graph_custom(passes, NODES, true);
        if (train) {
            auto loss = ggml_cross_entropy_loss(passes, y, labels);
            ggml_set_loss(loss);
            ggml_set_output(loss);
            ggml_build_forward_expand(graph, loss);
            ggml_build_backward_expand(stays, passes, graph, false);
            for (auto w : parameters)
                ggml_build_forward_expand(graph,
                    ggml_sub_inplace(passes, w, ggml_scale(passes, ggml_graph_get_grad(graph, w), 1e-3f)));
        } else {
            ggml_set_output(y);
            ggml_build_forward_expand(graph, y);
        }
        allocate(train);
        fill(x, 1);
        fill(labels, 0);
        for (auto w : parameters)
            fill(w, 0.05f);
    }

    Step(const Step &) = delete;
    Step &operator=(const Step &) = delete;

    ~Step()
    {
        ggml_backend_sched_free(scheduler);
        for (auto backend : backends)
            ggml_backend_free(backend);
        ggml_backend_buffer_free(memory);
        ggml_free(passes);
        ggml_free(stays);
    }

    void run()
    {
        ggml_backend_sched_graph_compute(scheduler, graph);
    }

  private:
    ggml_tensor *parameter(ggml_tensor *w)
    {
        ggml_set_param(passes, w);
        parameters.push_back(w);
        return w;
    }

    ggml_tensor *dense(ggml_tensor *x, std::int64_t out, bool relu = true)
    {
        auto w = parameter(ggml_new_tensor_2d(stays, GGML_TYPE_F32, x->ne[0], out));
        auto b = parameter(ggml_new_tensor_1d(stays, GGML_TYPE_F32, out));
        auto y = ggml_add(passes, ggml_mul_mat(passes, w, x), b);
        return relu ? ggml_relu(passes, y) : y;
    }

    ggml_tensor *conv(ggml_tensor *x, std::int64_t filters, int padding)
    {
        auto w = parameter(ggml_new_tensor_4d(stays, GGML_TYPE_F32, 5, 5, x->ne[2], filters));
        auto b = parameter(ggml_new_tensor_3d(stays, GGML_TYPE_F32, 1, 1, filters));
        auto y = ggml_conv_2d(passes, w, x, 1, 1, padding, padding, 1, 1);
        return ggml_pool_2d(
            passes, ggml_relu(passes, ggml_add(passes, y, b)), GGML_OP_POOL_MAX, 2, 2, 2, 2, 0, 0);
    }

    ggml_tensor *convolutions(ggml_tensor *x)
    {
        auto y = conv(conv(ggml_reshape_4d(passes, x, 28, 28, 1, x->ne[1]), 6, 2), 16, 0);
        return ggml_reshape_2d(passes, y, y->ne[0] * y->ne[1] * y->ne[2], x->ne[1]);
    }

    void allocate(bool train)
    {
        const char *wanted = std::getenv("OMP_NUM_THREADS");
        int threads = wanted ? std::atoi(wanted) : 1;
        backends = {ggml_backend_blas_init(), ggml_backend_cpu_init()};
        ggml_backend_blas_set_n_threads(backends[0], threads);
        ggml_backend_cpu_set_n_threads(backends[1], threads);
        memory = ggml_backend_alloc_ctx_tensors(stays, backends[1]);
        scheduler = ggml_backend_sched_new(backends.data(), nullptr, 2, NODES, false);
        ggml_backend_sched_alloc_graph(scheduler, graph);
        if (train)
            ggml_graph_reset(graph);
    }

    static void fill(ggml_tensor *t, float scale)
    {
        auto numbers = static_cast<float *>(t->data);
        for (std::int64_t i = 0; i < ggml_nelements(t); i++)
            numbers[i] = scale * static_cast<float>(i * 31 % 97 - 48) / 48;
        if (scale <= 0) /* labels: a class each */
            for (std::int64_t i = 0; i < t->ne[1]; i++)
                numbers[i * CLASSES + i % CLASSES] = 1;
    }

    ggml_context *stays, *passes;
    std::vector<ggml_tensor *> parameters;
    ggml_cgraph *graph = nullptr;
    std::vector<ggml_backend_t> backends;
    ggml_backend_buffer_t memory = nullptr;
    ggml_backend_sched_t scheduler = nullptr;
};

} // namespace

void *peer_make(const char *subject, const char *work, std::size_t batch)
{
    const std::string key = subject, what = work;
    std::int64_t own = key == "mlp128" ? 128 : key == "mlp1" ? 1 : key == "lenet" ? 64 : 0;
    if (own == 0 || (what != "recorded" && what != "predict"))
        return nullptr;
    return new Step(key == "lenet", batch ? static_cast<std::int64_t>(batch) : own, what == "recorded");
}

void peer_run(void *made)
{
    static_cast<Step *>(made)->run();
}

void peer_free(void *made)
{
    delete static_cast<Step *>(made);
}

double peer_tell(const char *, const char *, std::size_t)
{
    return std::numeric_limits<double>::quiet_NaN();
}
