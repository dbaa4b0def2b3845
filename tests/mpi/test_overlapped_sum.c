/* Sums that go on while ranks compute: the same bits as a loop in the order that is promised, also
 * beside other messages, and with ranks that look after them often, or never. */
#include <stdlib.h>

#include "parallel/overlapped_sum.h"
#include "parallel/reduction.h"
#include "together.h"

static mec_world world;

/* What a rank adds to element i: sums of these round. */
static mec_real term(size_t rank, size_t i) {
    return (mec_real)1 / (mec_real)(3 + (i * 7 + rank * 5) % 101);
}

/* From the rank that owns the element, and then down. */
static bool is_sum(size_t n, const mec_real *values) {
    size_t size = (size_t)world.size;
    for (size_t owner = 0; owner < size; owner++) {
        mec_rows_share share = mec_rows_share_of(n, owner, size);
        for (size_t i = share.first; i < share.first + share.n; i++) {
            mec_real sum = term(owner, i);
            for (size_t k = 1; k < size; k++)
                sum += term((owner + size - k) % size, i);
            if (values[i] != sum)
                return false;
        }
    }
    return true;
}

/* Ranks look after their messages now and then, the last one never. */
static bool sums(mec_overlapped_sum *sum, size_t n, mec_real *values) {
    double few[2] = {1, 2};
    double *work = calloc(2 * (size_t)world.size, sizeof *work);
    for (size_t i = 0; i < n; i++)
        values[i] = term((size_t)world.rank, i);
    mec_overlapped_sum_start(sum, n, values);
    for (int k = 0; k < 100 * (world.size - 1 - world.rank); k++)
        mec_overlapped_sum_advance(sum);
    mec_sum_reals64(&world, 2, few, work);
    mec_overlapped_sum_finish(sum);
    free(work);
    return few[1] == 2 * world.size && is_sum(n, values);
}

static void values_are_summed_in_order(void) {
    const size_t lengths[] = {0, 1, 2, 3, 5, 1001, (1 << 20) + 7, 4, 1 << 20};
    size_t most = (1 << 20) + 7;
    mec_status status = {0};
    mec_overlapped_sum *sum = mec_overlapped_sum_create(&world, most, &status);
    mec_real *values = calloc(most, sizeof *values);
    CHECK(&world, sum && values);
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
        check_about("%zu numbers", lengths[k]);
        CHECK(&world, sums(sum, lengths[k], values));
        mec_overlapped_sum_advance(sum); /* nothing is under way */
        mec_overlapped_sum_finish(sum);
        CHECK(&world, is_sum(lengths[k], values));
    }
    free(values);
    mec_overlapped_sum_destroy(sum);
    mec_overlapped_sum_destroy(NULL);
}

int main(void) {
    start_together(&world);
    values_are_summed_in_order();
    return end_together(&world);
}
