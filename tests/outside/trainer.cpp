// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Wengert authors
//
// trainer.cpp - a network trained from C++17, after its gradient was checked: two moons' worth of points, told apart.

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>
#include <wengert/wengert.h>

namespace
{

// The library's objects in unique_ptrs: each knows the function that frees it.
template <auto release> struct release_with {
    template <typename T> void operator()(T *object) const
    {
        release(object);
    }
};
using tape_ptr = std::unique_ptr<wg_tape, release_with<wg_tape_free>>;
using params_ptr = std::unique_ptr<wg_params, release_with<wg_params_free>>;
using optim_ptr = std::unique_ptr<wg_optim, release_with<wg_optim_free>>;

struct points {
    size_t count;
    std::vector<double> x;       // [count, 2]
    std::vector<int32_t> labels; // [count]
};

// Points on two half circles that reach into each other.
points moons(size_t count)
{
    const double pi = std::acos(-1.0);
    points set{count, {}, {}};
    wg_random random{};
    for (size_t i = 0; i < count; i++) {
        const int side = static_cast<int>(i % 2);
        const double angle = pi * wg_random_uniform(&random);
        set.x.push_back((side ? 1 - std::cos(angle) : std::cos(angle)) + 0.1 * wg_random_normal(&random));
        set.x.push_back((side ? 0.5 - std::sin(angle) : std::sin(angle)) + 0.1 * wg_random_normal(&random));
        set.labels.push_back(side);
    }
    return set;
}

wg_var loss_of(wg_params *params, wg_tape *tape, void *user)
{
    const auto &set = *static_cast<const points *>(user);
    wg_var x = wg_input(tape, WG_DOUBLES(set.x.data(), set.count, 2));
    wg_var hidden = wg_tanh(wg_layer_dense(params, "hidden", x, 16, nullptr));
    wg_var logits = wg_layer_dense(params, "out", hidden, 2, nullptr);
    return wg_cross_entropy(logits, wg_input(tape, WG_INTS(set.labels.data(), set.count)), nullptr);
}

} // namespace

int main()
{
    points set = moons(200);
    tape_ptr tape(wg_tape_new(nullptr));
    params_ptr params(wg_params_new(nullptr));

    wg_gradcheck_report report{};
    if (wg_gradcheck_params(loss_of, &set, params.get(), nullptr, &report) != WG_OK) {
        std::fprintf(stderr, "gradient: %s\n", report.message);
        return EXIT_FAILURE;
    }

    wg_adam_options options{};
    options.lr = 0.02;
    optim_ptr adam(wg_adam_new(params.get(), &options));
    double loss = 0;
    for (int step = 0; step < 300; step++) {
        wg_tape_reset(tape.get());
        wg_params_zero_grad(params.get());
        wg_var result = loss_of(params.get(), tape.get(), &set);
        if (wg_backward(result) != WG_OK || wg_optim_step(adam.get()) != WG_OK) {
            std::fprintf(stderr, "step %d: %s\n", step, wg_tape_message(tape.get()));
            return EXIT_FAILURE;
        }
        loss = wg_item(result);
    }
    std::printf("trainer %s: %zu entries checked, loss %.3f\n", wg_version(), report.compared, loss);
    return loss < 0.1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
