#include "maps/elastic_net_split.h"

#include <string.h>

#include "numerics/linalg.h"

/* `x` (n, p) as columns: (p, n). */
static double *transpose(const double *x, size_t n, size_t p, mec_scratch *scratch,
                         mec_status *status) {
    double *columns = mec_scratch_take(scratch, p * n, sizeof *columns, status);
    for (size_t i = 0; columns && i < n; i++)
        for (size_t j = 0; j < p; j++)
            columns[j * n + i] = x[i * p + j];
    return columns;
}

mec_code mec_net_split_prepare(const mec_source *source, const mec_net_states *states,
                               bool fit_intercept, bool least_squares, mec_net_split *split,
                               mec_scratch *scratch, mec_status *status) {
    size_t n = states->n_train;
    size_t p = source->n_cell;
    double *train = mec_scratch_take(scratch, n * p, sizeof *train, status);
    double *test = mec_scratch_take(scratch, states->n_test * p, sizeof *test, status);
    double *mean = mec_scratch_take(scratch, p, sizeof *mean, status);
    if (!train || !test || !mean)
        return status->code;
    mec_source_gather(source, states->train, n, train);
    mec_source_gather(source, states->test, states->n_test, test);
    if (fit_intercept) {
        mec_column_means(train, n, p, mean);
        mec_subtract_row(train, n, p, mean);
        mec_subtract_row(test, states->n_test, p, mean);
    }
    const double *columns = transpose(train, n, p, scratch, status);
    split->test = transpose(test, states->n_test, p, scratch, status);
    split->n_test = states->n_test;
    if (!columns || !split->test)
        return status->code;
    return mec_net_prepare(columns, n, p, fit_intercept, least_squares, &split->design, scratch,
                           status);
}

void mec_net_split_predict(const mec_net_split *split, const mec_net_weights *weights,
                           double *out) {
    memset(out, 0, split->n_test * sizeof *out);
    mec_add_rows(split->n_test, split->test, split->n_test, weights->index, weights->n, 1,
                 weights->value, out);
}

mec_code mec_net_split_targets(const mec_net_split *split, const double *y, size_t m,
                               mec_net_targets *targets, mec_scratch *scratch, mec_status *status) {
    size_t n = split->design.n;
    size_t p = split->design.p;
    targets->products = mec_scratch_take(scratch, m * p, sizeof(double), status);
    targets->y = transpose(y, n, m, scratch, status);
    if (!targets->products || !targets->y)
        return status->code;
    /* One by one: in a product of matrices a target's last bits would depend on the others. */
    for (size_t j = 0; j < m; j++)
        mec_multiply_vector(p, n, split->design.columns, n, targets->y + j * n, 0.0,
                            targets->products + j * p);
    return MEC_OK;
}

mec_net_target mec_net_split_target(const mec_net_split *split, const mec_net_targets *targets,
                                    size_t j) {
    return (mec_net_target){targets->y + j * split->design.n,
                            targets->products + j * split->design.p};
}
