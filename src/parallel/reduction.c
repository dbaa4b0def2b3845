#include "parallel/reduction.h"

#include <assert.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/fault.h"
#include "base/memory.h"

size_t mec_reduction_size(mec_reduction reduction) {
    return reduction == MEC_REDUCE_SUM ? sizeof(int64_t) : sizeof(uint8_t);
}

static mec_rows_share share_of(size_t n, size_t rank, size_t size) {
    size_t each = n / size;
    size_t more = n % size; /* ranks that have one more */
    size_t before = rank < more ? rank : more;
    return (mec_rows_share){.first = rank * each + before, .n = each + (rank < more)};
}

mec_rows_share mec_rows_of_rank(const mec_world *world, size_t n) {
    return share_of(n, (size_t)world->rank, (size_t)world->size);
}

mec_code mec_reduce_rows(const mec_world *world, mec_reduction reduction, size_t n_row,
                         size_t n_column, const void *values, void *own, mec_status *status) {
    size_t size = (size_t)world->size;
    bool sums = reduction == MEC_REDUCE_SUM;
    int *counts = mec_alloc(size, sizeof *counts, status);
    assert(n_row * n_column <= INT_MAX);
    if (mec_fault_here("reduce_rows"))
        mec_fail(status, MEC_FAILED, "injected: no memory for a reduction");
    if (mec_agree(world, status) == MEC_OK) {
        for (size_t rank = 0; rank < size; rank++)
            counts[rank] = (int)(share_of(n_row, rank, size).n * n_column);
        MPI_Reduce_scatter(values, own, counts, sums ? MPI_INT64_T : MPI_UINT8_T,
                           sums ? MPI_SUM : MPI_MAX, world->comm);
    }
    free(counts);
    return status->code;
}
