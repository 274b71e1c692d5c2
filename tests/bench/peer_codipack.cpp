/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* CoDiPack: RealReverse keeps the partial derivatives of each statement, so there is nothing to replay. */

#include "peer.hpp"
#include <codi.hpp>

namespace
{

using real = codi::RealReverse;

class CoDi : public Peer
{
  public:
    explicit CoDi(program p) : which(p)
    {
    }

    void gradient(const vector &x, vector &g) override
    {
        auto &tape = real::getTape();
        active.assign(x.begin(), x.end());
        tape.reset();
        tape.setActive();
        for (auto &a : active)
            tape.registerInput(a);
        real y = evaluate(which, active.data(), x.size());
        tape.registerOutput(y);
        tape.setPassive();
        y.setGradient(1);
        tape.evaluate();
        for (std::size_t i = 0; i < x.size(); i++)
            g[i] = active[i].getGradient();
    }

  private:
    program which;
    std::vector<real> active;
};

} // namespace

std::unique_ptr<Peer> make_peer(program which, const vector &, bool replay)
{
    return replay ? nullptr : std::make_unique<CoDi>(which);
}
