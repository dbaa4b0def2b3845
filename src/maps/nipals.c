#include "maps/nipals.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "numerics/linalg.h"

/* `small` is updated until its trace has fallen below this part of what it was when it was built:
 * rounding then stays below 1e-12 of it. */
static const double REBUILD_BELOW = 1e-3;

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

/* fmax, which knows of NaN, is not vectorised. */
static double larger_real(double a, double b) {
    return a > b ? a : b;
}

/* Elements of mec_nipals' arrays, in its order. */
enum { N_ARRAY = 14 };
static void list_sizes(const mec_nipals_design *design, size_t m, size_t sizes[N_ARRAY]) {
    size_t n = design->n;
    size_t d = design->d;
    size_t k = design->n_component;
    size_t dim = smaller(m, d);
    size_t most = larger(larger(n, d), m);
    const size_t all[N_ARRAY] = {k * d,     k * m, k * n, k,   design->dual ? 0 : d * m,
                                 dim * dim, d * m, dim,   dim, dim,
                                 dim,       most,  most,  most};
    memcpy(sizes, all, sizeof all);
}

mec_code mec_nipals_create(mec_nipals *s, const mec_nipals_design *design, size_t m,
                           mec_scratch *scratch, mec_status *status) {
    *s = (mec_nipals){.design = design, .m = m, .by_target = m <= design->d};
    double **arrays[N_ARRAY] = {&s->weights,    &s->loadings,   &s->scores,     &s->squares,
                                &s->cross,      &s->small,      &s->product,    &s->iterate[0],
                                &s->iterate[1], &s->iterate[2], &s->iterate[3], &s->step[0],
                                &s->step[1],    &s->step[2]};
    size_t sizes[N_ARRAY];
    list_sizes(design, m, sizes);
    for (size_t i = 0; i < N_ARRAY; i++)
        *arrays[i] = mec_scratch_take(scratch, sizes[i], sizeof(double), status);
    return status->code;
}

double mec_nipals_memory(const mec_nipals_design *design, size_t m) {
    size_t sizes[N_ARRAY];
    double sum = 0;
    list_sizes(design, m, sizes);
    for (size_t i = 0; i < N_ARRAY; i++)
        sum += (double)sizes[i];
    return sum * (double)sizeof(double);
}

/* ---- small matrices ---- */

static double trace_of(const double *a, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i * n + i];
    return sum;
}

static void build_small(mec_nipals *s) {
    size_t d = s->design->d;
    size_t m = s->m;
    const double *product = s->cross;
    if (!s->by_target) {
        mec_multiply_transposed(d, d, m, s->cross, m, s->cross, m, 0.0, s->small, d);
    } else {
        if (s->design->dual) {
            mec_multiply(d, m, d, s->design->f, d, s->cross, m, 0.0, s->product, m);
            product = s->product;
        }
        mec_transposed_multiply(m, m, d, s->cross, m, product, m, s->small, m);
    }
    s->trace = s->built_trace = trace_of(s->small, smaller(m, d));
}

/* y = N x. */
static void apply_inner(const mec_nipals *s, const double *x, double *y) {
    size_t d = s->design->d;
    if (s->design->dual)
        mec_multiply_vector(d, d, s->design->f, d, x, 0.0, y);
    else
        memcpy(y, x, d * sizeof *y);
}

/* a (n, m) -= x y' */
static void subtract_outer(double *restrict a, size_t n, size_t m, const double *x,
                           const double *restrict y) {
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            a[i * m + j] -= x[i] * y[j];
}

/* What `small` becomes once E has lost e c': E'N E loses c h' + h c' - (e'N e) c c' with h = E'N e,
 * and E E' loses e f' + f e' - (c'c) e e' with f = E c. To be called before E loses it. */
static void update_small(mec_nipals *s, const double *e, const double *c) {
    size_t d = s->design->d;
    size_t m = s->m;
    size_t dim = smaller(m, d);
    const double *x = s->by_target ? c : e;
    double *y = s->step[1];
    double square = 0;
    if (s->by_target) {
        apply_inner(s, e, s->step[2]);
        square = mec_dot(d, e, s->step[2]);
        mec_transposed_multiply_vector(d, m, s->cross, m, s->step[2], y);
    } else {
        square = mec_dot(m, c, c);
        mec_multiply_vector(d, m, s->cross, m, c, 0.0, y);
    }
    mec_add_multiple(dim, -square / 2, x, y);
    subtract_outer(s->small, dim, dim, x, y);
    subtract_outer(s->small, dim, dim, y, x);
    s->trace = trace_of(s->small, dim);
}

/* ---- one component ---- */

/* Sets residuals to zero that are so but for rounding; returns whether there were any. The bound is
 * scikit-learn's and does not know of the targets' scale. */
static bool clear_tiny_residuals(mec_nipals *s, double *y) {
    double *largest = s->step[0];
    bool found = false;
    memset(largest, 0, s->m * sizeof *largest);
    for (size_t i = 0; i < s->design->n; i++)
        for (size_t j = 0; j < s->m; j++)
            largest[j] = larger_real(largest[j], fabs(y[i * s->m + j]));
    for (size_t j = 0; j < s->m; j++) {
        if (largest[j] == 0 || largest[j] >= 10 * DBL_EPSILON)
            continue;
        found = true;
        for (size_t i = 0; i < s->design->n; i++)
            y[i * s->m + j] = 0;
        for (size_t i = 0; i < s->design->d; i++)
            s->cross[i * s->m + j] = 0;
    }
    return found;
}

/* The first target whose residual is not null; m where all are. */
static size_t first_residual(const mec_nipals *s, const double *y) {
    for (size_t j = 0; j < s->m; j++)
        for (size_t i = 0; i < s->design->n; i++)
            if (fabs(y[i * s->m + j]) > DBL_EPSILON)
                return j;
    return s->m;
}

/* h = N z in the iteration's own dimensions, both scaled so that z'h = 1; false where z has no
 * length. */
static bool normalise(const mec_nipals *s, double *z, double *h) {
    size_t dim = smaller(s->m, s->design->d);
    if (s->by_target)
        mec_multiply_vector(dim, dim, s->small, dim, z, 0.0, h);
    else
        apply_inner(s, z, h);
    double square = mec_dot(dim, z, h);
    if (!(square > 0) || !isfinite(square))
        return false;
    double scale = 1 / sqrt(square);
    for (size_t i = 0; i < dim; i++) {
        z[i] *= scale;
        h[i] *= scale;
    }
    return true;
}

/* The squared distance between the weights of two iterates. */
static double distance(const mec_nipals *s, double *const now[2], double *const before[2]) {
    double sum = 0;
    for (size_t i = 0; i < smaller(s->m, s->design->d); i++)
        sum += (now[0][i] - before[0][i]) * (now[1][i] - before[1][i]);
    return sum;
}

/* The power iteration, from target `first`; leaves weights of norm 1 in `weights` (d). */
static bool iterate(mec_nipals *s, size_t first, double *weights) {
    size_t d = s->design->d;
    size_t dim = smaller(s->m, d);
    double **now = s->iterate;
    double **before = s->iterate + 2;
    for (size_t i = 0; i < dim; i++)
        now[0][i] = s->by_target ? (double)(i == first) : s->cross[i * s->m + first];
    if (!normalise(s, now[0], now[1]))
        return false;
    for (size_t i = 1; i < s->design->max_iter; i++) {
        double **kept = before;
        before = now;
        now = kept;
        if (s->by_target)
            memcpy(now[0], before[1], dim * sizeof *now[0]);
        else
            mec_multiply_vector(dim, dim, s->small, dim, before[1], 0.0, now[0]);
        if (!normalise(s, now[0], now[1]))
            return false;
        if (distance(s, now, before) < s->design->tol)
            break;
    }
    if (s->by_target)
        mec_multiply_vector(d, s->m, s->cross, s->m, now[0], 0.0, weights);
    else
        memcpy(weights, now[0], d * sizeof *weights);
    return true;
}

/* With one target there is nothing to iterate. Also leaves the scores in `t`. */
static bool take_target(mec_nipals *s, double *weights, double *t) {
    const mec_nipals_design *design = s->design;
    memcpy(weights, s->cross, design->d * sizeof *weights);
    mec_multiply_vector(design->n, design->d, design->f, design->d, weights, 0.0, t);
    double square = mec_dot(design->d, weights, design->dual ? t : weights);
    if (!(square > 0) || !isfinite(square))
        return false;
    double scale = 1 / sqrt(square);
    for (size_t i = 0; i < design->d; i++)
        weights[i] *= scale;
    for (size_t i = 0; i < design->n; i++)
        t[i] *= scale;
    return true;
}

/* Makes scores `t` orthogonal to those before; false where nothing but rounding is left. */
static bool orthogonalise(mec_nipals *s, double *weights, double *t) {
    const mec_nipals_design *design = s->design;
    double before = mec_dot(design->d, weights, weights);
    for (size_t k = 0; k < s->n_found; k++) {
        const double *other = s->scores + k * design->n;
        double along = mec_dot(design->n, other, t) / s->squares[k];
        mec_add_multiple(design->n, -along, other, t);
        mec_add_multiple(design->d, -along, s->weights + k * design->d, weights);
    }
    double square = mec_dot(design->n, t, t);
    double after = mec_dot(design->d, weights, weights);
    double length = sqrt(larger_real(before, after));
    double rounding = (double)larger(design->n, design->d) * DBL_EPSILON * design->size * length;
    s->squares[s->n_found] = square;
    return square > rounding * rounding && isfinite(square);
}

/* Finds the next weights and scores; false where there are none. */
static bool next_scores(mec_nipals *s, size_t first) {
    const mec_nipals_design *design = s->design;
    double *weights = s->weights + s->n_found * design->d;
    double *t = s->scores + s->n_found * design->n;
    if (s->m == 1) {
        if (!take_target(s, weights, t))
            return false;
    } else {
        if (!iterate(s, first, weights))
            return false;
        mec_multiply_vector(design->n, design->d, design->f, design->d, weights, 0.0, t);
    }
    return orthogonalise(s, weights, t);
}

/* Takes from the targets what the newest scores explain. */
static void deflate(mec_nipals *s, double *y) {
    size_t n = s->design->n;
    size_t d = s->design->d;
    const double *t = s->scores + s->n_found * n;
    double *c = s->loadings + s->n_found * s->m;
    const double *e = t;
    mec_transposed_multiply_vector(n, s->m, y, s->m, t, c);
    for (size_t j = 0; j < s->m; j++)
        c[j] /= s->squares[s->n_found];
    s->n_found++;
    if (s->n_found == s->design->n_component)
        return;
    if (!s->design->dual) {
        mec_transposed_multiply_vector(n, d, s->design->f, d, t, s->step[0]);
        e = s->step[0];
    }
    if (s->m > 1)
        update_small(s, e, c);
    subtract_outer(y, n, s->m, t, c);
    if (!s->design->dual)
        subtract_outer(s->cross, d, s->m, e, c);
    if (s->m > 1 && !(s->trace > REBUILD_BELOW * s->built_trace))
        build_small(s);
}

mec_nipals_end mec_nipals_run(mec_nipals *s, double *y, const mec_pulse *pulse) {
    const mec_nipals_design *design = s->design;
    s->n_found = 0;
    if (design->dual)
        s->cross = y;
    else
        mec_transposed_multiply(design->d, s->m, design->n, design->f, design->d, y, s->m, s->cross,
                                s->m);
    if (s->m > 1)
        build_small(s);
    while (s->n_found < design->n_component) {
        if (mec_pulse_stop(pulse))
            return MEC_NIPALS_STOPPED;
        if (clear_tiny_residuals(s, y) && s->m > 1)
            build_small(s);
        size_t first = first_residual(s, y);
        if (first == s->m)
            break;
        if (!next_scores(s, first))
            return s->n_found > 0 ? MEC_NIPALS_DONE : MEC_NIPALS_FAILED;
        deflate(s, y);
    }
    return MEC_NIPALS_DONE;
}
