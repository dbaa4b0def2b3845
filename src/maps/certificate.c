#include "maps/certificate.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "numerics/linalg.h"
#include "numerics/soft.h"

/* An exact solution evaluated in double precision shows gaps of a few hundred eps ||y||^2. */
static const double FLOOR = 1024 * DBL_EPSILON;

double mec_certificate_tol(mec_certificate rule, double tol) {
    if (!isnan(tol))
        return tol;
    return rule == MEC_CERTIFICATE_OBJECTIVE ? 1e-6 : 1e-4;
}

bool mec_certificate_accepts(mec_certificate rule, double tol, const mec_certified *certified) {
    if (rule == MEC_CERTIFICATE_SKLEARN)
        return certified->gap <= tol * certified->scale;
    return certified->gap <= fmax(tol * certified->objective, FLOOR * certified->scale);
}

double mec_certificate_relative(mec_certificate rule, double tol, const mec_certified *certified) {
    if (certified->scale == 0)
        return 0;
    if (rule == MEC_CERTIFICATE_SKLEARN)
        return certified->gap / certified->scale;
    return certified->gap / fmax(certified->objective, FLOOR * certified->scale / tol);
}

/* What the bounds are made of: r = y - X w, c = X'r and sums over them. */
typedef struct parts {
    const mec_net_problem *problem;
    const mec_net_weights *w;
    const double *r; /* (n) */
    double *c;       /* (p) */
    double rr, ry;   /* r'r, r'y */
    double l1, l2;   /* ||w||_1, ||w||^2 */
    double mirror;   /* see mec_soft_push */
} parts;

/* How far a correlation pushes against the bound lam1: only upwards where weights are positive. */
static double push(const mec_net_problem *problem, double c) {
    return problem->positive ? c : fabs(c);
}

/* The largest push of c - lam2 w: where there is a weight, lam2 w is taken off for a moment. */
static double find_steepest(const parts *s) {
    const double lam2 = s->problem->lam2;
    for (size_t k = 0; k < s->w->n; k++)
        s->c[s->w->index[k]] -= lam2 * s->w->value[k];
    double steepest = mec_soft_largest(s->problem->p, s->c, s->mirror);
    for (size_t k = 0; k < s->w->n; k++)
        s->c[s->w->index[k]] += lam2 * s->w->value[k];
    return steepest;
}

static void find_products(const mec_net_problem *problem, const mec_net_weights *w,
                          double *products) {
    memcpy(products, problem->y, problem->n * sizeof *products);
    mec_add_rows(problem->n, problem->columns, problem->n, w->index, w->n, -1, w->value, products);
    mec_multiply_vector(problem->p, problem->n, problem->columns, problem->n, products, 0.0,
                        products + problem->n);
}

static parts find_parts(const mec_net_problem *problem, const mec_net_weights *w,
                        double *products) {
    parts s = {.problem = problem,
               .w = w,
               .r = products,
               .c = products + problem->n,
               .mirror = problem->positive ? 1 : -1};
    for (size_t k = 0; k < w->n; k++) {
        s.l1 += fabs(w->value[k]);
        s.l2 += w->value[k] * w->value[k];
    }
    s.rr = mec_dot(problem->n, s.r, s.r);
    s.ry = mec_dot(problem->n, s.r, problem->y);
    return s;
}

/* P(w) less the dual at the point s r (and s times the residual of the penalty's own rows), s such
 * that it is feasible. */
static double gap_of_scaled_residual(const parts *s) {
    const mec_net_problem *problem = s->problem;
    double steepest = find_steepest(s);
    double scale = steepest > problem->lam1 ? problem->lam1 / steepest : 1;
    double gap = (1 - scale) * (1 - scale) * (s->rr + problem->lam2 * s->l2) / 2;
    for (size_t k = 0; k < s->w->n; k++) {
        double g = s->c[s->w->index[k]] - problem->lam2 * s->w->value[k];
        gap += problem->lam1 * fabs(s->w->value[k]) - scale * g * s->w->value[k];
    }
    return gap;
}

/* P(w) less the smooth dual at r: every term is that of one column and is at least zero. */
static double gap_of_residual(const parts *s) {
    const mec_net_problem *problem = s->problem;
    double lam1 = problem->lam1;
    double lam2 = problem->lam2;
    double gap = mec_soft_squares(problem->p, s->c, s->mirror, lam1) / (2 * lam2);
    for (size_t k = 0; k < s->w->n; k++) {
        double w = s->w->value[k];
        double c = s->c[s->w->index[k]];
        double t = fmax(push(problem, c) - lam1, 0);
        gap -= t * t / (2 * lam2);
        /* Where c and w pull the same way the term is a square. */
        double side = w < 0 ? -1 : 1;
        if (side * c > lam1)
            gap += lam2 / 2 * (w - side * t / lam2) * (w - side * t / lam2);
        else
            gap += lam1 * fabs(w) - c * w + lam2 / 2 * w * w + t * t / (2 * lam2);
    }
    return gap;
}

/* P(w) less the smooth dual D at b r with the best b in (0, 1), by Newton's method on D', which is
 * piecewise linear and falls. With `enough` > 0 it ends where the gap is no more than that, or
 * where a line that D stays below, as a concave function does, says that it will not become so. */
static double gap_of_best_multiple(const parts *s, double objective, double enough) {
    const mec_net_problem *problem = s->problem;
    double low = 0;
    double high = 1;
    double b = 1;
    double gap = INFINITY;
    for (int i = 0; i < 60 && high - low > 1e-15 * high; i++) {
        mec_soft sums = mec_soft_sums(problem->p, s->c, s->mirror, problem->lam1 / b);
        double dual = b * s->ry - b * b / 2 * (s->rr + sums.squares / problem->lam2);
        double slope = s->ry - b * (s->rr + sums.slope / problem->lam2);
        double curvature = s->rr + sums.curvature / problem->lam2;
        gap = fmin(gap, objective - dual);
        if (slope >= 0)
            low = b;
        else
            high = b;
        double most = slope * (slope >= 0 ? high - b : low - b);
        if (enough > 0 && (gap <= enough || objective - dual - most > enough))
            break;
        double next = b + slope / curvature;
        if (next == b)
            break;
        b = next > low && next < high ? next : (low + high) / 2;
    }
    return fmax(gap, 0);
}

/* Without a penalty: P(w) less the dual at r without its part in the span of X; where weights are
 * positive, at r itself, which is feasible up to rounding at a solution. */
static double gap_without_penalty(const parts *s) {
    const mec_net_problem *problem = s->problem;
    double gap = 0;
    if (!problem->positive) {
        for (size_t k = 0; k < problem->n_basis; k++) {
            double along = 0;
            for (size_t i = 0; i < problem->n; i++)
                along += problem->basis[i * problem->n_basis + k] * s->r[i];
            gap += along * along / 2;
        }
        return problem->basis ? gap : s->rr / 2;
    }
    double yy = mec_dot(problem->n, problem->y, problem->y);
    for (size_t j = 0; j < problem->p; j++) {
        const double *x = problem->columns + j * problem->n;
        if (s->c[j] > FLOOR * sqrt(yy * mec_dot(problem->n, x, x)))
            return s->rr / 2;
    }
    for (size_t k = 0; k < s->w->n; k++)
        gap += fabs(s->c[s->w->index[k]] * s->w->value[k]);
    return fmin(gap, s->rr / 2);
}

mec_certified mec_certificate_judge(const mec_net_problem *problem, const mec_net_weights *weights,
                                    double enough, double *products) {
    parts s = find_parts(problem, weights, products);
    mec_certified found = {.gap = INFINITY,
                           .objective = s.rr / 2 + problem->lam1 * s.l1 + problem->lam2 / 2 * s.l2,
                           .scale = mec_dot(problem->n, problem->y, problem->y)};
    for (size_t k = 0; k < weights->n && problem->positive; k++)
        if (weights->value[k] < 0)
            return found;
    if (problem->lam1 == 0 && problem->lam2 == 0) {
        found.gap = gap_without_penalty(&s);
        return found;
    }
    if (found.objective <= enough) { /* the dual is 0 at 0 */
        found.gap = found.objective;
        return found;
    }
    if (problem->lam2 > 0)
        found.gap = gap_of_residual(&s);
    if (!(found.gap <= enough))
        found.gap = fmin(found.gap, gap_of_scaled_residual(&s));
    double left_out = fmax(1e-10 * found.objective, 16 * DBL_EPSILON * found.scale);
    if (problem->lam2 > 0 && found.gap > fmax(enough, left_out))
        found.gap = fmin(found.gap, gap_of_best_multiple(&s, found.objective, enough));
    found.gap = isnan(found.gap) ? INFINITY : fmax(found.gap, 0);
    return found;
}

mec_certified mec_certificate_find(const mec_net_problem *problem, const mec_net_weights *weights,
                                   double *work) {
    find_products(problem, weights, work);
    return mec_certificate_judge(problem, weights, 0, work);
}
