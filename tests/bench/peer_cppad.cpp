/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* CppAD: a function made of a recording, optimised where it is to be run many times. */

#include "peer.hpp"
#include <cppad/cppad.hpp>

namespace
{

class CppADTape : public Peer
{
  public:
    CppADTape(program p, const vector &x, bool once) : which(p), replay(once)
    {
        record(x);
        if (replay)
            f.optimize();
    }

    void gradient(const vector &x, vector &g) override
    {
        if (!replay)
            record(x);
        f.Forward(0, x);
        g = f.Reverse(1, one);
    }

  private:
    void record(const vector &x)
    {
        std::vector<CppAD::AD<double>> active(x.begin(), x.end()), y(1);
        CppAD::Independent(active);
        y[0] = evaluate(which, active.data(), x.size());
        f = CppAD::ADFun<double>();
        f.Dependent(active, y);
    }

    program which;
    bool replay;
    CppAD::ADFun<double> f;
    vector one{1};
};

} // namespace

std::unique_ptr<Peer> make_peer(program which, const vector &x, bool replay)
{
    return std::make_unique<CppADTape>(which, x, replay);
}
