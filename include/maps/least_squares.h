/* Least squares with one penalty for all targets: min ||y - X w - b||^2 + alpha ||w||^2, intercept
 * b unpenalised, alpha >= 0; of least norm where alpha is 0 and X has not full rank. The engine of
 * Ridge and LinearRegression, which differ in alpha and in how far Cholesky is trusted.
 *
 * With X_c, y_c centred on the train states, three forms of one solution:
 *   primal    w = inverse(X_c'X_c + alpha I) X_c'y_c           where sources are fewer than states
 *   dual      X_c w = K_c inverse(K_c + alpha I) y_c, K_c = X_c X_c'               otherwise
 *   spectral  X_c = U diag(s) V', w = V diag(s / (s^2 + alpha)) U'y_c    where Cholesky cannot be
 *             trusted (alpha small or zero, X_c without full rank), or the kernel was not built
 * All targets share the factorisation.
 *
 * Hoerl & Kennard, Technometrics 12 (1970) 55-67; the dual form: Saunders, Gammerman & Vovk, ICML
 * 1998. */
#ifndef MEC_MAPS_LEAST_SQUARES_H
#define MEC_MAPS_LEAST_SQUARES_H

#include "maps/map.h"

/* The functions of a mec_map; prepare also takes alpha, and the reciprocal condition number
 * (1-norm, of the matrix that is factored) below which the spectral form takes over. */
bool mec_least_squares_wants_kernel(const mec_map_parameters *parameters, const mec_shape *shape);
mec_code mec_least_squares_prepare(const mec_problem *problem, double alpha, double least_rcond,
                                   mec_scratch *scratch, void **prepared, mec_status *status);
mec_code mec_least_squares_predict(const void *prepared, mec_block *block, mec_scratch *scratch,
                                   mec_status *status);

/* Of the primal and the dual form, which nearly all fits take. */
double mec_least_squares_cost(const mec_map_parameters *parameters, const mec_shape *shape);
double mec_least_squares_memory(const mec_map_parameters *parameters, const mec_shape *shape);

#endif
