/* A source and a split of its states, laid out for the elastic net: one column after another,
 * centred on the train states, with the test states beside them. The regression types and the folds
 * of the CV types both work on these. */
#ifndef MEC_MAPS_ELASTIC_NET_SPLIT_H
#define MEC_MAPS_ELASTIC_NET_SPLIT_H

#include "maps/elastic_net.h"
#include "maps/population.h"

typedef struct mec_net_split {
    mec_net_design design;
    const double
        *test; /* (p, n_test) columns of the test states, less the means of the train ones */
    size_t n_test;
} mec_net_split;

/* Some states of a source. */
typedef struct mec_net_states {
    const uint32_t *train; /* (n_train) */
    const uint32_t *test;  /* (n_test) */
    size_t n_train, n_test;
} mec_net_states;

/* Gathers the columns, centres them on the train states where an intercept is fitted, and prepares
 * their design (`least_squares`: see mec_net_prepare). Everything lives in `scratch`. */
mec_code mec_net_split_prepare(const mec_source *source, const mec_net_states *states,
                               bool fit_intercept, bool least_squares, mec_net_split *split,
                               mec_scratch *scratch, mec_status *status);

/* Predictions of the test states without the intercept: `out` (n_test). */
void mec_net_split_predict(const mec_net_split *split, const mec_net_weights *weights, double *out);

/* Targets side by side, `y` (n_train, m), as the solver wants them: `targets` (m, n_train) and
 * `products` (m, p), their X'y. Both live in `scratch`. */
typedef struct mec_net_targets {
    double *y, *products;
} mec_net_targets;
mec_code mec_net_split_targets(const mec_net_split *split, const double *y, size_t m,
                               mec_net_targets *targets, mec_scratch *scratch, mec_status *status);

/* The j-th of them. */
mec_net_target mec_net_split_target(const mec_net_split *split, const mec_net_targets *targets,
                                    size_t j);

#endif
