/* The principal directions of a source on the train states, for maps that solve many
 * penalties, or many targets with penalties of their own, from one decomposition.
 *
 * With X_c = U diag(s) V' centred on the train states (or X, without an intercept), every
 * ridge-like map predicts, for a filter h of the squared singular values lambda = s^2,
 *
 *     X_test_c w = test diag(h) train' y,      h = 1 / (lambda + penalty)
 *
 * where `train` and `test` share one factor s: either train = U and test = X_test_c V diag(s)
 * (which needs inner products of states only), or train = U diag(s) and test = X_test_c V (which
 * never divides by a small s).
 *
 * Three ways lead there. Where train states are few, the eigenvectors of the kernel X_c X_c' if it
 * was built; where they are many, those of X_c'X_c; both square the condition of X_c, so where that
 * would cost accuracy, or the kernel is absent, LAPACK's singular value decomposition of X_c. Golub
 * & Van Loan, Matrix Computations (4th ed., 2013), sections 2.4 and 8.3. */
#ifndef MEC_MAPS_SPECTRUM_H
#define MEC_MAPS_SPECTRUM_H

#include "maps/map.h"

typedef struct mec_spectrum {
    /* The columns of U are a basis of all (centred) targets, and train = U: train states are no
     * more than sources, plus one with an intercept. Otherwise train = U diag(s). */
    bool complete;
    size_t n_train, n_test;
    size_t rank;        /* directions, those of lambda = 0 included; 0 for a single centred state */
    double *lambda;     /* (rank) >= 0, in no promised order */
    double largest;     /* of lambda */
    double *train;      /* (n_train, rank) */
    double *test;       /* (n_test, rank) */
    double *directions; /* V' (rank, p), rows `ld_directions` apart */
    size_t ld_directions;
} mec_spectrum;

/* Whether the spectrum will be complete: then it wants the kernel. */
bool mec_spectrum_is_complete(const mec_map_parameters *parameters, const mec_shape *shape);

/* The directions it will have at most. */
size_t mec_spectrum_rank(const mec_map_parameters *parameters, const mec_shape *shape);

typedef enum mec_spectrum_way {
    /* The eigenvectors of inner products where they are accurate: see LEAST_RATIO in spectrum.c. */
    MEC_SPECTRUM_FASTEST,
    MEC_SPECTRUM_SVD,
    /* The SVD of X_c as it is: min(n_train, p) directions, never complete. */
    MEC_SPECTRUM_PLAIN_SVD,
} mec_spectrum_way;

/* Finds the spectrum, which lives in `scratch`. Fails for memory and where LAPACK does not
 * converge. */
mec_code mec_spectrum_prepare(const mec_problem *problem, mec_spectrum_way way,
                              mec_spectrum *spectrum, mec_scratch *scratch, mec_status *status);

/* LAPACK's least squares take lambda at or below this for 0: (max(n_train, p) eps s_max)^2. */
double mec_spectrum_cut(const mec_spectrum *spectrum, size_t n_cell);

/* An estimate of the multiplications of mec_spectrum_prepare; the bytes it may hold. */
double mec_spectrum_cost(const mec_map_parameters *parameters, const mec_shape *shape);
double mec_spectrum_memory(const mec_map_parameters *parameters, const mec_shape *shape);

#endif
