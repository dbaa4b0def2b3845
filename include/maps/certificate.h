/* How far a fit can be from the best one, judged from its weights alone.
 *
 * Of the elastic net  P(w) = 1/2 ||y - X w||^2 + lam1 ||w||_1 + lam2/2 ||w||^2  every dual feasible
 * point bounds the minimum from below (Fenchel's inequality), so the difference to P(w), the
 * duality gap, bounds the error of any w, however it was found. Nothing here knows a solver; that
 * is what makes it a certificate. The dual points tried are those of Fercoq, Gramfort & Salmon,
 * ICML 2015 (the scaled residual) and of the smooth dual for lam2 > 0 (the residual, and its best
 * multiple). */
#ifndef MEC_MAPS_CERTIFICATE_H
#define MEC_MAPS_CERTIFICATE_H

#include "maps/map.h"

/* An elastic net; X and y are centred by the caller where an intercept is fitted. */
typedef struct mec_net_problem {
    size_t n, p;
    const double *columns; /* (p, n), X transposed */
    const double *y;       /* (n) */
    double lam1, lam2;     /* >= 0 */
    bool positive;         /* weights may not be negative */
    /* (n, n_basis) an orthonormal basis of what X can reach, row-major: the least squares dual
     * (lam1 = lam2 = 0, any sign) has no other certificate. NULL elsewhere. */
    const double *basis;
    size_t n_basis;
} mec_net_problem;

/* Weights, those that are not zero. */
typedef struct mec_net_weights {
    size_t n;
    uint32_t *index; /* (n) columns of X, in any order */
    double *value;   /* (n) */
} mec_net_weights;

typedef struct mec_certified {
    double gap;       /* P(w) is at most this far above the minimum */
    double objective; /* P(w) */
    double scale;     /* ||y||^2 */
} mec_certified;

/* The tolerance a user gave, or the rule's own where it is NaN: 1e-4 and 1e-6. */
double mec_certificate_tol(mec_certificate rule, double tol);

/* Certifies weights: the smallest gap over the dual points above, evaluated without cancellation
 * (a sum of terms none of which is negative). The search for the best multiple of the residual is
 * left out where the gap is below 1e-10 P(w) or 16 eps ||y||^2 without it. `work` holds n + p
 * doubles and is left with y - X w (n) and X'(y - X w) (p). Weights of a wrong sign under
 * `positive` have an infinite gap. Costs n (p + |w|). */
mec_certified mec_certificate_find(const mec_net_problem *problem, const mec_net_weights *weights,
                                   double *work);

/* The same where `products` hold what `work` above would: r = y - X w (n), then X'r (p); these are
 * given back up to rounding. Dual points are tried until the gap is at most `enough`. Costs p +
 * |w|.
 */
mec_certified mec_certificate_judge(const mec_net_problem *problem, const mec_net_weights *weights,
                                    double enough, double *products);

/* Whether the rule accepts:
 *   MEC_CERTIFICATE_SKLEARN    gap <= tol ||y||^2, scikit-learn's
 *   MEC_CERTIFICATE_OBJECTIVE  gap <= max(tol P(w), 1024 eps ||y||^2): means the same at every
 *                              strength of the penalty; below the second term rounding decides */
bool mec_certificate_accepts(mec_certificate rule, double tol, const mec_certified *certified);

/* The gap on the rule's own scale: over ||y||^2, or over max(P(w), 1024 eps ||y||^2 / tol). 0 where
 * y = 0; at most tol where the rule accepts. */
double mec_certificate_relative(mec_certificate rule, double tol, const mec_certified *certified);

#endif
