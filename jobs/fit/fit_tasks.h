/* The tasks of a plan: what there is to do for every split of every group, cut to sizes that suit
 * the farm. The cut depends on shapes and settings alone, because it can decide last bits and what
 * a run that goes on finds done: never on the number of ranks, nor on how long anything took. */
#ifndef MEC_JOBS_FIT_TASKS_H
#define MEC_JOBS_FIT_TASKS_H

#include "fit/fit_plan.h"

/* Fills the plan's tasks and what lists them; its groups are known. Local. */
mec_code fit_tasks_plan(fit_plan *plan, mec_status *status);

/* The shape of the task's problem with `m` cells. */
mec_shape fit_tasks_shape(const fit_plan *plan, const fit_task *task, size_t m);

#endif
