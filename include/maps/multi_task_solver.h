/* Solves the multi-task elastic net (see maps/multi_task_certificate.h for its objective) to
 * rounding, whatever the penalties.
 *
 * Coordinate descent, which scikit-learn uses, takes thousands of sweeps where the penalty is
 * small. Here a proximal point method (Rockafellar, SIAM J. Control Optim. 14 (1976) 877-898) adds
 * tau/2 ||W - W_k||^2 to the objective, with tau falling; each of its problems is solved in its
 * dual, a strongly convex function of an (r x m) matrix with one kink a group, by Newton's method
 * with an exact line search (Li, Sun & Toh, SIAM J. Optim. 28 (2018) 433-458; for groups: Zhang,
 * Zhang, Sun & Toh, Math. Program. 179 (2020) 223-263). Once it is clear which groups are not zero,
 * the objective is smooth around them, and a few Newton steps in W itself end the work (Bareilles,
 * Iutzeler & Malick, Math. Program. 200 (2023) 37-70).
 *
 * Both kinds of step are exact and cheap: the Hessian is a matrix between groups, the same for
 * every target, plus one rank-one term a group, so that Woodbury's identity leaves systems of r and
 * of the number of non-zero groups unknowns, never of r m. */
#ifndef MEC_MAPS_MULTI_TASK_SOLVER_H
#define MEC_MAPS_MULTI_TASK_SOLVER_H

#include "base/pulse.h"
#include "maps/multi_task_certificate.h"

typedef struct mec_multi_task_problem {
    size_t r, p, m;                 /* rows, sources, targets */
    const double *xt;               /* (p, r), the transpose of X */
    const double *y;                /* (r, m) */
    mec_multi_task_penalty penalty; /* lam1 > 0 */
} mec_multi_task_problem;

/* The minimiser `w` (p, m), exactly zero where lam1 >= max_j ||x_j'Y||; where rounding keeps it
 * from getting there, the best point seen. MEC_STOPPED where the pulse, given a beat before every
 * step, asks for it. Cost, with a groups that are not zero: 5 to 30 steps of a (r^2 + r a + m a) /
 * 2 + a^3 / 6 + 2 r m (p + 2 a) multiplications. */
mec_code mec_multi_task_solve(const mec_multi_task_problem *problem, double *w,
                              const mec_pulse *pulse, mec_scratch *scratch, mec_status *status);

/* Bytes that it takes. */
double mec_multi_task_solver_memory(size_t r, size_t p, size_t m);

#endif
