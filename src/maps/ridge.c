/* Ridge regression: min ||y - X w - b||^2 + alpha ||w||^2; see maps/least_squares.h. */
#include "maps/least_squares.h"

/* Below this reciprocal condition Cholesky's solution can be off by more than 1e-6 of its size, and
 * the spectral form, which does not square it, takes over. */
static const double LEAST_RCOND = 1e-10;

static mec_code prepare(const mec_problem *problem, mec_scratch *scratch, void **prepared,
                        mec_status *status) {
    return mec_least_squares_prepare(problem, problem->parameters->alpha, LEAST_RCOND, scratch,
                                     prepared, status);
}

const mec_map mec_ridge = {.parameters = "alpha fit_intercept",
                           .wants_kernel = mec_least_squares_wants_kernel,
                           .prepare = prepare,
                           .predict = mec_least_squares_predict,
                           .cost = mec_least_squares_cost,
                           .memory = mec_least_squares_memory};
