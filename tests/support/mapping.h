/* One map alone on a small problem: a source of two populations, targets that depend on it, a split
 * whose states lie in any order. Nothing is scored: predictions themselves are compared. */
#ifndef MEC_TESTS_MAPPING_H
#define MEC_TESTS_MAPPING_H

#include "maps/map.h"

typedef struct mapping {
    size_t n_train, n_test, n_state, n_cell, m;
    size_t n_first;  /* cells of the first population */
    double *resp[2]; /* of the two populations */
    double *y;       /* (n_state, m) */
    uint32_t *order; /* (n_state) train states, then test states */
    mec_population parts[2];
    const mec_population *list[2];
    mec_source source;
    double *prediction; /* (n_test, m), without the intercept */
    double *intercept, *gap;
    int8_t *outcome;
} mapping;

mapping *mapping_create(uint64_t *seed, size_t n_train, size_t n_test, size_t n_first,
                        size_t n_second, size_t m);
void mapping_destroy(mapping *p);

/* The response of a cell of the source to state order[i]. */
double *mapping_response(const mapping *p, size_t i, size_t cell);
/* Target j's response to state order[i]. */
double *mapping_target(const mapping *p, size_t i, size_t j);

/* Responses in the split's order, (n_state, n_cell) and (n_state, m); the caller frees them. */
double *mapping_source(const mapping *p);
double *mapping_targets(const mapping *p);

/* Prepares and predicts; with the source's kernel, if asked for and the map wants it. */
mec_code mapping_run(mapping *p, const mec_map *map, const mec_map_parameters *parameters,
                     bool with_kernel, const mec_pulse *pulse, mec_status *status);

#endif
