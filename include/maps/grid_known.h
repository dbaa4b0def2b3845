/* Weights of a fold with all that follows from them and not from the penalty: y - X w, its products
 * with the columns, the predictions of the states held out, their score. Weights that are known can
 * be certified at any penalty at the cost of a pass over the products, and all of this is linear in
 * the weights, so that a mean of known weights is known too. Only src/maps/grid*.c look in here. */
#ifndef MEC_MAPS_GRID_KNOWN_H
#define MEC_MAPS_GRID_KNOWN_H

#include "maps/elastic_net_split.h"
#include "maps/grid_score.h"

typedef struct mec_grid_known {
    mec_net_weights weights;
    double *products;   /* (n + p) y - X w, then X'(y - X w) */
    double *prediction; /* (n_test), without the intercept */
    bool varies;        /* whether predictions can differ between states */
    double score;
} mec_grid_known;

/* One cell on one fold. */
typedef struct mec_grid_fold {
    const mec_net_split *split;
    const uint8_t *counts; /* (p) whether a weight of the column makes predictions differ */
    mec_net_target target;
    mec_held_out held_out;
    mec_score cv_score;
} mec_grid_fold;

/* Room for weights on folds of at most n states, train and held out, and p columns. */
mec_code mec_grid_known_take(size_t n, size_t p, mec_grid_known *known, mec_scratch *scratch,
                             mec_status *status);
double mec_grid_known_memory(size_t n, size_t p);

/* Learns the rest from weights and `products` (n + p). */
void mec_grid_known_set(mec_grid_known *known, const mec_grid_fold *fold,
                        const mec_net_weights *weights, const double *products);

/* `known` := (1 - part) a + part b, without the score; `sum` (p) is zero before and after. */
void mec_grid_known_mix(mec_grid_known *known, const mec_grid_fold *fold, const mec_grid_known *a,
                        const mec_grid_known *b, double part, double *sum);

/* The score from the predictions. */
void mec_grid_known_score(mec_grid_known *known, const mec_grid_fold *fold);

/* Certifies the weights at a penalty: mec_certificate_judge. */
mec_certified mec_grid_known_judge(const mec_grid_known *known, const mec_grid_fold *fold,
                                   const mec_net_penalty *penalty, double enough);

void mec_grid_weights_copy(mec_net_weights *to, const mec_net_weights *from);

#endif
