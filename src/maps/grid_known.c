#include "maps/grid_known.h"

#include <string.h>

mec_code mec_grid_known_take(size_t n, size_t p, mec_grid_known *known, mec_scratch *scratch,
                             mec_status *status) {
    *known = (mec_grid_known){
        .products = mec_scratch_take(scratch, n + p, sizeof *known->products, status),
        .prediction = mec_scratch_take(scratch, n, sizeof *known->prediction, status)};
    return mec_net_weights_take(p, &known->weights, scratch, status);
}

double mec_grid_known_memory(size_t n, size_t p) {
    return sizeof(double) * (2 * (double)n + 2.5 * (double)p);
}

void mec_grid_weights_copy(mec_net_weights *to, const mec_net_weights *from) {
    to->n = from->n;
    memcpy(to->index, from->index, from->n * sizeof *to->index);
    memcpy(to->value, from->value, from->n * sizeof *to->value);
}

void mec_grid_known_score(mec_grid_known *known, const mec_grid_fold *fold) {
    known->score =
        mec_held_out_score(&fold->held_out, fold->cv_score, known->prediction, known->varies);
}

void mec_grid_known_set(mec_grid_known *known, const mec_grid_fold *fold,
                        const mec_net_weights *weights, const double *products) {
    const mec_net_design *design = &fold->split->design;
    mec_grid_weights_copy(&known->weights, weights);
    memcpy(known->products, products, (design->n + design->p) * sizeof *products);
    known->varies = false;
    for (size_t k = 0; k < weights->n; k++)
        known->varies = known->varies || fold->counts[weights->index[k]];
    mec_net_split_predict(fold->split, weights, known->prediction);
    mec_grid_known_score(known, fold);
}

static void mix(size_t n, double part, const double *a, const double *b, double *restrict out) {
    for (size_t i = 0; i < n; i++)
        out[i] = a[i] + part * (b[i] - a[i]);
}

/* Adds `factor` times the weights to `sum`; columns that are new there are appended to `to`. */
static void gather(mec_net_weights *to, const mec_net_weights *from, double factor, double *sum) {
    for (size_t k = 0; k < from->n; k++) {
        uint32_t j = from->index[k];
        double value = factor * from->value[k];
        if (value == 0)
            continue;
        if (sum[j] == 0)
            to->index[to->n++] = j;
        sum[j] += value;
    }
}

/* Moves the sums into the weights, without zeros. */
static void collect(mec_net_weights *to, double *sum) {
    size_t n = 0;
    for (size_t k = 0; k < to->n; k++) {
        uint32_t j = to->index[k];
        if (sum[j] == 0)
            continue;
        to->index[n] = j;
        to->value[n++] = sum[j];
        sum[j] = 0;
    }
    to->n = n;
}

void mec_grid_known_mix(mec_grid_known *known, const mec_grid_fold *fold, const mec_grid_known *a,
                        const mec_grid_known *b, double part, double *sum) {
    const mec_net_design *design = &fold->split->design;
    known->weights.n = 0;
    gather(&known->weights, &a->weights, 1 - part, sum);
    gather(&known->weights, &b->weights, part, sum);
    collect(&known->weights, sum);
    mix(design->n + design->p, part, a->products, b->products, known->products);
    mix(fold->held_out.n, part, a->prediction, b->prediction, known->prediction);
    known->varies = a->varies || b->varies;
}

mec_certified mec_grid_known_judge(const mec_grid_known *known, const mec_grid_fold *fold,
                                   const mec_net_penalty *penalty, double enough) {
    return mec_net_judge(&fold->split->design, &fold->target, penalty, &known->weights, enough,
                         known->products);
}
