/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* peer.hpp - the programs of scalar_programs.h for the tapes of others, and what such a tape is asked. */
#ifndef WG_BENCH_PEER_HPP
#define WG_BENCH_PEER_HPP

#include <cmath>
#include <cstddef>
#include <memory>
#include <vector>

using vector = std::vector<double>;

enum class program { neuron, product, rosenbrock, network };

template <class T> T neuron(const T *x)
{
    using std::exp;
    T s = x[0] * x[1] + x[2] * x[3] + x[4];
    return 1 / (1 + exp(-s));
}

template <class T> T product(const T *x, std::size_t n)
{
    T y = 1;
    for (std::size_t i = 0; i < n; i++)
        y *= x[i];
    return y;
}

template <class T> T rosenbrock(const T *x, std::size_t n)
{
    T f = 0;
    for (std::size_t i = 0; i + 1 < n; i++) {
        T d = x[i + 1] - x[i] * x[i], e = 1 - x[i];
        f += 100 * d * d + e * e;
    }
    return f;
}

inline double sample(std::size_t s, int i)
{
    return std::sin(0.7 * static_cast<double>(s) + i);
}

enum { HIDDEN = 16, SAMPLES = 100, WEIGHTS = 3 * HIDDEN + (HIDDEN + 1) * HIDDEN + HIDDEN + 1 };

template <class T> T network(const T *w)
{
    using std::tanh;
    T loss = 0;
    for (std::size_t s = 0; s < SAMPLES; s++) {
        T h1[HIDDEN], h2[HIDDEN];
        double x0 = sample(s, 0), x1 = sample(s, 1);
        const T *p = w;
        for (int j = 0; j < HIDDEN; j++, p += 3)
            h1[j] = tanh(p[0] * x0 + p[1] * x1 + p[2]);
        for (int j = 0; j < HIDDEN; j++, p += HIDDEN + 1) {
            T a = p[HIDDEN];
            for (int k = 0; k < HIDDEN; k++)
                a += p[k] * h1[k];
            h2[j] = tanh(a);
        }
        T y = p[HIDDEN];
        for (int k = 0; k < HIDDEN; k++)
            y += p[k] * h2[k];
        T error = y - x0 * x1;
        loss += error * error;
    }
    return loss;
}

template <class T> T evaluate(program p, const T *x, std::size_t n)
{
    switch (p) {
    case program::neuron:
        return neuron(x);
    case program::product:
        return product(x, n);
    case program::rosenbrock:
        return rosenbrock(x, n);
    case program::network:
        break;
    }
    return network(x);
}

/* A tape of one program. */
class Peer
{
  public:
    virtual ~Peer() = default;
    virtual void gradient(const vector &x, vector &g) = 0;
};

/* Each peer has its own. With replay it records now, at x, else at each gradient; null: it cannot replay. */
std::unique_ptr<Peer> make_peer(program which, const vector &x, bool replay);

#endif
