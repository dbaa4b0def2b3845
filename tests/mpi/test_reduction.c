/* Sums over ranks against plain loops over what every rank holds. */
#include <stdint.h>
#include <stdlib.h>

#include "parallel/reduction.h"
#include "together.h"

static mec_world world;

/* What a rank holds in element i: any number, also a negative one. */
static int64_t held(int rank, size_t i) {
    return ((int64_t)i * 7919 - 500) * (rank + 1) + (INT64_C(1) << 40) * (rank % 2);
}

static uint8_t flag(int rank, size_t i) {
    return (i + (size_t)rank) % 3 == 0;
}

static bool sums_are_right(size_t n_row, size_t n_column) {
    mec_status status = {0};
    mec_rows_share share = mec_rows_of_rank(&world, n_row);
    int64_t *values = calloc(n_row * n_column + 1, sizeof *values);
    int64_t *own = calloc(share.n * n_column + 1, sizeof *own);
    uint8_t *flags = calloc(n_row * n_column + 1, 1);
    uint8_t *most = calloc(share.n * n_column + 1, 1);
    bool good = values && own && flags && most;
    for (size_t i = 0; i < n_row * n_column && good; i++) {
        values[i] = held(world.rank, i);
        flags[i] = flag(world.rank, i);
    }
    mec_reduce_rows(&world, MEC_REDUCE_SUM, n_row, n_column, values, own, &status);
    mec_reduce_rows(&world, MEC_REDUCE_MOST, n_row, n_column, flags, most, &status);
    good = good && status.code == MEC_OK;
    for (size_t i = 0; i < share.n * n_column && good; i++) {
        int64_t sum = 0;
        uint8_t any = 0;
        for (int rank = 0; rank < world.size; rank++) {
            sum += held(rank, share.first * n_column + i);
            any |= flag(rank, share.first * n_column + i);
        }
        good = own[i] == sum && most[i] == any;
    }
    free(values);
    free(own);
    free(flags);
    free(most);
    return good;
}

static void every_shape_is_summed(void) {
    for (size_t n_row = 0; n_row < 12; n_row++)
        for (size_t n_column = 1; n_column < 4; n_column++) {
            check_about("%zu x %zu", n_row, n_column);
            CHECK(&world, sums_are_right(n_row, n_column));
        }
    check_about("many");
    CHECK(&world, sums_are_right(1000, 300));
}

/* The shares are all rows, none twice. */
static void shares_cover_all_rows(void) {
    for (size_t n = 0; n < 40; n++) {
        mec_rows_share share = mec_rows_of_rank(&world, n);
        uint64_t own = ((UINT64_C(1) << share.n) - 1) << share.first;
        uint64_t all = 0;
        MPI_Allreduce(&own, &all, 1, MPI_UINT64_T, MPI_SUM, world.comm);
        CHECK(&world, all == (UINT64_C(1) << n) - 1);
        CHECK(&world, share.n <= n / (size_t)world.size + 1);
    }
}

static void a_failure_is_agreed(void) {
    for (int rank = 0; rank < world.size; rank++) {
        mec_status status = {0};
        int64_t value = 1;
        int64_t own = 0;
        inject(&world, "reduce_rows", rank);
        mec_reduce_rows(&world, MEC_REDUCE_SUM, 1, 1, &value, &own, &status);
        CHECK_STATUS(&world, status, MEC_FAILED);
        inject(&world, NULL, 0);
    }
}

int main(void) {
    start_together(&world);
    every_shape_is_summed();
    shares_cover_all_rows();
    a_failure_is_agreed();
    return end_together(&world);
}
