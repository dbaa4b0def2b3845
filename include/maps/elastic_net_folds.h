/* The train states of a split cut into folds for cross-validation: contiguous blocks of them in
 * their order (scikit-learn's KFold without shuffling), the first ones larger where they cannot be
 * equal. On each fold the others train and its own states are predicted. */
#ifndef MEC_MAPS_ELASTIC_NET_FOLDS_H
#define MEC_MAPS_ELASTIC_NET_FOLDS_H

#include "maps/elastic_net_split.h"
#include "maps/map.h"

typedef struct mec_net_fold {
    mec_net_split split;
    size_t first, n; /* the train states that it leaves out, which are its test states */
} mec_net_fold;

/* Prepares `n_fold` folds of the problem's train states, of which there must be as many or more;
 * its test states are not looked at (`least_squares`: see mec_net_prepare). The folds, (n_fold),
 * live in `scratch`; NULL with a status where that fails. */
mec_net_fold *mec_net_folds_prepare(const mec_problem *problem, size_t n_fold, bool fit_intercept,
                                    bool least_squares, mec_scratch *scratch, mec_status *status);

/* Of targets side by side, `y` (n_train of the problem, m): what the fold trains on, less its means
 * where an intercept is fitted. `mean` (m) receives these, or zeros. */
mec_code mec_net_fold_targets(const mec_net_fold *fold, const double *y, size_t m,
                              bool fit_intercept, double *mean, mec_net_targets *targets,
                              mec_scratch *scratch, mec_status *status);

/* The bytes of the folds of n_train x p, and of `m` targets of all of them. */
double mec_net_folds_memory(size_t n_train, size_t p, size_t n_fold, bool least_squares, size_t m);

#endif
