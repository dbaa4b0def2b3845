#include "maps/elastic_net_folds.h"

#include <string.h>

/* The train states without those of the fold, which become its test states. */
static mec_code prepare_fold(const mec_problem *problem, bool fit_intercept, bool least_squares,
                             mec_net_fold *fold, mec_scratch *scratch, mec_status *status) {
    uint32_t *train = mec_scratch_take(scratch, problem->n_train, sizeof *train, status);
    if (!train)
        return status->code;
    size_t after = fold->first + fold->n;
    memcpy(train, problem->train, fold->first * sizeof *train);
    memcpy(train + fold->first, problem->train + after, (problem->n_train - after) * sizeof *train);
    mec_net_states states = {train, problem->train + fold->first, problem->n_train - fold->n,
                             fold->n};
    return mec_net_split_prepare(problem->source, &states, fit_intercept, least_squares,
                                 &fold->split, scratch, status);
}

mec_net_fold *mec_net_folds_prepare(const mec_problem *problem, size_t n_fold, bool fit_intercept,
                                    bool least_squares, mec_scratch *scratch, mec_status *status) {
    mec_net_fold *folds = mec_scratch_take(scratch, n_fold, sizeof *folds, status);
    size_t first = 0;
    for (size_t k = 0; k < n_fold && status->code == MEC_OK; k++) {
        folds[k].first = first;
        folds[k].n = problem->n_train / n_fold + (k < problem->n_train % n_fold);
        first += folds[k].n;
        prepare_fold(problem, fit_intercept, least_squares, &folds[k], scratch, status);
    }
    return status->code == MEC_OK ? folds : NULL;
}

mec_code mec_net_fold_targets(const mec_net_fold *fold, const double *y, size_t m,
                              bool fit_intercept, double *mean, mec_net_targets *targets,
                              mec_scratch *scratch, mec_status *status) {
    size_t n = fold->split.design.n;
    double *train = mec_scratch_take(scratch, n * m, sizeof *train, status);
    if (!train)
        return status->code;
    memcpy(train, y, fold->first * m * sizeof *y);
    memcpy(train + fold->first * m, y + (fold->first + fold->n) * m,
           (n - fold->first) * m * sizeof *y);
    memset(mean, 0, m * sizeof *mean);
    if (fit_intercept) {
        mec_column_means(train, n, m, mean);
        mec_subtract_row(train, n, m, mean);
    }
    return mec_net_split_targets(&fold->split, train, m, targets, scratch, status);
}

double mec_net_folds_memory(size_t n_train, size_t p, size_t n_fold, bool least_squares, size_t m) {
    double rows = (double)n_train;
    double columns = (double)p;
    double gram = p <= MEC_NET_GRAM ? columns * columns : 0;
    double decomposed = least_squares ? 4 * rows * columns : 0;
    double a_fold = gram + decomposed + 3 * rows * columns + 4 * columns +
                    (double)m * (2 * rows + columns) + rows;
    return sizeof(double) * (double)n_fold * a_fold;
}
