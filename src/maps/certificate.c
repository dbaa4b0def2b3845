#include "maps/certificate.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "numerics/linalg.h"

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
    double *r, *c;   /* (n), (p) */
    double rr, ry;   /* r'r, r'y */
    double l1, l2;   /* ||w||_1, ||w||^2 */
    double steepest; /* the largest |c_j - lam2 w_j|; c_j alone where w is zero */
} parts;

/* How far a correlation pushes against the bound lam1: only upwards where weights are positive. */
static double push(const mec_net_problem *problem, double c) {
    return problem->positive ? c : fabs(c);
}

static double largest_push(const mec_net_problem *problem, const double *c) {
    double largest = 0;
    for (size_t j = 0; j < problem->p; j++) {
        double pushed = push(problem, c[j]);
        largest = pushed > largest ? pushed : largest;
    }
    return largest;
}

/* Where there is a weight, lam2 w is taken off for a moment. */
static double find_steepest(const parts *s) {
    const double lam2 = s->problem->lam2;
    for (size_t k = 0; k < s->w->n; k++)
        s->c[s->w->index[k]] -= lam2 * s->w->value[k];
    double steepest = largest_push(s->problem, s->c);
    for (size_t k = 0; k < s->w->n; k++)
        s->c[s->w->index[k]] += lam2 * s->w->value[k];
    return steepest;
}

static parts find_parts(const mec_net_problem *problem, const mec_net_weights *w, double *work) {
    parts s = {.problem = problem, .w = w, .r = work, .c = work + problem->n};
    memcpy(s.r, problem->y, problem->n * sizeof *s.r);
    mec_add_rows(problem->n, problem->columns, problem->n, w->index, w->n, -1, w->value, s.r);
    for (size_t k = 0; k < w->n; k++) {
        s.l1 += fabs(w->value[k]);
        s.l2 += w->value[k] * w->value[k];
    }
    mec_multiply_vector(problem->p, problem->n, problem->columns, problem->n, s.r, 0.0, s.c);
    s.rr = mec_dot(problem->n, s.r, s.r);
    s.ry = mec_dot(problem->n, s.r, problem->y);
    s.steepest = find_steepest(&s);
    return s;
}

/* P(w) less the dual at the point s r (and s times the residual of the penalty's own rows), s such
 * that it is feasible. */
static double gap_of_scaled_residual(const parts *s) {
    const mec_net_problem *problem = s->problem;
    double scale = s->steepest > problem->lam1 ? problem->lam1 / s->steepest : 1;
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
    double gap = 0;
    for (size_t j = 0; j < problem->p; j++) {
        double t = push(problem, s->c[j]) - lam1;
        if (t > 0)
            gap += t * t / (2 * lam2);
    }
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

/* The derivative of the smooth dual at b r by b; `*curvature` receives the second one, negated. */
static double dual_slope(const parts *s, double b, double *curvature) {
    double slope = s->ry - b * s->rr;
    *curvature = s->rr;
    for (size_t j = 0; j < s->problem->p; j++) {
        double c = push(s->problem, s->c[j]);
        if (b * c > s->problem->lam1) {
            slope -= c * (b * c - s->problem->lam1) / s->problem->lam2;
            *curvature += c * c / s->problem->lam2;
        }
    }
    return slope;
}

/* P(w) less the smooth dual at b r with the best b in (0, 1). */
static double gap_of_best_multiple(const parts *s) {
    const mec_net_problem *problem = s->problem;
    double curvature = 0;
    double low = 0;
    double high = 1;
    double b = 1;
    if (dual_slope(s, 1, &curvature) >= 0)
        return INFINITY; /* the best one is beyond: b = 1 has been tried */
    for (int i = 0; i < 60 && high - low > 1e-15 * high; i++) {
        double slope = dual_slope(s, b, &curvature);
        if (slope >= 0)
            low = b;
        else
            high = b;
        double next = b + slope / curvature;
        if (next == b)
            break;
        b = next > low && next < high ? next : (low + high) / 2;
    }
    double dual = b * s->ry - b * b / 2 * s->rr;
    for (size_t j = 0; j < problem->p; j++) {
        double t = fmax(b * push(problem, s->c[j]) - problem->lam1, 0);
        dual -= t * t / (2 * problem->lam2);
    }
    double objective = s->rr / 2 + problem->lam1 * s->l1 + problem->lam2 / 2 * s->l2;
    return fmax(objective - dual, 0);
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

mec_certified mec_certificate_find(const mec_net_problem *problem, const mec_net_weights *weights,
                                   double *work) {
    parts s = find_parts(problem, weights, work);
    mec_certified found = {.objective = s.rr / 2 + problem->lam1 * s.l1 + problem->lam2 / 2 * s.l2,
                           .scale = mec_dot(problem->n, problem->y, problem->y)};
    for (size_t k = 0; k < weights->n && problem->positive; k++)
        if (weights->value[k] < 0) {
            found.gap = INFINITY;
            return found;
        }
    if (problem->lam1 == 0 && problem->lam2 == 0) {
        found.gap = gap_without_penalty(&s);
        return found;
    }
    found.gap = gap_of_scaled_residual(&s);
    if (problem->lam2 > 0) {
        found.gap = fmin(found.gap, gap_of_residual(&s));
        if (found.gap > fmax(1e-10 * found.objective, 16 * DBL_EPSILON * found.scale))
            found.gap = fmin(found.gap, gap_of_best_multiple(&s));
    }
    found.gap = isnan(found.gap) ? INFINITY : fmax(found.gap, 0);
    return found;
}
