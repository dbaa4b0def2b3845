/* How far weights are from the optimum of a multi-task elastic net, told by a duality gap.
 *
 * The objective, n times scikit-learn's, with X and Y centred where an intercept is fitted:
 *   P(W) = 1/2 ||Y - X W||_F^2 + lam1 sum_j ||w_j|| + lam2/2 ||W||_F^2,  w_j the rows of W (p x m),
 *   lam1 = n alpha l1_ratio, lam2 = n alpha (1 - l1_ratio).
 * No W has an objective below a dual value (Fenchel's duality), so that P(W) less any of them
 * bounds what is left to gain. With R = Y - X W and c_j = R'x_j, two dual points are looked at: R
 * itself, where lam2 > 0, and R scaled into the dual's feasible set after the ridge penalty has
 * been written as rows below X (Fercoq, Gramfort & Salmon, ICML 2015; the groups: Ndiaye, Fercoq,
 * Gramfort & Salmon, JMLR 18 (2017) 128). Both differences are written as sums of squares and of
 * products that cannot be negative, so nothing is lost where the gap is far below the objective. */
#ifndef MEC_MAPS_MULTI_TASK_CERTIFICATE_H
#define MEC_MAPS_MULTI_TASK_CERTIFICATE_H

#include <stddef.h>

#include "base/scratch.h"

typedef struct mec_multi_task_penalty {
    double lam1, lam2;
} mec_multi_task_penalty;

typedef struct mec_multi_task_gap {
    double gap, objective; /* P(W), and at most how much of it can be gained */
} mec_multi_task_gap;

/* A point and what follows from it. */
typedef struct mec_multi_task_point {
    size_t n, p, m;
    const double *w;        /* (p, m) */
    const double *residual; /* (n, m), Y - X W */
    const double *product;  /* (p, m), X' residual */
} mec_multi_task_point;

/* The gap at a point whose residual and products are known; where lam1 = lam2 = 0 it cannot be had
 * from them, and is P(W). `room` (m) is memory to work in. Cost: about 10 p m multiplications. */
mec_multi_task_gap mec_multi_task_measure(const mec_multi_task_point *point,
                                          mec_multi_task_penalty penalty, double *room);

/* The gap of `w` (p, m) from the data alone: `x` (n, p), `y` (n, m). Least squares (lam1 = lam2 =
 * 0) takes a singular value decomposition of X: the gap is then half the squared part of the
 * residual within the span of X. Cost: 2 n p m multiplications and, for least squares, the
 * decomposition. */
mec_code mec_multi_task_certify(const double *x, const double *y, size_t n, size_t p, size_t m,
                                const double *w, mec_multi_task_penalty penalty,
                                mec_multi_task_gap *gap, mec_scratch *scratch, mec_status *status);

#endif
