/* Ordinary least squares, of least norm where the source has not full rank: see
 * maps/least_squares.h. Singular values at or below max(n, p) eps times the largest count as zero,
 * as LAPACK's least squares have it when asked for that cut-off. */
#include "maps/least_squares.h"
#include "maps/spectrum.h"

/* The normal equations lose eps / rcond of a solution's size where the decomposition of X_c itself
 * loses eps / sqrt(rcond). From this reciprocal condition on that is at most 2e-11, so that either
 * way gives the same to 1e-10; and no singular value is near the cut-off. */
static const double LEAST_RCOND = 1e-5;

static mec_code prepare(const mec_problem *problem, mec_scratch *scratch, void **prepared,
                        mec_status *status) {
    return mec_least_squares_prepare(problem, 0, LEAST_RCOND, scratch, prepared, status);
}

/* Silent or doubled source cells are common, and then it is the spectral form that is taken. */
static double memory(const mec_map_parameters *parameters, const mec_shape *shape) {
    return mec_least_squares_memory(parameters, shape) + mec_spectrum_memory(parameters, shape);
}

const mec_map mec_linear_regression = {.parameters = "fit_intercept",
                                       .wants_kernel = mec_least_squares_wants_kernel,
                                       .prepare = prepare,
                                       .predict = mec_least_squares_predict,
                                       .cost = mec_least_squares_cost,
                                       .memory = memory};
