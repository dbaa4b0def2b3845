#include "parallel/overlapped_sum.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "parallel/reduction.h"

/* The tags too: a rank may hand its sum around while another still waits for parts of its own. */
typedef enum stage { IDLE, ADDING, HANDING } stage;

struct mec_overlapped_sum {
    const mec_world *world;
    size_t most;
    mec_real *received;    /* (size - 1, largest share) this rank's share as the others have it */
    MPI_Request *requests; /* (size - 1, 2) */
    size_t n;
    mec_real *values; /* (n) */
    stage stage;
};

static size_t n_other(const mec_world *world) {
    return (size_t)world->size - 1;
}

static size_t largest_share(const mec_world *world, size_t n) {
    return mec_rows_share_of(n, 0, (size_t)world->size).n;
}

double mec_overlapped_sum_memory(const mec_world *world, size_t most) {
    return (double)(n_other(world) * largest_share(world, most)) * (double)sizeof(mec_real);
}

mec_overlapped_sum *mec_overlapped_sum_create(const mec_world *world, size_t most,
                                              mec_status *status) {
    assert(most <= MEC_OVERLAPPED_MOST);
    mec_overlapped_sum *sum = mec_alloc(1, sizeof *sum, status);
    if (!sum)
        return NULL;
    *sum = (mec_overlapped_sum){.world = world, .most = most, .stage = IDLE};
    sum->received =
        mec_alloc(n_other(world) * largest_share(world, most), sizeof(mec_real), status);
    sum->requests = mec_alloc(2 * n_other(world), sizeof(MPI_Request), status);
    if (!status->code)
        return sum;
    mec_overlapped_sum_destroy(sum);
    return NULL;
}

void mec_overlapped_sum_destroy(mec_overlapped_sum *sum) {
    if (!sum)
        return;
    free(sum->requests);
    free(sum->received);
    free(sum);
}

static mec_rows_share share_of(const mec_overlapped_sum *s, size_t rank) {
    return mec_rows_share_of(s->n, rank, (size_t)s->world->size);
}

/* Messages with the k-th rank on either side, k from 1. */
static void exchange(mec_overlapped_sum *s, size_t k, const mec_real *out, size_t n_out,
                     mec_real *in, size_t n_in) {
    size_t size = (size_t)s->world->size;
    size_t rank = (size_t)s->world->rank;
    MPI_Request *requests = s->requests + 2 * (k - 1);
    MPI_Irecv(in, (int)n_in, mec_real_type(), (int)((rank + size - k) % size), s->stage,
              s->world->comm, &requests[0]);
    MPI_Isend(out, (int)n_out, mec_real_type(), (int)((rank + k) % size), s->stage, s->world->comm,
              &requests[1]);
}

void mec_overlapped_sum_start(mec_overlapped_sum *s, size_t n, mec_real *values) {
    size_t size = (size_t)s->world->size;
    size_t rank = (size_t)s->world->rank;
    assert(s->stage == IDLE && n <= s->most);
    s->n = n;
    s->values = values;
    s->stage = ADDING;
    mec_rows_share own = share_of(s, rank);
    for (size_t k = 1; k < size; k++) {
        mec_rows_share theirs = share_of(s, (rank + k) % size);
        exchange(s, k, values + theirs.first, theirs.n,
                 s->received + (k - 1) * largest_share(s->world, n), own.n);
    }
}

/* First its own numbers, then those of the rank before it, and so on around. */
static void add_share(mec_overlapped_sum *s) {
    mec_rows_share own = share_of(s, (size_t)s->world->rank);
    mec_real *restrict sum = s->values + own.first;
    for (size_t k = 1; k < (size_t)s->world->size; k++) {
        const mec_real *restrict part = s->received + (k - 1) * largest_share(s->world, s->n);
        for (size_t i = 0; i < own.n; i++)
            sum[i] += part[i];
    }
}

static void hand_share(mec_overlapped_sum *s) {
    size_t size = (size_t)s->world->size;
    size_t rank = (size_t)s->world->rank;
    mec_rows_share own = share_of(s, rank);
    s->stage = HANDING;
    for (size_t k = 1; k < size; k++) {
        mec_rows_share theirs = share_of(s, (rank + size - k) % size);
        exchange(s, k, s->values + own.first, own.n, s->values + theirs.first, theirs.n);
    }
}

/* All messages of a stage have come and gone. */
static void end_stage(mec_overlapped_sum *s) {
    if (s->stage == ADDING) {
        add_share(s);
        hand_share(s);
    } else
        s->stage = IDLE;
}

void mec_overlapped_sum_advance(mec_overlapped_sum *s) {
    int done = 0;
    if (s->stage == IDLE)
        return;
    MPI_Testall((int)(2 * n_other(s->world)), s->requests, &done, MPI_STATUSES_IGNORE);
    if (done)
        end_stage(s);
}

void mec_overlapped_sum_finish(mec_overlapped_sum *s) {
    while (s->stage != IDLE) {
        MPI_Waitall((int)(2 * n_other(s->world)), s->requests, MPI_STATUSES_IGNORE);
        end_stage(s);
    }
}
