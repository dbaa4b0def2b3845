/* One fit that the ranks of a group make together: Ridge or LinearRegression, all targets at once.
 *
 * With X_c, Y_c centred on the train states, a linear map's predictions are P = X_test,c W where W
 * solves min ||X_c W - Y_c||^2 + alpha ||W||^2. Which way the matrices lie depends on what there is
 * more of:
 *   states  (sources < train states)  M = X_c (train x sources), C = Y_c, P = X_test,c W
 *   cells   (else)  M = X_c' (sources x train), C = X_test,c', P' = Y_c' Z: inner products of
 * states alone; Saunders, Gammerman & Vovk, ICML 1998 so that what is factored is never larger than
 * the smaller of the two. Responses are read straight into their places (fit/shared_responses.h),
 * predictions stay where they are computed, and the sums behind the scores are added over ranks. */
#ifndef MEC_JOBS_SHARED_FIT_H
#define MEC_JOBS_SHARED_FIT_H

#include "fit/fit_plan.h"

/* Whether ranks can share fits of this map. */
bool shared_fit_serves(const mec_map *map);

/* Fits and scores the cells of the targets, whose results go to every rank; corr, r2 and mse alone.
 * Otherwise as mec_fit_run. Collective over `group`; arguments must agree, the status is agreed. */
mec_code shared_fit_run(const mec_world *group, const fit_plan *plan, const fit_task *task,
                        const mec_problem *problem, const mec_fit_target *targets, size_t n_target,
                        mec_scratch *scratch, mec_status *status);

/* An estimate of the multiplications of all ranks together, and of the bytes that the matrices hold
 * on all of them at once. */
double shared_fit_cost(const mec_map *map, const mec_shape *shape);
double shared_fit_memory(const mec_map *map, const mec_shape *shape);

#endif
