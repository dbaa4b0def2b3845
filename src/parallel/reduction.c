#include "parallel/reduction.h"

#include <assert.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/memory.h"

size_t mec_reduction_size(mec_reduction reduction) {
    return reduction == MEC_REDUCE_SUM ? sizeof(int64_t) : sizeof(uint8_t);
}

mec_rows_share mec_rows_share_of(size_t n, size_t rank, size_t size) {
    size_t each = n / size;
    size_t more = n % size; /* ranks that have one more */
    size_t before = rank < more ? rank : more;
    return (mec_rows_share){.first = rank * each + before, .n = each + (rank < more)};
}

mec_rows_share mec_rows_of_rank(const mec_world *world, size_t n) {
    return mec_rows_share_of(n, (size_t)world->rank, (size_t)world->size);
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
            counts[rank] = (int)(mec_rows_share_of(n_row, rank, size).n * n_column);
        MPI_Reduce_scatter(values, own, counts, sums ? MPI_INT64_T : MPI_UINT8_T,
                           sums ? MPI_SUM : MPI_MAX, world->comm);
    }
    free(counts);
    return status->code;
}

/* ---- sums of real numbers ---- */

/* Numbers of a rank's share that travel at a time: large enough for the bandwidth, small enough to
 * stay in the cache while they are added. */
enum { AT_ONCE = 1 << 18 };

MPI_Datatype mec_real_type(void) {
    return sizeof(mec_real) == sizeof(float) ? MPI_FLOAT : MPI_DOUBLE;
}

void mec_sum_reals64(const mec_world *world, size_t n, double *values, double *work) {
    MPI_Allgather(values, (int)n, MPI_DOUBLE, work, (int)n, MPI_DOUBLE, world->comm);
    memset(values, 0, n * sizeof *values);
    for (size_t rank = 0; rank < (size_t)world->size; rank++)
        for (size_t i = 0; i < n; i++)
            values[i] += work[rank * n + i];
}

void mec_range_reals64(const mec_world *world, size_t n, double *low, double *high) {
    MPI_Allreduce(MPI_IN_PLACE, low, (int)n, MPI_DOUBLE, MPI_MIN, world->comm);
    MPI_Allreduce(MPI_IN_PLACE, high, (int)n, MPI_DOUBLE, MPI_MAX, world->comm);
}

size_t mec_sum_work(const mec_world *world, size_t n) {
    size_t share = mec_rows_share_of(n, 0, (size_t)world->size).n;
    return share < AT_ONCE ? share : AT_ONCE;
}

/* This rank's share of `piece` numbers, added up. */
static void add_share(const mec_world *world, size_t piece, mec_real *values, mec_real *work) {
    size_t size = (size_t)world->size;
    size_t rank = (size_t)world->rank;
    mec_rows_share own = mec_rows_share_of(piece, rank, size);
    for (size_t k = 1; k < size; k++) {
        size_t to = (rank + k) % size;
        size_t from = (rank + size - k) % size;
        mec_rows_share theirs = mec_rows_share_of(piece, to, size);
        MPI_Sendrecv(values + theirs.first, (int)theirs.n, mec_real_type(), (int)to, 0, work,
                     (int)own.n, mec_real_type(), (int)from, 0, world->comm, MPI_STATUS_IGNORE);
        for (size_t i = 0; i < own.n; i++)
            values[own.first + i] += work[i];
    }
}

/* Counts of MPI are ints. */
enum { MOST_SENT = 1 << 28 };

/* As many messages on every rank, also empty ones: those of the largest share. */
static void pass_on(const mec_world *world, mec_real *values, size_t largest, mec_rows_share out,
                    mec_rows_share in) {
    int next = (world->rank + 1) % world->size;
    int last = (world->rank + world->size - 1) % world->size;
    for (size_t i = 0; i < largest; i += MOST_SENT) {
        size_t n_out = i >= out.n ? 0 : out.n - i < MOST_SENT ? out.n - i : MOST_SENT;
        size_t n_in = i >= in.n ? 0 : in.n - i < MOST_SENT ? in.n - i : MOST_SENT;
        MPI_Sendrecv(values + out.first + i, (int)n_out, mec_real_type(), next, 0,
                     values + in.first + i, (int)n_in, mec_real_type(), last, 0, world->comm,
                     MPI_STATUS_IGNORE);
    }
}

/* Every rank sends its share around, one place at a time. */
void mec_gather_shares(const mec_world *world, size_t n, mec_real *values) {
    size_t size = (size_t)world->size;
    size_t rank = (size_t)world->rank;
    for (size_t k = 0; k + 1 < size; k++)
        pass_on(world, values, mec_rows_share_of(n, 0, size).n,
                mec_rows_share_of(n, (rank + size - k) % size, size),
                mec_rows_share_of(n, (rank + 2 * size - k - 1) % size, size));
}

void mec_sum_reals(const mec_world *world, size_t n, mec_real *values, mec_real *work) {
    size_t most = (size_t)AT_ONCE * (size_t)world->size;
    for (size_t i = 0; i < n && world->size > 1; i += most) {
        size_t piece = n - i < most ? n - i : most;
        add_share(world, piece, values + i, work);
        mec_gather_shares(world, piece, values + i);
    }
}
