#include "parallel/budget.h"

#include <math.h>
#include <stdio.h>

#include "base/room.h"
#include "base/text.h"

static mec_code refuse(const mec_world *world, const char *where, const mec_budget *b,
                       const mec_room *room, const char *advice, mec_status *status) {
    char total[32];
    char each[32];
    char each_text[64] = "";
    char there[32];
    char ranks[64] = "";
    double fit = b->rank > 0 ? floor((room->bytes - b->node) / b->rank) : 0;
    mec_text_from_bytes(b->node + b->rank * world->node_size, total, sizeof total);
    mec_text_from_bytes(b->rank, each, sizeof each);
    if (b->rank > 0)
        snprintf(each_text, sizeof each_text, " (%s each)", each);
    mec_text_from_bytes(room->bytes, there, sizeof there);
    if (fit >= 1)
        snprintf(ranks, sizeof ranks, "%.0f rank%s a node, or ", fit, fit == 1 ? "" : "s");
    return mec_fail(status, MEC_REFUSED,
                    "%s: %d rank%s of a node would take %s of memory%s, and %s has %s; "
                    "accepted: %s%s",
                    where, world->node_size, world->node_size == 1 ? "" : "s", total, each_text,
                    room->of, there, ranks, advice);
}

mec_code mec_budget_check(const mec_world *world, const char *where, const mec_budget *budget,
                          const char *advice, mec_status *status) {
    mec_room room = mec_room_here();
    if (budget->node + budget->rank * world->node_size > room.bytes)
        refuse(world, where, budget, &room, advice, status);
    return mec_agree(world, status);
}
