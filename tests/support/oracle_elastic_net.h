/* The elastic net by plain coordinate descent in long double, and its duality gap by the
 * definitions: what the fast solver and the certificate must agree with. */
#ifndef MEC_TESTS_ORACLE_ELASTIC_NET_H
#define MEC_TESTS_ORACLE_ELASTIC_NET_H

#include <stdbool.h>
#include <stddef.h>

/* X as columns (p, n), y (n). */
typedef struct oracle_net {
    size_t n, p;
    const double *columns, *y;
    double lam1, lam2;
    bool positive;
} oracle_net;

/* P(w) = 1/2 ||y - X w||^2 + lam1 ||w||_1 + lam2/2 ||w||^2. */
long double oracle_net_objective(const oracle_net *net, const double *w);

/* Sweeps over the columns until nothing moves: `w` (p). */
void oracle_net_solve(const oracle_net *net, double *w);

/* P(w) less the largest dual value over: the residual scaled to be feasible (with the penalty's own
 * rows), and, where lam2 > 0, multiples of the residual between 0 and 1 on a fine grid. */
long double oracle_net_gap(const oracle_net *net, const double *w);

/* How far w is from the conditions of optimality: the largest distance of a correlation c_j - lam2
 * w_j from where its weight's sign allows it to be. */
double oracle_net_violation(const oracle_net *net, const double *w);

#endif
