/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Wengert authors */

/* Heads: what computes a tensor stretch by stretch, and says which stretch is final, so that the chain behind
 * it goes over that while it is in cache:
 *
 *      gradient of conv2d   g, w  -> dx, dw     the gradient of relu takes dx over, dw has its own memory
 *      gradient of relu     y, dx -> g'         one pass, where the second stands
 *
 * The head computes into the chain's result, and all that it does is done where the chain's last node stands.
 * So nobody in between may read what else it leaves. */
#include "plan/plan.h"

bool wg__plan_is_head(const wg_plan *plan, size_t k)
{
    const wg_engine *t = plan->tape;
    const wg_record *record = wg__record_of(t, plan->calls[k].node);
    if (!record || record->result[0].dtype == WG_I32)
        return false;
    for (size_t r = 0; r < record->results; r++)
        if (record->result[r].scalar)
            return false;
    if (record->op == &wg__op_gradient && wg__gradient_wants(record, 0) &&
        wg__record_of(t, wg__gradient_node(record))->op->traits & WG_OP_FINISHES_GRADIENT)
        return true;
    return wg__plan_finishes(t, record);
}

/* Does node `record` read another result than the first of `head`, or what it keeps? */
static bool reads_the_rest(const wg_engine *t, const wg_record *record, uint32_t head)
{
    if (record->op == &wg__op_projection || wg__plan_is_alias(t, record))
        return false; /* they hand it on */
    if (record->op == &wg__op_gradient && wg__gradient_node(record) == head)
        return true;
    for (size_t i = 0; i < record->arity; i++) {
        uint32_t source;
        size_t index;
        if (wg__plan_reads(record, i) && wg__plan_source(t, record->args[i], &source, &index) &&
            source == head && index > 0)
            return true;
    }
    return false;
}

bool wg__plan_may_wait(const wg_plan *plan, size_t head, size_t until)
{
    const wg_record *record = wg__record_of(plan->tape, plan->calls[head].node);
    bool alone = record->results == 1;
    for (size_t i = 0; i < WG_MAX_KEEP; i++)
        alone = alone && !record->keep_bytes[i];
    for (size_t k = head + 1; k < until && !alone; k++) {
        const wg_record *between = wg__record_of(plan->tape, plan->calls[k].node);
        if (between && reads_the_rest(plan->tape, between, record->node))
            return false;
    }
    return true;
}

/* A stretch of the head's result, in the place of the chain's. */
static void finish(void *user, size_t first, size_t count, const void *values)
{
    const wg_plan_chain *chain = user;
    char *here = (char *)chain->result + first * wg_dtype_size(chain->chain.dtype);
    const void *value = values ? values : here;
    if (chain->summed)
        wg__plan_chain_part(chain, first, count, value, NULL);
    else
        wg__chain_range(&chain->chain, first, count, value, here);
}

void wg__plan_head_attach(wg_plan *plan, wg_plan_chain *chain)
{
    wg_record *head = wg__record_of(plan->tape, plan->calls[chain->head].node);
    chain->result = wg__record_of(plan->tape, plan->calls[chain->last].node)->result[0].data;
    chain->epilogue = (wg_epilogue){.run = finish, .user = chain};
    head->epilogue = &chain->epilogue;
    head->result[0].data = chain->result;
}
