/* The active set's linear systems, from the design's Gram matrix where there is one. */
#include "maps/elastic_net_solver.h"

#include <math.h>
#include <string.h>

#include "numerics/cholesky.h"
#include "numerics/linalg.h"

static const double DUAL_NOISE = 64 * DBL_EPSILON;

double mec_net_largest_weight(const mec_net_workspace *space) {
    double largest = 0;
    for (size_t k = 0; k < space->n_active; k++)
        largest = fmax(largest, fabs(space->weight[k]));
    return largest;
}

double mec_net_dual_noise(const mec_net_state *s, double largest_weight, bool by_kernel) {
    double noise = DUAL_NOISE * (s->penalty.lam1 / s->penalty.lam2 + largest_weight);
    if (!by_kernel)
        noise += DUAL_NOISE * s->largest_xy / s->penalty.lam2;
    return noise;
}

void mec_net_gram_column(const mec_net_state *s, size_t j, double *out) {
    const mec_net_design *d = s->design;
    const uint32_t *active = s->space->active;
    size_t m = s->space->n_active;
    if (d->gram)
        for (size_t k = 0; k < m; k++)
            out[k] = d->gram[j * d->p + active[k]];
    else
        for (size_t k = 0; k < m; k++)
            out[k] = mec_dot(d->n, mec_net_column(d, j), mec_net_column(d, active[k]));
}

void mec_net_subtract_products(const mec_net_state *s, const uint32_t *columns, size_t m,
                               const double *v, double *out) {
    const mec_net_design *d = s->design;
    mec_net_workspace *space = s->space;
    /* X'X spares work only while columns are few: products with X are the quicker ones. */
    if (d->gram && 4 * m < d->n) {
        mec_add_rows(d->p, d->gram, d->p, columns, m, -1, v, out);
        return;
    }
    memset(space->work_n, 0, d->n * sizeof *space->work_n);
    mec_add_rows(d->n, d->columns, d->n, columns, m, -1, v, space->work_n);
    mec_multiply_vector(d->p, d->n, d->columns, d->n, space->work_n, 1.0, out);
}

void mec_net_find_residual(const mec_net_state *s) {
    memcpy(s->space->residual, s->target->y, s->design->n * sizeof *s->space->residual);
    mec_add_rows(s->design->n, s->design->columns, s->design->n, s->space->active,
                 s->space->n_active, -1, s->space->weight, s->space->residual);
}

static void gather_columns(const mec_net_state *s) {
    mec_net_workspace *space = s->space;
    size_t n = s->design->n;
    for (size_t k = 0; k < space->n_active; k++)
        memcpy(space->columns_a + k * n, mec_net_column(s->design, space->active[k]),
               n * sizeof *space->columns_a);
}

/* The lower triangle of X_A'X_A. */
static void fill_gram(const mec_net_state *s) {
    const mec_net_design *d = s->design;
    mec_net_workspace *space = s->space;
    size_t m = space->n_active;
    if (!d->gram) {
        gather_columns(s);
        mec_multiply_transposed(m, m, d->n, space->columns_a, d->n, space->columns_a, d->n, 0.0,
                                space->factor, space->capacity);
        return;
    }
    for (size_t i = 0; i < m; i++) {
        const double *row = d->gram + space->active[i] * d->p;
        for (size_t k = 0; k <= i; k++)
            space->factor[i * space->capacity + k] = row[space->active[k]];
    }
}

static bool holds(const mec_net_state *s, mec_net_factor kind) {
    const mec_net_workspace *space = s->space;
    return space->kind == kind && space->factor_lam2 == s->penalty.lam2 &&
           space->n_factored == space->n_active &&
           memcmp(space->factored, space->active, space->n_active * sizeof *space->active) == 0;
}

/* Factors an m x m matrix with lam2 added to its diagonal. */
static bool factor(const mec_net_state *s, mec_net_factor kind, size_t m, const double *matrix,
                   size_t ld) {
    mec_net_workspace *space = s->space;
    space->kind = MEC_NET_NO_FACTOR;
    if (!mec_cholesky_shifted(m, matrix, ld, s->penalty.lam2, space->factor, space->capacity))
        return false;
    space->kind = kind;
    space->factor_size = m;
    space->factor_lam2 = s->penalty.lam2;
    space->n_factored = space->n_active;
    memcpy(space->factored, space->active, space->n_active * sizeof *space->active);
    return true;
}

bool mec_net_factor_gram(const mec_net_state *s) {
    if (holds(s, MEC_NET_GRAM_FACTOR))
        return true;
    if (s->space->n_active > s->space->capacity)
        return false;
    fill_gram(s);
    return factor(s, MEC_NET_GRAM_FACTOR, s->space->n_active, s->space->factor, s->space->capacity);
}

/* The kernel of the active set, from nothing. Centred columns leave constants out of its range: a
 * multiple of the constants' projection gives these an eigenvalue like the others, and no solution
 * has a part along them. */
static void build_kernel(const mec_net_state *s) {
    const mec_net_design *d = s->design;
    mec_net_workspace *space = s->space;
    size_t n = d->n;
    gather_columns(s);
    mec_gram(n, space->n_active, space->columns_a, n, space->kernel, n);
    if (d->rank_bound < n) {
        double trace = 0;
        for (size_t i = 0; i < n; i++)
            trace += space->kernel[i * n + i];
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k <= i; k++)
                space->kernel[i * n + k] += trace / ((double)n * (double)n);
    }
    memset(space->in_kernel, 0, d->p);
    for (size_t k = 0; k < space->n_active; k++)
        space->in_kernel[space->active[k]] = 1;
    space->n_in_kernel = space->n_active;
    space->kernel_changes = 0;
}

/* Adds (sign 1) or takes away (-1) the columns with a mark from the kernel. */
static void change_kernel(const mec_net_state *s, uint8_t mark, double sign) {
    const mec_net_workspace *space = s->space;
    size_t n = s->design->n;
    size_t m = 0;
    for (size_t j = 0; j < s->design->p; j++)
        if (space->in_kernel[j] == mark)
            memcpy(space->columns_a + m++ * n, mec_net_column(s->design, j),
                   n * sizeof *space->columns_a);
    if (m > 0)
        mec_gram_add(n, m, sign, space->columns_a, n, space->kernel, n);
}

/* Brings the kernel to the active set: by its differences, where these are few and have not been
 * many since it was built, so that rounding does not build up. */
static void update_kernel(const mec_net_state *s) {
    mec_net_workspace *space = s->space;
    size_t p = s->design->p;
    size_t n_change = 0;
    for (size_t k = 0; k < space->n_active; k++) {
        uint8_t *mark = &space->in_kernel[space->active[k]];
        n_change += *mark == 0;
        *mark |= 2;
    }
    n_change += n_change + space->n_in_kernel - space->n_active;
    space->kernel_changes += n_change;
    if (space->n_in_kernel == 0 || space->kernel_changes > 2 * space->n_active) {
        build_kernel(s);
        return;
    }
    change_kernel(s, 2, 1);
    change_kernel(s, 1, -1);
    for (size_t j = 0; j < p; j++)
        space->in_kernel[j] >>= 1;
    space->n_in_kernel = space->n_active;
}

bool mec_net_factor_kernel(const mec_net_state *s) {
    mec_net_workspace *space = s->space;
    size_t n = s->design->n;
    if (holds(s, MEC_NET_KERNEL_FACTOR))
        return true;
    update_kernel(s);
    return factor(s, MEC_NET_KERNEL_FACTOR, n, space->kernel, n);
}

void mec_net_apply_inverse(const mec_net_workspace *space, double *b) {
    size_t m = space->factor_size;
    mec_lower_solve_vector(m, space->factor, space->capacity, b);
    mec_lower_solve_vector_transposed(m, space->factor, space->capacity, b);
}

void mec_net_refine(const mec_net_state *s) {
    const mec_net_design *d = s->design;
    mec_net_workspace *space = s->space;
    mec_net_find_residual(s);
    for (size_t k = 0; k < space->n_active; k++)
        space->work_a[k] = mec_dot(d->n, mec_net_column(d, space->active[k]), space->residual) -
                           s->penalty.lam1 * space->sign[k] - s->penalty.lam2 * space->weight[k];
    mec_net_apply_inverse(space, space->work_a);
    for (size_t k = 0; k < space->n_active; k++)
        space->weight[k] += space->work_a[k];
}
