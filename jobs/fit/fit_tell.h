/* What a plan tells before it is carried out: what will have no result, and why. */
#ifndef MEC_JOBS_FIT_TELL_H
#define MEC_JOBS_FIT_TELL_H

#include "fit/fit_plan.h"

/* The arenas that are left out. */
void fit_tell_skips(const fit_plan *plan);

/* The groups of cells that have too few states to train or test. */
void fit_tell_lack_of_states(const fit_plan *plan);

#endif
