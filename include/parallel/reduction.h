/* Sums over ranks whose result is divided among them: every rank gets some rows, none holds all.
 *
 * Only what does not depend on the order of adding is here (whole numbers, maxima): the result is
 * the same on any number of ranks. */
#ifndef MEC_PARALLEL_REDUCTION_H
#define MEC_PARALLEL_REDUCTION_H

#include <stddef.h>

#include "parallel/world.h"

typedef enum mec_reduction {
    MEC_REDUCE_SUM,  /* of int64_t */
    MEC_REDUCE_MOST, /* of uint8_t */
} mec_reduction;

size_t mec_reduction_size(mec_reduction reduction); /* bytes of an element */

/* The rows of `n` that belong to a rank: as equal in number as can be, in the order of ranks. */
typedef struct mec_rows_share {
    size_t first, n;
} mec_rows_share;
mec_rows_share mec_rows_of_rank(const mec_world *world, size_t n);

/* Reduces `values` (n_row, n_column) over ranks; `own` receives this rank's rows of the result,
 * (mec_rows_of_rank(world, n_row).n, n_column). Collective; reduction, n_row and n_column must
 * agree. Needs room for about one more copy of `values`: larger arrays go in blocks of rows. */
mec_code mec_reduce_rows(const mec_world *world, mec_reduction reduction, size_t n_row,
                         size_t n_column, const void *values, void *own, mec_status *status);

#endif
