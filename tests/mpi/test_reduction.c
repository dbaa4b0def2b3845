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

/* What a rank adds to element i: sums of these round. */
static mec_real term(size_t rank, size_t i) {
    return (mec_real)1 / (mec_real)(3 + (i * 7 + rank * 5) % 101);
}

/* To the bit what a loop gives that begins with the rank that owns the element and goes down. */
static bool reals_are_summed(size_t n, size_t piece) {
    size_t size = (size_t)world.size;
    mec_real *values = calloc(n + 1, sizeof *values);
    mec_real *work = calloc(mec_sum_work(&world, n) + 1, sizeof *work);
    bool good = values && work;
    for (size_t i = 0; i < n && good; i++)
        values[i] = term((size_t)world.rank, i);
    if (good)
        mec_sum_reals(&world, n, values, work);
    for (size_t i = 0; i < n && good; i++) {
        size_t in_piece = i % piece;
        size_t length = n - (i - in_piece) < piece ? n - (i - in_piece) : piece;
        size_t owner = 0;
        while ((owner + 1) * (length / size) +
                   (owner + 1 < length % size ? owner + 1 : length % size) <=
               in_piece)
            owner++;
        mec_real sum = term(owner, i);
        for (size_t k = 1; k < size; k++)
            sum += term((owner + size - k) % size, i);
        good = values[i] == sum;
    }
    free(values);
    free(work);
    return good;
}

static void reals_are_summed_in_order(void) {
    size_t piece = ((size_t)1 << 18) * (size_t)world.size;
    const size_t lengths[] = {0, 1, 2, 3, 5, 100, 1001, piece, piece + 1, 2 * piece + 77};
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
        check_about("%zu numbers", lengths[k]);
        CHECK(&world, reals_are_summed(lengths[k], piece));
    }
}

static void shares_are_handed_to_all(void) {
    enum { MOST = 37 };
    mec_real values[MOST];
    for (size_t n = 0; n <= MOST; n++) {
        mec_rows_share own = mec_rows_of_rank(&world, n);
        bool good = true;
        for (size_t i = 0; i < n; i++)
            values[i] = i >= own.first && i - own.first < own.n ? (mec_real)i : -1;
        mec_gather_shares(&world, n, values);
        for (size_t i = 0; i < n; i++)
            good = good && values[i] == (mec_real)i;
        check_about("%zu numbers", n);
        CHECK(&world, good);
    }
}

static void doubles_are_summed_in_the_order_of_ranks(void) {
    double values[3];
    double work[3 * 64];
    bool good = true;
    for (size_t i = 0; i < 3; i++)
        values[i] = 1 / (3.0 + (double)world.rank + (double)i);
    mec_sum_reals64(&world, 3, values, work);
    for (size_t i = 0; i < 3; i++) {
        double sum = 0;
        for (int rank = 0; rank < world.size; rank++)
            sum += 1 / (3.0 + rank + (double)i);
        good = good && values[i] == sum;
    }
    CHECK(&world, good);
}

static void ranges_are_those_of_all_ranks(void) {
    double low[2] = {world.rank, -3};
    double high[2] = {world.rank, world.rank};
    mec_range_reals64(&world, 2, low, high);
    CHECK(&world, low[0] == 0 && low[1] == -3);
    CHECK(&world, high[0] == world.size - 1 && high[1] == world.size - 1);
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
    reals_are_summed_in_order();
    shares_are_handed_to_all();
    doubles_are_summed_in_the_order_of_ranks();
    ranges_are_those_of_all_ranks();
    a_failure_is_agreed();
    return end_together(&world);
}
