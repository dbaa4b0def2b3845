#include "mapping.h"

#include <stdlib.h>
#include <string.h>

#include "fitting.h"
#include "random.h"
#include "unit.h"

static void *room(size_t count, size_t size) {
    void *block = calloc(count + 1, size);
    assert_non_null(block);
    return block;
}

mapping *mapping_create(uint64_t *seed, size_t n_train, size_t n_test, size_t n_first,
                        size_t n_second, size_t m) {
    mapping *p = room(1, sizeof *p);
    *p = (mapping){.n_train = n_train,
                   .n_test = n_test,
                   .n_state = n_train + n_test,
                   .n_cell = n_first + n_second,
                   .n_first = n_first,
                   .m = m};
    const size_t cells[] = {n_first, n_second};
    for (int k = 0; k < 2; k++) {
        p->resp[k] = room(p->n_state * cells[k], sizeof(double));
        random_fill(seed, p->resp[k], p->n_state * cells[k]);
        p->parts[k] = (mec_population){p->resp[k], p->n_state, cells[k]};
        p->list[k] = &p->parts[k];
    }
    p->source = (mec_source){.parts = p->list, .n_part = 2, .n_cell = p->n_cell};
    p->y = room(p->n_state * m, sizeof(double));
    p->order = room(p->n_state, sizeof *p->order);
    random_fill(seed, p->y, p->n_state * m);
    random_order(seed, p->order, p->n_state);
    for (size_t i = 0; i < p->n_state; i++)
        for (size_t j = 0; j < m; j++)
            for (size_t c = 0; c < 3; c++)
                *mapping_target(p, i, j) += *mapping_response(p, i, (j + 2 * c) % p->n_cell);
    p->prediction = room(n_test * m, sizeof(double));
    p->intercept = room(m, sizeof(double));
    p->gap = room(m, sizeof(double));
    p->outcome = room(m, 1);
    return p;
}

void mapping_destroy(mapping *p) {
    free(p->resp[0]);
    free(p->resp[1]);
    free(p->y);
    free(p->order);
    free(p->prediction);
    free(p->intercept);
    free(p->gap);
    free(p->outcome);
    free(p);
}

double *mapping_response(const mapping *p, size_t i, size_t cell) {
    int k = cell >= p->n_first;
    return p->resp[k] + p->order[i] * p->parts[k].n_cell + cell - (k ? p->n_first : 0);
}

double *mapping_target(const mapping *p, size_t i, size_t j) {
    return p->y + p->order[i] * p->m + j;
}

double *mapping_source(const mapping *p) {
    double *x = room(p->n_state * p->n_cell, sizeof *x);
    mec_source_gather(&p->source, p->order, p->n_state, x);
    return x;
}

double *mapping_targets(const mapping *p) {
    double *y = room(p->n_state * p->m, sizeof *y);
    for (size_t i = 0; i < p->n_state; i++)
        memcpy(y + i * p->m, mapping_target(p, i, 0), p->m * sizeof *y);
    return y;
}

/* As mec_fit_run hands it over. */
static mec_block start_block(const mapping *p, bool fit_intercept, double *y) {
    memset(p->intercept, 0, p->m * sizeof *p->intercept);
    memset(p->outcome, MEC_OUTCOME_DONE, p->m);
    for (size_t j = 0; j < p->m; j++)
        p->gap[j] = NAN;
    if (fit_intercept) {
        mec_column_means(y, p->n_train, p->m, p->intercept);
        mec_subtract_row(y, p->n_train, p->m, p->intercept);
    }
    return (mec_block){.m = p->m,
                       .y = y,
                       .prediction = p->prediction,
                       .intercept = p->intercept,
                       .gap = p->gap,
                       .outcome = p->outcome};
}

mec_code mapping_run(mapping *p, const mec_map *map, const mec_map_parameters *parameters,
                     bool with_kernel, const mec_pulse *pulse, mec_status *status) {
    mec_scratch scratch[2] = {{0}};
    void *prepared = NULL;
    mec_shape shape = {p->n_cell, p->n_train, p->n_test, p->m};
    mec_problem problem = {.source = &p->source,
                           .train = p->order,
                           .test = p->order + p->n_train,
                           .n_train = p->n_train,
                           .n_test = p->n_test,
                           .parameters = parameters,
                           .pulse = pulse};
    if (with_kernel && map->wants_kernel(parameters, &shape))
        p->source.kernel = make_kernel(&p->source, p->order, p->n_state, parameters->fit_intercept);
    double *y = mapping_targets(p);
    mec_block block = start_block(p, parameters->fit_intercept, y);
    if (!map->prepare(&problem, &scratch[0], &prepared, status))
        map->predict(prepared, &block, &scratch[1], status);
    mec_scratch_release(&scratch[0]);
    mec_scratch_release(&scratch[1]);
    free_kernel(&p->source.kernel);
    free(y);
    return status->code;
}
