/* Linear least squares that ranks solve together: the one place that names ScaLAPACK and BLACS.
 *
 * Matrices are dealt out to a grid of ranks in square blocks; no rank ever holds one whole. All of
 * a problem is
 *
 *     min ||M X - C||^2 + alpha ||X||^2,  P = E X        M (h, r) with h >= r, C (h, k), E (e, r)
 *
 * and three methods find X, all columns of C at once:
 *   cholesky  M'M + alpha I = L L' (PBLAS, pdpotrf, pdpotrs); squares the condition of M
 *   qr        M = Q R (pdgels); alpha is 0, M has full rank
 *   spectral  M = Q R, and the singular values of R from the eigenvectors (pdsyevd) of (0 R; R' 0),
 *             so that nothing is squared; directions of too small a singular value get no weight:
 *             of least norm where M has not full rank
 * Golub & Van Loan, Matrix Computations (4th ed., 2013), sections 5.3 and 8.6; Blackford et al.,
 * ScaLAPACK Users' Guide (1997).
 *
 * The grid has at least as many rows as columns, as near to a square as the number of ranks allows:
 * M is tall, and a grid that is tall too keeps more of its columns' sums on one rank; a square one
 * sends least where there are many ranks. Blocks are of MEC_SOLVER_BLOCK: see there. Both depend on
 * the number of ranks alone, and sums of several ranks are made in a fixed order, so that every run
 * on as many ranks gives the same bytes.
 *
 * Every function is collective over the ranks of the solver; shapes and numbers that are not
 * matrices must agree, and the status is agreed. */
#ifndef MEC_PARALLEL_LINEAR_SOLVER_H
#define MEC_PARALLEL_LINEAR_SOLVER_H

#include <stdbool.h>

#include "base/pulse.h"
#include "parallel/block_cyclic.h"
#include "parallel/world.h"

/* Rows and columns of a block. Smaller ones cut products into pieces that BLAS is slow on, larger
 * ones leave ranks idle at the ends of factorisations. */
enum { MEC_SOLVER_BLOCK = 128 };

typedef struct mec_solver {
    const mec_world *world;
    const mec_pulse *pulse; /* asked between blocks of long products; NULL: never stops */
    int context, handle;    /* of BLACS */
    size_t block;
    size_t n_grid_row, n_grid_column;
    size_t grid_row, grid_column; /* of this rank */
    mec_world row, column; /* the ranks that hold the same rows of matrices; the same columns */
} mec_solver;

/* The block for matrices whose shorter side is `r`: MEC_SOLVER_BLOCK, or smaller, so that every row
 * and column of the grid has about four blocks of it. */
size_t mec_solver_block(const mec_world *world, size_t r);

/* `n_grid_row` and `block` 0: as said above. `world` must outlive the solver. */
mec_code mec_solver_create(const mec_world *world, size_t n_grid_row, size_t block,
                           mec_solver *solver, mec_status *status);
void mec_solver_destroy(mec_solver *solver);

/* A matrix that is dealt out; this rank's part of it, column-major: element (i, j) of the part is
 * values[i + j * ld]. */
typedef struct mec_distributed {
    mec_axis rows, columns;
    size_t ld;      /* at least 1 */
    double *values; /* owned */
} mec_distributed;

/* Zeroed. */
mec_code mec_distributed_create(const mec_solver *solver, size_t n_row, size_t n_column,
                                mec_distributed *matrix, mec_status *status);
/* Local; a zeroed matrix is ignored. */
void mec_distributed_destroy(mec_distributed *matrix);

/* X (r, k) by Cholesky; `*rcond` receives the reciprocal condition number (1-norm) of what was
 * factored, 0 where that failed; below `least_rcond` X is not solved for. */
mec_code mec_solve_cholesky(const mec_solver *solver, const mec_distributed *m,
                            const mec_distributed *c, double alpha, double least_rcond,
                            mec_distributed *x, double *rcond, mec_status *status);

/* X (r, k) by QR; M and C are spoiled. `*rcond` is R's: where it is small X is not to be used. */
mec_code mec_solve_qr(const mec_solver *solver, mec_distributed *m, mec_distributed *c,
                      mec_distributed *x, double *rcond, mec_status *status);

/* X (r, k) by the spectrum, without directions whose singular value is at or below `least` times
 * the largest; M and C are spoiled. MEC_INCOMPLETE where the eigenvectors do not converge. */
mec_code mec_solve_spectral(const mec_solver *solver, mec_distributed *m, mec_distributed *c,
                            double alpha, double least, mec_distributed *x, mec_status *status);

/* P (e, k) = E X. */
mec_code mec_distributed_multiply(const mec_solver *solver, const mec_distributed *e,
                                  const mec_distributed *x, mec_distributed *p, mec_status *status);

/* Bytes that a method holds beside M, C, E, X and P, on all ranks together. */
double mec_solve_cholesky_memory(size_t r);
double mec_solve_qr_memory(size_t r);
double mec_solve_spectral_memory(size_t r, size_t k);

#endif
