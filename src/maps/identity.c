/* No map at all: the prediction of a target's cell j is the source's column j. For sources that are
 * themselves a prediction of the population, cell by cell; where the source has not as many cells
 * as the population, single cells have no prediction (NaN), and only scores of the whole population
 * mean something. */
#include <math.h>
#include <string.h>

#include "maps/map.h"

static bool wants_kernel(const mec_map_parameters *parameters, const mec_shape *shape) {
    (void)parameters;
    (void)shape;
    return false;
}

static bool copies(const mec_map_parameters *parameters) {
    (void)parameters;
    return true;
}

static mec_code prepare(const mec_problem *problem, mec_scratch *scratch, void **prepared,
                        mec_status *status) {
    const mec_problem **kept = mec_scratch_take(scratch, 1, sizeof(const mec_problem *), status);
    if (!kept)
        return status->code;
    *kept = problem;
    *prepared = (void *)kept;
    return MEC_OK;
}

/* Copies column `column` of the source on the test states: `out` (n_test), `stride` apart. */
static void copy_column(const mec_problem *problem, size_t column, double *out, size_t stride) {
    const mec_population *const *part = problem->source->parts;
    for (; column >= (*part)->n_cell; part++)
        column -= (*part)->n_cell;
    for (size_t i = 0; i < problem->n_test; i++)
        out[i * stride] = (*part)->resp[problem->test[i] * (*part)->n_cell + column];
}

static mec_code predict(const void *prepared, mec_block *block, mec_scratch *scratch,
                        mec_status *status) {
    const mec_problem *problem = *(const mec_problem *const *)prepared;
    (void)scratch;
    memset(block->intercept, 0, block->m * sizeof *block->intercept);
    for (size_t j = 0; j < block->m; j++)
        if (problem->source->n_cell == block->n_cell)
            copy_column(problem, block->cells[j], block->prediction + j, block->m);
        else
            for (size_t i = 0; i < problem->n_test; i++)
                block->prediction[i * block->m + j] = NAN;
    return status->code;
}

static double cost(const mec_map_parameters *parameters, const mec_shape *shape) {
    (void)parameters;
    return (double)shape->n_test * (double)shape->m;
}

static double memory(const mec_map_parameters *parameters, const mec_shape *shape) {
    (void)parameters;
    (void)shape;
    return 0;
}

const mec_map mec_identity = {.parameters = "",
                              .passes_through = true,
                              .copies = copies,
                              .wants_kernel = wants_kernel,
                              .prepare = prepare,
                              .predict = predict,
                              .cost = cost,
                              .memory = memory};
