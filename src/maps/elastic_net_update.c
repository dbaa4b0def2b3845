/* The solution of the kernel form after few changes of the active set, by the Sherman-Morrison
 * formula: a column that comes (d = 1) or goes (d = -1) changes
 *     K to K + d x x'  and  b = y + kappa X_A s_A to b + kappa d s x,
 * so that with q = inverse(K) x, v = inverse(K) b becomes v + g q,
 *     g = kappa d s - d (x'v + kappa d s x'q) / (1 + d x'q),
 * and inverse(K) c becomes inverse(K) c - d / (1 + d x'q) (q'c) q. */
#include "maps/elastic_net_solver.h"

#include <string.h>

#include "numerics/linalg.h"

/* Below it a column that goes takes with it what the kernel has in its direction but for lam2: the
 * rest is rounding. */
static const double LEAST_LEFT = 1e-4;

void mec_net_update_start(const mec_net_state *s) {
    s->space->updates.n = 0;
}

bool mec_net_update(const mec_net_state *s, mec_net_change change) {
    mec_net_workspace *space = s->space;
    mec_net_updates *u = &space->updates;
    const size_t n = s->design->n;
    if (u->n == MEC_NET_UPDATES)
        return false;
    const double kappa = s->penalty.lam1 / s->penalty.lam2;
    const double *x = mec_net_column(s->design, change.column);
    double *q = u->along + u->n * n;
    memcpy(q, x, n * sizeof *q);
    mec_net_apply_inverse(space, q);
    for (size_t k = 0; k < u->n; k++)
        mec_add_multiple(n, -u->part[k] * mec_dot(n, u->along + k * n, x), u->along + k * n, q);
    const double d = change.comes ? 1 : -1;
    const double size = mec_dot(n, x, q);
    if (1 + d * size < LEAST_LEFT)
        return false;
    const double push = kappa * d * change.sign;
    u->part[u->n++] = d / (1 + d * size);
    double g = push - d * (mec_dot(n, x, space->residual) + push * size) / (1 + d * size);
    mec_add_multiple(n, g, q, space->residual);
    return true;
}
