/* Whether what a run is about to take fits into the memory of its nodes: asked before any of it is
 * taken, since Linux grants what it does not have and kills whoever uses it. */
#ifndef MEC_PARALLEL_BUDGET_H
#define MEC_PARALLEL_BUDGET_H

#include "parallel/world.h"

typedef struct mec_budget {
    double node; /* bytes that the ranks of a node share */
    double rank; /* bytes of every rank beside them */
} mec_budget;

/* MEC_REFUSED where a node has less (base/room.h): says what is needed, what there is, and how many
 * ranks would fit, or `advice`. `where` heads the message: the setting that asks for it.
 * Collective; the status is agreed. */
mec_code mec_budget_check(const mec_world *world, const char *where, const mec_budget *budget,
                          const char *advice, mec_status *status);

#endif
