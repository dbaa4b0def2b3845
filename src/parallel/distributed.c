/* Matrices that are dealt out to the ranks of a solver; their shapes alone, no ScaLAPACK. */
#include <limits.h>
#include <stdlib.h>

#include "base/fault.h"
#include "base/memory.h"
#include "parallel/linear_solver.h"

mec_code mec_distributed_create(const mec_solver *solver, size_t n_row, size_t n_column,
                                mec_distributed *matrix, mec_status *status) {
    *matrix = (mec_distributed){
        .rows = {n_row, solver->block, solver->n_grid_row, solver->grid_row},
        .columns = {n_column, solver->block, solver->n_grid_column, solver->grid_column},
    };
    size_t rows = mec_axis_count(&matrix->rows);
    size_t columns = mec_axis_count(&matrix->columns);
    matrix->ld = rows > 0 ? rows : 1;
    /* ScaLAPACK counts the elements of a part with 32-bit integers. */
    if ((double)rows * (double)columns > INT_MAX)
        mec_fail(status, MEC_FAILED,
                 "a matrix of %zu x %zu on %d ranks leaves %zu x %zu to one; accepted: at most %d "
                 "numbers, so more ranks",
                 n_row, n_column, solver->world->size, rows, columns, INT_MAX);
    else
        matrix->values = mec_alloc(rows * columns, sizeof *matrix->values, status);
    if (mec_fault_here("distributed_create"))
        mec_fail(status, MEC_FAILED, "injected: no memory for a matrix of ranks");
    if (mec_agree(solver->world, status))
        mec_distributed_destroy(matrix);
    return status->code;
}

void mec_distributed_destroy(mec_distributed *matrix) {
    free(matrix->values);
    *matrix = (mec_distributed){0};
}
