/* Linear maps from a source population to target cells, under one interface.
 *
 * A regression type is one file in src/maps that fills a mec_map, and one row in MEC_REGRESSIONS.
 * Fitting is cut in two, because many targets share a source: `prepare` does whatever depends on
 * the source and the split alone, `predict` then serves any number of targets. Names, parameters
 * and objectives are scikit-learn's. */
#ifndef MEC_MAPS_MAP_H
#define MEC_MAPS_MAP_H

#include "base/scratch.h"
#include "maps/population.h"

typedef struct mec_map_parameters {
    double alpha;
    bool fit_intercept;
} mec_map_parameters;

/* One source and one split of its states. */
typedef struct mec_problem {
    const mec_source *source;
    const uint32_t *train; /* (n_train) states; all finite in the source and the targets */
    const uint32_t *test;  /* (n_test) */
    size_t n_train, n_test;
    const mec_map_parameters *parameters;
} mec_problem;

typedef struct mec_map {
    /* Whether prepare wants source->kernel, from shapes alone. */
    bool (*wants_kernel)(size_t n_cell, size_t n_train);

    /* What depends on the source and the split; `*prepared` lives in `scratch`. */
    mec_code (*prepare)(const mec_problem *problem, mec_scratch *scratch, void **prepared,
                        mec_status *status);

    /* Predicts `m` targets on the test states, without the intercept: `prediction` (n_test, m) from
     * `y` (n_train, m), which is centred where fit_intercept is set, and may be overwritten. */
    mec_code (*predict)(const void *prepared, double *y, size_t m, double *prediction,
                        mec_scratch *scratch, mec_status *status);

    /* An estimate of the multiplications of prepare and of predict for m targets. */
    double (*cost)(size_t n_cell, size_t n_train, size_t n_test, size_t m);
    /* Bytes that prepare and predict hold at once. */
    double (*memory)(size_t n_cell, size_t n_train, size_t n_test, size_t m);
} mec_map;

extern const mec_map mec_ridge;

/* Every regression type: the name users write, the map that serves it. */
#define MEC_REGRESSIONS(ROW) ROW(Ridge, mec_ridge)

/* The names, separated by blanks; a name's index there is what mec_map_at takes. */
#define MEC_REGRESSION_NAME_(name, map) #name " "
#define MEC_REGRESSION_NAMES MEC_REGRESSIONS(MEC_REGRESSION_NAME_)
const mec_map *mec_map_at(int index);

#endif
