/* Populations of cells and the sources made of them.
 *
 * A population is a matrix of responses, states x cells, row-major: the bins of an arena in C
 * order, the cells of one animal (or units of a model). A source is one or more populations side by
 * side along cells. Both are views: they own nothing and copy nothing. */
#ifndef MEC_MAPS_POPULATION_H
#define MEC_MAPS_POPULATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct mec_population {
    const double *resp; /* (n_state, n_cell), Hz; non-finite where not sampled; NULL: not here */
    size_t n_state, n_cell;
} mec_population;

/* Inner products of the states' centred responses: see maps/kernel.h. */
typedef struct mec_kernel {
    const double *values;  /* (n, n); NULL where not built */
    size_t n;              /* states it is about */
    const uint32_t *index; /* (n_state) where each of them stands in it */
} mec_kernel;

typedef struct mec_source {
    const mec_population *const *parts; /* (n_part), of equal n_state */
    size_t n_part;
    size_t n_cell; /* of all parts */
    mec_kernel kernel;
} mec_source;

/* Clears `finite[state]` for every state in which any cell is not finite; leaves the others. */
void mec_population_mark_finite(const mec_population *population, uint8_t *finite);

/* The mean of every cell over the states marked finite; 0 where there are none. `mean` (n_cell). */
void mec_population_means(const mec_population *population, const uint8_t *finite, double *mean);

/* Copies the given cells (m) of the given states (n): `out` (n, m). */
void mec_population_gather(const mec_population *population, const uint32_t *cells, size_t m,
                           const uint32_t *states, size_t n, double *out);

/* Copies the given states of all parts: `out` (n, source->n_cell). */
void mec_source_gather(const mec_source *source, const uint32_t *states, size_t n, double *out);

/* Whether a linear map fitted on states `train` can predict anything but a constant on states
 * `test`: whether any column takes more than one value on `test` and has a weight, for which it
 * must vary on `train` too or, if columns are not `centred`, not be zero there. */
bool mec_source_varies(const mec_source *source, const uint32_t *train, size_t n_train,
                       const uint32_t *test, size_t n_test, bool centred);

/* Column means of `x` (n, m); a column of equal values has exactly that value as its mean. */
void mec_column_means(const double *x, size_t n, size_t m, double *mean);

/* Subtracts `mean` (m) from every row of `x` (n, m). */
void mec_subtract_row(double *x, size_t n, size_t m, const double *mean);

#endif
