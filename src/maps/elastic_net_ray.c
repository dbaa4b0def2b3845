#include "maps/elastic_net_ray.h"

#include <math.h>
#include <string.h>

#include "maps/elastic_net_solver.h"
#include "numerics/linalg.h"

enum { TERMS = 16 };

/* A gap that is not good may be rounding's work while it is below this part of the objective; above
 * it the active set has changed. */
static const double ROUNDED_GAP = 1e-6;

/* A term of the series below this part of the first ends it. */
static const double LAST_TERM = 1e-13;

mec_code mec_net_ray_take(size_t n, size_t p, mec_net_ray *ray, mec_scratch *scratch,
                          mec_status *status) {
    *ray = (mec_net_ray){
        .index = mec_scratch_take(scratch, p, sizeof *ray->index, status),
        .values = mec_scratch_take(scratch, MEC_NET_RAY * p, sizeof *ray->values, status),
        .products = mec_scratch_take(scratch, MEC_NET_RAY * (n + p), sizeof(double), status),
        .sign = mec_scratch_take(scratch, p, sizeof *ray->sign, status),
        .terms = mec_scratch_take(scratch, TERMS * n, sizeof *ray->terms, status),
        .dual = mec_scratch_take(scratch, MEC_NET_RAY * n, sizeof *ray->dual, status),
        .work = mec_scratch_take(scratch, MEC_NET_RAY * n, sizeof *ray->work, status),
        .columns = mec_scratch_take(scratch, p * n, sizeof *ray->columns, status)};
    return status->code;
}

double mec_net_ray_memory(size_t n, size_t p) {
    double rows = 3 * MEC_NET_RAY + TERMS;
    return sizeof(double) *
           (rows * (double)n + (2 * MEC_NET_RAY + 2) * (double)p + (double)n * (double)p);
}

/* A ray under way. */
typedef struct follower {
    mec_net_state state; /* at the first penalty */
    const mec_net_penalty *penalties;
    size_t m;
    double kappa;
    mec_net_ray *ray;
} follower;

static void load(follower *f, const mec_net_weights *weights) {
    mec_net_workspace *space = f->state.space;
    size_t n = f->state.design->n;
    f->ray->n_active = space->n_active = weights->n;
    for (size_t k = 0; k < weights->n; k++) {
        size_t j = weights->index[k];
        f->ray->index[k] = space->active[k] = (uint32_t)j;
        f->ray->sign[k] = space->sign[k] = weights->value[k] < 0 ? -1 : 1;
        memcpy(f->ray->columns + k * n, mec_net_column(f->state.design, j),
               n * sizeof *f->ray->columns);
    }
}

/* The duals of all points; false where the series does not end. */
static bool find_duals(const follower *f) {
    const mec_net_design *d = f->state.design;
    double *term = f->ray->terms;
    double fall = f->penalties[0].lam2 - f->penalties[f->m - 1].lam2;
    double power = 1;
    memcpy(term, f->state.target->y, d->n * sizeof *term);
    mec_add_rows(d->n, d->columns, d->n, f->ray->index, f->ray->n_active, f->kappa, f->ray->sign,
                 term);
    mec_net_apply_inverse(f->state.space, term);
    double first = sqrt(mec_dot(d->n, term, term));
    double size = first;
    size_t n_term = 1;
    memset(f->ray->dual, 0, f->m * d->n * sizeof *f->ray->dual);
    for (;; n_term++) {
        for (size_t i = 0; i < f->m; i++)
            mec_add_multiple(d->n,
                             pow(f->penalties[0].lam2 - f->penalties[i].lam2, (double)(n_term - 1)),
                             term, f->ray->dual + i * d->n);
        if (power * size <= LAST_TERM * first)
            return true;
        if (n_term == TERMS)
            return false;
        memcpy(term + d->n, term, d->n * sizeof *term);
        term += d->n;
        mec_net_apply_inverse(f->state.space, term);
        power *= fall;
        size = sqrt(mec_dot(d->n, term, term));
        /* The terms that are left would not bring it there. */
        if (power * size > first * pow(LAST_TERM, (double)n_term / TERMS))
            return false;
    }
}

/* The weights of all points; returns how many of the first have the signs that they were computed
 * with, up to rounding. */
static size_t find_weights(const follower *f) {
    const mec_net_ray *ray = f->ray;
    size_t n = f->state.design->n;
    size_t n_active = ray->n_active;
    mec_multiply_transposed(f->m, n_active, n, ray->dual, n, ray->columns, n, 0.0, ray->values,
                            n_active);
    for (size_t i = 0; i < f->m; i++) {
        double *w = ray->values + i * n_active;
        double largest = 0;
        for (size_t k = 0; k < n_active; k++) {
            w[k] -= f->kappa * ray->sign[k];
            largest = fmax(largest, fabs(w[k]));
        }
        for (size_t k = 0; k < n_active; k++)
            if (ray->sign[k] * w[k] < -MEC_NET_WEIGHT_NOISE * largest)
                return i;
    }
    return f->m;
}

/* Sets the weights to zero that rounding left on the wrong side of it. */
static void drop_reversed(const mec_net_ray *ray, double *values) {
    for (size_t k = 0; k < ray->n_active; k++)
        if (ray->sign[k] * values[k] <= 0)
            values[k] = 0;
}

/* y - X w of the points from `first` to, without it, m. */
static void find_residuals(const follower *f, size_t first, size_t m, double *out, size_t ld) {
    const mec_net_ray *ray = f->ray;
    size_t n = f->state.design->n;
    mec_multiply(m - first, n, ray->n_active, ray->values + first * ray->n_active, ray->n_active,
                 ray->columns, n, 0.0, out + first * ld, ld);
    for (size_t i = first; i < m; i++)
        for (size_t k = 0; k < n; k++)
            out[i * ld + k] = f->state.target->y[k] - out[i * ld + k];
}

/* One step of refinement of the weights of these points. */
static void refine(const follower *f, size_t first, size_t m) {
    const mec_net_ray *ray = f->ray;
    size_t n = f->state.design->n;
    find_residuals(f, first, m, ray->work, n);
    for (size_t i = first; i < m; i++) {
        mec_add_multiple(n, -f->penalties[i].lam2, ray->dual + i * n, ray->work + i * n);
        mec_net_apply_inverse(f->state.space, ray->work + i * n);
    }
    mec_multiply_transposed(m - first, ray->n_active, n, ray->work + first * n, n, ray->columns, n,
                            1.0, ray->values + first * ray->n_active, ray->n_active);
}

/* Certifies these points; returns the first that is not good, or m. */
static size_t certify(const follower *f, size_t first, size_t m) {
    mec_net_ray *ray = f->ray;
    const mec_net_design *d = f->state.design;
    size_t ld = d->n + d->p;
    double *products = ray->products + first * ld;
    mec_net_weights weights = {ray->n_active, ray->index, NULL};
    for (size_t i = first; i < m; i++)
        drop_reversed(ray, ray->values + i * ray->n_active);
    find_residuals(f, first, m, ray->products, ld);
    mec_multiply_transposed(m - first, d->p, d->n, products, ld, d->columns, d->n, 0.0,
                            products + d->n, ld);
    for (size_t i = first; i < m; i++) {
        weights.value = ray->values + i * ray->n_active;
        ray->certified[i] = mec_net_judge(d, f->state.target, &f->penalties[i], &weights, 0,
                                          ray->products + i * ld);
        if (!mec_net_is_good(&ray->certified[i]))
            return i;
    }
    return m;
}

size_t mec_net_ray_solve(const mec_net_design *design, const mec_net_target *target,
                         const mec_net_penalty *penalties, size_t m, const mec_net_weights *weights,
                         mec_net_workspace *workspace, mec_net_ray *ray) {
    follower f = {
        .state = {.design = design, .target = target, .penalty = penalties[0], .space = workspace},
        .penalties = penalties,
        .m = m < MEC_NET_RAY ? m : MEC_NET_RAY,
        .kappa = penalties[0].lam1 / penalties[0].lam2,
        .ray = ray};
    if (weights->n < design->rank_bound || !(penalties[0].lam2 > 0))
        return 0;
    load(&f, weights);
    if (!mec_net_factor_kernel(&f.state) || !find_duals(&f))
        return 0;
    size_t n_sound = find_weights(&f);
    size_t n_good = certify(&f, 0, n_sound);
    if (n_good == n_sound ||
        !(ray->certified[n_good].gap <= ROUNDED_GAP * ray->certified[n_good].objective))
        return n_good;
    refine(&f, n_good, n_sound);
    return certify(&f, n_good, n_sound);
}

void mec_net_ray_weights(const mec_net_ray *ray, size_t point, mec_net_weights *weights) {
    weights->n = 0;
    for (size_t k = 0; k < ray->n_active; k++) {
        double value = ray->values[point * ray->n_active + k];
        if (value == 0)
            continue;
        weights->index[weights->n] = ray->index[k];
        weights->value[weights->n++] = value;
    }
}
