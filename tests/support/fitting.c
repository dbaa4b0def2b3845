#include "fitting.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "unit.h"

void fill_kernel(const mec_population *population, const uint32_t *states, size_t n,
                 const uint8_t *finite, const double *offset, double *kernel) {
    mec_status status = {0};
    mec_scratch scratch = {0};
    size_t n_block = mec_kernel_n_block(n);
    for (size_t block = 0; block < n_block; block++) {
        mec_scratch_reset(&scratch);
        mec_kernel_fill(population, states, n, finite, offset, block, kernel, &scratch, &status);
    }
    for (size_t block = 0; block < n_block; block++)
        mec_kernel_mirror(kernel, n, block);
    mec_scratch_release(&scratch);
    assert_ok(status);
}

/* Where each state stands among `states`; what does not is out of any kernel's bounds. */
static uint32_t *index_of(const uint32_t *states, size_t n, size_t n_state, mec_status *status) {
    uint32_t *index = mec_alloc(n_state, sizeof *index, status);
    assert_non_null(index);
    memset(index, 0xff, n_state * sizeof *index);
    for (size_t i = 0; i < n; i++)
        index[states[i]] = (uint32_t)i;
    return index;
}

mec_kernel make_kernel(const mec_source *source, const uint32_t *states, size_t n,
                       bool fit_intercept) {
    mec_status status = {0};
    size_t n_state = source->parts[0]->n_state;
    double *sum = mec_alloc(n * n, sizeof *sum, &status);
    double *own = mec_alloc(n * n, sizeof *own, &status);
    uint8_t *finite = mec_alloc(n_state, 1, &status);
    double *offset = mec_alloc(source->n_cell, sizeof *offset, &status);
    assert_ok(status);
    for (size_t k = 0; k < source->n_part; k++) {
        const mec_population *part = source->parts[k];
        memset(finite, 1, n_state);
        mec_population_mark_finite(part, finite);
        if (fit_intercept)
            mec_population_means(part, finite, offset);
        fill_kernel(part, states, n, finite, offset, own);
        for (size_t i = 0; i < n * n; i++)
            sum[i] += own[i];
    }
    free(own);
    free(finite);
    free(offset);
    return (mec_kernel){sum, n, index_of(states, n, n_state, &status)};
}

void free_kernel(mec_kernel *kernel) {
    free((void *)kernel->values);
    free((void *)kernel->index);
    *kernel = (mec_kernel){0};
}
