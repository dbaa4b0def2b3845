/* Small populations, sources and kernels for the tests of fits. */
#ifndef MEC_TESTS_FITTING_H
#define MEC_TESTS_FITTING_H

#include "maps/fit.h"
#include "maps/kernel.h"

/* The whole kernel of a source, as a job builds it: the sum of its parts' kernels, offsets being
 * the means over finite states where an intercept is fitted, else zero. The caller frees it. */
double *make_kernel(const mec_source *source, bool fit_intercept);

/* Fills all blocks of one population's kernel and mirrors them. `offset` (n_cell). */
void fill_kernel(const mec_population *population, const uint8_t *finite, const double *offset,
                 double *kernel);

#endif
