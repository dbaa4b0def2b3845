/* Solutions along a ray of penalties: lam1 and lam2 fall together, as they do from one alpha to the
 * next at one l1_ratio. Once alpha is small the active set A and the signs s stay the same, and
 * with them all but lam2 of the system (elastic_net_newton.c, the kernel form) (X_A X_A' + lam2 I)
 * v = y + kappa X_A s,      kappa = lam1 / lam2. One factorisation, at the first penalty, then
 * serves all: with F for the factored matrix and delta for what lam2 has fallen by, v = sum_k
 * delta^k F^-k v_0, a series that ends after a few terms because lam2 is small beside what X_A X_A'
 * has. What remains are products of matrices, all points at once, where a point alone would read X
 * anew for each of its products.
 *
 * Only src/maps/grid*.c look in here. */
#ifndef MEC_MAPS_ELASTIC_NET_RAY_H
#define MEC_MAPS_ELASTIC_NET_RAY_H

#include "maps/elastic_net.h"

enum { MEC_NET_RAY = 16 }; /* points at once, at most */

typedef struct mec_net_ray {
    size_t n_active;
    uint32_t *index;  /* (n_active) columns */
    double *values;   /* (MEC_NET_RAY, n_active) weights of every point; 0: not in use */
    double *products; /* (MEC_NET_RAY, n + p) y - X w, then X'(y - X w) */
    mec_certified certified[MEC_NET_RAY];
    double *sign;        /* (n_active) */
    double *terms;       /* (terms of the series, n) */
    double *dual, *work; /* (MEC_NET_RAY, n) v; errors */
    double *columns;     /* (n_active, n) */
} mec_net_ray;

mec_code mec_net_ray_take(size_t n, size_t p, mec_net_ray *ray, mec_scratch *scratch,
                          mec_status *status);
double mec_net_ray_memory(size_t n, size_t p);

/* Solves the first points of `penalties` (m 1 to MEC_NET_RAY, on a ray, the strongest first) as
 * long as the active set and the signs are those of `weights`; returns how many, 0 also where the
 * method does not apply. They are as exact as those of mec_net_solve. */
size_t mec_net_ray_solve(const mec_net_design *design, const mec_net_target *target,
                         const mec_net_penalty *penalties, size_t m, const mec_net_weights *weights,
                         mec_net_workspace *workspace, mec_net_ray *ray);

/* The weights of a point. */
void mec_net_ray_weights(const mec_net_ray *ray, size_t point, mec_net_weights *weights);

#endif
