/* What the two methods of the elastic net share: the active set, its linear systems, the residual.
 * Only src/maps/elastic_net*.c look in here. */
#ifndef MEC_MAPS_ELASTIC_NET_SOLVER_H
#define MEC_MAPS_ELASTIC_NET_SOLVER_H

#include <float.h>

#include "maps/elastic_net.h"

/* What the factor in a workspace is of. */
typedef enum mec_net_factor {
    MEC_NET_NO_FACTOR,
    MEC_NET_GRAM_FACTOR,   /* X_A'X_A + lam2 I, in the order of `factored` */
    MEC_NET_KERNEL_FACTOR, /* X_A X_A' + lam2 I */
} mec_net_factor;

/* A column that comes into the active set or goes, and its sign there. */
typedef struct mec_net_change {
    uint32_t column;
    bool comes;
    double sign;
} mec_net_change;

/* Changes of the kernel form's active set since it was factored: elastic_net_update.c. */
enum { MEC_NET_UPDATES = 4 };
typedef struct mec_net_updates {
    size_t n;
    double *along; /* (MEC_NET_UPDATES, n) */
    double part[MEC_NET_UPDATES];
} mec_net_updates;

struct mec_net_workspace {
    size_t n, p;
    size_t capacity; /* of the factor: the most active columns that a Gram factor holds */

    /* The active set: columns, their signs (1 or -1) and weights. */
    size_t n_active;
    uint32_t *active;      /* (p) */
    double *sign, *weight; /* (p) */

    mec_net_factor kind;
    double factor_lam2;
    size_t factor_size; /* rows of the factor */
    size_t n_factored;
    uint32_t *factored; /* (p) */
    double *factor;     /* (capacity, capacity), L in the lower triangle */
    double *kernel;     /* (n, n) X_A X_A' of the columns marked in `in_kernel` */
    uint8_t *in_kernel; /* (p) */
    size_t n_in_kernel;
    size_t kernel_changes; /* since it was built; 0 columns and no changes: not built */

    mec_net_updates updates;
    size_t n_change; /* from the active set before, of which the first are in `changes` */
    mec_net_change changes[MEC_NET_UPDATES];

    double *columns_a;             /* (capacity, n) gathered columns */
    double *residual, *work_n;     /* (n) */
    double *solution, *work_a;     /* (p) */
    double *dual, *next_dual;      /* (p) of Newton: X'r / lam2 here and at the next point */
    double *primal, *next_primal;  /* (p) of Newton: weights with r = y - X w */
    double *slack, *drift, *bound; /* (p) of the homotopy: see there */
    uint8_t *in_set;               /* (p) whether a column is active; of the homotopy */
    size_t n_best;                 /* the best weights while several methods are tried */
    uint32_t *best_index;          /* (p) */
    double *best_value;            /* (p) */
    double *certify;               /* (n + p) */
    size_t n_other;
    uint32_t *other; /* (p) active columns set aside; columns that may become active */
};

/* A problem under way. */
typedef struct mec_net_state {
    const mec_net_design *design;
    const mec_net_target *target;
    mec_net_penalty penalty;
    mec_net_workspace *space;
    double largest_xy; /* max |X'y| */
    /* (p) what X'(y - X w) of the solution is expected to be, which tells its active set; NULL:
     * that of the weights at hand is expected. */
    const double *expected;
    const double *products; /* (p) X'(y - X w) of the weights at hand; NULL: not known */
} mec_net_state;

/* Row j of the columns: column j of X. */
static inline const double *mec_net_column(const mec_net_design *design, size_t j) {
    return design->columns + j * design->n;
}

/* Whether a gap is no more than what rounding leaves of an exact solution: the search is over. */
bool mec_net_is_good(const mec_certified *certified);

/* What a step's rounding can move a weight by, as a part of the largest. */
#define MEC_NET_WEIGHT_NOISE (512 * DBL_EPSILON)

/* The size of the largest active weight. */
double mec_net_largest_weight(const mec_net_workspace *space);

/* What a step's rounding can move a dual value by, by the kernel or the Gram form. */
double mec_net_dual_noise(const mec_net_state *s, double largest_weight, bool by_kernel);

/* out (m) = X_A'x_j for the active columns. */
void mec_net_gram_column(const mec_net_state *s, size_t j, double *out);

/* out (p) -= X' times the sum of v_k times column columns[k], `columns` and `v` (m). */
void mec_net_subtract_products(const mec_net_state *s, const uint32_t *columns, size_t m,
                               const double *v, double *out);

/* Factors X_A'X_A + lam2 I of the active set unless that is what the workspace holds. False where
 * it is singular or larger than the workspace has room for. */
bool mec_net_factor_gram(const mec_net_state *s);

/* Factors X_A X_A' + lam2 I likewise. */
bool mec_net_factor_kernel(const mec_net_state *s);

/* b (factor_size) := inverse of the factored matrix times b. */
void mec_net_apply_inverse(const mec_net_workspace *space, double *b);

/* The kernel form's v of the factored active set is in `residual`: begins to follow changes of it.
 */
void mec_net_update_start(const mec_net_state *s);

/* Brings v to the active set with one change more. False, and v is spoiled, where these are too
 * many or the kernel is all but singular without the column. */
bool mec_net_update(const mec_net_state *s, mec_net_change change);

/* residual = y - X_A weight. */
void mec_net_find_residual(const mec_net_state *s);

/* One step of iterative refinement of the active weights, with a Gram factor at hand: it takes what
 * the products X'X lost to rounding back from X itself. Leaves the residual of the weights before
 * the step. */
void mec_net_refine(const mec_net_state *s);

/* The exchange of active sets, lam2 > 0, from the active set of what is expected. True where it
 * ended; the active set and the weights in the workspace are then the solution, unless a column
 * that was not looked at belongs to it. False: they are spoiled. */
bool mec_net_exchange(const mec_net_state *s);

/* Newton's method, lam2 > 0, from the active set in the workspace, in at most `most_steps`. True
 * where it ended with an active set that is consistent; the weights are in the workspace either
 * way. */
bool mec_net_newton(const mec_net_state *s, size_t most_steps);

/* One step of refinement of the solution that Newton's method ended with. */
void mec_net_newton_refine(const mec_net_state *s);

/* The homotopy from the active set and weights in the workspace. `shake` > 0: every lam1_j is
 * raised by a random part of up to that much, so that ties between columns are broken. */
bool mec_net_homotopy(const mec_net_state *s, double shake);

#endif
