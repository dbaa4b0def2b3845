/* The quick way to a solution whose active set is all but known: Newton's steps on the dual
 * (elastic_net_newton.c) without a line search, which need the products of those columns alone that
 * are active or nearly so. Most points of a grid end after one or two; the second, where few
 * columns change, needs no factor of its own (elastic_net_update.c). Nothing makes it end, and a
 * column that was left out may belong to the solution: the certificate, which looks at all of them,
 * says whether it is one, and Newton's method proper is there for the others. */
#include "maps/elastic_net_solver.h"

#include <math.h>
#include <string.h>

#include "numerics/linalg.h"

enum { MOST_STEPS = 8 };

/* The part of lam1 from which on a product makes a column one that may become active. */
static const double NEAR = 0.7;

/* The columns that are looked at, in `other`, and the active ones among them, in the same order. */
static void choose_columns(const mec_net_state *s) {
    mec_net_workspace *space = s->space;
    const double lam1 = s->penalty.lam1;
    space->n_other = space->n_active = 0;
    for (size_t j = 0; j < s->design->p; j++) {
        double c = s->expected[j];
        double size = s->penalty.positive ? c : fabs(c);
        if (!(size > NEAR * lam1))
            continue;
        space->other[space->n_other++] = (uint32_t)j;
        if (size > lam1) {
            space->active[space->n_active] = (uint32_t)j;
            space->sign[space->n_active++] = c < 0 ? -1 : 1;
        }
    }
}

/* v = (y - X w) / lam2 of the active set's solution, in `residual`; in the Gram form the weights
 * too. */
static bool solve(const mec_net_state *s, bool by_kernel) {
    const mec_net_design *d = s->design;
    mec_net_workspace *space = s->space;
    double *v = space->residual;
    if (!(by_kernel ? mec_net_factor_kernel(s) : mec_net_factor_gram(s)))
        return false;
    memcpy(v, s->target->y, d->n * sizeof *v);
    if (by_kernel) {
        double kappa = s->penalty.lam1 / s->penalty.lam2;
        mec_add_rows(d->n, d->columns, d->n, space->active, space->n_active, kappa, space->sign, v);
        mec_net_apply_inverse(space, v);
        mec_net_update_start(s);
        return true;
    }
    for (size_t k = 0; k < space->n_active; k++)
        space->weight[k] = s->target->xy[space->active[k]] - s->penalty.lam1 * space->sign[k];
    mec_net_apply_inverse(space, space->weight);
    mec_add_rows(d->n, d->columns, d->n, space->active, space->n_active, -1, space->weight, v);
    for (size_t i = 0; i < d->n; i++)
        v[i] /= s->penalty.lam2;
    return true;
}

/* The dual values of the columns looked at, in `solution`. The active ones' are exact, and the
 * weights follow or came before. */
static void find_duals(const mec_net_state *s, bool by_kernel) {
    const mec_net_design *d = s->design;
    mec_net_workspace *space = s->space;
    double kappa = s->penalty.lam1 / s->penalty.lam2;
    mec_dot_rows(d->n, d->columns, d->n, space->other, space->n_other, space->residual,
                 space->solution);
    size_t k = 0;
    for (size_t i = 0; i < space->n_other && k < space->n_active; i++) {
        if (space->other[i] != space->active[k])
            continue;
        if (by_kernel)
            space->weight[k] = space->solution[i] - kappa * space->sign[k];
        else
            space->solution[i] = space->weight[k] + kappa * space->sign[k];
        k++;
    }
}

static void note_change(mec_net_workspace *space, uint32_t column, bool comes, double sign) {
    if (space->n_change++ < MEC_NET_UPDATES)
        space->changes[space->n_change - 1] = (mec_net_change){column, comes, sign};
}

/* Takes the active set of the dual values; true where it is the one they were computed with, up to
 * rounding, which then stays. */
static bool exchange(const mec_net_state *s, bool by_kernel) {
    mec_net_workspace *space = s->space;
    const double kappa = s->penalty.lam1 / s->penalty.lam2;
    const double largest = mec_net_largest_weight(space);
    const double noise = mec_net_dual_noise(s, largest, by_kernel);
    bool stays = true;
    size_t k = 0; /* in the old set, which is read before the new one, no longer, is written */
    size_t n_next = 0;
    uint32_t *next = space->best_index;
    double *next_sign = space->work_a;
    space->n_change = 0;
    for (size_t i = 0; i < space->n_other; i++) {
        double z = space->solution[i];
        double over = (s->penalty.positive ? z : fabs(z)) - kappa;
        double sign = z < 0 ? -1 : 1;
        bool was = k < space->n_active && space->active[k] == space->other[i];
        bool keeps = was && over > 0 && space->sign[k] == sign;
        if (was)
            stays = stays && space->sign[k] * space->weight[k] >= -MEC_NET_WEIGHT_NOISE * largest;
        else
            stays = stays && over <= noise;
        if (was && !keeps)
            note_change(space, space->other[i], false, space->sign[k]);
        if (over > 0 && !keeps)
            note_change(space, space->other[i], true, sign);
        if (over > 0) {
            next[n_next] = space->other[i];
            next_sign[n_next++] = sign;
        }
        k += was;
    }
    if (stays)
        return true;
    space->n_active = n_next;
    memcpy(space->active, next, n_next * sizeof *next);
    memcpy(space->sign, next_sign, n_next * sizeof *next_sign);
    return false;
}

/* The solution of the active set from that of the one before; false where that does not work. */
static bool update(const mec_net_state *s) {
    const mec_net_workspace *space = s->space;
    if (space->n_change > MEC_NET_UPDATES)
        return false;
    for (size_t k = 0; k < space->n_change; k++)
        if (!mec_net_update(s, space->changes[k]))
            return false;
    return true;
}

bool mec_net_exchange(const mec_net_state *s) {
    bool was_by_kernel = false;
    choose_columns(s);
    for (int i = 0; i < MOST_STEPS; i++) {
        bool by_kernel = s->space->n_active >= s->design->rank_bound;
        if (!(by_kernel && was_by_kernel && update(s)) && !solve(s, by_kernel))
            return false;
        find_duals(s, by_kernel);
        if (exchange(s, by_kernel))
            return true;
        was_by_kernel = by_kernel;
    }
    return false;
}
