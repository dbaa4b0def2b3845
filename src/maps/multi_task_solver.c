#include "maps/multi_task_solver.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "numerics/linalg.h"

/* Gaps relative to the objective. What is aimed at is out of reach, or nearly: steps end when they
 * no longer halve the gap, so that what W is does not depend on where the last one but a few
 * happened to land. Newton's method in W may start below POLISH_BELOW. */
static const double GOAL = 1e-20;
static const double SOLVED = 1e-13;
static const double POLISH_BELOW = 1e-2;
/* What rounding of X'(Y - X W) leaves is in proportion to max_j ||x_j'Y|| / lam1, but at most
 * MOST_ROUNDING; a few units in the last place of ||Y||^2 are always rounding. */
static const double ROUNDING = 64 * DBL_EPSILON;
static const double MOST_ROUNDING = 1e-8;
/* A gap below this part of ||Y||^2 may be too large only because the dual's W is not exact enough,
 * which the steps mend. */
static const double POLISH_BELOW_OF_Y = 1e-8;
/* Part of its diagonal that is added to the system of groups: in W what tames the rounding of steps
 * along equal sources; next to nothing, for penalties so small that the system is nearly singular
 * and yet right, in the dual, and where the other fails above SOLVED. */
static const double FAINT_DAMPING = 1e-13;
static const double DAMPING = 1e-9;
static const double MOST_DAMPING = 1e-3;
/* tau: at first, relative to the mean squared norm of a source; what an outer step leaves of it. */
static const double FIRST_TAU = 0.1;
static const double TAU_FALLS = 0.1;
/* What keeps a broken problem from running for ever. */
enum { MOST_OUTER = 60, MOST_IDLE = 20, MOST_NEWTON = 40, MOST_POLISH = 20 };
/* Rows of the system of groups that are filled at a time. */
enum { ROWS = 64 };

typedef struct solver {
    size_t r, p, m;
    const double *xt, *y; /* (p, r), (r, m) */
    double lam1, lam2, tau;
    double norm_y, accuracy, damping;
    double rounding; /* relative gap that may be rounding */
    const mec_pulse *pulse;
    mec_status *status;
    double *w, *centre, *trial, *best; /* (p, m): W, W_k, W after a step */
    double *theta;                     /* (r, m): the dual point */
    double *z, *step;                  /* (p, m): X'theta + tau W_k, and how a step changes it */
    double *residual, *product;        /* (r, m), (p, m): of the point measured last */
    double *rhs;                       /* (r, m): right-hand side, then step */
    double *room;                      /* (m) */
    double *zz, *zx, *xx;              /* (p): products of rows of z and step */
    /* The groups that are not zero. */
    size_t n_active;
    uint32_t *active;
    double *xa;         /* (n_active, r): their sources */
    double *wa, *u, *g; /* (n_active, m): weights, directions, what a step works with */
    double *norm;       /* (n_active): of the rows of z, or of W */
    double *inverse;    /* (n_active): 1 / E, curvature of the penalty across a group */
    double *extra;      /* (n_active): what the system of groups has on its diagonal */
    double *b;          /* (n_active): its right-hand side and solution */
    double *k, *za, *c; /* L of K (r, r), xa inverse(L') (n_active, r), L of C */
    double *block;      /* (ROWS, n_active) */
} solver;

/* Several sums at once, so that additions need not wait for each other. */
static double dot(const double *a, const double *b, size_t n) {
    enum { LANES = 8 };
    double lane[LANES] = {0};
    double sum = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            lane[k] += a[i + k] * b[i + k];
    for (; i < n; i++)
        sum += a[i] * b[i];
    for (size_t k = 0; k < LANES; k++)
        sum += lane[k];
    return sum;
}

static void add_scaled(double *a, double factor, const double *b, size_t n) {
    for (size_t i = 0; i < n; i++)
        a[i] += factor * b[i];
}

static void take_group(solver *s, size_t j, const double *w, double norm) {
    size_t a = s->n_active++;
    s->active[a] = (uint32_t)j;
    s->norm[a] = norm;
    memcpy(s->xa + a * s->r, s->xt + j * s->r, s->r * sizeof *s->xa);
    memcpy(s->wa + a * s->m, w, s->m * sizeof *s->wa);
}

/* out (r, m) = y - X W - `less`, from the active groups. */
static void take_residual(const solver *s, const double *less, double *out) {
    mec_transposed_multiply(s->r, s->m, s->n_active, s->xa, s->r, s->wa, s->m, out, s->m);
    for (size_t i = 0; i < s->r * s->m; i++)
        out[i] = s->y[i] - out[i] - (less ? less[i] : 0);
}

/* C = (xa' inverse(K) xa) elementwise times u u', plus its diagonal; lower triangle. */
static void fill_groups(solver *s) {
    size_t n = s->n_active;
    mec_gram_rows(n, s->m, s->u, s->m, s->c, n);
    for (size_t first = 0; first < n; first += ROWS) {
        size_t last = first + ROWS < n ? first + ROWS : n;
        mec_multiply_transposed(last - first, last, s->r, s->za + first * s->r, s->r, s->za, s->r,
                                0.0, s->block, last);
        for (size_t i = first; i < last; i++) {
            for (size_t j = 0; j <= i; j++)
                s->c[i * n + j] *= s->block[(i - first) * last + j];
            s->c[i * n + i] += s->extra[i];
        }
    }
}

/* Factors K = I + X diag(1 / E) X' and C, for the active groups' xa, u, inverse and extra. Equal
 * sources make C singular in a direction along which nothing changes: a part of its diagonal,
 * `damping` or what more it takes, keeps steps along it small. */
static bool factor(solver *s) {
    size_t n = s->n_active;
    for (size_t a = 0; a < n; a++) {
        double root = sqrt(s->inverse[a]);
        for (size_t i = 0; i < s->r; i++)
            s->za[a * s->r + i] = root * s->xa[a * s->r + i];
    }
    mec_gram(s->r, n, s->za, s->r, s->k, s->r);
    for (size_t i = 0; i < s->r; i++)
        s->k[i * s->r + i] += 1;
    if (!mec_cholesky_factor(s->r, s->k, s->r))
        return false;
    memcpy(s->za, s->xa, n * s->r * sizeof *s->za);
    mec_lower_solve_rows(s->r, n, s->k, s->r, s->za, s->r);
    double damping = s->damping;
    while (damping < MOST_DAMPING) {
        fill_groups(s);
        for (size_t a = 0; a < n; a++)
            s->c[a * n + a] *= 1 + damping;
        if (mec_cholesky_factor(n, s->c, n))
            return true;
        damping *= 100;
    }
    return false;
}

/* ---- the dual problem: min 1/2 ||theta - y||^2 + sum_j (||z_j|| - lam1)_+^2 / (2 (lam2 + tau)),
 * z = X'theta + tau W_k; its minimiser gives W = (1 - lam1 / ||z||)_+ z / (lam2 + tau) ---- */

/* W that belongs to z, and rhs, minus the gradient of the dual. */
static void follow_dual(solver *s) {
    double l = s->lam2 + s->tau;
    s->n_active = 0;
    for (size_t j = 0; j < s->p; j++) {
        const double *z = s->z + j * s->m;
        double norm = sqrt(dot(z, z, s->m));
        if (!(norm > s->lam1))
            continue;
        size_t a = s->n_active;
        take_group(s, j, z, norm);
        s->inverse[a] = (norm - s->lam1) / norm / l;
        s->extra[a] = l * norm / s->lam1;
        for (size_t k = 0; k < s->m; k++) {
            s->u[a * s->m + k] = z[k] / norm;
            s->wa[a * s->m + k] = z[k] * s->inverse[a];
        }
    }
    take_residual(s, s->theta, s->rhs);
}

static void store_weights(solver *s) {
    memset(s->w, 0, s->p * s->m * sizeof *s->w);
    for (size_t a = 0; a < s->n_active; a++)
        memcpy(s->w + s->active[a] * s->m, s->wa + a * s->m, s->m * sizeof *s->w);
}

/* ||W - W_k||^2 */
static double squared_move(const solver *s) {
    double sum = 0;
    for (size_t i = 0; i < s->p * s->m; i++)
        sum += (s->w[i] - s->centre[i]) * (s->w[i] - s->centre[i]);
    return sum;
}

/* Whether theta is good enough. Half the squared gradient is the gap between the dual's value and
 * that of its W in the problem with the proximal term; it may be as large as that term, or, without
 * one, a part of the objective. */
static bool dual_is_solved(solver *s, double *last) {
    double e = sqrt(dot(s->rhs, s->rhs, s->r * s->m));
    bool still = e > *last / 2 && e <= 1e-11 * s->norm_y;
    *last = e;
    store_weights(s);
    if (s->tau > 0)
        return still || e <= 4 * DBL_EPSILON * s->norm_y || e * e <= s->tau * squared_move(s);
    double objective = 0;
    for (size_t a = 0; a < s->n_active; a++) {
        double w = s->inverse[a] * s->norm[a];
        objective += s->lam1 * w + s->lam2 / 2 * w * w;
    }
    for (size_t i = 0; i < s->r * s->m; i++) {
        double residual = s->theta[i] + s->rhs[i];
        objective += residual * residual / 2;
    }
    return still || e * e <= 2 * s->accuracy * objective;
}

/* rhs := inverse(Hessian) rhs */
static bool newton_direction(solver *s) {
    size_t n = s->n_active;
    size_t m = s->m;
    if (!factor(s))
        return false;
    mec_lower_solve(s->r, m, s->k, s->r, s->rhs, m);
    mec_multiply(n, m, s->r, s->za, s->r, s->rhs, m, 0.0, s->g, m);
    for (size_t a = 0; a < n; a++)
        s->b[a] = dot(s->g + a * m, s->u + a * m, m);
    mec_cholesky_solve(n, 1, s->c, n, s->b, 1);
    for (size_t a = 0; a < n; a++)
        for (size_t k = 0; k < m; k++)
            s->g[a * m + k] = s->b[a] * s->u[a * m + k];
    mec_transposed_multiply(s->r, m, n, s->za, s->r, s->g, m, s->residual, m);
    add_scaled(s->rhs, -1, s->residual, s->r * m);
    mec_lower_solve_transposed(s->r, m, s->k, s->r, s->rhs, m);
    return true;
}

/* The derivative of the dual along the step, at t: `linear` and `square` belong to its smooth part.
 */
static double slope_at(const solver *s, double t, double linear, double square) {
    double sum = 0;
    for (size_t j = 0; j < s->p; j++) {
        double norm = sqrt(fmax(s->zz[j] + t * (2 * s->zx[j] + t * s->xx[j]), 0));
        if (norm > s->lam1)
            sum += (1 - s->lam1 / norm) * (s->zx[j] + t * s->xx[j]);
    }
    return linear + t * square + sum / (s->lam2 + s->tau);
}

/* How far to go along the step in rhs: all the way unless the dual has begun to rise steeply by
 * then, else to where it is nearly flat. */
static double step_length(solver *s) {
    double linear = 0;
    for (size_t i = 0; i < s->r * s->m; i++)
        linear += (s->theta[i] - s->y[i]) * s->rhs[i];
    double square = dot(s->rhs, s->rhs, s->r * s->m);
    for (size_t j = 0; j < s->p; j++) {
        const double *z = s->z + j * s->m;
        const double *x = s->step + j * s->m;
        s->zz[j] = dot(z, z, s->m);
        s->zx[j] = dot(z, x, s->m);
        s->xx[j] = dot(x, x, s->m);
    }
    double flat = 0.1 * fabs(slope_at(s, 0, linear, square));
    double t = 1;
    double slope = slope_at(s, t, linear, square);
    if (!(slope > flat))
        return t;
    double low = 0;
    double high = 1;
    for (int i = 0; i < 40 && !(fabs(slope) <= flat); i++) {
        t = (low + high) / 2;
        slope = slope_at(s, t, linear, square);
        *(slope > 0 ? &high : &low) = t;
    }
    return t;
}

static bool beats(const solver *s) {
    if (!mec_pulse_stop(s->pulse))
        return true;
    mec_fail(s->status, MEC_STOPPED, "stopped on request");
    return false;
}

/* Solves the dual problem around W_k = W, from the theta at hand; sets W. False where a
 * factorisation broke down or a stop was asked for. */
static bool solve_dual(solver *s) {
    size_t size = s->p * s->m;
    double last = INFINITY;
    memcpy(s->centre, s->w, size * sizeof *s->centre);
    mec_multiply(s->p, s->m, s->r, s->xt, s->r, s->theta, s->m, 0.0, s->z, s->m);
    add_scaled(s->z, s->tau, s->centre, size);
    for (int i = 0; i < MOST_NEWTON; i++) {
        follow_dual(s);
        if (dual_is_solved(s, &last))
            break;
        if (!beats(s) || !newton_direction(s))
            return false;
        mec_multiply(s->p, s->m, s->r, s->xt, s->r, s->rhs, s->m, 0.0, s->step, s->m);
        double t = step_length(s);
        add_scaled(s->theta, t, s->rhs, s->r * s->m);
        add_scaled(s->z, t, s->step, size);
    }
    return true;
}

/* ---- Newton's method in W, on the groups that are not zero ---- */

/* Makes the non-zero groups of `w` the active ones; residual, product and gap are those of `w`. */
static mec_multi_task_gap measure(solver *s, const double *w) {
    s->n_active = 0;
    for (size_t j = 0; j < s->p; j++) {
        double norm = sqrt(dot(w + j * s->m, w + j * s->m, s->m));
        if (norm > 0)
            take_group(s, j, w + j * s->m, norm);
    }
    take_residual(s, NULL, s->residual);
    mec_multiply(s->p, s->m, s->r, s->xt, s->r, s->residual, s->m, 0.0, s->product, s->m);
    mec_multi_task_point point = {s->r, s->p, s->m, w, s->residual, s->product};
    return mec_multi_task_measure(&point, (mec_multi_task_penalty){s->lam1, s->lam2}, s->room);
}

/* The objective's gradient g, directions and curvatures at the active groups of W. */
static void set_smooth_part(solver *s) {
    size_t m = s->m;
    for (size_t a = 0; a < s->n_active; a++) {
        double ratio = s->lam2 * s->norm[a] / s->lam1;
        s->inverse[a] = s->norm[a] / s->lam1 / (1 + ratio);
        s->extra[a] = s->lam2 * (1 + ratio);
        for (size_t k = 0; k < m; k++) {
            double w = s->wa[a * m + k];
            s->u[a * m + k] = w / s->norm[a];
            s->g[a * m + k] =
                s->lam2 * w + s->lam1 * s->u[a * m + k] - s->product[s->active[a] * m + k];
        }
    }
}

/* trial := W and the Newton step: each group moves by b (1 + lam2 |w| / lam1) along its direction
 * and by -(g + x) / E across it, with `x` (n_active, m); one that is taken through zero stays
 * there.
 */
static void set_trial(solver *s, const double *x) {
    size_t m = s->m;
    memset(s->trial, 0, s->p * m * sizeof *s->trial);
    for (size_t a = 0; a < s->n_active; a++) {
        const double *u = s->u + a * m;
        double *trial = s->trial + s->active[a] * m;
        double along = s->b[a] * (1 + s->lam2 * s->norm[a] / s->lam1);
        if (!(s->norm[a] + along > 0))
            continue;
        add_scaled(s->g + a * m, 1, x + a * m, m);
        double mean = dot(s->g + a * m, u, m);
        for (size_t k = 0; k < m; k++)
            trial[k] =
                s->wa[a * m + k] + along * u[k] - s->inverse[a] * (s->g[a * m + k] - mean * u[k]);
    }
}

/* trial := W after a Newton step from it. The step's image X V solves K (X V) = X (b u - g / E), so
 * that the sources' products with it are x = za za'(b u - g / E); b solves the system of groups. */
static bool polish(solver *s) {
    size_t n = s->n_active;
    size_t m = s->m;
    double *scaled = s->step; /* g / E */
    double *x = s->z;
    set_smooth_part(s);
    if (!factor(s))
        return false;
    for (size_t a = 0; a < n; a++)
        for (size_t k = 0; k < m; k++)
            scaled[a * m + k] = s->g[a * m + k] * s->inverse[a];
    mec_transposed_multiply(s->r, m, n, s->za, s->r, scaled, m, s->rhs, m);
    mec_multiply(n, m, s->r, s->za, s->r, s->rhs, m, 0.0, x, m);
    for (size_t a = 0; a < n; a++)
        s->b[a] = dot(x + a * m, s->u + a * m, m) - dot(s->g + a * m, s->u + a * m, m);
    mec_cholesky_solve(n, 1, s->c, n, s->b, 1);
    for (size_t a = 0; a < n; a++)
        for (size_t k = 0; k < m; k++)
            scaled[a * m + k] = s->b[a] * s->u[a * m + k] - scaled[a * m + k];
    mec_transposed_multiply(s->r, m, n, s->za, s->r, scaled, m, s->rhs, m);
    mec_multiply(n, m, s->r, s->za, s->r, s->rhs, m, 0.0, x, m);
    set_trial(s, x);
    return true;
}

static bool may_be_rounding(const solver *s, const mec_multi_task_gap *gap) {
    return gap->gap <= fmax(s->rounding * gap->objective, ROUNDING * s->norm_y * s->norm_y);
}

/* W := trial, with its gap and its residual for dual point. */
static void take_trial(solver *s, mec_multi_task_gap next, mec_multi_task_gap *gap) {
    double *kept = s->w;
    s->w = s->trial;
    s->trial = kept;
    *gap = next;
    memcpy(s->theta, s->residual, s->r * s->m * sizeof *s->theta);
}

static bool may_polish(const solver *s, const mec_multi_task_gap *gap) {
    return gap->gap > GOAL * gap->objective &&
           gap->gap <=
               fmax(POLISH_BELOW * gap->objective, POLISH_BELOW_OF_Y * s->norm_y * s->norm_y);
}

/* Newton steps from W as long as each, with one damping or the other, at least halves the gap; true
 * where there is no more to be had. */
static bool improve(solver *s, mec_multi_task_gap *gap) {
    int failed = 0;
    *gap = measure(s, s->w);
    s->damping = DAMPING;
    for (int i = 0; i < MOST_POLISH && may_polish(s, gap); i++) {
        if (!beats(s) || !polish(s))
            break;
        mec_multi_task_gap next = measure(s, s->trial);
        if (next.gap < gap->gap / 2) {
            failed = 0;
            take_trial(s, next, gap);
            continue;
        }
        if (++failed == 2 || gap->gap <= SOLVED * gap->objective)
            break;
        s->damping = s->damping == DAMPING ? FAINT_DAMPING : DAMPING;
        measure(s, s->w);
    }
    s->damping = FAINT_DAMPING;
    return failed > 0 ? may_be_rounding(s, gap) : gap->gap <= GOAL * gap->objective;
}

/* ---- the whole ---- */

/* max_j ||x_j'Y||; the squares are left in zz. */
static double largest_product(solver *s) {
    double largest = 0;
    mec_multiply(s->p, s->m, s->r, s->xt, s->r, s->y, s->m, 0.0, s->z, s->m);
    for (size_t j = 0; j < s->p; j++) {
        s->zz[j] = dot(s->z + j * s->m, s->z + j * s->m, s->m);
        largest = fmax(largest, s->zz[j]);
    }
    return sqrt(largest);
}

/* theta = t y with the t in [0, 1] that is best in the dual, W_k being 0; zz as largest_product
 * leaves it. */
static void start_dual(solver *s) {
    double square = s->norm_y * s->norm_y;
    double low = 0;
    double high = 1;
    memset(s->zx, 0, s->p * sizeof *s->zx);
    memcpy(s->xx, s->zz, s->p * sizeof *s->xx);
    memset(s->zz, 0, s->p * sizeof *s->zz);
    for (int i = 0; i < 20; i++) {
        double t = (low + high) / 2;
        *(slope_at(s, t, -square, square) > 0 ? &high : &low) = t;
    }
    for (size_t i = 0; i < s->r * s->m; i++)
        s->theta[i] = high * s->y[i];
}

/* tau for the next outer step: it falls, but not to where W = (...) / (lam2 + tau) would be lost in
 * rounding. */
static double next_tau(const solver *s) {
    double largest = 0;
    for (size_t j = 0; j < s->p; j++)
        largest = fmax(largest, dot(s->w + j * s->m, s->w + j * s->m, s->m));
    double tau = TAU_FALLS * s->tau;
    double least = 1e-8 * s->lam1 / sqrt(largest);
    return s->tau > 0 && largest > 0 && tau < least ? fmin(least, s->tau) : tau;
}

/* Outer steps, until W is as good as rounding allows or the best one seen no longer gets better. */
static mec_code iterate(solver *s) {
    mec_multi_task_gap best = {.gap = INFINITY};
    int idle = 0;
    for (int i = 0; i < MOST_OUTER && idle < (may_be_rounding(s, &best) ? 3 : MOST_IDLE); i++) {
        mec_multi_task_gap gap;
        if (!solve_dual(s))
            break;
        bool done = improve(s, &gap);
        if (s->status->code != MEC_OK)
            break;
        idle = gap.gap < 0.5 * best.gap ? 0 : idle + 1;
        if (gap.gap < best.gap) {
            best = gap;
            memcpy(s->best, s->w, s->p * s->m * sizeof *s->best);
        }
        if (done)
            break;
        s->tau = next_tau(s);
        s->accuracy = fmax(1e-2 * s->accuracy, 1e-15);
    }
    return s->status->code;
}

/* Takes the memory; the sizes are those that mec_multi_task_solver_memory counts. */
static mec_code start(solver *s, mec_scratch *scratch) {
    size_t r = s->r;
    size_t p = s->p;
    size_t m = s->m;
    double **const arrays[] = {
        &s->w,  &s->centre, &s->trial,   &s->best,  &s->z,        &s->step, &s->product,
        &s->wa, &s->u,      &s->g,       &s->theta, &s->residual, &s->rhs,  &s->xa,
        &s->za, &s->k,      &s->c,       &s->block, &s->room,     &s->zz,   &s->zx,
        &s->xx, &s->norm,   &s->inverse, &s->extra, &s->b};
    const size_t sizes[] = {p * m, p * m, p * m, p * m, p * m, p * m, p * m, p * m, p * m,
                            p * m, r * m, r * m, r * m, p * r, p * r, r * r, p * p, ROWS * p,
                            m,     p,     p,     p,     p,     p,     p,     p};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        *arrays[i] = mec_scratch_take(scratch, sizes[i], sizeof(double), s->status);
    s->active = mec_scratch_take(scratch, p, sizeof *s->active, s->status);
    if (s->status->code == MEC_OK) {
        memset(s->w, 0, p * m * sizeof *s->w);
        memset(s->best, 0, p * m * sizeof *s->best);
    }
    return s->status->code;
}

double mec_multi_task_solver_memory(size_t r, size_t p, size_t m) {
    double rows = (double)r;
    double groups = (double)p;
    double targets = (double)m;
    return sizeof(double) * (10 * groups * targets + 3 * rows * targets + 2 * groups * rows +
                             rows * rows + groups * groups + (ROWS + 8) * groups);
}

mec_code mec_multi_task_solve(const mec_multi_task_problem *problem, double *w,
                              const mec_pulse *pulse, mec_scratch *scratch, mec_status *status) {
    solver s = {.r = problem->r,
                .p = problem->p,
                .m = problem->m,
                .xt = problem->xt,
                .y = problem->y,
                .lam1 = problem->penalty.lam1,
                .lam2 = problem->penalty.lam2,
                .norm_y = sqrt(dot(problem->y, problem->y, problem->r * problem->m)),
                .accuracy = 1e-3,
                .damping = FAINT_DAMPING,
                .pulse = pulse,
                .status = status};
    if (start(&s, scratch))
        return status->code;
    memset(w, 0, s.p * s.m * sizeof *w);
    double largest = largest_product(&s);
    if (s.lam1 >= largest * (1 - 8 * DBL_EPSILON))
        return MEC_OK;
    s.rounding = fmin(fmax(SOLVED, ROUNDING * largest / s.lam1), MOST_ROUNDING);
    s.tau = FIRST_TAU * dot(s.xt, s.xt, s.p * s.r) / (double)s.p;
    if (s.lam2 >= s.tau)
        s.tau = 0;
    start_dual(&s);
    if (iterate(&s) == MEC_OK)
        memcpy(w, s.best, s.p * s.m * sizeof *w);
    return status->code;
}
