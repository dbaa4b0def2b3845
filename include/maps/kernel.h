/* Inner products between the states of an arena, shared by every fit on the same source.
 *
 * With more sources than train states, a linear map needs the sources only through the inner
 * products of states, K = Z Z' (kernel ridge regression; Saunders, Gammerman & Vovk 1998). Z are
 * the responses less a fixed offset per cell, its mean over the animal's finite states: any offset
 * cancels when a fit centres K on its train states, and this one keeps the numbers small, so that
 * little is lost to rounding.
 * Putting populations side by side adds their kernels. So one kernel per animal, built once, serves
 * every split and every combination of animals: with A animals, S splits, n states and p cells in
 * all, n^2 p multiplications in place of A S n n_train p.
 *
 * A kernel is cut into blocks of rows, so that several ranks can fill one; blocks depend on n only,
 * and so does every bit of the result. */
#ifndef MEC_MAPS_KERNEL_H
#define MEC_MAPS_KERNEL_H

#include "base/scratch.h"
#include "maps/population.h"

/* Rows a block; the number of blocks of n states. */
enum { MEC_KERNEL_BLOCK = 256 };
size_t mec_kernel_n_block(size_t n);

/* Fills the lower triangle of block `block` of the kernel of `population` over `states` (n), those
 * that some fit keeps: `kernel` (n, n). States that `finite` (n_state) does not mark have zero
 * rows; `offset` (n_cell) is subtracted from the others. Cost: 256 x (rows up to the block's end) x
 * n_cell multiplications. */
mec_code mec_kernel_fill(const mec_population *population, const uint32_t *states, size_t n,
                         const uint8_t *finite, const double *offset, size_t block, double *kernel,
                         mec_scratch *scratch, mec_status *status);

/* Replaces, in the lower triangle of block `block`, every one of `n_kernel` kernels by the sum of
 * all the others: the kernels of the sources that leave one animal out. `kernels` (n_kernel, n, n).
 */
mec_code mec_kernel_leave_one_out(double *kernels, size_t n_kernel, size_t n, size_t block,
                                  mec_scratch *scratch, mec_status *status);

/* Copies the lower triangle of block `block` of rows to the upper one. All blocks must have been
 * filled before the first is mirrored. */
void mec_kernel_mirror(double *kernel, size_t n, size_t block);

#endif
