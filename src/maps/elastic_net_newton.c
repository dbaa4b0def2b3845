/* Newton's method on the dual of the elastic net, lam2 > 0.
 *
 * With kappa = lam1 / lam2 the dual is, in v = theta / lam2 (so that nothing is divided by a small
 * lam2), to minimise the once differentiable, piecewise quadratic, strongly convex
 *     psi(v) = lam2/2 ||v||^2 - y'v + 1/2 sum_j soft(z_j, kappa)^2,     z = X'v.
 * The weights are w = soft(z, kappa). A Newton step from v solves the linear system of the active
 * set A = {|z_j| > kappa} and its signs s:
 *     Gram form     (X_A'X_A + lam2 I) w_A = X_A'y - lam1 s_A, z = X'(y - X_A w_A) / lam2
 *     kernel form   (X_A X_A' + lam2 I) v = y + kappa X_A s_A, z = X'v, w_A = z_A - kappa s_A
 * the second where |A| reaches the rank of X: it loses nothing to a small lam2 there. Along the
 * step from v to the new point psi has an exact line search, whose derivative needs no v: a point
 * that steps led to is a mean of solutions and has weights u with lam2 v = y - X u, so
 *     psi'(t) = sum_j (soft(z_j(t), kappa) - u_j(t)) dz_j.
 * Each step lowers psi and there are finitely many active sets: the end is reached. */
#include "maps/elastic_net_solver.h"

#include <math.h>
#include <string.h>

#include "numerics/clones.h"
#include "numerics/linalg.h"

enum { MOST_TRIALS = 60 };

static bool uses_kernel(const mec_net_state *s) {
    return s->space->n_active >= s->design->rank_bound;
}

/* The next point by the Gram form. */
static bool step_by_gram(const mec_net_state *s) {
    mec_net_workspace *space = s->space;
    double lam2 = s->penalty.lam2;
    if (!mec_net_factor_gram(s))
        return false;
    for (size_t k = 0; k < space->n_active; k++)
        space->weight[k] = s->target->xy[space->active[k]] - s->penalty.lam1 * space->sign[k];
    mec_net_apply_inverse(space, space->weight);
    memcpy(space->next_dual, s->target->xy, s->design->p * sizeof *space->next_dual);
    mec_net_subtract_products(s, space->active, space->n_active, space->weight, space->next_dual);
    for (size_t j = 0; j < s->design->p; j++)
        space->next_dual[j] /= lam2;
    for (size_t k = 0; k < space->n_active; k++)
        space->next_dual[space->active[k]] =
            s->penalty.lam1 / lam2 * space->sign[k] + space->weight[k];
    return true;
}

/* ... and by the kernel form; v stays in `residual`. */
static bool step_by_kernel(const mec_net_state *s) {
    const mec_net_design *d = s->design;
    mec_net_workspace *space = s->space;
    double kappa = s->penalty.lam1 / s->penalty.lam2;
    double *v = space->residual;
    if (!mec_net_factor_kernel(s))
        return false;
    memcpy(v, s->target->y, d->n * sizeof *v);
    mec_add_rows(d->n, d->columns, d->n, space->active, space->n_active, kappa, space->sign, v);
    mec_net_apply_inverse(space, v);
    mec_multiply_vector(d->p, d->n, d->columns, d->n, v, 0.0, space->next_dual);
    for (size_t k = 0; k < space->n_active; k++)
        space->weight[k] = space->next_dual[space->active[k]] - kappa * space->sign[k];
    return true;
}

static bool step(const mec_net_state *s) {
    mec_net_workspace *space = s->space;
    if (!(uses_kernel(s) ? step_by_kernel(s) : step_by_gram(s)))
        return false;
    memset(space->next_primal, 0, s->design->p * sizeof *space->next_primal);
    for (size_t k = 0; k < space->n_active; k++)
        space->next_primal[space->active[k]] = space->weight[k];
    return true;
}

static double soft(double z, double kappa, bool positive) {
    if (z > kappa)
        return z - kappa;
    return z < -kappa && !positive ? z + kappa : 0;
}

/* Whether the next point has the active set it was computed with, up to rounding. */
static bool is_consistent(const mec_net_state *s) {
    const mec_net_workspace *space = s->space;
    double kappa = s->penalty.lam1 / s->penalty.lam2;
    double largest = mec_net_largest_weight(space);
    for (size_t k = 0; k < space->n_active; k++)
        if (space->sign[k] * space->weight[k] < -MEC_NET_WEIGHT_NOISE * largest)
            return false;
    double noise = mec_net_dual_noise(s, largest, uses_kernel(s));
    for (size_t j = 0; j < s->design->p; j++)
        if (space->next_primal[j] == 0 &&
            fabs(soft(space->next_dual[j], kappa, s->penalty.positive)) > noise)
            return false;
    return true;
}

/* psi' and psi'' between the points, summed in lanes. */
enum { LANES = 8 };
typedef struct slopes {
    double first[LANES], second[LANES];
} slopes;

/* Adds column j's part. */
static inline void add_slopes(const mec_net_workspace *space, size_t j, double t, double kappa,
                              double below, slopes *sums, size_t lane) {
    double z = space->dual[j];
    double u = space->primal[j];
    double dz = space->next_dual[j] - z;
    double du = space->next_primal[j] - u;
    z += t * dz;
    double up = z > kappa ? z - kappa : 0;
    double down = z < below ? z + kappa : 0;
    double rate = up + down != 0 ? dz : 0;
    sums->first[lane] += (up + down - u - t * du) * dz;
    sums->second[lane] += (rate - du) * dz;
}

/* psi' at t between the points; `*slope` receives psi''. */
MEC_CLONES
static double derivative(const mec_net_state *s, double t, double *slope) {
    const mec_net_workspace *space = s->space;
    const double kappa = s->penalty.lam1 / s->penalty.lam2;
    const double below = s->penalty.positive ? -INFINITY : -kappa;
    const size_t p = s->design->p;
    slopes sums = {{0}, {0}};
    size_t j = 0;
    for (; j + LANES <= p; j += LANES)
        for (size_t k = 0; k < LANES; k++)
            add_slopes(space, j + k, t, kappa, below, &sums, k);
    for (; j < p; j++)
        add_slopes(space, j, t, kappa, below, &sums, 0);
    for (size_t k = 1; k < LANES; k++) {
        sums.first[0] += sums.first[k];
        sums.second[0] += sums.second[k];
    }
    *slope = sums.second[0];
    return sums.first[0];
}

/* Where psi is least between the points; 0 where rounding hides that it falls at all. */
static double line_search(const mec_net_state *s) {
    double slope = 0;
    double low = 0;
    double high = 1;
    if (derivative(s, 1, &slope) <= 0)
        return 1;
    double start = derivative(s, 0, &slope);
    if (start >= 0)
        return 0;
    double value = start;
    double t = 0;
    for (int i = 0; i < MOST_TRIALS && fabs(value) > 1e-12 * fabs(start); i++) {
        double next = t - value / slope;
        if (!(next > low && next < high))
            next = (low + high) / 2;
        if (next == t)
            break;
        t = next;
        value = derivative(s, t, &slope);
        if (value < 0)
            low = t;
        else
            high = t;
    }
    return t;
}

static void move(const mec_net_state *s, double t) {
    mec_net_workspace *space = s->space;
    for (size_t j = 0; j < s->design->p; j++) {
        space->dual[j] += t * (space->next_dual[j] - space->dual[j]);
        space->primal[j] += t * (space->next_primal[j] - space->primal[j]);
    }
}

static void take_whole_step(mec_net_workspace *space) {
    double *dual = space->dual;
    double *primal = space->primal;
    space->dual = space->next_dual;
    space->primal = space->next_primal;
    space->next_dual = dual;
    space->next_primal = primal;
}

/* The active set where `products` (p) are beyond `bound`. */
static void choose_beyond(const mec_net_state *s, const double *products, double bound) {
    mec_net_workspace *space = s->space;
    space->n_active = 0;
    for (size_t j = 0; j < s->design->p; j++) {
        double weight = soft(products[j], bound, s->penalty.positive);
        if (weight == 0)
            continue;
        space->active[space->n_active] = (uint32_t)j;
        space->sign[space->n_active++] = weight < 0 ? -1 : 1;
    }
}

/* The active set of the point. */
static void choose_active(const mec_net_state *s) {
    choose_beyond(s, s->space->dual, s->penalty.lam1 / s->penalty.lam2);
}

void mec_net_newton_refine(const mec_net_state *s) {
    const mec_net_design *d = s->design;
    mec_net_workspace *space = s->space;
    if (space->kind == MEC_NET_GRAM_FACTOR) {
        mec_net_refine(s);
        return;
    }
    double *error = space->work_n;
    memcpy(error, s->target->y, d->n * sizeof *error);
    mec_add_rows(d->n, d->columns, d->n, space->active, space->n_active, -1, space->weight, error);
    mec_add_multiple(d->n, -s->penalty.lam2, space->residual, error);
    mec_net_apply_inverse(space, error);
    for (size_t k = 0; k < space->n_active; k++)
        space->weight[k] += mec_dot(d->n, mec_net_column(d, space->active[k]), error);
}

/* The weights at hand as a first point of the dual: `primal`, and in `solution` for the columns in
 * `other`. */
static void start_primal(const mec_net_state *s) {
    mec_net_workspace *space = s->space;
    memset(space->primal, 0, s->design->p * sizeof *space->primal);
    space->n_other = space->n_active;
    memcpy(space->other, space->active, space->n_active * sizeof *space->active);
    memcpy(space->solution, space->weight, space->n_active * sizeof *space->weight);
    for (size_t k = 0; k < space->n_active; k++)
        space->primal[space->active[k]] = space->weight[k];
}

static void start_dual(const mec_net_state *s) {
    mec_net_workspace *space = s->space;
    memcpy(space->dual, s->products ? s->products : s->target->xy,
           s->design->p * sizeof *space->dual);
    if (!s->products)
        mec_net_subtract_products(s, space->other, space->n_other, space->solution, space->dual);
    for (size_t j = 0; j < s->design->p; j++)
        space->dual[j] /= s->penalty.lam2;
}

bool mec_net_newton(const mec_net_state *s, size_t most_steps) {
    mec_net_workspace *space = s->space;
    bool has_guess = space->n_active > 0 || s->expected;
    start_primal(s);
    if (s->expected) {
        choose_beyond(s, s->expected, s->penalty.lam1);
    } else if (!has_guess) {
        start_dual(s);
        choose_active(s);
    }
    for (size_t i = 0; i < most_steps; i++) {
        if (!step(s))
            return false;
        if (is_consistent(s))
            return true;
        if (i == 0 && has_guess)
            start_dual(s);
        double t = line_search(s);
        /* The way to where a guess leads need not lead down; the others do. */
        if (t == 0 && (i > 0 || !has_guess))
            return false;
        if (t == 1)
            take_whole_step(space);
        else
            move(s, t);
        choose_active(s);
    }
    return false;
}
