#include "fitting.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "unit.h"

void fill_kernel(const mec_population *population, const uint8_t *finite, const double *offset,
                 double *kernel) {
    mec_status status = {0};
    mec_scratch scratch = {0};
    size_t n_block = mec_kernel_n_block(population->n_state);
    for (size_t block = 0; block < n_block; block++) {
        mec_scratch_reset(&scratch);
        mec_kernel_fill(population, finite, offset, block, kernel, &scratch, &status);
    }
    for (size_t block = 0; block < n_block; block++)
        mec_kernel_mirror(kernel, population->n_state, block);
    mec_scratch_release(&scratch);
    assert_ok(status);
}

double *make_kernel(const mec_source *source, bool fit_intercept) {
    mec_status status = {0};
    size_t n = source->parts[0]->n_state;
    double *sum = mec_alloc(n * n, sizeof *sum, &status);
    double *own = mec_alloc(n * n, sizeof *own, &status);
    uint8_t *finite = mec_alloc(n, 1, &status);
    double *offset = mec_alloc(source->n_cell, sizeof *offset, &status);
    assert_ok(status);
    for (size_t k = 0; k < source->n_part; k++) {
        const mec_population *part = source->parts[k];
        memset(finite, 1, n);
        mec_population_mark_finite(part, finite);
        if (fit_intercept)
            mec_population_means(part, finite, offset);
        fill_kernel(part, finite, offset, own);
        for (size_t i = 0; i < n * n; i++)
            sum[i] += own[i];
    }
    free(own);
    free(finite);
    free(offset);
    return sum;
}
