/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* ADOL-C: a trace of its own for each work, which its driver for gradients runs forward and back. */

#include "peer.hpp"
#include <adolc/adolc.h>

namespace
{

class AdolC : public Peer
{
  public:
    AdolC(program p, const vector &x, bool once) : which(p), replay(once), tag(next++)
    {
        record(x);
    }

    void gradient(const vector &x, vector &g) override
    {
        if (!replay)
            record(x);
        ::gradient(tag, static_cast<int>(x.size()), x.data(), g.data());
    }

  private:
    void record(const vector &x)
    {
        std::vector<adouble> active(x.size());
        double y;
        trace_on(tag);
        for (std::size_t i = 0; i < x.size(); i++)
            active[i] <<= x[i];
        evaluate(which, active.data(), x.size()) >>= y;
        trace_off();
    }

    program which;
    bool replay;
    short tag;
    static short next;
};

short AdolC::next = 1;

} // namespace

std::unique_ptr<Peer> make_peer(program which, const vector &x, bool replay)
{
    return std::make_unique<AdolC>(which, x, replay);
}
