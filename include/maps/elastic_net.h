/* The elastic net and the lasso, solved to rounding: minimise
 *     P(w) = 1/2 ||y - X w||^2 + lam1 ||w||_1 + lam2/2 ||w||^2        (w >= 0 where `positive`)
 * which is scikit-learn's objective times n with lam1 = n alpha l1_ratio, lam2 = n alpha (1 -
 * l1_ratio).
 *
 * The solution is a linear system once its active set and signs are known, so the methods look for
 * these, and are finite:
 *   elastic_net_exchange.c  lam2 > 0 and a good guess of the active set: Newton's steps among the
 *                           columns near the bound
 *   elastic_net_newton.c    lam2 > 0: semismooth Newton on the dual with an exact line search (the
 *                           inner method of Li, Sun & Toh, SIAM J. Optim. 28 (2018) 433-458)
 *   elastic_net_homotopy.c  lam2 = 0 or tiny, and whatever Newton leaves: a path of exact solutions
 *                           that starts at any point (Osborne, Presnell & Turlach, IMA J. Numer.
 *                           Anal. 20 (2000) 389-403; the start as in parametric active-set methods:
 *                           Ferreau, Bock & Diehl, Int. J. Robust Nonlinear Control 18 (2008)
 *                           816-830)
 * All begin at the solution of a neighbouring problem where there is one. What is found is
 * certified from the weights alone (maps/certificate.h), and the methods take turns until it is
 * good.
 *
 * What is shared by all targets and penalties is prepared once (a design); a workspace serves any
 * number of solves of one design after another; nothing allocates in a solve. */
#ifndef MEC_MAPS_ELASTIC_NET_H
#define MEC_MAPS_ELASTIC_NET_H

#include "base/scratch.h"
#include "maps/certificate.h"

/* X, and what all its targets share. */
typedef struct mec_net_design {
    size_t n, p;
    size_t rank_bound;      /* n, or n - 1 where columns are centred */
    const double *columns;  /* (p, n), X transposed */
    const double *square;   /* (p) squared norms of the columns */
    const uint8_t *repeats; /* (p) whether the column is equal to another, of lower index */
    const double *gram;     /* (p, p) X'X; NULL where p is too large for it */
    double largest_square;
    /* X = basis diag(singular) right, for least squares; NULL unless asked for. */
    const double *basis;    /* (n, rank) */
    const double *singular; /* (rank) */
    const double *right;    /* (rank, p) */
    size_t rank;
} mec_net_design;

/* One target. */
typedef struct mec_net_target {
    const double *y;  /* (n) */
    const double *xy; /* (p) X'y */
} mec_net_target;

typedef struct mec_net_penalty {
    double lam1, lam2; /* >= 0 */
    bool positive;
} mec_net_penalty;

typedef struct mec_net_workspace mec_net_workspace;

/* Prepares `columns` (p, n), which must outlive the design. `centred`: columns have mean 0.
 * `least_squares`: a problem without any penalty will be solved; asks for a singular value
 * decomposition. Costs n p^2 / 2 where p is at most MEC_NET_GRAM, else n p. */
enum { MEC_NET_GRAM = 1024 };
mec_code mec_net_prepare(const double *columns, size_t n, size_t p, bool centred,
                         bool least_squares, mec_net_design *design, mec_scratch *scratch,
                         mec_status *status);

/* Memory for solves with designs of at most n x p. It lives in `scratch`. */
mec_net_workspace *mec_net_workspace_take(size_t n, size_t p, mec_scratch *scratch,
                                          mec_status *status);

/* Forgets what was kept of the last design: call it before the first solve of another. */
void mec_net_workspace_forget(mec_net_workspace *workspace);

/* Weights of room for p columns, none of them set. */
mec_code mec_net_weights_take(size_t p, mec_net_weights *weights, mec_scratch *scratch,
                              mec_status *status);

/* Solves one problem. `weights`: a guess to start from (of a neighbouring penalty, or none), then
 * the solution; only its active set and signs need be near. Returns its certificate; the caller
 * judges. Where both penalties are zero and weights may have any sign, the solution of least norm
 * (the design must have been prepared for it). Costs, with a active weights, about a^3 / 3 + p a
 * for every change of mind; one or two from a near guess. */
mec_certified mec_net_solve(const mec_net_design *design, const mec_net_target *target,
                            const mec_net_penalty *penalty, mec_net_workspace *workspace,
                            mec_net_weights *weights);

/* The same where the solution's X'(y - X w) is known about: `expected` (p). Its active set is tried
 * first; `weights` are still where the search starts if that is not the one, and `products` (p) are
 * their X'(y - X w). NULL: not known. */
mec_certified mec_net_solve_near(const mec_net_design *design, const mec_net_target *target,
                                 const mec_net_penalty *penalty, const double *expected,
                                 const double *products, mec_net_workspace *workspace,
                                 mec_net_weights *weights);

/* y - X w (n), then X'(y - X w) (p), of the weights that a solve returned last, until the next one.
 */
const double *mec_net_last_products(const mec_net_workspace *workspace);

/* Certifies weights, however they were found, from themselves alone; `work` holds n + p doubles. */
mec_certified mec_net_certify(const mec_net_design *design, const mec_net_target *target,
                              const mec_net_penalty *penalty, const mec_net_weights *weights,
                              double *work);

/* The same where `products` (n + p) are known, as in mec_net_last_products; they need not be of
 * this penalty. See mec_certificate_judge. */
mec_certified mec_net_judge(const mec_net_design *design, const mec_net_target *target,
                            const mec_net_penalty *penalty, const mec_net_weights *weights,
                            double enough, double *products);

/* The largest of X'y, or of its size where weights may be negative: w = 0 from lam1 = this on. */
double mec_net_largest_product(const mec_net_design *design, const mec_net_target *target,
                               bool positive);

/* The most bytes that a design and a workspace of n x p take. */
double mec_net_memory(size_t n, size_t p);

#endif
