/* The components of partial least squares by NIPALS with regression deflation, as scikit-learn's
 * PLSRegression finds them (Wegelin, A Survey of Partial Least Squares Methods, University of
 * Washington technical report 371 (2000), section 4.1), in fewer dimensions.
 *
 * NIPALS goes back and forth between weights w of the p sources and scores of the n states: a power
 * iteration for the first singular vectors of S = X'Y. Here nothing of size p or n is touched while
 * it iterates. The targets' residual Y stays orthogonal to the scores found before, so S needs
 * neither a deflated X nor X at all:
 *   primal  F = X (n, p),     E = X'Y (p, m), weights are E q
 *   dual    F = X X' (n, n),  E = Y (n, m),   weights are X'E q  (Rosipal & Trejo, Journal of
 *           Machine Learning Research 2 (2001) 97-123)
 * With N = I (primal) or F (dual), the inner product of such weights, S'S = E'N E: the iteration
 * runs on those m x m numbers, or where E has fewer rows than columns on E E' and N. Both lose a
 * matrix of rank two with each component. Scores of new states come out of the weights alone
 * (Dayal & MacGregor, Journal of Chemometrics 11 (1997) 73-85): no p x p matrix is inverted.
 *
 * Knows matrices only; where they come from and what is predicted is in pls.c. */
#ifndef MEC_MAPS_NIPALS_H
#define MEC_MAPS_NIPALS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/pulse.h"
#include "base/scratch.h"

/* What components are sought in, and when an iteration ends. */
typedef struct mec_nipals_design {
    bool dual;
    size_t n, d;     /* train states; columns of `f`: sources (primal) or states (dual) */
    const double *f; /* (n, d), X or X X', X centred on the train states */
    double size;     /* the norm of `f`, against which rounding is judged; may be a bound */
    size_t n_component;
    double tol; /* of the squared distance between two iterates of the weights */
    size_t max_iter;
} mec_nipals_design;

/* Room for the components of m targets and what is needed on the way. */
typedef struct mec_nipals {
    const mec_nipals_design *design;
    size_t m;
    size_t n_found;   /* components, at most design->n_component */
    double *weights;  /* (n_component, d): rows r with scores t = F r, orthogonal to each other */
    double *loadings; /* (n_component, m): targets on scores; Y is about the sum of t loadings' */
    double *scores;   /* (n_component, n) */
    double *squares;  /* (n_component) t't */
    double *cross;    /* E; the targets themselves where dual */
    bool by_target;   /* iterates in m dimensions, else in d */
    double *small;    /* (m, m) E'N E, or (d, d) E E' */
    double trace, built_trace; /* of `small`, now and when it was last built */
    double *product;           /* room for N E */
    double *iterate[4];        /* z, N z, and those before */
    double *step[3];           /* vectors of a deflation */
} mec_nipals;

/* Takes the memory from `scratch`. */
mec_code mec_nipals_create(mec_nipals *nipals, const mec_nipals_design *design, size_t m,
                           mec_scratch *scratch, mec_status *status);
double mec_nipals_memory(const mec_nipals_design *design, size_t m);

typedef enum mec_nipals_end {
    MEC_NIPALS_DONE,   /* all components, or all there are: Y or X is used up, which n_found says */
    MEC_NIPALS_FAILED, /* there is no first component: X does not vary, or numbers overflowed */
    MEC_NIPALS_STOPPED, /* the pulse asked for it */
} mec_nipals_end;

/* Finds the components of `y` (n, m), centred; it is overwritten with its residual. Targets are
 * treated as scikit-learn treats them: iterations start from the first residual that is not null,
 * residuals below 10 eps are taken for zero. Where X is used up before, scikit-learn goes on with
 * rounding errors; this ends. Cost: n m min(m, d) + iterations min(m, d)^2 + components d (n + m)
 * multiplications. A beat of the pulse for each component. */
mec_nipals_end mec_nipals_run(mec_nipals *nipals, double *y, const mec_pulse *pulse);

#endif
