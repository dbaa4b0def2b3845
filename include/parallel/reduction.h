/* Sums over ranks.
 *
 * Of whole numbers and maxima the result is divided among the ranks: every rank gets some rows,
 * none holds all; it is the same on any number of ranks. Of real numbers every rank gets the whole
 * sum, added in an order that depends on the number of ranks alone: the same bits in every run on
 * as many, which MPI's own reductions do not promise. */
#ifndef MEC_PARALLEL_REDUCTION_H
#define MEC_PARALLEL_REDUCTION_H

#include <stddef.h>

#include "numerics/real.h"
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
mec_rows_share mec_rows_share_of(size_t n, size_t rank, size_t size); /* the same of any rank */

MPI_Datatype mec_real_type(void); /* of mec_real */

/* Reduces `values` (n_row, n_column) over ranks; `own` receives this rank's rows of the result,
 * (mec_rows_of_rank(world, n_row).n, n_column). Collective; reduction, n_row and n_column must
 * agree. Needs room for about one more copy of `values`: larger arrays go in blocks of rows. */
mec_code mec_reduce_rows(const mec_world *world, mec_reduction reduction, size_t n_row,
                         size_t n_column, const void *values, void *own, mec_status *status);

/* values (n), added over all ranks in the order of ranks. For few numbers: every rank receives all.
 * `work` (n * world->size). Collective; n must agree. */
void mec_sum_reals64(const mec_world *world, size_t n, double *values, double *work);

/* low (n) becomes the least, high (n) the most, of all ranks. Collective; n must agree. */
void mec_range_reals64(const mec_world *world, size_t n, double *low, double *high);

/* values (n), added over all ranks: each rank adds up its share, first its own numbers, then those
 * of the rank before it, and so on around; then the shares are handed to all. `work`
 * (mec_sum_work(world, n)). Collective; n must agree. Cost: every rank sends and receives 2 n
 * numbers, less those of its own share. */
void mec_sum_reals(const mec_world *world, size_t n, mec_real *values, mec_real *work);
size_t mec_sum_work(const mec_world *world, size_t n);

/* Hands every rank's share (mec_rows_of_rank(world, n)) of `values` (n) to all. Collective. */
void mec_gather_shares(const mec_world *world, size_t n, mec_real *values);

#endif
