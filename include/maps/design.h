/* What linear maps see of a problem: the source on the train and the test states, centred on the
 * train states where an intercept is fitted, as responses X_c or as inner products X_c X_c'.
 *
 * No map is named here; what is solved with a design is the maps' own affair. */
#ifndef MEC_MAPS_DESIGN_H
#define MEC_MAPS_DESIGN_H

#include "maps/map.h"

/* X_c on the train states, from `scratch`: (n_train, p), its rows `stride` >= p apart, what lies
 * between them left as it is. `mean` (p) receives what was subtracted, zeros without an intercept.
 * NULL with a status if there is no room. */
double *mec_design_train(const mec_problem *problem, size_t stride, double *mean,
                         mec_scratch *scratch, mec_status *status);

/* `out` (n_test, r) = X_c of the test states times V, given as V' (r, p) with rows `ldv` apart. The
 * test states are gathered some at a time. */
mec_code mec_design_multiply_test(const mec_problem *problem, const double *mean, const double *vt,
                                  size_t r, size_t ldv, double *out, mec_scratch *scratch,
                                  mec_status *status);

/* Inner products of centred responses, from source->kernel: of the train states with each other,
 * `train` (n_train, n_train), and with the test states, `test` (n_train, n_test). */
mec_code mec_design_kernel(const mec_problem *problem, double *train, double *test,
                           mec_scratch *scratch, mec_status *status);

/* The mean eigenvalue of k (n, n). */
double mec_design_mean_eigenvalue(const double *k, size_t n);

/* A centred kernel k (n, n) maps constants to 0. Adds a multiple of the constants' projection that
 * gives them the eigenvalue `value`; neither centred targets nor a centred design have a part along
 * them, so no prediction changes. */
void mec_design_lift_constants(double *k, size_t n, double value);

#endif
