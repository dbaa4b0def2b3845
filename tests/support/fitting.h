/* Small populations, sources and kernels for the tests of fits. */
#ifndef MEC_TESTS_FITTING_H
#define MEC_TESTS_FITTING_H

#include "maps/fit.h"
#include "maps/kernel.h"

/* The whole kernel of a source over `states` (n), as a job builds it: the sum of its parts'
 * kernels, offsets being the means over finite states where an intercept is fitted, else zero. */
mec_kernel make_kernel(const mec_source *source, const uint32_t *states, size_t n,
                       bool fit_intercept);
void free_kernel(mec_kernel *kernel);

/* Fills all blocks of one population's kernel over `states` (n) and mirrors them: `kernel` (n, n).
 * `offset` (n_cell). */
void fill_kernel(const mec_population *population, const uint32_t *states, size_t n,
                 const uint8_t *finite, const double *offset, double *kernel);

#endif
