/* The multi-task elastic net without tricks, in long double: block coordinate descent and the
 * duality gap by its definition. */
#ifndef MEC_TESTS_ORACLE_MULTI_TASK_H
#define MEC_TESTS_ORACLE_MULTI_TASK_H

#include <stddef.h>

/* Minimises 1/2 ||y - x w||^2 + lam1 sum_j ||w_j|| + lam2/2 ||w||^2 over w (p, m), for x (n, p) and
 * y (n, m) as they are, sweep by sweep until nothing moves. */
void oracle_multi_task(const double *x, const double *y, size_t n, size_t p, size_t m, double lam1,
                       double lam2, double *w);

/* The same for one target and the elastic net's |w_j|, with signs instead of norms. */
void oracle_elastic_net(const double *x, const double *y, size_t n, size_t p, double lam1,
                        double lam2, double *w);

/* The objective at w, and that less the better of the dual's values at the residual r (lam2 > 0)
 * and at r scaled into the dual's feasible set. */
void oracle_multi_task_gap(const double *x, const double *y, size_t n, size_t p, size_t m,
                           const double *w, double lam1, double lam2, double *gap,
                           double *objective);

#endif
